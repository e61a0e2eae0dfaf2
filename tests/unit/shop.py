"""A small shop in memory: the doubles and the pictures that the tests of search and catalogue share."""

import base64
import hashlib
import io
import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote_plus

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from runtime.search.trending import EmptyBoard, Trending
from runtime.shared.observability import get_logger
from runtime.shared.product_table import Page
from runtime.shared.products import Product, product_id_for_key
from runtime.vectors.port import (
    NO_FILTERS,
    Attributes,
    Filters,
    Hit,
    Purpose,
    ScanPage,
    SearchResult,
    StoreStats,
    VectorItem,
)

BUCKET = "catalog"
ENVIRONMENT = {
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "POWERTOOLS_SERVICE_NAME": "test",
    "POWERTOOLS_METRICS_NAMESPACE": "VirtualStylist",
    "VECTOR_STORE": json.dumps(
        {"backend": "dynamodb", "table": "embeddings", "changes_index": "changes", "snapshots": "snapshots"}
    ),
    "EMBEDDER": json.dumps(
        {
            "name": "titan",
            "model_id": "amazon.titan-embed-image-v1",
            "dimensions": 1024,
            "region": "us-east-1",
        }
    ),
    "CATALOG": json.dumps({"bucket": BUCKET, "table": "products", "prefix": "products/"}),
    "INGEST": json.dumps({"dead_letter_url": "https://queue/dead", "max_attempts": 3}),
    "CAPABILITIES": json.dumps({"features": ["search"], "vector_backend": "dynamodb", "models": {}}),
}


