"""The routes of photos and try-ons: what is the shopper's own, and nothing else."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from moto import mock_aws

from runtime.shared.aws import Clients
from runtime.shared.sockets import Connection
from runtime.tryon.handler import Socket, open_room
from tests.unit.shop import ENVIRONMENT, start_logs
from tests.unit.tryon_doubles import DRESS, OTHER, SHOES, USER, FittingHouse, open_house


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch) -> Iterator[FittingHouse]:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    start_logs(monkeypatch)
    with mock_aws():
        yield open_house(Clients())


def test_an_upload_is_announced_with_a_form_for_one_object_of_the_shoppers_own(house: FittingHouse) -> None:
    asked = {"kind": "model", "content_type": "image/png", "bytes": 5000, "name": "In the park"}
    status, answer, _ = house.call("POST", "/uploads", asked)
    assert status == 200
    assert answer["fields"]["key"] == f"models/{USER}/{answer['model_id']}"
    assert answer["fields"]["Content-Type"] == "image/png"
    assert answer["expires_at"].endswith("Z")
    _, shown, _ = house.call("GET", f"/models/{answer['model_id']}")
    assert (shown["name"], shown["status"], shown["image_url"]) == ("In the park", "waiting", None)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"kind": "product"}, "kind"),
        ({"content_type": "image/svg+xml"}, "content_type"),
        ({"bytes": 31_457_280}, "bytes"),
        ({"bytes": 0}, "bytes"),
        ({"surplus": 1}, "surplus"),
    ],
)
def test_an_upload_that_cannot_be_is_refused_by_field(
    house: FittingHouse, change: dict[str, Any], field: str
) -> None:
    asked = {"kind": "model", "content_type": "image/png", "bytes": 5000, **change}
    status, answer, _ = house.call("POST", "/uploads", asked)
    assert status == 400
    assert [error["field"] for error in answer["errors"]] == [field]


def test_an_order_makes_a_job_with_the_fields_of_its_row(house: FittingHouse) -> None:
    model_id = house.upload()
    job_id = house.order(model_id, DRESS, SHOES, parameters={"mergeStyle": "SEAMLESS", "seed": 7})
    row = house.clients.get("dynamodb").get_item(TableName="jobs", Key={"id": {"S": job_id}})["Item"]
    assert {name: row[name] for name in ("model_id", "product_id", "status", "parameters")} == {
        "model_id": {"S": model_id},
        "product_id": {"S": DRESS},
        "status": {"S": "created"},
        "parameters": {
            "M": {
                "maskType": {"S": "GARMENT"},
                "maskShape": {"S": "DEFAULT"},
                "garmentStyling": {"M": {}},
                "maskExclusions": {
                    "M": {
                        "preserveBodyPose": {"S": "DEFAULT"},
                        "preserveHands": {"S": "DEFAULT"},
                        "preserveFace": {"S": "DEFAULT"},
                    }
                },
                "mergeStyle": {"S": "SEAMLESS"},
                "returnMask": {"BOOL": False},
                "seed": {"N": "7"},
            }
        },
    }
    assert row["model_picture_s3_url"] == {"S": f"s3://photos/models/{USER}/{model_id}"}
    assert row["product_picture_s3_url"]["S"].startswith("s3://catalog/products/dress/")
    assert house.used(f"try-ons#{USER}") == 1
    assert house.used("spend") == 2 * 2 * 50_000


def test_a_request_that_comes_twice_makes_one_job_and_is_paid_for_once(house: FittingHouse) -> None:
    model_id = house.upload()
    first = house.order(model_id, request_id="once")
    assert house.order(model_id, request_id="once") == first
    assert house.used(f"try-ons#{USER}") == 1
    changed = {"model_id": model_id, "product_id": SHOES, "request_id": "once"}
    status, answer, _ = house.call("POST", "/try-on", changed)
    assert (status, answer["errors"][0]["field"]) == (422, "request_id")


def test_a_request_id_is_the_shoppers_own(house: FittingHouse) -> None:
    mine = house.order(house.upload(), request_id="same")
    theirs = house.upload(claims=OTHER)
    body = {"model_id": theirs, "product_id": DRESS, "request_id": "same"}
    status, answer, _ = house.call("POST", "/try-on", body, claims=OTHER)
    assert status == 202
    assert answer["job_id"] != mine


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        ({"model_id": "nobody"}, 404, "photo"),
        ({"product_id": "nothing"}, 404, "product"),
        ({"product_ids": [SHOES]}, 400, "product_id or product_ids"),
        ({"parameters": {"maskType": "MAGIC"}}, 400, "parameters.maskType"),
        ({"parameters": {"maskType": "PROMPT"}}, 400, "maskPrompt"),
        ({"parameters": {"maskType": "IMAGE", "maskImage": "AAAA"}}, 400, "parameters.maskImage"),
        ({"parameters": {"mood": "calm"}}, 400, "parameters.mood"),
    ],
)
def test_an_order_that_cannot_be_is_refused_and_costs_nothing(
    house: FittingHouse, change: dict[str, Any], status: int, words: str
) -> None:
    body = {"model_id": house.upload(), "product_id": DRESS, **change}
    answered, answer, _ = house.call("POST", "/try-on", body)
    assert answered == status
    assert words in answer["detail"]
    assert house.used(f"try-ons#{USER}") == 0


def test_the_days_try_ons_and_money_have_an_end(house: FittingHouse) -> None:
    house.daily_per_user = 1
    model_id = house.upload()
    house.order(model_id)
    body = {"model_id": model_id, "product_id": DRESS}
    status, answer, headers = house.call("POST", "/try-on", body)
    assert (status, answer["title"]) == (429, "Daily limit reached")
    assert int(headers["retry-after"]) > 0
    house.daily_per_user, house.daily_spend_usd = 5, 0.15
    status, answer, _ = house.call("POST", "/try-on", body)
    assert (status, answer["title"]) == (503, "Try-ons are used up")
    assert house.used(f"try-ons#{USER}") == 1


def test_lists_are_the_newest_first_page_by_page(house: FittingHouse) -> None:
    model_id = house.upload()
    made: list[str] = []
    for _ in range(5):
        house.now += 1
        made.append(house.order(model_id))
    seen: list[str] = []
    query: dict[str, str] = {"limit": "2"}
    while True:
        _, page, _ = house.call("GET", "/try-on", **query)
        seen += [job["job_id"] for job in page["jobs"]]
        if page["cursor"] is None:
            break
        query["cursor"] = page["cursor"]
    assert seen == made[::-1]
    status, _, _ = house.call("GET", "/try-on", cursor="broken")
    assert status == 400


def test_nothing_of_another_shopper_is_there(house: FittingHouse) -> None:
    model_id = house.upload()
    job_id = house.order(model_id)
    for method, path in (
        ("GET", f"/models/{model_id}"),
        ("DELETE", f"/models/{model_id}"),
        ("GET", f"/try-on/{job_id}"),
        ("DELETE", f"/try-on/{job_id}"),
    ):
        status, _, _ = house.call(method, path, claims=OTHER)
        assert status == 404, path
    status, _, _ = house.call("POST", "/try-on", {"model_id": model_id, "product_id": DRESS}, claims=OTHER)
    assert status == 404
    for path in ("/models", "/try-on"):
        _, page, _ = house.call("GET", path, claims=OTHER)
        assert page == {path[1:].replace("try-on", "jobs"): [], "cursor": None}
    assert house.job(job_id).status == "created"


def test_a_cursor_of_another_shopper_shows_nothing_of_theirs(house: FittingHouse) -> None:
    model_id = house.upload()
    for _ in range(2):
        house.now += 1
        house.order(model_id)
    _, page, _ = house.call("GET", "/try-on", limit="1")
    _, stolen, _ = house.call("GET", "/try-on", claims=OTHER, cursor=page["cursor"])
    assert stolen["jobs"] == []


def test_a_photo_is_deleted_with_all_that_was_made_of_it(house: FittingHouse) -> None:
    kept, gone = house.upload(), house.upload()
    jobs = [house.order(gone), house.order(gone), house.order(kept)]
    for job_id in jobs:
        house.fitter.work(job_id)
        house.deliver(job_id)
    status, answer, _ = house.call("DELETE", f"/models/{gone}")
    assert (status, answer["deleted"]) == (200, {"photos": 1, "jobs": 2, "results": 2})
    assert [house.parts.jobs.get(job_id) is None for job_id in jobs] == [True, True, False]
    assert house.keys("photos") == [f"models/{USER}/{kept}"]
    assert house.keys("looks") == [f"results/{USER}/{jobs[2]}/look.jpg"]
    assert house.call("GET", f"/models/{gone}")[0] == 404


def test_a_deleted_photo_takes_every_version_of_its_object_along(house: FittingHouse) -> None:
    s3 = house.clients.get("s3")
    s3.put_bucket_versioning(Bucket="photos", VersioningConfiguration={"Status": "Enabled"})
    model_id = house.upload()
    assert len(s3.list_object_versions(Bucket="photos")["Versions"]) == 1  # the upload itself is gone
    s3.put_object(Bucket="photos", Key=f"models/{USER}/{model_id}", Body=b"again")
    s3.delete_object(Bucket="photos", Key=f"models/{USER}/{model_id}")
    house.call("DELETE", f"/models/{model_id}")
    left = s3.list_object_versions(Bucket="photos")
    assert not left.get("Versions")
    assert not left.get("DeleteMarkers")


def socket_of(house: FittingHouse, user: str = USER) -> Socket:
    room, orders, teller = open_room(house.parts, house.quotas, 50_000, "products")
    return Socket(room, orders, teller, lambda _: user, lambda id_: Connection(house.gateway, id_))


def frame(connection: str, body: dict[str, Any]) -> dict[str, Any]:
    context = {"connectionId": connection, "requestId": "r", "routeKey": body["action"]}
    return {"requestContext": context, "body": json.dumps(body)}


def test_a_shopper_hears_of_a_job_asked_for_over_the_socket(house: FittingHouse) -> None:
    asked = {"action": "tryon", "model_id": house.upload(), "product_ids": [DRESS]}
    assert socket_of(house)(frame("c1", asked)) == {"statusCode": 200}
    job_id = house.gateway.frames[0][1]["job_id"]
    house.fitter.work(job_id)
    house.deliver(job_id)
    told = house.gateway.told("c1")
    assert [status for status, _ in told] == sorted((s for s, _ in told), key=ORDER.index)
    assert {status for status, _ in told} == {"created", "processing", "completed"}
    assert [progress for _, progress in told] == sorted(progress for _, progress in told)
    assert house.gateway.frames[-1][1]["label"] == "Shows the look, not the size."
    assert house.gateway.frames[-1][1]["result_url"].startswith("https://")


ORDER = ["created", "processing", "completed", "error"]


def test_a_reconnect_replays_the_status_and_takes_what_follows(house: FittingHouse) -> None:
    job_id = house.order(house.upload(), request_id="r")
    socket_of(house)(frame("c1", {"action": "subscribe", "job_id": job_id}))
    house.gateway.gone.add("c1")
    house.fitter.work(job_id)
    socket_of(house)(frame("c2", {"action": "subscribe", "job_id": job_id}))
    assert house.gateway.told("c2")[0][0] == "processing"
    house.deliver(job_id)
    assert house.gateway.told("c2")[-1] == ("completed", 100)


def test_a_result_waits_for_a_shopper_who_left(house: FittingHouse) -> None:
    asked = {"action": "tryon", "model_id": house.upload(), "product_ids": [DRESS]}
    socket_of(house)(frame("c1", asked))
    job_id = house.gateway.frames[0][1]["job_id"]
    house.gateway.gone.add("c1")
    house.fitter.work(job_id)
    assert house.deliver(job_id)
    socket_of(house)(frame("c2", {"action": "subscribe", "job_id": job_id}))
    assert house.gateway.told("c2") == [("completed", 100)]


def test_nobody_hears_of_another_shoppers_job(house: FittingHouse) -> None:
    job_id = house.order(house.upload())
    socket_of(house, "another")(frame("c9", {"action": "subscribe", "job_id": job_id}))
    [(to, heard)] = house.gateway.frames
    assert (to, heard["type"], heard["problem"]["status"]) == ("c9", "error", 404)
    assert house.job(job_id).connection_id is None


@pytest.mark.parametrize("body", [{"action": "subscribe"}, {"action": "tryon", "model_id": "x"}])
def test_a_wrong_frame_is_answered_with_a_problem(house: FittingHouse, body: dict[str, Any]) -> None:
    socket_of(house)(frame("c1", body))
    assert house.gateway.frames[0][1]["problem"]["status"] == 400
