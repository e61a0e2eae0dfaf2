"""Synthetic vectors for benchmarks: clustered like picture embeddings, or uniform on the sphere.

Real embeddings have clusters in clusters of very unequal sizes, a spectrum that falls like 1/rank, and a mean
that all share; queries made from words lie apart from pictures. The clustered data has all four. A larger
shop has more kinds of things: give `fine` in proportion to the number of vectors.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
BLOCK_ROWS = 20_000


@dataclass(frozen=True, slots=True)
class ClusteredSource:
    """Draws unit vectors (n, d): a shared mean, broad clusters, finer ones within, and a spread."""

    mean: Floats
    spectrum: Floats
    broad: Floats
    fine: Floats
    parents: NDArray[np.int64]
    shares: NDArray[np.float64]
    gap: Floats

    @classmethod
    def create(cls, dimensions: int, *, seed: int, broad: int = 60, fine: int = 3_000) -> Self:
        rng = np.random.default_rng(seed)
        spectrum = (1.0 / (np.arange(dimensions) + 10.0)) ** 0.5
        spectrum = (spectrum / np.linalg.norm(spectrum)).astype(np.float32)
        sizes = rng.pareto(1.2, fine) + 0.05
        return cls(
            mean=0.7 * _unit(rng.standard_normal((1, dimensions), dtype=np.float32)),
            spectrum=spectrum,
            broad=rng.standard_normal((broad, dimensions), dtype=np.float32) * spectrum,
            fine=0.7 * rng.standard_normal((fine, dimensions), dtype=np.float32) * spectrum,
            parents=rng.integers(0, broad, fine),
            shares=sizes / sizes.sum(),
            gap=0.6 * _unit(rng.standard_normal((1, dimensions), dtype=np.float32)),
        )

    def draw(self, count: int, *, seed: int) -> Floats:
        """`count` vectors like the stored ones."""
        return self.draw_labelled(count, seed=seed)[0]

    def draw_labelled(self, count: int, *, seed: int) -> tuple[Floats, NDArray[np.int64]]:
        """`count` vectors and the broad cluster each belongs to."""
        rng = np.random.default_rng(seed)
        vectors = np.empty((count, len(self.spectrum)), dtype=np.float32)
        labels = rng.choice(len(self.parents), count, p=self.shares)
        for start in range(0, count, BLOCK_ROWS):
            own = labels[start : start + BLOCK_ROWS]
            spread = rng.standard_normal((len(own), len(self.spectrum)), dtype=np.float32)
            spread *= 0.6 * self.spectrum
            block = spread + self.mean + self.broad[self.parents[own]] + self.fine[own]
            vectors[start : start + BLOCK_ROWS] = _unit(block)
        return vectors, self.parents[labels]

    def draw_apart(self, count: int, *, seed: int) -> Floats:
        """`count` queries like words about stored things: moved by a common gap, with noise."""
        rng = np.random.default_rng(seed)
        noise = 0.5 * _unit(rng.standard_normal((count, len(self.spectrum)), dtype=np.float32))
        return _unit(self.draw(count, seed=seed + 1) + self.gap + noise)


def draw_uniform(count: int, dimensions: int, *, seed: int) -> Floats:
    """`count` unit vectors uniform on the sphere, on which no shortcut can help."""
    rng = np.random.default_rng(seed)
    vectors = np.empty((count, dimensions), dtype=np.float32)
    for start in range(0, count, BLOCK_ROWS):
        rows = min(BLOCK_ROWS, count - start)
        vectors[start : start + rows] = _unit(rng.standard_normal((rows, dimensions), dtype=np.float32))
    return vectors


def _unit(vectors: NDArray[np.floating]) -> Floats:
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32, copy=False)
