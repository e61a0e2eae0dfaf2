"""Laying a cut-out garment over a body: for every pixel of the photo, which point of the cloth is there.

Each part of the garment (trunk, sleeve, leg, shoe, hat) has its place on the body, with the same coordinates:
how far across, and how far down. The colours come from the cloth at these coordinates, so that the outline
is the body's and never that of an unlucky cut-out.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from runtime.fitting.body import Body
from runtime.fitting.cloth import COLUMNS, Cloth
from runtime.fitting.pixels import Array, Mask, sample

_ROUND = 0.34  # how much darker cloth is where it turns away at the sides


@dataclass
class Draped:
    """Cloth on the photo's pixels."""

    rgb: Array
    cover: Array
    """How much each pixel is covered, 0..1."""
    shade: Array
    """Factor of brightness from the shape beneath."""
    neckline: Array
    """By column, the row above which neck and head show; the photo's height where nothing is said."""
    holes: Mask
    """What the garment leaves open inside of its outline, such as the front of an open jacket."""
    sleeves: Mask
    """Where the cloth is a sleeve."""


def nothing(body: Body) -> Draped:
    w, h = body.size
    return Draped(
        np.zeros((h, w, 3), dtype=np.float32),
        np.zeros((h, w), dtype=np.float32),
        np.ones((h, w), dtype=np.float32),
        np.full(w, h, dtype=np.float32),
        np.zeros((h, w), dtype=np.bool_),
        np.zeros((h, w), dtype=np.bool_),
    )


def grid(body: Body) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    w, h = body.size
    y, x = np.mgrid[0:h, 0:w].astype(np.float32)
    return y, x


def soften(values: NDArray[np.floating], radius: int) -> Array:
    padded = np.pad(values, radius, mode="edge")
    return np.lib.stride_tricks.sliding_window_view(padded, 2 * radius + 1).mean(axis=1).astype(np.float32)


def by_share(table: Array, shares: NDArray[np.floating]) -> Array:
    return np.interp(shares * COLUMNS - 0.5, np.arange(COLUMNS), table).astype(np.float32)


def hang(flare: NDArray[np.floating], places: NDArray[np.floating]) -> NDArray[np.floating]:
    """Relative widths of a garment laid flat, by share of its length, as they are when it hangs on somebody.

    Cloth falls in folds, so that it looks less wide; and a hem never curls in, as it does on a table.
    """
    hanging = np.where(flare > 1, 1 + 0.62 * (flare - 1), flare)
    low = places > 0.72
    hanging[low] = np.maximum.accumulate(hanging[low])
    return hanging


def round_shade(u: NDArray[np.floating], strength: float = _ROUND) -> Array:
    """Darker towards both sides, as on a cylinder lit from the front and a little from the left."""
    side = np.clip(np.abs(u - 0.47) * 2, 0, 1)
    return (1.03 - strength * np.clip(side - 0.35, 0, None) ** 2 / 0.42).astype(np.float32)


def put(
    draped: Draped,
    cloth: Cloth,
    source_x: NDArray[np.floating],
    source_y: NDArray[np.floating],
    inside: Mask,
    shade: Array,
) -> None:
    """Lay cloth over what is there already."""
    ys, xs = np.nonzero(inside)
    if not len(ys):
        return
    colors = sample(cloth.rgb, source_x[ys, xs], source_y[ys, xs])
    draped.rgb[ys, xs] = colors
    draped.cover[ys, xs] = 1
    draped.shade[ys, xs] = shade[ys, xs]
