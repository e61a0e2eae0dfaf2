"""Trying on, end to end: in order, once, only for its owner, whatever fails on the way."""

import io
import json
import os
import signal
import time
import uuid
from base64 import b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from local.faults import Fault
from tests.e2e.fitting import Shopper, draw_shopper, impatient_worker, listen
from tests.e2e.test_chat import other, socket
from tests.support.cloud import RunningCloud, eventually
from tests.support.pictures import unusable_pictures

pytestmark = pytest.mark.cloud

TIMEOUT_S = 3
LEASE_S = 4


@pytest.fixture(autouse=True, scope="module")
def impatience(cloud: RunningCloud) -> Iterator[None]:
    """A minute for a model, and half of one for a dead worker, take seconds here."""
    with impatient_worker(cloud, timeout_s=TIMEOUT_S, lease_s=LEASE_S):
        yield


@pytest.fixture(scope="module")
def shopper(cloud: RunningCloud) -> Shopper:
    return Shopper(cloud, cloud.headers)


@pytest.fixture(scope="module")
def stranger(cloud: RunningCloud) -> Shopper:
    return Shopper(cloud, other(cloud))


@pytest.fixture(scope="module")
def photo(shopper: Shopper) -> str:
    return shopper.photo()


@pytest.fixture(scope="module")
def dress(shopper: Shopper) -> str:
    return product_of(shopper, "dress")


def product_of(shopper: Shopper, category: str) -> str:
    found = shopper.call("GET", f"/products?category={category}&limit=1").json()["products"]
    return found[0]["product_id"]


def test_statuses_come_over_the_socket_and_the_result_can_be_seen(
    cloud: RunningCloud, shopper: Shopper, photo: str, dress: str
) -> None:
    with socket(cloud, cloud.token) as connection:
        connection.send(json.dumps({"action": "tryon", "model_id": photo, "product_ids": [dress]}))
        frames = listen(connection)
    statuses = [frame["status"] for frame in frames]
    assert list(dict.fromkeys(statuses)) == ["created", "processing", "completed"]
    assert statuses.count("processing") >= 3
    progress = [frame["progress"] for frame in frames]
    assert progress == sorted(progress)
    shown = httpx.get(frames[-1]["result_url"])
    assert Image.open(io.BytesIO(shown.content)).format == "JPEG"
    person = httpx.get(frames[-1]["person_url"])
    assert person.status_code == 200
    assert shown.content != person.content
    assert shopper.job(frames[-1]["job_id"])["result_url"]


def test_the_result_lies_in_the_bucket_with_the_jobs_id(
    cloud: RunningCloud, shopper: Shopper, photo: str, dress: str
) -> None:
    job_id = shopper.order(photo, dress)
    shopper.wait(job_id)
    bucket = cloud.outputs["results_bucket"]
    keys = [each["Key"] for each in cloud.aws("s3").list_objects_v2(Bucket=bucket)["Contents"]]
    [key] = [key for key in keys if job_id in key and key.endswith("look.jpg")]
    assert cloud.aws("s3").head_object(Bucket=bucket, Key=key)["Metadata"] == {"job-id": job_id}


def test_an_outfit_of_two(shopper: Shopper, photo: str, dress: str) -> None:
    hat = product_of(shopper, "hat")
    job = shopper.wait(shopper.order(photo, dress, hat, parameters={"returnMask": True}))
    assert job["status"] == "completed", job
    assert httpx.get(job["mask_url"]).status_code == 200


def test_a_reconnect_replays_and_the_result_waits(
    cloud: RunningCloud, photo: str, dress: str, shopper: Shopper
) -> None:
    with socket(cloud, cloud.token) as connection:
        connection.send(json.dumps({"action": "tryon", "model_id": photo, "product_ids": [dress]}))
        job_id = json.loads(connection.recv(timeout=20))["job_id"]
    assert shopper.wait(job_id)["status"] == "completed"
    with socket(cloud, cloud.token) as connection:
        connection.send(json.dumps({"action": "subscribe", "job_id": job_id}))
        assert json.loads(connection.recv(timeout=20))["status"] == "completed"


def test_a_request_that_comes_many_times_at_once_is_one_job(shopper: Shopper, photo: str, dress: str) -> None:
    request_id = uuid.uuid4().hex
    with ThreadPoolExecutor(6) as pool:
        jobs = set(pool.map(lambda _: shopper.order(photo, dress, request_id=request_id), range(6)))
    assert len(jobs) == 1
    assert shopper.wait(jobs.pop())["status"] == "completed"


