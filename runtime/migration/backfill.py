"""Filling the target from the source, page by page, while both are written to.

The ingestion writes to the source first and to the target after it. So whoever has written to the target and
then finds the source unchanged knows that nothing older has been written over anything newer, and that
nothing deleted has come back; otherwise it writes again what the source says now. This asks nothing of the
target, which may have no conditional writes.

Where the source shows its writes late, a product may have been copied as it no longer was. After everything
has been copied and the source has settled, everything in the target is checked against it once more. Then the
target may be ahead of what the late source shows: only what has stood still in the target for as long as
the source may be late, and differs all the same, is written again.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from runtime.migration.journal import Journal
from runtime.migration.state import (
    Migration,
    Stage,
    begin,
    checked_page,
    copied_page,
    start_page_list_anew,
)
from runtime.migration.translate import Translation
from runtime.vectors.errors import StaleCursor
from runtime.vectors.port import VectorItem, VectorStore

PAGE = 200
_MOST_ROUNDS = 20
_LONGEST_PAUSE_S = 1.0
_NOTHING: Mapping[str, VectorItem | None] = {}


class SourceUnsettled(Exception):
    """A product kept changing while it was copied; worth another attempt."""


@dataclass(slots=True)
class _Counts:
    written: int = 0
    skipped: dict[str, str] = field(default_factory=dict[str, str])


class Backfill:
    """Copies what is left. Killed at any moment, it goes on from the last page that was recorded."""

    def __init__(
        self,
        source: VectorStore,
        target: VectorStore,
        translate: Translation,
        journal: Journal,
        *,
        page: int = PAGE,
        clock: Callable[[], float] = time.time,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._source = source
        self._target = target
        self._translate = translate
        self._journal = journal
        self._page = page
        self._clock = clock
        self._pause = pause

    def run(self, is_time_left: Callable[[], bool]) -> Migration:
        """Go on until it is done or time is up, recording every page.

        Raises MigrationBusy when another run works on the same migration, SourceUnsettled, MigrationRefused,
        and what stores, models and the catalogue raise. None of it loses more than the page at hand.
        """
        migration = self._journal.load()
        if not migration.has_begun:
            migration = self._journal.save(begin(migration, self._source.count(), self._now()))
        while not migration.is_backfilled and is_time_left():
            migration = self._step(migration)
        return migration

    def restart(self) -> Migration:
        """Record that everything is to be copied once more. Raises MigrationRefused and MigrationBusy."""
        return self._journal.save(begin(self._journal.load(), self._source.count(), self._now()))

    def _step(self, migration: Migration) -> Migration:
        try:
            if migration.stage is Stage.COPY:
                return self._journal.save(self._copy(migration))
            if not self._wait_for_stores(migration):
                return migration
            return self._journal.save(self._check(migration))
        except StaleCursor:
            return self._journal.save(start_page_list_anew(migration, self._now()))

    def _copy(self, migration: Migration) -> Migration:
        page = self._source.scan(migration.cursor, self._page)
        counts = self._settle({item.product_id: item for item in page.items})
        return copied_page(migration, page.cursor, len(page.items), counts.skipped, self._now())

    def _check(self, migration: Migration) -> Migration:
        page = self._target.scan(migration.cursor, self._page)
        there = {item.product_id: item for item in page.items}
        wrong = self._differing(there)
        late_s = settling_s(self._source, self._target)
        if wrong and late_s:
            self._pause(late_s)
            now = self._target.read(list(wrong))
            wrong = self._differing(
                {each: there[each] for each in wrong if not differ(there[each], now.get(each))}
            )
        counts = self._settle(wrong, there) if wrong else _Counts()
        return checked_page(migration, page.cursor, counts.written, counts.skipped, self._now())

    def _differing(self, there: Mapping[str, VectorItem]) -> dict[str, VectorItem | None]:
        """What the source says of those products of the target of which it says something else."""
        here = self._source.read(list(there))
        return {each: here.get(each) for each in there if differ(there[each], here.get(each))}

    def _wait_for_stores(self, migration: Migration) -> bool:
        """Pause for a moment unless every write up to the end of the copying shows by now."""
        settled_at = migration.copied_at + 1000 * settling_s(self._source, self._target)
        left_s = (settled_at - self._now()) / 1000
        if left_s <= 0:
            return True
        self._pause(min(left_s, _LONGEST_PAUSE_S))
        return False

    def _settle(
        self, seen: Mapping[str, VectorItem | None], there: Mapping[str, VectorItem | None] = _NOTHING
    ) -> _Counts:
        """Make the target agree with what was seen in the source, until that is what the source still says.

        `there` is what is known to be in the target; None stands for a product that is not.
        """
        counts = _Counts()
        for _ in range(_MOST_ROUNDS):
            self._write(seen, there, counts)
            now = self._source.read(list(seen))
            there, seen = (
                seen,
                {each: now.get(each) for each, was in seen.items() if differ(was, now.get(each))},
            )
            if not seen:
                return counts
        raise SourceUnsettled(f"{len(seen)} products kept changing while they were copied")

    def _write(
        self, seen: Mapping[str, VectorItem | None], there: Mapping[str, VectorItem | None], counts: _Counts
    ) -> None:
        # A store keeps the newer of two, and a product that came back may count as the older one.
        gone = [each for each, item in seen.items() if item is None or _is_newer(there.get(each), item)]
        if gone:
            self._target.delete(gone)
        translated = self._translate(list(_present(seen.values())))
        self._target.upsert(translated.items)
        counts.written += sum(seen[each] is None for each in gone) + len(translated.items)
        for each in seen:
            counts.skipped.pop(each, None)
        counts.skipped.update(translated.skipped)

    def _now(self) -> int:
        return int(1000 * self._clock())


def _is_newer(left: VectorItem | None, right: VectorItem) -> bool:
    return left is not None and left.version > right.version


def settling_s(*stores: VectorStore) -> float:
    """Seconds until each of the stores shows what was written to it."""
    return max(store.settles_after_s for store in stores)


def differ(left: VectorItem | None, right: VectorItem | None) -> bool:
    """Whether two items of a product are of different states of it; their vectors may be of two models."""
    if left is None or right is None:
        return left is not right
    return fingerprint(left) != fingerprint(right)


def fingerprint(item: VectorItem) -> tuple[int, str, object]:
    """What tells one state of a product from another, in whatever store it is."""
    attributes = item.attributes
    return item.version, item.content_hash, replace(attributes, sizes=tuple(sorted(attributes.sizes)))


def _present(items: Iterable[VectorItem | None]) -> Sequence[VectorItem]:
    return [item for item in items if item is not None]
