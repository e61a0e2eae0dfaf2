"""Vectors kept in DynamoDB and searched in the memory of the function.

Writing touches the table only. The first search loads the index (see `feed`); after that, changes are looked
for at most once a second, so that a new product is found within two seconds of being written.
"""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from botocore.exceptions import BotoCoreError, ClientError
from numpy.typing import NDArray

from runtime.vectors.clients import Clients
from runtime.vectors.engine import LiveIndex
from runtime.vectors.port import (
    NO_FILTERS,
    Attributes,
    Filters,
    ScanPage,
    SearchResult,
    StoreStats,
    VectorItem,
)
from runtime.vectors.settings import DynamoDBStoreSettings, VectorSettings
from runtime.vectors.stores.calls import store_calls
from runtime.vectors.stores.feed import IndexFeed
from runtime.vectors.stores.snapshots import SnapshotBucket
from runtime.vectors.stores.table import EmbeddingsTable, group_by_product

logger = Logger(child=True)

REFRESH_SECONDS = 1.0
_WRITERS = 8
_NEVER = float("-inf")

T = TypeVar("T")
Job = Callable[[], None]


def run_in_background(job: Job) -> None:
    """Run a job beside the requests; a process that ends does not wait for it."""
    threading.Thread(target=job, name="index-fold", daemon=True).start()


