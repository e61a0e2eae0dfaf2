"""The REST client: what it sends, when it tries again, and what it says when something is wrong."""

import base64
import json
import logging
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest

from ui.answers import FieldProblem, SearchFilters
from ui.client import StylistClient, open_http
from ui.problems import ApiProblem

TOKEN = "the-token"
API = "https://api.example.com/dev"


class Server:
    """Answers with the given responses in turn, and keeps the requests and the waits between them."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []
        self.waits: list[float] = []

    def client(self, token: str | None = TOKEN) -> StylistClient:
        http = open_http(API, "the-key", httpx.MockTransport(self._answer))
        return StylistClient(http, token, sleep=self.waits.append)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def problem(status: int, **fields: object) -> httpx.Response:
    body = {"type": "about:blank", "title": "Refused", "status": status, **fields}
    return httpx.Response(status, json=body, headers={"content-type": "application/problem+json"})


EMPTY = {"products": [], "cursor": None}


def test_requests_carry_the_key_and_the_shoppers_token():
    server = Server(httpx.Response(200, json=EMPTY))
    server.client().products(category="t-shirt", cursor="abc", limit=5)
    (request,) = server.requests
    assert str(request.url) == f"{API}/products?category=t-shirt&cursor=abc&limit=5"
    assert request.headers["x-api-key"] == "the-key"
    assert request.headers["authorization"] == "Bearer the-token"


@pytest.mark.parametrize(("category", "query"), [(None, "limit=8"), ("t-shirt", "limit=8&category=t-shirt")])
def test_what_is_popular_is_asked_for_of_all_or_of_a_category(category: str | None, query: str):
    server = Server(httpx.Response(200, json={"products": [{"product_id": "p"}], "days": 7}))
    page = server.client().trending(category=category)
    assert str(server.requests[0].url) == f"{API}/products/trending?{query}"
    assert ([product.product_id for product in page.products], page.cursor) == (["p"], None)


def test_without_a_token_no_authorization_is_sent():
    server = Server(httpx.Response(200, json={"features": ["search"], "notice": "Local models.", "new": 1}))
    assert server.client(token=None).capabilities().notice == "Local models."
    assert "authorization" not in server.requests[0].headers


def test_a_search_sends_only_what_was_asked_for():
    server = Server(
        httpx.Response(200, json={"results": [], "took_ms": 2, "backend": "dynamodb", "exact": True})
    )
    image = base64.b64encode(b"picture").decode()
    server.client().search(
        query="red", image=image, filters=SearchFilters(color=("red",), max_price=50), limit=7
    )
    (request,) = server.requests
    assert (request.method, request.url.path) == ("POST", "/dev/search")
    assert json.loads(request.content) == {
        "query": "red",
        "image": image,
        "limit": 7,
        "filters": {"color": ["red"], "max_price": 50.0},
    }


def test_unknown_and_missing_fields_are_no_problem():
    hit = {"product_id": "p", "name": None, "category": "t-shirt", "relevance": 0.5, "novelty": {"x": 1}}
    answer = Server(httpx.Response(200, json={"results": [hit]})).client().similar("p")
    assert (answer.results[0].title, answer.results[0].relevance) == ("T shirt", 0.5)


def test_ids_cannot_leave_their_place_in_the_path():
    server = Server(httpx.Response(200, json={"product_id": "x"}))
    server.client().product("a/../b?c=d")
    assert server.requests[0].url.raw_path == b"/dev/products/a%2F..%2Fb%3Fc%3Dd"


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_passing_fault_is_tried_again_with_growing_jittered_waits(status: int):
    server = Server(problem(status), problem(status), httpx.Response(200, json={"status": "ok"}))
    assert server.client().health().status == "ok"
    first, second = server.waits
    assert 0.1 <= first <= 0.3
    assert 0.2 <= second <= 0.6


def test_it_gives_up_after_three_attempts():
    server = Server(*[problem(503) for _ in range(3)])
    with pytest.raises(ApiProblem) as caught:
        server.client().health()
    assert caught.value.status == 503
    assert len(server.requests) == 3
    assert "our side" in caught.value.text


def test_retry_after_is_honoured_in_seconds_and_as_a_date():
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=3), usegmt=True)
    for value, least in (("2", 2.0), (soon, 1.5)):
        limited = httpx.Response(429, headers={"retry-after": value})
        server = Server(limited, httpx.Response(200, json={"status": "ok"}))
        server.client().health()
        assert least <= server.waits[0] <= 4.0


def test_nobody_waits_a_minute():
    server = Server(httpx.Response(429, headers={"retry-after": "60"}))
    with pytest.raises(ApiProblem) as caught:
        server.client().health()
    assert (caught.value.status, server.waits) == (429, [])
    assert "wait a few seconds" in caught.value.text


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 500])
def test_a_lasting_fault_is_not_tried_again(status: int):
    server = Server(problem(status))
    with pytest.raises(ApiProblem) as caught:
        server.client().product("p")
    assert caught.value.status == status
    assert len(server.requests) == 1


def test_no_connection_is_tried_again_but_a_time_out_is_not():
    refused = Server(*[httpx.ConnectError("refused") for _ in range(3)])
    with pytest.raises(ApiProblem) as caught:
        refused.client().health()
    assert (caught.value.status, len(refused.requests)) == (0, 3)
    slow = Server(httpx.ReadTimeout("slow"))
    with pytest.raises(ApiProblem, match="0 No answer"):
        slow.client().health()


def test_a_problem_answer_keeps_its_details():
    errors = [{"field": "query", "detail": "query is longer than 2000 characters"}]
    server = Server(problem(400, title="Bad Request", detail="The request is not valid.", errors=errors))
    with pytest.raises(ApiProblem) as caught:
        server.client().search(query="x")
    fault = caught.value
    assert (fault.title, fault.detail) == ("Bad Request", "The request is not valid.")
    assert fault.errors == (FieldProblem(field="query", detail="query is longer than 2000 characters"),)
    assert fault.text == "We could not search for that. query is longer than 2000 characters"


def test_401_asks_to_sign_in_again():
    with pytest.raises(ApiProblem) as caught:
        Server(problem(401)).client().product("p")
    assert caught.value.session_ended
    assert "sign in again" in caught.value.text


def test_an_answer_of_another_form_is_a_problem_too():
    for answer in (httpx.Response(200, text="<html>"), httpx.Response(200, json={"name": "no id"})):
        with pytest.raises(ApiProblem) as caught:
            Server(answer).client().product("p")
        assert caught.value.status == 502
    with pytest.raises(ApiProblem) as caught:
        Server(httpx.Response(500, text="<html>oops")).client().product("p")
    assert (caught.value.status, caught.value.title) == (500, "Internal Server Error")


def test_the_log_tells_neither_token_nor_key_nor_words(caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    answers = [problem(401), httpx.Response(200, json={"results": [{"name": "no id"}]})]
    for answer in answers:
        with pytest.raises(ApiProblem):
            Server(answer).client().search(query="private wish")
    assert "POST /dev/search" in caplog.text
    for secret in ("the-token", "the-key", "private wish"):
        assert secret not in caplog.text
