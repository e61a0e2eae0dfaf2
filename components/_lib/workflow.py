"""A Step Functions state machine with its role, its log and, where it has one, its schedule."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components._lib import iam
from components._lib.alarm import Watch, of_workflow
from components._lib.bedrock import find_place
from components._lib.operation import Operation
from components._lib.package import internal_token
from components._lib.texts import dump_json
from components._lib.watched import Kind, Row, watched

# What Lambda itself asks to be retried: https://docs.aws.amazon.com/step-functions/latest/dg/sfn-best-practices.html
LAMBDA_TROUBLES = (
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.ServiceException",
    "Lambda.TooManyRequestsException",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowSpec:
    """What a workflow is made of."""

    definition: Mapping[str, Any]
    """States in the Amazon States Language; ARNs in it may be Outputs."""
    functions: Sequence[pulumi.Input[str]]
    """ARNs of the functions that it calls."""
    statements: Sequence[iam.Statement] = ()
    """What it may do beyond calling them."""
    operation: Operation
    schedule: str | None = None
    """EventBridge's words for when it starts by itself, such as `rate(7 days)`."""
    schedule_input: str = "{}"
    depends_on: Sequence[pulumi.Resource] = ()
    """What has to be there before the workflow runs, and to stay until it is gone."""


def retry(*errors: str) -> list[dict[str, Any]]:
    """The retries of a task that calls a function, with `errors` of its own that may pass."""
    return [
        {
            "ErrorEquals": [*LAMBDA_TROUBLES, *errors],
            "IntervalSeconds": 2,
            "BackoffRate": 2,
            "MaxAttempts": 6,
            "MaxDelaySeconds": 60,
            "JitterStrategy": "FULL",
        }
    ]


class Workflow(pulumi.ComponentResource):
    """One state machine, one role: it may call the functions it names, write its log and send traces."""

    arn: pulumi.Output[str]
    watched: Row

    def __init__(self, name: str, spec: WorkflowSpec, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(internal_token("Workflow"), name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        operation = spec.operation
        logs = aws.cloudwatch.LogGroup(
            f"{name}-logs", retention_in_days=operation.log_retention_days, tags=operation.tags, opts=child
        )
        role = _role(name, self, "states", f"stateMachine:{name}-machine-*", operation.tags)
        policy = aws.iam.RolePolicy(
            f"{name}-policy", role=role.name, policy=iam.document(_duties(spec)), opts=child
        )
        machine = aws.sfn.StateMachine(
            f"{name}-machine",
            type="STANDARD",
            role_arn=role.arn,
            definition=dump_json(spec.definition),
            logging_configuration={
                "level": "ALL",
                # States hold what functions answer; what happened is worth keeping, what was said is not.
                "include_execution_data": False,
                "log_destination": pulumi.Output.concat(logs.arn, ":*"),
            },
            tracing_configuration={"enabled": True},
            tags=operation.tags,
            # Step Functions tries the log when the machine is made.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[policy, *spec.depends_on]),
        )
        if spec.schedule:
            _schedule(name, self, spec, spec.schedule, machine)
        Watch(parent=self, operation=operation).add(name, *of_workflow(machine.arn))
        self.arn = machine.arn
        self.watched = watched(Kind.WORKFLOW, name, {"StateMachineArn": machine.arn})
        self.register_outputs({"arn": self.arn})


def _duties(spec: WorkflowSpec) -> list[iam.Statement]:
    return [
        iam.allow(["lambda:InvokeFunction"], spec.functions),
        *spec.statements,
        # Log deliveries and traces are no resources: these actions accept only "*".
        iam.allow(
            [
                "logs:CreateLogDelivery",
                "logs:DeleteLogDelivery",
                "logs:DescribeLogGroups",
                "logs:DescribeResourcePolicies",
                "logs:GetLogDelivery",
                "logs:ListLogDeliveries",
                "logs:PutResourcePolicy",
                "logs:UpdateLogDelivery",
                "xray:GetSamplingRules",
                "xray:GetSamplingTargets",
                "xray:PutTelemetryRecords",
                "xray:PutTraceSegments",
            ],
            ["*"],
        ),
    ]


def _schedule(
    name: str, parent: pulumi.Resource, spec: WorkflowSpec, expression: str, machine: aws.sfn.StateMachine
) -> None:
    opts = pulumi.ResourceOptions(parent=parent)
    rule = aws.cloudwatch.EventRule(
        f"{name}-schedule",
        description="Starts the workflow.",
        schedule_expression=expression,
        tags=spec.operation.tags,
        opts=opts,
    )
    role = _role(f"{name}-schedule", parent, "events", f"rule/{name}-schedule-*", spec.operation.tags)
    policy = aws.iam.RolePolicy(
        f"{name}-schedule-policy",
        role=role.name,
        policy=iam.document([iam.allow(["states:StartExecution"], [machine.arn])]),
        opts=opts,
    )
    aws.cloudwatch.EventTarget(
        f"{name}-schedule-target",
        rule=rule.name,
        arn=machine.arn,
        role_arn=role.arn,
        input=spec.schedule_input,
        opts=pulumi.ResourceOptions(parent=parent, depends_on=[policy]),
    )


def _role(
    name: str,
    parent: pulumi.Resource,
    service: str,
    resource: str,
    tags: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None,
) -> aws.iam.Role:
    """A role that one service takes for resources of this account whose names begin as this one's does."""
    place = find_place(parent)
    source = pulumi.Output.concat("arn:aws:", service, ":", place.region, ":", place.account, ":", resource)
    return aws.iam.Role(
        f"{name}-role",
        assume_role_policy=iam.trust_for(f"{service}.amazonaws.com", source, place.account),
        tags=tags,
        opts=pulumi.ResourceOptions(parent=parent),
    )
