"""A DynamoDB table in this process, written, read and followed at once, for long runs of the stores."""

import re
import threading
from bisect import bisect_right
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

_PAGE_ROWS = 400  # a page of DynamoDB has 1 MB
_COMPARISON = re.compile(r"#?(\w+) <= (:\w+)")


class LiveTable:
    """The calls that the embeddings table makes, with the conditions that it sets on versions."""

    def __init__(self) -> None:
        self._rows: dict[str, dict[str, Any]] = {}
        self._lock = threading.Lock()

    def put_item(
        self,
        *,
        Item: dict[str, Any],
        ConditionExpression: str = "",
        ExpressionAttributeValues: Mapping[str, Any] | None = None,
        **_: Any,
    ) -> dict[str, Any]:
        with self._lock:
            key = Item["product_id"]["S"]
            known = self._rows.get(key)
            if "attribute_exists" in ConditionExpression:
                _require(known is not None and "deleted" not in known)
            elif known is not None and "version" in known:
                _require(_holds(ConditionExpression, known, ExpressionAttributeValues or {}))
            self._rows[key] = Item
        return {}

    def update_item(
        self,
        *,
        Key: dict[str, Any],
        UpdateExpression: str,
        ConditionExpression: str,
        ExpressionAttributeValues: Mapping[str, Any],
        **_: Any,
    ) -> dict[str, Any]:
        with self._lock:
            key = Key["product_id"]["S"]
            known = self._rows.get(key, {})
            _require("version" in known and _holds(ConditionExpression, known, ExpressionAttributeValues))
            sets, _space, removes = UpdateExpression.removeprefix("SET ").partition(" REMOVE ")
            gone = set(re.findall(r"#(\w+)", removes))
            values = {name: ExpressionAttributeValues[f":{name}"] for name in re.findall(r"#(\w+) =", sets)}
            self._rows[key] = {name: value for name, value in known.items() if name not in gone} | values
        return {}

    def batch_get_item(self, *, RequestItems: Mapping[str, Any]) -> dict[str, Any]:
        ((table, request),) = RequestItems.items()
        names = [key["product_id"]["S"] for key in request["Keys"]]
        return {"Responses": {table: [self._rows[each] for each in names if each in self._rows]}}

    def scan(
        self,
        *,
        ExpressionAttributeValues: Mapping[str, Any],
        Limit: int = _PAGE_ROWS,
        Segment: int = 0,
        TotalSegments: int = 1,
        ExclusiveStartKey: dict[str, Any] | None = None,
        **_: Any,
    ) -> dict[str, Any]:
        with self._lock:
            names = sorted(self._rows)[Segment::TotalSegments] if TotalSegments > 1 else sorted(self._rows)
            start = bisect_right(names, ExclusiveStartKey["product_id"]["S"]) if ExclusiveStartKey else 0
            part = names[start : start + Limit]
            rows = [self._rows[each] for each in part]
        own = [row for row in rows if row.get("embedding_key") == ExpressionAttributeValues[":own_key"]]
        page: dict[str, Any] = {"Items": own, "Count": len(own)}
        if start + Limit < len(names):
            page["LastEvaluatedKey"] = {"product_id": {"S": part[-1]}}
        return page

    def query(self, *, ExpressionAttributeValues: Mapping[str, Any], **_: Any) -> dict[str, Any]:
        shard, since = ExpressionAttributeValues[":shard"], int(ExpressionAttributeValues[":since"]["N"])
        with self._lock:
            rows = list(self._rows.values())
        return {
            "Items": [
                row for row in rows if row["change_shard"] == shard and int(row["updated_at"]["N"]) > since
            ]
        }


class RecordTable:
    """The one row of a migration."""

    def __init__(self) -> None:
        self._row: dict[str, Any] | None = None
        self._lock = threading.Lock()

    def get_item(self, **_: Any) -> dict[str, Any]:
        return {} if self._row is None else {"Item": self._row}

    def put_item(
        self, *, Item: dict[str, Any], ExpressionAttributeValues: Mapping[str, Any], **_: Any
    ) -> dict[str, Any]:
        with self._lock:
            _require(self._row is None or self._row["revision"] == ExpressionAttributeValues[":read"])
            self._row = Item
        return {}


def _holds(condition: str, row: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
    own_key = ":own_key" not in condition or row.get("embedding_key") == values[":own_key"]
    return own_key and all(
        int(row[name]["N"]) <= int(values[value]["N"]) for name, value in _COMPARISON.findall(condition)
    )


def _require(condition: bool) -> None:
    if not condition:
        raise ClientError({"Error": {"Code": "ConditionalCheckFailedException"}}, "Write")
