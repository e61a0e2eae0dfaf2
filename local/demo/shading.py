"""Light on cloth: heights become slopes, slopes become light and shade. All arrays are float32."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw

from local.demo.curves import Field, Point, Points, ribbon, smooth
from local.demo.patterns import RGB

LIGHT = np.array([-0.44, -0.52, 0.73], dtype=np.float32)  # from the upper left, towards the viewer


@dataclass(frozen=True, slots=True)
class Fold:
    """A crease in the cloth along `points`: `width` in pixels, `depth` > 0 a ridge, < 0 a valley."""

    points: tuple[Point, ...]
    width: float = 14.0
    depth: float = 1.0


@dataclass(frozen=True, slots=True)
class Drape:
    """Vertical waves of hanging cloth, widening from `top` to `bottom` as the cloth flares.

    `flare` is the growth of the width per pixel downwards; `count` waves over `span` pixels at the top.
    """

    top: float
    bottom: float
    span: float
    count: float
    depth: float
    flare: float = 0.0
    center: float = 384.0
    phase: float = 0.0
    sharp: bool = False

    def across(self, x: Field, y: Field) -> Field:
        """The position across the cloth, as it would be at `top`, in pixels from the centre."""
        return (x - self.center) / (1 + self.flare * np.maximum(y - self.top, 0))

    def height(self, x: Field, y: Field) -> Field:
        """Height of the cloth in pixels."""
        angle = 2 * np.pi * self.count * self.across(x, y) / self.span + self.phase
        grow = np.clip((y - self.top) / (self.bottom - self.top), 0, 1)
        if self.sharp:
            saw = (angle / (2 * np.pi)) % 1.0
            wave = np.where(saw < 0.82, saw / 0.82, (1 - saw) / 0.18) * 2 - 1
            return (self.depth * (0.35 + 0.65 * grow) * wave).astype(np.float32)
        wave = np.cos(angle + 0.5 * np.sin(angle * 0.37 + 1.0)) + 0.45 * np.cos(1.73 * angle + 2.1)
        return (self.depth * grow**0.8 * wave).astype(np.float32)

    def hem(self, right: Point, left: Point, sag: float, wave: float) -> list[Point]:
        """Points of a hem from right to left that dips in the middle and follows the waves."""
        x = np.linspace(right[0], left[0], 41)
        y = np.interp(x, [left[0], right[0]], [left[1], right[1]])
        spread = (x - self.center) / max(abs(right[0] - self.center), 1.0)
        y = y + sag * (1 - spread**2)
        angle = 2 * np.pi * self.count * self.across(x.astype(np.float32), y.astype(np.float32)) / self.span
        y = y + wave * np.cos(angle + self.phase + 0.5 * np.sin(angle * 0.37 + 1.0)) * (1 - spread**8)
        return [(float(a), float(b)) for a, b in zip(x, y, strict=True)]


def resized(field: Field, size: tuple[int, int]) -> Field:
    """`field` scaled to (width, height)."""
    return np.asarray(Image.fromarray(field).resize(size, Image.Resampling.BILINEAR), dtype=np.float32)


def blur(field: Field, sigma: float) -> Field:
    """Gaussian blur by a pyramid: shrink, a short kernel, and grow again. Zero outside the field."""
    height, width = field.shape
    factor = max(1, int(sigma / 1.2))
    small = np.asarray(Image.fromarray(field).reduce(factor), dtype=np.float32) if factor > 1 else field
    small = _convolve(_convolve(small, sigma / factor).T, sigma / factor).T
    if factor == 1:
        return small
    grown = Image.fromarray(np.ascontiguousarray(small)).resize(
        (width, height), Image.Resampling.BICUBIC, box=(0, 0, width / factor, height / factor)
    )
    return np.asarray(grown, dtype=np.float32)


def _convolve(field: Field, sigma: float) -> Field:
    radius = max(1, round(sigma * 2.6))
    offsets = np.arange(-radius, radius + 1)
    kernel = np.exp(-0.5 * (offsets / max(sigma, 0.3)) ** 2)
    kernel = (kernel / kernel.sum()).astype(np.float32)
    padded = np.zeros((field.shape[0] + 2 * radius, field.shape[1]), dtype=np.float32)
    padded[radius:-radius] = field
    rows = field.shape[0]
    total = kernel[radius] * field
    for shift in range(radius):
        pair = padded[shift : shift + rows] + padded[2 * radius - shift : 2 * radius - shift + rows]
        pair *= kernel[shift]
        total += pair
    return total


def fold_height(folds: Sequence[Fold], size: tuple[int, int], origin: Point, scale: float) -> Field:
    """The folds as a height field of `size` (width, height), whose pixels are 1 / `scale` picture pixels."""
    total = np.zeros((size[1], size[0]), dtype=np.float32)
    for width in sorted({_width_class(fold.width) for fold in folds}):
        layer = Image.new("F", size, 0.0)
        pen = ImageDraw.Draw(layer)
        for fold in folds:
            if _width_class(fold.width) == width:
                shape = (ribbon(smooth(fold.points), [fold.width], swell=True) - origin) * scale
                pen.polygon(_flat(shape), fill=fold.depth * fold.width * scale)
        total += blur(np.asarray(layer, dtype=np.float32), max(0.9, width * scale * 0.42))
    return total


def _width_class(width: float) -> int:
    return min((6, 10, 16, 26, 40), key=lambda step: abs(step - width))


def _flat(points: Points) -> list[tuple[float, float]]:
    return list(map(tuple, points.tolist()))


@lru_cache(maxsize=1)
def crumple() -> Field:
    """A tile (512, 384) of gentle, mostly vertical unevenness, about -1..1; it wraps around."""
    rng = np.random.default_rng(20)
    spectrum = np.fft.rfft2(rng.standard_normal((512, 384)))
    fy = np.fft.fftfreq(512)[:, None] * 512 / 5.0
    fx = np.fft.rfftfreq(384)[None, :] * 384 / 9.0
    spectrum *= np.exp(-0.5 * (fx**2 + fy**2)) * ((fx**2 + fy**2) > 0.02)
    tile = np.fft.irfft2(spectrum, s=(512, 384))
    return (tile / (2.2 * tile.std())).astype(np.float32)


def light(slope_x: Field, slope_y: Field) -> Field:
    """Lambert's law for a height field's slopes, 1 where the cloth faces the viewer."""
    facing = -slope_x * LIGHT[0] - slope_y * LIGHT[1] + LIGHT[2]
    shine = facing / np.sqrt(slope_x**2 + slope_y**2 + 1) / LIGHT[2]
    return np.maximum(shine, 0).astype(np.float32)


def gloss(slope_x: Field, slope_y: Field, power: float) -> Field:
    """Blinn's highlight, 0..1, for cloth that shines (satin, leather, coated fabric)."""
    half = LIGHT + np.array([0, 0, 1], dtype=np.float32)
    half = half / np.linalg.norm(half)
    facing = -slope_x * half[0] - slope_y * half[1] + half[2]
    return np.maximum(facing / np.sqrt(slope_x**2 + slope_y**2 + 1), 0).astype(np.float32) ** power


def apply_light(albedo: Field, shine: Field, color: RGB) -> Field:
    """Shadows grow richer in the cloth's own hue, highlights fade to white, dark cloth still shows folds."""
    base = np.array(color, dtype=np.float32)
    hue = base / max(float(base.max()), 1.0)
    deepen = 0.38 * (1 - hue) + np.array((0.10, 0.03, -0.06), dtype=np.float32)
    dark = np.minimum(np.where(shine < 0.62, 0.31 + shine * 0.5, shine), 1.0)
    bright = 0.62 * np.clip(shine - 1.0, 0, 1)
    gain, lift = dark * (1 - bright), 262 * bright + 13 * (shine - 1)
    shadow = dark - 1
    return np.stack(
        [plane * (gain * (1 + d * shadow)) + lift for plane, d in zip(albedo, deepen.tolist(), strict=True)]
    )


def slopes(height: Field) -> tuple[Field, Field]:
    """How fast a height field rises to the right and downwards, per pixel."""
    return np.gradient(height, axis=1), np.gradient(height, axis=0)
