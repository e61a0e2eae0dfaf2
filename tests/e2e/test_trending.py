"""What is popular in a running cloud: from a shopper's interactions to the products that others see."""

import time
import uuid
from typing import Any

import pytest

from tests.e2e.doings import queued
from tests.support.cloud import RunningCloud
from tests.support.roles import Role

pytestmark = pytest.mark.cloud


def record(cloud: RunningCloud, product: dict[str, Any], times: int, kind: str = "purchase") -> None:
    """Interactions of as many shoppers, handed over directly: in the queue they wait for company."""
    rows = [
        {
            "event_id": uuid.uuid4().hex,
            "user_id": uuid.uuid4().hex,
            "product_id": product["product_id"],
            "cluster": None,
            "category": product["category"],
            "event_type": kind,
            "session_id": "visit",
            "timestamp": int(time.time()),
        }
        for _ in range(times)
    ]
    assert Role(cloud, "personalization-recorder").invoke(queued(rows)) == {"batchItemFailures": []}


def trending(cloud: RunningCloud, query: str = "") -> list[dict[str, Any]]:
    answer = cloud.call("GET", f"/products/trending{query}")
    assert answer.status_code == 200, answer.text
    assert answer.json()["days"] == 7
    return answer.json()["products"]


def test_what_many_buy_is_popular_in_the_shop_and_in_its_category(cloud: RunningCloud) -> None:
    dresses = cloud.call("GET", "/products?category=dress&limit=2").json()["products"]
    (hat,) = cloud.call("GET", "/products?category=hat&limit=1").json()["products"]
    record(cloud, dresses[0], 40)
    record(cloud, dresses[1], 60)
    record(cloud, hat, 50)
    found = trending(cloud, "?limit=3")
    assert [each["product_id"] for each in found] == [
        each["product_id"] for each in (dresses[1], hat, dresses[0])
    ]
    assert {**found[1], "image_url": ""} == {**hat, "image_url": ""}
    in_category = [each["product_id"] for each in trending(cloud, "?category=Dress")]
    assert in_category[:2] == [dresses[1]["product_id"], dresses[0]["product_id"]]
    assert {each["category"] for each in trending(cloud, "?category=dress")} == {"dress"}
    record(cloud, hat, 90, "dislike")
    assert trending(cloud, "?limit=2")[1]["product_id"] == hat["product_id"]


def test_a_wrong_question_is_refused_by_name(cloud: RunningCloud) -> None:
    answer = cloud.call("GET", "/products/trending?limit=0")
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == ["limit"]
