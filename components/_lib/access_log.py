"""The access log of an API's stage: a log group, and what stands in a line."""

import json
from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_aws as aws

from components._lib.operation import Operation


def create_access_log(
    name: str, parent: pulumi.Resource, fields: Mapping[str, str], operation: Operation, *, wanted: bool
) -> Any:
    """Declare the log group for `fields` (context variables by name); the stage's setting.

    Unless it is `wanted` there is neither. REST and WebSocket stages take the same setting.
    """
    if not wanted:
        return None
    logs = aws.cloudwatch.LogGroup(
        f"{name}-access-logs",
        retention_in_days=operation.log_retention_days,
        tags=operation.tags,
        opts=pulumi.ResourceOptions(parent=parent),
    )
    return {"destination_arn": logs.arn, "format": json.dumps(fields, sort_keys=True)}