def test_nothing_is_anybody_elses(
    cloud: RunningCloud, shopper: Shopper, stranger: Shopper, photo: str, dress: str
) -> None:
    job_id = shopper.order(photo, dress)
    for method, path in (
        ("GET", f"/models/{photo}"),
        ("DELETE", f"/models/{photo}"),
        ("GET", f"/try-on/{job_id}"),
        ("DELETE", f"/try-on/{job_id}"),
    ):
        assert stranger.call(method, path).status_code == 404, path
    body = {"model_id": photo, "product_id": dress}
    assert stranger.call("POST", "/try-on", json=body).status_code == 404
    assert photo not in stranger.call("GET", "/models").text
    assert job_id not in stranger.call("GET", "/try-on").text
    with socket(cloud, stranger.headers["authorization"].removeprefix("Bearer ")) as connection:
        for message in ({"action": "subscribe", "job_id": job_id}, {"action": "tryon", **body}):
            connection.send(json.dumps(message))
            answer = json.loads(connection.recv(timeout=20))
            assert (answer["type"], answer["problem"]["status"]) == ("error", 404)
    assert shopper.wait(job_id)["status"] == "completed"


def test_a_photo_comes_out_upright_and_bare(shopper: Shopper) -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "SecretPhone"
    model_id = shopper.photo(draw_shopper(exif=exif))
    shown = httpx.get(shopper.call("GET", f"/models/{model_id}").json()["image_url"])
    assert b"Secret" not in shown.content
    assert Image.open(io.BytesIO(shown.content)).size == (720, 480)


def test_deleted_is_gone_everywhere(cloud: RunningCloud, shopper: Shopper, dress: str) -> None:
    model_id = shopper.photo()
    job_id = shopper.order(model_id, dress)
    result = shopper.wait(job_id)["result_url"]
    answer = shopper.call("DELETE", f"/models/{model_id}")
    assert answer.json() == {"deleted": {"photos": 1, "jobs": 1, "results": 1}}
    assert shopper.call("GET", f"/models/{model_id}").status_code == 404
    assert shopper.call("GET", f"/try-on/{job_id}").status_code == 404
    assert httpx.get(result).status_code == 404
    assert not kept_of(cloud, model_id, job_id)


def test_erasing_oneself_erases_photos_jobs_and_results(
    cloud: RunningCloud, stranger: Shopper, dress: str
) -> None:
    model_id = stranger.photo()
    job = stranger.wait(stranger.order(model_id, dress))
    exported = stranger.call("GET", "/me/export").json()["data"]
    assert any(row["id"] == job["job_id"] for row in exported["try_ons"])
    erased = stranger.call("DELETE", "/me").json()["erased"]
    assert min(erased[kind] for kind in ("photos", "photo_details", "looks", "try_ons")) >= 1, erased
    assert stranger.call("GET", "/models").json()["models"] == []
    assert stranger.call("GET", "/try-on").json()["jobs"] == []
    for name in ("person_url", "result_url"):
        assert httpx.get(job[name]).status_code in (403, 404)
    assert not kept_of(cloud, model_id, job["job_id"])


def kept_of(cloud: RunningCloud, *ids: str) -> list[str]:
    """Keys of all objects, and all that they were before, that have one of these ids in their names."""
    found: list[str] = []
    for bucket in ("photos_bucket", "results_bucket"):
        pages = cloud.aws("s3").get_paginator("list_object_versions")
        for page in pages.paginate(Bucket=cloud.outputs[bucket]):
            found += [each["Key"] for kind in ("Versions", "DeleteMarkers") for each in page.get(kind, [])]
    return [key for key in found if any(each in key for each in ids)]


@pytest.mark.parametrize("name", unusable_pictures())
def test_a_bad_upload_is_refused_and_never_reaches_the_model(shopper: Shopper, name: str, dress: str) -> None:
    model_id, sent = shopper.upload(unusable_pictures()[name])
    assert sent.status_code in (200, 201, 204), sent.text
    shown = shopper.wait_for_photo(model_id)
    assert (shown["status"], shown["image_url"]) == ("refused", None)
    assert shown["advice"]
    body = {"model_id": model_id, "product_id": dress}
    assert shopper.call("POST", "/try-on", json=body).status_code == 400


def test_thirty_megabytes_are_refused_by_the_form(shopper: Shopper) -> None:
    _, sent = shopper.upload(bytes(30 * 1024 * 1024))
    assert sent.status_code in (400, 403), sent.status_code


def test_a_browser_of_the_site_may_upload_and_no_other(cloud: RunningCloud) -> None:
    url = f"{cloud.config.emulator_url}/{cloud.outputs['photos_bucket']}"
    asked = {"access-control-request-method": "POST"}
    allowed = httpx.options(url, headers={"origin": cloud.config.site_url, **asked})
    assert allowed.headers["access-control-allow-origin"] == cloud.config.site_url
    refused = httpx.options(url, headers={"origin": "https://elsewhere.example", **asked})
    assert "access-control-allow-origin" not in refused.headers


