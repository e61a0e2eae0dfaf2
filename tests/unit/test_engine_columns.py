"""Filter columns: what passes which filter, and columns that grow and change."""

import numpy as np
import pytest

from runtime.vectors.engine.columns import Columns
from runtime.vectors.port import Attributes, Filters

ROWS = [
    Attributes("tops", "red", 19.99, ("S", "M"), 3, 1),
    Attributes("tops", None, None, (), None, None),
    Attributes("shoes", "blue", 5.0, ("42",), 0, 2),
    Attributes(),
]


def passing(columns: Columns, filters: Filters) -> list[int] | None:
    mask = columns.mask(filters)
    return None if mask is None else np.flatnonzero(mask).tolist()


@pytest.mark.parametrize(
    ("filters", "rows"),
    [
        (Filters(), None),
        (Filters(category=frozenset({"tops"})), [0, 1]),
        (Filters(color=frozenset({"red", "blue"})), [0, 2]),
        (Filters(size=frozenset({"M", "42"})), [0, 2]),
        (Filters(size=frozenset({"XL"})), []),
        (Filters(min_price=19.99), [0]),
        (Filters(max_price=19.99), [0, 2]),
        (Filters(max_price=19.98), [2]),
        (Filters(min_price=1e300), []),
        (Filters(in_stock=True), [0, 1, 3]),
        (Filters(category=frozenset({"tops"}), in_stock=True, min_price=0), [0]),
    ],
)
def test_unknown_values_pass_only_the_stock_filter(filters: Filters, rows: list[int] | None) -> None:
    assert passing(Columns.of(ROWS), filters) == rows


def test_attributes_come_back_as_given() -> None:
    columns = Columns.of(ROWS)
    assert columns.get(0) == Attributes("tops", "red", 19.99, ("M", "S"), 3, 1)
    assert [columns.get(row) for row in (1, 2, 3)] == ROWS[1:]


def test_more_sizes_than_a_word_holds() -> None:
    columns = Columns.of([Attributes(sizes=(f"{size:03d}",)) for size in range(150)])
    assert passing(columns, Filters(size=frozenset({"000", "063", "064", "149"}))) == [0, 63, 64, 149]
    assert columns.get(149).sizes == ("149",)


def test_changes_make_new_columns_and_leave_the_old() -> None:
    columns = Columns.of(ROWS)
    changed = columns.replaced(np.array([1]), [Attributes("hats", sizes=("one",), stock=-5)])
    assert columns.get(1) == ROWS[1]
    assert changed.get(1) == Attributes("hats", sizes=("one",), stock=0)
    assert changed.get(2) == ROWS[2]
    grown = changed.extended([Attributes("bags", sizes=("S",), cluster=9)])
    assert len(grown) == 5
    assert grown.get(4) == Attributes("bags", sizes=("S",), cluster=9)
    assert passing(grown, Filters(size=frozenset({"S"}))) == [0, 4]
    assert grown.take(np.array([4, 2])).get(1) == ROWS[2]
