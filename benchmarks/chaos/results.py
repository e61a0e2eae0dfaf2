"""What became of each kind of trouble, as it is kept for docs/reliability.md."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

RESULTS = Path(__file__).with_name("results.json")


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
    late: int
    """Uploads whose message a killed process had taken: the queue hands it out again after half an hour."""
    lost: Sequence[str]


def write_results(
    outcomes: Sequence[Outcome],
    others: Others,
    known: Sequence[tuple[str, str]],
    path: Path = RESULTS,
) -> None:
    """Keep what docs/reliability.md shows: the last outcome of each `known` scenario, by part and name.

    How others fared is that of the last run of all of them.
    """
    before, others_before = read_results(path) if path.is_file() else ([], others)
    latest = {(each.part, each.name): each for each in (*before, *outcomes)}
    told = {
        "outcomes": [asdict(latest[name]) for name in known if name in latest],
        "others": asdict(others if len(outcomes) == len(known) else others_before),
    }
    path.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def read_results(path: Path = RESULTS) -> tuple[list[Outcome], Others]:
    """What the last run wrote."""
    told: Mapping[str, list[Mapping[str, object]]] = json.loads(path.read_text(encoding="utf-8"))
    outcomes = [Outcome(**each) for each in told["outcomes"]]  # pyright: ignore[reportArgumentType]
    return outcomes, Others(**told["others"])  # pyright: ignore[reportArgumentType, reportCallIssue]


def describe_others(others: Others) -> str:
    """How everybody else fared, in a sentence or two."""
    names = ", ".join(others.lost[:3])
    lost = f"{len(others.lost)} of them lost ({names})" if names else "none of them lost"
    return (
        f"Meanwhile {others.came} wishes of other shoppers came: {others.served} were fulfilled, and "
        f"{others.came - others.served} given up after waiting as long as they were told to, "
        f"{others.told_to_wait} times in all. "
        f"{others.promised} things were accepted from them, and {lost}; "
        f"{others.late} are late, with a queue that hands them out again."
    )
