"""The wire formats behind which the try-on stand-ins answer: two Stability services, Nova Canvas, SageMaker.

https://docs.aws.amazon.com/bedrock/latest/userguide/stable-image-services.html
https://docs.aws.amazon.com/nova/latest/userguide/image-gen-req-resp-structure.html
"""

import base64
import binascii
import secrets
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError
from pydantic import ValidationError

from local.ai.images.wire import FILTERED, LONGEST_PROMPT, MOST_SEED, BadRequest, is_unwanted
from local.ai.tryon.filling import fill_in
from local.ai.tryon.segment import cut_out
from runtime.fitting.composer import Fill, compose
from runtime.fitting.garments import GarmentClass, garment_class_for
from runtime.fitting.masks import invert
from runtime.fitting.parameters import TryOnParameters
from runtime.fitting.pixels import encode_png, open_photo, read_mask
from runtime.fitting.port import Garment, RenderRequest, TryOnRefused

CUTOUT = "us.stability.stable-image-remove-background-v1:0"
INPAINT = "us.stability.stable-image-inpaint-v1:0"
NOVA_CANVAS = "amazon.nova-canvas-v1:0"

Json = dict[str, Any]

_INPAINT_FIELDS = frozenset(
    {
        "image",
        "prompt",
        "mask",
        "negative_prompt",
        "grow_mask",
        "seed",
        "style_preset",
        "output_format",
    }
)
_TRY_ON_FIELDS = frozenset(
    {
        "sourceImage",
        "referenceImage",
        "maskType",
        "imageBasedMask",
        "garmentBasedMask",
        "promptBasedMask",
        "maskExclusions",
        "mergeStyle",
        "returnMask",
    }
)
_MASKS = {"IMAGE": "imageBasedMask", "GARMENT": "garmentBasedMask", "PROMPT": "promptBasedMask"}
_LEAST_SIDE = 64


def remove_background(body: Json) -> Json:
    """`{"image", "output_format"?}` to a picture whose alpha channel shows its subject. Raises BadRequest."""
    _check_fields(body, frozenset({"image", "output_format"}))
    image = _read_picture(body, "image")
    if body.get("output_format", "png") not in ("png", "webp"):
        raise BadRequest("output_format: use png or webp")
    layer = image.convert("RGBA")
    layer.putalpha(Image.fromarray(cut_out(image)))
    return {"seeds": [0], "finish_reasons": [None], "images": [base64.b64encode(encode_png(layer)).decode()]}


def inpaint(body: Json) -> Json:
    """The picture with the white part of its mask filled from its surroundings. Raises BadRequest."""
    _check_fields(body, _INPAINT_FIELDS)
    prompt = body.get("prompt")
    if not isinstance(prompt, str) or not prompt.strip() or len(prompt) > LONGEST_PROMPT:
        raise BadRequest(f"prompt: a text of 1 to {LONGEST_PROMPT:,} characters is required")
    image = _read_picture(body, "image")
    mask = _read_picture(body, "mask").convert("L")
    if mask.size != image.size:
        raise BadRequest("mask: it must have the size of the image")
    grow = _read_number(body, "grow_mask", 5, 0, 20)
    seed = _read_number(body, "seed", 0, 0, MOST_SEED) or 1 + secrets.randbelow(MOST_SEED)
    if body.get("output_format", "png") != "png":
        raise BadRequest("output_format: the local model answers with png")
    if is_unwanted(prompt):
        return {"seeds": [seed], "finish_reasons": [FILTERED]}
    filled = fill_in(np.asarray(image), np.asarray(mask), seed, grow)
    encoded = base64.b64encode(encode_png(Image.fromarray(filled))).decode()
    return {"seeds": [seed], "finish_reasons": [None], "images": [encoded]}


def nova_canvas(body: Json) -> Json:
    """Task VIRTUAL_TRY_ON. Raises BadRequest."""
    if body.get("taskType") != "VIRTUAL_TRY_ON":
        raise BadRequest("taskType: the local model has VIRTUAL_TRY_ON only")
    config = body.get("imageGenerationConfig") or {}
    seed = _read_number(config, "seed", 12, 0, 2_147_483_646)
    count = _read_number(config, "numberOfImages", 1, 1, 5)
    answer = try_on(body.get("virtualTryOnParams"), "", seed)
    return answer if "images" not in answer else answer | {"images": answer["images"] * count}


