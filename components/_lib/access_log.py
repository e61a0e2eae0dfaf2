"""The access log of an API's stage: a log group, and what stands in a line."""

import json
from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_aws as aws


def create_access_log(
    name: str, parent: pulumi.Resource, args: Mapping[str, Any], fields: Mapping[str, str]
) -> Any:
    """Declare the log group for `fields` (context variables by name); the stage's setting.

    `args` are those of the API's component: `access_log`, `log_retention_days` and `tags` count. Without
    `access_log` there is neither. REST and WebSocket stages take the same setting.
    """
    if not args.get("access_log", False):
        return None
    logs = aws.cloudwatch.LogGroup(
        f"{name}-access-logs",
        retention_in_days=int(args.get("log_retention_days", 30)),
        tags=args.get("tags"),
        opts=pulumi.ResourceOptions(parent=parent),
    )
    return {"destination_arn": logs.arn, "format": json.dumps(fields, sort_keys=True)}
