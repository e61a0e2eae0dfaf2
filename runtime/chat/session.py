"""Conversations, one row each, under the shopper's id: what is not the caller's cannot even be asked for.

Row (key user_id, session_id): title, messages and history (JSON texts), brief (map), products (JSON text, by
id), outfit (list of ids), weather (map), feedback (map by turn), turn and version (numbers), state (JSON
text), updated_at and expires_at (seconds). What is large is text: as maps, writing and reading it would cost
each turn several times as much. The index `by_time` lists a shopper's conversations.
"""

import base64
import binascii
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, TypeVar

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import BotoCoreError, ClientError

from runtime.chat.brief import Brief, describe_brief, merge, read_patch
from runtime.chat.history import Record, keep_newest, make_record, make_title
from runtime.chat.model import Message, starts_turn
from runtime.shared.aws import is_transient, read_code
from runtime.shared.problems import refuse_fields
from runtime.wardrobe.items import Item, read_item, store_item

MAX_MESSAGES = 40
MAX_BYTES = 150_000
"""Of the messages' JSON; the whole row may have 400 KB."""
BY_TIME = "by_time"
_MOST_PRODUCTS = 80
_MOST_TURNS = 5
_MOST_SEARCHES = 10
_MOST_SHOWN = 60
_ID = re.compile(r"[A-Za-z0-9_-]{1,100}")

T = TypeVar("T")
_serialize = TypeSerializer().serialize
_deserialize = TypeDeserializer().deserialize


class SessionsUnavailable(Exception):
    """The sessions table is out of reach or throttled; worth another attempt."""


@dataclass(frozen=True, slots=True)
class OutfitState:
    """The outfit that the conversation is about; `slots` go with `ids`."""

    ids: tuple[str, ...] = ()
    slots: tuple[str, ...] = ()
    formality: str | None = None
    total: float = 0.0
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """One conversation. `version` 0 has never been saved."""

    user_id: str
    session_id: str
    version: int = 0
    turn: int = 0
    messages: tuple[Message, ...] = ()
    brief: Brief = field(default_factory=Brief)
    products: Mapping[str, Item] = field(default_factory=dict[str, Item])
    outfit: OutfitState = field(default_factory=OutfitState)
    weather: Mapping[str, Any] | None = None
    answers: tuple[Mapping[str, Any], ...] = ()
    """The last answers, each `{"request_id", "answer"}`."""
    searches: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    """Ids already shown, by search: asked again, a search goes on from there."""
    history: tuple[Record, ...] = ()
    title: str = ""
    """The first words; empty before the first turn."""
    ratings: Mapping[str, str] = field(default_factory=dict[str, str])
    """The shopper's judgements, by turn; `SessionStore.rate` writes them."""

    def find_answer(self, request_id: str | None) -> dict[str, Any] | None:
        """What was answered to a request before."""
        for each in self.answers:
            if request_id is not None and each["request_id"] == request_id:
                return dict(each["answer"])
        return None


@dataclass(frozen=True, slots=True)
class Changes:
    """What a turn changes in its session, however that looks by the time it is saved."""

    messages: tuple[Message, ...]
    brief: Brief
    """A patch: only what changed is set."""
    products: Mapping[str, Item]
    outfit: OutfitState | None
    weather: Mapping[str, Any] | None
    searches: Mapping[str, Sequence[str]]
    request_id: str | None
    answer: Mapping[str, Any]
    message: str
    language: str | None
    at: str


def apply(session: Session, changes: Changes) -> Session:
    """The session after a turn, within its bounds."""
    outfit = session.outfit if changes.outfit is None else changes.outfit
    turn = session.turn + 1
    record = {"request_id": changes.request_id, "answer": {**changes.answer, "turn": turn}}
    told = make_record(turn, changes.at, changes.message, changes.language, changes.answer)
    searches = {**session.searches, **changes.searches}
    return replace(
        session,
        turn=turn,
        messages=trim((*session.messages, *changes.messages)),
        brief=merge(session.brief, changes.brief),
        products=_keep_products({**session.products, **changes.products}, outfit),
        outfit=outfit,
        weather=changes.weather or session.weather,
        answers=(*session.answers, record)[-_MOST_TURNS:],
        searches={key: list(searches[key])[-_MOST_SHOWN:] for key in list(searches)[-_MOST_SEARCHES:]},
        history=keep_newest((*session.history, told)),
        title=session.title or make_title(changes.message),
    )


