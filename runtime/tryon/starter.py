"""New rows of the jobs table, from its stream: each starts an execution of the workflow."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from runtime.shared.aws import Clients
from runtime.shared.observability import describe_error, emit_metrics, follow, get_logger
from runtime.shared.settings import read_setting
from runtime.tryon.settings import WorkflowSettings
from runtime.tryon.workflow import Workflow


class NotStarted(Exception):
    """Some executions could not be started."""


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda entry point: a batch of the stream in. Raises NotStarted, upon which it is tried again.

    Raising lets the stream's bisection work; what has started by then is not started again.
    """
    started = start_all(_open_workflow(), event)
    emit_metrics({}, {"Started": float(started)}, {})
    return {"batchItemFailures": []}


def start_all(workflow: Workflow, event: Mapping[str, Any]) -> int:
    """Start an execution for each new job; how many there were. Raises NotStarted after trying all."""
    started, failed = 0, 0
    for record in event.get("Records") or []:
        if record["eventName"] != "INSERT":
            continue
        try:
            job_id = record["dynamodb"]["Keys"]["id"]["S"]
            follow(job_id)
            started += workflow.start(job_id)
            get_logger().info("started")
        except (ClientError, BotoCoreError) as error:
            failed += 1
            get_logger().warning("not started", **describe_error(error))
    if failed:
        raise NotStarted(f"{failed} executions were not started")
    return started


@cache
def _open_workflow() -> Workflow:
    settings: WorkflowSettings = read_setting("TRYON_WORKFLOW", WorkflowSettings)
    return Workflow(Clients().get("stepfunctions"), settings.state_machine_arn)
