"""Pictures of outfits: drawn, kept for their owner, paid for once, limited."""

import base64
import io
import uuid

import httpx
import pytest
from PIL import Image

from local.faults import Fault
from tests.e2e.test_chat import other
from tests.support.cloud import RunningCloud

pytestmark = pytest.mark.cloud


def test_a_picture_is_drawn_and_can_be_fetched(cloud: RunningCloud) -> None:
    answer = cloud.call("POST", "/image", json={"prompt": "a red summer dress with a straw hat at the beach"})
    assert answer.status_code == 200, answer.text
    fetched = httpx.get(answer.json()["images"][0]["url"])
    assert fetched.status_code == 200
    assert Image.open(io.BytesIO(fetched.content)).width >= 512


def test_a_picture_of_the_outfit_of_a_conversation(cloud: RunningCloud) -> None:
    session = cloud.say("I am a woman and need an outfit for a city trip, up to 400 euros")["session_id"]
    body = {"prompt": "show me the outfit", "session_id": session, "response_format": "base64"}
    answer = cloud.call("POST", "/image", json=body)
    assert answer.status_code == 200, answer.text
    assert Image.open(io.BytesIO(base64.b64decode(answer.json()["images"][0]["base64"]))).height >= 512


def test_a_request_is_paid_for_once(cloud: RunningCloud) -> None:
    body = {"prompt": "a navy suit", "request_id": uuid.uuid4().hex}
    first, again = (cloud.call("POST", "/image", json=body).json() for _ in range(2))
    assert first["seed"] == again["seed"]
    contents = [httpx.get(answer["images"][0]["url"]).content for answer in (first, again)]
    assert contents[0] == contents[1]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"prompt": ""}, 400),
        ({"prompt": "x" * 5_000}, 400),
        ({"prompt": "a dress", "count": 9}, 400),
        ({"prompt": "a dress", "aspect_ratio": "7:3"}, 400),
        ({"prompt": "a naked person"}, 422),
    ],
)
def test_what_cannot_be_drawn_is_a_problem(cloud: RunningCloud, body: dict[str, object], status: int) -> None:
    answer = cloud.call("POST", "/image", json=body)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("application/problem+json")


def test_another_shoppers_conversation_is_not_drawn(cloud: RunningCloud) -> None:
    session = cloud.say("a hat for a man")["session_id"]
    body = {"prompt": "show me", "session_id": session}
    assert cloud.call("POST", "/image", json=body, headers=other(cloud)).status_code == 404


def test_a_throttled_model_asks_to_wait(cloud: RunningCloud) -> None:
    with cloud.faults(Fault("bedrock", "/invoke", status=429, code="ThrottlingException")):
        answer = cloud.call("POST", "/image", json={"prompt": "a green coat"})
    assert answer.status_code in (429, 503), answer.text
    assert int(answer.headers["retry-after"]) > 0


def test_the_album_holds_the_own_pictures_until_they_are_deleted(cloud: RunningCloud) -> None:
    headers = other(cloud)
    made = cloud.call("POST", "/image", json={"prompt": "a striped scarf and a coat"}, headers=headers).json()
    (image,) = made["images"]
    album = cloud.call("GET", "/images", params={"limit": 5}, headers=headers).json()["images"]
    assert album[0]["image_id"] == image["image_id"]
    assert album[0]["prompt"] == "a striped scarf and a coat"
    assert httpx.get(album[0]["url"]).status_code == 200
    assert image["image_id"] not in cloud.call("GET", "/images", params={"limit": 50}).text
    path = f"/images/{image['image_id']}"
    assert cloud.call("DELETE", path).status_code == 404, "it is someone else's"
    assert cloud.call("DELETE", path, headers=headers).status_code == 200
    assert cloud.call("DELETE", path, headers=headers).status_code == 404
    assert httpx.get(image["url"]).status_code in (403, 404)


def test_pages_of_the_album_follow_each_other(cloud: RunningCloud) -> None:
    made = cloud.call("POST", "/image", json={"prompt": "a green raincoat", "count": 3}).json()["images"]
    wanted = [image["image_id"] for image in made][::-1]
    first = cloud.call("GET", "/images", params={"limit": 2}).json()
    second = cloud.call("GET", "/images", params={"limit": 1, "cursor": first["cursor"]}).json()
    assert [image["image_id"] for page in (first, second) for image in page["images"]] == wanted
    assert cloud.call("GET", "/images", params={"cursor": "x"}).status_code == 400


def test_erasing_oneself_erases_the_pictures_and_their_records(cloud: RunningCloud) -> None:
    headers = other(cloud)
    body = {"prompt": "a yellow hat", "request_id": uuid.uuid4().hex}
    image = cloud.call("POST", "/image", json=body, headers=headers).json()["images"][0]
    exported = cloud.call("GET", "/me/export", headers=headers).json()["data"]
    kinds = {row["key"].partition("#")[0] for row in exported["picture records"]}
    assert kinds == {"picture", "pictures", "request"}
    erased = cloud.call("DELETE", "/me", headers=headers).json()["erased"]
    assert erased["pictures"] >= 1 and erased["picture records"] >= 3
    assert cloud.call("GET", "/images", headers=headers).json()["images"] == []
    assert httpx.get(image["url"]).status_code in (403, 404)
