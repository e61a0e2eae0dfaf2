"""What the S3 Vectors store does beyond the contract: the service's limits on requests, lists and filters."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from runtime.vectors.errors import StaleCursor
from runtime.vectors.port import Filters
from runtime.vectors.stores.s3vectors import S3VectorsStore
from tests.contract.vector_backends import (
    MODEL,
    AwsClients,
    S3VectorsBackend,
    item,
    s3vectors_server,
    unit_rows,
)

DIMENSIONS = 1024
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-vectors-limitations.html
MOST_VECTORS, MOST_BYTES, FILTERABLE_BYTES = 500, 20 * 1024 * 1024, 2048


class RecordingClient:
    """A client that keeps every request."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.requests: list[tuple[str, dict[str, Any]]] = []

    def get_paginator(self, name: str) -> Any:
        return self._client.get_paginator(name)

    def __getattr__(self, name: str) -> Any:
        def call(**request: Any) -> Any:
            self.requests.append((name, request))
            return getattr(self._client, name)(**request)

        return call

    def of(self, name: str) -> list[dict[str, Any]]:
        return [request for each, request in self.requests if each == name]


@pytest.fixture(scope="module")
def clients() -> Iterator[AwsClients]:
    with s3vectors_server() as made:
        yield made


@pytest.fixture
def client(clients: AwsClients) -> RecordingClient:
    return RecordingClient(clients("s3vectors"))


@pytest.fixture
def store(clients: AwsClients, client: RecordingClient) -> S3VectorsStore:
    backend = S3VectorsBackend(clients, DIMENSIONS)
    return S3VectorsStore(
        client, backend.bucket, "products", embedding_key=f"{MODEL}@{DIMENSIONS}", dimensions=DIMENSIONS
    )


def test_requests_stay_within_the_limits_of_the_service(
    store: S3VectorsStore, client: RecordingClient
) -> None:
    rows = unit_rows(220, DIMENSIONS)
    names = [f"{number}" for number in range(220)]
    store.upsert([item(name, row, sizes=("S", "M", "L")) for name, row in zip(names, rows, strict=True)])
    for request in client.of("put_vectors"):
        assert len(request["vectors"]) <= MOST_VECTORS
        assert len(json.dumps(request).encode()) <= MOST_BYTES
        for vector in request["vectors"]:
            filterable = {name: value for name, value in vector["metadata"].items() if name != "content_hash"}
            assert len(json.dumps(filterable).encode()) <= FILTERABLE_BYTES
    assert len(store.read(names)) == 220
    assert max(len(request["keys"]) for request in client.of("get_vectors")) <= 100
    store.delete([*names, *(f"unknown-{number}" for number in range(400))])
    assert max(len(request["keys"]) for request in client.of("delete_vectors")) <= 500
    assert store.count() == 0


def test_a_search_asks_for_no_more_than_the_service_gives(
    store: S3VectorsStore, client: RecordingClient
) -> None:
    rows = unit_rows(120, DIMENSIONS)
    store.upsert([item(f"{number}", row) for number, row in enumerate(rows)])
    assert len(store.search(rows[0], 1000).hits) == 100
    (request,) = client.of("query_vectors")
    assert request["topK"] == 100


def test_a_filter_has_at_most_a_hundred_constraints(store: S3VectorsStore, client: RecordingClient) -> None:
    """The most that the API takes: 50 of each kind."""
    many = frozenset(f"value {number}" for number in range(50))
    filters = Filters(category=many, color=many, size=many, min_price=1, max_price=9, in_stock=True)
    assert store.search(unit_rows(1, DIMENSIONS)[0], 5, filters).hits == ()
    (request,) = client.of("query_vectors")
    assert json.dumps(request["filter"]).count('"$') <= 100


def test_a_list_is_asked_for_a_thousand_at_most(store: S3VectorsStore, client: RecordingClient) -> None:
    store.scan(None, 5_000)
    (request,) = client.of("list_vectors")
    assert (request["maxResults"], request["returnData"], request["returnMetadata"]) == (1000, True, True)


def test_an_expired_place_in_the_list_is_told_from_a_failure(store: S3VectorsStore) -> None:
    with pytest.raises(StaleCursor):
        store.scan("a token of yesterday", 10)
