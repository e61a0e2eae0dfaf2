"""Which pixels are made anew: from the garment's class, from words, or from a given picture.

Here white is what is made anew, as Stability's models take it. Nova Canvas takes the opposite, pure black for
what is edited: `invert` is the one place where one becomes the other.
"""

import base64
import binascii

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from runtime.fitting.body import Body
from runtime.fitting.garments import BodyPart, GarmentClass, garment_class_for
from runtime.fitting.parameters import MaskShape, MaskType, TryOnParameters
from runtime.fitting.pixels import Mask, encode_png, grow, read_mask
from runtime.fitting.port import Garment, TryOnRefused

_AROUND = 0.2  # heads that a region reaches beyond the silhouette


def invert(mask: bytes) -> bytes:
    """A mask (PNG, L) of the other polarity, pure black and white."""
    return encode_png(Image.fromarray(np.where(read_mask(mask) > 127, 0, 255).astype(np.uint8)))


def class_worn(garment: Garment, parameters: TryOnParameters) -> GarmentClass:
    """As what a garment is worn: what the parameters say, else what the product is."""
    if parameters.garmentClass is not None:
        return parameters.garmentClass
    if parameters.maskType is MaskType.PROMPT and parameters.maskPrompt:
        named = garment_class_for(parameters.maskPrompt)
        if named.part is not garment.garment_class.part:
            return named
    return garment.garment_class


def given_region(parameters: TryOnParameters, size: tuple[int, int]) -> Mask | None:
    """The given picture (black is edited, as in Nova Canvas) as a mask of `size`; None without one.

    Raises TryOnRefused for what is no picture.
    """
    if parameters.maskType is not MaskType.IMAGE or parameters.maskImage is None:
        return None
    try:
        return read_mask(base64.b64decode(parameters.maskImage), size) < 128
    except (binascii.Error, UnidentifiedImageError, OSError, ValueError):
        raise TryOnRefused(
            "The mask is no picture: send a PNG of the photo's size, black where to edit."
        ) from None


def body_region(body: Body, kind: GarmentClass) -> Mask:
    """Where on a body a garment of this class is worn: (height, width)."""
    h, w = body.mask.shape
    y = np.arange(h)[:, None]
    x = np.arange(w)[None, :]
    floor = body.ground if body.full else h
    spans = {
        BodyPart.UPPER: (body.below(0.15), body.crotch + 0.25 * body.head),
        BodyPart.LOWER: (body.waist - 0.1 * body.head, floor - 0.3 * body.head),
        BodyPart.FULL: (body.below(0.15), floor - 0.3 * body.head),
        BodyPart.FEET: (floor - 0.7 * body.head, floor + 0.1 * body.head),
        BodyPart.HEAD: (body.crown - 0.6 * body.head, body.crown + 0.4 * body.head),
        BodyPart.HAND: (body.hip, body.crotch + 1.5 * body.head),
    }
    top, end = spans[kind.part]
    near = grow(body.mask, max(1, round(_AROUND * body.head)))
    if kind.part is BodyPart.HEAD:
        near |= np.abs(x - body.x) < 0.8 * body.head
    return near & (y >= top) & (y <= end)


def apply_shape(mask: Mask, shape: MaskShape) -> Mask:
    """The mask itself, or the box around it."""
    if shape is not MaskShape.BOUNDING_BOX or not mask.any():
        return mask
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    box = np.zeros_like(mask)
    box[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] = True
    return box


def encode_mask(mask: NDArray[np.bool_]) -> bytes:
    """As PNG, L: white is made anew."""
    return encode_png(Image.fromarray(mask.astype(np.uint8) * 255))
