"""Filling part of a picture from what surrounds it (Telea 2004, as in OpenCV), with a little grain."""

import cv2
import numpy as np
from numpy.typing import NDArray

_RADIUS = 4
_GRAIN = 1.6  # standard deviation of the grain, of 255

Bytes = NDArray[np.uint8]


def fill_in(rgb: Bytes, mask: Bytes, seed: int, grow: int) -> Bytes:
    """The picture (h, w, 3) with the white part of the mask (h, w), widened by `grow` pixels, made anew."""
    marked = (mask > 127).astype(np.uint8)
    if grow:
        marked = cv2.dilate(marked, np.ones((2 * grow + 1, 2 * grow + 1), dtype=np.uint8))
    if not marked.any():
        return rgb
    filled = cv2.inpaint(rgb, marked, _RADIUS, cv2.INPAINT_TELEA).astype(np.float32)
    grain = np.random.default_rng(seed).normal(0, _GRAIN, marked.shape).astype(np.float32)
    filled += cv2.GaussianBlur(grain, (3, 3), 0.7)[..., None]
    return np.where(marked[..., None] > 0, np.clip(np.rint(filled), 0, 255), rgb).astype(np.uint8)
