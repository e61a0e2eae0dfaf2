"""Trying on: photos that are private and expire, a workflow that ends, a burst that queues."""

import json
from typing import Any

import pulumi
import pytest

from components import ShopperPhotos, TryOn, TryOnProvider
from components._lib import iam
from components._lib.tryon.workflow import describe_workflow
from tests.graph.recorder import Graph, record

EMPTY = iam.merge_texts([])
PHOTOS = "arn:aws:s3:::photos-bucket-1a2b3c4"
MODELS = "arn:aws:dynamodb:us-east-1:123456789012:table/photos-models-1a2b3c4"


def record_photos(**changes: Any) -> Graph:
    def program() -> None:
        photos = ShopperPhotos("photos", {"layers": ["arn:core"], **changes})
        for name in ("environment", "manage_policy", "read_policy", "show_policy", "kept", "owner_policy"):
            pulumi.export(name, getattr(photos, name))

    return record(program)


def record_try_on(**changes: Any) -> Graph:
    def program() -> None:
        try_on = TryOn(
            "try-on",
            {
                "layers": ["arn:core"],
                "photos_environment": {"PHOTOS": "p"},
                "photos_manage_policy": EMPTY,
                "photos_read_policy": EMPTY,
                "photos_show_policy": EMPTY,
                "catalog_environment": {"CATALOG": "c"},
                "catalog_policy": EMPTY,
                "catalog_lookup_policy": EMPTY,
                "connections_environment": {"CONNECTIONS": "s"},
                "connections_policy": EMPTY,
                "connections_send_policy": EMPTY,
                "quotas_environment": {"QUOTAS": "q"},
                "quotas_policy": EMPTY,
                **changes,
            },
        )
        for name in ("function_arn", "kept", "owner_policy", "bucket", "table", "state_machine_arn"):
            pulumi.export(name, getattr(try_on, name))

    return record(program)


@pytest.fixture(scope="module")
def photos() -> Graph:
    return record_photos()


@pytest.fixture(scope="module")
def try_on() -> Graph:
    return record_try_on()


def actions(text: str) -> set[str]:
    return {
        action
        for statement in json.loads(text)["Statement"]
        for action in statement["Action"]
        if not action.startswith(("logs:", "xray:"))
    }


def variables(graph: Graph, function: str) -> dict[str, Any]:
    return graph.get(f"{function}-function").inputs["environment"]["variables"]


def test_photos_expire_and_are_not_kept_as_versions(photos: Graph) -> None:
    rules = {rule["id"]: rule for rule in photos.get("photos-bucket-lifecycle").inputs["rules"]}
    assert rules["expire-objects"]["expiration"] == {"days": 30}
    assert not photos.of_type("aws:s3/bucketVersioning:BucketVersioning")
    assert photos.get("photos-models").inputs["ttl"] == {"attributeName": "ttl", "enabled": True}


def test_uploads_below_models_reach_the_intake(photos: Graph) -> None:
    [queue] = photos.get("photos-notification").inputs["queues"]
    assert (queue["filterPrefix"], queue["events"]) == ("models/", ["s3:ObjectCreated:*"])
    assert photos.get("photos-intake-source").inputs["batchSize"] == 1


def test_browsers_of_one_site_may_upload() -> None:
    graph = record_photos(allowed_origin="https://shop.example")
    [rule] = graph.get("photos-bucket-cors").inputs["corsRules"]
    assert rule["allowedOrigins"] == ["https://shop.example"]
    assert rule["allowedMethods"] == ["GET", "POST"]


def test_the_owner_can_see_and_erase_photos_and_their_rows(photos: Graph) -> None:
    places = {place["name"]: place for place in json.loads(photos.exports["kept"])}
    assert places["photos"] == {
        "kind": "objects",
        "name": "photos",
        "bucket": "photos-bucket-1a2b3c4",
        "prefix": "models/",
    }
    assert (places["photo_details"]["keys"], places["photo_details"]["index"]) == (["model_id"], "by_user")
    assert actions(photos.exports["owner_policy"]) == {
        "dynamodb:BatchWriteItem",
        "dynamodb:Query",
        "s3:DeleteObject",
        "s3:DeleteObjectVersion",
        "s3:GetObject",
        "s3:ListBucket",
        "s3:ListBucketVersions",
    }


def test_who_shows_photos_may_do_nothing_else(photos: Graph) -> None:
    [statement] = json.loads(photos.exports["show_policy"])["Statement"]
    assert (statement["Action"], statement["Resource"]) == (["s3:GetObject"], [f"{PHOTOS}/models/*"])


