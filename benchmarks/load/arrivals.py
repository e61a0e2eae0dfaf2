"""An open model: shoppers come when they come, however long those before them wait.

Latency counts from the moment a shopper wanted something, not from when the driver found time to send it, so
a slow spell is felt by everybody who came in it (no coordinated omission).
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter


@dataclass(frozen=True, slots=True)
class Arrival:
    """One wish: after how many seconds it comes, and of which kind it is."""

    at_s: float
    kind: str


@dataclass(frozen=True, slots=True)
class Answered:
    """How one wish went: seconds from the wish to its whole answer, and the error if it failed."""

    kind: str
    wanted_s: float
    took_s: float
    error: str = ""


def draw_arrivals(weights: Mapping[str, float], rate: float, seconds: float, seed: int) -> list[Arrival]:
    """A Poisson process of `rate` wishes a second, each of a kind drawn by weight."""
    rng, arrivals, at = random.Random(seed), list[Arrival](), 0.0
    kinds, shares = list(weights), list(weights.values())
    while (at := at + rng.expovariate(rate)) < seconds:
        arrivals.append(Arrival(at, rng.choices(kinds, shares)[0]))
    return arrivals


async def serve_arrivals(
    arrivals: Sequence[Arrival],
    act: Callable[[str], Awaitable[None]],
    bound: int,
    until: Callable[[], bool] = lambda: False,
) -> list[Answered]:
    """Let every wish come at its time, at most `bound` of them under way; returns when all are answered.

    A wish beyond the bound waits, and its wait counts. None comes any more once `until` is true.
    """
    room, began = asyncio.Semaphore(bound), perf_counter()

    async def serve(arrival: Arrival) -> Answered:
        error = ""
        async with room:
            try:
                await act(arrival.kind)
            except Exception as failure:  # whatever goes wrong is what this is about
                error = f"{type(failure).__name__}: {failure}"[:300]
        return Answered(arrival.kind, arrival.at_s, perf_counter() - began - arrival.at_s, error)

    under_way: list[asyncio.Task[Answered]] = []
    for arrival in arrivals:
        await asyncio.sleep(max(0.0, began + arrival.at_s - perf_counter()))
        if until():
            break
        under_way.append(asyncio.create_task(serve(arrival)))
    return await asyncio.gather(*under_way)