def start_logs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what follows log to the captured output, as a fresh process would."""
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", f"test-{uuid.uuid4()}")
    get_logger.cache_clear()


def read_logs(text: str, message: str) -> list[dict[str, Any]]:
    """The log lines of one message in captured output."""
    lines = [json.loads(line) for line in text.splitlines()]
    return [line for line in lines if line.get("message") == message]


def draw(
    color: tuple[int, int, int] = (200, 30, 40), side: int = 48, kind: str = "PNG", **options: Any
) -> bytes:
    """A square of one colour on white."""
    image = Image.new("RGB", (side, side), "white")
    image.paste(color, (side // 4, side // 4, 3 * side // 4, 3 * side // 4))
    return encode(image, kind, **options)


def encode(image: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def to_base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def make_product(name: str, **fields: Any) -> Product:
    key = fields.pop("key", f"products/dress/{name}.jpg")
    values: dict[str, Any] = {
        "product_id": product_id_for_key(key),
        "product_picture_s3_url": f"s3://{BUCKET}/{key}",
        "name": name,
        "category": "dress",
        "content_hash": "0" * 64,
        "content_type": "image/jpeg",
        "version": 1,
    }
    return Product(**{**values, **fields})


def direction(seed: bytes | str, dimensions: int = 16) -> NDArray[np.float32]:
    """A unit vector that depends on the seed alone."""
    digest = hashlib.sha256(seed if isinstance(seed, bytes) else seed.encode()).digest()
    vector = np.random.default_rng(list(digest)).standard_normal(dimensions).astype(np.float32)
    return vector / np.float32(np.linalg.norm(vector))


Step = Callable[[str], None]


def no_step(_: str) -> None:
    """What a double does before each operation when nobody interferes."""


@dataclass
class FakeEmbedder:
    """Embeds equal inputs equally; `fail` is raised instead when set."""

    key: str = "fake@16"
    dimensions: int = 16
    fail: Exception | None = None
    calls: list[tuple[str | None, bytes | None, Purpose]] = field(default_factory=list)
    step: Step = no_step

    def embed(
        self, *, text: str | None = None, image: bytes | None = None, purpose: Purpose = Purpose.QUERY
    ) -> NDArray[np.float32]:
        self.step("embed")
        self.calls.append((text, image, purpose))
        if self.fail is not None:
            raise self.fail
        parts = [direction(part, self.dimensions) for part in (text, image) if part]
        total = np.sum(parts, axis=0)
        return (total / np.linalg.norm(total)).astype(np.float32)


@dataclass
class FakeStore:
    """A vector store that keeps the port's promises about versions."""

    backend: str = "fake"
    settles_after_s: float = 0.0
    items: dict[str, VectorItem] = field(default_factory=dict)
    fail: Exception | None = None
    searches: list[tuple[int, Filters, bool]] = field(default_factory=list)
    step: Step = no_step

    def upsert(self, items: Sequence[VectorItem]) -> None:
        self._begin("upsert")
        for item in items:
            stored = self.items.get(item.product_id)
            if stored is None or stored.version <= item.version:
                self.items[item.product_id] = item

    def update_attributes(self, product_id: str, attributes: Attributes, version: int) -> bool:
        self._begin("update_attributes")
        stored = self.items.get(product_id)
        if stored is not None and stored.version <= version:
            self.items[product_id] = replace(stored, attributes=attributes, version=version)
        return stored is not None

    def delete(self, product_ids: Sequence[str]) -> None:
        self._begin("delete")
        for product_id in product_ids:
            self.items.pop(product_id, None)

    def fetch(self, product_ids: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        self._begin("fetch")
        return {each: self.items[each].vector for each in product_ids if each in self.items}

    def search(
        self, query: NDArray[np.float32], k: int, filters: Filters = NO_FILTERS, *, exact: bool = False
    ) -> SearchResult:
        self._begin("search")
        self.searches.append((k, filters, exact))
        hits = [_hit(item, float(item.vector @ query)) for item in self.items.values()]
        hits.sort(key=lambda hit: (-hit.score, hit.product_id))
        return SearchResult(tuple(hits[:k]), True)

    def read(self, product_ids: Sequence[str]) -> dict[str, VectorItem]:
        self._begin("read")
        return {each: self.items[each] for each in product_ids if each in self.items}

    def scan(self, cursor: str | None, limit: int) -> ScanPage:
        self._begin("scan")
        names = [each for each in sorted(self.items) if cursor is None or each > cursor]
        page = tuple(self.items[each] for each in names[:limit])
        return ScanPage(page, names[limit - 1] if len(names) > limit else None)

    def count(self) -> int:
        return len(self.items)

    def stats(self) -> StoreStats:
        return StoreStats(len(self.items), 16, {})

    def add(self, product: Product, vector: NDArray[np.float32]) -> None:
        self.items[product.product_id] = VectorItem(product.product_id, vector, Attributes(), "", 1)

    def _begin(self, operation: str) -> None:
        self.step(operation)
        if self.fail is not None:
            raise self.fail


class FilteringStore(FakeStore):
    """As FakeStore, keeping to categories and stock."""

    def search(
        self, query: NDArray[np.float32], k: int, filters: Filters = NO_FILTERS, *, exact: bool = False
    ) -> SearchResult:
        hits = [
            hit
            for hit in super().search(query, len(self.items), filters, exact=exact).hits
            if (not filters.category or hit.category in filters.category)
            and (not filters.in_stock or self.items[hit.product_id].attributes.stock != 0)
        ]
        return SearchResult(tuple(hits[:k]), True)


def _hit(item: VectorItem, score: float) -> Hit:
    known = item.attributes
    return Hit(item.product_id, score, known.cluster, known.category, known.color, known.price)


@dataclass
class FakeRows:
    """The products table with its conditional writes."""

    rows: dict[str, Product] = field(default_factory=dict)
    writes: int = 0
    step: Step = no_step

    def get(self, product_id: str, *, consistent: bool = False) -> Product | None:
        self.step("row get")
        return self.rows.get(product_id)

    def get_many(self, product_ids: Sequence[str], *, consistent: bool = False) -> dict[str, Product]:
        self.step("rows get")
        return {each: self.rows[each] for each in product_ids if each in self.rows}

    def list(self, category: str | None, after: str | None, limit: int) -> Page:
        self.step("rows list")
        own = [each for each in self.rows.values() if each.is_shown and category in (None, each.category)]
        rest = sorted((each for each in own if each.product_id > (after or "")), key=lambda e: e.product_id)
        page = tuple(rest[:limit])
        return Page(page, page[-1].product_id if len(rest) > limit else None)

    def write(self, product: Product, before: Product | None) -> bool:
        self.step("row write")
        if not self._is_unchanged(product.product_id, before):
            return False
        self.rows[product.product_id] = product
        self.writes += 1
        return True

    def delete(self, before: Product) -> bool:
        self.step("row delete")
        if not self._is_unchanged(before.product_id, before):
            return False
        del self.rows[before.product_id]
        self.writes += 1
        return True

    def _is_unchanged(self, product_id: str, before: Product | None) -> bool:
        row = self.rows.get(product_id)
        return (row is None) == (before is None) and (row is None or row.version == before.version)


NOTHING_POPULAR = Trending(EmptyBoard(), FakeRows())
"""What is trending in a shop that nobody has visited."""


@dataclass
class FakeObject:
    etag: str
    data: bytes

    @property
    def size(self) -> int:
        return len(self.data)

    def read(self) -> bytes:
        return self.data

    def read_chunks(self) -> list[bytes]:
        return [self.data]

    def close(self) -> None:
        """Nothing is open."""


@dataclass
class FakeBucket:
    """The catalogue bucket."""

    name: str = BUCKET
    objects: dict[str, bytes] = field(default_factory=dict)
    step: Step = no_step

    def open(self, key: str) -> FakeObject | None:
        self.step("open")
        data = self.objects.get(key)
        return None if data is None else FakeObject(hashlib.md5(data).hexdigest(), data)  # noqa: S324

    def etag_of(self, key: str) -> str | None:
        self.step("etag")
        data = self.objects.get(key)
        return None if data is None else hashlib.md5(data).hexdigest()  # noqa: S324


def s3_message(
    *keys: str, attempts: int = 1, bucket: str = BUCKET, name: str = "ObjectCreated:Put", id_: str = "m1"
) -> dict[str, Any]:
    """An SQS record with S3 events of these keys, which are URL-encoded as S3 does it."""
    records = [
        {"eventName": name, "s3": {"bucket": {"name": bucket}, "object": {"key": quote_plus(key, safe="/")}}}
        for key in keys
    ]
    return sqs_record(json.dumps({"Records": records}), attempts, id_)


def sqs_record(body: str, attempts: int = 1, id_: str = "m1") -> dict[str, Any]:
    return {
        "messageId": id_,
        "receiptHandle": f"handle-{id_}",
        "body": body,
        "attributes": {"ApproximateReceiveCount": str(attempts)},
    }


CLAIMS: Mapping[str, str] = {
    "sub": "5f3c9d1e-0000-4000-8000-1234567890ab",
    "iss": "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_pool",
    "client_id": "client",
    "token_use": "access",
    "scope": "openid stylist/shop",
    "username": "shopper@example.com",
    "cognito:groups": "shopper,merchandiser",
}


def api_event(
    method: str,
    path: str,
    *,
    query: Mapping[str, str | list[str]] | None = None,
    body: str | None = None,
    headers: Mapping[str, str] | None = None,
    claims: Mapping[str, str] | None = CLAIMS,
) -> dict[str, Any]:
    """An API Gateway REST proxy event, as it comes from behind the Cognito authorizer."""
    lists = {name: [value] if isinstance(value, str) else value for name, value in (query or {}).items()}
    context: dict[str, Any] = {"requestId": "req-1", "stage": "v1", "path": f"/v1{path}"}
    if claims is not None:
        context["authorizer"] = {"claims": dict(claims)}
    return {
        "httpMethod": method,
        "path": path,
        "headers": {"Authorization": "Bearer eyJ.token.value", **(headers or {})},
        "queryStringParameters": {name: values[-1] for name, values in lists.items()} or None,
        "multiValueQueryStringParameters": lists or None,
        "body": body,
        "isBase64Encoded": False,
        "requestContext": context,
    }


def post_event(body: Any, *, path: str = "/search", content_type: str = "application/json") -> dict[str, Any]:
    text = body if isinstance(body, str) else json.dumps(body)
    return api_event("POST", path, body=text, headers={"Content-Type": content_type})


def read_answer(answer: Mapping[str, Any]) -> tuple[int, dict[str, Any], dict[str, str]]:
    """Status, JSON body and headers (names in lower case) of a Lambda proxy answer."""
    headers = {name.lower(): values[0] for name, values in answer["multiValueHeaders"].items()}
    return answer["statusCode"], json.loads(answer["body"]), headers
