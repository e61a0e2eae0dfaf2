"""The nearest vectors of queries, found exactly in one pass over vectors that come in parts."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


class Nearest:
    """The `k` best of everything fed so far, for each of the queries (n, d), unit vectors."""

    def __init__(self, queries: Floats, k: int) -> None:
        self._queries = queries
        self._k = k
        self._scores = np.empty((len(queries), 0), np.float32)
        self._ids = np.empty((len(queries), 0), object)

    def feed(self, ids: Sequence[str], vectors: Sequence[Floats]) -> None:
        """Compare some more unit vectors (d,), each of another product."""
        if not ids or not len(self._queries):
            return
        scores = self._queries @ np.stack(vectors).T
        names = np.broadcast_to(np.array(ids, object), scores.shape)
        scores = np.concatenate([self._scores, scores], axis=1)
        names = np.concatenate([self._ids, names], axis=1)
        best = np.argsort(-scores, axis=1, kind="stable")[:, : self._k]
        self._scores = np.take_along_axis(scores, best, axis=1)
        self._ids = np.take_along_axis(names, best, axis=1)

    def ids(self, query: int) -> list[str]:
        """The best of one query, best first."""
        return self._ids[query].tolist()

    def worst_score(self, query: int) -> float:
        """The similarity of the last of them; -1 when nothing was fed."""
        return float(self._scores[query, -1]) if self._scores.shape[1] else -1.0
