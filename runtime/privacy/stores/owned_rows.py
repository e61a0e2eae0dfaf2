"""Rows of a table that belong to a shopper: conversations, try-ons, or whatever a table keeps by shopper."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from runtime.privacy.settings import KeptRows
from runtime.privacy.stores.port import Page, StoreUnavailable, UnknownPlace, explain
from runtime.privacy.stores.rows import read_row, write_value
from runtime.shared.aws import read_code

OWNER = "user_id"
"""Hash key of the table, or of the index that finds a shopper's rows."""
_BATCH = 25  # most requests of one BatchWriteItem
_MAX_ROUNDS = 6


class OwnedRows:
    """A shopper's rows of one table. Every method raises StoreUnavailable."""

    def __init__(self, client: Any, kept: KeptRows, sleep: Callable[[float], None] = time.sleep) -> None:
        self._client = client
        self._kept = kept
        self._sleep = sleep
        self._key_names = kept.keys if kept.index else (OWNER, *kept.keys)

    @property
    def name(self) -> str:
        return self._kept.name

    def read(self, user_id: str, after: str | None) -> Page:
        """One page of rows, as DynamoDB cuts it: 1 MB."""
        answer = self._query(user_id, _read_place(user_id, after) if after else None)
        records = tuple(self._describe(read_row(item)) for item in answer["Items"])
        return Page(records, _write_place(answer.get("LastEvaluatedKey")))

    def erase(self, user_id: str) -> int:
        """Erase all rows; a conversation that is going on cannot be saved any more after that."""
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
        names = {f"#k{place}": name for place, name in enumerate(self._key_names)}
        projection = {"ProjectionExpression": ", ".join(names), "ExpressionAttributeNames": names}
        while True:
            answer = self._query(user_id, start, **projection)
            yield from answer["Items"]
            start = answer.get("LastEvaluatedKey")
            if not start:
                return

    def _query(self, user_id: str, start: dict[str, Any] | None, **more: Any) -> dict[str, Any]:
        place = {"ExclusiveStartKey": start} if start else {}
        # An index is never consistent; a table can be.
        source = {"IndexName": self._kept.index} if self._kept.index else {"ConsistentRead": True}
        try:
            return self._client.query(
                TableName=self._kept.table,
                KeyConditionExpression=f"{OWNER} = :user",
                ExpressionAttributeValues={":user": {"S": user_id}},
                **source,
                **place,
                **more,
            )
        except (ClientError, BotoCoreError) as error:
            if isinstance(error, ClientError) and start and read_code(error) == "ValidationException":
                raise UnknownPlace from error
            raise explain(error) from error

    def _write(self, requests: list[dict[str, Any]]) -> None:
        waiting: dict[str, Any] = {self._kept.table: requests}
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
        raise StoreUnavailable(f"the table of {self.name} keeps leaving deletions unprocessed")

    def _describe(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """A row as its owner reads it: texts of JSON unfolded, the expiry as a time."""
        hidden = {OWNER, *self._kept.hidden}
        record = {name: value for name, value in row.items() if name not in hidden}
        for name in self._kept.texts:
            if isinstance(record.get(name), str):
                record[name] = json.loads(record[name])
        if isinstance(record.get("expires_at"), int):
            record["expires_at"] = datetime.fromtimestamp(record["expires_at"], UTC).isoformat()
        return record


def _write_place(last: Mapping[str, Any] | None) -> str | None:
    """A place in the rows of one shopper; whose they are is left out, and put back by `_read_place`."""
    if not last:
        return None
    return json.dumps({name: value for name, value in read_row(last).items() if name != OWNER})


def _read_place(user_id: str, place: str) -> dict[str, Any]:
    try:
        keys = dict(json.loads(place))
        return {name: write_value(value) for name, value in {**keys, OWNER: user_id}.items()}
    except (ValueError, TypeError) as error:
        raise UnknownPlace from error
