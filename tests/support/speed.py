"""How long something takes, told in what else this machine does in that time: a slow one fails no test."""

import time
from collections.abc import Callable

import numpy as np


def best_time_in_units(call: Callable[[], object], tries: int = 7) -> float:
    """Least of several times, in what a fixed piece of work takes beside it (about 10 ms on a quick core).

    Both are processor time: others who are at work do not count.
    """
    return _best_time(call, tries) / _best_time(_fixed_work, tries)


def _best_time(call: Callable[[], object], tries: int) -> float:
    times: list[float] = []
    for _ in range(tries):
        started = time.process_time()
        call()
        times.append(time.process_time() - started)
    return min(times)


def _fixed_work() -> None:
    words = [str(number) for number in range(20_000)]
    sorted(words, key=lambda word: word[::-1])
    grid = np.linspace(0, 1, 300 * 300, dtype=np.float32).reshape(300, 300)
    np.sort(grid @ grid, axis=1)
