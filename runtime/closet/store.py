"""The table of what shoppers save: a row for each thing, and one that counts them.

Keys are `user_id` and `key`, such as `favorite#<product id>`. What is new is added in one transaction with
its count, so that a limit holds however many requests come at once.
"""

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeVar, cast

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import BotoCoreError, ClientError

from runtime.closet.item import LIMITS, Item, Kind, Picture
from runtime.shared.aws import is_transient, read_code

_COUNT = "count"
_ROUNDS = 8
_FIRST_WAIT_S = 0.02
_UNMET = "ConditionalCheckFailed"
_CONFLICTS = frozenset({"TransactionConflictException", "TransactionInProgressException"})
_BUSY = frozenset({"ProvisionedThroughputExceeded", "ThrottlingError", "TransactionConflict"})
"""Reasons for which a transaction may come through later."""

T = TypeVar("T")
_serialize = TypeSerializer().serialize
_deserialize = TypeDeserializer().deserialize


class ClosetUnavailable(Exception):
    """The table is out of reach, throttled or busy with the same rows; worth another attempt."""


class ClosetFull(Exception):
    """A shopper has as many of a kind as anybody may have."""

    def __init__(self, kind: Kind) -> None:
        super().__init__(kind.value)
        self.kind = kind


class _Conflict(Exception):
    """Somebody else writes the same rows at this moment."""


class _Unmet(Exception):
    """Conditions did not hold; `places` are the numbers of the steps whose condition it was."""

    def __init__(self, places: Sequence[int]) -> None:
        super().__init__(str(places))
        self.places = places


class ClosetTable:
    """What shoppers save. Every method raises ClosetUnavailable."""

    def __init__(
        self,
        client: Any,
        table: str,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._table = table
        self._now = now
        self._sleep = sleep

    def read(self, user_id: str) -> list[Item]:
        """All that a shopper has, newest first, as it is now."""
        items = [_read_row(row) for row in self._rows(user_id) if row["key"]["S"] != _COUNT]
        return sorted(items, key=lambda item: item.place, reverse=True)

    def find(self, user_id: str, kind: Kind, item_id: str) -> Item | None:
        """One thing that a shopper has, None where there is no such."""
        key = _key(user_id, _name(kind, item_id))
        row = self._call(lambda: self._send("get_item", Key=key, ConsistentRead=True)).get("Item")
        return _read_row(row) if row else None

    def keep(self, user_id: str, item: Item) -> Item:
        """Save something, or change what is saved of it; the time when it was added stays.

        Doing it again does no harm. Raises ClosetFull when it is new and there is no room for it.
        """

        def attempt() -> Item | None:
            now = self._now().isoformat(timespec="microseconds")
            return self._change(user_id, item, now) or self._add(user_id, item, now)

        return self._repeat(attempt)

    def drop(self, user_id: str, kind: Kind, item_id: str) -> None:
        """Take something out; doing it again does no harm."""
        self._repeat(lambda: self._remove(user_id, kind, _key(user_id, _name(kind, item_id))))

    def _repeat(self, attempt: Callable[[], T | None]) -> T:
        """The first answer of `attempt`, which is asked again while somebody else writes the same."""
        for number in range(_ROUNDS):
            if number:
                self._sleep(_FIRST_WAIT_S * 2**number * (0.5 + random.random()))
            try:
                if answer := attempt():
                    return answer
            except _Conflict:
                continue
        raise ClosetUnavailable("the rows kept changing")

    def _change(self, user_id: str, item: Item, now: str) -> Item | None:
        """The item as it is kept from now on, None where there was no such."""
        update = self._update(user_id, item, now, "attribute_exists(#key)")
        try:
            row = self._call(lambda: self._send("update_item", **update, ReturnValues="ALL_NEW"))
        except _Unmet:
            return None
        return _read_row(row["Attributes"])

    def _add(self, user_id: str, item: Item, now: str) -> Item | None:
        """The item as it was added, None when it is there already."""
        add = self._update(user_id, item, now, "attribute_not_exists(#key)")
        count = self._count(
            user_id, item.kind, 1, "attribute_not_exists(#kind) OR #kind < :limit", LIMITS[item.kind]
        )
        try:
            self._call(lambda: self._transact({"Update": add}, {"Update": count}))
        except _Unmet as unmet:
            if 0 in unmet.places:
                return None
            raise ClosetFull(item.kind) from unmet
        return replace(item, added_at=now, updated_at=now)

    def _remove(self, user_id: str, kind: Kind, key: Mapping[str, Any]) -> bool:
        delete = {"Key": key, "ConditionExpression": "attribute_exists(user_id)"}
        count = self._count(user_id, kind, -1, "#kind > :limit", 0)
        try:
            self._call(lambda: self._transact({"Delete": delete}, {"Update": count}))
        except _Unmet as unmet:
            if 0 not in unmet.places:  # the count went in an erasure, while this was being saved
                self._call(lambda: self._send("delete_item", Key=key))
        return True

    def _update(self, user_id: str, item: Item, now: str, condition: str) -> dict[str, Any]:
        """An update of the item's row: what it has is set, and what it lacks removed."""
        values = {**_attributes(item), "updated_at": {"S": now}}
        lacking = [name for name in _OPTIONAL if name not in values]
        sets = [f"#{name} = :{name}" for name in values]
        sets.append("#added_at = if_not_exists(#added_at, :updated_at)")
        change = "SET " + ", ".join(sets)
        if lacking:
            change += " REMOVE " + ", ".join(f"#{name}" for name in lacking)
        return {
            "Key": _key(user_id, _name(item.kind, item.item_id)),
            "UpdateExpression": change,
            "ConditionExpression": condition,
            "ExpressionAttributeNames": {f"#{name}": name for name in ("key", "added_at", *values, *lacking)},
            "ExpressionAttributeValues": {f":{name}": value for name, value in values.items()},
        }

    def _count(self, user_id: str, kind: Kind, by: int, condition: str, limit: int) -> dict[str, Any]:
        return {
            "Key": _key(user_id, _COUNT),
            "UpdateExpression": "ADD #kind :by",
            "ConditionExpression": condition,
            "ExpressionAttributeNames": {"#kind": kind.value},
            "ExpressionAttributeValues": {":by": {"N": str(by)}, ":limit": {"N": str(limit)}},
        }

    def _rows(self, user_id: str) -> Iterator[Mapping[str, Any]]:
        start: dict[str, Any] = {}
        while True:
            answer = self._call(
                lambda place=start: self._send(
                    "query",
                    KeyConditionExpression="user_id = :user",
                    ExpressionAttributeValues={":user": {"S": user_id}},
                    ConsistentRead=True,
                    **place,
                )
            )
            yield from answer["Items"]
            if not answer.get("LastEvaluatedKey"):
                return
            start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}

    def _send(self, operation: str, **arguments: Any) -> Any:
        return getattr(self._client, operation)(TableName=self._table, **arguments)

    def _transact(self, *steps: Mapping[str, Mapping[str, Any]]) -> Any:
        named = [
            {action: {"TableName": self._table, **step} for action, step in each.items()} for each in steps
        ]
        return self._client.transact_write_items(TransactItems=named)

    def _call(self, run: Callable[[], T]) -> T:
        """What `run` answers. Raises ClosetUnavailable, _Unmet and _Conflict."""
        try:
            return run()
        except (ClientError, BotoCoreError) as error:
            raise _explain(error) from error


