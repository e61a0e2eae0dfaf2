"""The load driver: an open model whose latencies count from the wish, and a rate that holds or does not."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

import pytest

from benchmarks.load.arrivals import Answered, Arrival, draw_arrivals, serve_arrivals
from benchmarks.load.mix import WEIGHTS
from benchmarks.load.report import summarise
from benchmarks.load.run import QUICK_P95_S, Run, find_rate, percentile


def test_arrivals_are_a_poisson_process_of_the_mix() -> None:
    arrivals = draw_arrivals(WEIGHTS, 50, 200, seed=3)
    assert len(arrivals) == pytest.approx(10_000, rel=0.03)
    gaps = [after.at_s - before.at_s for before, after in pairwise(arrivals)]
    mean = sum(gaps) / len(gaps)
    variance = sum((gap - mean) ** 2 for gap in gaps) / len(gaps)
    assert variance == pytest.approx(mean**2, rel=0.1)
    kinds = Counter(arrival.kind for arrival in arrivals)
    assert kinds["search by words"] / len(arrivals) == pytest.approx(
        WEIGHTS["search by words"] / 100, abs=0.02
    )
    assert draw_arrivals(WEIGHTS, 50, 200, seed=3) == arrivals


def test_waiting_for_room_counts_and_an_error_is_told() -> None:
    async def act(kind: str) -> None:
        await asyncio.sleep(0.05)
        if kind == "bad":
            raise ValueError("no")

    wishes = [Arrival(0.0, "good"), Arrival(0.0, "good"), Arrival(0.0, "bad")]
    answers = asyncio.run(serve_arrivals(wishes, act, bound=1))
    assert [answer.error for answer in answers] == ["", "", "ValueError: no"]
    times = [answer.took_s for answer in answers]
    assert times[0] >= 0.05 and times[1] >= 0.1 and times[2] >= 0.15


def test_at_most_so_many_are_under_way() -> None:
    under_way, most = 0, 0

    async def act(_kind: str) -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.001)
        under_way -= 1

    asyncio.run(serve_arrivals([Arrival(0.0, "any")] * 40, act, bound=5))
    assert most == 5


def run_of(rate: float, *, took_s: float = 0.1, errors: int = 0, lost: Sequence[str] = ()) -> Run:
    answers = [Answered("browse", 0.0, took_s, "bad" * (number < errors)) for number in range(50)]
    return Run(rate, 10, answers, 10, 5, lost, 0)


def test_a_rate_holds_when_all_is_quick_right_and_there() -> None:
    assert run_of(1).holds
    assert not run_of(1, took_s=QUICK_P95_S * 1.1).holds
    assert not run_of(1, errors=1).holds
    assert not run_of(1, lost=["try-on x"]).holds
    assert "does not hold" in summarise(run_of(1, errors=1))
    assert run_of(1, errors=10).throughput == 4


def test_the_last_rate_that_held_is_found() -> None:
    tried: list[float] = []

    def probe(rate: float) -> Run:
        tried.append(rate)
        return run_of(rate, took_s=0.01 if rate < 10 else 5)

    assert find_rate(probe, lambda run: None) == tried[-2] < 10 <= tried[-1]


def test_percentiles() -> None:
    assert percentile([], 95) == 0
    assert percentile([2.0], 50) == 2.0
    assert percentile(list(range(101)), 95) == 95
