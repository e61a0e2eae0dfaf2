"""Plane geometry of the drawings: smooth outlines through points, ribbons, mirrored halves.

Points are (n, 2) float arrays of x, y in picture pixels, y downwards.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Point = tuple[float, float]
Points = NDArray[np.float64]
Field = NDArray[np.floating[Any]]  # a plane of the picture, (h, w), float32

STEPS = 12
_SHARES = (np.arange(STEPS) / STEPS)[None, :, None]


def smooth(points: Sequence[Point]) -> Points:
    """A centripetal Catmull-Rom curve through `points`; two points give a straight line.

    Centripetal spacing (Yuksel, Schaefer and Keyser, 2011) keeps the curve free of loops and overshoots.
    """
    knots = np.asarray(points, dtype=np.float64)
    if len(knots) < 3:
        return knots
    p = np.vstack([2 * knots[0] - knots[1], knots, 2 * knots[-1] - knots[-2]])
    steps = np.diff(p, axis=0)
    gaps = np.maximum(np.hypot(steps[:, 0], steps[:, 1]), 1e-6) ** 0.5
    t1, t2 = gaps[:-2, None, None], (gaps[:-2] + gaps[1:-1])[:, None, None]
    t3 = t2 + gaps[2:, None, None]
    t = t1 + (t2 - t1) * _SHARES
    p0, p1, p2, p3 = p[:-3, None], p[1:-2, None], p[2:-1, None], p[3:, None]
    a1 = ((t1 - t) * p0 + t * p1) / t1
    a2 = ((t2 - t) * p1 + (t - t1) * p2) / (t2 - t1)
    a3 = ((t3 - t) * p2 + (t - t2) * p3) / (t3 - t2)
    b1 = ((t2 - t) * a1 + t * a2) / t2
    b2 = ((t3 - t) * a2 + (t - t1) * a3) / (t3 - t1)
    curve = ((t2 - t) * b1 + (t - t1) * b2) / (t2 - t1)
    return np.vstack([curve.reshape(-1, 2), knots[-1:]])


def outline(*runs: Sequence[Point]) -> Points:
    """One path of several smooth runs; each run starts where the one before ended, with a corner there."""
    parts = [smooth(runs[0])]
    for run in runs[1:]:
        start = (float(parts[-1][-1, 0]), float(parts[-1][-1, 1]))
        parts.append(smooth([start, *run])[1:])
    return np.vstack(parts)


def mirror(points: Points | Sequence[Point], center: float = 384.0) -> Points:
    """The same points on the other side of the vertical line x = `center`."""
    flipped = np.array(points, dtype=np.float64)
    flipped[:, 0] = 2 * center - flipped[:, 0]
    return flipped


def symmetric(*runs: Sequence[Point]) -> Points:
    """A closed shape from its right half (top centre to bottom centre) and the half's mirror image."""
    half = outline(*runs)
    return np.vstack([half, mirror(half)[::-1]])


def ribbon(points: Sequence[Point] | Points, widths: Sequence[float], *, swell: bool = False) -> Points:
    """A strip along a curve; `widths` are spread evenly over its length, `swell` tapers both ends.

    A sequence of points is smoothed first; an array is taken as the finished line.
    """
    line = points if isinstance(points, np.ndarray) else smooth(points)
    step = np.diff(line, axis=0)
    along = np.concatenate([[0.0], np.cumsum(np.hypot(step[:, 0], step[:, 1]))])
    along /= max(float(along[-1]), 1e-6)
    half = np.interp(along, np.linspace(0, 1, len(widths)), widths) / 2
    if swell:
        half = half * np.sin(np.pi * np.clip(along, 0.0, 1.0)) ** 0.8
    side = _normals(line) * half[:, None]
    return np.vstack([line + side, (line - side)[::-1]])


def shift(points: Points, dx: float, dy: float) -> Points:
    """The points moved right by `dx` and down by `dy`."""
    return points + np.array((dx, dy))


def parallel(points: Sequence[Point] | Points, distance: float) -> Points:
    """The path moved sideways by `distance` (to the right of its direction when positive)."""
    line = np.asarray(points, dtype=np.float64)
    return line - _normals(line) * distance


def _normals(line: Points) -> Points:
    step = np.diff(line, axis=0)
    tangent = np.vstack([step[:1], step[:-1] + step[1:], step[-1:]])
    length = np.maximum(np.hypot(tangent[:, 0], tangent[:, 1]), 1e-6)
    return np.column_stack([tangent[:, 1], -tangent[:, 0]]) / length[:, None]


def ellipse(center: Point, rx: float, ry: float | None = None, tilt: float = 0.0) -> Points:
    """A closed ellipse; `tilt` in degrees."""
    angle = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    x, y = rx * np.cos(angle), (rx if ry is None else ry) * np.sin(angle)
    c, s = np.cos(np.radians(tilt)), np.sin(np.radians(tilt))
    return np.column_stack([center[0] + x * c - y * s, center[1] + x * s + y * c])


def dashes(points: Points, length: float, gap: float) -> list[Points]:
    """The path cut into stitches."""
    steps = np.linalg.norm(np.diff(points, axis=0), axis=1)
    along = np.concatenate([[0.0], np.cumsum(steps)])
    starts = np.arange(0.0, float(along[-1]) - length / 2, length + gap)
    ends = np.minimum(starts + length, along[-1])
    xs, ys = points[:, 0], points[:, 1]
    return [
        np.column_stack([np.interp([s, e], along, xs), np.interp([s, e], along, ys)])
        for s, e in zip(starts, ends, strict=True)
    ]
