"""The vectors of one index of the S3 Vectors stand-in, kept in one matrix so that a search is one product."""

from collections.abc import Iterator, MutableMapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from local.ai.wire import Json

_FIRST_ROOM = 64


@dataclass(frozen=True, slots=True)
class StoredVector:
    """A vector as put, float32 (d,), and its metadata."""

    values: NDArray[np.float32]
    metadata: Json


class VectorRows(MutableMapping[str, StoredVector]):
    """Vectors by key; `nearest` compares a query with all of them."""

    def __init__(self, dimension: int) -> None:
        self._stored: dict[str, tuple[int, StoredVector]] = {}
        self._keys: list[str | None] = []
        """By row of the matrix; None for a row that is free."""
        self._free: list[int] = []
        self._matrix = np.empty((_FIRST_ROOM, dimension), np.float32)
        self._lengths = np.empty(_FIRST_ROOM, np.float32)

    def __getitem__(self, key: str) -> StoredVector:
        return self._stored[key][1]

    def __setitem__(self, key: str, vector: StoredVector) -> None:
        row = self._stored[key][0] if key in self._stored else self._take_row(key)
        self._matrix[row] = vector.values
        self._lengths[row] = np.linalg.norm(vector.values)
        self._stored[key] = row, vector

    def __delitem__(self, key: str) -> None:
        row, _ = self._stored.pop(key)
        self._keys[row] = None
        self._free.append(row)

    def __iter__(self) -> Iterator[str]:
        return iter(self._stored)

    def __len__(self) -> int:
        return len(self._stored)

    def __contains__(self, key: Any) -> bool:
        return key in self._stored

    def nearest(self, query: NDArray[np.float32], metric: str) -> Iterator[tuple[str, float]]:
        """Every key with its distance from the query, nearest first; of equals the earlier row.

        The cosine distance is one minus the similarity, the euclidean one is squared.
        """
        rows = self._matrix[: len(self._keys)]
        if metric == "cosine":
            distances = 1 - (rows @ query) / (self._lengths[: len(rows)] * np.linalg.norm(query))
        else:
            distances = ((rows - query) ** 2).sum(axis=1)
        for row in np.argsort(distances, kind="stable").tolist():
            key = self._keys[row]
            if key is not None:
                yield key, float(distances[row])

    def _take_row(self, key: str) -> int:
        if self._free:
            row = self._free.pop()
            self._keys[row] = key
            return row
        if len(self._keys) == len(self._matrix):
            self._matrix = np.concatenate([self._matrix, np.empty_like(self._matrix)])
            self._lengths = np.concatenate([self._lengths, np.empty_like(self._lengths)])
        self._keys.append(key)
        return len(self._keys) - 1
