"""Small image operations in numpy: colour space, blurring, resizing."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageOps

from runtime.fitting.pixels import lab_of_light, to_light

Array = NDArray[np.floating[Any]]  # float32 wherever speed matters

_LIGHT = to_light(np.arange(256) / 255)


def prepare_image(image: Image.Image, longest: int) -> Image.Image:
    """A copy of the picture: upright, RGB, on white where transparent, at most `longest` pixels on a side."""
    image = ImageOps.exif_transpose(image)
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        layer = image.convert("RGBA")
        white = Image.new("RGBA", layer.size, "white")
        image = Image.alpha_composite(white, layer)
    if image.mode.startswith("I"):
        image = image.point(lambda level: level / 257).convert("L")
    image = image.convert("RGB")
    if max(image.size) > longest:
        scale = longest / max(image.size)
        size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        image = image.resize(size, Image.Resampling.BOX)
    return image


def upright_size(image: Image.Image) -> tuple[int, int]:
    """Width and height of the picture when turned as its EXIF orientation says."""
    turned = image.getexif().get(ExifTags.Base.Orientation, 1) >= 5
    return (image.height, image.width) if turned else image.size


def to_lab(rgb: NDArray[np.uint8], gain: float = 1.0) -> Array:
    """CIE L*a*b* (D65) of sRGB bytes (..., 3) lit `gain` times as much: L 0..100, a and b about -100..100."""
    return lab_of_light((_LIGHT * np.float32(gain)).clip(0, 1)[rgb])


def box_blur(values: Array, radius: int) -> Array:
    """Mean over a square of side 2 * radius + 1 on the first two axes, edges repeated."""
    for axis in (0, 1):
        pad = [(0, 0)] * values.ndim
        pad[axis] = (radius + 1, radius)
        total = np.cumsum(np.pad(values, pad, mode="edge"), axis=axis, dtype=np.float32)
        ahead = [slice(None)] * values.ndim
        behind = list(ahead)
        ahead[axis], behind[axis] = slice(2 * radius + 1, None), slice(None, -2 * radius - 1)
        values = (total[tuple(ahead)] - total[tuple(behind)]) / np.float32(2 * radius + 1)
    return values
