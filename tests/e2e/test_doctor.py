"""The doctor at a running stack: nothing is wrong with it, and what is made wrong is named."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from local.faults import Fault
from operations.doctor import __main__ as command
from tests.e2e.test_chat import socket, talk
from tests.support.board import Metric, shown_metrics
from tests.support.cloud import RunningCloud, eventually

pytestmark = pytest.mark.cloud

_QUEUES = "dead-letters"


@pytest.fixture(scope="module")
def letterless(cloud: RunningCloud) -> RunningCloud:
    """The cloud without the letters that other tests have left."""
    for url in _letter_urls(cloud):
        cloud.aws("sqs").purge_queue(QueueUrl=url)
    return cloud


def _letter_urls(cloud: RunningCloud) -> Iterator[str]:
    for row in json.loads(cloud.outputs["watched"]):
        if row["kind"] == _QUEUES:
            yield cloud.aws("sqs").get_queue_url(QueueName=row["dimensions"]["QueueName"])["QueueUrl"]


def examine(
    cloud: RunningCloud, capsys: pytest.CaptureFixture[str], *arguments: str
) -> tuple[int, dict[str, Any]]:
    """The doctor's exit code, and its findings by the names of the checks."""
    code = command.main(["--description", str(cloud.config.stack_file), "--json", *arguments])
    told = json.loads(capsys.readouterr().out)
    return code, {check["name"]: check for check in told["checks"]}


def users(cloud: RunningCloud) -> set[str]:
    found = cloud.aws("cognito-idp").list_users(UserPoolId=cloud.outputs["user_pool_id"])["Users"]
    return {user["Username"] for user in found}


def test_a_sound_stack_passes_and_nobody_is_left_behind(
    letterless: RunningCloud, capsys: pytest.CaptureFixture[str]
) -> None:
    before = users(letterless)
    code, found = examine(letterless, capsys)
    assert code == 0, [check for check in found.values() if check["status"] == "failed"]
    # A laptop has no alarms; everything else has been looked at.
    assert {name for name, check in found.items() if check["status"] == "skipped"} == {"alarms"}
    assert len(found) > 15
    assert users(letterless) == before


def test_what_the_dashboard_shows_is_what_functions_have_written(letterless: RunningCloud) -> None:
    """Runs after a visit to every part of the shop, so that each has had something to write."""
    wanted = shown_metrics(letterless.outputs["watched"])
    with socket(letterless, letterless.token) as connection:
        talk(connection, message="Hello")
    # They would run by themselves, but later.
    scheduled = ("canary", "compactor", "tryon-sweeper")
    for row in json.loads(letterless.outputs["watched"]):
        if row.get("service") in scheduled:
            letterless.aws("lambda").invoke(FunctionName=row["dimensions"]["FunctionName"], Payload=b"{}")
    eventually(lambda: wanted <= _written(letterless), every_s=1)


def _written(cloud: RunningCloud) -> set[Metric]:
    """Metrics with their dimensions, from the logs of all functions."""
    logs, found = cloud.aws("logs"), set[Metric]()
    for group in logs.describe_log_groups()["logGroups"]:
        pages = logs.get_paginator("filter_log_events").paginate(
            logGroupName=group["logGroupName"], filterPattern='"CloudWatchMetrics"'
        )
        for event in (event for page in pages for event in page["events"]):
            found |= _read(event["message"])
    return found


def _read(message: str) -> set[Metric]:
    try:
        line = json.loads(message)
    except ValueError:
        return set()
    if not isinstance(line, dict) or "_aws" not in line:
        return set()
    return {
        (metric["Name"], frozenset((name, line[name]) for name in names))
        for block in line["_aws"]["CloudWatchMetrics"]
        for names in block["Dimensions"]
        for metric in block["Metrics"]
    }


@contextmanager
def letter(cloud: RunningCloud) -> Iterator[None]:
    url = cloud.outputs["documents_dead_letter_url"]
    cloud.aws("sqs").send_message(QueueUrl=url, MessageBody="planted")
    try:
        yield
    finally:
        cloud.aws("sqs").purge_queue(QueueUrl=url)


def test_a_letter_that_waits_is_named(letterless: RunningCloud, capsys: pytest.CaptureFixture[str]) -> None:
    with letter(letterless):
        code, found = examine(letterless, capsys, "--only", "dead-letters")
    assert code == 1
    assert found["dead-letters"]["detail"] == "letters wait: 1 in knowledge-dead-letters"
    assert "docs/runbook.md#dead-letters" in found["dead-letters"]["remedy"]


def test_a_model_that_does_not_answer_is_named_where_it_is_needed(
    letterless: RunningCloud, capsys: pytest.CaptureFixture[str]
) -> None:
    closed = Fault("bedrock", "converse", status=403, code="AccessDeniedException")
    with letterless.faults(closed):
        code, found = examine(letterless, capsys, "--only", "chat", "search-words", "socket")
    assert code == 1
    assert {name for name, check in found.items() if check["status"] == "failed"} == {"chat"}
    assert found["chat"]["detail"].startswith(("500", "503")), found["chat"]
    assert "#function-errors for `chat`" in found["chat"]["remedy"]


def test_another_stacks_description_is_found_out(
    letterless: RunningCloud, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    wrong = json.loads(letterless.config.stack_file.read_text(encoding="utf-8"))
    wrong["outputs"]["api_key"] = "a-key-of-another-stack"
    wrong["outputs"]["models"][0]["base_id"] = "amazon.titan-image-generator-v1"
    file = tmp_path / "stack.json"
    file.write_text(json.dumps(wrong))
    asked = ["--description", str(file), "--json", "--only", "models", "site-secret", "search-words"]
    assert command.main(asked) == 1
    told = {check["name"]: check for check in json.loads(capsys.readouterr().out)["checks"]}
    assert told["site-secret"]["detail"] == "the site's secret has another api_key than the stack"
    assert "this account may not use it" in told["models"]["detail"]
    # The page to sign in on is found through the secret, which is not trusted any more.
    assert told["search-words"]["detail"] == "needs sign-in"


def test_the_visitor_passes_and_names_the_step_that_does_not(letterless: RunningCloud) -> None:
    (function,) = (
        row["dimensions"]["FunctionName"]
        for row in json.loads(letterless.outputs["watched"])
        if row.get("service") == "canary"
    )

    def visit() -> dict[str, Any]:
        answer = letterless.aws("lambda").invoke(FunctionName=function, Payload=b"{}")
        return json.loads(answer["Payload"].read())

    assert visit() == {"passed": True, "failed": None}
    with letterless.faults(Fault("dynamodb", "BatchGetItem", status=500)):
        assert visit() == {"passed": False, "failed": "search"}
    assert visit()["passed"]
