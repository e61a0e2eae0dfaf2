"""Writes the tables of docs/performance.md and docs/reliability.md, between two markers; other text stays.

Run: python -m benchmarks.report
"""

from itertools import groupby
from pathlib import Path

from benchmarks import reliability
from benchmarks.record import Figure, format_number, read_latest

_DOCS = Path(__file__).parent.parent / "docs"
PAGE = _DOCS / "performance.md"
RELIABILITY_PAGE = _DOCS / "reliability.md"
BEGIN = "<!-- figures: begin (python -m benchmarks.report) -->"
END = "<!-- figures: end -->"
EMPTY_PAGE = f"# Figures\n\n{BEGIN}\n{END}\n"


def main() -> None:
    """Rewrite the tables."""
    figures = read_latest()
    load = [figure for figure in figures if _subject(figure) == reliability.SUBJECT]
    _write(PAGE, render_tables([figure for figure in figures if figure not in load]))
    _write(RELIABILITY_PAGE, reliability.render(load))


def _write(path: Path, tables: str) -> None:
    page = path.read_text(encoding="utf-8") if path.exists() else EMPTY_PAGE
    path.write_text(replace_tables(page, tables), encoding="utf-8")
    print(f"{path.name} is up to date")


def replace_tables(page: str, tables: str) -> str:
    """The page with other text between the markers. Raises ValueError when a marker is missing."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the page needs the lines {BEGIN!r} and {END!r}")
    return f"{before}{BEGIN}\n\n{tables}\n{END}{after}"


def render_tables(figures: list[Figure]) -> str:
    """One table per subject, which is the part of a figure's name before the first slash."""
    subjects = groupby(sorted(figures, key=_subject), key=_subject)
    return "\n".join(f"## {subject.capitalize()}\n\n{_render_table(list(own))}" for subject, own in subjects)


def _subject(figure: Figure) -> str:
    return figure.name.partition("/")[0]


def _render_table(figures: list[Figure]) -> str:
    rows = [
        "| figure | value | compared with | times better | target | reached |",
        "|---|---|---|---|---|---|",
    ]
    rows += [_render_row(figure) for figure in figures]
    commands = sorted({figure.command for figure in figures})
    measured = "Measured by " + ", ".join(f"`{command}`" for command in commands) + "."
    return "\n".join(rows) + f"\n\n{measured}{_render_load(figures)}\n"


def _render_load(figures: list[Figure]) -> str:
    """How busy the machine was, as far as that was recorded."""
    loads = [figure.load for figure in figures if figure.load is not None]
    if not loads:
        return ""
    span = f"{min(loads):g}" if min(loads) == max(loads) else f"{min(loads):g} to {max(loads):g}"
    return f" Meanwhile {span} programs wanted each processor."


def _render_row(figure: Figure) -> str:
    ratio = "" if figure.ratio is None else f"{format_number(figure.ratio)}"
    reached = {None: "", True: "yes", False: "**no**"}[figure.reached]
    cells = [
        figure.name.partition("/")[2].replace("/", ", "),
        f"{format_number(figure.value)} {figure.unit}",
        figure.against or "",
        ratio,
        _render_target(figure),
        reached,
    ]
    return "| " + " | ".join(cells) + " |"


def _render_target(figure: Figure) -> str:
    if figure.target is None:
        return ""
    if figure.ratio is not None:
        return f"≥ {format_number(figure.target)} times"
    return f"{'≥' if figure.better == 'higher' else '≤'} {format_number(figure.target)} {figure.unit}"


if __name__ == "__main__":
    main()
