"""The three functions that move vectors: one copies, one compares, one switches.

They are called by the workflow and by `python -m operations.migrate`; each tells the state of the migration.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from runtime.catalog.store import CatalogBucket
from runtime.migration.backfill import Backfill
from runtime.migration.journal import Journal
from runtime.migration.state import (
    Migration,
    MigrationRefused,
    describe,
    require_backfill,
    rolled_back,
    switched,
    verified,
)
from runtime.migration.translate import EmbedAgain, Pictures, Translation, ask_by_picture, keep_vectors
from runtime.migration.verify import DEFAULT_MIN_RECALL, DEFAULT_QUERIES, AskFor, Verification
from runtime.shared.aws import Clients
from runtime.shared.observability import emit_metrics, get_logger
from runtime.shared.product_table import ProductTable
from runtime.shared.products import CatalogSettings
from runtime.shared.settings import SettingsError, read_setting
from runtime.vectors.factory import open_embedder, open_store
from runtime.vectors.migration import VARIABLE, Move

_SPARE_MS = 120_000
"""What a page may take, its pauses for a busy model included: none is begun with less time left."""
_MOST_QUERIES = 1_000


@dataclass(frozen=True, slots=True)
class _Parts:
    move: Move
    clients: Clients
    journal: Journal


@cache
def _open() -> _Parts:
    move = Move.from_environment()
    if move is None:
        raise SettingsError(f"environment variable {VARIABLE} is not set; it must hold a JSON value")
    clients = Clients()
    return _Parts(move, clients, Journal(clients.get("dynamodb"), move.table, move.id))


def backfill(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Copy for as long as the function may run. The answer's `done` says whether that was all."""
    parts = _open()
    source, target = (open_store(each, parts.clients.get) for each in (parts.move.source, parts.move.target))
    work = Backfill(source, target, _open_translation(parts), parts.journal)
    before = work.restart() if event.get("again") else parts.journal.load()
    after = work.run(lambda: context.get_remaining_time_in_millis() > _SPARE_MS)
    _log("backfill", after)
    emit_metrics({}, {"VectorsCopied": float(after.copied - before.copied)}, {})
    return describe(after) | {"done": after.is_backfilled}


def verify(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Compare source and target, by `queries` and `min_recall` of the event, and record what was found."""
    parts = _open()
    min_recall, queries = _read_demands(event)
    migration = parts.journal.load()
    require_backfill(migration)
    source, target = (open_store(each, parts.clients.get) for each in (parts.move.source, parts.move.target))
    verification = Verification(source, target, embed=_open_asking(parts))
    report = verification.run(migration.skipped, min_recall=min_recall, queries=queries)
    after = parts.journal.save(verified(migration, report.as_json(), _now()))
    _log("verified", after, passed=report.passed, recall=report.recall)
    emit_metrics({}, {"MigrationRecall": report.recall}, {})
    return describe(after) | {"passed": report.passed}


def control(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """`{"action": "status" | "switch" | "rollback"}` in, the state of the migration out."""
    journal = _open().journal
    action = event.get("action")
    migration = journal.load()
    if action == "status":
        return describe(migration)
    if action not in _CHANGES:
        raise MigrationRefused(f"action: {action!r} is unknown; use status, {' or '.join(sorted(_CHANGES))}")
    after = _CHANGES[action](migration, _now())
    if after is not migration:
        after = journal.save(after)
        _log(str(action), after)
    return describe(after)


_CHANGES = {"switch": switched, "rollback": rolled_back}


def _open_translation(parts: _Parts) -> Translation:
    if not parts.move.reembeds:
        return keep_vectors
    target = parts.move.target
    return EmbedAgain(
        _open_pictures(parts),
        open_embedder(target, parts.clients.get),
        open_store(target, parts.clients.get),
        time.sleep,
    )


def _open_asking(parts: _Parts) -> AskFor | None:
    if not parts.move.reembeds:
        return None
    embedder = open_embedder(parts.move.target, parts.clients.get)
    return ask_by_picture(_open_pictures(parts), embedder, time.sleep)


def _open_pictures(parts: _Parts) -> Pictures:
    catalog: CatalogSettings = read_setting("CATALOG", CatalogSettings)
    bucket = CatalogBucket(parts.clients.get("s3"), catalog.bucket)
    return Pictures(bucket, ProductTable(parts.clients.get("dynamodb"), catalog.table))


def _read_demands(event: Mapping[str, Any]) -> tuple[float, int]:
    min_recall, queries = event.get("min_recall", DEFAULT_MIN_RECALL), event.get("queries", DEFAULT_QUERIES)
    if not isinstance(min_recall, int | float) or not 0 <= min_recall <= 1:
        raise MigrationRefused(f"min_recall: {min_recall!r} is out of range; use a number from 0 to 1")
    if not isinstance(queries, int) or not 1 <= queries <= _MOST_QUERIES:
        raise MigrationRefused(f"queries: {queries!r} is out of range; use 1 to {_MOST_QUERIES}")
    return float(min_recall), queries


def _log(what: str, migration: Migration, **more: Any) -> None:
    get_logger().info(
        what,
        phase=migration.phase.value,
        stage=migration.stage.value,
        copied=migration.copied,
        repaired=migration.repaired,
        skipped=len(migration.skipped),
        **more,
    )


def _now() -> int:
    return int(1000 * time.time())
