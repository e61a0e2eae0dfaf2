"""One id leads from an answer to everything that was logged on the way to it."""

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.fitting import Shopper
from tests.support.cloud import RunningCloud, eventually

pytestmark = pytest.mark.cloud


def logged(cloud: RunningCloud, service: str) -> Iterator[dict[str, Any]]:
    """What a function has logged, line by line."""
    (row,) = (row for row in json.loads(cloud.outputs["watched"]) if row.get("service") == service)
    function = cloud.aws("lambda").get_function_configuration(FunctionName=row["dimensions"]["FunctionName"])
    pages = (
        cloud.aws("logs")
        .get_paginator("filter_log_events")
        .paginate(logGroupName=function["LoggingConfig"]["LogGroup"])
    )
    for event in (event for page in pages for event in page["events"]):
        try:
            line = json.loads(event["message"])
        except ValueError:
            continue
        if isinstance(line, dict):
            yield line


def followed(cloud: RunningCloud, service: str, request_id: str) -> list[str]:
    """Messages of a function under an id."""
    return [
        str(line["message"])
        for line in logged(cloud, service)
        if line.get("correlation_id") == request_id and "message" in line
    ]


def test_a_conversation_leads_to_what_it_asked(cloud: RunningCloud) -> None:
    answer = cloud.call("POST", "/text", json={"message": "Show me a red dress for a wedding in Lisbon."})
    assert answer.status_code == 200, answer.text
    request_id = answer.headers["x-request-id"]
    eventually(lambda: "answered" in followed(cloud, "chat", request_id))
    eventually(lambda: "tool answered" in followed(cloud, "search", request_id))


def test_a_search_leads_to_its_own_line(cloud: RunningCloud) -> None:
    answer = cloud.call("GET", "/search", params={"query": f"dress {uuid.uuid4().hex}"})
    request_id = answer.headers["x-request-id"]
    eventually(lambda: followed(cloud, "search", request_id) == ["answered"])


def test_a_try_on_leads_from_its_order_to_its_delivery(cloud: RunningCloud) -> None:
    shopper = Shopper(cloud, cloud.headers)
    photo = shopper.photo()
    product = cloud.call("GET", "/products?category=dress&limit=1").json()["products"][0]["product_id"]
    body = {"model_id": photo, "product_ids": [product]}
    answer = shopper.call("POST", "/try-on", json=body)
    assert answer.status_code == 202, answer.text
    job_id, request_id = answer.json()["job_id"], answer.headers["x-request-id"]
    assert shopper.wait(job_id)["status"] == "completed"

    ordered = eventually(
        lambda: [
            line
            for line in logged(cloud, "tryon-routes")
            if line.get("message") == "job created" and line.get("correlation_id") == request_id
        ]
    )
    assert [line["job_id"] for line in ordered] == [job_id]
    for service, message in (
        ("tryon-starter", "started"),
        ("tryon-worker", "worked"),
        ("tryon-delivery", "delivered"),
    ):
        eventually(lambda s=service, m=message: m in followed(cloud, s, job_id))
    shopper.call("DELETE", f"/models/{photo}")


def test_interactions_lead_to_the_batch_that_recorded_them(cloud: RunningCloud) -> None:
    """The queue waits for company, so the batch comes within the window of its event source."""
    product = cloud.call("GET", "/products?limit=1").json()["products"][0]["product_id"]
    answer = cloud.call("POST", "/interactions", json={"product_id": product, "event_type": "view"})
    assert answer.status_code == 202, answer.text
    request_id = answer.headers["x-request-id"]
    eventually(
        lambda: any(request_id in line.get("requests", ()) for line in logged(cloud, "recorder")), within_s=40
    )
