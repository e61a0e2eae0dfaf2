"""Findings for people."""

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from operations.doctor.check import Result, Status

_COLORS = {Status.OK: "green", Status.FAILED: "red", Status.SKIPPED: "yellow"}


def show(result: Result, console: Console) -> None:
    """One line, and one more with what to do where something is wrong."""
    line = Text()
    line.append(f"{result.status.value:<8}", style=_COLORS[result.status])
    line.append(f"{result.name:<14} {result.detail}")
    console.print(line, soft_wrap=True)
    if result.status is Status.FAILED:
        console.print(Text(f"{'':<22} -> {result.remedy}", style="bold"), soft_wrap=True)


def sum_up(results: Sequence[Result]) -> str:
    counts = {status: sum(result.status is status for result in results) for status in Status}
    return ", ".join(f"{count} {status.value}" for status, count in counts.items())
