"""The generated part of docs/reliability.md: the last load run, and what became of every kind of trouble."""

from collections.abc import Mapping, Sequence

from benchmarks.chaos.results import RESULTS, describe_others, read_results
from benchmarks.load.mix import WEIGHTS
from benchmarks.record import Figure, format_number

SUBJECT = "load"
"""First part of the names of the load's figures."""
_PERCENTILES = ("p50", "p95", "p99")


def render(figures: Sequence[Figure]) -> str:
    """Both tables, of the latest figures and of the last whole run of the faults."""
    return f"{_render_load(figures)}\n{_render_chaos()}"


def _render_load(figures: Sequence[Figure]) -> str:
    own = {
        figure.name.rpartition(", ")[2] if _is_total(figure) else figure.name: figure for figure in figures
    }
    if not own:
        return "## Load\n\nNot measured yet: `make load`.\n"
    totals = [figure for figure in figures if _is_total(figure)]
    first = totals[0]
    lines = ["## Load", "", "| 60 s of everything | value | target |", "|---|---|---|"]
    for figure in totals:
        target = "" if figure.target is None else f"≤ {format_number(figure.target)}: {_verdict(figure)}"
        name = figure.name.partition(", ")[2]
        lines.append(f"| {name} | {format_number(figure.value)} {figure.unit} | {target} |")
    lines += ["", "| wish | of a hundred | p50 ms | p95 ms | p99 ms |", "|---|---|---|---|---|"]
    for kind, weight in WEIGHTS.items():
        lines.append(f"| {kind} | {weight} | {' | '.join(_percentiles(own, kind))} |")
    load = "" if first.load is None else f" Meanwhile {first.load:g} programs wanted each processor."
    lines += ["", f"{first.n} wishes, measured by `{first.command}`.{load}", ""]
    return "\n".join(lines)


def _is_total(figure: Figure) -> bool:
    return figure.name.count(", ") == 1


def _verdict(figure: Figure) -> str:
    return "yes" if figure.reached else "**no**"


def _percentiles(own: Mapping[str, Figure], kind: str) -> list[str]:
    names = [next((n for n in own if n.endswith(f", {kind}, {each}")), "") for each in _PERCENTILES]
    return [f"{own[name].value:,.0f}" if name else "" for name in names]


def _render_chaos() -> str:
    if not RESULTS.is_file():
        return "## Faults\n\nNot run yet: `make chaos`.\n"
    outcomes, others = read_results()
    lost = [each for each in outcomes if each.lost]
    lines = [
        "## Faults",
        "",
        f"{len(outcomes) - len(lost)} of {len(outcomes)} kinds of trouble were survived.",
        describe_others(others),
        "",
        "| part | what fails | | what the shopper sees |",
        "|---|---|---|---|",
    ]
    for each in outcomes:
        verdict = "**lost**" if each.lost else "survived"
        lines.append(f"| {each.part} | {each.name} | {verdict} | {each.lost or each.seen} |")
    return "\n".join([*lines, "", "Shown by `python -m benchmarks.chaos`.", ""])
