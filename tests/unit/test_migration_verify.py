"""Verification: what it finds missing, surplus and outdated, and how well the target is searched."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from runtime.migration.nearest import Nearest
from runtime.migration.verify import Report, Verification
from runtime.vectors.port import (
    NO_FILTERS,
    Attributes,
    Filters,
    Hit,
    ScanPage,
    SearchResult,
    VectorItem,
)
from tests.contract.vector_backends import item, unit_rows
from tests.unit.test_migration_backfill import PlainStore

ROWS = unit_rows(300, 16, seed=1)


class Shop:
    """Two stores, the second filled from the first."""

    def __init__(self, count: int = 300) -> None:
        items = [item(f"p{number:03}", ROWS[number]) for number in range(count)]
        self.source = PlainStore(items={each.product_id: each for each in items})
        self.target = PlainStore(items=dict(self.source.items))
        self.pauses: list[float] = []

    def verify(
        self,
        skipped: dict[str, str] | None = None,
        *,
        embed: Callable[[VectorItem], NDArray[np.float32] | None] | None = None,
        min_recall: float = 0.99,
        queries: int = 60,
    ) -> Report:
        check = Verification(self.source, self.target, embed=embed, pause=self.pauses.append)
        return check.run(skipped or {}, min_recall=min_recall, queries=queries)


@pytest.fixture
def shop() -> Shop:
    return Shop()


def test_a_faithful_copy_passes(shop: Shop) -> None:
    report = shop.verify()
    assert (report.passed, report.reason, report.recall, report.self_found) == (True, "", 1.0, 1.0)
    assert (report.source, report.target, report.queries, report.against) == (300, 300, 60, "source")
    assert (report.missing, report.surplus, report.outdated) == (0, 0, 0)
    assert report.overlap == 1.0


def test_an_empty_shop_passes() -> None:
    assert Shop(0).verify().passed


def test_what_is_missing_surplus_or_outdated_is_counted(shop: Shop) -> None:
    del shop.target.items["p001"], shop.target.items["p002"]
    shop.target.items["extra"] = item("extra", ROWS[0])
    shop.target.items["p003"] = replace(shop.target.items["p003"], version=0)
    shop.target.items["p004"] = replace(shop.target.items["p004"], content_hash="other")
    shop.target.items["p005"] = replace(shop.target.items["p005"], attributes=Attributes(color="red"))
    report = shop.verify()
    assert (report.missing, report.surplus, report.outdated) == (2, 1, 3)
    assert not report.passed
    assert report.reason.startswith("2 products are missing; 1 products are surplus; 3 products are outdated")


def test_what_cannot_be_moved_is_not_missing(shop: Shop) -> None:
    del shop.target.items["p001"]
    report = shop.verify({"p001": "its picture is gone"})
    assert (report.passed, report.missing, report.skipped) == (True, 0, 1)


def test_what_was_being_written_meanwhile_is_looked_at_again(shop: Shop) -> None:
    late = shop.target.items.pop("p007")
    scans = 0

    def arrive(operation: str) -> None:
        nonlocal scans
        scans += operation == "scan"
        if operation == "read":
            shop.target.items["p007"] = late

    shop.target.step = arrive
    assert shop.verify().passed
    assert scans > 0


class Forgetful(PlainStore):
    """Finds all but the second best, as a badly tuned index might."""

    def search(
        self, query: NDArray[np.float32], k: int, filters: Filters = NO_FILTERS, *, exact: bool = False
    ) -> SearchResult:
        hits = super().search(query, k + 1, filters).hits
        return SearchResult((hits[0], *hits[2:]), False)


def test_a_target_that_finds_too_little_fails(shop: Shop) -> None:
    shop.target = Forgetful(items=shop.target.items)
    report = shop.verify()
    assert 0.88 <= report.recall <= 0.95
    assert report.reason == f"recall@10 is {report.recall:.4f}, below 0.99"
    assert shop.verify(min_recall=0.8).passed


class Liar(PlainStore):
    """Claims the best scores for whatever it has."""

    def search(
        self, query: NDArray[np.float32], k: int, filters: Filters = NO_FILTERS, *, exact: bool = False
    ) -> SearchResult:
        return SearchResult(tuple(Hit(name, 1.0) for name in sorted(self.items)[:k]), True)


def test_scores_of_the_target_are_not_believed(shop: Shop) -> None:
    shop.target = Liar(items=shop.target.items)
    report = shop.verify()
    assert report.recall < 0.3
    assert not report.passed


def test_another_product_that_is_as_near_counts_as_found() -> None:
    shop = Shop(0)
    twins = [item(f"t{number:02}", ROWS[0]) for number in range(40)]
    shop.source.items = {each.product_id: each for each in twins}
    shop.target = Liar(items={f"t{number:02}": twins[number] for number in reversed(range(40))})
    assert shop.verify().recall == 1.0


def turned(vector: NDArray[np.float32]) -> NDArray[np.float32]:
    return vector[::-1].copy()


def test_another_model_is_held_against_its_own_vectors(shop: Shop) -> None:
    """A rotated space: every neighbourhood is kept, no vector is."""
    shop.target.items = {
        name: replace(each, vector=turned(each.vector)) for name, each in shop.target.items.items()
    }
    report = shop.verify(embed=lambda asked: turned(asked.vector))
    assert (report.passed, report.recall, report.against) == (True, 1.0, "target")
    assert (report.self_found, report.overlap) == (1.0, 1.0)


def test_a_model_that_sees_other_likenesses_passes_and_says_so(shop: Shop) -> None:
    other = unit_rows(300, 16, seed=9)
    names = list(shop.source.items)
    shop.target.items = {
        name: replace(shop.source.items[name], vector=other[number]) for number, name in enumerate(names)
    }
    report = shop.verify(embed=lambda asked: other[names.index(asked.product_id)])
    assert report.passed and report.recall == 1.0 and report.self_found == 1.0
    assert report.overlap < 0.3


def test_a_search_that_nobody_could_try_does_not_pass(shop: Shop) -> None:
    report = shop.verify(embed=lambda asked: None)
    assert (report.passed, report.reason) == (False, "there was nothing to search by")


def test_a_page_that_comes_twice_counts_once(shop: Shop) -> None:
    class Repeating(PlainStore):
        def scan(self, cursor: str | None, limit: int) -> ScanPage:
            page = super().scan(cursor, 100)
            return ScanPage((*page.items, *page.items[:3]), page.cursor)

    shop.source = Repeating(items=shop.source.items)
    report = shop.verify()
    assert (report.passed, report.recall, report.source) == (True, 1.0, 300)


def test_the_nearest_in_parts_are_the_nearest_of_all() -> None:
    nearest = Nearest(ROWS[:5], 10)
    for start in range(0, 300, 7):
        part = ROWS[start : start + 7]
        nearest.feed([str(start + offset) for offset in range(len(part))], list(part))
    truth = np.argsort(-(ROWS[:5] @ ROWS.T), axis=1, kind="stable")[:, :10]
    assert [nearest.ids(number) for number in range(5)] == truth.astype(str).tolist()
    assert nearest.worst_score(0) == pytest.approx(float(ROWS[0] @ ROWS[truth[0, 9]]), abs=1e-6)
