"""The queue on which accepted interactions wait to be recorded."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from runtime.personalization.port import EventType, Interaction
from runtime.shared.aws import is_transient
from runtime.shared.observability import followed

_REQUEST = "request_id"


class QueueUnavailable(Exception):
    """The queue is out of reach or throttled; worth another attempt."""


class InteractionQueue:
    """Sends interactions, all of one call in one message: fifty take some 20 of the 256 KB of one."""

    def __init__(self, client: Any, url: str) -> None:
        self._client = client
        self._url = url

    def send(self, interactions: Sequence[Interaction]) -> None:
        """Put interactions on the queue. Raises QueueUnavailable."""
        body = json.dumps([each.to_row() for each in interactions], separators=(",", ":"))
        try:
            self._client.send_message(QueueUrl=self._url, MessageBody=body, MessageAttributes=_trace())
        except (ClientError, BotoCoreError) as error:
            if is_transient(error):
                raise QueueUnavailable("the queue did not answer") from error
            raise


def _trace() -> dict[str, Any]:
    request_id = followed()
    return {_REQUEST: {"DataType": "String", "StringValue": request_id}} if request_id else {}


def requests_of(records: Sequence[Mapping[str, Any]]) -> list[str]:
    """Ids of the requests that messages come from, as far as they are told."""
    told = [(record.get("messageAttributes") or {}).get(_REQUEST, {}) for record in records]
    return [each["stringValue"] for each in told if "stringValue" in each]


def read_message(body: str) -> list[Interaction]:
    """The interactions of a message. Raises ValueError for anything that `send` did not write."""
    try:
        return [_read(row) for row in json.loads(body)]
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("the message holds no interactions") from error


def _read(row: Mapping[str, Any]) -> Interaction:
    return Interaction(
        event_id=row["event_id"],
        user_id=row["user_id"],
        product_id=row["product_id"],
        event_type=EventType(row["event_type"]),
        session_id=row["session_id"],
        timestamp=row["timestamp"],
        cluster=row["cluster"],
        # Messages of the release before have none.
        category=row.get("category"),
    )
