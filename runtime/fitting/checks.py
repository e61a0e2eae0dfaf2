"""What is looked at after a model has dressed someone: still the same person, and really that garment?"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from runtime.fitting.faces import Face, find_face
from runtime.fitting.pixels import Mask, open_photo, read_mask, shrink, to_lab
from runtime.fitting.port import Rendered, RenderRequest
from runtime.fitting.told import BACKGROUND_CHANGED, BROKEN, COLORS_MISSING, FACE_CHANGED

MOST_CHANGE = 6.0
"""Mean difference of a pixel (of 255) outside of the mask. Pixels put back are equal; a model that hands the
whole picture through its own encoding, or a JPEG, differs by two or three."""
MOST_FACE_CHANGE = 9.0
"""The same inside the face, where a shadow of the collar may fall on the chin."""
MOST_COLOR_DISTANCE = 12.0
"""In CIE L*a*b*, of the garment's main colours from the nearest ones in the picture. Of 80 garments put on by
composition, 95 in 100 are within 5.2 and none is beyond this; what other models do to the light has as much
room again. Of other garments in other colours, 7 in 10 are beyond it (`benchmarks/fitting.py`)."""
LEAST_CHANGE = 4.0
"""Mean difference of a pixel inside of the mask below which nothing is new; an encoding makes 2 or 3."""
_COLORS = 4
_SIDE = 256


def check_look(request: RenderRequest, rendered: Rendered) -> tuple[str, ...]:
    """What is wrong with a result, as sentences for the shopper; none when all is well."""
    photo = open_photo(request.person)
    try:
        made = open_photo(rendered.image)
        mask = read_mask(rendered.mask) > 127
    except (UnidentifiedImageError, OSError):
        return (BROKEN,)
    if made.size != photo.size or mask.shape != (photo.height, photo.width):
        return (BROKEN,)
    before, after = np.asarray(photo, dtype=np.float32), np.asarray(made, dtype=np.float32)
    change = np.abs(before - after).mean(axis=-1)
    faults: list[str] = []
    if (~mask).any() and float(change[~mask].mean()) > MOST_CHANGE:
        faults.append(BACKGROUND_CHANGED)
    face = find_face(photo)
    if face is not None and not _is_hat(request) and _change_of_face(change, face) > MOST_FACE_CHANGE:
        faults.append(FACE_CHANGED)
    if mask.any() and not _is_worn(request, made, mask, change):
        faults.append(COLORS_MISSING)
    return tuple(faults)


def color_distance(product: bytes, made: Image.Image, mask: Mask) -> float:
    """How far the product's main colours are from those inside the mask: their mean distance in L*a*b*.

    What the product stands before is in its picture too: only the colours of the middle that the margin
    does not have count as the product's.
    """
    wanted, shares = _main_colors(_colors_of_middle(open_photo(product)))
    pixels = to_lab(np.asarray(made, dtype=np.float32)[mask] / 255)
    shown, _ = _main_colors(pixels, count=8)
    nearest = np.linalg.norm((wanted[:, None] - shown[None]) * (0.7, 1, 1), axis=-1).min(axis=1)
    return float((nearest * shares).sum())


def _is_worn(request: RenderRequest, made: Image.Image, mask: Mask, change: NDArray[np.float32]) -> bool:
    """Whether something new is there, and has the product's colours."""
    new = float(change[mask].mean()) >= LEAST_CHANGE
    return new and color_distance(request.garment.picture, made, mask) <= MOST_COLOR_DISTANCE


def _is_hat(request: RenderRequest) -> bool:
    """A hat's brim covers some of the face."""
    return request.garment.garment_class.part.value == "head"


def _change_of_face(change: NDArray[np.float32], face: Face) -> float:
    h, w = change.shape
    y, x = np.mgrid[0:h, 0:w].astype(np.float32)
    oval = np.hypot((x - face.x) / (0.7 * face.half_width), (y - face.y) / (0.7 * face.half_height)) <= 1
    return float(change[oval].mean()) if oval.any() else 0.0


def _colors_of_middle(product: Image.Image) -> NDArray[np.float32]:
    lab = to_lab(np.asarray(shrink(product, _SIDE), dtype=np.float32) / 255)
    h, w = lab.shape[:2]
    middle = lab[int(0.3 * h) : int(0.7 * h), int(0.32 * w) : int(0.68 * w)].reshape(-1, 3)
    edge = max(2, round(0.03 * max(h, w)))
    margin = np.concatenate([lab[:edge].reshape(-1, 3), lab[:, :edge].reshape(-1, 3)])
    surroundings, _ = _main_colors(margin)
    distance = np.linalg.norm(middle[:, None] - surroundings[None], axis=-1).min(axis=1)
    own = middle[distance > 9]
    return own if len(own) > 0.15 * len(middle) else middle


def _main_colors(
    pixels: NDArray[np.float32], count: int = _COLORS
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """k-means from starts along the lightness: colours, and each one's share."""
    pixels = pixels[:: max(1, len(pixels) // 6_000)]
    order = np.argsort(pixels @ np.array([1, 0.4, 0.3], dtype=np.float32))
    places = np.linspace(0, len(order) - 1, 2 * count + 1).astype(int)[1::2]
    colors = pixels[order[places]].copy()
    for _ in range(6):
        nearest = np.linalg.norm(pixels[:, None] - colors[None], axis=-1).argmin(axis=1)
        for number in range(count):
            if (nearest == number).any():
                colors[number] = pixels[nearest == number].mean(axis=0)
    nearest = np.linalg.norm(pixels[:, None] - colors[None], axis=-1).argmin(axis=1)
    shares = np.bincount(nearest, minlength=count) / max(len(nearest), 1)
    return colors.astype(np.float32), shares.astype(np.float32)