def trim(
    messages: Sequence[Message], most: int = MAX_MESSAGES, longest: int = MAX_BYTES
) -> tuple[Message, ...]:
    """The newest turns that fit, whole ones only: a tool's result must not lose its use."""
    starts = [place for place, message in enumerate(messages) if starts_turn(message)]
    for start in starts:
        kept = messages[start:]
        if len(kept) <= most and len(_write_json(kept).encode()) <= longest:
            return tuple(kept)
    return ()


def _keep_products(products: Mapping[str, Item], outfit: OutfitState) -> dict[str, Item]:
    """The products of the outfit and those seen last (a map read from the table has lost its order)."""
    order = sorted(products.values(), key=lambda item: (item.product_id in outfit.ids, item.seen_at))
    return {item.product_id: item for item in order[-_MOST_PRODUCTS:]}


@dataclass(frozen=True, slots=True)
class Listed:
    """A conversation in a list; `updated_at` is in seconds since 1970."""

    session_id: str
    title: str
    turns: int
    updated_at: int


@dataclass(frozen=True, slots=True)
class SessionPage:
    """Some conversations, and where the list goes on (None: nowhere)."""

    sessions: tuple[Listed, ...]
    cursor: str | None


class SessionStore:
    """The sessions table. Every method raises SessionsUnavailable."""

    def __init__(self, client: Any, table: str, ttl_hours: int, clock: Callable[[], float]) -> None:
        self._client = client
        self._table = table
        self._ttl_s = ttl_hours * 3600
        self._clock = clock

    def load(self, user_id: str, session_id: str) -> Session | None:
        """A session of this shopper; None when there is none (any more)."""
        key = _key(user_id, session_id)
        answer = _call(lambda: self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True))
        item = answer.get("Item")
        if item is None or int(item["expires_at"]["N"]) <= self._clock():
            return None
        return _read_row({name: _deserialize(value) for name, value in item.items()})

    def list(self, user_id: str, limit: int, cursor: str | None) -> SessionPage:
        """A shopper's conversations, newest first. Raises a 400 Problem for a cursor of no list."""
        place = {"ExclusiveStartKey": _read_cursor(user_id, cursor)} if cursor else {}
        answer = _call(
            lambda: self._client.query(
                TableName=self._table,
                IndexName=BY_TIME,
                KeyConditionExpression="user_id = :user",
                FilterExpression="expires_at > :now",
                ExpressionAttributeValues={
                    ":user": {"S": user_id},
                    ":now": {"N": str(int(self._clock()))},
                },
                ScanIndexForward=False,
                Limit=limit,
                **place,
            )
        )
        rows = [{name: _deserialize(value) for name, value in item.items()} for item in answer["Items"]]
        last = answer.get("LastEvaluatedKey")
        return SessionPage(tuple(map(_read_listed, rows)), _write_cursor(last) if last else None)

    def save(self, session: Session) -> bool:
        """Write a session; False when someone else has written it since it was loaded."""
        now = int(self._clock())
        values = _write_row(session) | {"expires_at": now + self._ttl_s, "updated_at": now}
        names = {f"#{name}": name for name in values}
        sets = [f"#{name} = :{name}" for name in values]
        if session.version:
            condition, extra = "#version = :loaded", {":loaded": session.version}
        else:
            condition, extra = "attribute_not_exists(session_id) OR expires_at <= :now", {":now": now}
        given = {f":{name}": value for name, value in values.items()} | extra | {":none": {}}
        return self._update(
            session.user_id,
            session.session_id,
            UpdateExpression=f"SET {', '.join(sets)}, feedback = if_not_exists(feedback, :none)",
            ConditionExpression=condition,
            ExpressionAttributeNames=names,
            ExpressionAttributeValues={name: _serialize(value) for name, value in given.items()},
        )

    def rate(self, user_id: str, session_id: str, turn: int, feedback: Mapping[str, Any]) -> bool:
        """Keep a shopper's judgement of a turn; False when there is no such turn."""
        given = {":turn": turn, ":feedback": dict(feedback), ":now": int(self._clock())}
        return self._update(
            user_id,
            session_id,
            UpdateExpression="SET feedback.#key = :feedback",
            ConditionExpression="#turn >= :turn AND expires_at > :now",
            ExpressionAttributeNames={"#key": str(turn), "#turn": "turn"},
            ExpressionAttributeValues={name: _serialize(value) for name, value in given.items()},
        )

    def _update(self, user_id: str, session_id: str, **arguments: Any) -> bool:
        """Whether the condition held."""
        key = _key(user_id, session_id)
        try:
            _call(lambda: self._client.update_item(TableName=self._table, Key=key, **arguments))
        except ClientError as error:
            if read_code(error) == "ConditionalCheckFailedException":
                return False
            raise
        return True


