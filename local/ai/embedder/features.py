"""The fixed first layer: slopes of brightness and outline in eight directions, and colours."""

import numpy as np

from local.ai.embedder.pixels import Array

GRID = 24
CHANNELS = 29
_ANGLES = np.arange(8, dtype=np.float32) * (np.pi / 4)
_DIRECTIONS = np.stack([np.cos(_ANGLES), np.sin(_ANGLES)]).astype(np.float32)
_COLOR_SCALE = np.array([50, 40, 40], dtype=np.float32)


def feature_maps(lab: Array, mask: Array) -> Array:
    """What the network sees of a view (96, 96): (GRID, GRID, CHANNELS).

    Fine slopes of lightness (8), coarse ones (8), slopes of the mask (8), mean L*, a*, b* and mask (4),
    spread of lightness (1). Slopes are square-rooted so that faint seams count beside strong edges.
    """
    light = lab[..., 0] / _COLOR_SCALE[0]
    half = average(np.dstack([light, mask]), 2)
    planes = average(np.dstack([lab / _COLOR_SCALE, mask, light * light]), 4)
    planes[..., 4] = np.sqrt(np.maximum(planes[..., 4] - planes[..., 0] ** 2, 0) + 1e-4)
    planes[..., 0] -= 1
    slopes = (_slopes(light, 4), _slopes(half[..., 0], 2), _slopes(half[..., 1], 2))
    return np.concatenate([*slopes, planes], axis=-1).astype(np.float32)


def average(values: Array, side: int) -> Array:
    """Means over squares of `side` pixels: (h, w, c) to (h / side, w / side, c)."""
    h, w, c = values.shape
    rows = values.reshape(h // side, side, w * c).sum(axis=1)
    return rows.reshape(h // side, w // side, side, c).sum(axis=2) / np.float32(side * side)


def _slopes(plane: Array, side: int) -> Array:
    padded = np.pad(plane, 1, mode="edge")
    across = padded[1:-1, 2:] - padded[1:-1, :-2]
    down = padded[2:, 1:-1] - padded[:-2, 1:-1]
    rising = np.maximum(np.stack([across, down], axis=-1) @ _DIRECTIONS, 0)
    return np.sqrt(average(rising, side) + np.float32(1e-4))
