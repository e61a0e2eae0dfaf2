"""The vector store behind its two settings and two policies, for each backend."""

import json
from typing import Any

import pulumi
import pytest

from components import EmbedderName, VectorBackend, VectorSearch
from components._lib.schedule import every_minutes
from tests.graph.recorder import Graph, record
from tests.graph.test_catalog import allowed, allowed_by

TABLE = "arn:aws:dynamodb:us-east-1:123456789012:table/vectors-embeddings-1a2b3c4"
SNAPSHOTS = "arn:aws:s3:::vectors-snapshots-1a2b3c4"
TITAN = "arn:aws:bedrock:us-east-1::foundation-model/amazon.titan-embed-image-v1"
INDEX = "arn:aws:s3vectors:us-east-1:123456789012:bucket/shop-titan-384-vectors/index/products"


def record_vectors(**changes: Any) -> Graph:
    def program() -> None:
        vectors = VectorSearch(
            "vectors", {"layers": ["arn:core", "arn:arrays"], "physical_name": "shop", **changes}
        )
        for name in ("environment", "query_policy", "index_policy", "backend"):
            pulumi.export(name, getattr(vectors, name))

    return record(program)


@pytest.fixture(scope="module")
def dynamodb() -> Graph:
    return record_vectors()


@pytest.fixture(scope="module")
def s3vectors() -> Graph:
    return record_vectors(backend=VectorBackend.S3VECTORS, dimensions=384)


def test_the_default_is_dynamodb_with_titan(dynamodb: Graph) -> None:
    assert dynamodb.exports["backend"] == "dynamodb"
    environment = dynamodb.exports["environment"]
    assert json.loads(environment["VECTOR_STORE"]) == {
        "backend": "dynamodb",
        "table": "vectors-embeddings-1a2b3c4",
        "changes_index": "changes",
        "snapshots": "vectors-snapshots-1a2b3c4",
    }
    assert json.loads(environment["EMBEDDER"]) == {
        "name": "titan",
        "model_id": "amazon.titan-embed-image-v1",
        "dimensions": 1024,
        "region": "us-east-1",
    }


def test_the_runtime_understands_the_settings(dynamodb: Graph, s3vectors: Graph) -> None:
    from runtime.vectors.settings import VectorSettings

    for graph in (dynamodb, s3vectors, record_vectors(embedder=EmbedderName.NOVA)):
        settings = VectorSettings.from_environment(graph.exports["environment"])
        assert settings.store.backend == graph.exports["backend"]


def test_changes_are_found_by_shard_and_time_and_tombstones_expire(dynamodb: Graph) -> None:
    table = dynamodb.get("vectors-embeddings").inputs
    (index,) = table["globalSecondaryIndexes"]
    assert (index["name"], index["projectionType"]) == ("changes", "ALL")
    assert index["keySchemas"] == [
        {"attributeName": "change_shard", "keyType": "HASH"},
        {"attributeName": "updated_at", "keyType": "RANGE"},
    ]
    types = {attribute["name"]: attribute["type"] for attribute in table["attributes"]}
    assert types == {"product_id": "S", "change_shard": "S", "updated_at": "N"}
    assert table["ttl"] == {"attributeName": "expires_at", "enabled": True}


def test_searching_may_read_vectors_and_call_the_model(dynamodb: Graph) -> None:
    assert allowed_by(dynamodb.exports["query_policy"]) == {
        ("dynamodb:Scan", TABLE),
        ("dynamodb:Query", f"{TABLE}/index/changes"),
        ("s3:GetObject", f"{SNAPSHOTS}/*"),
        ("s3:ListBucket", SNAPSHOTS),
        ("bedrock:InvokeModel", TITAN),
    }


def test_indexing_may_write_vectors_and_call_the_model(dynamodb: Graph) -> None:
    assert allowed_by(dynamodb.exports["index_policy"]) == {
        ("dynamodb:PutItem", TABLE),
        ("dynamodb:UpdateItem", TABLE),
        ("bedrock:InvokeModel", TITAN),
    }


def test_the_compactor_runs_on_schedule_under_its_own_rule(dynamodb: Graph) -> None:
    function = dynamodb.get("vectors-compactor-function").inputs
    assert function["handler"] == "runtime.vectors.compactor.handler"
    assert {"VECTOR_STORE", "EMBEDDER"} <= set(function["environment"]["variables"])
    assert dynamodb.get("vectors-compactor-schedule").inputs["scheduleExpression"] == "rate(15 minutes)"
    permission = dynamodb.get("vectors-compactor-permission")
    assert permission.inputs["principal"] == "events.amazonaws.com"
    assert permission.inputs["sourceArn"].endswith(":rule/vectors-compactor-schedule-1a2b3c4")
    assert "vectors-compactor-permission" in dynamodb.get("vectors-compactor-target").dependencies


