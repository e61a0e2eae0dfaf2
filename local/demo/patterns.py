"""What a cloth is coloured with: pattern and weave, as functions of the position on the cloth.

`u` runs across the cloth and `v` along it, both in pixels; results are float32.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from local.demo.curves import Field, ellipse, shift

RGB = tuple[int, int, int]
PATTERNS = ("plain", "striped", "pinstripe", "checked", "dotted", "floral", "printed")


@dataclass(frozen=True, slots=True)
class Cloth:
    """A fabric: base colour, second colour, pattern, weave (see `WEAVES`) and the pattern's scale."""

    color: RGB
    accent: RGB = (245, 243, 238)
    pattern: str = "plain"
    weave: str = "jersey"
    scale: float = 1.0
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Weave:
    """How a fabric takes light: `grain` of the yarn, `gloss` 0..1, `crumple` of its surface."""

    grain: float
    gloss: float = 0.0
    crumple: float = 1.0


WEAVES = {
    "jersey": Weave(0.016),
    "cotton": Weave(0.018, crumple=1.1),
    "linen": Weave(0.026, crumple=1.7),
    "denim": Weave(0.050, crumple=1.2),
    "wool": Weave(0.048, crumple=0.8),
    "knit": Weave(0.020, crumple=0.8),
    "rib": Weave(0.012, crumple=0.7),
    "satin": Weave(0.004, gloss=0.55, crumple=1.5),
    "leather": Weave(0.016, gloss=0.50, crumple=0.7),
    "suede": Weave(0.045, crumple=0.6),
    "coated": Weave(0.006, gloss=0.38, crumple=1.2),
    "straw": Weave(0.030, crumple=0.3),
    "rubber": Weave(0.008, gloss=0.25, crumple=0.2),
}


def paint(cloth: Cloth, u: Field, v: Field) -> Field:
    """The cloth's colour at each position, (3, h, w) or broadcastable to it, in 0..255, without light."""
    base = np.array(cloth.color, dtype=np.float32)[:, None, None]
    if cloth.pattern == "plain":
        return base
    if cloth.pattern in ("floral", "printed"):
        return _sample(_tile(cloth), u / cloth.scale, v / cloth.scale)
    share = _share(cloth.pattern, u / cloth.scale, v / cloth.scale, cloth.scale)
    return base + (np.array(cloth.accent, dtype=np.float32)[:, None, None] - base) * share


def weave_tone(cloth: Cloth, u: Field, v: Field) -> Field:
    """Brightness of the yarn around 1."""
    weave = WEAVES[cloth.weave]
    tone = 1 + weave.grain * _grain(u, v, cloth.weave)
    if cloth.weave == "knit":
        tilt = np.abs((u / 9.0) % 1.0 - 0.5) * 2
        tone += 0.055 * np.cos(2 * np.pi * (v / 8.0 + 0.55 * tilt)) - 0.05 * (tilt > 0.86)
    if cloth.weave == "rib":
        tone += 0.075 * np.cos(2 * np.pi * u / 8.0)
    if cloth.weave == "straw":
        tone += 0.06 * np.cos(2 * np.pi * v / 9.0) * np.cos(2 * np.pi * (u / 12.0 + np.floor(v / 9.0) * 0.5))
    return tone.astype(np.float32)


def _grain(u: Field, v: Field, weave: str) -> Field:
    tile = _noise(weave in ("denim", "linen"))
    return np.take(tile.ravel(), (v.astype(np.int32) & 255) * 256 + (u.astype(np.int32) & 255))


@lru_cache(maxsize=2)
def _noise(woven: bool) -> Field:
    rng = np.random.default_rng(11)
    noise = rng.standard_normal((256, 256))
    if woven:
        across = (noise + np.roll(noise, 1, 1) + np.roll(noise, 2, 1) + np.roll(noise, 3, 1)) / 2
        other = rng.standard_normal((256, 256))
        noise = (across + (other + np.roll(other, 1, 0) + np.roll(other, 2, 0)) / 1.7) / 1.4
    return np.clip(noise, -2, 2).astype(np.float32)


def _band(position: Field, period: float, width: float, softness: float) -> Field:
    """1 inside a repeated band of `width`, 0 outside, with an edge one pixel soft."""
    distance = np.abs((position / period) % 1.0 - 0.5) * period
    return np.clip((width / 2 - distance) / softness + 0.5, 0, 1)


