"""How alike the styles of two clusters are, so that liking one says something of the others."""

import time
from collections.abc import Callable, Mapping

import numpy as np
from botocore.exceptions import BotoCoreError, ClientError

from runtime.clusters.centroids import RELOAD_S, Centroids, Latest
from runtime.personalization.taste import STRANGERS, Kinship
from runtime.shared.observability import describe_error, get_logger

ALIKE = 0.5
"""From this cosine on a cluster is named as the reason for another."""


class Cosines:
    """The kinship of clusters is the cosine of their centroids, -1..1: opposites speak against each other.

    A cluster that is none of them, such as one that was lost meanwhile, is kin to itself alone.
    """

    def __init__(self, centroids: Centroids) -> None:
        lengths = np.linalg.norm(centroids.vectors, axis=1, keepdims=True)
        unit = centroids.vectors / np.maximum(lengths, 1e-12)
        self._labels = centroids.manifest.labels
        self._cosines = unit @ unit.T
        np.fill_diagonal(self._cosines, 1.0)
        self._places = {label: place for place, label in enumerate(self._labels)}
        self._alike = {
            label: frozenset(self._labels[other] for other in np.flatnonzero(row >= ALIKE).tolist())
            for label, row in zip(self._labels, self._cosines, strict=True)
        }

    def spread(self, strengths: Mapping[int, float]) -> Mapping[int, float]:
        """As `Kinship.spread`."""
        known = [label for label in strengths if label in self._places]
        rows = self._cosines[[self._places[label] for label in known]]
        told = np.array([strengths[label] for label in known], dtype=np.float32) @ rows
        return {**strengths, **dict(zip(self._labels, told.tolist(), strict=True))} if known else strengths

    def alike(self, cluster: int) -> frozenset[int]:
        """As `Kinship.alike`."""
        return self._alike.get(cluster, frozenset({cluster}))


class KinshipReader:
    """The kinship of the current clusters. Without centroids, or while S3 is down, of those known last."""

    def __init__(self, latest: Latest, clock: Callable[[], float] = time.monotonic) -> None:
        self._latest = latest
        self._clock = clock
        self._read: Centroids | None = None
        self._known: Kinship = STRANGERS
        self._rests_until = float("-inf")

    def current(self) -> Kinship:
        """Never raises: a search goes on without."""
        if self._clock() < self._rests_until:
            return self._known
        try:
            found = self._latest.find()
        except (ClientError, BotoCoreError) as error:
            self._rests_until = self._clock() + RELOAD_S
            get_logger().warning("clusters not read", **describe_error(error))
            return self._known
        if found is not self._read:
            self._read, self._known = found, STRANGERS if found is None else _open(found)
        return self._known


def _open(centroids: Centroids) -> Kinship:
    """The kinship by centroids, which only those of styles tell: whole vectors are all alike."""
    return Cosines(centroids) if centroids.manifest.categories else STRANGERS
