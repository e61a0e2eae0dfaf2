"""Pictures: the model in its own region, results that expire, and what they may cost."""

import json
from typing import Any

import pulumi
import pytest

from components import ImageGeneration
from components._lib import iam
from runtime.privacy.settings import KeptObjects, read_kept
from tests.graph.recorder import Graph, record

RESULTS = "arn:aws:s3:::images-results-1a2b3c4"
QUOTAS = "arn:aws:dynamodb:us-east-1:123456789012:table/images-quotas-1a2b3c4"
CORE = "stability.stable-image-core-v1:1"


def record_images(**changes: Any) -> Graph:
    def program() -> None:
        images = ImageGeneration(
            "images",
            {
                "layers": ["arn:core"],
                "chat_environment": {"SESSIONS": "s", "PROFILES": "p"},
                "chat_policy": iam.document([iam.allow(["dynamodb:GetItem"], ["arn:sessions"])]),
                **changes,
            },
        )
        for name in ("bucket", "kept", "owner_policy"):
            pulumi.export(name, getattr(images, name))
        pulumi.export("model_region", images.model_region)

    return record(program)


@pytest.fixture(scope="module")
def images() -> Graph:
    return record_images()


def allowed(text: str) -> set[tuple[str, str]]:
    return {
        (action, resource)
        for statement in json.loads(text)["Statement"]
        for action in statement["Action"]
        for resource in statement["Resource"]
        if not action.startswith(("logs:", "xray:"))
    }


def test_the_function_is_told_model_place_and_limits() -> None:
    graph = record_images(daily_per_user=5, daily_spend_usd=3)
    given = graph.get("images-function").inputs["environment"]["variables"]
    assert json.loads(given["IMAGES"]) == {
        "model_id": CORE,
        "region": "us-west-2",
        "bucket": "images-results-1a2b3c4",
        "prefix": "images/",
        "quotas_table": "images-quotas-1a2b3c4",
        "daily_per_user": 5,
        "daily_spend_usd": 3,
        "price_usd": 0.04,
    }
    assert (given["SESSIONS"], given["PROFILES"]) == ("s", "p")


def test_it_may_call_one_model_where_that_is_offered_and_count_what_it_costs(images: Graph) -> None:
    assert allowed(images.get("images-policy").inputs["policy"]) == {
        ("bedrock:InvokeModel", f"arn:aws:bedrock:us-west-2::foundation-model/{CORE}"),
        ("s3:GetObject", f"{RESULTS}/images/*"),
        ("s3:PutObject", f"{RESULTS}/images/*"),
        ("s3:ListBucket", RESULTS),
        ("dynamodb:GetItem", QUOTAS),
        ("dynamodb:UpdateItem", QUOTAS),
        ("dynamodb:GetItem", "arn:sessions"),
    }
    assert images.exports["model_region"] == "us-west-2"


def test_the_owner_lists_takes_and_erases_pictures(images: Graph) -> None:
    assert allowed(images.exports["owner_policy"]) == {
        ("s3:ListBucket", RESULTS),
        ("s3:ListBucketVersions", RESULTS),
        ("s3:GetObject", f"{RESULTS}/images/*"),
        ("s3:DeleteObjectVersion", f"{RESULTS}/images/*"),
    }
    expected = KeptObjects(name="pictures", bucket="images-results-1a2b3c4", prefix="images/")
    assert read_kept({"KEPT": images.exports["kept"]}) == [expected]


def test_pictures_expire(images: Graph) -> None:
    rules = {rule["id"]: rule for rule in images.get("images-results-lifecycle").inputs["rules"]}
    assert rules["expire-objects"]["expiration"] == {"days": 7}
    assert "abort-abandoned-uploads" in rules
    changed = record_images(keep_days=1).get("images-results-lifecycle").inputs["rules"]
    assert changed[-1]["expiration"] == {"days": 1}


def test_counters_and_request_ids_expire(images: Graph) -> None:
    quotas = images.get("images-quotas").inputs
    assert quotas["hashKey"] == "key"
    assert quotas["ttl"] == {"attributeName": "expires_at", "enabled": True}


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        (
            {"model": "us.stability.stable-image-inpaint-v1:0"},
            "model: .* is no image model; use one of stability",
        ),
        ({"model": "amazon.nova-canvas-v1:0"}, "model: .* has no price_usd"),
        ({"daily_per_user": 0}, "daily_per_user: 0 would let no picture be made"),
        ({"daily_spend_usd": 0}, "daily_spend_usd: 0 would let no picture be made"),
        ({"keep_days": 0}, "keep_days: 0 would let no picture be made or kept"),
    ],
)
def test_wrong_inputs_are_named(changes: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        record_images(**changes)
