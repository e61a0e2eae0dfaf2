"""Amazon Personalize's stand-in behind HTTP, an S3 in memory, and shoppers with a taste."""

import io
import json
import random
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from starlette.applications import Starlette

from local.ai.personalize.service import routes
from local.ai.personalize.state import Shop
from runtime.personalization.port import EventType, Interaction
from tests.contract.vector_backends import serve

REGION = "us-east-1"
ACCOUNT = "123456789012"
LAKE, BUCKET = "lake", "training"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/reader"
CLUSTERS = 12


@dataclass
class MemoryS3:
    """The S3 operations that training uses, over a dict of (bucket, key)."""

    objects: dict[tuple[str, str], bytes] = field(default_factory=dict[tuple[str, str], bytes])
    page: int = 2
    fails: ClientError | None = None

    def put_object(self, *, Bucket: str, Key: str, Body: Any, ContentType: str = "") -> None:
        self._fail()
        self.objects[Bucket, Key] = Body if isinstance(Body, bytes) else Body.read()

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:
        self._fail()
        if (Bucket, Key) not in self.objects:
            raise client_error("NoSuchKey", "GetObject", 404)
        return {"Body": io.BytesIO(self.objects[Bucket, Key])}

    def delete_object(self, *, Bucket: str, Key: str) -> None:
        self._fail()
        self.objects.pop((Bucket, Key), None)

    def get_paginator(self, operation: str) -> "MemoryS3":
        assert operation == "list_objects_v2"
        return self

    def paginate(self, *, Bucket: str, Prefix: str) -> Iterator[dict[str, Any]]:
        self._fail()
        keys = sorted(key for bucket, key in self.objects if bucket == Bucket and key.startswith(Prefix))
        for start in range(0, len(keys), self.page):
            yield {"Contents": [{"Key": key} for key in keys[start : start + self.page]]}
        if not keys:
            yield {}

    def _fail(self) -> None:
        if self.fails:
            raise self.fails


@dataclass
class Stand:
    """A running stand-in."""

    shop: Shop
    s3: MemoryS3
    address: str
    asked: list[tuple[str, str]]
    """IAM actions and resources that permission was asked for."""

    def client(self, service: str, **config: Any) -> Any:
        return boto3.client(
            service,
            region_name=REGION,
            endpoint_url=self.address,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"total_max_attempts": 1}, **config),
        )


@contextmanager
def personalize_server() -> Generator[Stand]:
    """The stand-in with nothing in it, which permits everything and remembers what it was asked."""
    shop, s3, asked = Shop(REGION, ACCOUNT), MemoryS3(), list[tuple[str, str]]()

    def read_object(bucket: str, key: str) -> bytes:
        return s3.get_object(Bucket=bucket, Key=key)["Body"].read()

    def check(_authorization: str, action: str, resource: str) -> None:
        asked.append((action, resource))

    with serve(Starlette(routes=routes(shop, read_object, check))) as address:
        yield Stand(shop, s3, address, asked)


def client_error(code: str, operation: str, status: int = 400) -> ClientError:
    answer = {"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, operation)  # pyright: ignore[reportArgumentType]


def interaction(number: int, **changes: Any) -> Interaction:
    given: Mapping[str, Any] = {
        "event_id": f"event-{number}",
        "user_id": "user-0",
        "product_id": f"product-{number}",
        "event_type": EventType.FAVORITE,
        "session_id": "session",
        "timestamp": int(datetime(2026, 11, 1, tzinfo=UTC).timestamp()) + number,
        "cluster": 1,
    }
    return Interaction(**{**given, **changes})


def shoppers(users: int = 40, each: int = 40, seed: int = 3) -> list[Interaction]:
    """Interactions of shoppers of two kinds: those with an even number like even clusters, the others odd."""
    rng = random.Random(seed)
    made: list[Interaction] = []
    for user in range(users):
        for _ in range(each):
            cluster = rng.randrange(user % 2, CLUSTERS, 2) if rng.random() < 0.9 else rng.randrange(CLUSTERS)
            made.append(interaction(len(made), user_id=f"user-{user}", cluster=cluster))
    rng.shuffle(made)
    return made


def fill_lake(s3: MemoryS3, interactions: Sequence[Interaction], parts: int = 5) -> None:
    """Write them as the lake keeps them, a JSON object a line."""
    for part in range(parts):
        lines = [json.dumps(each.to_row()) for each in interactions[part::parts]]
        s3.objects[LAKE, f"interactions/part-{part}.jsonl"] = "\n".join(lines).encode()
