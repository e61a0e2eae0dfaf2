"""The catalogue's desk: what is uploaded is seen to its end, what failed is tried again, nothing is lost."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from local.faults import Fault
from tests.e2e.desk import Merchandiser
from tests.support.cloud import RunningCloud, eventually
from tests.support.pictures import encode, garment
from tests.support.roles import Role

pytestmark = pytest.mark.cloud

ROUTES = (
    ("POST", "/catalog/uploads", {"files": [{"name": "a.jpg", "content_type": "image/jpeg", "bytes": 1}]}),
    ("GET", "/catalog/files?key=products/a.jpg", None),
    ("GET", "/catalog/status", None),
    ("GET", "/catalog/dead-letters", None),
    ("POST", "/catalog/dead-letters/retry", {}),
    ("DELETE", "/catalog/dead-letters/one", None),
    ("POST", "/catalog/clusters", None),
)


@pytest.fixture
def desk(cloud: RunningCloud) -> Iterator[Merchandiser]:
    merchandiser = Merchandiser(cloud)
    yield merchandiser
    merchandiser.tidy_up()


def picture(seed: int) -> bytes:
    return encode(garment("plum", seed=seed))


@pytest.mark.parametrize(("method", "path", "body"), ROUTES)
def test_a_shopper_is_turned_away(cloud: RunningCloud, method: str, path: str, body: Any) -> None:
    answer = cloud.call(method, path, **({} if body is None else {"json": body}))
    assert answer.status_code == 403
    assert answer.headers["content-type"] == "application/problem+json"
    assert "merchandiser" in answer.json()["detail"]


def test_uploads_are_followed_to_their_end(cloud: RunningCloud, desk: Merchandiser) -> None:
    """Three good pictures, a broken one, and a file with one bad row."""
    before = desk.read("/catalog/status")
    sheet = "image,name,price,currency\none.jpg,Plum dress,49.90,EUR\ntwo.jpg,Another,cheap,EUR\n"
    good = {f"{name}.jpg": picture(seed) for seed, name in enumerate(("one", "two", "three"))}
    keys = desk.upload({**good, "broken.png": b"no picture", "rows.csv": sheet.encode()})
    told = desk.settled(*keys.values())
    assert [told[keys[name]]["status"] for name in good] == ["indexed"] * 3
    broken, rows = told[keys["broken.png"]], told[keys["rows.csv"]]
    assert (broken["status"], broken["product_id"]) == ("refused", None)
    assert "JPEG, PNG or WebP" in broken["reasons"][0]["reason"]
    assert (rows["status"], rows["rows_changed"], rows["refusals"]) == ("indexed", 1, 1)
    assert (rows["reasons"][0]["row"], rows["reasons"][0]["column"]) == (3, "price")
    product_id = told[keys["one.jpg"]]["product_id"]
    shown = cloud.call("GET", f"/products/{product_id}").json()
    assert (shown["name"], shown["price"], shown["category"]) == ("Plum dress", 49.9, desk.category)
    after = desk.read("/catalog/status")
    assert after["dead_letters"] >= before["dead_letters"] + 2
    kinds = {(each["kind"], each["row"]) for each in desk.letters(*keys.values())}
    assert kinds == {("picture-not-a-picture", None), ("catalogue-row", 3)}


def test_what_is_not_there_is_missing_and_another_picture_of_the_same_name_is_seen_to_its_end(
    desk: Merchandiser,
) -> None:
    key = f"products/{desk.category}/again.jpg"
    assert desk.files(key)[key]["status"] == "missing"
    desk.upload({"again.jpg": picture(1)})
    first = desk.settled(key)[key]
    desk.upload({"again.jpg": b"no picture"})
    eventually(lambda: desk.files(key)[key]["status"] == "refused")
    desk.upload({"again.jpg": picture(1)})
    assert eventually(lambda: _indexed(desk, key)) == first["product_id"]


def _indexed(desk: Merchandiser, key: str) -> str | None:
    return desk.files(key)[key]["product_id"]


def test_looking_takes_nothing_away(desk: Merchandiser) -> None:
    names = [f"bad-{number}.jpg" for number in range(12)]
    keys = desk.upload({name: f"no picture {name}".encode() for name in names})
    desk.settled(*keys.values())
    looks = [desk.letters(*keys.values()) for _ in range(3)]
    assert {each["key"] for each in looks[0]} == set(keys.values())
    assert looks[0] == looks[1] == looks[2]
    first = desk.read("/catalog/dead-letters", limit=5)
    rest = desk.read("/catalog/dead-letters", cursor=first["cursor"], limit=100)
    ids = [each["id"] for each in (*first["dead_letters"], *rest["dead_letters"])]
    assert len(ids) == len(set(ids)) == first["count"] >= len(names)


def test_one_letter_is_tried_again_and_another_thrown_away(desk: Merchandiser) -> None:
    keys = desk.upload({"mended.jpg": b"no picture", "given-up.jpg": b"nor this"})
    desk.settled(*keys.values())
    mended, given_up = (desk.letters(keys[name])[0] for name in ("mended.jpg", "given-up.jpg"))
    again = desk.call("POST", "/catalog/dead-letters/retry", json={"ids": [mended["id"]]})
    assert again.json() == {"retried": 1, "missing": []}
    # It fails again, as nobody has mended it: one letter, not two.
    letter = eventually(lambda: desk.letters(keys["mended.jpg"]))
    assert len(letter) == 1 and letter[0]["id"] != mended["id"]
    gone = desk.call("POST", "/catalog/dead-letters/retry", json={"ids": [mended["id"]]})
    assert gone.json() == {"retried": 0, "missing": [mended["id"]]}
    assert desk.call("DELETE", f"/catalog/dead-letters/{given_up['id']}").json() == {
        "deleted": given_up["id"]
    }
    assert desk.call("DELETE", f"/catalog/dead-letters/{given_up['id']}").status_code == 404
    assert desk.letters(keys["given-up.jpg"]) == []


def test_what_failed_while_a_service_was_down_is_ingested_when_it_is_tried_again(
    cloud: RunningCloud, desk: Merchandiser
) -> None:
    with cloud.faults(Fault("bedrock", "/invoke", status=500)):
        keys = desk.upload({"late.jpg": picture(7)})
        told = desk.settled(*keys.values(), within_s=60)[keys["late.jpg"]]
    assert told["status"] == "refused" and "Failed 3 times" in told["reasons"][0]["reason"]
    assert desk.letters(keys["late.jpg"])[0]["attempts"] == 3
    assert desk.call("POST", "/catalog/dead-letters/retry", json={}).json()["retried"] >= 1
    assert eventually(lambda: _indexed(desk, keys["late.jpg"]))
    assert desk.letters(keys["late.jpg"]) == []


def test_nothing_is_lost_when_the_queue_fails_in_the_middle(cloud: RunningCloud, desk: Merchandiser) -> None:
    keys = desk.upload({"kept.jpg": b"no picture"})
    desk.settled(*keys.values())
    letter = desk.letters(*keys.values())[0]
    with cloud.faults(Fault("sqs", "SendMessageBatch", status=500, code="InternalError")):
        refused = desk.call("POST", "/catalog/dead-letters/retry", json={"ids": [letter["id"]]})
    assert refused.status_code == 503
    assert desk.letters(*keys.values()) == [letter]


def test_the_state_of_the_catalogue_is_told(cloud: RunningCloud, desk: Merchandiser) -> None:
    Role(cloud, "vectors-compactor").invoke({"force": True})
    status = desk.read("/catalog/status")
    assert status["vector_backend"] == "dynamodb"
    assert status["products"]["is_all"] and status["products"]["count"] > 0
    snapshot = status["snapshot"]
    assert snapshot["vectors"] > 0 and snapshot["dimensions"] == 1024
    assert snapshot["model"].startswith("amazon.titan-embed-image")
    assert status["clusters"]["count"] > 0 and status["clusters"]["made_at"]


def test_products_are_grouped_anew_by_one_run_at_a_time(cloud: RunningCloud, desk: Merchandiser) -> None:
    eventually(lambda: not desk.read("/catalog/status")["clusters"]["running"])
    made_at = desk.read("/catalog/status")["clusters"]["made_at"]
    lake, key = cloud.outputs["lake_bucket"], "clusters/lease.json"
    s3 = cloud.aws("s3")
    s3.put_object(Bucket=lake, Key=key, Body=json.dumps({"until": 2e10}).encode())
    assert desk.read("/catalog/status")["clusters"]["running"]
    refused = desk.call("POST", "/catalog/clusters")
    s3.put_object(Bucket=lake, Key=key, Body=json.dumps({"until": 0}).encode())
    assert (refused.status_code, refused.json()["title"]) == (409, "Conflict")
    started = desk.call("POST", "/catalog/clusters")
    assert (started.status_code, started.json()) == (202, {"status": "started"})
    eventually(lambda: desk.read("/catalog/status")["clusters"]["made_at"] != made_at, within_s=30)


@pytest.mark.parametrize(
    ("file", "field"),
    [
        ({"name": "../a.jpg"}, "files.0.name"),
        ({"name": "a\\b.jpg"}, "files.0.name"),
        ({"name": ".a.jpg"}, "files.0.name"),
        ({"name": "a.gif"}, "files.0"),
        ({"category": ".."}, "files.0.category"),
        ({"category": "a/b"}, "files.0.category"),
        ({"content_type": "image/gif"}, "files.0.content_type"),
        ({"bytes": 21 * 1024 * 1024}, "files.0"),
    ],
)
def test_a_file_that_cannot_be_taken_is_refused_by_its_field(
    desk: Merchandiser, file: dict[str, Any], field: str
) -> None:
    fine = {"name": "a.jpg", "category": "dress", "content_type": "image/jpeg", "bytes": 10}
    answer = desk.call("POST", "/catalog/uploads", json={"files": [fine | file]})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == field


def test_storage_takes_only_what_was_announced(desk: Merchandiser) -> None:
    file = {"name": "a.jpg", "category": desk.category, "content_type": "image/jpeg", "bytes": 10}
    [upload] = desk.call("POST", "/catalog/uploads", json={"files": [file]}).json()["uploads"]
    other_place = {**upload, "fields": {**upload["fields"], "key": "products/elsewhere.jpg"}}
    assert desk.send(other_place, "a.jpg", picture(1)).status_code == 403
    other_type = {**upload, "fields": {**upload["fields"], "Content-Type": "text/html"}}
    assert desk.send(other_type, "a.jpg", picture(1)).status_code == 403
