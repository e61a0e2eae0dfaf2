"""The knowledge base: documents, vectors, the role between them, and the way from an upload to a job."""

import json
from typing import Any

import pulumi
import pytest

from components import KnowledgeBase
from tests.graph.recorder import Graph, record

DOCUMENTS = "arn:aws:s3:::knowledge-documents-1a2b3c4"
INDEX = "arn:aws:s3vectors:us-east-1:123456789012:bucket/shop-test-knowledge/index/documents"
BASE = "arn:aws:bedrock:us-east-1:123456789012:knowledge-base/knowledge-base-id"
MODEL = "arn:aws:bedrock:us-east-1::foundation-model/amazon.titan-embed-text-v2:0"
QUEUE = "arn:aws:sqs:us-east-1:123456789012:knowledge-events-1a2b3c4"
SETTING = {"knowledge_base_id": "knowledge-base-id", "data_source_id": "SOURCE1234", "region": "us-east-1"}


def record_knowledge(**changes: Any) -> Graph:
    def program() -> None:
        knowledge = KnowledgeBase(
            "knowledge", {"layers": ["arn:core"], "physical_name": "shop-test", **changes}
        )
        for name in ("environment", "policy", "bucket", "knowledge_base_id", "data_source_id"):
            pulumi.export(name, getattr(knowledge, name))

    return record(program)


@pytest.fixture(scope="module")
def knowledge() -> Graph:
    return record_knowledge()


def statements(text: str) -> list[dict[str, Any]]:
    return json.loads(text)["Statement"]


def allowed(text: str) -> set[tuple[str, str]]:
    return {
        (action, resource)
        for statement in statements(text)
        for action in statement["Action"]
        for resource in statement["Resource"]
        if not action.startswith(("logs:", "xray:"))
    }


def test_vectors_are_kept_in_s3_vectors_with_passages_that_are_not_filtered_by(knowledge: Graph) -> None:
    index = knowledge.get("knowledge-index").inputs
    assert (index["dimension"], index["dataType"], index["distanceMetric"]) == (1024, "float32", "cosine")
    keys = index["metadataConfiguration"]["nonFilterableMetadataKeys"]
    assert "AMAZON_BEDROCK_TEXT" in keys, "passages are longer than the 2 KB of filterable metadata"
    base = knowledge.get("knowledge-base").inputs
    assert base["storageConfiguration"] == {
        "type": "S3_VECTORS",
        "s3VectorsConfiguration": {"indexArn": INDEX},
    }
    vector = base["knowledgeBaseConfiguration"]["vectorKnowledgeBaseConfiguration"]
    assert base["knowledgeBaseConfiguration"]["type"] == "VECTOR"
    assert vector["embeddingModelArn"] == MODEL
    model = vector["embeddingModelConfiguration"]["bedrockEmbeddingModelConfiguration"]
    assert model["dimensions"] == index["dimension"]


def test_the_knowledge_base_is_made_when_its_role_may_do_everything(knowledge: Graph) -> None:
    assert "knowledge-policy" in knowledge.get("knowledge-base").dependencies
    assert "knowledge-index" in knowledge.get("knowledge-base").dependencies


def test_the_role_serves_this_accounts_knowledge_bases_only(knowledge: Graph) -> None:
    (trust,) = statements(knowledge.get("knowledge-role").inputs["assumeRolePolicy"])
    assert trust["Principal"] == {"Service": "bedrock.amazonaws.com"}
    assert trust["Condition"] == {
        "ArnLike": {"aws:SourceArn": "arn:aws:bedrock:us-east-1:123456789012:knowledge-base/*"},
        "StringEquals": {"aws:SourceAccount": "123456789012"},
    }


def test_the_role_reads_documents_embeds_and_stores_and_nothing_else(knowledge: Graph) -> None:
    policy = knowledge.get("knowledge-policy").inputs["policy"]
    assert allowed(policy) == {
        ("bedrock:InvokeModel", MODEL),
        ("s3:GetObject", f"{DOCUMENTS}/*"),
        ("s3:ListBucket", DOCUMENTS),
        *(
            (f"s3vectors:{action}", INDEX)
            for action in (
                "DeleteVectors",
                "GetIndex",
                "GetVectors",
                "ListVectors",
                "PutVectors",
                "QueryVectors",
            )
        ),
    }
    for statement in statements(policy):
        if statement["Action"][0].startswith("s3:"):
            assert statement["Condition"] == {"StringEquals": {"aws:ResourceAccount": "123456789012"}}


def test_the_data_source_is_the_bucket_and_leaves_the_index_alone(knowledge: Graph) -> None:
    source = knowledge.get("knowledge-source").inputs
    assert source["knowledgeBaseId"] == "knowledge-base-id"
    assert source["dataDeletionPolicy"] == "RETAIN"
    assert source["dataSourceConfiguration"] == {
        "type": "S3",
        "s3Configuration": {"bucketArn": DOCUMENTS, "bucketOwnerAccountId": "123456789012"},
    }


def test_every_upload_and_removal_reaches_the_queue(knowledge: Graph) -> None:
    assert knowledge.get("knowledge-notification").inputs["queues"] == [
        {
            "id": "documents",
            "queueArn": QUEUE,
            "events": ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"],
        }
    ]
    assert "knowledge-events-policy" in knowledge.get("knowledge-notification").dependencies


