"""What is kept of runs of the faults: the last outcome of each, in the order of the scenarios."""

from pathlib import Path

from benchmarks.chaos.results import Others, Outcome, describe_others, read_results, write_results

NAMES = [("search", "down"), ("chat", "slow")]


def outcome(part: str, name: str, lost: str = "") -> Outcome:
    return Outcome(part, name, "an answer", lost, 1.0, 2)


def others(came: int, lost: tuple[str, ...] = ()) -> Others:
    return Others(came, came, 0, came, 0, list(lost))


def test_a_run_of_some_takes_the_place_of_their_last_outcomes(tmp_path: Path) -> None:
    file = tmp_path / "results.json"
    write_results([outcome("chat", "slow", "silence"), outcome("search", "down")], others(9), NAMES, file)
    write_results([outcome("chat", "slow")], others(1), NAMES, file)
    told, meanwhile = read_results(file)
    assert told == [outcome("search", "down"), outcome("chat", "slow")]
    assert meanwhile.came == 9


def test_what_is_no_scenario_any_more_is_forgotten(tmp_path: Path) -> None:
    file = tmp_path / "results.json"
    write_results([outcome("search", "down"), outcome("old", "gone")], others(1), NAMES, file)
    assert [each.part for each in read_results(file)[0]] == ["search"]


def test_what_others_lost_is_named() -> None:
    assert "none of them lost" in describe_others(others(3))
    assert "1 of them lost (upload x)" in describe_others(others(3, ("upload x",)))
