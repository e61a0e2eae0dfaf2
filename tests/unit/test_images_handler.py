"""POST /image over tables and a bucket that moto plays, and a model that is told how to behave."""

import json
import threading
from base64 import b64decode
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from botocore.exceptions import ClientError
from PIL import Image

from runtime.images.ledger import LEASE_S
from runtime.images.packing import MAX_ANSWER, pack
from runtime.images.port import ImageFailed, ImageFiltered, ImageThrottled
from runtime.images.request import AspectRatio
from runtime.shared.problems import Problem
from tests.unit.images_shop import NOON, PICTURE, USER, Shop, aws, crash, shop
from tests.unit.shop import api_event, encode, post_event, read_answer

__all__ = ["aws", "shop"]


def test_pictures_are_kept_and_linked(shop: Shop) -> None:
    status, body, _ = shop.ask(count=3, aspect_ratio="4:5")
    assert status == 200
    assert body["model"] == shop.model.model_id
    assert len(body["images"]) == 3
    for image in body["images"]:
        assert set(image) == {"image_id", "url", "content_type", "expires_at"}
        assert image["content_type"] == "image/png"
        assert image["expires_at"] == "2026-11-20T12:15:00Z"
        assert "X-Amz-Expires=900" in image["url"]
        assert f"/images/{USER}/" in image["url"]
    seeds = [seed for _, _, seed in shop.model.calls]
    assert len(set(seeds)) == 3
    assert body["seed"] in seeds
    assert all(1 <= seed <= shop.model.most_seed for seed in seeds)
    assert {ratio for _, ratio, _ in shop.model.calls} == {AspectRatio.NEARLY_SQUARE_TALL}
    assert (shop.taken, shop.spent) == (3, 120_000)
    (key, *others) = shop.stored_keys()
    assert len(others) == 2
    stored = shop.clients.get("s3").get_object(Bucket="results", Key=key)
    assert stored["Body"].read() == PICTURE
    assert stored["ContentType"] == "image/png"
    assert stored["Metadata"]["model"] == shop.model.model_id
    assert int(stored["Metadata"]["seed"]) in seeds
    assert "red" not in json.dumps(stored["Metadata"])


def test_base64_and_defaults(shop: Shop) -> None:
    status, body, _ = shop.ask(response_format="base64", session_id=None)
    assert status == 200
    (image,) = body["images"]
    assert image == {**image, "content_type": "image/png"} and set(image) == {
        "image_id",
        "base64",
        "content_type",
    }
    assert b64decode(image["base64"]) == PICTURE
    assert shop.model.calls[0][1] is AspectRatio.PORTRAIT


def test_base64_fits_into_an_answer_of_lambda() -> None:
    noise = np.random.default_rng(1).integers(0, 255, (1024, 1024, 3), dtype=np.uint8)
    large = encode(Image.fromarray(noise), "PNG")
    assert len(large) * 4 * 4 / 3 > MAX_ANSWER
    packed = pack([(large, "image/png")] * 4)
    assert {each["content_type"] for each in packed} == {"image/jpeg"}
    assert len(json.dumps(packed)) < 6_000_000
    with pytest.raises(Problem, match="422"):
        pack([(large, "image/png")], most=1_000)


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({"prompt": ""}, "prompt"),
        ({"prompt": "   "}, "prompt"),
        ({"prompt": "x" * 1_001}, "prompt"),
        ({"prompt": 7}, "prompt"),
        ({"count": 0}, "count"),
        ({"count": 5}, "count"),
        ({"count": "2"}, "count"),
        ({"aspect_ratio": "7:3"}, "aspect_ratio"),
        ({"response_format": "png"}, "response_format"),
        ({"request_id": "a b"}, "request_id"),
        ({"request_id": "../x"}, "request_id"),
        ({"session_id": ""}, "session_id"),
        ({"steps": 50}, "steps"),
    ],
)
def test_wrong_requests_cost_nothing(shop: Shop, body: dict[str, Any], wrong: str) -> None:
    status, problem, _ = shop.ask(**body)
    assert status == 400
    assert problem["errors"][0]["field"] == wrong
    assert not shop.model.calls
    assert shop.spent == 0


def test_nobody_is_not_served(shop: Shop) -> None:
    event = api_event("POST", "/image", body='{"prompt": "x"}', claims=None)
    assert read_answer(shop.api(event, None))[0] == 401


