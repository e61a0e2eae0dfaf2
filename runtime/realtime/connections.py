"""Who is connected, and sending to them."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from runtime.shared.aws import read_code
from runtime.shared.settings import SettingsModel

LONGEST_CONNECTION = 2 * 3600
"""Seconds after which API Gateway ends any connection."""
_SPARE_SECONDS = 600


class ConnectionSettings(SettingsModel):
    """Variable CONNECTIONS: the table of connections and the address through which they are sent to."""

    table: str
    endpoint: str


class ConnectionTable:
    """One row for each open connection; a row whose end was never told of expires. Raises client errors."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def add(self, connection_id: str, user_id: str, now: float) -> None:
        """Note a new connection of a shopper; `now` is in seconds since 1970."""
        connected_at = datetime.fromtimestamp(now, UTC).isoformat(timespec="seconds")
        expiry = int(now) + LONGEST_CONNECTION + _SPARE_SECONDS
        self._client.put_item(
            TableName=self._table,
            Item={
                "connection_id": {"S": connection_id},
                "user_id": {"S": user_id},
                "connected_at": {"S": connected_at},
                "ttl": {"N": str(expiry)},
            },
        )

    def remove(self, connection_id: str) -> None:
        """Forget a connection, known or not."""
        self._client.delete_item(TableName=self._table, Key={"connection_id": {"S": connection_id}})


class Sender:
    """Sends to connections through API Gateway's management address."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def send(self, connection_id: str, message: Mapping[str, Any]) -> bool:
        """Send a message; False when the connection is gone. Raises other client errors."""
        data = json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()
        try:
            self._client.post_to_connection(ConnectionId=connection_id, Data=data)
        except ClientError as error:
            if read_code(error) in ("GoneException", "410"):
                return False
            raise
        return True
