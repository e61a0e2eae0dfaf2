"""What became of each object of the catalogue bucket, for the people who put it there.

It is said for one content of one key: a newer object of the same key is told from it by its ETag.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import BotoCoreError, ClientError

from runtime.shared.aws import is_transient, read_code
from runtime.shared.moments import write_moment

KEPT_DAYS = 30
MOST_REASONS = 20
_LONGEST_REASON = 1_000
_DAY_S = 86_400
_BATCH = 100  # most keys of one BatchGetItem
_MAX_ROUNDS = 5
_OURS_IS_OLDER = "ConditionalCheckFailedException"

_serialize = TypeSerializer().serialize
_deserialize = TypeDeserializer().deserialize


class OutcomesUnavailable(Exception):
    """The table of outcomes is out of reach or throttled; worth another attempt."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something was refused; `row` and `column` are of a catalogue file, whose header is row 1."""

    text: str
    row: int | None = None
    column: str | None = None


@dataclass(frozen=True, slots=True)
class Noted:
    """What became of the object of `key` with this ETag.

    `outcome` is one of `reconcile.Outcome`, or `GivenUp`. `refusals` counts what `reasons` holds the first
    of. `at` is in seconds since 1970.
    """

    key: str
    etag: str
    outcome: str
    at: float
    reasons: tuple[Reason, ...] = ()
    refusals: int = 0
    rows_changed: int = 0

    @property
    def moment(self) -> str:
        """`at` as an ISO 8601 time in UTC."""
        return write_moment(self.at)


@dataclass(frozen=True, slots=True)
class OutcomeTable:
    """The table of outcomes. Rows end after KEPT_DAYS."""

    client: Any
    table: str
    clock: Callable[[], float] = field(default=time.time)

    def note(self, noted: Noted) -> None:
        """Keep an outcome, unless a later one of the key is kept already. Raises the client's errors."""
        row = {
            "key": noted.key,
            "etag": noted.etag.strip('"'),
            "outcome": noted.outcome,
            "at": int(1000 * noted.at),
            "reasons": [_write_reason(reason) for reason in noted.reasons[:MOST_REASONS]],
            "refusals": noted.refusals,
            "rows_changed": noted.rows_changed,
            "expires_at": int(noted.at) + KEPT_DAYS * _DAY_S,
        }
        try:
            self.client.put_item(
                TableName=self.table,
                Item={name: _serialize(value) for name, value in row.items()},
                ConditionExpression="attribute_not_exists(#at) OR #at <= :at",
                ExpressionAttributeNames={"#at": "at"},
                ExpressionAttributeValues={":at": _serialize(row["at"])},
            )
        except ClientError as error:
            if read_code(error) != _OURS_IS_OLDER:
                raise

    def find(self, keys: Sequence[str]) -> dict[str, Noted]:
        """The outcomes that are known of distinct `keys`. Raises OutcomesUnavailable."""
        found: dict[str, Noted] = {}
        for start in range(0, len(keys), _BATCH):
            for item in self._read(keys[start : start + _BATCH]):
                noted = _read_row({name: _deserialize(value) for name, value in item.items()})
                found[noted.key] = noted
        return found

    def _read(self, keys: Sequence[str]) -> Iterator[dict[str, Any]]:
        wanted: dict[str, Any] = {
            self.table: {"Keys": [{"key": {"S": key}} for key in keys], "ConsistentRead": True}
        }
        for _ in range(_MAX_ROUNDS):
            try:
                answer = self.client.batch_get_item(RequestItems=wanted)
            except (ClientError, BotoCoreError) as error:
                if is_transient(error):
                    raise OutcomesUnavailable("the table of outcomes did not answer") from error
                raise
            yield from answer["Responses"].get(self.table, ())
            wanted = answer.get("UnprocessedKeys") or {}
            if not wanted:
                return
        raise OutcomesUnavailable("the table of outcomes keeps leaving keys unprocessed")


def _write_reason(reason: Reason) -> dict[str, Any]:
    values = {"text": reason.text[:_LONGEST_REASON], "row": reason.row, "column": reason.column}
    return {name: value for name, value in values.items() if value is not None}


def _read_row(row: dict[str, Any]) -> Noted:
    return Noted(
        key=row["key"],
        etag=row["etag"],
        outcome=row["outcome"],
        at=float(row["at"]) / 1000,
        reasons=tuple(_read_reason(each) for each in row.get("reasons", ())),
        refusals=int(row.get("refusals", 0)),
        rows_changed=int(row.get("rows_changed", 0)),
    )


def _read_reason(values: dict[str, Any]) -> Reason:
    row = values.get("row")
    return Reason(values["text"], None if row is None else int(row), values.get("column"))
