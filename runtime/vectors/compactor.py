"""Writes snapshots of the index on a schedule, so that a cold start need not read the whole table."""

import time
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from runtime.shared.aws import Clients
from runtime.shared.observability import emit_metrics
from runtime.vectors.settings import VectorSettings
from runtime.vectors.stores.calls import store_calls
from runtime.vectors.stores.dynamodb import open_feed, open_snapshots, open_table
from runtime.vectors.stores.feed import OLDEST_CHECKPOINT, IndexFeed
from runtime.vectors.stores.snapshots import SnapshotBucket

KEPT_SNAPSHOTS = 2
RENEWAL_AGE = OLDEST_CHECKPOINT // 2
"""A snapshot this old (microseconds) is written anew even without changes, before it is of no use."""

logger = Logger()


class Compactor:
    """Snapshots one index. Two at work at once only do the work twice: each writes a folder of its own."""

    def __init__(self, feed: IndexFeed, snapshots: SnapshotBucket) -> None:
        self._feed = feed
        self._snapshots = snapshots

    def compact(self, *, force: bool = False, from_table: bool = False) -> dict[str, Any]:
        """Write a snapshot if one is due, remove old ones, and return the figures of the run.

        `reason` is why one was written: `table read` (there was no usable one, or `from_table` forbade it),
        `changes`, `age` or `forced`; it is `nothing new`, with `written` false, when none was due.
        Raises StoreUnavailable.
        """
        began = time.perf_counter()
        with store_calls("dynamodb"):
            self._feed.load(from_table=from_table)
            self._feed.poll()
            reason = self._reason(force)
            figures = self._write(reason) if reason else {"written": False, "reason": "nothing new"}
        live = self._feed.live
        return figures | {
            "count": live.count,
            "recall": live.base.parameters.recall_verified,
            "loaded_from": self._feed.source,
            "changes": self._feed.altered,
            "ms": round(1000 * (time.perf_counter() - began)),
        }

    def _reason(self, force: bool) -> str | None:
        if force:
            return "forced"
        if self._feed.source == "table":
            return "table read"
        if self._feed.altered:
            return "changes"
        return "age" if self._feed.starting_age > RENEWAL_AGE else None

    def _write(self, reason: str) -> dict[str, Any]:
        index = self._feed.consolidated()
        name, manifest = self._snapshots.write(index, checkpoint=self._feed.checkpoint)
        return {
            "written": True,
            "reason": reason,
            "snapshot": name,
            "bytes": manifest.total_bytes,
            "pruned": self._snapshots.prune(KEPT_SNAPSHOTS),
        }


@cache
def settings_and_clients() -> tuple[VectorSettings, Clients]:
    """What stays the same for the life of the function."""
    return VectorSettings.from_environment(), Clients()


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Scheduled event in, figures out.

    {"force": true} writes a snapshot even when nothing changed, {"from_table": true} one of the table alone.

    The index is opened anew each time, so that an idle function does not hold one in memory.
    """
    settings, clients = settings_and_clients()
    table = open_table(settings, clients.get)
    compactor = Compactor(open_feed(table, settings, clients.get), open_snapshots(settings, clients.get))
    figures = compactor.compact(force=bool(event.get("force")), from_table=bool(event.get("from_table")))
    logger.info("index compacted", **figures)
    counts = {"IndexedVectors": float(figures["count"]), "SnapshotsWritten": float(figures["written"])}
    emit_metrics({}, counts, {"CompactionTime": figures["ms"]})
    return figures
