"""What knows a shopper's taste: who may read and write what, where poison ends, how long things are kept."""

import json
from typing import Any

import pytest

from components import ClusterTrainer, Lake, Personalization, ProductClusters
from runtime.clusters.trainer import GroupingSettings, SageMakerTrainerSettings
from runtime.personalization.popularity import BY_SCORE, BY_SHELF
from tests.graph.recorder import Graph, record
from tests.graph.test_catalog import allowed, allowed_by

POPULARITY = "arn:aws:dynamodb:us-east-1:123456789012:table/personalization-popularity-1a2b3c4"
STYLES = "arn:aws:dynamodb:us-east-1:123456789012:table/personalization-styles-1a2b3c4"
QUEUE = "arn:aws:sqs:us-east-1:123456789012:personalization-events-1a2b3c4"
LAKE = "arn:aws:s3:::lake-bucket-1a2b3c4"
OWN = ("logs:CreateLogStream", "logs:PutLogEvents", "xray:PutTelemetryRecords", "xray:PutTraceSegments")


def duties(graph: Graph, name: str) -> set[tuple[str, str]]:
    return {each for each in allowed(graph, name) if each[0] not in OWN}


def test_the_keeper_reads_products_keeps_profiles_and_hands_interactions_over(dev: Graph) -> None:
    products = dev.get("catalog-products").state["arn"]
    assert duties(dev, "personalization-style-policy") == {
        ("dynamodb:GetItem", STYLES),
        ("dynamodb:PutItem", STYLES),
        ("dynamodb:BatchGetItem", products),
        ("sqs:SendMessage", QUEUE),
    }
    variables = dev.get("personalization-style-function").inputs["environment"]["variables"]
    assert json.loads(variables["STYLES"]) == {"table": "personalization-styles-1a2b3c4", "weight": 0.3}
    assert json.loads(variables["INTERACTIONS"])["queue_url"].endswith("personalization-events-1a2b3c4")


def test_the_recorder_takes_from_the_queue_writes_interactions_and_counts(dev: Graph) -> None:
    assert duties(dev, "personalization-recorder-policy") == {
        ("sqs:ReceiveMessage", QUEUE),
        ("sqs:DeleteMessage", QUEUE),
        ("sqs:GetQueueAttributes", QUEUE),
        ("s3:PutObject", f"{LAKE}/interactions/*"),
        ("dynamodb:UpdateItem", POPULARITY),
    }
    source = dev.get("personalization-recorder-source").inputs
    assert source["functionResponseTypes"] == ["ReportBatchItemFailures"]
    assert (source["batchSize"], source["maximumBatchingWindowInSeconds"]) == (1000, 10)


def test_what_cannot_be_recorded_is_kept_for_a_fortnight(dev: Graph) -> None:
    redrive = json.loads(dev.get("personalization-events").inputs["redrivePolicy"])
    assert redrive["maxReceiveCount"] == 5
    assert dev.get("personalization-dead-letters").inputs["messageRetentionSeconds"] == 14 * 86_400
    assert dev.get("personalization-events").inputs["visibilityTimeoutSeconds"] == 6 * 60 + 10


def test_searches_read_one_profile_each(dev: Graph) -> None:
    assert ("dynamodb:GetItem", STYLES) in allowed(dev, "search-policy")
    assert not [
        action for action, where in allowed(dev, "search-policy") if where == STYLES and "Put" in action
    ]
    assert "STYLES" in dev.get("search-function").inputs["environment"]["variables"]


def test_popularity_is_read_by_two_indexes_and_ends_by_itself(dev: Graph) -> None:
    table = dev.get("personalization-popularity").inputs
    assert (table["hashKey"], table["rangeKey"]) == ("product_id", "board")
    keys = {
        index["name"]: [key["attributeName"] for key in index["keySchemas"]]
        for index in table["globalSecondaryIndexes"]
    }
    assert keys == {BY_SCORE: ["board", "score"], BY_SHELF: ["shelf", "score"]}
    assert {index["projectionType"] for index in table["globalSecondaryIndexes"]} == {"KEYS_ONLY"}
    assert {"name": "score", "type": "N"} in table["attributes"]
    assert table["ttl"] == {"attributeName": "expires_at", "enabled": True}
    for function in ("search-function", "personalization-recorder-function"):
        variables = dev.get(function).inputs["environment"]["variables"]
        assert json.loads(variables["POPULARITY"]) == {"table": "personalization-popularity-1a2b3c4"}


