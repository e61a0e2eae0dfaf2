"""Vectors in memory, in two forms with the same methods: float32 as they are, or 16 bits per number.

The 16 bit form is fixed point with one scale per row. Its step is 1/32767 of the row's largest number, finer
than what float16 keeps of the numbers that matter to an inner product (measured on unit vectors of 1024
numbers: 1e-6 against 6e-6), and a processor turns integers into float32 about ten times faster than float16.
"""

from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from runtime.vectors.engine.arrays import Floats, Rows

LARGEST = 32_767
BLOCK_ROWS = 128
"""Rows turned into float32 at a time; at 1024 numbers a block is 512 KB and stays in the cache."""
PACK_ROWS = 4_096


class Matrix(Protocol):
    """n vectors of d numbers that can be scored by inner product."""

    @property
    def shape(self) -> tuple[int, int]: ...

    @property
    def nbytes(self) -> int: ...

    def score(self, rows: Rows, query: Floats) -> Floats:
        """Inner products of the given rows with the (d,) query, (len(rows),)."""
        ...

    def score_all(self, query: Floats) -> Floats:
        """Inner products of all rows with the (d,) query, (n,)."""
        ...

    def unpack(self, rows: Rows | slice) -> Floats:
        """The given rows as float32, (len(rows), d)."""
        ...


@dataclass(frozen=True, slots=True)
class Plain:
    """(n, d) float32."""

    values: Floats

    @property
    def shape(self) -> tuple[int, int]:
        return self.values.shape[0], self.values.shape[1]

    @property
    def nbytes(self) -> int:
        return self.values.nbytes

    def score(self, rows: Rows, query: Floats) -> Floats:
        return self.values.take(rows, axis=0) @ query

    def score_all(self, query: Floats) -> Floats:
        return self.values @ query

    def unpack(self, rows: Rows | slice) -> Floats:
        return self.values[rows]


@dataclass(frozen=True, slots=True)
class Packed:
    """(n, d) int16 `codes` and (n,) float32 `scales`: a row's vector is its codes times its scale."""

    codes: NDArray[np.int16]
    scales: Floats

    @classmethod
    def pack(cls, vectors: NDArray[np.floating], order: Rows) -> Self:
        """The rows of (n, d) vectors in the given order. Packing what was unpacked changes nothing."""
        codes = np.empty((len(order), vectors.shape[1]), dtype=np.int16)
        scales = np.empty(len(order), dtype=np.float32)
        for start in range(0, len(order), PACK_ROWS):
            block = vectors[order[start : start + PACK_ROWS]].astype(np.float32, copy=False)
            scale = np.abs(block).max(axis=1) / np.float32(LARGEST)
            scales[start : start + PACK_ROWS] = scale
            scale[scale == 0.0] = 1.0
            codes[start : start + PACK_ROWS] = np.rint(block / scale[:, None])
        return cls(codes=codes, scales=scales)

    @property
    def shape(self) -> tuple[int, int]:
        return self.codes.shape[0], self.codes.shape[1]

    @property
    def nbytes(self) -> int:
        return self.codes.nbytes + self.scales.nbytes

    def score(self, rows: Rows, query: Floats) -> Floats:
        scores = np.empty(len(rows), dtype=np.float32)
        for start in range(0, len(rows), BLOCK_ROWS):
            block = self.codes.take(rows[start : start + BLOCK_ROWS], axis=0).astype(np.float32)
            np.dot(block, query, out=scores[start : start + BLOCK_ROWS])
        scores *= self.scales[rows]
        return scores

    def score_all(self, query: Floats) -> Floats:
        scores = np.empty(len(self.codes), dtype=np.float32)
        block = np.empty((BLOCK_ROWS, len(query)), dtype=np.float32)
        for start in range(0, len(scores), BLOCK_ROWS):
            part = self.codes[start : start + BLOCK_ROWS]
            np.copyto(block[: len(part)], part)
            np.dot(block[: len(part)], query, out=scores[start : start + BLOCK_ROWS])
        scores *= self.scales
        return scores

    def unpack(self, rows: Rows | slice) -> Floats:
        return self.codes[rows].astype(np.float32) * self.scales[rows][:, None]
