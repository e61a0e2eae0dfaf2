"""Moves the vectors of a deployed stack: `python -m operations.migrate STEP` (see docs/migration.md).

It calls the stack's own functions with the caller's AWS credentials, so that copying goes on when this
terminal is closed.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

_LOOK_SECONDS = 2.0
# A verification may take as long as a function may run.
_CONFIG = Config(connect_timeout=5, read_timeout=960, retries={"total_max_attempts": 1})
_RUNNING = "RUNNING"


class StepFailed(Exception):
    """The step was not taken; the text says why."""


@dataclass(frozen=True, slots=True)
class Stack:
    """The functions that move the vectors of one stack, and clients for calling them."""

    functions: Mapping[str, str]
    client: Callable[[str], Any]

    def call(self, function: str, **request: Any) -> dict[str, Any]:
        """The answer of a function. Raises StepFailed with the function's own words."""
        answer = self.client("lambda").invoke(
            FunctionName=self.functions[function], Payload=json.dumps(request)
        )
        body = json.loads(answer["Payload"].read())
        if "FunctionError" in answer:
            raise StepFailed(body.get("errorMessage") or body.get("errorType") or "the function failed")
        return body

    def start(self, **request: Any) -> str:
        """Start the workflow; the ARN of its execution."""
        workflows = self.client("stepfunctions")
        running = workflows.list_executions(
            stateMachineArn=self.functions["workflow"], statusFilter=_RUNNING, maxResults=1
        )["executions"]
        if running:
            raise StepFailed(f"it is running already, as {running[0]['name']}; see `status`")
        return workflows.start_execution(
            stateMachineArn=self.functions["workflow"], input=json.dumps(request)
        )["executionArn"]

    def is_running(self, execution: str) -> bool:
        """Whether an execution is at work. Raises StepFailed when it ended badly."""
        described = self.client("stepfunctions").describe_execution(executionArn=execution)
        if described["status"] not in (_RUNNING, "SUCCEEDED"):
            reason = described.get("cause") or described.get("error") or described["status"]
            raise StepFailed(str(reason))
        return described["status"] == _RUNNING


def main(arguments: Sequence[str] | None = None, console: Console | None = None) -> int:
    """Take one step; an exit code."""
    given = _read_arguments(arguments)
    shown = console or Console(highlight=False)
    try:
        stack = open_local(given.local) if given.local else open_deployed(given.stack)
        _STEPS[given.step](stack, given, shown)
    except StepFailed as reason:
        shown.print(f"[red]{reason}[/red]", soft_wrap=True)
        return 1
    except (BotoCoreError, ClientError) as error:
        shown.print(f"[red]AWS did not take the step: {error}[/red]", soft_wrap=True)
        return 1
    return 0


def open_deployed(stack: str | None) -> Stack:
    """The stack that Pulumi knows by this name, or its current one. Raises StepFailed."""
    chosen = ["--stack", stack] if stack else []
    command = ["pulumi", "stack", "output", "--json", *chosen]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise StepFailed("pulumi is not installed; or use --local for a local cloud") from error
    if done.returncode != 0:
        raise StepFailed(done.stderr.strip() or "pulumi knows no such stack")
    outputs = json.loads(done.stdout)
    session = boto3.Session(region_name=outputs.get("region"))
    return Stack(_functions(outputs), lambda service: session.client(service, config=_CONFIG))


def open_local(folder: Path) -> Stack:
    """The local cloud that keeps its state in a folder. Raises StepFailed."""
    file = folder / "stack.json"
    if not file.is_file():
        raise StepFailed(f"no local cloud is running from {folder.name}: start it with `make local`")
    description = json.loads(file.read_text(encoding="utf-8"))
    session = boto3.Session("test", "test", region_name=description["outputs"]["region"])
    return Stack(
        _functions(description["outputs"]),
        lambda service: session.client(service, endpoint_url=description["emulator_url"], config=_CONFIG),
    )


def _functions(outputs: Mapping[str, Any]) -> Mapping[str, str]:
    functions = outputs.get("migration")
    if not functions:
        raise StepFailed(
            "no migration is configured: set migrateToBackend, migrateToEmbedder or migrateToDimensions "
            "and update the stack"
        )
    return functions