def test_the_profile_is_shown_and_erased_with_the_rest(dev: Graph) -> None:
    kept = json.loads(dev.get("profile-function").inputs["environment"]["variables"]["KEPT"])
    (place,) = [each for each in kept if each["name"] == "style"]
    assert (place["table"], place["keys"]) == ("personalization-styles-1a2b3c4", [])
    assert "pseudonym" in place["hidden"]
    assert ("dynamodb:BatchWriteItem", STYLES) in allowed(dev, "profile-policy")


def test_only_interactions_leave_the_lake_after_their_time() -> None:
    graph = record_lake(interaction_days=90)
    rules = {rule["id"]: rule for rule in graph.get("lake-bucket-lifecycle").inputs["rules"]}
    expiry = rules["expire-objects"]
    assert (expiry["filter"], expiry["expiration"]) == ({"prefix": "interactions/"}, {"days": 90})


def record_lake(**args: Any) -> Graph:
    return record(lambda: void(Lake("lake", args)))  # pyright: ignore[reportArgumentType]


def void(_: object) -> None:
    """A program returns nothing."""


def test_the_clusterer_reads_vectors_and_products_and_writes_labels_only(dev: Graph) -> None:
    products, vectors = (dev.get(name).state["arn"] for name in ("catalog-products", "vectors-embeddings"))
    snapshots = dev.get("vectors-snapshots").state["arn"]
    failures = dev.get("clusters-failures").state["arn"]
    assert duties(dev, "clusters-policy") == {
        ("dynamodb:Scan", products),
        ("dynamodb:GetItem", products),
        ("dynamodb:UpdateItem", products),
        ("dynamodb:Scan", vectors),
        ("dynamodb:Query", f"{vectors}/index/changes"),
        ("dynamodb:UpdateItem", vectors),
        ("s3:GetObject", f"{snapshots}/*"),
        ("s3:ListBucket", snapshots),
        ("s3:GetObject", f"{LAKE}/clusters/*"),
        ("s3:PutObject", f"{LAKE}/clusters/*"),
        ("s3:ListBucket", LAKE),
        ("sqs:SendMessage", failures),
    }
    assert dev.get("clusters-schedule").inputs["scheduleExpression"] == "rate(1 hour)"
    function = dev.get("clusters-function").inputs
    assert json.loads(function["environment"]["variables"]["GROUPING"]) == {
        "clusters": 100,
        "trainer": {"kind": "builtin"},
    }


