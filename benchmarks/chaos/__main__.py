"""The fault list of the whole product, replayed on a local cloud under a light load.

Run: python -m benchmarks.chaos [--only PART] [--quick]

The running local cloud of this checkout is taken, else one is started for the run.
"""

import argparse
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.chaos.acts import Visit
from benchmarks.chaos.results import Outcome, describe_others, write_results
from benchmarks.chaos.run import light_load, run_scenario
from benchmarks.chaos.scenarios import SCENARIOS
from benchmarks.load.__main__ import ROOMY
from benchmarks.load.stack import Stack, invite
from local.config import read_config
from local.up import running_pid
from tests.support.cloud import RunningCloud, running_cloud

_OTHERS = 3


def main() -> int:
    """Run the chosen scenarios, print the table and keep it; 1 when something was lost."""
    arguments = _parse()
    chosen = [
        scenario
        for scenario in SCENARIOS
        if arguments.only in (None, scenario.part) and (scenario.quick or not arguments.quick)
    ]
    console, outcomes = Console(), list[Outcome]()
    with _open_cloud() as cloud:
        stack = Stack(cloud.description)
        with invite(stack, _OTHERS + 1) as shoppers, light_load(cloud, stack, shoppers[1:]) as end:
            visit = Visit(cloud, shoppers[0])
            for scenario in chosen:
                outcomes.append(run_scenario(scenario, visit))
                console.print(_describe(outcomes[-1]), highlight=False, markup=False, soft_wrap=True)
            others = end()
    console.print(_table(outcomes))
    console.print(describe_others(others), highlight=False, markup=False, soft_wrap=True)
    write_results(outcomes, others, [(each.part, each.name) for each in SCENARIOS])
    return 1 if others.lost or any(each.lost for each in outcomes) else 0


@contextmanager
def _open_cloud() -> Generator[RunningCloud]:
    config = read_config()
    if running_pid(config) and config.stack_file.is_file():
        yield RunningCloud(config, config.describe())
    else:
        with tempfile.TemporaryDirectory() as folder, running_cloud(Path(folder), None, ROOMY) as cloud:
            yield cloud


def _describe(outcome: Outcome) -> str:
    verdict = f"LOST: {outcome.lost}" if outcome.lost else f"survived: {outcome.seen}"
    return f"{outcome.part}: {outcome.name} ({outcome.took_s} s, {outcome.strikes} calls met) {verdict}"


def _table(outcomes: list[Outcome]) -> Table:
    table = Table("part", "what fails", "", "what the shopper sees")
    for each in outcomes:
        verdict = "[red]lost[/red]" if each.lost else "[green]survived[/green]"
        table.add_row(each.part, each.name, verdict, each.lost or each.seen)
    return table


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.chaos", description=__doc__)
    parser.add_argument("--only", choices=sorted({each.part for each in SCENARIOS}), help="one part")
    parser.add_argument("--quick", action="store_true", help="only what takes a few seconds")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
