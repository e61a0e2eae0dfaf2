"""The catalogue: bucket, table, the way from an upload to a product, and who may do what on it."""

import json
from typing import Any

import pulumi
import pytest

from components import Catalog
from components._lib import iam
from tests.graph.recorder import Graph, record

BUCKET = "arn:aws:s3:::catalog-bucket-1a2b3c4"
TABLE = "arn:aws:dynamodb:us-east-1:123456789012:table/catalog-products-1a2b3c4"
OUTCOMES = "arn:aws:dynamodb:us-east-1:123456789012:table/catalog-outcomes-1a2b3c4"
QUEUE = "arn:aws:sqs:us-east-1:123456789012:catalog-events-1a2b3c4"
DEAD_LETTERS = "arn:aws:sqs:us-east-1:123456789012:catalog-dead-letters-1a2b3c4"


def record_catalog(**changes: Any) -> Graph:
    def program() -> None:
        catalog = Catalog(
            "catalog",
            {
                "vector_environment": pulumi.Output.from_input({"VECTOR_STORE": "s", "EMBEDDER": "e"}),
                "vector_index_policy": iam.document([iam.allow(["dynamodb:PutItem"], ["arn:vectors"])]),
                "layers": ["arn:core"],
                "array_layers": ["arn:arrays"],
                "capabilities": '{"features": ["search"]}',
                **changes,
            },
        )
        for name in ("environment", "policy", "desk_environment", "desk_policy", "bucket", "table"):
            pulumi.export(name, getattr(catalog, name))

    return record(program)


@pytest.fixture(scope="module")
def catalog() -> Graph:
    return record_catalog()


def allowed(graph: Graph, name: str) -> set[tuple[str, str]]:
    """Every action and resource that a policy allows."""
    return allowed_by(graph.get(name).inputs["policy"])


def allowed_by(text: str) -> set[tuple[str, str]]:
    return {
        (action, resource)
        for statement in json.loads(text)["Statement"]
        for action in statement["Action"]
        for resource in statement["Resource"]
    }


def test_the_bucket_is_versioned_private_encrypted_and_tidy(catalog: Graph) -> None:
    assert catalog.get("catalog-bucket-versioning").inputs["versioningConfiguration"] == {"status": "Enabled"}
    encryption = catalog.get("catalog-bucket-encryption").inputs["rules"][0]
    assert encryption["applyServerSideEncryptionByDefault"] == {"sseAlgorithm": "AES256"}
    access = catalog.get("catalog-bucket-access").inputs
    ways = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
    assert all(access[way] is True for way in ways)
    rules = catalog.get("catalog-bucket-lifecycle").inputs["rules"]
    assert rules[0]["abortIncompleteMultipartUpload"] == {"daysAfterInitiation": 7}
    assert rules[1]["noncurrentVersionExpiration"] == {"noncurrentDays": 30}
    assert "catalog-bucket-versioning" in catalog.get("catalog-bucket-lifecycle").dependencies


def test_the_bucket_refuses_plain_http(catalog: Graph) -> None:
    (statement,) = json.loads(catalog.get("catalog-bucket-policy").inputs["policy"])["Statement"]
    assert statement["Effect"] == "Deny" and statement["Principal"] == "*"
    assert statement["Resource"] == [BUCKET, f"{BUCKET}/*"]
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_the_table_is_browsed_by_category(catalog: Graph) -> None:
    table = catalog.get("catalog-products").inputs
    assert (table["hashKey"], table["billingMode"]) == ("product_id", "PAY_PER_REQUEST")
    (index,) = table["globalSecondaryIndexes"]
    assert index["name"] == "by-category"
    assert index["keySchemas"] == [
        {"attributeName": "category", "keyType": "HASH"},
        {"attributeName": "product_id", "keyType": "RANGE"},
    ]
    assert {attribute["name"] for attribute in table["attributes"]} == {"product_id", "category"}


