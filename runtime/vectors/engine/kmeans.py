"""K-Means: greedy k-means++ on a sample, Lloyd steps on a larger one, in principal directions.

Seeding: Arthur and Vassilvitskii, "k-means++: the advantages of careful seeding" (2007), with several
candidates per step of which the best is kept. Working in the leading principal directions costs little
inertia and saves most of the time when vectors are long.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from runtime.vectors.engine.arrays import Floats
from runtime.vectors.engine.pca import principal_directions

WORKING_DIMENSIONS = 128
SEEDING_ROWS = 20_000
ROWS_PER_CLUSTER = 100
LLOYD_STEPS = 8
BLOCK_ROWS = 4_096


@dataclass(frozen=True, slots=True)
class Clustering:
    """`centroids` (k', d) float32 are the means of their rows, `labels` (n,) int32 name each row's centroid.

    `inertia` is the sum over rows of the squared distance to the own centroid. No cluster is empty, so k' may
    be smaller than asked when rows repeat.
    """

    centroids: Floats
    labels: NDArray[np.int32]
    inertia: float


def kmeans(x: Floats, k: int, *, seed: int = 0) -> Clustering:
    """Group the rows of x (n, d) into at most k clusters; the same seed gives the same answer.

    Raises ValueError when k < 1 or x has no rows.
    """
    if k < 1:
        raise ValueError(f"k is {k}; at least 1 cluster is needed")
    if x.ndim != 2 or len(x) == 0:
        raise ValueError(f"x has shape {x.shape}; (n, d) with n >= 1 is needed")
    rng = np.random.default_rng(seed)
    working = _project(x, seed)
    sample = _sample(working, max(ROWS_PER_CLUSTER * k, SEEDING_ROWS), rng)
    centres = _spread_centres(_sample(sample, SEEDING_ROWS, rng), min(k, len(x)), rng)
    for _ in range(LLOYD_STEPS):
        labels, gaps = _assign(sample, centres)
        centres = _means(sample, labels, centres, gaps)
    labels, _ = _assign(working, centres)
    return _summarise(x, labels)


def _project(x: Floats, seed: int) -> Floats:
    if x.shape[1] <= WORKING_DIMENSIONS:
        return x
    return x @ principal_directions(x, WORKING_DIMENSIONS, seed=seed)


def _sample(x: Floats, count: int, rng: "np.random.Generator") -> Floats:
    return x if len(x) <= count else x[np.sort(rng.choice(len(x), count, replace=False))]


def _spread_centres(x: Floats, k: int, rng: "np.random.Generator") -> Floats:
    """Greedy k-means++: of a few rows drawn in proportion to their squared distance, keep the most useful."""
    energies = np.einsum("ij,ij->i", x, x)
    trials = 2 + int(math.log(k))
    chosen = [int(rng.integers(len(x)))]
    nearest = _squared_distances(x, energies, np.array(chosen))[0]
    while len(chosen) < k:
        reach = np.cumsum(nearest, dtype=np.float64)
        if reach[-1] <= 0.0:
            break
        drawn = np.searchsorted(reach, rng.random(trials) * reach[-1], side="right")
        candidates = np.minimum(drawn, len(x) - 1)
        options = np.minimum(_squared_distances(x, energies, candidates), nearest)
        best = int(np.argmin(options.sum(axis=1)))
        chosen.append(int(candidates[best]))
        nearest = options[best]
    return x[chosen]


def _squared_distances(x: Floats, energies: Floats, rows: NDArray[np.int64]) -> Floats:
    distances = x[rows] @ x.T
    distances *= -2.0
    distances += energies
    distances += energies[rows, None]
    np.maximum(distances, 0.0, out=distances)
    distances[np.arange(len(rows)), rows] = 0.0
    return distances


def _assign(x: Floats, centres: Floats) -> tuple[NDArray[np.int32], Floats]:
    """Nearest centre of each row, and per row the squared distance to it up to the row's own energy."""
    offsets = 0.5 * np.einsum("ij,ij->i", centres, centres)
    columns = np.ascontiguousarray(centres.T)
    labels = np.empty(len(x), dtype=np.int32)
    gaps = np.empty(len(x), dtype=np.float32)
    for start in range(0, len(x), BLOCK_ROWS):
        block = x[start : start + BLOCK_ROWS]
        closeness = block @ columns
        closeness -= offsets
        nearest = closeness.argmax(axis=1)
        labels[start : start + BLOCK_ROWS] = nearest
        gaps[start : start + BLOCK_ROWS] = (
            np.einsum("ij,ij->i", block, block) - 2.0 * closeness[np.arange(len(block)), nearest]
        )
    return labels, gaps


def _means(x: Floats, labels: NDArray[np.int32], centres: Floats, gaps: Floats) -> Floats:
    """Means of the rows of each centre; a centre without rows moves to a row that is far from its own."""
    counts = np.bincount(labels, minlength=len(centres))
    moved = centres.copy()
    used = np.flatnonzero(counts)
    moved[used] = _sums_by_label(x, labels, counts) / counts[used, None]
    empty = np.flatnonzero(counts == 0)
    if len(empty):
        moved[empty] = x[np.argsort(gaps, kind="stable")[::-1][: len(empty)]]
    return moved


def _sums_by_label(x: Floats, labels: NDArray[np.int32], counts: NDArray[np.int64]) -> Floats:
    """Sums of the rows of each non-empty label, (labels in use, d)."""
    order = np.argsort(labels, kind="stable")
    used = counts[counts > 0]
    ends = np.cumsum(used)
    sums = np.empty((len(used), x.shape[1]), dtype=np.float32)
    for position, (end, size) in enumerate(zip(ends.tolist(), used.tolist(), strict=True)):
        sums[position] = x[order[end - size : end]].sum(axis=0)
    return sums


def _summarise(x: Floats, labels: NDArray[np.int32]) -> Clustering:
    counts = np.bincount(labels)
    used = np.flatnonzero(counts)
    renumbered = np.zeros(len(counts), dtype=np.int32)
    renumbered[used] = np.arange(len(used), dtype=np.int32)
    centroids = _sums_by_label(x, labels, counts) / counts[used, None].astype(np.float32)
    labels = renumbered[labels]
    inertia = 0.0
    for start in range(0, len(x), BLOCK_ROWS):
        apart = x[start : start + BLOCK_ROWS] - centroids[labels[start : start + BLOCK_ROWS]]
        inertia += float(np.einsum("ij,ij->", apart, apart, dtype=np.float64))
    return Clustering(centroids=centroids, labels=labels, inertia=inertia)