def _explain(error: ClientError | BotoCoreError) -> Exception:
    if isinstance(error, ClientError):
        code = read_code(error)
        if code == "ConditionalCheckFailedException":
            return _Unmet([0])
        if code in _CONFLICTS:
            return _Conflict()
        if code == "TransactionCanceledException":
            return _explain_cancelled(error)
    return ClosetUnavailable("the closet did not answer") if is_transient(error) else error


def _explain_cancelled(error: ClientError) -> Exception:
    """Why a transaction was not done; the reasons stand in the order of its steps."""
    told = cast("Mapping[str, Any]", error.response).get("CancellationReasons", ())
    reasons = [str(each.get("Code")) for each in told]
    unmet = [place for place, reason in enumerate(reasons) if reason == _UNMET]
    if unmet:
        return _Unmet(unmet)
    return _Conflict() if _BUSY.intersection(reasons) else error


_OPTIONAL = ("name", "size", "picture")


def _attributes(item: Item) -> dict[str, Any]:
    """What the row says of an item, but for its key and its times."""
    picture = item.picture
    values = {
        "product_ids": list(item.product_ids),
        "quantity": item.quantity,
        "name": item.name,
        "size": item.size,
        "picture": {"kind": picture.kind, "id": picture.id} if picture else None,
    }
    return {name: _serialize(value) for name, value in values.items() if value is not None}


def _read_row(row: Mapping[str, Any]) -> Item:
    values = {name: _deserialize(value) for name, value in row.items()}
    kind, _, item_id = values["key"].partition("#")
    picture = values.get("picture")
    return Item(
        kind=Kind(kind),
        item_id=item_id,
        product_ids=tuple(values["product_ids"]),
        name=values.get("name"),
        size=values.get("size"),
        quantity=int(values["quantity"]),
        picture=Picture(picture["kind"], picture["id"]) if picture else None,
        added_at=values["added_at"],
        updated_at=values["updated_at"],
    )


def _name(kind: Kind, item_id: str) -> str:
    return f"{kind.value}#{item_id}"


def _key(user_id: str, key: str) -> dict[str, Any]:
    return {"user_id": {"S": user_id}, "key": {"S": key}}
