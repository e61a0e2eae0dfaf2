"""How quick this machine is right now: what takes long on a slow one is not slow for that."""

import time
from collections.abc import Callable

import numpy as np

_TRIES = 7


def best_time(call: Callable[[], object], tries: int = _TRIES) -> float:
    """Least of several times, in seconds: what the call takes when nothing else holds the core."""
    times: list[float] = []
    for _ in range(tries):
        started = time.perf_counter()
        call()
        times.append(time.perf_counter() - started)
    return min(times)


def best_time_in_units(call: Callable[[], object], tries: int = _TRIES) -> float:
    """Least of several times, in what a fixed piece of work takes beside it (about 10 ms on a quiet core)."""
    return best_time(call, tries) / best_time(_fixed_work, tries)


def _fixed_work() -> None:
    words = [str(number) for number in range(20_000)]
    sorted(words, key=lambda word: word[::-1])
    grid = np.linspace(0, 1, 300 * 300, dtype=np.float32).reshape(300, 300)
    np.sort(grid @ grid, axis=1)