def test_sagemaker_groups_with_a_role_that_knows_its_own_folder_only() -> None:
    args: Any = {
        "layers": ["arn:core"],
        "policies": ['{"Statement": []}'],
        "vector_environment": {},
        "catalog_environment": {},
        "lake_environment": {},
        "trainer": ClusterTrainer.SAGEMAKER,
        "lake_bucket": "lake-bucket-1a2b3c4",
        "physical_name": "shop",
    }
    graph = record(lambda: void(ProductClusters("clusters", args)))
    role = graph.get("clusters-training-role").state["arn"]
    jobs = "arn:aws:sagemaker:us-east-1:123456789012:training-job/shop-clusters-*"
    assert duties(graph, "clusters-policy") == {
        ("sagemaker:CreateTrainingJob", jobs),
        ("sagemaker:DescribeTrainingJob", jobs),
        ("iam:PassRole", role),
        ("s3:DeleteObject", f"{LAKE}/clusters/training/*"),
        ("sqs:SendMessage", graph.get("clusters-failures").state["arn"]),
    }
    (passing,) = [each for each in statements(graph, "clusters-policy") if "iam:PassRole" in each["Action"]]
    assert passing["Condition"] == {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
    logs = "arn:aws:logs:us-east-1:123456789012:log-group:/aws/sagemaker/TrainingJobs"
    assert allowed(graph, "clusters-training-policy") == {
        ("s3:GetObject", f"{LAKE}/clusters/training/*"),
        ("s3:PutObject", f"{LAKE}/clusters/training/*"),
        ("s3:ListBucket", LAKE),
        ("logs:CreateLogGroup", f"{logs}:*"),
        ("logs:CreateLogStream", f"{logs}:*"),
        ("logs:DescribeLogStreams", f"{logs}:*"),
        ("logs:PutLogEvents", f"{logs}:log-stream:*"),
    }
    (trust,) = json.loads(graph.get("clusters-training-role").inputs["assumeRolePolicy"])["Statement"]
    assert trust["Principal"] == {"Service": "sagemaker.amazonaws.com"}
    assert trust["Condition"]["ArnLike"] == {"aws:SourceArn": jobs}
    variables = graph.get("clusters-function").inputs["environment"]["variables"]
    chosen = GroupingSettings.model_validate_json(variables["GROUPING"]).trainer
    assert isinstance(chosen, SageMakerTrainerSettings)
    assert (chosen.role_arn, chosen.bucket, chosen.prefix) == (role, LAKE[13:], "clusters/training/")
    assert chosen.image == "382416733822.dkr.ecr.us-east-1.amazonaws.com/kmeans:1"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"physical_name": "shop"}, "lake_bucket: the trainer sagemaker needs a bucket"),
        ({"lake_bucket": "lake"}, "physical_name: the trainer sagemaker needs a name of at most 31"),
        ({"lake_bucket": "lake", "physical_name": "x" * 32}, "physical_name: .* at most 31 characters"),
    ],
)
def test_sagemaker_needs_a_bucket_and_a_name(given: dict[str, str], message: str) -> None:
    args: Any = {"layers": [], "policies": [], "trainer": "sagemaker", **given}
    with pytest.raises(ValueError, match=message):
        record(lambda: void(ProductClusters("clusters", args)))


def statements(graph: Graph, name: str) -> list[dict[str, Any]]:
    return json.loads(graph.get(name).inputs["policy"])["Statement"]


def test_searches_read_how_alike_clusters_are(dev: Graph) -> None:
    assert ("s3:GetObject", f"{LAKE}/clusters/*") in allowed(dev, "search-policy")
    assert not [
        action for action, where in allowed(dev, "search-policy") if LAKE in where and "Put" in action
    ]
    assert "CLUSTERS" in dev.get("search-function").inputs["environment"]["variables"]


def test_new_products_find_their_cluster(dev: Graph) -> None:
    assert ("s3:GetObject", f"{LAKE}/clusters/*") in allowed(dev, "catalog-ingest-policy")
    assert not [a for a, where in allowed(dev, "catalog-ingest-policy") if LAKE in where and "Put" in a]
    assert "CLUSTERS" in dev.get("catalog-ingest-function").inputs["environment"]["variables"]


@pytest.mark.parametrize("clusters", [0, 1001])
def test_an_impossible_number_of_clusters_is_refused(clusters: int) -> None:
    args: Any = {"layers": [], "policies": [], "clusters": clusters}
    with pytest.raises(ValueError, match=r"clusters: \d+ is out of range; use 1 to 1000"):
        record(lambda: void(ProductClusters("clusters", args)))


def test_an_impossible_time_in_the_lake_is_refused() -> None:
    with pytest.raises(ValueError, match="interaction_days: 0 is out of range"):
        record_lake(interaction_days=0)


def test_the_policy_for_searches_reads_profiles_by_key_only() -> None:
    def program() -> None:
        import pulumi

        made = Personalization(
            "personalization",
            {
                "layers": [],
                "catalog_environment": {},
                "catalog_policy": '{"Statement": []}',
                "lake_environment": {},
                "lake_policy": '{"Statement": []}',
                "weight": 0.5,
            },
        )
        pulumi.export("policy", made.policy)
        pulumi.export("environment", made.environment)

    exports = record(program).exports
    assert allowed_by(exports["policy"]) == {
        ("dynamodb:GetItem", STYLES),
        ("dynamodb:Query", f"{POPULARITY}/index/{BY_SCORE}"),
        ("dynamodb:Query", f"{POPULARITY}/index/{BY_SHELF}"),
    }
    table = json.loads(exports["environment"]["POPULARITY"])["table"]
    assert POPULARITY.endswith(f"/{table}")
    assert json.loads(exports["environment"]["STYLES"])["weight"] == 0.5
