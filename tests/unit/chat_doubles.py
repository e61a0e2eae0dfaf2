"""A shop to talk to: a scripted model behind Bedrock's client, and the services behind the tools."""

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import botocore.session
from botocore.exceptions import ClientError
from botocore.validate import ParamValidator

from runtime.chat.admission import Admission
from runtime.chat.engines.converse import ConverseModel
from runtime.chat.logic import Stylist
from runtime.chat.model import Citation
from runtime.chat.profile import ProfileStore
from runtime.chat.services import Services
from runtime.chat.session import SessionStore
from runtime.chat.turn import Asked, Bounds
from runtime.shared.products import product_id_for_key

USER = "user-1"
REPLY = dict[str, Any]


@cache
def service_model(service: str) -> Any:
    return botocore.session.get_session().get_service_model(service)


def check_request(service: str, operation: str, arguments: Mapping[str, Any]) -> None:
    """Raises AssertionError when a request does not have the shape that botocore knows."""
    shape = service_model(service).operation_model(operation).input_shape
    report = ParamValidator().validate(dict(arguments), shape)
    assert not report.has_errors(), report.generate_report()
    unknown = set(arguments) - set(shape.members)
    assert not unknown, f"unknown arguments: {unknown}"


def client_error(code: str, operation: str = "Converse", status: int = 400, text: str = "no") -> ClientError:
    return ClientError(
        {"Error": {"Code": code, "Message": text}, "ResponseMetadata": {"HTTPStatusCode": status}}, operation
    )


def says(text: str, stop: str = "end_turn") -> REPLY:
    """The model answers with text."""
    return {"content": [{"text": text}], "stop": stop}


def uses(*tools: tuple[str, Any], text: str = "") -> REPLY:
    """The model wants tools."""
    said = [{"text": text}] if text else []
    blocks = [
        {"toolUse": {"toolUseId": f"tool-{number}", "name": name, "input": given}}
        for number, (name, given) in enumerate(tools)
    ]
    return {"content": said + blocks, "stop": "tool_use"}


