"""Open WebSocket connections: whose they are, and what is sent to them."""

import json
from collections.abc import Mapping
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from runtime.shared.aws import CONFIG, is_transient, read_code
from runtime.shared.problems import Problem, refuse_for_now
from runtime.shared.settings import SettingsModel

_GONE = frozenset({"GoneException", "ForbiddenException"})


class ConnectionSettings(SettingsModel):
    """Variable CONNECTIONS: the table of connections and the address through which they are sent to."""

    table: str
    endpoint: str


def open_gateway(settings: ConnectionSettings) -> Any:
    """The client that sends to connections; safe to use from threads."""
    return boto3.Session().client("apigatewaymanagementapi", endpoint_url=settings.endpoint, config=CONFIG)


class Connection:
    """The way back to one browser. Once a frame could not be sent, none is sent any more: order matters."""

    def __init__(self, client: Any, connection_id: str) -> None:
        self._client = client
        self._id = connection_id
        self.is_lost = False

    def send(self, frame: Mapping[str, Any]) -> None:
        """Send a frame, unless the connection is lost. A lost connection is no error: the reply is kept."""
        if self.is_lost:
            return
        data = json.dumps(frame, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
        try:
            self._client.post_to_connection(ConnectionId=self._id, Data=data)
        except (ClientError, BotoCoreError) as error:
            gone = isinstance(error, ClientError) and (read_code(error) in _GONE or _status(error) == 410)
            if not gone and not is_transient(error):
                raise
            self.is_lost = True


def find_user(client: Any, table: str, event: Mapping[str, Any]) -> str:
    """The shopper of a connection: as its authorizer found, or as was written down when it opened.

    Raises a 401 Problem when neither knows.
    """
    context = event["requestContext"]
    known = (context.get("authorizer") or {}).get("principalId")
    if known:
        return str(known)
    key = {"connection_id": {"S": context["connectionId"]}}
    try:
        row = client.get_item(TableName=table, Key=key, ConsistentRead=True).get("Item") or {}
    except (ClientError, BotoCoreError) as error:
        if is_transient(error):
            raise refuse_for_now("The connection cannot be looked up; try again.", retry_after=2) from error
        raise
    user = row.get("user_id", {}).get("S")
    if not user:
        raise Problem(401, "Unauthorized", "This connection is not signed in; connect again.")
    return user


def _status(error: ClientError) -> int:
    return error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