class DynamoDBStore:
    """The vector store over the embeddings table. Methods raise StoreUnavailable when AWS cannot be reached.

    A deletion forgets the version: a vector stored afterwards is a new product, whatever its version.
    """

    backend = "dynamodb"
    settles_after_s = 0.0

    def __init__(
        self,
        table: EmbeddingsTable,
        feed: IndexFeed,
        *,
        clock: Callable[[], float] = time.monotonic,
        run: Callable[[Job], None] = run_in_background,
    ) -> None:
        self._table = table
        self._feed = feed
        self._clock = clock
        self._run = run
        self._refreshing = threading.Lock()
        self._refreshed_at = _NEVER
        self._folding = False

    def upsert(self, items: Sequence[VectorItem]) -> None:
        """Store vectors; attributes, and pictures' vectors, of a newer `version` already stored are kept."""
        self._write(self._put_all, list(group_by_product(items).values()))

    def update_attributes(self, product_id: str, attributes: Attributes, version: int) -> bool:
        """Set attributes unless newer ones are there; False when this embedder has none of the product."""
        with store_calls(self.backend):
            stored = self._table.set_attributes(product_id, attributes, version)
        self._refreshed_at = _NEVER
        return stored

    def delete(self, product_ids: Sequence[str]) -> None:
        """Remove the vectors of products, of whatever embedder; unknown ids are ignored."""
        self._write(self._table.bury, list(dict.fromkeys(product_ids)))

    def fetch(self, product_ids: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """Vectors by product id, as of the last refresh; unknown ids are absent."""
        return self._current().fetch(product_ids)

    def read(self, product_ids: Sequence[str]) -> dict[str, VectorItem]:
        """Whole items by product id, from the table itself; unknown ids are absent."""
        with store_calls(self.backend):
            return {item.product_id: item for item in self._table.get_many(list(dict.fromkeys(product_ids)))}

    def scan(self, cursor: str | None, limit: int) -> ScanPage:
        """Up to `limit` items of the table from `cursor`, which is a product id and never goes stale."""
        with store_calls(self.backend):
            items, last = self._table.page(cursor, limit)
        return ScanPage(tuple(items), last)

    def count(self) -> int:
        """How many vectors the table holds, found by reading all of it."""
        with store_calls(self.backend):
            return self._table.count()

    def search(
        self, query: NDArray[np.float32], k: int, filters: Filters = NO_FILTERS, *, exact: bool = False
    ) -> SearchResult:
        """The k most similar products, as of the last refresh. Raises ValueError (other shape, k < 1)."""
        return self._current().search(query, k, filters, exact=exact)

    def stats(self) -> StoreStats:
        """Size and state of the index in memory; loads it when that has not happened yet."""
        live = self._current()
        parameters = live.base.parameters
        return StoreStats(
            count=live.count,
            dimensions=live.dimensions,
            detail={
                "mode": str(parameters.mode),
                "recall": parameters.recall_verified,
                "loaded_from": self._feed.source,
                "snapshot": self._feed.snapshot or "",
                "delta": live.delta_count,
                "tombstones": live.tombstones,
                "memory_bytes": live.base.memory_bytes,
            },
        )

    def _put_all(self, versions: Sequence[VectorItem]) -> None:
        for item in versions:
            self._table.put(item)

    def _write(self, write: Callable[[T], None], work: Sequence[T]) -> None:
        """Do independent writes side by side; the next search looks for what they changed."""
        with store_calls(self.backend), ThreadPoolExecutor(_WRITERS) as pool:
            for _ in pool.map(write, work):
                pass
        self._refreshed_at = _NEVER

    def _current(self) -> LiveIndex:
        """The index to search, refreshed when due; a thread that finds another refreshing does not wait."""
        if not self._feed.loaded:
            with self._refreshing:
                if not self._feed.loaded:
                    self._load()
        elif self._clock() - self._refreshed_at >= REFRESH_SECONDS and self._refreshing.acquire(
            blocking=False
        ):
            try:
                self._refresh()
            finally:
                self._refreshing.release()
        return self._feed.live

    def _load(self) -> None:
        began = self._clock()
        with store_calls(self.backend):
            self._feed.load()
        self._refresh()
        logger.info(
            "index loaded",
            source=self._feed.source,
            count=self._feed.live.count,
            milliseconds=round(1000 * (self._clock() - began)),
        )

    def _refresh(self) -> None:
        """Follow the changes. A failure is logged and counted, and the index at hand goes on serving."""
        try:
            if self._feed.expired:
                self._feed.load()
            self._feed.poll()
        except (BotoCoreError, ClientError) as error:
            logger.warning("index not refreshed, the last good one is used", reason=str(error))
            Metrics().add_metric(name="IndexRefreshFailures", unit=MetricUnit.Count, value=1)
        # From the end, so that a slow table does not have every search refresh.
        self._refreshed_at = self._clock()
        if self._feed.live.needs_rebuild and not self._folding:
            self._folding = True
            self._run(self._fold)

    def _fold(self) -> None:
        try:
            self._feed.fold()
        finally:
            self._folding = False


def open_dynamodb(settings: VectorSettings, clients: Clients) -> DynamoDBStore:
    """The store over the table and the snapshots bucket of the settings."""
    table = open_table(settings, clients)
    return DynamoDBStore(table, open_feed(table, settings, clients))


def open_table(settings: VectorSettings, clients: Clients) -> EmbeddingsTable:
    """The embeddings table of the settings."""
    store = _dynamodb_settings(settings)
    return EmbeddingsTable(
        clients("dynamodb"),
        store.table,
        store.changes_index,
        embedding_key=settings.embedding_key,
        dimensions=settings.embedder.dimensions,
    )


def open_snapshots(settings: VectorSettings, clients: Clients) -> SnapshotBucket:
    """The snapshots bucket of the settings."""
    return SnapshotBucket(clients("s3"), _dynamodb_settings(settings).snapshots, settings.embedding_key)


def open_feed(table: EmbeddingsTable, settings: VectorSettings, clients: Clients) -> IndexFeed:
    """The index over `table`, which starts from the snapshots of the settings."""
    return IndexFeed(table, open_snapshots(settings, clients), settings.embedder.dimensions)


def _dynamodb_settings(settings: VectorSettings) -> DynamoDBStoreSettings:
    if not isinstance(settings.store, DynamoDBStoreSettings):
        raise TypeError(f"the settings name the backend {settings.store.backend}, not dynamodb")
    return settings.store