def test_doubled_and_late_events_change_nothing(
    cloud: RunningCloud, shopper: Shopper, photo: str, dress: str
) -> None:
    job_id = shopper.order(photo, dress)
    before = shopper.wait(job_id)
    bucket = cloud.outputs["results_bucket"]
    keys = [each["Key"] for each in cloud.aws("s3").list_objects_v2(Bucket=bucket)["Contents"]]
    [key] = [key for key in keys if job_id in key and key.endswith("look.jpg")]
    event = {"s3": {"bucket": {"name": bucket}, "object": {"key": key}}}
    record = {
        "messageId": "1",
        "receiptHandle": "of no queue",
        "attributes": {"ApproximateReceiveCount": "1"},
        "body": json.dumps({"Records": [event, event]}),
    }
    assert invoke(cloud, "try-on-delivery", {"Records": [record]}) == {"batchItemFailures": []}
    row = {"eventName": "INSERT", "dynamodb": {"Keys": {"id": {"S": job_id}}}}
    assert invoke(cloud, "try-on-starter", {"Records": [row, row]}) == {"batchItemFailures": []}
    closed = {"job_id": job_id, "error": {"Error": "States.Timeout", "Cause": ""}}
    assert invoke(cloud, "try-on-closer", closed) == {"ended": False}
    message = {**record, "body": json.dumps({"job_id": job_id, "task_token": "of nobody"})}
    assert invoke(cloud, "try-on-worker", {"Records": [message]}) == {"batchItemFailures": []}
    after = shopper.job(job_id)
    assert {**after, "result_url": "", "person_url": ""} == {**before, "result_url": "", "person_url": ""}


def invoke(cloud: RunningCloud, name: str, event: dict[str, Any]) -> Any:
    names = [each["FunctionName"] for each in cloud.aws("lambda").list_functions()["Functions"]]
    [function] = [each for each in names if each.startswith(f"{name}-function-")]
    answer = cloud.aws("lambda").invoke(FunctionName=function, Payload=json.dumps(event))
    return json.loads(answer["Payload"].read())


def in_trouble(**how: Any) -> Fault:
    return Fault("bedrock", "/invoke", **how)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (in_trouble(status=429, code="ThrottlingException", limit=2), None),
        (in_trouble(status=503, code="ServiceUnavailableException", limit=1), None),
        (in_trouble(status=403, code="AccessDeniedException"), "out of order"),
        (in_trouble(status=400, code="ValidationException"), "another photo"),
        (in_trouble(status=200, content=b64encode(b"<html>").decode()), "could not be made"),
        (in_trouble(status=200, content=b64encode(b'{"images": ["AAAA"]}').decode()), "could not be made"),
        (in_trouble(status=424, code="ModelErrorException"), "could not be made"),
        (in_trouble(status=200, delay_s=TIMEOUT_S + 3, limit=1), "could not be made"),
    ],
    ids=["throttled", "down", "forbidden", "refused", "no-json", "no-picture", "failed", "timed-out"],
)
def test_a_model_in_trouble_is_waited_for_or_explained(
    cloud: RunningCloud, shopper: Shopper, photo: str, dress: str, fault: Fault, reason: str | None
) -> None:
    with cloud.faults(fault):
        job = shopper.wait(shopper.order(photo, dress), within_s=150)
    if reason is None:
        assert (job["status"], job["error_message"]) == ("completed", None)
    else:
        assert job["status"] == "error", job
        assert reason in job["error_message"]


def test_the_database_is_lost_for_some_seconds(
    cloud: RunningCloud, shopper: Shopper, photo: str, dress: str
) -> None:
    jobs = [shopper.order(photo, dress) for _ in range(3)]
    with cloud.faults(Fault("dynamodb", "DynamoDB_20120810", status=500)):
        time.sleep(5)
    assert {shopper.wait(job_id, within_s=200)["status"] for job_id in jobs} == {"completed"}


def workers(cloud: RunningCloud) -> Iterator[int]:
    """Ids of the processes that run the worker in this cloud."""
    marks = (b"AWS_LAMBDA_FUNCTION_NAME=try-on-worker-", b"GATEWAY_PORT=%d" % cloud.config.emulator_port)
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            environment = (folder / "environ").read_bytes()
            if all(mark in environment for mark in marks):
                yield int(folder.name)


def test_a_worker_is_killed_in_the_middle(
    cloud: RunningCloud, shopper: Shopper, photo: str, dress: str
) -> None:
    with cloud.faults(Fault("bedrock", "/invoke", status=200, delay_s=4, limit=1)):
        job_id = shopper.order(photo, dress)
        eventually(lambda: shopper.job(job_id)["progress"] >= 5)
        killed = list(workers(cloud))
        for process in killed:
            os.kill(process, signal.SIGKILL)
        assert killed
    job = shopper.wait(job_id, within_s=150)
    assert job["status"] in ("completed", "error")
    assert job["status"] == "completed" or "interrupted" in job["error_message"]
