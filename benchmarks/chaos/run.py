"""Lets every kind of trouble happen, one after the other, and tells what became of it."""

import asyncio
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from random import Random
from time import monotonic

import httpx

from benchmarks.chaos.acts import Lost, Visit, count_in_flight
from benchmarks.chaos.results import Others, Outcome
from benchmarks.chaos.scenarios import Scenario
from benchmarks.load.acts import Visits
from benchmarks.load.arrivals import Answered, draw_arrivals, serve_arrivals
from benchmarks.load.ledger import Ledger
from benchmarks.load.mix import WEIGHTS
from benchmarks.load.stack import Shopper, Stack
from tests.support.cloud import RunningCloud

LIGHT_RATE = 0.5
"""Wishes of other shoppers a second, all the while."""
_LONGEST_S = 3_600.0
_BOUND = 4
_SETTLED_S = 240.0


def run_scenario(scenario: Scenario, visit: Visit) -> Outcome:
    """Let the trouble happen, then see whether the same is served as ever."""
    began, seen, lost, strikes = monotonic(), "", "", 0
    with visit.cloud.faults(*scenario.faults):
        try:
            with scenario.trouble(visit):
                seen = scenario.act(visit)
        except (Lost, AssertionError, KeyError, ValueError, httpx.HTTPError, OSError) as failure:
            lost = f"{type(failure).__name__}: {failure}"[:300]
        strikes = visit.cloud.count_strikes()
    if scenario.faults and not strikes:
        lost = lost or "nothing was shown: the fault met no call"
    if not lost:
        try:
            scenario.act(visit)
        except (Lost, AssertionError, KeyError, ValueError, httpx.HTTPError, OSError) as failure:
            lost = f"afterwards: {failure}"[:300]
    return Outcome(scenario.part, scenario.name, seen, lost, round(monotonic() - began, 1), strikes)


@contextmanager
def light_load(
    cloud: RunningCloud, stack: Stack, shoppers: Sequence[Shopper]
) -> Generator[Callable[[], Others]]:
    """Shoppers who come all the while; call what is yielded to end it and learn how they fared."""
    ledger, ending = Ledger(shoppers[0]), threading.Event()
    answers: list[Answered] = []
    waits: list[int] = []

    async def visit() -> None:
        async with httpx.AsyncClient(timeout=120) as client:
            visits = Visits(stack, shoppers, ledger, client, Random(2))
            await visits.prepare()
            arrivals = draw_arrivals(WEIGHTS, LIGHT_RATE, _LONGEST_S, seed=2)
            answers.extend(await serve_arrivals(arrivals, visits.act, _BOUND, until=ending.is_set))
            await visits.leave()
            waits.append(visits.told_to_wait)

    thread = threading.Thread(target=lambda: asyncio.run(visit()))
    thread.start()

    def end() -> Others:
        ending.set()
        thread.join()
        missing = ledger.find_lost(stack, _SETTLED_S)
        uploads = [each for each in missing if each.startswith("upload ")]
        late = len(uploads) if len(uploads) <= count_in_flight(cloud, "catalog-events") else 0
        lost = [each for each in missing if not (late and each in uploads)]
        served = sum(not each.error for each in answers)
        return Others(len(answers), served, sum(waits), ledger.count(), late, lost)

    try:
        yield end
    finally:
        ending.set()
        thread.join()
        ledger.clean_up(stack, _SETTLED_S)