def _read_listed(row: Mapping[str, Any]) -> Listed:
    return Listed(row["session_id"], row.get("title", ""), int(row["turn"]), int(row["updated_at"]))


def _write_cursor(last: Mapping[str, Any]) -> str:
    place = [last["session_id"]["S"], int(last["updated_at"]["N"])]
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def _read_cursor(user_id: str, cursor: str) -> dict[str, Any]:
    """A place in one shopper's list; whose it is does not stand in the cursor."""
    try:
        session_id, updated_at = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        known = bool(_ID.fullmatch(session_id)) and type(updated_at) is int and abs(updated_at) < 10**12
    except (binascii.Error, ValueError, TypeError):
        session_id, updated_at, known = "", 0, False
    if not known:
        raise refuse_fields(("cursor", "not a cursor of this list; start again without one"))
    return {**_key(user_id, session_id), "updated_at": {"N": str(updated_at)}}


def _key(user_id: str, session_id: str) -> dict[str, Any]:
    return {"user_id": {"S": user_id}, "session_id": {"S": session_id}}


def _write_row(session: Session) -> dict[str, Any]:
    state = {
        "slots": session.outfit.slots,
        "formality": session.outfit.formality,
        "total": session.outfit.total,
        "currency": session.outfit.currency,
        "answers": session.answers,
        "searches": session.searches,
    }
    return {
        "messages": _write_json(session.messages),
        "brief": to_decimals(describe_brief(session.brief)),
        "products": _write_json({key: _without_link(item) for key, item in session.products.items()}),
        "outfit": list(session.outfit.ids),
        "weather": to_decimals(session.weather),
        "history": _write_json(session.history),
        "title": session.title,
        "turn": session.turn,
        "version": session.version + 1,
        "state": _write_json(state),
    }


def _read_row(row: Mapping[str, Any]) -> Session:
    state = json.loads(row["state"])
    products = {key: read_item(value, 0.0) for key, value in json.loads(row["products"]).items()}
    return Session(
        user_id=row["user_id"],
        session_id=row["session_id"],
        version=int(row["version"]),
        turn=int(row["turn"]),
        messages=tuple(json.loads(row["messages"])),
        brief=read_patch(from_decimals(row["brief"])),
        products=products,
        outfit=OutfitState(
            tuple(row["outfit"]), tuple(state["slots"]), state["formality"], state["total"], state["currency"]
        ),
        weather=from_decimals(row["weather"]),
        answers=tuple(state["answers"]),
        searches=state["searches"],
        history=tuple(json.loads(row.get("history", "[]"))),
        title=row.get("title", ""),
        ratings={turn: each["rating"] for turn, each in row.get("feedback", {}).items()},
    )


def _without_link(item: Item) -> dict[str, Any]:
    """The item without its picture's address, which works for minutes only."""
    return store_item(replace(item, image_url=""))


def to_decimals(value: Any) -> Any:
    """JSON values as DynamoDB takes them."""
    if isinstance(value, float):
        return int(value) if value.is_integer() else Decimal(str(value))
    if isinstance(value, Mapping):
        return {name: to_decimals(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_decimals(each) for each in value]
    return value


def from_decimals(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, dict):
        return {name: from_decimals(each) for name, each in value.items()}
    return [from_decimals(each) for each in value] if isinstance(value, list) else value


def _write_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _call(request: Callable[[], T]) -> T:
    try:
        return request()
    except (ClientError, BotoCoreError) as error:
        if is_transient(error):
            raise SessionsUnavailable("the sessions table did not answer") from error
        raise