def test_the_outfit_of_the_own_session_and_the_profile_are_drawn(shop: Shop) -> None:
    loafers = {"name": "Penny loafers", "color": "brown"}
    row = {"outfit": {"L": [{"S": "p1"}]}, "products": {"S": json.dumps({"p1": loafers})}}
    until = {"N": str(int(NOON) + 60)}
    shop.put("sessions", user_id={"S": USER}, session_id={"S": "s1"}, expires_at=until, **row)
    facts = {"M": {"gender": {"S": "men"}}}
    shop.put("profiles", user_id={"S": USER}, consent={"BOOL": True}, facts=facts)
    shop.put("profiles", user_id={"S": "other"}, consent={"BOOL": False}, facts=facts)

    assert shop.ask(session_id="s1")[0] == 200
    assert shop.album()[1]["images"][0]["product_ids"] == ["p1"]
    assert "of a man wearing brown Penny loafers. a red dress." in shop.model.calls[0][0].prompt
    assert shop.ask(user="other", session_id="s1")[0] == 404
    assert shop.ask(session_id="s2")[0] == 404
    shop.ask(user="other")
    assert "of a person. a red dress." in shop.model.calls[1][0].prompt
    shop.now = NOON + 61
    assert shop.ask(session_id="s1")[0] == 404
    assert len(shop.model.calls) == 2


def test_the_daily_quota_ends_at_midnight_utc(shop: Shop) -> None:
    assert shop.ask(count=4)[0] == 200
    status, problem, headers = shop.ask(count=2)
    assert (status, headers["retry-after"]) == (429, str(12 * 3600))
    assert "5 pictures a day" in problem["detail"]
    assert shop.ask()[0] == 200
    assert shop.ask()[0] == 429
    assert shop.ask(user="other")[0] == 200
    shop.now += 12 * 3600
    assert shop.ask(count=4)[0] == 200
    assert len(shop.model.calls) == 10


def test_the_spend_cap_holds_for_everyone_together(shop: Shop) -> None:
    shop.settings = {"daily_spend_usd": 0.12}
    assert shop.ask(count=2)[0] == 200
    status, _, headers = shop.ask(user="other", count=2)
    assert (status, headers["retry-after"]) == (503, str(12 * 3600))
    assert shop.used("other", "pictures#2026-11-20") == 0
    assert shop.ask(user="other")[0] == 200
    assert shop.ask(user="third")[0] == 503
    assert shop.spent == 120_000


def test_quota_and_cap_hold_when_many_ask_at_once(shop: Shop) -> None:
    shop.settings = {"daily_spend_usd": 0.40}
    api = shop.api

    def ask(number: int) -> int:
        event = post_event({"prompt": "x"}, path="/image")
        event["requestContext"]["authorizer"]["claims"]["sub"] = f"user-{number % 4}"
        return api(event, None)["statusCode"]

    with ThreadPoolExecutor(8) as threads:
        statuses = Counter(threads.map(ask, range(32)))
    assert statuses[200] == len(shop.model.calls) == 10
    assert set(statuses) <= {200, 429, 503}
    assert shop.spent == 400_000
    taken = [shop.used(f"user-{n}", "pictures#2026-11-20") for n in range(4)]
    assert sum(taken) == 10
    assert max(taken) <= 5


@pytest.mark.parametrize(
    ("failure", "status", "retry", "spent"),
    [
        (ImageThrottled("busy"), 503, "5", 0),
        (ImageFiltered("prompt"), 422, None, 0),
        (ImageFiltered("output", billed=True), 422, None, 40_000),
        (ImageFailed("down"), 503, "10", 0),
        (ImageFailed("timeout", billed=True), 503, "10", 40_000),
    ],
)
def test_failures_give_back_what_was_not_paid(
    shop: Shop, failure: Exception, status: int, retry: str | None, spent: int
) -> None:
    shop.model.act = lambda _: failure
    answer, problem, headers = shop.ask(request_id="r")
    assert (answer, headers.get("retry-after")) == (status, retry)
    assert problem["detail"]
    assert "prompt" not in problem["detail"]
    assert (shop.taken, shop.spent) == (0, spent)
    shop.model.act = lambda _: None
    assert shop.ask(request_id="r")[0] == 200
    assert shop.taken == 1


def test_some_pictures_are_better_than_none(shop: Shop) -> None:
    shop.model.act = lambda number: ImageThrottled("busy") if number % 2 else None
    status, body, _ = shop.ask(count=4)
    assert status == 200
    assert len(body["images"]) == 2
    assert (shop.taken, shop.spent) == (2, 80_000)


def test_of_several_failures_the_one_to_act_on_is_told(shop: Shop) -> None:
    failures = [ImageFailed("a"), ImageFiltered("b"), ImageThrottled("c"), ImageFailed("d")]
    shop.model.act = failures.__getitem__
    assert shop.ask(count=4)[0] == 422


def test_a_bug_gives_nothing_away_and_can_be_tried_again(shop: Shop) -> None:
    shop.model.act = lambda _: ZeroDivisionError("secret")
    status, problem, _ = shop.ask(request_id="r")
    assert status == 500
    assert "secret" not in json.dumps(problem)
    shop.model.act = lambda _: None
    assert shop.ask(request_id="r")[0] == 200