def _read_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m operations.migrate", description=__doc__)
    parser.add_argument("step", choices=sorted(_STEPS))
    parser.add_argument("--stack", help="Pulumi stack (default: the current one)")
    parser.add_argument("--local", type=Path, metavar="FOLDER", help="a local cloud's folder, such as .local")
    parser.add_argument("--min-recall", type=float, default=0.99, help="least recall@10 (default 0.99)")
    parser.add_argument("--queries", type=int, default=100, help="how many searches to compare (default 100)")
    parser.add_argument("--again", action="store_true", help="start: copy everything once more")
    parser.add_argument("--switch", action="store_true", help="start: switch when verified")
    parser.add_argument("--wait", action="store_true", help="start: show the progress until the end")
    return parser.parse_args(arguments)


def _start(stack: Stack, given: argparse.Namespace, console: Console) -> None:
    execution = stack.start(
        again=given.again, switch=given.switch, min_recall=given.min_recall, queries=given.queries
    )
    console.print(f"started as {execution.rpartition(':')[2]}", soft_wrap=True)
    if given.wait:
        _follow(stack, execution, console)


def _follow(stack: Stack, execution: str, console: Console) -> None:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    try:
        with Progress(*columns, console=console, transient=True) as progress:
            bar = progress.add_task("copying", total=None)
            while stack.is_running(execution):
                state = stack.call("control", action="status")
                progress.update(
                    bar,
                    description=_stage_of(state),
                    completed=min(state["copied"], state["total"]),
                    total=state["total"] or None,
                )
                time.sleep(_LOOK_SECONDS)
    finally:
        show(stack.call("control", action="status"), console)


def _status(stack: Stack, given: argparse.Namespace, console: Console) -> None:
    show(stack.call("control", action="status"), console)


def _verify(stack: Stack, given: argparse.Namespace, console: Console) -> None:
    state = stack.call("verify", min_recall=given.min_recall, queries=given.queries)
    show(state, console)
    if not state["passed"]:
        raise StepFailed(f"not good enough: {state['report']['reason']}")


def _switch(stack: Stack, given: argparse.Namespace, console: Console) -> None:
    show(stack.call("control", action="switch"), console)


def _roll_back(stack: Stack, given: argparse.Namespace, console: Console) -> None:
    show(stack.call("control", action="rollback"), console)


_STEPS: dict[str, Callable[[Stack, argparse.Namespace, Console], None]] = {
    "start": _start,
    "status": _status,
    "verify": _verify,
    "switch": _switch,
    "rollback": _roll_back,
}


def show(state: Mapping[str, Any], console: Console) -> None:
    """The state of a migration as a table."""
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    rows: list[tuple[str, str]] = [
        ("phase", str(state["phase"])),
        ("stage", f"{_stage_of(state)}, {100 * state['progress']:.1f} %"),
        ("copied", f"{state['copied']:,} of {state['total']:,}, {state['repaired']:,} put right later"),
        ("last step", _moment(state["updated_at"])),
    ]
    if state["skipped"]:
        rows.append(("not moved", f"{len(state['skipped']):,}, {_examples(state['skipped'])}"))
    if report := state["report"]:
        rows += _rows_of(report)
    for row in rows:
        table.add_row(*row)
    console.print(table)


def _rows_of(report: Mapping[str, Any]) -> list[tuple[str, str]]:
    against = "all vectors of the source" if report["against"] == "source" else "all vectors of the target"
    return [
        ("verified", "good enough" if report["passed"] else report["reason"]),
        ("products", f"{report['source']:,} in the source, {report['target']:,} in the target"),
        ("differences", ", ".join(f"{report[name]} {name}" for name in ("missing", "surplus", "outdated"))),
        ("recall@10", f"{report['recall']:.4f} of {report['queries']} searches, against {against}"),
        ("self", f"{report['self_found']:.1%} of products are found by their own picture"),
        ("overlap", f"{report['overlap']:.1%} of the source's nearest are among the target's"),
    ]


def _stage_of(state: Mapping[str, Any]) -> str:
    return {"copy": "copying", "check": "checking", "done": "copied"}[state["stage"]]


def _moment(milliseconds: int | None) -> str:
    if milliseconds is None:
        return "none yet"
    return f"{datetime.fromtimestamp(milliseconds / 1000, UTC):%Y-%m-%d %H:%M:%S} UTC"


def _examples(skipped: Mapping[str, str]) -> str:
    product_id, reason = next(iter(skipped.items()))
    return f"such as {product_id}: {reason}"


if __name__ == "__main__":
    sys.exit(main())
