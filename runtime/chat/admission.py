"""How many turns run at once, counted over all instances of the function.

Beyond that number a shopper hears at once that the stylist is busy, instead of Lambda's or the model's own
refusal, which over a WebSocket nobody could read. One row of the sessions table holds a lease for each turn
that runs (attribute: the second until which it counts) and their number; no shopper has its key. A lease that
ran out belongs to a function that died, and is dropped when room is needed.
"""

import secrets
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from runtime.shared.aws import is_transient, read_code
from runtime.shared.observability import describe_error, get_logger
from runtime.shared.problems import Problem

RETRY_AFTER_S = 3
LEASE_S = 40
"""Longer than the function may run."""
_KEY = {"user_id": {"S": "#turns"}, "session_id": {"S": "#running"}}
_PREFIX = "lease_"
_MOST_DROPPED = 100


class Admission:
    """Lets `most` turns run at once; `clock` gives seconds since 1970."""

    def __init__(self, client: Any, table: str, most: int, clock: Callable[[], float]) -> None:
        self._client = client
        self._table = table
        self._most = most
        self._clock = clock

    @contextmanager
    def turn(self) -> Generator[None]:
        """Counts a turn while it runs. Raises a 429 Problem without room.

        When the count cannot be kept, the turn runs uncounted: the bound is for calm, not for safety.
        """
        lease = _PREFIX + secrets.token_hex(5)
        taken = self._try(lambda: self._take(lease))
        if taken is False:
            raise Problem(
                429,
                "Too many requests",
                "The stylist is talking with many shoppers; try again in a few seconds.",
                retry_after=RETRY_AFTER_S,
            )
        try:
            yield
        finally:
            if taken:
                self._try(lambda: self._drop([lease]))

    def _try(self, step: Callable[[], bool]) -> bool | None:
        try:
            return step()
        except (ClientError, BotoCoreError) as error:
            if not is_transient(error):
                raise
            get_logger().warning("turns not counted", **describe_error(error))
            return None

    def _take(self, lease: str) -> bool:
        """Whether there was room, if need be that of turns that died."""
        return self._add(lease) or (self._drop_dead() and self._add(lease))

    def _add(self, lease: str) -> bool:
        return self._update(
            "SET #lease = :until ADD running :one",
            "attribute_not_exists(running) OR running < :most",
            {"#lease": lease},
            {":until": int(self._clock()) + LEASE_S, ":one": 1, ":most": self._most},
        )

    def _drop_dead(self) -> bool:
        row = self._client.get_item(TableName=self._table, Key=_KEY, ConsistentRead=True).get("Item") or {}
        now = self._clock()
        dead = [name for name in row if name.startswith(_PREFIX) and float(row[name]["N"]) <= now]
        # Those that cannot be dropped have just been dropped by someone else, so that there is room, too.
        return bool(dead) and (self._drop(dead[:_MOST_DROPPED]) or True)

    def _drop(self, leases: list[str]) -> bool:
        names = {f"#lease{number}": lease for number, lease in enumerate(leases)}
        return self._update(
            f"REMOVE {', '.join(names)} ADD running :less",
            " AND ".join(f"attribute_exists({name})" for name in names),
            names,
            {":less": -len(leases)},
        )

    def _update(
        self, expression: str, condition: str, names: Mapping[str, str], values: Mapping[str, int]
    ) -> bool:
        """Whether the condition held."""
        try:
            self._client.update_item(
                TableName=self._table,
                Key=_KEY,
                UpdateExpression=expression,
                ConditionExpression=condition,
                ExpressionAttributeNames=names,
                ExpressionAttributeValues={name: {"N": str(value)} for name, value in values.items()},
            )
        except ClientError as error:
            if read_code(error) == "ConditionalCheckFailedException":
                return False
            raise
        return True
