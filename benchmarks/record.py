"""Figures of benchmarks: appended to `benchmarks/results.jsonl`, one JSON object per line, and printed."""

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Literal

RESULTS = Path(__file__).with_name("results.jsonl")


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number.

    `against` says what it is compared with, `ratio` how many times better it is than that (above 1 is better,
    whatever the unit). `target` is what the ratio should reach where there is a comparison with one, else the
    value: at least that for "higher", at most that for "lower".
    """

    name: str
    value: float
    unit: str
    better: Literal["lower", "higher"]
    command: str
    target: float | None = None
    against: str | None = None
    ratio: float | None = None
    n: int | None = None
    seed: int | None = None
    load: float | None = None
    """How many programs wanted each processor when it was recorded, the benchmark among them."""

    @property
    def reached(self) -> bool | None:
        """Is the target reached? None when there is none."""
        if self.target is None:
            return None
        if self.ratio is not None:
            return self.ratio >= self.target
        return self.value >= self.target if self.better == "higher" else self.value <= self.target


def record(figure: Figure, results: Path = RESULTS) -> None:
    """Append a figure to the results, with how busy the machine is, and print it."""
    load = round(os.getloadavg()[0] / (os.cpu_count() or 1), 1)
    with results.open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(replace(figure, load=load))) + "\n")
    show(figure)


def show(figure: Figure) -> None:
    """Print a figure."""
    print(describe(figure), flush=True)


def read_latest(results: Path = RESULTS) -> list[Figure]:
    """The last figure of each name, in the order in which the names first came."""
    latest: dict[str, Figure] = {}
    for line in results.read_text(encoding="utf-8").splitlines():
        figure = Figure(**json.loads(line))
        latest[figure.name] = figure
    return list(latest.values())


def describe(figure: Figure) -> str:
    """One line for people."""
    text = f"{figure.name:<58} {format_number(figure.value):>9} {figure.unit:<9}"
    if figure.ratio is not None:
        text += f" {format_number(figure.ratio)}x of {figure.against}"
    if figure.target is not None:
        text += f" (target {format_number(figure.target)}: {'reached' if figure.reached else 'MISSED'})"
    return text


def format_number(value: float) -> str:
    """Three or four significant digits, thousands with commas."""
    if value == 0 or abs(value) >= 1_000:
        return f"{value:,.0f}"
    digits = 1 if abs(value) >= 100 else 2 if abs(value) >= 10 else 3 if abs(value) >= 0.1 else 5
    return f"{value:.{digits}f}"


def time_interleaved(
    tasks: Sequence[Callable[[int], object]], inputs: int, *, rounds: int = 5, warm_up: int = 3
) -> list[list[float]]:
    """Seconds of each call task(i) for i < inputs, per task; each number is the median over the rounds.

    A round has all tasks in turn, so that a slow spell of the machine meets all of them.
    """
    for task in tasks:
        for i in range(min(warm_up, inputs)):
            task(i)
    seconds = [[[0.0] * rounds for _ in range(inputs)] for _ in tasks]
    for turn in range(rounds):
        for place, task in enumerate(tasks):
            for i in range(inputs):
                begin = perf_counter()
                task(i)
                seconds[place][i][turn] = perf_counter() - begin
    return [[median(times) for times in per_task] for per_task in seconds]