def test_uploads_and_removals_below_products_reach_the_queue(catalog: Graph) -> None:
    notification = catalog.get("catalog-notification")
    assert notification.inputs["queues"] == [
        {
            "id": "products",
            "queueArn": QUEUE,
            "events": ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"],
            "filterPrefix": "products/",
        }
    ]
    assert "catalog-events-policy" in notification.dependencies, "S3 tests the queue at once"


def test_only_this_bucket_of_this_account_may_write_to_the_queue(catalog: Graph) -> None:
    (statement,) = json.loads(catalog.get("catalog-events-policy").inputs["policy"])["Statement"]
    assert statement["Principal"] == {"Service": "s3.amazonaws.com"}
    assert (statement["Action"], statement["Resource"]) == (["sqs:SendMessage"], [QUEUE])
    assert statement["Condition"] == {
        "ArnEquals": {"aws:SourceArn": BUCKET},
        "StringEquals": {"aws:SourceAccount": "123456789012"},
    }


def test_poison_ends_in_a_queue_that_keeps_it_longest_and_takes_it_from_here_only(catalog: Graph) -> None:
    events, dead = catalog.get("catalog-events").inputs, catalog.get("catalog-dead-letters").inputs
    assert json.loads(events["redrivePolicy"]) == {"deadLetterTargetArn": DEAD_LETTERS, "maxReceiveCount": 5}
    assert dead["messageRetentionSeconds"] == 14 * 86400 > events["messageRetentionSeconds"]
    allow = json.loads(catalog.get("catalog-dead-letters-allow").inputs["redriveAllowPolicy"])
    assert allow == {"redrivePermission": "byQueue", "sourceQueueArns": [QUEUE]}


def test_a_batch_fails_message_by_message_and_hides_long_enough(catalog: Graph) -> None:
    source = catalog.get("catalog-ingest-source").inputs
    assert source["functionResponseTypes"] == ["ReportBatchItemFailures"]
    assert (source["batchSize"], source["scalingConfig"]) == (10, {"maximumConcurrency": 10})
    timeout = catalog.get("catalog-ingest-function").inputs["timeout"]
    assert catalog.get("catalog-events").inputs["visibilityTimeoutSeconds"] == 6 * timeout


def test_ingestion_may_do_what_it_must_and_nothing_else(catalog: Graph) -> None:
    logs = "arn:aws:logs:us-east-1:123456789012:log-group:catalog-ingest-logs-1a2b3c4:*"
    assert allowed(catalog, "catalog-ingest-policy") == {
        ("s3:GetObject", f"{BUCKET}/products/*"),
        ("s3:ListBucket", BUCKET),
        ("dynamodb:BatchGetItem", TABLE),
        ("dynamodb:DeleteItem", TABLE),
        ("dynamodb:GetItem", TABLE),
        ("dynamodb:UpdateItem", TABLE),
        ("dynamodb:PutItem", "arn:vectors"),
        ("dynamodb:PutItem", OUTCOMES),
        ("sqs:ChangeMessageVisibility", QUEUE),
        ("sqs:DeleteMessage", QUEUE),
        ("sqs:GetQueueAttributes", QUEUE),
        ("sqs:ReceiveMessage", QUEUE),
        ("sqs:SendMessage", DEAD_LETTERS),
        ("logs:CreateLogStream", logs),
        ("logs:PutLogEvents", logs),
        ("xray:PutTelemetryRecords", "*"),
        ("xray:PutTraceSegments", "*"),
    }


def test_browsing_may_only_read_products_and_their_pictures(catalog: Graph) -> None:
    granted = allowed(catalog, "catalog-browse-policy")
    reading = {(action, resource) for action, resource in granted if not action.startswith(("logs", "xray"))}
    assert reading == {
        ("s3:GetObject", f"{BUCKET}/products/*"),
        ("dynamodb:GetItem", TABLE),
        ("dynamodb:Scan", TABLE),
        ("dynamodb:Query", f"{TABLE}/index/by-category"),
    }


def test_other_functions_may_look_up_products_by_id_and_nothing_else(catalog: Graph) -> None:
    assert allowed_by(catalog.exports["policy"]) == {
        ("s3:GetObject", f"{BUCKET}/products/*"),
        ("dynamodb:BatchGetItem", TABLE),
    }


