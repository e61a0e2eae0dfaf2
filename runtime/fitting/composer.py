"""A try-on by composition: cut out, laid on, and only the seam made anew; all else is the photo's own."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from runtime.fitting.blend import Dressed, dress_photo
from runtime.fitting.body import Body, NoPerson, find_body
from runtime.fitting.cloth import NoGarment, read_cloth
from runtime.fitting.drape import drape
from runtime.fitting.garments import BodyPart, GarmentClass
from runtime.fitting.masks import apply_shape, body_region, class_worn, encode_mask, given_region
from runtime.fitting.parameters import MaskType, MergeStyle
from runtime.fitting.pixels import (
    Array,
    Mask,
    as_floats,
    as_image,
    blur,
    encode_png,
    erode,
    grow,
    open_photo,
    read_mask,
    shrink,
)
from runtime.fitting.port import RenderRequest, TryOnRefused

WORKING_SIDE = 768
"""Pixels of the longer side while fitting: enough for a screen, and a third of a second in numpy."""
GARMENT_SIDE = 640
_SEAMS = {
    MergeStyle.DETAILED: (0.010, 0.35),
    MergeStyle.BALANCED: (0.016, 0.6),
    MergeStyle.SEAMLESS: (0.028, 0.9),
}
"""Half width of the seam in heads, and how much of it is the model's."""
_LEAST_COVER = 0.02
"""Square heads of cloth below which nothing shows."""
_LEAST_SHOWN = {BodyPart.UPPER: 0.5, BodyPart.LOWER: 0.9, BodyPart.FULL: 0.9}
"""The same for what the photo has to have room for: less is a strip at its edge."""
_NOT_SHOWN = {
    BodyPart.UPPER: "The photo does not show your upper body. Show your whole upper body.",
    BodyPart.LOWER: "The photo does not show your hips and legs. Stand further away, so that they show.",
    BodyPart.FULL: "The photo does not show enough of your body. Stand further away, until all of it shows.",
    BodyPart.FEET: "The photo does not show your feet. Stand further away, so that they show.",
    BodyPart.HEAD: "The photo does not show your head. Show your whole head.",
    BodyPart.HAND: "The photo does not show your hips and hands. Stand further away, so that they show.",
}

_ANY = [0] + [255] * 255

CutOut = Callable[[bytes], NDArray[np.uint8]]
"""Given a PNG, the alpha channel (h, w) of what it shows."""


@dataclass(frozen=True, slots=True)
class Fill:
    """What is to be made anew: a PNG, a mask of its size (white is made anew), words, and a seed."""

    image: bytes
    mask: bytes
    prompt: str
    seed: int


FillIn = Callable[[Fill], bytes]
"""The picture of a Fill with its masked part made anew (PNG or JPEG)."""


def compose(request: RenderRequest, cut_out: CutOut, fill_in: FillIn) -> tuple[bytes, bytes]:
    """The dressed person (PNG, RGB) and the mask of what is new (PNG, L), both of the photo's size.

    Raises TryOnRefused where the photos do not allow it, and what the two tools raise.
    """
    photo = open_photo(request.person)
    small = shrink(photo, WORKING_SIDE)
    kind = class_worn(request.garment, request.parameters)
    body = _read_person(small, cut_out)
    dressed = _put_on(request, small, body, kind, cut_out)
    if dressed.cover.sum() < _LEAST_SHOWN.get(kind.part, _LEAST_COVER) * body.head**2:
        raise TryOnRefused(_NOT_SHOWN[kind.part])
    allowed = _allowed(request, body, kind)
    if allowed is not None:
        dressed = Dressed(
            np.where(allowed[..., None], dressed.rgb, as_floats(small)),
            dressed.cover * allowed,
            dressed.gone & allowed,
            dressed.front,
            dressed.drawn & allowed,
        )
    if dressed.cover.sum() < _LEAST_COVER * body.head**2:
        raise TryOnRefused(_NOT_SHOWN[kind.part])
    blended, new = _blend_seam(request, dressed, body, kind, fill_in, allowed)
    return _restore(photo, small, blended, new)


