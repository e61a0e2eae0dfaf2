"""The stand-in of S3 Vectors, as boto3 sees it over HTTP: its operations, limits and errors."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.ai.vector_filters import parse_filter
from local.ai.wire import ServiceError
from tests.contract.vector_backends import s3vectors_server

INDEX = {"vectorBucketName": "shop", "indexName": "products"}


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    with s3vectors_server() as clients:
        made = clients("s3vectors")
        made.create_vector_bucket(vectorBucketName="shop")
        yield made


@pytest.fixture
def index(client: Any) -> Iterator[Any]:
    client.create_index(
        **INDEX,
        dataType="float32",
        dimension=2,
        distanceMetric="cosine",
        metadataConfiguration={"nonFilterableMetadataKeys": ["hash"]},
    )
    yield client
    client.delete_index(**INDEX)


def put(client: Any, key: str, values: list[float], **metadata: Any) -> None:
    client.put_vectors(**INDEX, vectors=[{"key": key, "data": {"float32": values}, "metadata": metadata}])


def query(client: Any, **more: Any) -> dict[str, Any]:
    return client.query_vectors(**INDEX, queryVector={"float32": [1.0, 0.0]}, **({"topK": 10} | more))


def error_of(error: pytest.ExceptionInfo[ClientError]) -> tuple[str, int]:
    response = error.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


def test_buckets_are_made_described_listed_and_removed(client: Any) -> None:
    for name in ("aaa", "aab", "bbb"):
        client.create_vector_bucket(vectorBucketName=name)
    arn = client.get_vector_bucket(vectorBucketName="aaa")["vectorBucket"]["vectorBucketArn"]
    assert arn.endswith(":bucket/aaa")
    assert client.get_vector_bucket(vectorBucketArn=arn)["vectorBucket"]["vectorBucketName"] == "aaa"
    first = client.list_vector_buckets(prefix="a", maxResults=1)
    rest = client.list_vector_buckets(prefix="a", nextToken=first["nextToken"])
    assert [bucket["vectorBucketName"] for bucket in first["vectorBuckets"] + rest["vectorBuckets"]] == [
        "aaa",
        "aab",
    ]
    for name in ("aaa", "aab", "bbb"):
        client.delete_vector_bucket(vectorBucketName=name)
    with pytest.raises(client.exceptions.NotFoundException):
        client.get_vector_bucket(vectorBucketName="aaa")


def test_indexes_are_described_and_listed(index: Any) -> None:
    described = index.get_index(**INDEX)["index"]
    assert (described["dimension"], described["distanceMetric"], described["dataType"]) == (
        2,
        "cosine",
        "float32",
    )
    assert described["metadataConfiguration"] == {"nonFilterableMetadataKeys": ["hash"]}
    assert index.get_index(indexArn=described["indexArn"])["index"]["indexName"] == "products"
    assert [entry["indexName"] for entry in index.list_indexes(vectorBucketName="shop")["indexes"]] == [
        "products"
    ]


def test_what_exists_cannot_be_made_again_and_what_is_full_cannot_be_removed(index: Any) -> None:
    with pytest.raises(ClientError) as error:
        index.create_vector_bucket(vectorBucketName="shop")
    assert error_of(error) == ("ConflictException", 409)
    with pytest.raises(ClientError) as error:
        index.create_index(**INDEX, dataType="float32", dimension=2, distanceMetric="cosine")
    assert error_of(error) == ("ConflictException", 409)
    with pytest.raises(ClientError) as error:
        index.delete_vector_bucket(vectorBucketName="shop")
    assert error_of(error) == ("ConflictException", 409)


def test_vectors_come_back_by_distance_with_what_was_asked_for(index: Any) -> None:
    put(index, "same", [2.0, 0.0], color="red")
    put(index, "right", [0.0, 1.0])
    put(index, "opposite", [-1.0, 0.0])
    answer = query(index, returnDistance=True, returnMetadata=True)
    assert answer["distanceMetric"] == "cosine"
    assert [vector["key"] for vector in answer["vectors"]] == ["same", "right", "opposite"]
    assert [vector["distance"] for vector in answer["vectors"]] == pytest.approx([0, 1, 2])
    assert answer["vectors"][0]["metadata"] == {"color": "red"}
    assert query(index, topK=1)["vectors"] == [{"key": "same"}]
    [vector] = index.get_vectors(**INDEX, keys=["same", "none"], returnData=True)["vectors"]
    assert vector == {"key": "same", "data": {"float32": [2.0, 0.0]}}


def test_listing_goes_by_pages(index: Any) -> None:
    for number in range(5):
        put(index, f"v{number}", [1.0, 0.0])
    pages = index.get_paginator("list_vectors").paginate(**INDEX, PaginationConfig={"PageSize": 2})
    assert [[vector["key"] for vector in page["vectors"]] for page in pages] == [
        ["v0", "v1"],
        ["v2", "v3"],
        ["v4"],
    ]


@pytest.mark.parametrize(
    ("vector", "reason"),
    [
        ({"key": "a", "data": {"float32": [1.0]}}, "dimensions"),
        ({"key": "a", "data": {"float32": [0.0, 0.0]}}, "zero"),
        ({"key": "a", "data": {"float32": [1.0, 0.0]}, "metadata": {"text": "x" * 2100}}, "too large"),
        ({"key": "a", "data": {"float32": [1.0, 0.0]}, "metadata": {"hash": "x" * 41000}}, "too large"),
        ({"key": "a", "data": {"float32": [1.0, 0.0]}, "metadata": {"list": []}}, "must be"),
        ({"key": "a", "data": {"float32": [1.0, 0.0]}, "metadata": {f"k{n}": 1 for n in range(51)}}, "50"),
    ],
)
def test_vectors_beyond_the_limits_are_refused(index: Any, vector: dict[str, Any], reason: str) -> None:
    with pytest.raises(ClientError, match=reason) as error:
        index.put_vectors(**INDEX, vectors=[vector])
    assert error_of(error) == ("ValidationException", 400)


def test_large_metadata_is_fine_when_nothing_is_filtered_by_it(index: Any) -> None:
    put(index, "a", [1.0, 0.0], hash="x" * 30000)


@pytest.mark.parametrize("count", [0, 101])
def test_the_number_of_results_is_limited(index: Any, count: int) -> None:
    with pytest.raises(Exception, match="topK"):
        query(index, topK=count)


def test_a_missing_index_is_told(client: Any) -> None:
    with pytest.raises(ClientError) as error:
        client.get_index(vectorBucketName="shop", indexName="none")
    assert error_of(error) == ("NotFoundException", 404)


METADATA = {"color": "red", "price": 20, "sizes": ["S", "M"], "new": True}


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"color": "red"}, True),
        ({"color": "blue"}, False),
        ({"color": {"$eq": "red"}, "price": 20}, True),
        ({"color": {"$ne": "red"}}, False),
        ({"sizes": {"$eq": "M"}}, True),
        ({"sizes": "XL"}, False),
        ({"price": {"$gt": 20}}, False),
        ({"price": {"$gte": 20, "$lt": 21}}, True),
        ({"price": {"$lte": 19.9}}, False),
        ({"color": {"$gt": 1}}, False),
        ({"color": {"$in": ["blue", "red"]}}, True),
        ({"color": {"$nin": ["blue"]}}, True),
        ({"missing": {"$eq": "x"}}, False),
        ({"missing": {"$gt": 0}}, False),
        ({"missing": {"$exists": False}}, True),
        ({"price": {"$exists": True}}, True),
        ({"new": {"$eq": True}}, True),
        ({"$or": [{"color": "blue"}, {"price": 20}]}, True),
        ({"$and": [{"color": "red"}, {"price": {"$gt": 30}}]}, False),
        ({"$and": [{"$or": [{"color": "red"}]}, {"sizes": "S"}]}, True),
    ],
)
def test_filters(document: dict[str, Any], expected: bool) -> None:
    assert parse_filter(document)(METADATA) is expected


@pytest.mark.parametrize(
    "document",
    [
        {},
        [],
        "red",
        {"$not": [{"a": 1}]},
        {"$and": []},
        {"$or": {"a": 1}},
        {"a": {}},
        {"a": {"$like": "x"}},
        {"a": {"$gt": "x"}},
        {"a": {"$gt": True}},
        {"a": {"$in": []}},
        {"a": {"$in": "x"}},
        {"a": {"$exists": "yes"}},
        {"a": None},
        {"hash": "x"},
    ],
)
def test_malformed_filters_are_refused(document: Any) -> None:
    with pytest.raises(ServiceError) as error:
        parse_filter(document, frozenset({"hash"}))
    assert error.value.name == "ValidationException"


def test_a_list_goes_on_behind_a_key_and_takes_no_other_token(index: Any) -> None:
    for key in "abcd":
        put(index, key, [1.0, 0.0])
    first = index.list_vectors(**INDEX, maxResults=2)
    index.delete_vectors(**INDEX, keys=["a", "b"])
    rest = index.list_vectors(**INDEX, nextToken=first["nextToken"])
    assert [row["key"] for row in rest["vectors"]] == ["c", "d"]
    for token in ("after:no base64", "2"):
        with pytest.raises(ClientError) as error:
            index.list_vectors(**INDEX, nextToken=token)
        assert error_of(error) == ("ValidationException", 400)
