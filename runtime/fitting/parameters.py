"""What a try-on may be asked for: the parameters of Nova Canvas, whichever model makes the picture.

https://docs.aws.amazon.com/nova/latest/userguide/image-gen-req-resp-structure.html
"""

import base64
import binascii
from enum import StrEnum
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    StringConstraints,
    model_validator,
)

from runtime.fitting.garments import GarmentClass
from runtime.shared.bodies import Body

MOST_SEED = 2_147_483_646
"""The highest seed that every model takes."""
LONGEST_MASK = 4_000_000
"""Characters of a mask in base64."""
LONGEST_PROMPT = 1_024


class MaskType(StrEnum):
    """How it is told which part of the person is dressed anew."""

    GARMENT = "GARMENT"
    PROMPT = "PROMPT"
    IMAGE = "IMAGE"


class MaskShape(StrEnum):
    """Close along the outline, or its bounding box; DEFAULT leaves it to the kind of mask."""

    CONTOUR = "CONTOUR"
    BOUNDING_BOX = "BOUNDING_BOX"
    DEFAULT = "DEFAULT"


class LongSleeveStyle(StrEnum):
    """Long sleeves down to the wrist or pushed up."""

    SLEEVE_DOWN = "SLEEVE_DOWN"
    SLEEVE_UP = "SLEEVE_UP"


class TuckingStyle(StrEnum):
    """A top over the waistband or in it."""

    UNTUCKED = "UNTUCKED"
    TUCKED = "TUCKED"


class OuterLayerStyle(StrEnum):
    """A jacket closed or open."""

    CLOSED = "CLOSED"
    OPEN = "OPEN"


class Switch(StrEnum):
    """DEFAULT leaves it to the kind of garment."""

    ON = "ON"
    OFF = "OFF"
    DEFAULT = "DEFAULT"


class MergeStyle(StrEnum):
    """How much the model blends: DETAILED keeps the most pixels, SEAMLESS blends the widest seam."""

    BALANCED = "BALANCED"
    SEAMLESS = "SEAMLESS"
    DETAILED = "DETAILED"


def _refuse_unknown_words(value: GarmentClass) -> GarmentClass:
    if not value.on_wire:
        raise ValueError(f"{value} has no garment class: use maskType PROMPT with a maskPrompt")
    return value


def _check_base64(value: str) -> str:
    try:
        base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("a picture in base64 is required") from None
    return value


def _strip_data_url(value: Any) -> Any:
    if isinstance(value, str) and value.startswith("data:"):
        return value.partition(",")[2]
    return value


WireClass = Annotated[GarmentClass, AfterValidator(_refuse_unknown_words)]
MaskPrompt = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_PROMPT)]
MaskImage = Annotated[
    str,
    StringConstraints(min_length=1, max_length=LONGEST_MASK),
    BeforeValidator(_strip_data_url),
    AfterValidator(_check_base64),
]


class GarmentStyling(Body):
    """How a garment is worn; what is not said follows from the garment."""

    longSleeveStyle: LongSleeveStyle | None = None
    tuckingStyle: TuckingStyle | None = None
    outerLayerStyle: OuterLayerStyle | None = None


class MaskExclusions(Body):
    """What of the person must stay as it is, even inside the mask."""

    preserveBodyPose: Switch = Switch.DEFAULT
    preserveHands: Switch = Switch.DEFAULT
    preserveFace: Switch = Switch.DEFAULT


class TryOnParameters(Body):
    """The field `parameters` of a try-on. Without any, the mask follows from the product's category."""

    maskType: MaskType = MaskType.GARMENT
    garmentClass: WireClass | None = None
    """For GARMENT; that of the product when left out."""
    maskShape: MaskShape = MaskShape.DEFAULT
    maskPrompt: MaskPrompt | None = None
    """For PROMPT: what is replaced, in words."""
    maskImage: MaskImage | None = None
    """For IMAGE: a picture of the photo's size in base64; black is replaced and white is kept."""
    garmentStyling: GarmentStyling = GarmentStyling()
    maskExclusions: MaskExclusions = MaskExclusions()
    mergeStyle: MergeStyle = MergeStyle.BALANCED
    returnMask: bool = False
    seed: Annotated[int, Field(ge=0, le=MOST_SEED)] | None = None

    @model_validator(mode="after")
    def _check_mask(self) -> "TryOnParameters":
        if self.maskType is MaskType.PROMPT and self.maskPrompt is None:
            raise ValueError("maskType PROMPT needs a maskPrompt")
        if self.maskType is MaskType.IMAGE and self.maskImage is None:
            raise ValueError("maskType IMAGE needs a maskImage")
        if self.maskPrompt is not None and self.maskType is not MaskType.PROMPT:
            raise ValueError("maskPrompt goes with maskType PROMPT only")
        if self.maskImage is not None and self.maskType is not MaskType.IMAGE:
            raise ValueError("maskImage goes with maskType IMAGE only")
        if self.garmentClass is not None and self.maskType is not MaskType.GARMENT:
            raise ValueError("garmentClass goes with maskType GARMENT only")
        return self
