"""Counting what a day costs: what one shopper had made, and the stack's money. A day is a day in UTC.

All that is paid for by the piece counts in one table, so that the money has one limit.
"""

import datetime
import math
from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from runtime.shared.aws import is_transient, read_code
from runtime.shared.observability import emit_metrics
from runtime.shared.problems import Problem

MICROS = 1_000_000
"""Money is counted in whole millionths of a US dollar: sums of floats drift."""
_KEPT_S = 2 * 86_400
_EVERYONE = "#everyone"

Key = dict[str, dict[str, str]]


class QuotasUnavailable(Exception):
    """The table of counters is out of reach or throttled; worth another attempt."""


class Quotas:
    """Counters in the quotas table: `<what>#<day>` under a shopper's id, and money for all of them.

    Money is counted in millionths of a dollar under `spend#<day>` of an id that no shopper has.
    `what` names the pieces in the plural, such as `pictures`, for the key and for people. Room is taken with
    one conditional ADD, so that calls at the same time cannot both have the last of it.
    Every method raises QuotasUnavailable.
    """

    def __init__(
        self,
        client: Any,
        table: str,
        *,
        what: str,
        daily_per_user: int,
        spend_micros: int,
        clock: Callable[[], float],
    ) -> None:
        self._client = client
        self._table = table
        self._what = what
        self._daily_per_user = daily_per_user
        self._spend_micros = spend_micros
        self._clock = clock

    def now(self) -> float:
        """The time by which days are told, in seconds since 1970."""
        return self._clock()

    def reserve(self, user_id: str, count: int, micros: int) -> str:
        """Take room for `count` pieces that cost `micros` together, and return its day.

        Raises a 429 or 503 Problem without room.
        """
        now = self._clock()
        day = day_of(now)
        if self._take(self._user_key(user_id, day), count, self._daily_per_user) is None:
            raise self._refuse_user(count, now)
        try:
            spent = self._take(_spend_key(day), micros, self._spend_micros)
            if spent is not None:
                _report_spent(spent)
                return day
        except BaseException:
            self._add(self._user_key(user_id, day), -count)
            raise
        self._add(self._user_key(user_id, day), -count)
        raise Problem(
            503,
            f"{self._what.capitalize()} are used up",
            f"The shop has made all the {self._what} it can pay for today. Come back tomorrow.",
            retry_after=seconds_to_midnight(now),
        )

    def give_back(self, user_id: str, day: str, count: int, micros: int) -> None:
        """Return the room of `count` pieces that were not made, and the money that was not spent."""
        if count:
            self._add(self._user_key(user_id, day), -count)
        if micros:
            left = self._add(_spend_key(day), -micros)
            if day == day_of(self._clock()):
                _report_spent(left)

    def _take(self, key: Key, amount: int, limit: int) -> int | None:
        """What a counter comes to with `amount` more; None when that would pass its limit."""
        if amount > limit:
            return None
        try:
            return self._add(
                key,
                amount,
                ConditionExpression="attribute_not_exists(used) OR used <= :room",
                values={":room": {"N": str(limit - amount)}},
            )
        except ClientError as error:
            if read_code(error) == "ConditionalCheckFailedException":
                return None
            raise

    def _add(self, key: Key, amount: int, values: dict[str, Any] | None = None, **condition: str) -> int:
        given = {
            ":amount": {"N": str(amount)},
            ":expires": {"N": str(int(self._clock()) + _KEPT_S)},
            **(values or {}),
        }
        try:
            answer = self._client.update_item(
                TableName=self._table,
                Key=key,
                UpdateExpression="ADD used :amount SET expires_at = :expires",
                ExpressionAttributeValues=given,
                ReturnValues="UPDATED_NEW",
                **condition,
            )
            return int(answer["Attributes"]["used"]["N"])
        except (ClientError, BotoCoreError) as error:
            if is_transient(error):
                raise QuotasUnavailable("the quotas table did not answer") from error
            raise

    def _user_key(self, user_id: str, day: str) -> Key:
        return {"user_id": {"S": user_id}, "key": {"S": f"{self._what}#{day}"}}

    def _refuse_user(self, count: int, now: float) -> Problem:
        wait = seconds_to_midnight(now)
        hours = max(1, round(wait / 3600))
        return Problem(
            429,
            "Daily limit reached",
            f"You can have {self._daily_per_user} {self._what} a day, and {count} more would be too many. "
            f"The next day begins in about {hours} hour{'s' if hours > 1 else ''}.",
            retry_after=wait,
        )


def cost_micros(usd: float) -> int:
    """A cost in millionths, rounded up."""
    return math.ceil(round(usd * MICROS, 3))


def limit_micros(usd: float) -> int:
    """A limit in millionths, rounded down."""
    return math.floor(round(usd * MICROS, 3))


def day_of(now: float) -> str:
    """The UTC day of a time in seconds, as `2026-11-20`."""
    return datetime.datetime.fromtimestamp(now, datetime.UTC).date().isoformat()


def seconds_to_midnight(now: float) -> int:
    """Whole seconds until the next UTC day, at least 1."""
    return 86_400 - int(now) % 86_400


def _report_spent(micros: int) -> None:
    emit_metrics({}, {"SpentTodayUsd": micros / MICROS}, {})


def _spend_key(day: str) -> Key:
    return {"user_id": {"S": _EVERYONE}, "key": {"S": f"spend#{day}"}}
