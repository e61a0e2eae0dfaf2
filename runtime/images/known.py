"""What other functions have written down of a shopper: the conversation's outfit, and the profile."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from boto3.dynamodb.types import TypeDeserializer
from botocore.exceptions import BotoCoreError, ClientError

from runtime.images.prompt import Look, Piece
from runtime.shared.aws import is_transient
from runtime.shared.observability import describe_error, get_logger
from runtime.shared.problems import refuse_missing

_SETTING = {"occasion": "occasion", "season": "season", "location": "place"}
_PERSON = ("gender", "age_group", "style")
_deserialize = TypeDeserializer().deserialize


class SessionsUnavailable(Exception):
    """The sessions table is out of reach or throttled; worth another attempt."""


class KnownLooks:
    """Reads the tables of sessions and profiles; either may be absent (None)."""

    def __init__(
        self, client: Any, sessions: str | None, profiles: str | None, clock: Callable[[], float]
    ) -> None:
        self._client = client
        self._sessions = sessions
        self._profiles = profiles
        self._clock = clock

    def find(self, user_id: str, session_id: str | None) -> Look:
        """What is known of the outfit and the person; the conversation's word counts before the profile's.

        Raises a 404 Problem when the shopper has no such session, and SessionsUnavailable.
        """
        row = self._read_session(user_id, session_id) if session_id else {}
        return combine_looks(row, self._read_facts(user_id))

    def _read_session(self, user_id: str, session_id: str) -> dict[str, Any]:
        # The shopper is part of the key: the session of someone else cannot even be asked for.
        key = {"user_id": {"S": user_id}, "session_id": {"S": session_id}}
        try:
            row = self._get(self._sessions, key) if self._sessions else {}
        except (ClientError, BotoCoreError) as error:
            if is_transient(error):
                raise SessionsUnavailable("the sessions table did not answer") from error
            raise
        if not row or float(row.get("expires_at", 0)) <= self._clock():
            raise refuse_missing("session")
        return row

    def _read_facts(self, user_id: str) -> Mapping[str, Any]:
        """The facts that the shopper agreed to have kept; a picture goes on without them."""
        if not self._profiles:
            return {}
        try:
            row = self._get(self._profiles, {"user_id": {"S": user_id}})
        except (ClientError, BotoCoreError) as error:
            get_logger().warning("no profile", **describe_error(error))
            return {}
        return _as_map(row.get("facts")) if row.get("consent") is True else {}

    def _get(self, table: str, key: Mapping[str, Any]) -> dict[str, Any]:
        answer = self._client.get_item(TableName=table, Key=key)
        return {name: _deserialize(value) for name, value in (answer.get("Item") or {}).items()}


def combine_looks(session: Mapping[str, Any], facts: Mapping[str, Any]) -> Look:
    """The look of a session's row (may be empty) and a profile's facts (may be empty)."""
    brief = _as_map(session.get("brief"))
    products = _read_products(session.get("products"))
    ids = tuple(str(product_id) for product_id in session.get("outfit") or ())
    worn = [_as_map(products.get(product_id)) for product_id in ids]
    pieces = tuple(Piece(str(each["name"]), _as_text(each.get("color"))) for each in worn if each.get("name"))
    person = {name: _as_text(brief.get(name)) or _as_text(facts.get(name)) for name in _PERSON}
    setting = {ours: _as_text(brief.get(theirs)) for theirs, ours in _SETTING.items()}
    return Look(pieces=pieces, product_ids=ids, **person, **setting)


def _read_products(value: Any) -> Mapping[str, Any]:
    """The products of a session's row, which are JSON text."""
    try:
        return _as_map(json.loads(value))
    except (TypeError, ValueError):
        return {}


def _as_map(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _as_text(value: Any) -> str | None:
    return value if isinstance(value, str) and value.strip() else None
