"""Which requests have been asked for and answered, so that none is paid for twice.

A request is claimed for the time of a lease. Whoever has the claim answers it, or says that it failed; a
claim whose lease ran out belongs to a function that died, and the next attempt takes it over.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

from botocore.exceptions import BotoCoreError, ClientError

from runtime.shared.aws import is_transient, read_code
from runtime.shared.problems import FieldError, Problem
from runtime.shared.quotas import QuotasUnavailable

LEASE_S = 35
"""Longer than the function may run, which is as long as the API waits: 29 s."""
KEPT_S = 86_400
_RETRY_S = 3

_FREE = (
    "attribute_not_exists(#key) OR expires_at <= :now"
    " OR (fingerprint = :fingerprint AND (#state = :failed OR (#state = :running AND lease_until <= :now)))"
)


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to answer a request. `reserved_on` is the day on which a dead attempt took room for it.

    `asked_at` is when the request first came, in milliseconds since 1970.
    """

    user_id: str
    request_id: str
    token: str
    asked_at: int
    taken_over: bool = False
    reserved_on: str | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """What was answered before."""

    answer: dict[str, Any]


class Ledger:
    """Rows `request#<request_id>` under the shopper's id. Every method raises QuotasUnavailable."""

    def __init__(self, client: Any, table: str, clock: Callable[[], float]) -> None:
        self._client = client
        self._table = table
        self._clock = clock

    def claim(self, user_id: str, request_id: str, fingerprint: str) -> Claim | Done:
        """Claim a request, or return its answer.

        Raises a 409 Problem while someone else works at it, and a 422 Problem when the id was used for
        something else (another `fingerprint`).
        """
        token, moment = uuid4().hex, self._clock()
        now, asked_at = int(moment), int(1000 * moment)
        claim = Claim(user_id, request_id, token, asked_at)
        try:
            before = self._update(
                claim,
                "SET #state = :running, #token = :token, fingerprint = :fingerprint,"
                " lease_until = :lease, expires_at = :expires, asked_at = if_not_exists(asked_at, :asked)",
                _FREE,
                {
                    ":running": "running",
                    ":failed": "failed",
                    ":token": token,
                    ":fingerprint": fingerprint,
                    ":lease": now + LEASE_S,
                    ":expires": now + KEPT_S,
                    ":now": now,
                    ":asked": asked_at,
                },
            )
        except _Lost:
            return self._look_up(claim, fingerprint, now)
        if before.get("state") == "running" and int(before.get("expires_at", 0)) > now:
            claim = replace(claim, taken_over=True, reserved_on=before.get("reserved_on"))
        return replace(claim, asked_at=int(before.get("asked_at", asked_at)))

    def note_reserved(self, claim: Claim, day: str) -> bool:
        """Write down that room was taken for a claim; False when someone else has it by now."""
        return self._change(claim, "SET reserved_on = :day", {":day": day})

    def finish(self, claim: Claim, answer: dict[str, Any]) -> bool:
        """Write down the answer; False when someone else has the claim by now."""
        values = {":done": "done", ":answer": json.dumps(answer), ":expires": int(self._clock()) + KEPT_S}
        change = "SET #state = :done, answer = :answer, expires_at = :expires REMOVE reserved_on"
        return self._change(claim, change, values)

    def fail(self, claim: Claim) -> bool:
        """Let the request be tried again; False when someone else has the claim by now."""
        return self._change(claim, "SET #state = :failed REMOVE reserved_on", {":failed": "failed"})

    def _change(self, claim: Claim, change: str, values: dict[str, Any]) -> bool:
        try:
            self._update(claim, change, "#token = :token", {**values, ":token": claim.token})
        except _Lost:
            return False
        return True

    def _look_up(self, claim: Claim, fingerprint: str, now: int) -> Claim | Done:
        try:
            answer = self._client.get_item(TableName=self._table, Key=_key(claim), ConsistentRead=True)
        except (ClientError, BotoCoreError) as error:
            raise _explain(error) from error
        row = _read_row(answer.get("Item") or {})
        if (
            row.get("token") == claim.token
        ):  # the first attempt at writing came through, only its answer did not
            return replace(claim, asked_at=int(row["asked_at"]))
        if row.get("fingerprint", fingerprint) != fingerprint:
            advice = "used for another request before; choose a new one"
            raise Problem(
                422, "Request id used before", f"request_id: {advice}", [FieldError("request_id", advice)]
            )
        if row.get("state") == "done":
            return Done(json.loads(row["answer"]))
        wait = max(1, min(_RETRY_S, int(row.get("lease_until", now)) - now))
        raise Problem(
            409, "In progress", "This picture is being made; ask again in a moment.", retry_after=wait
        )

    def _update(
        self, claim: Claim, change: str, condition: str, values: dict[str, str | int]
    ) -> dict[str, str]:
        """The row before the change. Raises _Lost when the condition does not hold."""
        names = {"#key": "key", "#state": "state", "#token": "token"}
        used = {name: word for name, word in names.items() if name in change or name in condition}
        try:
            answer = self._client.update_item(
                TableName=self._table,
                Key=_key(claim),
                UpdateExpression=change,
                ConditionExpression=condition,
                ExpressionAttributeNames=used,
                ExpressionAttributeValues={name: _write(value) for name, value in values.items()},
                ReturnValues="ALL_OLD",
            )
        except (ClientError, BotoCoreError) as error:
            if isinstance(error, ClientError) and read_code(error) == "ConditionalCheckFailedException":
                raise _Lost from error
            raise _explain(error) from error
        return _read_row(answer.get("Attributes") or {})


class _Lost(Exception):
    """A condition did not hold: the row is someone else's."""


def _key(claim: Claim) -> dict[str, dict[str, str]]:
    return {"user_id": {"S": claim.user_id}, "key": {"S": f"request#{claim.request_id}"}}


def _write(value: str | int) -> dict[str, str]:
    return {"N": str(value)} if isinstance(value, int) else {"S": value}


def _read_row(item: dict[str, dict[str, str]]) -> dict[str, str]:
    return {name: next(iter(value.values())) for name, value in item.items()}


def _explain(error: ClientError | BotoCoreError) -> Exception:
    return QuotasUnavailable("the quotas table did not answer") if is_transient(error) else error