def _share(pattern: str, u: Field, v: Field, scale: float) -> Field:
    soft = 1.2 / scale
    if pattern == "striped":
        return _band(v, 42.0, 17.0, soft)
    if pattern == "pinstripe":
        return 0.85 * _band(u, 22.0, 3.2, soft)
    if pattern == "checked":
        bands = 0.5 * (_band(u, 46.0, 16.0, soft) + _band(v, 46.0, 16.0, soft))
        lines = np.maximum(_band(u + 23, 46.0, 2.4, soft), _band(v + 23, 46.0, 2.4, soft))
        return np.clip(0.80 * bands + 0.30 * lines, 0, 1)
    if pattern == "dotted":
        row = np.floor(v / 30.0)
        du = ((u + 17.0 * (row % 2)) % 34.0) - 17.0
        dv = (v % 30.0) - 15.0
        return np.clip((6.6 - np.hypot(du, dv)) / soft + 0.5, 0, 1)
    raise ValueError(f"unknown pattern {pattern!r}: use one of {', '.join(PATTERNS)}")


def _sample(tile: Field, u: Field, v: Field) -> Field:
    size = tile.shape[1]
    return np.take(
        tile.reshape(3, -1), (v * 2).astype(np.int32) % size * size + (u * 2).astype(np.int32) % size, axis=1
    )


@lru_cache(maxsize=64)
def _tile(cloth: Cloth) -> Field:
    """A wrapping tile (3, 560, 560) of two samples a pixel."""
    side, zoom = 560, 2
    image = Image.new("RGB", (side * zoom, side * zoom), cloth.color)
    pen = ImageDraw.Draw(image)
    rng = np.random.default_rng(cloth.seed + 5)
    draw = _blossoms if cloth.pattern == "floral" else _leaves
    draw(pen, side * zoom, cloth, rng)
    small = image.reduce(zoom).filter(ImageFilter.GaussianBlur(0.9))
    return np.ascontiguousarray(np.asarray(small, dtype=np.float32).transpose(2, 0, 1))


def _scatter(side: int, step: int, rng: np.random.Generator) -> list[tuple[float, float]]:
    spots: list[tuple[float, float]] = []
    for row in range(side // step):
        for column in range(side // step):
            shift = step / 2 if row % 2 else 0
            dx, dy = rng.uniform(-0.17, 0.17, 2) * step
            spots.append((column * step + shift + dx + step / 4, row * step + dy + step / 2))
    return spots


def _wrapped(pen: ImageDraw.ImageDraw, side: int, points: NDArray[np.float64], fill: RGB) -> None:
    for dx in (-side, 0, side):
        for dy in (-side, 0, side):
            moved = shift(points, dx, dy)
            low, high = moved.min(axis=0), moved.max(axis=0)
            if high.min() > 0 and low.max() < side:
                pen.polygon([(float(x), float(y)) for x, y in moved], fill=fill)


def mix(one: RGB, two: RGB, share: float) -> RGB:
    """`one` with `share` of `two` in it."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, two, strict=True))
    return red, green, blue


def _blossoms(pen: ImageDraw.ImageDraw, side: int, cloth: Cloth, rng: np.random.Generator) -> None:
    petal_tones = (
        cloth.accent,
        mix(cloth.accent, (255, 250, 244), 0.45),
        mix(cloth.accent, cloth.color, 0.3),
    )
    leaf = mix((96, 128, 92), cloth.color, 0.25)
    for index, (x, y) in enumerate(_scatter(side, 160, rng)):
        size, turn = rng.uniform(25, 39), rng.uniform(0, 360)
        for angle in (turn + 40, turn + 215):
            a = np.radians(angle)
            spot = (x + 1.75 * size * np.cos(a), y + 1.75 * size * np.sin(a))
            _wrapped(pen, side, ellipse(spot, size * 0.72, size * 0.27, angle + 18), leaf)
        tone = petal_tones[index % 3]
        for petal in range(5):
            a = np.radians(turn + 72 * petal)
            spot = (x + 0.72 * size * np.cos(a), y + 0.72 * size * np.sin(a))
            _wrapped(pen, side, ellipse(spot, size * 0.62, size * 0.47, turn + 72 * petal), tone)
        _wrapped(pen, side, ellipse((x, y), size * 0.30), mix((226, 178, 74), cloth.accent, 0.1))


def _leaves(pen: ImageDraw.ImageDraw, side: int, cloth: Cloth, rng: np.random.Generator) -> None:
    tones = (cloth.accent, mix(cloth.accent, cloth.color, 0.4), mix(cloth.accent, (255, 250, 244), 0.35))
    for index, (x, y) in enumerate(_scatter(side, 186, rng)):
        turn = rng.uniform(0, 360)
        stem = np.radians(turn)
        for leaf in range(-2, 3):
            along = leaf * 25
            for sign in (-1, 1):
                angle = turn + sign * 48
                a = np.radians(angle)
                spot = (
                    x + along * np.cos(stem) + 25 * np.cos(a),
                    y + along * np.sin(stem) + 25 * np.sin(a),
                )
                size = 27 - 3.5 * abs(leaf)
                _wrapped(pen, side, ellipse(spot, size, 8.5, angle), tones[index % 3])
