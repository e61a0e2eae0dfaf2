"""The parameters as fields of the wire format of Nova Canvas, which the self-hosted endpoint takes too.

https://docs.aws.amazon.com/nova/latest/userguide/image-gen-req-resp-structure.html
"""

from typing import Any

from runtime.fitting.masks import class_worn
from runtime.fitting.models.calls import encode
from runtime.fitting.parameters import MaskType
from runtime.fitting.port import RenderRequest


def virtual_try_on(request: RenderRequest) -> dict[str, Any]:
    """The object `virtualTryOnParams`. The mask is always asked for, as the checks need it."""
    parameters = request.parameters
    fields: dict[str, Any] = {
        "sourceImage": encode(request.person),
        "referenceImage": encode(request.garment.picture),
        "maskExclusions": parameters.maskExclusions.model_dump(mode="json"),
        "mergeStyle": parameters.mergeStyle.value,
        "returnMask": True,
    }
    kind = class_worn(request.garment, parameters)
    shape = parameters.maskShape.value
    if parameters.maskType is MaskType.IMAGE:
        mask = {"maskType": "IMAGE", "imageBasedMask": {"maskImage": parameters.maskImage}}
    elif parameters.maskType is MaskType.PROMPT or not kind.on_wire:
        words = parameters.maskPrompt or kind.prompt
        mask = {"maskType": "PROMPT", "promptBasedMask": {"maskShape": shape, "maskPrompt": words}}
    else:
        styling = parameters.garmentStyling.model_dump(mode="json", exclude_none=True)
        garment = {"maskShape": shape, "garmentClass": kind.value} | (
            {"garmentStyling": styling} if styling else {}
        )
        mask = {"maskType": "GARMENT", "garmentBasedMask": garment}
    return fields | mask
