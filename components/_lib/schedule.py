"""Calling a function again and again."""

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from components._lib.function import Function


def call_regularly(
    name: str,
    parent: pulumi.Resource,
    function: Function,
    *,
    minutes: int,
    description: str,
    tags: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None,
) -> None:
    """Call a function every so many minutes, without any input."""
    opts = pulumi.ResourceOptions(parent=parent)
    rule = aws.cloudwatch.EventRule(
        f"{name}-schedule",
        description=description,
        schedule_expression=schedule(minutes),
        tags=tags,
        opts=opts,
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


def schedule(minutes: int) -> str:
    """EventBridge's words for "every so many minutes"; it insists on the singular for one."""
    return f"rate({minutes} minute{'' if minutes == 1 else 's'})"
