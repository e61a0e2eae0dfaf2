"""The table of style profiles: one row a shopper, read and written as a whole.

Events are one JSON text, a list for each: what a search has to read stays one small item, and decoding a
hundred events takes a fraction of a millisecond.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, TypeVar

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import BotoCoreError, ClientError

from runtime.personalization.port import EventType
from runtime.personalization.style import Style
from runtime.personalization.taste import Event, Trait
from runtime.shared.aws import is_transient, read_code

_ROUNDS = 6

T = TypeVar("T")
_serialize = TypeSerializer().serialize
_deserialize = TypeDeserializer().deserialize


class StyleUnavailable(Exception):
    """The style profiles are out of reach or throttled; worth another attempt."""


class StyleTable:
    """The style profiles. Every method raises StyleUnavailable."""

    def __init__(self, client: Any, table: str, now: Callable[[], datetime] = lambda: datetime.now(UTC)):
        self._client = client
        self._table = table
        self._now = now

    def read(self, user_id: str) -> Style:
        """The profile as it is now, an empty one where there is none."""
        answer = _call(
            lambda: self._client.get_item(
                TableName=self._table, Key={"user_id": {"S": user_id}}, ConsistentRead=True
            )
        )
        return _read_row(answer["Item"]) if "Item" in answer else Style(user_id)

    def change(self, user_id: str, alter: Callable[[Style], Style]) -> Style:
        """Store what `alter` makes of the profile; it is asked again when somebody else was faster."""
        for _ in range(_ROUNDS):
            before = self.read(user_id)
            after = alter(before)
            if after == before:
                return before
            if stored := self._write(after, before.version):
                return stored
        raise StyleUnavailable("the profile kept changing")

    def _write(self, style: Style, version: int) -> Style | None:
        now = self._now().isoformat(timespec="seconds")
        row = {
            "user_id": style.user_id,
            "pseudonym": style.pseudonym or None,
            "weight": None if style.weight is None else Decimal(str(style.weight)),
            "opted_out": style.opted_out,
            "events": _dump([_write_event(event) for event in style.events]) if style.events else None,
            "muted": _dump([[*trait, at] for trait, at in style.muted.items()]) if style.muted else None,
            "heard": list(style.heard),
            "version": version + 1,
            "updated_at": now,
        }
        condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(user_id)"}
        if version:
            condition = {
                "ConditionExpression": "#version = :version",
                "ExpressionAttributeNames": {"#version": "version"},
                "ExpressionAttributeValues": {":version": {"N": str(version)}},
            }
        item = {name: _serialize(value) for name, value in row.items() if value is not None}
        try:
            _call(lambda: self._client.put_item(TableName=self._table, Item=item, **condition))
        except ClientError as error:
            if read_code(error) == "ConditionalCheckFailedException":
                return None
            raise
        return _read_row(item)


def _read_row(item: dict[str, Any]) -> Style:
    row = {name: _deserialize(value) for name, value in item.items()}
    weight = row.get("weight")
    minute, in_minute, day, in_day = (int(each) for each in row.get("heard", (0, 0, 0, 0)))
    return Style(
        user_id=row["user_id"],
        pseudonym=row.get("pseudonym", ""),
        weight=None if weight is None else float(weight),
        opted_out=row.get("opted_out", False),
        events=tuple(_read_event(each) for each in json.loads(row.get("events", "[]"))),
        muted={(Trait(trait), value): at for trait, value, at in json.loads(row.get("muted", "[]"))},
        heard=(minute, in_minute, day, in_day),
        version=int(row["version"]),
        updated_at=row.get("updated_at"),
    )


def _write_event(event: Event) -> list[Any]:
    return [
        event.product_id,
        event.event_type.value,
        event.at,
        event.session,
        event.cluster,
        event.category,
        event.color,
        event.price,
        event.currency,
    ]


def _read_event(values: list[Any]) -> Event:
    """An event; one that was kept before currencies were has none."""
    product_id, event_type, *rest = values
    return Event(product_id, EventType(event_type), *rest)


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _call(run: Callable[[], T]) -> T:
    try:
        return run()
    except (ClientError, BotoCoreError) as error:
        if is_transient(error):
            raise StyleUnavailable("the style profiles did not answer") from error
        raise
