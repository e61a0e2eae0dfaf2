"""A shop that has pictures made: tables and a bucket that moto plays, a model that is told how to behave."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from moto import mock_aws
from moto.dynamodb.responses import DynamoHandler

from runtime.images.handler import open_api
from runtime.images.port import Words
from runtime.images.request import AspectRatio
from runtime.images.settings import ImageSettings
from runtime.shared.aws import Clients
from runtime.shared.http import Api
from tests.unit.shop import CLAIMS, ENVIRONMENT, api_event, draw, post_event, read_answer, start_logs

USER = CLAIMS["sub"]
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC).timestamp()
PICTURE = draw(side=300)
Answer = tuple[int, dict[str, Any], dict[str, str]]


@dataclass
class FakeModel:
    """Makes the same picture always, or does what `act` says for the n-th call (from 0)."""

    model_id: str = "stability.stable-image-core-v1:1"
    prompt_limit: int = 10_000
    most_seed: int = 4_294_967_294
    act: Callable[[int], Any] = lambda _: None
    calls: list[tuple[Words, AspectRatio, int]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def make(self, words: Words, aspect_ratio: AspectRatio, seed: int) -> bytes:
        with self.lock:
            number = len(self.calls)
            self.calls.append((words, aspect_ratio, seed))
        done = self.act(number)
        if isinstance(done, BaseException):
            raise done
        return done if isinstance(done, bytes) else PICTURE


@dataclass
class Shop:
    """The route, its clock and its model."""

    clients: Clients
    model: FakeModel = field(default_factory=FakeModel)
    now: float = NOON
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def api(self) -> Api:
        limits = {"daily_per_user": 5, "daily_spend_usd": 1, "price_usd": 0.04}
        place = {"model_id": self.model.model_id, "region": "us-west-2", "bucket": "results"}
        given = {**place, "quotas_table": "quotas", **limits, **self.settings}
        return open_api(ImageSettings(**given), self.clients, self.model, lambda: self.now)

    def ask(self, user: str = USER, **body: Any) -> Answer:
        event = post_event({"prompt": "a red dress", **body}, path="/image")
        event["requestContext"]["authorizer"]["claims"]["sub"] = user
        return read_answer(self.api(event, None))

    def album(self, user: str = USER, **query: str) -> Answer:
        return self._call("GET", "/images", user, query=query)

    def delete(self, image_id: str, user: str = USER) -> Answer:
        return self._call("DELETE", f"/images/{image_id}", user)

    def _call(self, method: str, path: str, user: str, **more: Any) -> Answer:
        event = api_event(method, path, **more)
        event["requestContext"]["authorizer"]["claims"]["sub"] = user
        return read_answer(self.api(event, None))

    def used(self, user: str, key: str) -> int:
        place = {"user_id": {"S": user}, "key": {"S": key}}
        item = self.clients.get("dynamodb").get_item(TableName="quotas", Key=place).get("Item")
        return int(item["used"]["N"]) if item else 0

    @property
    def spent(self) -> int:
        return self.used("#everyone", "spend#2026-11-20")

    @property
    def taken(self) -> int:
        return self.used(USER, "pictures#2026-11-20")

    def stored_keys(self) -> list[str]:
        found = self.clients.get("s3").list_objects_v2(Bucket="results")
        return [each["Key"] for each in found.get("Contents", [])]

    def put(self, table: str, **row: Any) -> None:
        self.clients.get("dynamodb").put_item(TableName=table, Item=row)


@pytest.fixture(scope="module")
def aws() -> Iterator[Clients]:
    """DynamoDB checks a condition and writes in one step; moto, called from several threads, does not."""
    lock, call = threading.Lock(), DynamoHandler.call_action

    def call_alone(self: DynamoHandler) -> Any:
        with lock:
            return call(self)

    with pytest.MonkeyPatch.context() as patch, mock_aws():
        patch.setattr(DynamoHandler, "call_action", call_alone)
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        patch.setenv("SESSIONS", json.dumps({"table": "sessions", "ttl_hours": 72}))
        patch.setenv("PROFILES", json.dumps({"table": "profiles"}))
        yield Clients()


@pytest.fixture
def shop(aws: Clients, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    start_logs(monkeypatch)
    tables = {"quotas": ["user_id", "key"], "sessions": ["user_id", "session_id"], "profiles": ["user_id"]}
    for name, keys in tables.items():
        aws.get("dynamodb").create_table(
            TableName=name,
            KeySchema=[
                {"AttributeName": key, "KeyType": kind}
                for key, kind in zip(keys, ("HASH", "RANGE"), strict=False)
            ],
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
            BillingMode="PAY_PER_REQUEST",
        )
    aws.get("s3").create_bucket(Bucket="results")
    shop = Shop(aws)
    yield shop
    for key in shop.stored_keys():
        aws.get("s3").delete_object(Bucket="results", Key=key)
    aws.get("s3").delete_bucket(Bucket="results")
    for name in tables:
        aws.get("dynamodb").delete_table(TableName=name)


class Crash(BaseException):
    """The function is killed."""


def crash(shop: Shop, monkeypatch: pytest.MonkeyPatch, **body: Any) -> None:
    """Let the function die before it can write down how it went."""
    for name in ("fail", "finish"):
        monkeypatch.setattr(f"runtime.images.ledger.Ledger.{name}", lambda *_: _raise(Crash()))
    with pytest.raises(Crash):
        shop.ask(**body)
    monkeypatch.undo()
    start_logs(monkeypatch)


def _raise(error: BaseException) -> None:
    raise error
