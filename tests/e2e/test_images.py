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
