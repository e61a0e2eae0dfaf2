"""A shopper's own pictures: listed page by page, newest first, deleted one by one, and nobody else's."""

from typing import Any

import pytest

from runtime.images.album import Album
from runtime.images.ledger import LEASE_S
from runtime.images.port import ImageThrottled
from runtime.shared.quotas import QuotasUnavailable
from tests.unit.images_shop import USER, Shop, aws, crash, shop

__all__ = ["aws", "shop"]


def ids(body: dict[str, Any]) -> list[str]:
    return [image["image_id"] for image in body["images"]]


def test_what_was_asked_for_comes_back_newest_first(shop: Shop) -> None:
    first = shop.ask(prompt="a red coat", aspect_ratio="1:1")[1]
    shop.now += 60
    second = shop.ask(prompt="a blue coat", count=2)[1]
    status, body, _ = shop.album()
    assert (status, body["cursor"]) == (200, None)
    assert ids(body) == [*reversed(ids(second)), *ids(first)]
    oldest = body["images"][-1]
    assert oldest == {
        "image_id": first["images"][0]["image_id"],
        "url": oldest["url"],
        "content_type": "image/png",
        "expires_at": "2026-11-20T12:16:00Z",
        "prompt": "a red coat",
        "aspect_ratio": "1:1",
        "session_id": None,
        "product_ids": [],
        "model": shop.model.model_id,
        "seed": first["seed"],
        "made_at": "2026-11-20T12:00:00+00:00",
    }
    assert f"/images/{USER}/{oldest['image_id']}.png" in oldest["url"]


def test_pages_follow_each_other_without_gap_or_overlap(shop: Shop) -> None:
    made: list[str] = []
    for _ in range(5):
        made += ids(shop.ask()[1])
        shop.now += 1
    seen: list[str] = []
    cursor: dict[str, str] = {}
    for size in (2, 2, 1):
        body = shop.album(limit="2", **cursor)[1]
        assert len(body["images"]) == size
        seen += ids(body)
        cursor = {"cursor": body["cursor"]}
    assert seen == made[::-1]
    assert body["cursor"] is None


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"cursor": "request#r"}, "cursor"),
        ({"cursor": "1\n"}, "cursor"),
        ({"limit": "0"}, "limit"),
        ({"a": "b"}, "a"),
    ],
)
def test_wrong_questions_are_refused_by_name(shop: Shop, query: dict[str, str], field: str) -> None:
    status, problem, _ = shop.album(**query)
    assert (status, problem["errors"][0]["field"]) == (400, field)


def test_pictures_of_others_are_neither_shown_nor_deleted(shop: Shop) -> None:
    (image_id,) = ids(shop.ask()[1])
    assert shop.album(user="other")[1]["images"] == []
    assert shop.delete(image_id, user="other")[0] == 404
    assert ids(shop.album()[1]) == [image_id]


def test_a_deleted_picture_is_gone_and_counts_on(shop: Shop) -> None:
    keep, drop = ids(shop.ask(count=2)[1])
    assert shop.delete(drop)[:2] == (200, {"deleted": drop})
    assert ids(shop.album()[1]) == [keep]
    assert [key.rpartition("/")[2] for key in shop.stored_keys()] == [f"{keep}.png"]
    assert shop.delete(drop)[0] == 404
    assert shop.taken == 2


@pytest.mark.parametrize("image_id", ["request%23r", "x", "0000000000000-" + "0" * 32 + "-9", "..%2F"])
def test_what_is_no_picture_is_not_found(shop: Shop, image_id: str) -> None:
    assert shop.delete(image_id)[0] == 404


def test_pictures_leave_the_album_when_the_bucket_drops_them(shop: Shop) -> None:
    shop.ask()
    shop.now += 7 * 86_400 - 1
    assert len(shop.album()[1]["images"]) == 1
    shop.now += 1
    assert shop.album()[1] == {"images": [], "cursor": None}


def test_failures_leave_nothing_in_the_album(shop: Shop) -> None:
    shop.model.act = lambda _: ImageThrottled("busy")
    assert shop.ask()[0] == 503
    assert shop.album()[1]["images"] == []


def test_a_crashed_request_is_in_the_album_once(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Album, "add", lambda *_: None)
        crash(shop, patch, request_id="r", count=2)
    shop.now += LEASE_S + 1
    made = shop.ask(request_id="r", count=2)[1]
    assert sorted(ids(shop.album()[1])) == sorted(ids(made))
    assert len(shop.model.calls) == 2


def test_a_picture_that_cannot_be_noted_is_given_all_the_same(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise QuotasUnavailable

    with monkeypatch.context() as patch:
        patch.setattr(Album, "add", refuse)
        status, made, _ = shop.ask(count=2)
    assert status == 200
    assert sorted(ids(shop.album()[1])) == sorted(ids(made))
    assert shop.delete(ids(made)[0])[0] == 200
    assert ids(shop.album()[1]) == ids(made)[1:]


def test_what_cannot_be_promised_is_not_paid_for(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise QuotasUnavailable

    with monkeypatch.context() as patch:
        patch.setattr(Album, "promise", refuse)
        assert shop.ask(request_id="r")[0] == 503
    assert (len(shop.model.calls), shop.taken, shop.spent) == (0, 0, 0)
    assert shop.ask(request_id="r")[0] == 200


def test_a_promise_that_is_still_open_does_not_end_the_list(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = ids(shop.ask()[1])
    shop.now += 1
    with monkeypatch.context() as patch:
        patch.setattr(Album, "remove", lambda *_: None)
        shop.model.act = lambda _: ImageThrottled("busy")
        assert shop.ask()[0] == 503
    page = shop.album(limit="1")[1]
    assert page["images"] == [] and page["cursor"]
    assert ids(shop.album(limit="1", cursor=page["cursor"])[1]) == old
