"""Grouping the catalogue: who is grouped, when it is due, and giving every product its label.

There is one run at a time (see `lease`). One that breaks off is taken up by the next one: the centroids are
current before the first product gets its label, and say whether every product has got it.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from runtime.clusters.centroids import CentroidBucket, Centroids, Manifest, digest, find_nearest
from runtime.clusters.lease import Lease
from runtime.clusters.matching import compare_centroids, compare_members, inherit
from runtime.clusters.means import average
from runtime.clusters.trainer import BuiltinTrainer, Trainer
from runtime.shared.product_table import Page
from runtime.shared.products import Product
from runtime.vectors.attributes import attributes_of
from runtime.vectors.port import VectorStore

MOST_ROWS = 50_000
"""So many products are grouped at most, drawn at random; the others get the label of the nearest centroid."""
ROWS_PER_CLUSTER = 4
"""A small catalogue has fewer clusters: of four products on average."""
OLDEST_S = 24 * 3600.0
GROWTH = 0.2
"""Clusters are made anew after a day, or when the catalogue has grown or shrunk by a fifth."""
PATIENCE_S = 60.0
"""How long a forced run waits for one that is at work."""
_PAGE = 500
_WORKERS = 16
_MAX_ROUNDS = 5


class Rows(Protocol):
    """The products table, for reading and for conditional writes."""

    def count(self) -> int: ...

    def list(self, category: str | None, after: str | None, limit: int) -> Page: ...

    def get(self, product_id: str, *, consistent: bool = False) -> Product | None: ...

    def write(self, product: Product, before: Product | None) -> bool: ...


class Unsettled(Exception):
    """A row kept changing while its label was written; the next run tries again."""


@dataclass(frozen=True, slots=True)
class _Sample:
    """Vectors (n, d) of products, their categories, and the labels (n,) those have so far, -1 for none."""

    vectors: NDArray[np.float32]
    categories: Sequence[str]
    labels: NDArray[np.int32]
    total: int


class Clusterer:
    """Groups one catalogue into at most `k` clusters. Raises what its stores raise."""

    def __init__(
        self,
        rows: Rows,
        store: VectorStore,
        bucket: CentroidBucket,
        lease: Lease,
        *,
        embedding_key: str,
        k: int,
        trainer: Trainer | None = None,
        also: Sequence[VectorStore] = (),
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._rows = rows
        self._store = store
        self._bucket = bucket
        self._lease = lease
        self._embedding_key = embedding_key
        self._k = k
        self._trainer = trainer or BuiltinTrainer()
        self._also = also
        self._clock = clock

    def run(self, *, time_left_s: float, force: bool = False) -> dict[str, Any]:
        """Group anew if that is due, and give every product its label; the figures of the run.

        While another run is at it nothing happens; a forced one waits a while for its turn. The run must be
        over, whichever way, after `time_left_s`: then others begin.
        """
        patience_s = min(PATIENCE_S, time_left_s / 2) if force else 0.0
        with self._lease.hold(time_left_s, patience_s=patience_s) as held:
            if not held:
                return {"grouped": False, "reason": "another run is at work"}
            return self._run(force=force)

    def _run(self, *, force: bool) -> dict[str, Any]:
        current = self._bucket.read()
        reason = "forced" if force else self._find_reason(current)
        if reason is None:
            return {"grouped": False, "reason": "nothing new"}
        resumed = reason == "broken off"
        centroids = current if resumed else self._group(current)
        if isinstance(centroids, str) or centroids is None:
            return {"grouped": False, "reason": centroids}
        changed = self._assign(centroids, everywhere=resumed)
        self._bucket.write_manifest(centroids.manifest.model_copy(update={"is_assigned": True}))
        manifest = centroids.manifest
        return {
            "grouped": True,
            "reason": reason,
            "rows": manifest.rows,
            "clusters": len(manifest.labels),
            "kept_labels": 0 if current is None else len({*manifest.labels} & {*current.manifest.labels}),
            "changed": changed,
        }

    def _find_reason(self, current: Centroids | None) -> str | None:
        if current is None:
            return "first"
        manifest = current.manifest
        if manifest.embedding_key != self._embedding_key:
            return "other model"
        if not manifest.categories:
            return "other form"
        if not manifest.is_assigned:
            return "broken off"
        if self._clock() - manifest.made_at >= OLDEST_S:
            return "age"
        return "growth" if abs(self._rows.count() - manifest.rows) > GROWTH * manifest.rows else None

    def _group(self, current: Centroids | None) -> Centroids | str:
        """New clusters, or why there are none yet."""
        sample = self._draw()
        if not len(sample.vectors):
            return "no products"
        wanted = max(1, min(self._k, len(sample.vectors) // ROWS_PER_CLUSTER))
        means = average(sample.vectors, sample.categories)
        styles = means.take_away(sample.vectors, sample.categories)
        trained = self._trainer.train(styles, wanted)
        if trained is None:
            return "training"
        vectors, members = _drop_empty(trained, styles)
        labels, next_label = self._name(vectors, members, sample.labels, current)
        manifest = Manifest(
            embedding_key=self._embedding_key,
            dimensions=vectors.shape[1],
            labels=labels,
            categories=means.names,
            next_label=next_label,
            rows=sample.total,
            made_at=self._clock(),
            sha256=digest(vectors, means.means),
            is_assigned=False,
        )
        centroids = Centroids(vectors, means.means, manifest)
        self._bucket.write(centroids)
        return centroids

    def _name(
        self,
        centroids: NDArray[np.float32],
        members: NDArray[np.int32],
        before: NDArray[np.int32],
        current: Centroids | None,
    ) -> tuple[tuple[int, ...], int]:
        """Labels for the new clusters, and the lowest label that none has ever had."""
        if current is None:
            # Rows may carry labels of clusters that were lost: those are not given again.
            first = int(before.max(initial=-1)) + 1
            return tuple(range(first, first + len(centroids))), first + len(centroids)
        old = current.manifest
        places = {label: place for place, label in enumerate(old.labels)}
        positions = np.array([places.get(label, -1) for label in before.tolist()], dtype=np.int32)
        similarity = compare_members(members, positions, (len(centroids), len(old.labels)))
        if old.embedding_key == self._embedding_key and old.categories:
            # What nearly all products share has no direction of its own: there the members alone tell.
            similarity = np.maximum(similarity, compare_centroids(centroids, current.vectors))
        labels = inherit(similarity, old.labels, old.next_label)
        return labels, max(old.next_label, max(labels) + 1)

    def _draw(self) -> _Sample:
        """Vectors of the catalogue, at most MOST_ROWS of them, each as likely as any other."""
        rng = np.random.default_rng(0)
        vectors: list[NDArray[np.float32]] = []
        categories: list[str] = []
        labels: list[int] = []
        total = 0
        for product, vector in self._read():
            total += 1
            place = len(vectors) if len(vectors) < MOST_ROWS else int(rng.integers(total))
            label = -1 if product.cluster is None else product.cluster
            if place == len(vectors):
                vectors.append(vector)
                categories.append(product.category)
                labels.append(label)
            elif place < MOST_ROWS:
                vectors[place], categories[place], labels[place] = vector, product.category, label
        return _Sample(
            np.array(vectors, dtype=np.float32), categories, np.array(labels, dtype=np.int32), total
        )

    def _assign(self, centroids: Centroids, *, everywhere: bool) -> int:
        """Give products the label of their centroid; how many got another one than they had.

        `everywhere` writes the labels of unchanged rows into the store too: a run that broke off may have
        come to the row only.
        """
        changed = 0
        with ThreadPoolExecutor(_WORKERS) as pool:
            for batch in _batches(self._read(), _PAGE):
                labels = centroids.label(
                    np.array([vector for _, vector in batch], dtype=np.float32),
                    [product.category for product, _ in batch],
                )
                found = [(product, label) for (product, _), label in zip(batch, labels, strict=True)]
                news = [each for each in found if everywhere or each[0].cluster != each[1]]
                changed += sum(pool.map(lambda each: self._give(*each), news))
        return changed

    def _give(self, product: Product, label: int) -> bool:
        """Write a label to the row and then to the store, as every other change of a row.

        While vectors move, where they move to hears of it after that; what is not there yet comes with it.
        """
        current: Product | None = product
        for _ in range(_MAX_ROUNDS):
            if current is None or not current.is_shown:
                return False
            changes = current.cluster != label
            after = replace(current, cluster=label, version=current.version + 1) if changes else current
            if not changes or self._rows.write(after, current):
                for store in (self._store, *self._also):
                    store.update_attributes(after.product_id, attributes_of(after), after.version)
                return changes
            current = self._rows.get(product.product_id, consistent=True)
        raise Unsettled("the row kept changing")

    def _read(self) -> Iterator[tuple[Product, NDArray[np.float32]]]:
        """Every shown product that has a vector, with it."""
        after: str | None = None
        while True:
            page = self._rows.list(None, after, _PAGE)
            vectors = self._store.fetch([product.product_id for product in page.products])
            for product in page.products:
                if product.product_id in vectors:
                    yield product, vectors[product.product_id]
            if page.last is None:
                return
            after = page.last


def _drop_empty(
    centroids: NDArray[np.float32], vectors: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """The centroids (k', d) that are the nearest of any vector (n, d), and which of those is whose (n,)."""
    nearest = find_nearest(centroids, vectors)
    used, members = np.unique(nearest, return_inverse=True)
    return np.ascontiguousarray(centroids[used]), members.astype(np.int32)


def _batches(
    pairs: Iterable[tuple[Product, NDArray[np.float32]]], size: int
) -> Iterator[Sequence[tuple[Product, NDArray[np.float32]]]]:
    batch: list[tuple[Product, NDArray[np.float32]]] = []
    for pair in pairs:
        batch.append(pair)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