def test_uploads_of_a_while_are_one_batch_and_wait_long_for_a_running_job(knowledge: Graph) -> None:
    source = knowledge.get("knowledge-sync-source").inputs
    assert (source["batchSize"], source["maximumBatchingWindowInSeconds"]) == (1000, 20)
    assert source["functionResponseTypes"] == ["ReportBatchItemFailures"]
    events = knowledge.get("knowledge-events").inputs
    attempts = json.loads(events["redrivePolicy"])["maxReceiveCount"]
    timeout = knowledge.get("knowledge-sync-function").inputs["timeout"]
    assert events["visibilityTimeoutSeconds"] == 6 * timeout + 20
    waits = attempts * events["visibilityTimeoutSeconds"]
    assert 6 * 3600 < waits < events["messageRetentionSeconds"]


def test_the_sync_function_may_start_and_watch_jobs_of_this_base_only(knowledge: Graph) -> None:
    assert allowed(knowledge.get("knowledge-sync-policy").inputs["policy"]) == {
        ("bedrock:StartIngestionJob", BASE),
        ("bedrock:GetIngestionJob", BASE),
        *(
            (f"sqs:{action}", QUEUE)
            for action in ("DeleteMessage", "GetQueueAttributes", "ReceiveMessage", "SendMessage")
        ),
    }
    given = knowledge.get("knowledge-sync-function").inputs["environment"]["variables"]
    assert json.loads(given["KNOWLEDGE"]) == SETTING
    assert json.loads(given["SYNC"])["queue_url"].endswith("/knowledge-events-1a2b3c4")


def test_others_may_look_things_up(knowledge: Graph) -> None:
    assert allowed(knowledge.exports["policy"]) == {("bedrock:Retrieve", BASE)}
    assert json.loads(knowledge.exports["environment"]["KNOWLEDGE"]) == SETTING
    assert knowledge.exports["bucket"] == "knowledge-documents-1a2b3c4"


def test_documents_and_vectors_are_kept_by_default(knowledge: Graph) -> None:
    discarded = record_knowledge(protect_data=False)
    for name in ("knowledge-documents", "knowledge-vectors", "knowledge-index"):
        assert knowledge.get(name).protect and knowledge.get(name).retain
        assert not discarded.get(name).protect
    assert discarded.get("knowledge-vectors").inputs["forceDestroy"] is True


COLLECTION = "arn:aws:aoss:us-east-1:123456789012:collection/knowledge-collection-id"
KNOWLEDGE_ROLE = "arn:aws:iam::123456789012:role/knowledge-role-1a2b3c4"
MAKER_ROLE = "arn:aws:iam::123456789012:role/knowledge-index-maker-role-1a2b3c4"


@pytest.fixture(scope="module")
def searched() -> Graph:
    return record_knowledge(storage="opensearch", opensearch_layers=["arn:opensearch"])


def test_opensearch_holds_the_passages_when_that_is_the_storage(searched: Graph) -> None:
    assert searched.get("knowledge-base").inputs["storageConfiguration"] == {
        "type": "OPENSEARCH_SERVERLESS",
        "opensearchServerlessConfiguration": {
            "collectionArn": COLLECTION,
            "vectorIndexName": "documents",
            "fieldMapping": {"vectorField": "vector", "textField": "text", "metadataField": "metadata"},
        },
    }
    assert ("aoss:APIAccessAll", COLLECTION) in allowed(searched.get("knowledge-policy").inputs["policy"])
    assert not any("s3vectors" in str(resource.inputs) for resource in searched.resources)


def test_the_index_is_made_before_the_knowledge_base_by_a_function_that_may_do_nothing_else(
    searched: Graph,
) -> None:
    index = searched.get("knowledge-index")
    assert {"knowledge-data", "knowledge-index-maker-function"} <= set(index.dependencies)
    assert {"knowledge-index", "knowledge-policy"} <= set(searched.get("knowledge-base").dependencies)
    request = json.loads(index.inputs["input"])
    assert request["index"] == "documents" and request["dimensions"] == 1024
    assert allowed(searched.get("knowledge-index-maker-policy").inputs["policy"]) == {
        ("aoss:APIAccessAll", COLLECTION)
    }
    maker = searched.get("knowledge-index-maker-function").inputs
    assert (maker["layers"], maker["timeout"]) == (["arn:core", "arn:opensearch"], 300)


def test_the_function_understands_what_it_is_told(searched: Graph) -> None:
    from runtime.indexes.handler import IndexRequest, index_body

    body = index_body(IndexRequest.model_validate_json(searched.get("knowledge-index").inputs["input"]))
    fields = body["mappings"]["properties"]
    configuration = searched.get("knowledge-base").inputs["storageConfiguration"]
    mapping = configuration["opensearchServerlessConfiguration"]["fieldMapping"]
    assert set(fields) == set(mapping.values())
    assert fields[mapping["vectorField"]]["type"] == "knn_vector"


def test_bedrock_may_read_and_write_the_index_and_its_maker_only_make_it(searched: Graph) -> None:
    policy = searched.get("knowledge-data").inputs
    assert (policy["type"], policy["name"]) == ("data", "shop-test-knowledge")
    granted = {
        principal: rule["Permission"]
        for part in json.loads(policy["policy"])
        for principal in part["Principal"]
        for rule in part["Rules"]
    }
    assert granted == {
        KNOWLEDGE_ROLE: ["aoss:DescribeIndex", "aoss:ReadDocument", "aoss:WriteDocument"],
        MAKER_ROLE: ["aoss:CreateIndex", "aoss:DescribeIndex"],
    }


def test_storage_in_opensearch_needs_its_layer() -> None:
    with pytest.raises(ValueError, match="opensearch_layers: storage opensearch needs the layer"):
        record_knowledge(storage="opensearch")


def test_an_unknown_storage_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="'redis' is not a valid KnowledgeStorage"):
        record_knowledge(storage="redis")
