"""Lets every kind of trouble happen, one after the other, and tells what became of it."""

import asyncio
import json
import threading
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from time import monotonic

import httpx

from benchmarks.chaos.acts import Lost, Visit
from benchmarks.chaos.scenarios import Scenario
from benchmarks.load.acts import WEIGHTS, Visits
from benchmarks.load.arrivals import Answered, draw_arrivals, serve_arrivals
from benchmarks.load.ledger import Ledger
from benchmarks.load.stack import Shopper, Stack

RESULTS = Path(__file__).with_name("results.json")
LIGHT_RATE = 0.5
"""Wishes of other shoppers a second, all the while."""
_LONGEST_S = 3_600.0
_BOUND = 4
_SETTLED_S = 240.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one kind of trouble: what was seen of it, and why something was lost, if it was."""

    part: str
    name: str
    seen: str
    lost: str
    took_s: float
    strikes: int
    """How many calls the injected faults met."""


@dataclass(frozen=True, slots=True)
class Others:
    """How the shoppers fared who came all the while, and what they were promised and did not get."""

    came: int
    served: int
    told_to_wait: int
    promised: int
    lost: Sequence[str]


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
def light_load(stack: Stack, shoppers: Sequence[Shopper]) -> Generator[Callable[[], Others]]:
    """Shoppers who come all the while; call what is yielded to end it and learn how they fared."""
    ledger, ending = Ledger(), threading.Event()
    answers: list[Answered] = []
    waits: list[int] = []

    async def visit() -> None:
        async with httpx.AsyncClient(timeout=120) as client:
            visits = Visits(stack, shoppers, ledger, client, Random(2))
            await visits.prepare()
            arrivals = draw_arrivals(WEIGHTS, LIGHT_RATE, _LONGEST_S, seed=2)
            answers.extend(await serve_arrivals(arrivals, visits.act, _BOUND, until=ending.is_set))
            waits.append(visits.told_to_wait)

    thread = threading.Thread(target=lambda: asyncio.run(visit()))
    thread.start()

    def end() -> Others:
        ending.set()
        thread.join()
        lost = ledger.find_lost(stack, _SETTLED_S)
        served = sum(not each.error for each in answers)
        return Others(len(answers), served, sum(waits), ledger.count(), lost)

    try:
        yield end
    finally:
        ending.set()
        thread.join()
        ledger.clean_up(stack)


def write_results(outcomes: Sequence[Outcome], others: Others, path: Path = RESULTS) -> None:
    """Keep what docs/reliability.md shows."""
    told = {"outcomes": [asdict(each) for each in outcomes], "others": asdict(others)}
    path.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def read_results(path: Path = RESULTS) -> tuple[list[Outcome], Others]:
    """What the last run wrote."""
    told: Mapping[str, list[Mapping[str, object]]] = json.loads(path.read_text(encoding="utf-8"))
    outcomes = [Outcome(**each) for each in told["outcomes"]]  # pyright: ignore[reportArgumentType]
    return outcomes, Others(**told["others"])  # pyright: ignore[reportArgumentType, reportCallIssue]
