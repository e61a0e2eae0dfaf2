"""Varied views of a sample: moved, turned, lit otherwise, partly hidden, with a pattern stamped on."""

import numpy as np
from PIL import Image

from local.ai.embedder.features import feature_maps
from local.ai.embedder.lexicon import PATTERNS
from local.ai.embedder.pixels import Array
from local.ai.embedder.views import SIDE, Frame, cut_view
from local.ai.training.samples import Sample

_PLAIN, _STRIPED, _CHECKED, _DOTTED, _FLORAL, _PRINTED = range(len(PATTERNS))
_STAMPED = 0.25  # of the plain samples get a pattern
_HIDDEN = 0.25  # of the views have a part hidden


def vary(sample: Sample, rng: np.random.Generator) -> tuple[Array, int]:
    """Feature maps of a random view of `sample`, and the pattern it now shows (or UNKNOWN)."""
    lab, mask = cut_view(sample.layer, _shake(sample, rng))
    pattern = sample.pattern
    if pattern == _PLAIN and rng.random() < _STAMPED:
        pattern = int(rng.choice((_STRIPED, _CHECKED, _DOTTED, _PRINTED)))
        _stamp(lab, mask, pattern, rng)
    _relight(lab, rng)
    if rng.random() < _HIDDEN:
        _hide(lab, mask, rng)
    return feature_maps(lab, mask), pattern


def _shake(sample: Sample, rng: np.random.Generator) -> Frame:
    frame = sample.frame
    side = frame.side * float(np.exp(rng.uniform(-0.15, 0.15)))
    dx, dy = rng.uniform(-0.07, 0.07, 2) * side
    return frame.moved(
        x=frame.x + dx,
        y=frame.y + dy,
        side=side,
        angle=rng.normal(0, 0.12),
        stretch=float(np.exp(rng.uniform(-0.12, 0.12))),
        flipped=bool(rng.random() < 0.5),
    )


def _relight(lab: Array, rng: np.random.Generator) -> None:
    lab[..., 0] = lab[..., 0] * rng.uniform(0.8, 1.2) + rng.uniform(-8, 8)
    lab[..., 1:] = lab[..., 1:] * rng.uniform(0.7, 1.3) + rng.normal(0, 5, 2)


def _hide(lab: Array, mask: Array, rng: np.random.Generator) -> None:
    width, height = rng.integers(10, 40, 2)
    x, y = rng.integers(0, SIDE - width), rng.integers(0, SIDE - height)
    part = slice(y, y + height), slice(x, x + width)
    lab[part] = rng.normal((50, 0, 0), (20, 15, 15))
    mask[part] = rng.random() < 0.5


def _stamp(lab: Array, mask: Array, pattern: int, rng: np.random.Generator) -> None:
    """Stripes, checks, dots or blots of other colours on the garment, as fine as cloth has them."""
    light = lab[mask > 0.5, 0].mean() if (mask > 0.5).any() else 50.0
    covers = _blots(rng) if pattern == _PRINTED else [_repeat(pattern, rng)]
    for cover in covers:
        contrast = rng.uniform(18, 60) * (1 if light < 50 else -1)
        hue = rng.normal(0, 30 if pattern == _PRINTED else 12, 2)
        lab += (cover * mask)[..., None] * np.array([contrast, *hue], dtype=np.float32)


def _repeat(pattern: int, rng: np.random.Generator) -> Array:
    """Where a regular pattern covers the cloth, (SIDE, SIDE) of 0..1; the cloth lies a little wavy."""
    grid = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32)
    grid += rng.normal(0, 1.2) * np.sin(grid[::-1] / rng.uniform(6, 20))
    upright = rng.choice((0.0, np.pi / 2)) + rng.normal(0, 0.15)
    angle = rng.uniform(0, np.pi) if pattern == _DOTTED else upright
    u = np.cos(angle) * grid[1] + np.sin(angle) * grid[0]
    v = np.cos(angle) * grid[0] - np.sin(angle) * grid[1]
    period = rng.uniform(3.5, 16)
    waves = [np.sin(2 * np.pi * axis / period + rng.uniform(0, 6)) for axis in (u, v)]
    if pattern == _DOTTED:
        return _step(waves[0] + waves[1] - rng.uniform(0.6, 1.2))
    edge = rng.uniform(-0.4, 0.6)
    bands = [_step(wave - edge) for wave in waves]
    return bands[0] if pattern == _STRIPED else (bands[0] + bands[1]) / 2


def _blots(rng: np.random.Generator) -> list[Array]:
    """Two layers of blots at random places, (SIDE, SIDE) of 0..1."""
    cells = int(rng.integers(8, 28))
    layers: list[Array] = []
    for _ in range(2):
        noise = Image.fromarray(rng.normal(0, 1, (cells, cells)).astype(np.float32))
        smooth = np.asarray(noise.resize((SIDE, SIDE), Image.Resampling.BICUBIC))
        layers.append(_step(2 * (smooth - rng.uniform(0.2, 0.8))))
    return layers


def _step(values: Array) -> Array:
    """0 below zero, 1 above, with a soft edge."""
    return 1 / (1 + np.exp(-7 * values))