def endpoint(body: Json) -> Json:
    """What a SageMaker endpoint answers (docs/try-on-models.md). Raises BadRequest."""
    _check_fields(body, frozenset({"virtualTryOnParams", "description", "seed"}))
    words = body.get("description", "")
    if not isinstance(words, str):
        raise BadRequest("description: use a text")
    return try_on(body.get("virtualTryOnParams"), words, _read_number(body, "seed", 0, 0, MOST_SEED))


def try_on(fields: Any, description: str, seed: int) -> Json:
    """`{"images", "maskImage"?}`, or `{"error"}` where the photos do not allow it. Raises BadRequest."""
    if not isinstance(fields, dict):
        raise BadRequest("virtualTryOnParams: an object is required")
    _check_fields(fields, _TRY_ON_FIELDS)
    request = RenderRequest(
        person=encode_png(_read_picture(fields, "sourceImage")),
        garment=Garment(encode_png(_read_picture(fields, "referenceImage")), _class_of(fields), description),
        parameters=_read_parameters(fields),
        seed=seed,
    )
    try:
        image, mask = compose(request, _alpha_of, _fill)
    except TryOnRefused as error:
        return {"images": [], "error": str(error)}
    answer: Json = {"images": [base64.b64encode(image).decode()]}
    if fields.get("returnMask"):
        answer["maskImage"] = base64.b64encode(invert(mask)).decode()
    return answer


def _class_of(fields: Json) -> GarmentClass:
    kind = fields.get("maskType")
    if kind == "GARMENT":
        return GarmentClass(str((fields.get("garmentBasedMask") or {}).get("garmentClass")))
    if kind == "PROMPT":
        return garment_class_for(str((fields.get("promptBasedMask") or {}).get("maskPrompt")))
    return GarmentClass.UPPER_BODY


def _read_parameters(fields: Json) -> TryOnParameters:
    kind = fields.get("maskType")
    if kind not in _MASKS:
        raise BadRequest(f"maskType: use one of {', '.join(_MASKS)}")
    mask = fields.get(_MASKS[kind])
    if not isinstance(mask, dict):
        raise BadRequest(f"{_MASKS[kind]}: required with maskType {kind}")
    given = {name: fields[name] for name in ("maskExclusions", "mergeStyle", "returnMask") if name in fields}
    try:
        return TryOnParameters.model_validate({"maskType": kind, **mask, **given})
    except ValidationError as error:
        first = error.errors()[0]
        raise BadRequest(f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}") from None


def _alpha_of(picture: bytes) -> NDArray[np.uint8]:
    return cut_out(open_photo(picture))


def _fill(fill: Fill) -> bytes:
    filled = fill_in(np.asarray(open_photo(fill.image)), read_mask(fill.mask), fill.seed, 2)
    return encode_png(Image.fromarray(filled))


def _check_fields(body: Json, known: frozenset[str]) -> None:
    if unknown := sorted(set(body) - known):
        raise BadRequest(f"extraneous key [{unknown[0]}] is not permitted")


def _read_picture(body: Json, name: str) -> Image.Image:
    encoded = body.get(name)
    if not isinstance(encoded, str):
        raise BadRequest(f"{name}: a picture in base64 is required")
    try:
        image = open_photo(base64.b64decode(encoded, validate=True))
    except (binascii.Error, ValueError, OSError, UnidentifiedImageError) as error:
        raise BadRequest(f"{name}: it cannot be read as a picture") from error
    if min(image.size) < _LEAST_SIDE:
        raise BadRequest(f"{name}: each side must have at least {_LEAST_SIDE} pixels")
    return image


def _read_number(body: Json, name: str, usual: int, low: int, high: int) -> int:
    value = body.get(name, usual)
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise BadRequest(f"{name}: use an integer from {low} to {high}")
    return value


MODELS: dict[str, Callable[[Json], Json]] = {
    CUTOUT: remove_background,
    INPAINT: inpaint,
    NOVA_CANVAS: nova_canvas,
}
"""InvokeModel's answers, by model id."""
