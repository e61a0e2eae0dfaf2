"""What the tables of photos and jobs have in common: conditional writes, and lists by shopper."""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import BotoCoreError, ClientError

from runtime.shared.aws import is_transient, read_code
from runtime.shared.problems import refuse_fields

BY_USER = "by_user"
"""Index of both tables: a shopper's rows by the time of their making."""
_LONGEST_TIME = 40
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")

_serialize = TypeSerializer().serialize
_deserialize = TypeDeserializer().deserialize


class StoreUnavailable(Exception):
    """A table or bucket of the try-on is out of reach or busy; worth another attempt."""


TROUBLES = (StoreUnavailable, ClientError, BotoCoreError)
"""What the work on an event raises when it is worth another attempt."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Some rows of a list, and where it goes on (None: nowhere)."""

    rows: tuple[dict[str, Any], ...]
    cursor: str | None


class OwnedTable:
    """A table with one hash key and the index `by_user`. Every method raises StoreUnavailable."""

    def __init__(self, client: Any, table: str, key: str) -> None:
        self._client = client
        self._table = table
        self._key = key

    def put_new(self, row: Mapping[str, Any]) -> bool:
        """Write a row; False when there is one of that id already."""
        names = {"#key": self._key}
        item = {name: _serialize(value) for name, value in row.items()}
        return (
            self._attempt(
                "put_item",
                Item=item,
                ConditionExpression="attribute_not_exists(#key)",
                ExpressionAttributeNames=names,
            )
            is not None
        )

    def read(self, row_id: str) -> dict[str, Any] | None:
        """A row as it is now."""
        answer = self._call("get_item", Key=self._place(row_id), ConsistentRead=True)
        return read_item(answer["Item"]) if "Item" in answer else None

    def update(
        self,
        row_id: str,
        change: str,
        condition: str,
        values: Mapping[str, Any],
    ) -> dict[str, Any] | None:
        """The row after a change; None when the condition does not hold. Names are written as `#name`."""
        names = {f"#{name}": name for name in re.findall(r"#(\w+)", f"{change} {condition}")}
        answer = self._attempt(
            "update_item",
            Key=self._place(row_id),
            UpdateExpression=change,
            ConditionExpression=condition,
            ExpressionAttributeNames=names,
            ExpressionAttributeValues={name: _serialize(value) for name, value in values.items()},
            ReturnValues="ALL_NEW",
        )
        return None if answer is None else read_item(answer["Attributes"])

    def delete(self, row_id: str) -> None:
        """Remove a row, known or not."""
        self._call("delete_item", Key=self._place(row_id))

    def list(self, user_id: str, limit: int, cursor: str | None = None) -> Rows:
        """A shopper's rows, newest first. Raises a 400 Problem for a cursor that no list gave out."""
        place = {"ExclusiveStartKey": self._read_cursor(user_id, cursor)} if cursor else {}
        answer = self._call(
            "query",
            IndexName=BY_USER,
            KeyConditionExpression="user_id = :user",
            ExpressionAttributeValues={":user": {"S": user_id}},
            ScanIndexForward=False,
            Limit=limit,
            **place,
        )
        last = answer.get("LastEvaluatedKey")
        return Rows(tuple(map(read_item, answer["Items"])), self._write_cursor(last) if last else None)

    def query(self, **request: Any) -> dict[str, Any]:
        """A page of another index."""
        return self._call("query", **request)

    def _place(self, row_id: str) -> dict[str, Any]:
        return {self._key: {"S": row_id}}

    def _write_cursor(self, last: Mapping[str, Any]) -> str:
        place = [last[self._key]["S"], last["created_at"]["S"]]
        return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")

    def _read_cursor(self, user_id: str, cursor: str) -> dict[str, Any]:
        """A place in one shopper's list; whose it is does not stand in the cursor."""
        try:
            row_id, created_at = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
            known = bool(_ID.match(row_id)) and len(created_at) <= _LONGEST_TIME
        except (binascii.Error, ValueError, TypeError):
            row_id, created_at, known = "", "", False
        if not known:
            raise refuse_fields(("cursor", "not a cursor of this list; start again without one"))
        return {**self._place(row_id), "created_at": {"S": created_at}, "user_id": {"S": user_id}}

    def _attempt(self, operation: str, **request: Any) -> Any | None:
        """The answer, None when the condition does not hold."""
        try:
            return self._call(operation, **request)
        except ClientError as error:
            if read_code(error) == "ConditionalCheckFailedException":
                return None
            raise

    def _call(self, operation: str, **request: Any) -> Any:
        try:
            return getattr(self._client, operation)(TableName=self._table, **request)
        except (ClientError, BotoCoreError) as error:
            if is_transient(error):
                raise StoreUnavailable(f"the table of {self._key} did not answer") from error
            raise


def read_item(item: Mapping[str, Any]) -> dict[str, Any]:
    """A row as the table's deserializer gives it."""
    return {name: _deserialize(value) for name, value in item.items()}
