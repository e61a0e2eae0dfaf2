"""A function that runs by itself, every so often."""

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from components._lib.function import Function


def run_on_schedule(
    name: str,
    parent: pulumi.Resource,
    function: Function,
    description: str,
    expression: str,
    tags: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None,
) -> None:
    """Invoke a function whenever EventBridge's `expression` says, such as `rate(1 hour)`."""
    opts = pulumi.ResourceOptions(parent=parent)
    rule = aws.cloudwatch.EventRule(
        f"{name}-schedule", description=description, schedule_expression=expression, tags=tags, opts=opts
    )
    permission = aws.lambda_.Permission(
        f"{name}-permission",
        action="lambda:InvokeFunction",
        function=function.name,
        principal="events.amazonaws.com",
        source_arn=rule.arn,
        opts=opts,
    )
    aws.cloudwatch.EventTarget(
        f"{name}-target",
        rule=rule.name,
        arn=function.arn,
        opts=pulumi.ResourceOptions(parent=parent, depends_on=[permission]),
    )


def every_minutes(minutes: int) -> str:
    """EventBridge's words for "every so many minutes"; it insists on the singular for one."""
    return f"rate({minutes} minute{'' if minutes == 1 else 's'})"
