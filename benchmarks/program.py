"""How long evaluating the program takes, Pulumi's engine and AWS left out.

Run: python -m benchmarks.program
"""

import subprocess
import sys
from time import perf_counter

from benchmarks.record import Figure, record

COMMAND = "python -m benchmarks.program"
STACKS = ("dev", "prod")
_RUNS = 5
_PROGRAM = "from tests.graph.recorder import record_stack; print(len(record_stack({stack!r}).resources))"


def main() -> None:
    """Evaluate each stack in fresh processes, imports included; the quickest counts."""
    for stack in STACKS:
        seconds: list[float] = []
        resources = 0
        for _ in range(_RUNS):
            began = perf_counter()
            program = [sys.executable, "-c", _PROGRAM.format(stack=stack)]
            done = subprocess.run(program, check=True, capture_output=True, text=True)
            seconds.append(perf_counter() - began)
            resources = int(done.stdout.split()[-1])
        name = f"program/evaluated against empty mocks, {stack}, {resources} resources"
        record(Figure(name, min(seconds), "s", "lower", COMMAND, target=3.0, n=_RUNS))


if __name__ == "__main__":
    main()
