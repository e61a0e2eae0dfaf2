"""The WebSocket routes $connect, $disconnect, ping and $default."""

import time
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from runtime.realtime.connections import ConnectionSettings, ConnectionTable, Sender
from runtime.shared.aws import CONFIG, Clients
from runtime.shared.observability import describe_error, emit_metrics, get_logger
from runtime.shared.problems import Problem
from runtime.shared.settings import read_setting

UNKNOWN_ACTION = Problem(
    400, "Unknown action", "Send a JSON object with a member `action`, such as chat or ping."
)


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda entry point: an event of a connection in, an HTTP status out."""
    return _open_lifecycle().answer(event)


@cache
def _open_lifecycle() -> "Lifecycle":
    settings: ConnectionSettings = read_setting("CONNECTIONS", ConnectionSettings)
    management = boto3.client("apigatewaymanagementapi", endpoint_url=settings.endpoint, config=CONFIG)
    return Lifecycle(ConnectionTable(Clients().get("dynamodb"), settings.table), Sender(management))


class Lifecycle:
    """What happens to a connection apart from its messages."""

    def __init__(
        self, table: ConnectionTable, sender: Sender, clock: Callable[[], float] = time.time
    ) -> None:
        self._table = table
        self._sender = sender
        self._clock = clock

    def answer(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Answer one event; a status above 299 refuses a connect, after that nobody sees it."""
        context = event["requestContext"]
        route, connection_id = str(context["routeKey"]), str(context["connectionId"])
        try:
            status = self._run(route, connection_id, context)
        except (ClientError, BotoCoreError) as error:
            get_logger().error("connection event failed", route=route, **describe_error(error))
            status = 503
        emit_metrics({"route": route}, {"Events": 1.0, "Faults": float(status >= 500)}, {})
        return {"statusCode": status}

    def _run(self, route: str, connection_id: str, context: Mapping[str, Any]) -> int:
        if route == "$connect":
            return self._connect(connection_id, context)
        if route == "$disconnect":
            self._table.remove(connection_id)
            return 200
        if route == "ping":
            self._send(connection_id, {"type": "pong"})
            return 200
        self._send(connection_id, {"type": "error", "problem": UNKNOWN_ACTION.render()})
        return 200

    def _connect(self, connection_id: str, context: Mapping[str, Any]) -> int:
        user_id = (context.get("authorizer") or {}).get("principalId")
        if not user_id:  # the route has lost its authorizer
            return 401
        self._table.add(connection_id, str(user_id), self._clock())
        return 200

    def _send(self, connection_id: str, message: Mapping[str, Any]) -> None:
        if not self._sender.send(connection_id, message):
            self._table.remove(connection_id)
