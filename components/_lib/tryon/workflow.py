"""The state machine that leads a try-on through.

A job waits in a queue for its turn, not in the state machine for a free function: from the queue, jobs are
handed out as fast as the worker's event source may run them at once, so a burst of any size queues and none
fails. Neither reserved concurrency, which takes from the account's pool and turns a burst into throttled
calls, nor retries on throttling, which give turns to whoever tries at the right moment, would do that.

States language: https://states-language.net/spec.html
"""

from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components._lib import iam
from components._lib.function import Function
from components._lib.operation import Operation
from components._lib.workflow import LAMBDA_TROUBLES, Workflow, WorkflowSpec

JOB_TIMEOUT_S = 1800
"""From being queued to the worker's word."""
MACHINE_TIMEOUT_S = 2100
_CLOSER_TIMEOUT_S = 30
_NOT_WORTH_RETRYING = ("NotMade",)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadingSpec:
    """What the state machine is made of."""

    queue: aws.sqs.Queue
    """Where the worker takes jobs from."""
    closer: Function
    """Says why there is no result."""
    operation: Operation


def lead_jobs(name: str, parent: pulumi.Resource, spec: LeadingSpec) -> Workflow:
    """Declare the state machine with its role and its log."""
    return Workflow(
        f"{name}-workflow",
        WorkflowSpec(
            definition=describe_workflow(spec.queue.url, spec.closer.arn),
            functions=[spec.closer.arn],
            statements=[iam.allow(["sqs:SendMessage"], [spec.queue.arn])],
            operation=spec.operation,
        ),
        pulumi.ResourceOptions(parent=parent),
    )


def describe_workflow(queue_url: pulumi.Input[str], closer_arn: pulumi.Input[str]) -> dict[str, Any]:
    """The definition in the States language, version 1.0. Its input is `{"job_id": ...}`."""
    return {
        "Comment": "Queues a try-on for its turn, and says why if there is no result.",
        "StartAt": "Work",
        "TimeoutSeconds": MACHINE_TIMEOUT_S,
        "States": {
            "Work": {
                "Type": "Task",
                "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
                "Parameters": {
                    "QueueUrl": queue_url,
                    "MessageBody": {"job_id.$": "$.job_id", "task_token.$": "$$.Task.Token"},
                },
                "TimeoutSeconds": JOB_TIMEOUT_S,
                "Retry": [
                    {"ErrorEquals": [*_NOT_WORTH_RETRYING], "MaxAttempts": 0},
                    _retry(["States.TaskFailed"]),
                ],
                "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Close"}],
                "ResultPath": None,
                "Next": "Done",
            },
            "Close": {
                "Type": "Task",
                "Resource": "arn:aws:states:::lambda:invoke",
                "Parameters": {
                    "FunctionName": closer_arn,
                    "Payload": {"job_id.$": "$.job_id", "error.$": "$.error"},
                },
                "TimeoutSeconds": _CLOSER_TIMEOUT_S,
                "Retry": [_retry([*LAMBDA_TROUBLES]), _retry(["States.ALL"])],
                "Next": "Done",
            },
            "Done": {"Type": "Succeed"},
        },
    }


def _retry(errors: list[str]) -> dict[str, Any]:
    """Again after 1, 2, 4 ... 20 s at most, each drawn between nothing and that."""
    return {
        "ErrorEquals": errors,
        "IntervalSeconds": 1,
        "MaxAttempts": 6,
        "BackoffRate": 2,
        "MaxDelaySeconds": 20,
        "JitterStrategy": "FULL",
    }
