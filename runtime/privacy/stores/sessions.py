"""Conversations: rows under the shopper's id and the session's, until they expire."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from runtime.privacy.stores.port import Page, StoreUnavailable, explain
from runtime.privacy.stores.rows import read_row

_BATCH = 25  # most requests of one BatchWriteItem
_MAX_ROUNDS = 6
_TEXTS = ("messages", "state")
_INTERNAL = ("user_id", "version")


class SessionTable:
    """The sessions table. Every method raises StoreUnavailable."""

    name = "sessions"

    def __init__(self, client: Any, table: str, sleep: Callable[[float], None] = time.sleep) -> None:
        self._client = client
        self._table = table
        self._sleep = sleep

    def read(self, user_id: str, after: str | None) -> Page:
        """One page of conversations, as DynamoDB cuts it: 1 MB."""
        start = _key(user_id, after) if after else None
        answer = self._query(user_id, start)
        last = answer.get("LastEvaluatedKey")
        records = tuple(_describe(read_row(item)) for item in answer["Items"])
        return Page(records, last["session_id"]["S"] if last else None)

    def erase(self, user_id: str) -> int:
        """Erase all conversations; one that is going on cannot be saved any more after that."""
        erased = 0
        batch: list[dict[str, Any]] = []
        for key in self._keys(user_id):
            batch.append({"DeleteRequest": {"Key": key}})
            erased += 1
            if len(batch) == _BATCH:
                self._write(batch)
                batch = []
        if batch:
            self._write(batch)
        return erased

    def _keys(self, user_id: str) -> Iterator[dict[str, Any]]:
        start: dict[str, Any] | None = None
        while True:
            answer = self._query(user_id, start, ProjectionExpression="user_id, session_id")
            yield from answer["Items"]
            start = answer.get("LastEvaluatedKey")
            if not start:
                return

    def _query(self, user_id: str, start: dict[str, Any] | None, **more: Any) -> dict[str, Any]:
        place = {"ExclusiveStartKey": start} if start else {}
        try:
            return self._client.query(
                TableName=self._table,
                KeyConditionExpression="user_id = :user",
                ExpressionAttributeValues={":user": {"S": user_id}},
                ConsistentRead=True,
                **place,
                **more,
            )
        except (ClientError, BotoCoreError) as error:
            raise explain(error) from error

    def _write(self, requests: list[dict[str, Any]]) -> None:
        waiting: dict[str, Any] = {self._table: requests}
        for attempt in range(_MAX_ROUNDS):
            if attempt:
                self._sleep(0.05 * 2**attempt)
            try:
                answer = self._client.batch_write_item(RequestItems=waiting)
            except (ClientError, BotoCoreError) as error:
                raise explain(error) from error
            waiting = answer.get("UnprocessedItems") or {}
            if not waiting:
                return
        raise StoreUnavailable("the sessions table keeps leaving deletions unprocessed")


def _key(user_id: str, session_id: str) -> dict[str, Any]:
    return {"user_id": {"S": user_id}, "session_id": {"S": session_id}}


def _describe(row: Mapping[str, Any]) -> dict[str, Any]:
    """A conversation as its owner reads it: texts of JSON unfolded, the expiry as a time."""
    record = {name: value for name, value in row.items() if name not in _INTERNAL}
    for name in _TEXTS:
        if isinstance(record.get(name), str):
            record[name] = json.loads(record[name])
    if isinstance(record.get("expires_at"), int):
        record["expires_at"] = datetime.fromtimestamp(record["expires_at"], UTC).isoformat()
    return record
