"""One run at one rate, and the search for the highest rate that holds."""

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import quantiles

import httpx

from benchmarks.load.acts import Visits
from benchmarks.load.arrivals import Answered, Arrival, draw_arrivals, serve_arrivals
from benchmarks.load.ledger import Ledger
from benchmarks.load.mix import QUICK, WEIGHTS
from benchmarks.load.stack import Shopper, Stack

BOUND = 32
"""Wishes under way at once; more than a product that keeps up ever has."""
WARM_UP_BOUND = 2
"""Wishes under way at once while the functions' processes start, each of which takes a core for a while."""
QUICK_P95_S = 1.0
"""Longer than this no more than 5 % of the quick wishes may take, or the rate does not hold."""
SETTLED_S = 180.0
_FIRST_RATE, _STEP, _PROBE_S, _LOWER = 2.0, 1.5, 12.0, 0.8
_SEED = 1


@dataclass(frozen=True, slots=True)
class Run:
    """What came of one run: every wish's answer, seconds until the last one, and what was lost."""

    rate: float
    seconds: float
    answers: Sequence[Answered]
    took_s: float
    promised: int
    lost: Sequence[str]
    told_to_wait: int

    @property
    def errors(self) -> list[Answered]:
        return [each for each in self.answers if each.error]

    @property
    def throughput(self) -> float:
        """Wishes fulfilled a second, until the last one was."""
        return (len(self.answers) - len(self.errors)) / self.took_s

    def times(self, *kinds: str) -> list[float]:
        """Seconds of the answers to these kinds of wishes, of all without one, that were no errors."""
        return [each.took_s for each in self.answers if not each.error and (each.kind in kinds or not kinds)]

    @property
    def holds(self) -> bool:
        """Was everything answered, the quick things quickly, and nothing lost?"""
        quick = self.times(*QUICK)
        return not self.errors and not self.lost and percentile(quick, 95) <= QUICK_P95_S


def percentile(values: Sequence[float], percent: int) -> float:
    """The `percent`-th percentile; of nothing it is 0."""
    if len(values) < 2:
        return values[0] if values else 0.0
    return quantiles(values, n=100, method="inclusive")[percent - 1]


def run_load(stack: Stack, shoppers: Sequence[Shopper], rate: float, seconds: float) -> Run:
    """Let wishes come at `rate` a second for `seconds`, then look whether what was promised is there."""
    return _run(stack, shoppers, draw_arrivals(WEIGHTS, rate, seconds, _SEED), BOUND, rate, seconds)


def warm_up(stack: Stack, shoppers: Sequence[Shopper]) -> Run:
    """Every kind of wish twice, one after the other, so that what is measured later are warm functions."""
    return _run(stack, shoppers, [Arrival(0.0, kind) for kind in WEIGHTS] * 2, WARM_UP_BOUND, 0.0, 0.0)


def _run(
    stack: Stack,
    shoppers: Sequence[Shopper],
    arrivals: Sequence[Arrival],
    bound: int,
    rate: float,
    seconds: float,
) -> Run:
    ledger = Ledger(shoppers[0])
    try:
        answers, told_to_wait = asyncio.run(_drive(stack, shoppers, ledger, arrivals, bound))
        took = max(each.wanted_s + each.took_s for each in answers)
        lost = ledger.find_lost(stack, SETTLED_S)
    finally:
        ledger.clean_up(stack, SETTLED_S)
    return Run(rate, seconds, answers, took, ledger.count(), lost, told_to_wait)


async def _drive(
    stack: Stack,
    shoppers: Sequence[Shopper],
    ledger: Ledger,
    arrivals: Sequence[Arrival],
    bound: int,
) -> tuple[list[Answered], int]:
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=bound)
    async with httpx.AsyncClient(timeout=120, limits=limits) as client:
        visits = Visits(stack, shoppers, ledger, client, random.Random(_SEED))
        await visits.prepare()
        answers = await serve_arrivals(arrivals, visits.act, bound)
        await visits.leave()
        return answers, visits.told_to_wait


def find_rate(probe: Callable[[float], Run], say: Callable[[Run], None]) -> float:
    """The highest rate that holds in short runs, each half as much again as the one before."""
    rate = _FIRST_RATE
    while True:
        run = probe(rate)
        say(run)
        if not run.holds:
            return rate / _STEP
        rate *= _STEP


def run_highest(stack: Stack, shoppers: Sequence[Shopper], seconds: float, say: Callable[[Run], None]) -> Run:
    """The whole run at the highest rate that holds; a rate that holds only for a while is lowered."""
    rate = find_rate(lambda rate: run_load(stack, shoppers, rate, _PROBE_S), say)
    while True:
        run = run_load(stack, shoppers, rate, seconds)
        say(run)
        if run.holds or rate < _FIRST_RATE * _LOWER:
            return run
        rate *= _LOWER
