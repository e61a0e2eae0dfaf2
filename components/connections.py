"""Who is connected: the WebSocket API itself and the table of its connections.

Functions that send over the WebSocket need both, and the routes of the API need the functions: so the API
stands here, and its routes in `Realtime`.
"""

from collections.abc import Mapping
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components._lib import iam
from components._lib.package import public_token
from components._lib.table import data_table
from components._lib.watched import describe_watched, watched_table

STAGE = "v1"
EXPIRY_ATTRIBUTE = "ttl"


class ConnectionsArgs(TypedDict):
    """Inputs of `Connections`."""

    protect_data: NotRequired[bool]
    """Keep the table when the stack goes: deletion protection, recovery, retention. Default: true."""
    tags: NotRequired[pulumi.Input[Mapping[str, pulumi.Input[str]]]]
    """Tags of every resource. Default: none."""


class Connections(pulumi.ComponentResource):
    """A WebSocket API without routes yet, and the right to send to whoever is connected to it."""

    api_id: pulumi.Output[str]
    """Id of the WebSocket API."""
    execution_arn: pulumi.Output[str]
    """ARN under which the API invokes functions."""
    endpoint: pulumi.Output[str]
    """Address (https) through which functions send to connections."""
    environment: pulumi.Output[Mapping[str, str]]
    """Setting CONNECTIONS (JSON text) for functions that send over the WebSocket."""
    policy: pulumi.Output[str]
    """IAM policy document (JSON text) for sending to connections and reading whose they are."""
    send_policy: pulumi.Output[str]
    """IAM policy document (JSON text) for sending to connections only."""
    manage_policy: pulumi.Output[str]
    """IAM policy document (JSON text) for the function that opens and closes connections."""
    watched: pulumi.Output[str]
    """Parts to look at (JSON text), for `Dashboard`."""

    def __init__(self, name: str, args: ConnectionsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(public_token("Connections"), name, {}, opts)
        api = aws.apigatewayv2.Api(
            f"{name}-socket",
            protocol_type="WEBSOCKET",
            route_selection_expression="$request.body.action",
            tags=args.get("tags"),
            opts=pulumi.ResourceOptions(parent=self),
        )
        table = _table(name, self, args)
        send = iam.allow(
            ["execute-api:ManageConnections"],
            # The ids are made by API Gateway, one for each connection.
            [pulumi.Output.concat(api.execution_arn, f"/{STAGE}/POST/@connections/*")],
        )

        self.api_id = api.id
        self.execution_arn = api.execution_arn
        self.endpoint = api.api_endpoint.apply(management_url)
        setting = pulumi.Output.json_dumps({"table": table.name, "endpoint": self.endpoint}, sort_keys=True)
        self.environment = pulumi.Output.all(CONNECTIONS=setting)
        self.policy = iam.document([send, _on(table, "GetItem")])
        self.send_policy = iam.document([send])
        self.manage_policy = iam.document([send, _on(table, "DeleteItem", "PutItem")])
        self.watched = describe_watched(watched_table(f"{name}-table", table))
        self.register_outputs(
            {
                "api_id": self.api_id,
                "execution_arn": self.execution_arn,
                "endpoint": self.endpoint,
                "environment": self.environment,
                "policy": self.policy,
                "send_policy": self.send_policy,
                "manage_policy": self.manage_policy,
                "watched": self.watched,
            }
        )


def management_url(api_endpoint: str) -> str:
    """Where messages are sent to connections: the stage of a `wss://` address, over https."""
    scheme, _, host = api_endpoint.partition("://")
    return f"{'http' if scheme == 'ws' else 'https'}://{host}/{STAGE}"


def _table(name: str, parent: pulumi.Resource, args: ConnectionsArgs) -> aws.dynamodb.Table:
    return data_table(
        f"{name}-table",
        parent,
        hash_key="connection_id",
        # A connection whose end was never told of.
        expires_by=EXPIRY_ATTRIBUTE,
        protect_data=args.get("protect_data", True),
        tags=args.get("tags"),
    )


def _on(table: aws.dynamodb.Table, *operations: str) -> iam.Statement:
    return iam.allow([f"dynamodb:{operation}" for operation in operations], [table.arn])
