"""Keeping labels when the catalogue is grouped anew: a new cluster inherits from the old one it continues."""

import numpy as np
from numpy.typing import NDArray

LEAST_COSINE = 0.7
"""Between centroids: new and old cluster are the same look from here on."""
LEAST_OVERLAP = 0.25
"""Between members, as their share of all members of both: for when the vector space has changed."""


def compare_centroids(new: NDArray[np.float32], old: NDArray[np.float32]) -> NDArray[np.float64]:
    """Cosines (k, m) between new (k, d) and old (m, d) centroids, 0 where one cannot continue the other.

    It can above LEAST_COSINE, if one of the two is the other's nearest: without that, the last two left over
    would be paired however little they have in common.
    """
    cosines = (_unit(new) @ _unit(old).T).astype(np.float64)
    nearest = (cosines == cosines.max(axis=0)) | (cosines == cosines.max(axis=1, keepdims=True))
    return np.where(nearest & (cosines >= LEAST_COSINE), cosines, 0.0)


def compare_members(
    new: NDArray[np.int32], old: NDArray[np.int32], counts: tuple[int, int]
) -> NDArray[np.float64]:
    """Jaccard indices (k, m) between the members of new and old clusters, above LEAST_OVERLAP; 0 elsewhere.

    `new` and `old` (n,) are the positions of the clusters of n products (old: -1 for none), `counts` is
    (k, m).
    """
    known = old >= 0
    both = np.zeros(counts)
    np.add.at(both, (new[known], old[known]), 1.0)
    either = both.sum(axis=1, keepdims=True) + both.sum(axis=0, keepdims=True) - both
    overlap = np.divide(both, either, out=np.zeros(counts), where=either > 0)
    return np.where(overlap >= LEAST_OVERLAP, overlap, 0.0)


def inherit(similarity: NDArray[np.float64], labels: tuple[int, ...], next_label: int) -> tuple[int, ...]:
    """Labels of k new clusters, given their similarity (k, m) to m old ones with `labels`.

    Pairs are made from the most similar down; what has no partner gets a label that was never used.
    """
    given: dict[int, int] = {}
    taken: set[int] = set()
    for place in np.argsort(-similarity, axis=None, kind="stable").tolist():
        new, old = divmod(place, similarity.shape[1])
        if similarity[new, old] <= 0:
            break
        if new not in given and old not in taken:
            given[new] = labels[old]
            taken.add(old)
    fresh = iter(range(next_label, next_label + similarity.shape[0]))
    return tuple(given[new] if new in given else next(fresh) for new in range(similarity.shape[0]))


def _unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.maximum(lengths, 1e-12)
