"""The command that moves vectors: what it calls, what it shows, what it says when a step is not taken."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from operations import migrate
from runtime.migration.state import Migration, begin, checked_page, copied_page, describe, verified

REPORT = {
    "passed": True,
    "reason": "",
    "recall": 0.998,
    "queries": 100,
    "against": "source",
    "self_found": 1.0,
    "overlap": 0.97,
    "source": 20_000,
    "target": 20_000,
    "missing": 0,
    "surplus": 0,
    "outdated": 0,
}


def finished() -> dict[str, Any]:
    copied = copied_page(
        begin(Migration(), 20_000, 1_000), None, 20_000, {"p1": "its picture is gone"}, 2_000
    )
    return describe(verified(checked_page(copied, None, 3, {}, 3_000), REPORT, 4_000))


class Aws:
    """Lambda and Step Functions of one stack."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, Any]] = []
        self.answers: dict[str, dict[str, Any]] = {}
        self.running: list[dict[str, str]] = []
        self.statuses = ["RUNNING", "SUCCEEDED"]

    def invoke(self, *, FunctionName: str, Payload: str) -> dict[str, Any]:
        self.requests.append((FunctionName, json.loads(Payload)))
        body = self.answers[FunctionName]
        failed = {"FunctionError": "Unhandled"} if "errorMessage" in body else {}
        return {"Payload": io.BytesIO(json.dumps(body).encode()), **failed}

    def list_executions(self, **_: Any) -> dict[str, Any]:
        return {"executions": self.running}

    def start_execution(self, *, stateMachineArn: str, input: str) -> dict[str, Any]:
        self.requests.append((stateMachineArn, json.loads(input)))
        return {"executionArn": "arn:execution:one"}

    def describe_execution(self, **_: Any) -> dict[str, Any]:
        return {"status": self.statuses.pop(0), "cause": "the target is not as good"}


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Aws:
    made = Aws()
    made.answers["control"] = finished()
    functions = {name: name for name in ("backfill", "verify", "control", "workflow")}
    monkeypatch.setattr(
        migrate, "open_deployed", lambda stack: migrate.Stack(functions, lambda service: made)
    )
    monkeypatch.setattr(migrate, "_LOOK_SECONDS", 0.0)
    return made


def run(*arguments: str) -> tuple[int, str]:
    written = io.StringIO()
    return migrate.main(arguments, Console(file=written, width=200)), written.getvalue()


def test_the_state_is_told_in_words(aws: Aws) -> None:
    code, text = run("status")
    assert code == 0 and aws.requests == [("control", {"action": "status"})]
    for part in (
        "verifying",
        "100.0 %",
        "20,000 of 20,000",
        "such as p1: its picture is gone",
        "0.9980",
        "97.0%",
    ):
        assert part in text


@pytest.mark.parametrize("step", ["switch", "rollback"])
def test_steps_are_asked_of_the_stack(aws: Aws, step: str) -> None:
    assert run(step)[0] == 0
    assert aws.requests == [("control", {"action": step})]


def test_a_refusal_is_told_in_the_functions_words(aws: Aws) -> None:
    aws.answers["control"] = {"errorMessage": "the backfill is not done", "errorType": "MigrationRefused"}
    assert run("switch") == (1, "the backfill is not done\n")


def test_a_verification_that_fails_is_a_failure(aws: Aws) -> None:
    aws.answers["verify"] = finished() | {"passed": False, "report": REPORT | {"reason": "recall@10 is 0.7"}}
    code, text = run("verify", "--min-recall", "0.95", "--queries", "20")
    assert code == 1 and "not good enough: recall@10 is 0.7" in text
    assert aws.requests == [("verify", {"min_recall": 0.95, "queries": 20})]


def test_start_runs_the_workflow_and_follows_it(aws: Aws) -> None:
    code, text = run("start", "--wait", "--switch")
    assert code == 0 and "started as one" in text and "verifying" in text
    wanted = {"again": False, "switch": True, "min_recall": 0.99, "queries": 100}
    assert aws.requests[0] == ("workflow", wanted)


def test_a_workflow_that_fails_is_a_failure(aws: Aws) -> None:
    aws.statuses = ["RUNNING", "FAILED"]
    code, text = run("start", "--wait")
    assert code == 1 and "the target is not as good" in text


def test_a_second_start_is_refused(aws: Aws) -> None:
    aws.running = [{"name": "first"}]
    code, text = run("start")
    assert code == 1 and "running already, as first" in text
    assert aws.requests == []


def test_a_local_cloud_is_found_by_its_folder(tmp_path: Path) -> None:
    assert "no local cloud is running" in run("status", "--local", str(tmp_path))[1]
    description = {"outputs": {"region": "us-east-1", "migration": {}}, "emulator_url": "http://127.0.0.1:1"}
    (tmp_path / "stack.json").write_text(json.dumps(description))
    assert "no migration is configured" in run("status", "--local", str(tmp_path))[1]
    description["outputs"] = {"region": "us-east-1", "migration": {"control": "arn:f"}}
    (tmp_path / "stack.json").write_text(json.dumps(description))
    assert migrate.open_local(tmp_path).functions == {"control": "arn:f"}
