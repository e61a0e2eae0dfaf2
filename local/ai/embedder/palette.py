"""Colours by name: the anchors with which pictures and words are both described."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from local.ai.embedder.pixels import Array

# Each named colour with the L*a*b* values that it has on photographed cloth, the most typical first.
NAMED: dict[str, tuple[tuple[float, float, float], ...]] = {
    "black": ((14, 1, 0), (7, 1, 0), (24, 1, 1)),
    "grey": ((50, 0, -1), (36, 0, 0), (62, 0, 0), (73, 0, 0)),
    "white": ((94, 0, 1), (84, 0, 1)),
    "beige": ((80, 3, 16), (68, 4, 14), (90, 1, 10), (56, 4, 12)),
    "brown": ((33, 13, 18), (44, 12, 20), (42, 5, 8), (24, 6, 6)),
    "red": ((43, 60, 36), (34, 50, 28), (52, 54, 30)),
    "burgundy": ((24, 27, 8),),
    "pink": ((77, 24, 4), (60, 46, -2), (47, 62, -8), (68, 40, 18)),
    "orange": ((64, 40, 54), (50, 36, 36)),
    "yellow": ((83, 2, 66), (66, 12, 56), (90, -4, 40)),
    "green": ((45, -32, 18), (68, -34, 42), (79, -20, 8), (26, -16, 6)),
    "olive": ((45, -4, 24), (60, -4, 24), (36, -2, 9)),
    "turquoise": ((58, -32, -10), (78, -24, -5), (36, -17, -10), (82, -10, -5)),
    "blue": ((42, 10, -50), (70, -4, -24), (36, 0, -24), (54, -3, -17), (32, 32, -62)),
    "navy": ((17, 4, -17), (17, 1, -8), (27, 0, -11)),
    "purple": ((35, 36, -36), (68, 18, -27), (42, 34, -20), (30, 9, -9)),
}
COLORS = tuple(NAMED)
ANCHORS = sum(len(shades) for shades in NAMED.values())
_SPREAD = 4.5  # CIE94 units within which two colours count as nearly the same


@lru_cache(maxsize=1)
def anchor_lab() -> Array:
    """L*a*b* of the anchors, (ANCHORS, 3)."""
    return np.array([shade for shades in NAMED.values() for shade in shades], dtype=np.float32)


@lru_cache(maxsize=1)
def anchor_owner() -> NDArray[np.intp]:
    """Index into COLORS of each anchor's name, (ANCHORS,)."""
    return np.repeat(np.arange(len(NAMED)), [len(shades) for shades in NAMED.values()])


def assign_anchors(lab: Array) -> Array:
    """How much each colour (n, 3) belongs to each anchor: (n, ANCHORS), rows sum to 1."""
    near = -((difference(lab) / _SPREAD) ** 2) / 2
    near -= near.max(axis=1, keepdims=True)
    weights = np.exp(near)
    return weights / weights.sum(axis=1, keepdims=True)


def difference(lab: Array) -> Array:
    """Colour difference of each row to each anchor, CIE94 with textile weights (kL = 2)."""
    anchors = anchor_lab()
    chroma = np.hypot(anchors[:, 1], anchors[:, 2])
    d_light = (lab[:, None, 0] - anchors[:, 0]) / 2
    d_chroma = np.hypot(lab[:, 1], lab[:, 2])[:, None] - chroma
    d_a = lab[:, None, 1] - anchors[:, 1]
    d_b = lab[:, None, 2] - anchors[:, 2]
    d_hue2 = np.maximum(d_a**2 + d_b**2 - d_chroma**2, 0)
    return np.sqrt(d_light**2 + (d_chroma / (1 + 0.048 * chroma)) ** 2 + d_hue2 / (1 + 0.014 * chroma) ** 2)


def name_shares(weights: Array) -> Array:
    """Share of each name in COLORS, from anchor weights (ANCHORS,)."""
    return np.bincount(anchor_owner(), weights, len(COLORS)).astype(np.float32)
