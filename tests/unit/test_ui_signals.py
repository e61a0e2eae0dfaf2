"""What the site tells of a shopper's interest, and what it sends where."""

import json
from collections.abc import Callable

import httpx
import pytest

from ui.client import StylistClient, open_http
from ui.fitting_answers import TryOnRequest, Upload
from ui.photos import Photo
from ui.problems import ApiProblem
from ui.signals import Outbox
from ui.storage import Storage
from ui.style_answers import Liking


class Server:
    """Answers with the given status codes in turn, then with 202, and keeps what it was sent."""

    def __init__(self, *codes: int, body: object = None) -> None:
        self.codes = list(codes)
        self.body = body if body is not None else {}
        self.requests: list[httpx.Request] = []

    def client(self) -> StylistClient:
        http = open_http("https://api.example.com", "key", httpx.MockTransport(self.answer))
        return StylistClient(http, "the-token", sleep=lambda _: None)

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return httpx.Response(self.codes.pop(0) if self.codes else 202, json=self.body)

    @property
    def batches(self) -> list[list[tuple[str, str]]]:
        events = [json.loads(request.content)["events"] for request in self.requests]
        return [[(event["event_type"], event["product_id"]) for event in batch] for batch in events]


def test_what_happened_meanwhile_is_told_in_one_call():
    outbox, server = Outbox(), Server()
    outbox.add("a", "view")
    outbox.add("a", "view")
    outbox.add("b", "favorite")
    outbox.flush(server.client())
    outbox.flush(server.client())
    assert server.batches == [[("view", "a"), ("favorite", "b")]]
    event = json.loads(server.requests[0].content)["events"][0]
    assert set(event) == {"product_id", "event_type", "session_id", "occurred_at"}
    assert event["session_id"] == outbox.session_id


def test_many_go_in_batches():
    outbox, server = Outbox(), Server()
    for number in range(60):
        outbox.add(f"id{number}", "view")
    outbox.flush(server.client())
    assert [len(batch) for batch in server.batches] == [25, 25, 10]


@pytest.mark.parametrize("code", [500, 503, 429])
def test_a_lost_batch_is_sent_once_more(code: int):
    outbox, server = Outbox(), Server(code, 202, code)
    outbox.add("a", "cart")
    outbox.flush(server.client())
    outbox.add("b", "cart")
    outbox.flush(server.client())
    outbox.flush(server.client())
    assert server.batches == [[("cart", "a")], [("cart", "b")], [("cart", "a")]]
    assert outbox.is_empty


def test_what_is_refused_is_not_sent_again():
    outbox, server = Outbox(), Server(400)
    outbox.add("a", "cart")
    outbox.flush(server.client())
    assert outbox.is_empty


def test_incognito_forgets_what_was_not_sent():
    outbox, server = Outbox(), Server()
    outbox.add("a", "cart")
    outbox.clear()
    outbox.flush(server.client())
    assert server.requests == []


@pytest.mark.parametrize(
    ("call", "method", "path", "body"),
    [
        (lambda api: api.style(), "GET", "/me/style", None),
        (lambda api: api.reset_style(), "DELETE", "/me/style", None),
        (lambda api: api.change_style(weight=0.0), "PATCH", "/me/style", {"weight": 0.0}),
        (
            lambda api: api.change_style(opted_out=True, remove=[Liking(kind="color", value="red")]),
            "PATCH",
            "/me/style",
            {"opted_out": True, "remove": [{"kind": "color", "value": "red"}]},
        ),
        (lambda api: api.outfit("a/b"), "GET", "/products/a%2Fb/outfit?limit=4", None),
        (lambda api: api.photos(), "GET", "/models", None),
        (lambda api: api.delete_photo("m"), "DELETE", "/models/m", None),
        (lambda api: api.jobs(cursor="c"), "GET", "/try-on?cursor=c&limit=24", None),
        (lambda api: api.delete_job("j"), "DELETE", "/try-on/j", None),
    ],
)
def test_requests_have_the_form_of_the_contract(
    call: Callable[[StylistClient], object], method: str, path: str, body: object
):
    server = Server(200)
    call(server.client())
    (request,) = server.requests
    assert (request.method, request.url.raw_path.decode()) == (method, path)
    assert (json.loads(request.content) if request.content else None) == body


def test_a_photo_and_a_try_on_are_asked_for():
    server = Server(200, body={"url": "https://s.example.com", "fields": {"key": "k"}, "model_id": "m"})
    assert server.client().begin_upload("image/jpeg", 12).model_id == "m"
    assert json.loads(server.requests[0].content) == {
        "kind": "model",
        "content_type": "image/jpeg",
        "bytes": 12,
    }
    server = Server(202, body={"job_id": "j", "status": "created"})
    server.client().begin_try_on(TryOnRequest(model_id="m", product_ids=("a",), request_id="r"))
    asked = {"model_id": "m", "product_ids": ["a"], "request_id": "r"}
    assert json.loads(server.requests[0].content) == asked


def test_likes_and_weight_go_with_a_search():
    server = Server(200)
    server.client().search(query="coat", unlike=["a"], personalize=0.0)
    assert json.loads(server.requests[0].content) == {
        "query": "coat",
        "unlike": ["a"],
        "personalize": 0.0,
        "limit": 24,
    }


def test_a_photo_goes_to_storage_as_a_form_with_the_file_last():
    server = Server(204)
    upload = Upload(url="https://s.example.com/photos", fields={"key": "k", "policy": "p"}, model_id="m")
    Storage(httpx.MockTransport(server.answer)).send(upload, Photo(b"picture", "image/jpeg"))
    (request,) = server.requests
    form = request.content.decode()
    assert form.index('name="key"') < form.index('name="policy"') < form.index('name="file"')
    assert "authorization" not in request.headers
    assert "x-api-key" not in request.headers


@pytest.mark.parametrize("code", [400, 401, 403, 500])
def test_storage_that_refuses_is_no_reason_to_sign_in_again(code: int):
    with pytest.raises(ApiProblem) as caught:
        Storage(httpx.MockTransport(Server(code).answer)).fetch("https://s.example.com/x")
    assert not caught.value.session_ended
    assert "our side" in caught.value.text
