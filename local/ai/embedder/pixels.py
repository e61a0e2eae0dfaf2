"""Small image operations in numpy: colour space, blurring, resizing."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageOps

Array = NDArray[np.floating[Any]]  # float32 wherever speed matters

_TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
_WHITE = np.array([0.95047, 1.0, 1.08883])
_LINEAR = np.where(
    np.arange(256) / 255 <= 0.04045,
    np.arange(256) / 255 / 12.92,
    ((np.arange(256) / 255 + 0.055) / 1.055) ** 2.4,
).astype(np.float32)
_FROM_RGB = (_TO_XYZ / _WHITE[:, None]).T.astype(np.float32)


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
    """CIE L*a*b* (D65) of sRGB bytes (..., 3) lit `gain` times as much: L 0..100, a and b about -100..100.

    IEC 61966-2-1, CIE 15.
    """
    ratio = (_LINEAR * np.float32(gain)).clip(0, 1)[rgb] @ _FROM_RGB
    root = np.where(ratio > 0.008856, np.cbrt(ratio), 7.787 * ratio + 16 / 116)
    x, y, z = root[..., 0], root[..., 1], root[..., 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1).astype(np.float32)


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
