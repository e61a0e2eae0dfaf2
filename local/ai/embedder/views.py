"""Cuts the garment out of a photo into the square view that the network reads."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from local.ai.embedder.pixels import Array, to_lab

SIDE = 96  # pixels of a view
_MARGIN = 1.2  # side of the frame over the garment's longer side
_TAIL = 0.01  # share of the mask that may lie outside the frame on each side


@dataclass(frozen=True, slots=True)
class Frame:
    """Where the garment is: centre and side in pixels of the photo; `angle` in radians; `stretch` widens."""

    x: float
    y: float
    side: float
    aspect: float  # height over width of the garment's box
    angle: float = 0.0
    stretch: float = 1.0
    flipped: bool = False

    def moved(self, **changes: float) -> "Frame":
        return replace(self, **changes)


def frame_garment(mask: Array) -> Frame:
    """The square around the garment of a mask (h, w) of 0..1."""
    solid = np.where(mask > 0.5, mask, 0)
    (x0, x1), (y0, y1) = (_extent(solid.sum(axis=axis)) for axis in (0, 1))
    side = max(x1 - x0, y1 - y0, 8) * _MARGIN
    return Frame((x0 + x1) / 2, (y0 + y1) / 2, side, (y1 - y0) / max(x1 - x0, 1))


def _extent(profile: Array) -> tuple[int, int]:
    total = float(profile.sum())
    if total <= 0:
        return 0, len(profile)
    running = np.cumsum(profile) / total
    return int(np.searchsorted(running, _TAIL)), int(np.searchsorted(running, 1 - _TAIL)) + 1


def cut_view(layer: Image.Image, frame: Frame) -> tuple[Array, Array]:
    """L*a*b* (SIDE, SIDE, 3) and mask (SIDE, SIDE) of the framed part of a photo with the mask as alpha.

    Parts outside the photo take the mean colour of the surroundings inside the view.
    """
    step = frame.side / SIDE
    cos, sin = np.cos(frame.angle) * step, np.sin(frame.angle) * step
    ax = cos * frame.stretch * (-1 if frame.flipped else 1)
    ay = sin * frame.stretch * (-1 if frame.flipped else 1)
    bx, by = -sin / frame.stretch, cos / frame.stretch
    half = SIDE / 2
    matrix = (ax, bx, frame.x - half * (ax + bx), ay, by, frame.y - half * (ay + by))
    cut = np.asarray(layer.transform((SIDE, SIDE), Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR))
    lab = to_lab(cut[..., :3])
    mask = cut[..., 3].astype(np.float32) / 255
    outside = ~_inside(matrix, layer.size)
    if outside.any():
        around = ~outside & (mask < 0.3)
        lab[outside] = lab[around].mean(axis=0) if around.any() else (80, 0, 0)
        mask[outside] = 0
    return lab, mask


def _inside(matrix: tuple[float, ...], size: tuple[int, int]) -> NDArray[np.bool_]:
    ax, bx, cx, ay, by, cy = matrix
    grid = np.arange(SIDE, dtype=np.float32) + 0.5
    x = ax * grid[None, :] + bx * grid[:, None] + cx
    y = ay * grid[None, :] + by * grid[:, None] + cy
    return (x >= 0) & (x < size[0]) & (y >= 0) & (y < size[1])
