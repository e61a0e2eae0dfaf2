"""The state machine that leads a try-on through.

A job waits in a queue for its turn, not in the state machine for a free function: from the queue, jobs are
handed out as fast as the worker's event source may run them at once, so a burst of any size queues and none
fails. Neither reserved concurrency, which takes from the account's pool and turns a burst into throttled
calls, nor retries on throttling, which give turns to whoever tries at the right moment, would do that.

States language: https://states-language.net/spec.html
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components._lib import iam
from components._lib.bedrock import Place
from components._lib.function import Function

JOB_TIMEOUT_S = 1800
"""From being queued to the worker's word."""
MACHINE_TIMEOUT_S = 2100
_CLOSER_TIMEOUT_S = 30
_SERVICE = "states.amazonaws.com"
# What Lambda answers when it is busy or at fault itself:
# https://docs.aws.amazon.com/step-functions/latest/dg/sfn-best-practices.html#bp-lambda-serviceexception
_LAMBDA_TROUBLE = (
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.TooManyRequestsException",
    "Lambda.Unknown",
)
_NOT_WORTH_RETRYING = ("NotMade",)
_LOG_DELIVERY = (
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowSpec:
    """What the state machine is made of."""

    queue: aws.sqs.Queue
    """Where the worker takes jobs from."""
    closer: Function
    """Says why there is no result."""
    place: Place
    log_retention_days: int
    tags: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None


def lead_jobs(name: str, parent: pulumi.Resource, spec: WorkflowSpec) -> aws.sfn.StateMachine:
    """Declare the state machine with its role and its log."""
    opts = pulumi.ResourceOptions(parent=parent)
    logs = aws.cloudwatch.LogGroup(
        f"{name}-workflow-logs", retention_in_days=spec.log_retention_days, tags=spec.tags, opts=opts
    )
    role = aws.iam.Role(
        f"{name}-workflow-role", assume_role_policy=_trust(spec.place), tags=spec.tags, opts=opts
    )
    policy = aws.iam.RolePolicy(
        f"{name}-workflow-policy", role=role.name, policy=iam.document(_statements(spec)), opts=opts
    )
    definition = pulumi.Output.all(spec.queue.url, spec.closer.arn).apply(
        lambda known: json.dumps(describe_workflow(known[0], known[1]), sort_keys=True)
    )
    return aws.sfn.StateMachine(
        f"{name}-workflow",
        role_arn=role.arn,
        definition=definition,
        type="STANDARD",
        logging_configuration={
            "level": "ERROR",
            # What goes through the machine are ids, but a cause is written for one shopper only.
            "include_execution_data": False,
            "log_destination": pulumi.Output.concat(logs.arn, ":*"),
        },
        tracing_configuration={"enabled": True},
        tags=spec.tags,
        # The service checks at creation that it may write to the log.
        opts=pulumi.ResourceOptions(parent=parent, depends_on=[policy]),
    )


def describe_workflow(queue_url: str, closer_arn: str) -> dict[str, Any]:
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
                "Retry": [_retry([*_LAMBDA_TROUBLE]), _retry(["States.ALL"])],
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


def _trust(place: Place) -> pulumi.Output[str]:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": _SERVICE},
        "Action": "sts:AssumeRole",
        # The name is made with the machine, which needs the role first: the kind is as narrow as it gets.
        "Condition": {
            "ArnLike": {
                "aws:SourceArn": pulumi.Output.concat(
                    "arn:aws:states:", place.region, ":", place.account, ":stateMachine:*"
                )
            },
            "StringEquals": {"aws:SourceAccount": place.account},
        },
    }
    return iam.document([statement])


def _statements(spec: WorkflowSpec) -> list[iam.Statement]:
    return [
        iam.allow(["sqs:SendMessage"], [spec.queue.arn]),
        iam.allow(["lambda:InvokeFunction"], [spec.closer.arn]),
        # Log deliveries and resource policies of CloudWatch Logs have no ARNs to name.
        iam.allow([*_LOG_DELIVERY], ["*"]),
        # X-Ray knows no resources: these actions accept only "*".
        iam.allow(
            [
                "xray:GetSamplingRules",
                "xray:GetSamplingTargets",
                "xray:PutTelemetryRecords",
                "xray:PutTraceSegments",
            ],
            ["*"],
        ),
    ]
