"""No function of the try-on has a permission to spare, as far as the emulator asks for them."""

import json
import uuid
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from websockets.sync.client import ClientConnection

from tests.e2e.fitting import Shopper, draw_shopper, listen
from tests.e2e.test_chat import socket
from tests.e2e.test_permissions import TROUBLE, UNENFORCED, Role
from tests.e2e.test_try_on import invoke, product_of
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
    """A job for two garments over the socket, its pictures, a list and a deletion, without any warning."""
    shopper, before = Shopper(cloud, cloud.headers), role.count_logged(*TROUBLE)
    model_id = photo_taken(cloud, shopper)
    if model_id is None:
        return False
    request = {
        "model_id": model_id,
        "product_ids": [product_of(shopper, "dress"), product_of(shopper, "hat")],
        "parameters": {"returnMask": True},
        "request_id": uuid.uuid4().hex,
    }
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


def closing_works(cloud: RunningCloud, role: Role) -> bool:
    """A job that the workflow gave up: its shopper hears why, and what was made on the way is gone."""
    before = role.count_logged(*TROUBLE)
    with stuck_job(cloud, result=False) as job:
        reason = {"Error": "NotMade", "Cause": "Too little light."}
        invoke(cloud, "try-on-closer", {"job_id": job.id, "error": reason})
        if not job.is_told("error") or job.steps_left():
            return False
    return role.count_logged(*TROUBLE) == before


def sweeping_works(cloud: RunningCloud, role: Role) -> bool:
    """Two jobs that nobody works on: one has its result, the other will never have one."""
    before = role.count_logged(*TROUBLE)
    for result, status in ((True, "completed"), (False, "error")):
        with stuck_job(cloud, result=result) as job:
            invoke(cloud, "try-on-sweeper", {})
            if not job.is_told(status) or job.steps_left():
                return False
    return role.count_logged(*TROUBLE) == before


@dataclass(frozen=True)
class StuckJob:
    """A job that something went wrong with, and the connection of the shopper who waits for it."""

    cloud: RunningCloud
    id: str
    folder: str
    connection: ClientConnection

    def is_told(self, status: str) -> bool:
        """Whether the shopper hears of this end, with pictures that can be seen."""
        try:
            frame = json.loads(self.connection.recv(timeout=_QUICK_S))
        except (TimeoutError, OSError):
            return False
        shown = [frame[name] for name in ("person_url", "result_url") if frame.get(name)]
        return frame.get("status") == status and all(httpx.get(url).status_code == 200 for url in shown)

    def steps_left(self) -> int:
        bucket = self.cloud.outputs["results_bucket"]
        found = self.cloud.aws("s3").list_object_versions(Bucket=bucket, Prefix=f"{self.folder}/steps/")
        return len(found.get("Versions", []))


@contextmanager
def stuck_job(cloud: RunningCloud, *, result: bool) -> Generator[StuckJob]:
    """A job that was completed, turned back: open, untouched for two minutes, with a rendering left."""
    shopper = Shopper(cloud, cloud.headers)
    dress = product_of(shopper, "dress")
    with socket(cloud, cloud.token) as connection:
        frame = {"action": "tryon", "model_id": shopper.photo(), "product_ids": [dress]}
        connection.send(json.dumps(frame))
        done = listen(connection)[-1]
        folder = done["result_url"].partition("/look.jpg")[0].partition("/results/")[2]
        job = StuckJob(cloud, done["job_id"], f"results/{folder}", connection)
        place = {"Bucket": cloud.outputs["results_bucket"]}
        if not result:
            cloud.aws("s3").delete_object(**place, Key=f"{job.folder}/look.jpg")
        for name in ("one", "two"):  # the emulator asks about versions from the second object on
            cloud.aws("s3").put_object(**place, Key=f"{job.folder}/steps/{name}", Body=b"{}")
        old = (datetime.now(UTC) - timedelta(minutes=2)).isoformat(timespec="milliseconds")
        cloud.aws("dynamodb").update_item(
            TableName=cloud.outputs["jobs_table"],
            Key={"id": {"S": job.id}},
            UpdateExpression="SET #status = :status, #open = :open, created_at = :old, updated_at = :old",
            ExpressionAttributeNames={"#status": "status", "#open": "open"},
            ExpressionAttributeValues={
                ":status": {"S": "processing"},
                ":open": {"S": "open"},
                ":old": {"S": old},
            },
        )
        yield job


SCENARIOS: dict[str, Callable[[RunningCloud, Role], bool]] = {
    "photos-intake": taking_in_works,
    "try-on-closer": closing_works,
    "try-on-sweeper": sweeping_works,
    "try-on-delivery": trying_on_works,
    "try-on-routes": trying_on_works,
    "try-on-starter": trying_on_works,
    "try-on-worker": trying_on_works,
}
NOT_EVERY_TIME = {
    ("try-on-routes", "s3:PutObject", "try-on-results"): "for a mask that was given",
    ("try-on-routes", "dynamodb:GetItem", "connections-table"): "when an event has lost its context",
    ("photos-intake", "s3:DeleteObjectVersion", ""): "the emulator asks for it from the second object on",
    ("try-on-routes", "s3:DeleteObjectVersion", "photos"): "the same: a photo is one object",
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
