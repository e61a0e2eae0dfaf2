"""Array types, and the selection of the best of many scores that every part of the engine shares."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]
Mask = NDArray[np.bool_]
Names = NDArray[np.bytes_]


def best_positions(scores: Floats, count: int) -> Rows:
    """Positions of the `count` highest of (n,) scores, in no particular order; all of them if n <= count."""
    surplus = len(scores) - count
    if surplus <= 0:
        return np.arange(len(scores))
    return np.argpartition(scores, surplus)[surplus:]


def best_first(scores: Floats, names: Names, count: int) -> Rows:
    """Positions of the `count` highest of (n,) scores, best first, equal scores by name."""
    if len(scores) > count > 0:
        floor = np.partition(scores, len(scores) - count)[len(scores) - count]
        kept = np.flatnonzero(scores >= floor)
    else:
        kept = np.arange(len(scores))
    return kept[np.lexsort((names[kept], -scores[kept]))][:count]