def _read_person(small: Image.Image, cut_out: CutOut) -> Body:
    try:
        return find_body(small, cut_out(encode_png(small)))
    except NoPerson:
        raise TryOnRefused(
            "We could not make out a person in the photo. Stand in front of a plain wall, facing the camera."
        ) from None


def _put_on(
    request: RenderRequest, small: Image.Image, body: Body, kind: GarmentClass, cut_out: CutOut
) -> Dressed:
    product = shrink(open_photo(request.garment.picture), GARMENT_SIDE)
    worn_upright = kind.part in (BodyPart.UPPER, BodyPart.LOWER, BodyPart.FULL)
    parameters = request.parameters
    try:
        alpha = cut_out(encode_png(product))
        cloth = read_cloth(product, alpha, straighten=worn_upright, single=kind.part is not BodyPart.FEET)
        draped = drape(cloth, body, kind, parameters.garmentStyling)
    except NoGarment:
        raise TryOnRefused("The product's picture does not show a garment that could be put on.") from None
    return dress_photo(as_floats(small), draped, body, kind, parameters.maskExclusions)


def _allowed(request: RenderRequest, body: Body, kind: GarmentClass) -> Mask | None:
    """Where pixels may change at all; None for everywhere."""
    allowed = given_region(request.parameters, body.size)
    if request.parameters.maskType is MaskType.PROMPT:
        allowed = body_region(body, kind)
    if request.keep is not None:
        kept = read_mask(request.keep, body.size) > 127
        allowed = ~kept if allowed is None else allowed & ~kept
    return allowed


def _blend_seam(
    request: RenderRequest,
    dressed: Dressed,
    body: Body,
    kind: GarmentClass,
    fill_in: FillIn,
    allowed: Mask | None,
) -> tuple[Array, Mask]:
    """The picture with its seam made anew, and the mask of everything that may differ from the photo."""
    width, share = _SEAMS[request.parameters.mergeStyle]
    pixels = max(1, round(width * body.head))
    cloth = dressed.cover > 0.5
    seam = grow(cloth, pixels) & ~erode(cloth, pixels) & ~dressed.front
    gone = dressed.gone & ~cloth
    if allowed is not None:
        seam, gone = seam & allowed, gone & allowed
    words = request.garment.description or kind.value.lower().replace("_", " ")
    answer = fill_in(
        Fill(
            image=encode_png(as_image(dressed.rgb)),
            mask=encode_mask(seam | gone),
            prompt=f"photo of a person wearing {words[:300]}, natural folds, clean edges, plain background",
            seed=request.seed,
        )
    )
    made = as_floats(open_photo(answer).resize(body.size, Image.Resampling.LANCZOS))
    weight = np.maximum(
        blur(seam.astype(np.float32), 1) * share * seam, blur(gone.astype(np.float32), 1) * gone
    )
    weight = np.where(gone, np.maximum(weight, 0.85), weight)[..., None].astype(np.float32)
    blended = dressed.rgb * (1 - weight) + made * weight
    before = np.abs(dressed.rgb - as_floats(open_photo(request.person).resize(body.size))).max(axis=-1)
    shaded = (before > 1 / 255) & grow(cloth | gone, max(2, round(0.14 * body.head)))
    new = cloth | (dressed.cover > 0.02) | seam | gone | shaded | dressed.drawn
    new = apply_shape(new, request.parameters.maskShape)
    return blended, new if allowed is None else new & allowed


def _restore(photo: Image.Image, small: Image.Image, blended: Array, new: Mask) -> tuple[bytes, bytes]:
    """The result at the photo's size, with the photo's own pixels wherever nothing is new."""
    result, soft = as_image(blended), Image.fromarray(new.astype(np.uint8) * 255)
    if small.size != photo.size:
        result = result.resize(photo.size, Image.Resampling.LANCZOS)
        soft = soft.resize(photo.size, Image.Resampling.BILINEAR)
    restored = photo.copy()
    restored.paste(result, (0, 0), soft)
    return encode_png(restored), encode_png(soft.point(_ANY))
