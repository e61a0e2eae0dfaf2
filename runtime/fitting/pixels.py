"""Small image operations in numpy: reading and writing pictures, colour, blurring, growing, parts."""

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter, ImageOps

Array = NDArray[np.floating[Any]]  # float32 wherever speed matters
Mask = NDArray[np.bool_]

_TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
_WHITE = np.array([0.95047, 1.0, 1.08883])
_FROM_RGB = (_TO_XYZ / _WHITE[:, None]).T.astype(np.float32)


def open_photo(data: bytes, longest: int | None = None) -> Image.Image:
    """The picture upright as RGB, on white where transparent; at most `longest` pixels on a side."""
    with Image.open(io.BytesIO(data)) as opened:
        image = ImageOps.exif_transpose(opened)
        if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
            layer = image.convert("RGBA")
            image = Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer)
        image = image.convert("RGB")
    return shrink(image, longest) if longest else image


def shrink(image: Image.Image, longest: int) -> Image.Image:
    """The picture with at most `longest` pixels on a side."""
    scale = longest / max(image.size)
    if scale >= 1:
        return image
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, Image.Resampling.LANCZOS)


def read_mask(data: bytes, size: tuple[int, int] | None = None) -> NDArray[np.uint8]:
    """A mask as (height, width) of 0..255, resized to `size` (width, height) where it differs."""
    with Image.open(io.BytesIO(data)) as opened:
        mask = opened.convert("L")
    if size and mask.size != size:
        mask = mask.resize(size, Image.Resampling.BILINEAR)
    return np.asarray(mask)


def encode_png(image: Image.Image) -> bytes:
    """The picture as a PNG file, quickly rather than small."""
    file = io.BytesIO()
    image.save(file, "PNG", compress_level=1)
    return file.getvalue()


def encode_jpeg(image: Image.Image) -> bytes:
    """The picture as a JPEG file, without any metadata."""
    file = io.BytesIO()
    image.save(file, "JPEG", quality=92, subsampling=0)
    return file.getvalue()


def as_floats(image: Image.Image) -> Array:
    """(height, width[, channels]) of 0..1."""
    return np.asarray(image, dtype=np.float32) / np.float32(255)


def as_image(values: NDArray[Any]) -> Image.Image:
    """The picture of values 0..1."""
    return Image.fromarray(np.rint(np.clip(values, 0, 1) * 255).astype(np.uint8))


def to_lab(rgb: NDArray[Any]) -> Array:
    """CIE L*a*b* (D65) of sRGB 0..1 (..., 3): L 0..100. IEC 61966-2-1, CIE 15."""
    return lab_of_light(to_light(rgb))


def to_light(rgb: NDArray[Any]) -> Array:
    """Light 0..1 that sRGB values 0..1 stand for. IEC 61966-2-1."""
    light = np.where(rgb <= 0.04045, rgb / 12.92, ((np.maximum(rgb, 0) + 0.055) / 1.055) ** 2.4)
    return light.astype(np.float32)


def lab_of_light(light: Array) -> Array:
    """CIE L*a*b* (D65) of light 0..1 (..., 3): L 0..100, a and b about -100..100. CIE 15."""
    ratio = light @ _FROM_RGB
    root = np.where(ratio > 0.008856, np.cbrt(ratio), 7.787 * ratio + 16 / 116)
    x, y, z = root[..., 0], root[..., 1], root[..., 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1).astype(np.float32)


def blur(values: Array, sigma: float) -> Array:
    """Gaussian blur of values 0..1 (height, width[, 3]), to within 1/255."""
    soft = as_image(values).filter(ImageFilter.GaussianBlur(sigma))
    return np.asarray(soft, dtype=np.float32) / np.float32(255)


def grow(mask: Mask, pixels: int) -> Mask:
    """The mask with everything within `pixels` of it (a square's reach)."""
    grown = mask.copy()
    for axis in (0, 1):
        ahead, behind = [slice(None)] * 2, [slice(None)] * 2
        ahead[axis], behind[axis] = slice(1, None), slice(None, -1)
        for _ in range(pixels):
            source = grown.copy()
            grown[tuple(ahead)] |= source[tuple(behind)]
            grown[tuple(behind)] |= source[tuple(ahead)]
    return grown


def erode(mask: Mask, pixels: int) -> Mask:
    """The mask without what is within `pixels` of its edge; the picture's edge is none."""
    return ~grow(~mask, pixels)


def label_parts(mask: Mask) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Connected parts (4 neighbours): their numbers from 1 on, and the pixels of each number.

    Runs of each row are joined to the overlapping ones of the row above (union-find over runs).
    """
    h, w = mask.shape
    padded = np.zeros((h, w + 2), dtype=np.int8)
    padded[:, 1:-1] = mask
    change = np.diff(padded, axis=1)
    rows, starts = np.nonzero(change == 1)
    _, ends = np.nonzero(change == -1)
    parents = list(range(len(rows)))

    def find(run: int) -> int:
        while parents[run] != run:
            parents[run] = parents[parents[run]]
            run = parents[run]
        return run

    first = np.searchsorted(rows, np.arange(h + 1))
    for row in range(1, h):
        above, above_end = int(first[row - 1]), int(first[row])
        here, here_end = above_end, int(first[row + 1])
        while above < above_end and here < here_end:
            if starts[above] < ends[here] and starts[here] < ends[above]:
                parents[find(here)] = find(above)
            if ends[above] < ends[here]:
                above += 1
            else:
                here += 1
    roots = np.array([find(run) for run in range(len(rows))], dtype=np.int64)
    _, numbers = np.unique(roots, return_inverse=True) if len(roots) else (roots, roots)
    labels = np.zeros((h, w), dtype=np.int32)
    for row, start, end, number in zip(rows, starts, ends, numbers, strict=True):
        labels[row, start:end] = number + 1
    return labels, np.bincount(labels.ravel())


def largest_part(mask: Mask) -> Mask:
    """The largest connected part; all of an empty mask."""
    labels, sizes = label_parts(mask)
    if len(sizes) < 2:
        return mask
    sizes[0] = 0
    return labels == int(sizes.argmax())


def sample(image: Array, x: NDArray[Any], y: NDArray[Any]) -> Array:
    """Bilinear values of (h, w[, c]) at points in pixels; beyond the edge, the edge."""
    h, w = image.shape[:2]
    x, y = np.clip(x, 0, w - 1), np.clip(y, 0, h - 1)
    left, top = np.minimum(x.astype(np.intp), w - 2), np.minimum(y.astype(np.intp), h - 2)
    fx, fy = (x - left).astype(np.float32), (y - top).astype(np.float32)
    if image.ndim == 3:
        fx, fy = fx[..., None], fy[..., None]
    upper = image[top, left] * (1 - fx) + image[top, left + 1] * fx
    lower = image[top + 1, left] * (1 - fx) + image[top + 1, left + 1] * fx
    return (upper * (1 - fy) + lower * fy).astype(np.float32)