def test_who_fills_the_catalogue_may_write_no_product_and_empty_no_queue_but_of_dead_letters(
    catalog: Graph,
) -> None:
    assert allowed_by(catalog.exports["desk_policy"]) == {
        ("s3:GetObject", f"{BUCKET}/products/*"),
        ("s3:PutObject", f"{BUCKET}/products/*"),
        ("s3:ListBucket", BUCKET),
        ("dynamodb:BatchGetItem", TABLE),
        ("dynamodb:Scan", TABLE),
        ("dynamodb:BatchGetItem", OUTCOMES),
        ("sqs:GetQueueAttributes", QUEUE),
        ("sqs:SendMessage", QUEUE),
        ("sqs:ChangeMessageVisibility", DEAD_LETTERS),
        ("sqs:DeleteMessage", DEAD_LETTERS),
        ("sqs:GetQueueAttributes", DEAD_LETTERS),
        ("sqs:ReceiveMessage", DEAD_LETTERS),
    }


def test_what_became_of_uploads_is_forgotten_after_a_while(catalog: Graph) -> None:
    assert catalog.get("catalog-outcomes").inputs["ttl"] == {"attributeName": "expires_at", "enabled": True}


def test_functions_are_told_where_things_are(catalog: Graph) -> None:
    setting = {"bucket": "catalog-bucket-1a2b3c4", "prefix": "products/", "table": "catalog-products-1a2b3c4"}
    assert json.loads(catalog.exports["environment"]["CATALOG"]) == setting
    ingest = catalog.get("catalog-ingest-function").inputs["environment"]["variables"]
    assert json.loads(ingest["CATALOG"]) == setting
    assert (ingest["VECTOR_STORE"], ingest["EMBEDDER"]) == ("s", "e")
    assert json.loads(ingest["INGEST"]) == {
        "queue_url": "https://sqs.us-east-1.amazonaws.com/123456789012/catalog-events-1a2b3c4",
        "dead_letter_url": "https://sqs.us-east-1.amazonaws.com/123456789012/catalog-dead-letters-1a2b3c4",
        "max_attempts": 3,
        "outcomes_table": "catalog-outcomes-1a2b3c4",
    }
    assert json.loads(catalog.exports["desk_environment"]["DESK"]) == {
        name: value for name, value in json.loads(ingest["INGEST"]).items() if name != "max_attempts"
    }
    browse = catalog.get("catalog-browse-function").inputs["environment"]["variables"]
    assert json.loads(browse["CAPABILITIES"]) == {"features": ["search"]}
    assert "VECTOR_STORE" not in browse


def test_only_ingestion_carries_numpy(catalog: Graph) -> None:
    assert catalog.get("catalog-ingest-function").inputs["layers"] == ["arn:core", "arn:arrays"]
    assert catalog.get("catalog-browse-function").inputs["layers"] == ["arn:core"]


def test_data_is_kept_by_default_and_discarded_on_request(catalog: Graph) -> None:
    discarded = record_catalog(protect_data=False)
    for name in ("catalog-bucket", "catalog-products"):
        assert catalog.get(name).protect and catalog.get(name).retain
        assert not discarded.get(name).protect and not discarded.get(name).retain
    assert catalog.get("catalog-bucket").inputs["forceDestroy"] is False
    assert discarded.get("catalog-bucket").inputs["forceDestroy"] is True
    assert catalog.get("catalog-products").inputs["deletionProtectionEnabled"] is True
    assert catalog.get("catalog-products").inputs["pointInTimeRecovery"] == {"enabled": True}
    assert discarded.get("catalog-products").inputs["deletionProtectionEnabled"] is False


@pytest.mark.parametrize("concurrency", [1, 1001])
def test_a_concurrency_that_lambda_refuses_is_refused_here(concurrency: int) -> None:
    with pytest.raises(ValueError, match=f"ingest_concurrency: {concurrency} is out of range"):
        record_catalog(ingest_concurrency=concurrency)
