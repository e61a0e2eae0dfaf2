"""Figures: what counts as reached, the latest of each name, and tables between their markers."""

from pathlib import Path

import pytest

from benchmarks.record import Figure, read_latest, record, time_interleaved
from benchmarks.report import BEGIN, END, render_tables, replace_tables


def make(name: str = "engine/search/10 vectors", value: float = 2.0, **more: object) -> Figure:
    return Figure(**{"name": name, "value": value, "unit": "ms", "better": "lower", "command": "c", **more})


@pytest.mark.parametrize(
    ("figure", "reached"),
    [
        (make(), None),
        (make(target=2.0), True),
        (make(target=1.9), False),
        (make(target=2.1, better="higher"), False),
        (make(target=30.0, ratio=31.0, against="x"), True),
        (make(target=30.0, ratio=29.0, against="x"), False),
    ],
)
def test_a_target_is_of_the_ratio_where_there_is_one(figure: Figure, reached: bool | None) -> None:
    assert figure.reached is reached


def test_the_latest_figure_of_a_name_counts(tmp_path: Path) -> None:
    results = tmp_path / "results.jsonl"
    for figure in (make(value=1.0), make("engine/other"), make(value=3.0)):
        record(figure, results)
    assert [(figure.name, figure.value) for figure in read_latest(results)] == [
        ("engine/search/10 vectors", 3.0),
        ("engine/other", 2.0),
    ]


def test_tables_replace_only_what_is_between_the_markers() -> None:
    tables = render_tables([make(target=30.0, ratio=29.0, against="faiss"), make("site/page")])
    page = replace_tables(f"before\n{BEGIN}\nold\n{END}\nafter\n", tables)
    assert page.startswith("before\n")
    assert page.endswith("after\n")
    assert "old" not in page
    assert "| search, 10 vectors | 2.000 ms | faiss | 29.00 | ≥ 30.00 times | **no** |" in page
    assert "## Site" in page
    assert replace_tables(page, tables) == page
    with pytest.raises(ValueError, match="needs the lines"):
        replace_tables("no markers", tables)


def test_how_busy_the_machine_was_is_recorded_and_told(tmp_path: Path) -> None:
    results = tmp_path / "results.jsonl"
    record(make(), results)
    (figure,) = read_latest(results)
    assert figure.load is not None and figure.load >= 0
    busy = render_tables([make(load=0.9), make("engine/other", load=6.5), make("engine/old")])
    assert "Measured by `c`. Meanwhile 0.9 to 6.5 programs wanted each processor.\n" in busy
    assert "Meanwhile" not in render_tables([make()])


def test_every_task_is_timed_on_every_input() -> None:
    calls: list[tuple[str, int]] = []
    times = time_interleaved(
        [lambda i: calls.append(("a", i)), lambda i: calls.append(("b", i))], 3, rounds=5, warm_up=0
    )
    assert [len(per_task) for per_task in times] == [3, 3]
    assert calls[:6] == [("a", 0), ("a", 1), ("a", 2), ("b", 0), ("b", 1), ("b", 2)]
    assert len(calls) == 30
