"""No function of the try-on has a permission to spare, as far as the emulator asks for them."""

import json
import uuid
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.e2e.fitting import Shopper, draw_shopper
from tests.e2e.test_chat import socket
from tests.e2e.test_permissions import TROUBLE, UNENFORCED, Role
from tests.support.cloud import RunningCloud, eventually
from tests.support.pictures import unusable_pictures

pytestmark = pytest.mark.cloud

# What the emulator grants without asking, or what only accidents ask for.
SELDOM = {
    "dynamodb:DescribeStream": "the emulator itself reads the stream",
    "dynamodb:GetRecords": "the emulator itself reads the stream",
    "dynamodb:GetShardIterator": "the emulator itself reads the stream",
    "dynamodb:ListStreams": "the emulator itself reads the stream",
    "sqs:ChangeMessageVisibility": "without it a message only comes back later",
    "sqs:SendMessage": "the emulator itself hands over failed events",
    "states:SendTaskFailure": "the tests of a model in trouble need it",
}
_QUICK_S = 8.0


def photo_taken(cloud: RunningCloud, shopper: Shopper) -> str | None:
    try:
        model_id, sent = shopper.upload(draw_shopper())
        if sent.status_code not in (200, 201, 204):
            return None
        shown = eventually(lambda: ready(shopper, model_id), within_s=_QUICK_S)
    except AssertionError:
        return None
    return model_id if httpx.get(shown["image_url"]).status_code == 200 else None


def ready(shopper: Shopper, model_id: str) -> dict[str, Any]:
    shown = shopper.call("GET", f"/models/{model_id}")
    assert shown.status_code == 200
    return shown.json() if shown.json()["status"] == "ready" else {}


def taking_in_works(cloud: RunningCloud, role: Role) -> bool:
    """A photo, one that nobody announced, and a bad one, whose object does not remain."""
    shopper, before = Shopper(cloud, cloud.headers), role.count_logged(*TROUBLE)
    bad, _ = shopper.upload(unusable_pictures()["a GIF"])
    if photo_taken(cloud, shopper) is None:
        return False
    user = shopper.call("GET", "/models").json()["models"][0]["image_url"].split("/models/")[1].split("/")[0]
    model_id = uuid.uuid4().hex
    bucket = cloud.outputs["photos_bucket"]
    key = f"models/{user}/{model_id}"
    cloud.aws("s3").put_object(Bucket=bucket, Key=key, Body=draw_shopper(), ContentType="image/jpeg")
    try:
        eventually(lambda: shopper.call("GET", f"/models/{model_id}").status_code == 200, within_s=_QUICK_S)
        refused = eventually(
            lambda: shopper.call("GET", f"/models/{bad}").json()["advice"], within_s=_QUICK_S
        )
    except AssertionError:
        return False
    return bool(refused) and role.count_logged(*TROUBLE) == before


def trying_on_works(cloud: RunningCloud, role: Role) -> bool:
    """A job over the socket with its pictures, a given mask, a list and a deletion, without any warning."""
    shopper, before = Shopper(cloud, cloud.headers), role.count_logged(*TROUBLE)
    model_id = photo_taken(cloud, shopper)
    if model_id is None:
        return False
    product = shopper.call("GET", "/products?category=dress&limit=1").json()["products"][0]["product_id"]
    request = {"model_id": model_id, "product_ids": [product], "request_id": uuid.uuid4().hex}
    frames: list[dict[str, Any]] = []
    try:
        with socket(cloud, cloud.token) as connection:
            connection.send(json.dumps({"action": "tryon", **request}))
            while not frames or frames[-1].get("status") not in ("completed", "error"):
                frames.append(json.loads(connection.recv(timeout=_QUICK_S)))
                if frames[-1]["type"] != "tryon.status":
                    return False
    except (TimeoutError, OSError):
        return False
    last = frames[-1]
    if last["status"] != "completed" or len(frames) < 4:
        return False
    if any(httpx.get(last[name]).status_code != 200 for name in ("result_url", "person_url")):
        return False
    if last["job_id"] not in shopper.call("GET", "/try-on").text:
        return False
    if shopper.call("DELETE", f"/models/{model_id}").json().get("deleted", {}).get("results", 0) < 1:
        return False
    return role.count_logged(*TROUBLE) == before


SCENARIOS: dict[str, Callable[[RunningCloud, Role], bool]] = {
    "photos-intake": taking_in_works,
    "try-on-delivery": trying_on_works,
    "try-on-routes": trying_on_works,
    "try-on-starter": trying_on_works,
    "try-on-worker": trying_on_works,
}
NOT_EVERY_TIME = {
    ("try-on-routes", "s3:PutObject", "try-on-results"): "for a mask that was given",
    ("try-on-routes", "dynamodb:GetItem", "connections-table"): "when an event has lost its context",
    ("try-on-delivery", "dynamodb:UpdateItem", "images-quotas"): "only logged, which the scenario sees late",
}


@pytest.mark.parametrize("name", sorted(SCENARIOS))
def test_every_permission_is_needed(cloud: RunningCloud, name: str) -> None:
    role, works = Role(cloud, name), SCENARIOS[name]
    assert works(cloud, role), "the scenario itself fails"
    spared: list[tuple[str, str]] = []
    for action, resource in role.grants():
        told = any(key[:2] == (name, action) and key[2] in resource for key in NOT_EVERY_TIME)
        profile = ":inference-profile/" not in resource and action == "bedrock:InvokeModel"
        if action in UNENFORCED or action in SELDOM or told or profile:
            continue
        with role.without((action, resource)):
            if works(cloud, role):
                spared.append((action, resource))
    assert works(cloud, role), "the role was not put back"
    assert not spared