def test_the_same_request_is_answered_again_and_not_paid_again(shop: Shop) -> None:
    first = shop.ask(request_id="r1", count=2)[1]
    shop.now += 600
    status, again, _ = shop.ask(request_id="r1", count=2)
    assert status == 200
    assert again["seed"] == first["seed"]
    paths = [[image["url"].partition("?")[0] for image in body["images"]] for body in (first, again)]
    assert paths[0] == paths[1]
    assert again["images"][0]["expires_at"] == "2026-11-20T12:25:00Z"
    inline = shop.ask(request_id="r1", count=2, response_format="base64")[1]
    assert b64decode(inline["images"][1]["base64"]) == PICTURE
    assert len(shop.model.calls) == 2
    assert shop.spent == 80_000


def test_a_request_id_belongs_to_one_request_of_one_shopper(shop: Shop) -> None:
    assert shop.ask(request_id="r1")[0] == 200
    status, problem, _ = shop.ask(request_id="r1", prompt="a blue dress")
    assert (status, problem["errors"][0]["field"]) == (422, "request_id")
    assert shop.ask(request_id="r1", user="other")[0] == 200
    assert len(shop.model.calls) == 2
    shop.now += 86_401
    assert shop.ask(request_id="r1", prompt="a blue dress")[0] == 200


def test_many_at_once_with_one_request_id_pay_once(shop: Shop) -> None:
    started, release = threading.Event(), threading.Event()

    def wait(_: int) -> None:
        started.set()
        release.wait(10)

    shop.model.act = wait
    api = shop.api
    with ThreadPoolExecutor(8) as threads:
        event = post_event({"prompt": "x", "request_id": "r"}, path="/image")
        first = threads.submit(api, event, None)
        assert started.wait(10)
        others = [read_answer(answer) for answer in threads.map(lambda _: api(event, None), range(7))]
        release.set()
        assert first.result()["statusCode"] == 200
    assert {(status, headers["retry-after"]) for status, _, headers in others} == {(409, "3")}
    assert len(shop.model.calls) == 1
    assert (shop.taken, shop.spent) == (1, 40_000)


def test_after_a_crash_what_was_made_is_found_and_not_paid_again(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    crash(shop, monkeypatch, request_id="r", count=3)
    lost = shop.stored_keys()[1]
    shop.clients.get("s3").delete_object(Bucket="results", Key=lost)
    seeds = {seed for _, _, seed in shop.model.calls}
    assert shop.ask(request_id="r", count=3)[0] == 409
    shop.now += LEASE_S + 1
    status, body, _ = shop.ask(request_id="r", count=3)
    assert status == 200
    assert len(body["images"]) == 3
    assert len(shop.model.calls) == 4
    assert shop.model.calls[3][2] in seeds
    assert lost in shop.stored_keys()
    assert (shop.taken, shop.spent) == (3, 120_000)


def test_a_late_attempt_does_not_undo_what_the_next_one_did(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lease of the first runs out while the model works; the second answers; then the first fails."""

    def overtake(number: int) -> Any:
        if number:
            return None
        shop.now += LEASE_S + 1
        assert shop.ask(request_id="r")[0] == 200
        return ImageThrottled("late")

    shop.model.act = overtake
    assert shop.ask(request_id="r")[0] == 503
    assert shop.ask(request_id="r")[0] == 200
    assert len(shop.model.calls) == 2


@pytest.mark.parametrize("broken", ["UpdateItem", "GetItem", "PutObject"])
def test_services_out_of_reach_are_a_clear_problem(
    shop: Shop, broken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    until = {"N": str(int(NOON) + 60)}
    shop.put("sessions", user_id={"S": USER}, session_id={"S": "s1"}, expires_at=until)

    def fail(params: Any, **_: Any) -> None:
        response: Any = {
            "Error": {"Code": "ThrottlingException", "Message": ""},
            "ResponseMetadata": {"HTTPStatusCode": 400},
        }
        raise ClientError(response, broken)

    service = "s3" if broken == "PutObject" else "dynamodb"
    client = shop.clients.get(service)
    client.meta.events.register_first(f"before-call.{service}.{broken}", fail)
    try:
        status, problem, headers = shop.ask(session_id="s1")
    finally:
        client.meta.events.unregister(f"before-call.{service}.{broken}", fail)
    assert status == 503
    assert int(headers["retry-after"]) <= 10
    assert problem["title"] == "Temporarily unavailable"


def test_nothing_that_was_said_is_logged(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    shop.model.act = lambda _: ImageFailed("model said: secret dress")
    shop.ask(prompt="my secret dress", request_id="r")
    logged = capsys.readouterr().out
    assert "answered" in logged
    assert "secret" not in logged
    assert USER not in logged