@dataclass
class ScriptedBedrock:
    """Bedrock's runtime client: answers in the script's order, checks every request against botocore."""

    script: list[Any]
    requests: list[dict[str, Any]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    chunk: int = 7

    def converse(self, **arguments: Any) -> dict[str, Any]:
        reply = self._next("Converse", arguments)
        return {
            "output": {"message": {"role": "assistant", "content": reply["content"]}},
            "stopReason": reply["stop"],
            "usage": {"inputTokens": 10, "outputTokens": 20, "totalTokens": 30},
        }

    def converse_stream(self, **arguments: Any) -> dict[str, Any]:
        return {"stream": self._stream(self._next("ConverseStream", arguments))}

    def _next(self, operation: str, arguments: dict[str, Any]) -> REPLY:
        check_request("bedrock-runtime", operation, arguments)
        check_history(arguments["messages"])
        with self.lock:
            self.requests.append(json.loads(json.dumps(arguments)))
            assert self.script, "the model was asked once more than scripted"
            reply = self.script.pop(0)
        if callable(reply):
            reply = reply(arguments)
        if isinstance(reply, Exception):
            raise reply
        return reply

    def _stream(self, reply: REPLY) -> Iterator[dict[str, Any]]:
        yield {"messageStart": {"role": "assistant"}}
        for index, block in enumerate(reply["content"]):
            place = {"contentBlockIndex": index}
            if "text" in block:
                for start in range(0, len(block["text"]), self.chunk):
                    text = block["text"][start : start + self.chunk]
                    yield {"contentBlockDelta": {**place, "delta": {"text": text}}}
            else:
                use = block["toolUse"]
                head = {"toolUseId": use["toolUseId"], "name": use["name"]}
                yield {"contentBlockStart": {**place, "start": {"toolUse": head}}}
                written = use["input"] if isinstance(use["input"], str) else json.dumps(use["input"])
                for start in range(0, len(written), self.chunk):
                    part = {"input": written[start : start + self.chunk]}
                    yield {"contentBlockDelta": {**place, "delta": {"toolUse": part}}}
            yield {"contentBlockStop": place}
            if "breaks" in reply:
                raise reply["breaks"]
        yield {"messageStop": {"stopReason": reply["stop"]}}
        yield {"metadata": {"usage": {"inputTokens": 1, "outputTokens": 20, "totalTokens": 21}}}


def check_history(messages: Sequence[Mapping[str, Any]]) -> None:
    """What Converse refuses although the shapes are right."""
    roles = [message["role"] for message in messages]
    assert roles[::2] == ["user"] * len(roles[::2]), roles
    assert roles[1::2] == ["assistant"] * len(roles[1::2]), roles
    pending: set[str] = set()
    for message in messages:
        assert message["content"], "an empty message"
        assert all(block["text"].strip() for block in message["content"] if "text" in block), "blank text"
        answered = {b["toolResult"]["toolUseId"] for b in message["content"] if "toolResult" in b}
        assert answered == pending, "tool uses and results do not match"
        pending = {b["toolUse"]["toolUseId"] for b in message["content"] if "toolUse" in b}
    assert not pending


def product(name: str, category: str, price: float | None = 50.0, **fields: Any) -> dict[str, Any]:
    """A search result, as the search function tells it to the chat."""
    return {
        "product_id": product_id_for_key(f"products/{category}/{name}.jpg"),
        "name": name,
        "category": category,
        "price": price,
        "currency": "EUR",
        "color": None,
        "image_url": f"https://pictures/{name}".replace(" ", "-"),
        "score": 0.5,
        "relevance": 0.5,
        "affinity": None,
        "cluster": None,
        "why": [],
        "gender": None,
        "season": None,
        "occasion": None,
        "pattern": "plain",
        "sizes": [],
        "stock": 5,
    } | fields


DRESS = product(
    "Linen wrap dress", "dress", 89.9, color="red", gender="women", season="summer", occasion="party"
)
SLIP = product(
    "Satin slip dress", "dress", 99.9, color="green", gender="women", season="summer", occasion="party"
)
HEELS = product("Court heels", "shoes", 95, color="black", gender="women", occasion="party")
SANDALS = product(
    "Buckle sandals", "shoes", 60, color="brown", gender="women", season="summer", occasion="beach"
)
LOAFERS = product("Penny loafers", "shoes", 80, color="brown", gender="men", occasion="office")
SNEAKERS = product("Leather sneakers", "shoes", 70, color="white", gender="unisex", occasion="casual")
SHIRT = product("Oxford shirt", "shirt", 55, color="white", gender="men", occasion="office")
TEE = product(
    "Crew-neck T-shirt", "t-shirt", 20, color="black", gender="unisex", season="summer", occasion="casual"
)
CHINOS = product("Slim chinos", "pants", 60, color="navy", gender="men", occasion="office")
JEANS = product("Straight jeans", "pants", 75, color="blue", gender="unisex", occasion="casual")
COAT = product("Wool coat", "outwear", 240, color="camel", gender="men", season="winter", occasion="formal")
TRENCH = product(
    "Trench coat", "outwear", 150, color="beige", gender="women", season="spring", occasion="office"
)
CAP = product("Baseball cap", "hat", 25, color="navy", gender="unisex", season="summer", occasion="sport")
SHOP = [DRESS, SLIP, HEELS, SANDALS, LOAFERS, SNEAKERS, SHIRT, TEE, CHINOS, JEANS, COAT, TRENCH, CAP]


@dataclass
class FakeCatalogue:
    """Filters the shelf as the search does, best match of the words first."""

    shelf: list[dict[str, Any]] = field(default_factory=lambda: list(SHOP))
    calls: list[dict[str, Any]] = field(default_factory=list)
    fail: Exception | None = None

    def search(self, user_id: str, request: Mapping[str, Any]) -> list[dict[str, Any]]:
        self.calls.append({"user_id": user_id, **request})
        if self.fail:
            raise self.fail
        filters = request.get("filters", {})
        words = set(request["query"].lower().split())
        found = [each for each in self.shelf if _passes(each, filters)]
        found.sort(key=lambda each: -len(words & set(each["name"].lower().split())))
        return [dict(each) for each in found[: request["limit"]]]

    def fetch(self, user_id: str, product_ids: Sequence[str]) -> list[dict[str, Any]]:
        if self.fail:
            raise self.fail
        return [
            {**each, "image_url": each["image_url"] + "?fresh"}
            for each in self.shelf
            if each["product_id"] in product_ids
        ]


def _passes(item: Mapping[str, Any], filters: Mapping[str, Any]) -> bool:
    price = item["price"]
    return (
        ("category" not in filters or item["category"] in filters["category"])
        and ("color" not in filters or item["color"] in filters["color"])
        and ("max_price" not in filters or (price is not None and price <= filters["max_price"]))
        and ("min_price" not in filters or (price is not None and price >= filters["min_price"]))
    )


@dataclass
class FakeKnowledge:
    passages: list[Citation] = field(default_factory=list)

    def retrieve(self, query: str) -> list[Citation]:
        return self.passages


@dataclass
class FakeForecaster:
    answer: dict[str, Any] | Exception = field(
        default_factory=lambda: {
            "city": "Lisbon",
            "country": "Portugal",
            "date": "2026-11-22",
            "summary": "clear sky",
            "temp_min_c": 17.0,
            "temp_max_c": 27.0,
            "rain_mm": 0.0,
            "wind_kmh": 12.0,
            "source": "open-meteo",
        }
    )
    asked: list[tuple[str, str | None]] = field(default_factory=list)

    def forecast(self, city: str, date: str | None) -> dict[str, Any]:
        self.asked.append((city, date))
        if isinstance(self.answer, Exception):
            raise self.answer
        return dict(self.answer)


@dataclass
class Clock:
    """Time that passes only when someone sleeps."""

    now: float = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@dataclass
class Conversation:
    """One shopper and their stylist."""

    stylist: Stylist
    bedrock: ScriptedBedrock
    catalogue: FakeCatalogue
    knowledge: FakeKnowledge
    forecaster: FakeForecaster
    clock: Clock
    sessions: SessionStore
    session_id: str | None = None
    deltas: list[tuple[str, int, int, str]] = field(default_factory=list)

    def say(self, message: str, *script: Any, user: str = USER, stream: bool = False, **more: Any) -> REPLY:
        """A turn in which the model follows the script."""
        self.bedrock.script = list(script)
        asked = Asked(user, message, more.pop("session_id", self.session_id), **more)
        self.deltas = []
        take = (lambda *delta: self.deltas.append(delta)) if stream else None
        body = self.stylist.answer(asked, take).body
        assert not self.bedrock.script, "the model was asked less often than scripted"
        self.session_id = body["session_id"]
        return body

    @property
    def streamed(self) -> str:
        return "".join(text for _, _, _, text in self.deltas)

    def results(self, request: int = -1) -> list[dict[str, Any]]:
        """The tools' results in the newest message of a request."""
        blocks = self.bedrock.requests[request]["messages"][-1]["content"]
        return [block["toolResult"] for block in blocks if "toolResult" in block]


def start_conversation(
    tables: Any,
    *,
    profiles: bool = True,
    guardrail: tuple[str, str] | None = None,
    most_turns: int = 0,
    **bounds: Any,
) -> Conversation:
    """A conversation over DynamoDB tables `sessions` and `profiles`."""
    clock = Clock()
    bedrock = ScriptedBedrock([])
    catalogue, knowledge, forecaster = FakeCatalogue(), FakeKnowledge(), FakeForecaster()
    sessions = SessionStore(tables, "sessions", 72, clock)
    stylist = Stylist(
        ConverseModel(bedrock, "amazon.nova-pro-v1:0", guardrail),
        sessions,
        ProfileStore(tables, "profiles") if profiles else None,
        Services(catalogue, knowledge, forecaster),
        Bounds(**({"rounds": 6, "tokens": 1200, "deadline_s": 25.0} | bounds)),
        admit=Admission(tables, "sessions", most_turns, clock).turn if most_turns else nullcontext,
        now=clock,
        clock=clock,
        sleep=clock.sleep,
    )
    return Conversation(stylist, bedrock, catalogue, knowledge, forecaster, clock, sessions)


def create_tables(client: Any) -> None:
    for name, keys in (
        ("sessions", ("user_id", "session_id")),
        ("profiles", ("user_id",)),
        ("connections", ("connection_id",)),
    ):
        by_time = describe_index("user_id", "updated_at") if name == "sessions" else {}
        client.create_table(
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[
                *({"AttributeName": key, "AttributeType": "S"} for key in keys),
                *([{"AttributeName": "updated_at", "AttributeType": "N"}] if by_time else ()),
            ],
            KeySchema=describe_keys(*keys),
            **by_time,
        )


def describe_keys(*keys: str) -> list[dict[str, str]]:
    return [
        {"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, ("HASH", "RANGE"), strict=False)
    ]


def describe_index(*keys: str) -> dict[str, Any]:
    """The index that lists conversations."""
    held = {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["title", "turn", "expires_at"]}
    index = {"IndexName": "by_time", "KeySchema": describe_keys(*keys), "Projection": held}
    return {"GlobalSecondaryIndexes": [index]}


class OneAtATime:
    """A client whose calls follow each other: the double of DynamoDB does not check and write in one."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._lock = threading.Lock()

    def __getattr__(self, name: str) -> Any:
        def call(**arguments: Any) -> Any:
            with self._lock:
                return getattr(self._client, name)(**arguments)

        return call
