"""Prints what came of a run, and records its figures."""

from collections import Counter
from collections.abc import Iterator

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from benchmarks.load.mix import WEIGHTS
from benchmarks.load.run import Run, percentile
from benchmarks.record import Figure, record

COMMAND = "python -m benchmarks.load"


def summarise(run: Run) -> str:
    """One line about a run."""
    holds = "holds" if run.holds else "does not hold"
    p95 = 1000 * percentile(run.times(), 95)
    return (
        f"{run.rate:.1f} wishes/s for {run.seconds:.0f} s: {run.throughput:.1f} fulfilled/s, "
        f"p95 {p95:,.0f} ms, {len(run.errors)} errors, {len(run.lost)} lost: {holds}"
    )


def show(run: Run, console: Console) -> None:
    """The table of a run: one line for each kind of wish."""
    table = Table("wish", *(("came", "p50 ms", "p95 ms", "p99 ms", "errors")), title=summarise(run))
    for column in table.columns[1:]:
        column.justify = "right"
    for kind in (*WEIGHTS, ""):
        answers = [each for each in run.answers if kind in (each.kind, "")]
        times = [each.took_s for each in answers if not each.error]
        cells = [f"{1000 * percentile(times, p):,.0f}" for p in (50, 95, 99)]
        errors = sum(bool(each.error) for each in answers)
        table.add_row(
            kind or "everything", str(len(answers)), *cells, str(errors), end_section=kind == [*WEIGHTS][-1]
        )
    console.print(table)
    console.print(
        f"{run.promised} things were accepted (interactions, turns, pictures, photos, try-ons, uploads): "
        f"{len(run.lost)} of them lost. Shoppers were told to wait {run.told_to_wait} times."
    )
    show_failures(run, console)


def show_failures(run: Run, console: Console) -> None:
    """What went wrong in a run, the most frequent first."""
    for (kind, error), count in Counter((each.kind, each.error) for each in run.errors).most_common(5):
        console.print(f"[red]{count} x {kind}: {escape(error)}[/red]", highlight=False)
    for lost in run.lost[:5]:
        console.print(f"[red]lost: {escape(lost)}[/red]", highlight=False)


def record_run(run: Run) -> None:
    """Append the figures of a run to the results."""
    for figure in figures_of(run):
        record(figure)


def figures_of(run: Run) -> Iterator[Figure]:
    """What is recorded of a run: its rate, what it fulfilled and lost, and percentiles by kind."""
    count = len(run.answers)
    name = f"load/{run.seconds:.0f} s of everything"

    def figure(what: str, value: float, unit: str, target: float | None = None) -> Figure:
        better = "higher" if unit.endswith("/s") else "lower"
        return Figure(f"{name}, {what}", round(value, 1), unit, better, COMMAND, target=target, n=count)

    yield figure("highest rate that holds", run.rate, "wishes/s")
    yield figure("fulfilled", run.throughput, "wishes/s")
    yield figure("errors", len(run.errors), "wishes", 0)
    yield figure("lost of what was accepted", len(run.lost), "things", 0)
    for percent in (50, 95, 99):
        yield figure(f"p{percent}", 1000 * percentile(run.times(), percent), "ms")
    for kind in WEIGHTS:
        times = run.times(kind)
        yield from (
            figure(f"{kind}, p{percent}", 1000 * percentile(times, percent), "ms") for percent in (50, 95, 99)
        )
