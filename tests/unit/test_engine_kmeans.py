"""K-Means: it finds groups that are there, improves on random picks, and copes with odd input."""

import numpy as np
import pytest

from benchmarks.data import ClusteredSource
from runtime.vectors.engine import kmeans


def inertia_of(x: np.ndarray, centroids: np.ndarray) -> float:
    distances = ((x[:, None, :] - centroids[None]) ** 2).sum(axis=2)
    return float(distances.min(axis=1).sum())


def test_separate_groups_are_found() -> None:
    rng = np.random.default_rng(0)
    centres = 10.0 * np.eye(12, 300, dtype=np.float32)
    labels = rng.integers(0, 12, 1_000)
    x = (centres[labels] + 0.1 * rng.standard_normal((1_000, 300))).astype(np.float32)
    found = kmeans(x, 12, seed=1)
    assert len(found.centroids) == 12
    assert len(set(zip(labels.tolist(), found.labels.tolist(), strict=True))) == 12
    assert found.inertia == pytest.approx(inertia_of(x, found.centroids), rel=1e-3)
    assert found.centroids == pytest.approx(
        np.array([x[found.labels == label].mean(axis=0) for label in range(12)]), abs=1e-4
    )


def test_it_is_far_better_than_random_picks() -> None:
    x = ClusteredSource.create(64, seed=1, broad=10, fine=80).draw(3_000, seed=2)
    found = kmeans(x, 40, seed=3)
    picks = x[np.random.default_rng(0).choice(len(x), 40, replace=False)]
    assert found.inertia < 0.75 * inertia_of(x, picks)
    assert np.bincount(found.labels, minlength=len(found.centroids)).min() > 0


def test_the_same_seed_gives_the_same_clusters() -> None:
    x = ClusteredSource.create(160, seed=1, broad=10, fine=80).draw(1_500, seed=2)
    first, second, other = kmeans(x, 20, seed=3), kmeans(x, 20, seed=3), kmeans(x, 20, seed=4)
    assert np.array_equal(first.labels, second.labels)
    assert np.array_equal(first.centroids, second.centroids)
    assert not np.array_equal(first.labels, other.labels)


def test_repeated_rows_give_fewer_clusters_and_none_empty() -> None:
    x = np.repeat(np.eye(3, 5, dtype=np.float32), 10, axis=0)
    found = kmeans(x, 8, seed=0)
    assert len(found.centroids) == 3
    assert found.inertia == pytest.approx(0.0, abs=1e-6)


def test_more_clusters_than_rows() -> None:
    found = kmeans(np.eye(4, dtype=np.float32), 9)
    assert sorted(found.labels.tolist()) == [0, 1, 2, 3]


@pytest.mark.parametrize(("shape", "k"), [((5, 3), 0), ((0, 3), 2), ((5,), 2)])
def test_nothing_to_cluster_is_refused(shape: tuple[int, ...], k: int) -> None:
    with pytest.raises(ValueError, match="needed"):
        kmeans(np.ones(shape, dtype=np.float32), k)
