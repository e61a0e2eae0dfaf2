"""The generated part of docs/reliability.md."""

from dataclasses import replace

import pytest

from benchmarks import reliability
from benchmarks.chaos.results import Others, Outcome
from benchmarks.load.arrivals import Answered
from benchmarks.load.mix import WEIGHTS
from benchmarks.load.report import figures_of
from benchmarks.load.run import Run
from benchmarks.report import BEGIN, RELIABILITY_PAGE

ANSWERS = [Answered(kind, 0.0, 0.1 * (n + 1)) for kind in WEIGHTS for n in range(3)]
RUN = Run(4.5, 60.0, ANSWERS, 60.0, 12, [], 3)


def test_the_load_has_a_line_for_every_kind_of_wish() -> None:
    page = reliability.render(list(figures_of(RUN)))
    assert "| highest rate that holds | 4.500 wishes/s |  |" in page
    assert "| lost of what was accepted | 0 things | ≤ 0: yes |" in page
    for kind, weight in WEIGHTS.items():
        assert f"| {kind} | {weight} | 200 | 290 | 298 |" in page


def test_what_is_missed_is_said() -> None:
    page = reliability.render(list(figures_of(replace(RUN, lost=["try-on x"]))))
    assert "| lost of what was accepted | 1.000 things | ≤ 0: **no** |" in page


def test_faults_are_listed_with_what_was_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    outcomes = [
        Outcome("chat", "down", "“Later.”", "", 1.0, 1),
        Outcome("chat", "slow", "", "silence", 1.0, 1),
    ]
    monkeypatch.setattr(reliability, "read_results", lambda: (outcomes, Others(5, 5, 0, 2, 0, [])))
    page = reliability.render([])
    assert "1 of 2 kinds of trouble were survived." in page
    assert "| chat | down | survived | “Later.” |" in page
    assert "| chat | slow | **lost** | silence |" in page


def test_the_page_has_its_place_for_them() -> None:
    assert BEGIN in RELIABILITY_PAGE.read_text(encoding="utf-8")
