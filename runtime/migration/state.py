"""The record of a migration and the steps that it may take; pure, so that every step can be tried."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from runtime.vectors.migration import Phase

MOST_SKIPPED = 1_000
"""So many products that cannot be moved are named in the record; more of them are a fault."""


class Stage(StrEnum):
    """What the backfill is at: all of the source copied, then all of the target checked against it."""

    COPY = "copy"
    CHECK = "check"
    DONE = "done"


class MigrationRefused(Exception):
    """The step is not open now; the text says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """One migration as recorded. Times are epoch milliseconds; `revision` counts the writes."""

    phase: Phase = Phase.COPYING
    stage: Stage = Stage.COPY
    cursor: str | None = None
    total: int = 0
    """Vectors in the source when the backfill began, for telling its progress."""
    copied: int = 0
    repaired: int = 0
    skipped: Mapping[str, str] = field(default_factory=dict[str, str])
    """Products that have no vector in the target, and why."""
    pages: int = 0
    started_at: int = 0
    updated_at: int = 0
    copied_at: int = 0
    """When the last of the source was copied."""
    report: Mapping[str, Any] | None = None
    """What the last verification found."""
    revision: int = 0

    @property
    def has_begun(self) -> bool:
        return self.started_at > 0

    @property
    def is_backfilled(self) -> bool:
        return self.stage is Stage.DONE


def begin(migration: Migration, total: int, now: int) -> Migration:
    """The backfill from its beginning. Raises MigrationRefused once searches are answered by the target."""
    if migration.phase is Phase.SWITCHED:
        raise MigrationRefused("searches are answered from the target already; roll back to copy again")
    return Migration(total=total, started_at=now, updated_at=now, revision=migration.revision)


def copied_page(
    migration: Migration, cursor: str | None, copied: int, skipped: Mapping[str, str], now: int
) -> Migration:
    """After a page of the source; without a `cursor` it was the last one."""
    after = replace(
        migration,
        cursor=cursor,
        copied=migration.copied + copied,
        skipped=_join(migration.skipped, skipped),
        pages=migration.pages + 1,
        updated_at=now,
    )
    return after if cursor else replace(after, stage=Stage.CHECK, copied_at=now)


def checked_page(
    migration: Migration, cursor: str | None, repaired: int, skipped: Mapping[str, str], now: int
) -> Migration:
    """After a page of the target; without a `cursor` it was the last one, and the backfill is done."""
    after = replace(
        migration,
        cursor=cursor,
        repaired=migration.repaired + repaired,
        skipped=_join(migration.skipped, skipped),
        pages=migration.pages + 1,
        updated_at=now,
    )
    return after if cursor else replace(after, stage=Stage.DONE, phase=Phase.VERIFYING)


def start_page_list_anew(migration: Migration, now: int) -> Migration:
    """The stage from its first page, when the store takes the place in its list no longer."""
    return replace(migration, cursor=None, updated_at=now)


def verified(migration: Migration, report: Mapping[str, Any], now: int) -> Migration:
    """With the findings of a verification. Raises MigrationRefused before the backfill is done."""
    require_backfill(migration)
    return replace(migration, report=report, updated_at=now)


def require_backfill(migration: Migration) -> None:
    """Raise MigrationRefused unless everything has been copied and checked."""
    if not migration.is_backfilled:
        raise MigrationRefused("the backfill is not done; start it and wait for its end")


def switched(migration: Migration, now: int) -> Migration:
    """Searches answered from the target. Raises MigrationRefused unless the last verification passed."""
    if migration.phase is Phase.SWITCHED:
        return migration
    require_backfill(migration)
    if migration.report is None:
        raise MigrationRefused("the target has not been verified; verify it first")
    if not migration.report["passed"]:
        raise MigrationRefused(f"the last verification failed: {migration.report['reason']}")
    return replace(migration, phase=Phase.SWITCHED, updated_at=now)


def rolled_back(migration: Migration, now: int) -> Migration:
    """Searches answered from the source again; switching once more takes another verification."""
    if migration.phase is Phase.ROLLED_BACK:
        return migration
    if migration.phase is not Phase.SWITCHED:
        raise MigrationRefused("searches are answered from the source; there is nothing to roll back")
    return replace(migration, phase=Phase.ROLLED_BACK, report=None, updated_at=now)


def describe(migration: Migration) -> dict[str, Any]:
    """The record as people are told it."""
    share = min(1.0, migration.copied / migration.total) if migration.total else 0.0
    return {
        "phase": migration.phase.value if migration.has_begun else "not started",
        "stage": migration.stage.value,
        "progress": 1.0 if migration.stage is not Stage.COPY else round(share, 4),
        "copied": migration.copied,
        "total": migration.total,
        "repaired": migration.repaired,
        "skipped": dict(migration.skipped),
        "started_at": migration.started_at or None,
        "updated_at": migration.updated_at or None,
        "report": migration.report,
    }


def _join(known: Mapping[str, str], more: Mapping[str, str]) -> dict[str, str]:
    joined = {**known, **more}
    if len(joined) > MOST_SKIPPED:
        reason = next(iter(more.values()))
        raise MigrationRefused(f"more than {MOST_SKIPPED:,} products cannot be moved; of the last: {reason}")
    return joined
