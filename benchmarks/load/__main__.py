"""A realistic mix of all that shoppers do, at the highest rate that the machine holds.

Run: python -m benchmarks.load [--rate N] [--seconds N] [--stack FILE]

The running local cloud of this checkout is taken, else one is started for the run. FILE describes another
stack, in the form of `.local/stack.json`; on AWS without `emulator_url`, and with `tokens` of users who may
be used.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from benchmarks.load.report import record_run, show, show_failures, summarise
from benchmarks.load.run import Run, run_highest, run_load, warm_up
from benchmarks.load.stack import Stack, invite
from local.config import read_config
from local.up import running_pid
from tests.support.cloud import running_cloud

ROOMY = {
    "requestsPerSecond": "5000",
    "dailyTryOnsPerUser": "1000",
    "dailyImagesPerUser": "1000",
    "dailySpendUsd": "10000",
}
"""Settings of a cloud that is there to be loaded: limits for shoppers would be all that is measured."""
_SHOPPERS = 8


def main() -> int:
    """Find the rate or take the given one, run, print and record; 1 when something failed or was lost."""
    arguments = _parse()
    console = Console()

    def say(run: Run) -> None:
        console.print(summarise(run), highlight=False)
        show_failures(run, console)

    with open_stack(arguments.stack) as stack, invite(stack, _SHOPPERS) as shoppers:
        warm_up(stack, shoppers)
        if arguments.rate:
            run = run_load(stack, shoppers, arguments.rate, arguments.seconds)
        else:
            run = run_highest(stack, shoppers, arguments.seconds, say)
    show(run, console)
    if not arguments.rate:
        record_run(run)
    return 1 if run.errors or run.lost else 0


@contextmanager
def open_stack(file: Path | None) -> Generator[Stack]:
    """The described stack, else the running local cloud, else one of its own with an empty state."""
    config = read_config()
    if file is not None:
        yield Stack(json.loads(file.read_text(encoding="utf-8")))
    elif running_pid(config) and config.stack_file.is_file():
        yield Stack(config.describe())
    else:
        with tempfile.TemporaryDirectory() as folder, running_cloud(Path(folder), None, ROOMY) as cloud:
            yield Stack(cloud.description)


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load", description=__doc__)
    parser.add_argument("--rate", type=float, help="wishes a second; without it the highest that holds")
    parser.add_argument("--seconds", type=float, default=60.0, help="length of the run (60)")
    parser.add_argument("--stack", type=Path, help="a file that describes the stack")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