def test_the_compactor_may_read_vectors_and_write_snapshots_but_no_vector(dynamodb: Graph) -> None:
    granted = allowed(dynamodb, "vectors-compactor-policy")
    assert {action for action, resource in granted if resource == f"{SNAPSHOTS}/*"} == {
        "s3:AbortMultipartUpload",
        "s3:DeleteObject",
        "s3:GetObject",
        "s3:PutObject",
    }
    assert {action for action, resource in granted if resource.startswith(TABLE)} == {
        "dynamodb:Query",
        "dynamodb:Scan",
    }
    assert not any(action.startswith("bedrock") for action, _ in granted)


def test_a_failed_compaction_is_kept_for_two_weeks(dynamodb: Graph) -> None:
    failures = dynamodb.get("vectors-compactor-failures")
    assert failures.inputs["messageRetentionSeconds"] == 14 * 86400
    target = dynamodb.get("vectors-compactor-function").inputs["deadLetterConfig"]["targetArn"]
    assert target == failures.state["arn"]
    assert ("sqs:SendMessage", target) in allowed(dynamodb, "vectors-compactor-policy")


def test_s3_vectors_needs_a_bucket_and_an_index_only(s3vectors: Graph) -> None:
    assert {resource.name for resource in s3vectors.resources if resource.custom} == {
        "vectors-titan-384-bucket",
        "vectors-titan-384-index",
    }
    bucket = s3vectors.get("vectors-titan-384-bucket").inputs
    assert bucket["vectorBucketName"] == "shop-titan-384-vectors"
    index = s3vectors.get("vectors-titan-384-index").inputs
    assert (index["dataType"], index["distanceMetric"], index["dimension"]) == ("float32", "cosine", 384)
    assert index["metadataConfiguration"] == {"nonFilterableMetadataKeys": ["content_hash"]}
    assert json.loads(s3vectors.exports["environment"]["VECTOR_STORE"]) == {
        "backend": "s3vectors",
        "bucket": "shop-titan-384-vectors",
        "index": "products",
    }


def test_s3_vectors_policies_name_the_index(s3vectors: Graph) -> None:
    assert allowed_by(s3vectors.exports["query_policy"]) == {
        ("s3vectors:GetVectors", INDEX),
        ("s3vectors:ListVectors", INDEX),
        ("s3vectors:QueryVectors", INDEX),
        ("bedrock:InvokeModel", TITAN),
    }
    assert allowed_by(s3vectors.exports["index_policy"]) == {
        ("s3vectors:DeleteVectors", INDEX),
        ("s3vectors:GetVectors", INDEX),
        ("s3vectors:PutVectors", INDEX),
        ("bedrock:InvokeModel", TITAN),
    }


def test_vectors_are_kept_by_default_and_discarded_on_request(dynamodb: Graph, s3vectors: Graph) -> None:
    for graph, names in (
        (dynamodb, {"vectors-embeddings", "vectors-snapshots"}),
        (s3vectors, {"vectors-titan-384-bucket", "vectors-titan-384-index"}),
    ):
        assert {resource.name for resource in graph.resources if resource.protect} == names
        assert {resource.name for resource in graph.resources if resource.retain} == names
    assert not any(resource.protect for resource in record_vectors(protect_data=False).resources)


def test_a_model_that_is_not_offered_here_is_called_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("operations.evaluation.graph.REGION", "us-west-2")
    titan, nova = record_vectors(), record_vectors(embedder=EmbedderName.NOVA)
    assert json.loads(titan.exports["environment"]["EMBEDDER"])["region"] == "us-west-2"
    assert json.loads(nova.exports["environment"]["EMBEDDER"])["region"] == "us-east-1"
    arn = "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-2-multimodal-embeddings-v1:0"
    assert ("bedrock:InvokeModel", arn) in allowed_by(nova.exports["query_policy"])


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        (
            {"backend": VectorBackend.OPENSEARCH},
            "opensearch_layers: backend opensearch needs the layer with the OpenSearch client",
        ),
        ({"opensearch_generation": "third"}, "'third' is not a valid OpenSearchGeneration"),
        ({"backend": "dynamo"}, "'dynamo' is not a valid VectorBackend"),
        ({"dimensions": 512}, "dimensions: 512 is not offered by the models; use 256, 384 or 1024"),
        ({"snapshot_minutes": 0}, "snapshot_minutes: 0 is out of range; use 1 to 1440"),
    ],
)
def test_wrong_inputs_are_named(changes: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        record_vectors(**changes)


def test_a_schedule_is_in_eventbridges_words() -> None:
    assert (every_minutes(1), every_minutes(15)) == ("rate(1 minute)", "rate(15 minutes)")