def test_new_rows_start_the_workflow(try_on: Graph) -> None:
    source = try_on.get("try-on-starter-source").inputs
    assert source["eventSourceArn"].endswith("table/try-on-jobs-1a2b3c4/stream/1")
    assert source["filterCriteria"] == {"filters": [{"pattern": '{"eventName":["INSERT"]}'}]}
    assert source["bisectBatchOnFunctionError"] is True
    assert source["destinationConfig"]["onFailure"]["destinationArn"].endswith(
        "try-on-starter-failures-1a2b3c4"
    )


def test_a_burst_waits_in_the_queue(try_on: Graph) -> None:
    source = record_try_on(concurrency=3).get("try-on-worker-source").inputs
    assert source["scalingConfig"] == {"maximumConcurrency": 3}
    assert try_on.get("try-on-worker-source").inputs["scalingConfig"] == {"maximumConcurrency": 10}
    assert try_on.get("try-on-worker-function").inputs.get("reservedConcurrentExecutions") is None
    queue = try_on.get("try-on-work-queue").inputs
    assert queue["visibilityTimeoutSeconds"] == 6 * try_on.get("try-on-worker-function").inputs["timeout"]


def test_the_workflow_waits_for_the_worker_and_explains_what_went_wrong() -> None:
    states = describe_workflow("https://sqs/1/work", "arn:closer")["States"]
    assert states["Work"]["Resource"] == "arn:aws:states:::sqs:sendMessage.waitForTaskToken"
    assert states["Work"]["Retry"][0] == {"ErrorEquals": ["NotMade"], "MaxAttempts": 0}
    assert states["Work"]["Catch"][0]["Next"] == "Close"
    assert "Lambda.TooManyRequestsException" in states["Close"]["Retry"][0]["ErrorEquals"]
    assert states["Close"]["Retry"][0]["JitterStrategy"] == "FULL"


def test_each_function_has_the_rights_it_needs(try_on: Graph) -> None:
    assert actions(try_on.get("try-on-closer-policy").inputs["policy"]) == {
        "dynamodb:UpdateItem",
        "s3:DeleteObject",
        "s3:DeleteObjectVersion",
        "s3:ListBucketVersions",
    }
    assert {"states:SendTaskFailure", "states:SendTaskSuccess", "bedrock:InvokeModel"} <= actions(
        try_on.get("try-on-worker-policy").inputs["policy"]
    )
    assert "bedrock:InvokeModel" not in actions(try_on.get("try-on-delivery-policy").inputs["policy"])


def test_limits_and_the_price_reach_the_functions() -> None:
    given = variables(record_try_on(daily_per_user=3, daily_spend_usd=4), "try-on-routes")
    limits = json.loads(given["TRYON_LIMITS"])
    assert (limits["daily_per_user"], limits["daily_spend_usd"]) == (3, 4)
    assert limits["price_usd"] > 0


def test_a_providers_setting_is_the_workers() -> None:
    graph = record_try_on(provider=TryOnProvider.SAGEMAKER, endpoint="dresser", price_usd="0.02")
    assert json.loads(variables(graph, "try-on-worker")["TRYON_MODEL"])["endpoint"] == "dresser"
    assert json.loads(variables(graph, "try-on-routes")["TRYON_LIMITS"])["price_usd"] == 0.02


def test_what_is_kept_of_jobs_hides_what_is_not_the_shoppers(try_on: Graph) -> None:
    rows = next(place for place in json.loads(try_on.exports["kept"]) if place["kind"] == "rows")
    assert {"connection_id", "claim", "spent_micros"} <= set(rows["hidden"])
    assert (rows["keys"], rows["index"]) == (["id"], "by_user")


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"daily_per_user": 0}, "daily_per_user: 0 would let nothing"),
        ({"retention_days": 0}, "retention_days: 0 would let nothing"),
        ({"concurrency": 1}, "concurrency: 1 is out of range"),
        ({"provider": TryOnProvider.SAGEMAKER}, "endpoint: the provider sagemaker needs"),
        ({"price_usd": "cheap"}, "price_usd: 'cheap' is no price"),
    ],
)
def test_wrong_inputs_are_named(changes: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        record_try_on(**changes)


def test_photos_that_nobody_keeps_are_refused() -> None:
    with pytest.raises(ValueError, match="retention_days: 0 would keep no photo"):
        record_photos(retention_days=0)
