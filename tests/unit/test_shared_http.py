"""The API around the handlers: routing, problem answers, who may call, and what reaches the logs."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import BaseModel

from runtime.shared.auth import Caller, require_group, require_owner, require_user
from runtime.shared.http import MAX_BODY_BYTES, Api, Request, Route, read_body, read_query
from runtime.shared.observability import describe_error, pseudonym
from runtime.shared.problems import Problem, refuse_for_now
from tests.unit.shop import CLAIMS, api_event, post_event, read_answer, read_logs, start_logs

SECRET = "blue suede shoes for anna@example.com"


class Order(BaseModel, extra="forbid"):
    item: str
    count: int = 1


class Overloaded(Exception):
    pass


def _fail(error: Exception) -> Callable[[Request], Any]:
    def handle(_: Request) -> Any:
        raise error

    return handle


API = Api(
    [
        Route("GET", "/open", lambda _: {"ok": True}, public=True),
        Route("GET", "/closed", lambda request: {"user": request.caller.subject if request.caller else None}),
        Route("GET", "/things/<thing_id>", lambda request: {"id": request.path["thing_id"]}),
        Route("GET", "/list", lambda request: read_query(request, Order).model_dump()),
        Route("POST", "/orders", lambda request: read_body(request, Order).model_dump()),
        Route("GET", "/teapot", _fail(Problem(418, "Teapot", "Short and stout."))),
        Route("GET", "/busy", _fail(Overloaded())),
        Route("GET", "/broken", _fail(RuntimeError(SECRET))),
    ],
    answers={Overloaded: lambda _: refuse_for_now("Later.", retry_after=7)},
)


def call(event: dict[str, Any]) -> tuple[int, dict[str, Any], dict[str, str]]:
    return read_answer(API(event, None))


def test_answers_json_with_request_id_and_cors() -> None:
    status, body, headers = call(api_event("GET", "/open", claims=None))
    assert (status, body) == (200, {"ok": True})
    assert headers["x-request-id"] == "req-1"
    assert headers["access-control-allow-origin"] == "*"
    assert headers["content-type"] == "application/json"


def test_path_parameters_and_caller_reach_the_handler() -> None:
    assert call(api_event("GET", "/things/abc"))[1] == {"id": "abc"}
    assert call(api_event("GET", "/closed"))[1] == {"user": CLAIMS["sub"]}


@pytest.mark.parametrize(
    ("event", "status", "title"),
    [
        (api_event("GET", "/nowhere"), 404, "Not found"),
        (api_event("GET", "/things/a/b"), 404, "Not found"),
        (api_event("DELETE", "/open"), 405, "Method not allowed"),
        (api_event("GET", "/orders"), 405, "Method not allowed"),
        (api_event("GET", "/teapot"), 418, "Teapot"),
        (api_event("GET", "/busy"), 503, "Temporarily unavailable"),
        (api_event("GET", "/broken"), 500, "Something went wrong"),
        (api_event("GET", "/closed", claims=None), 401, "Unauthorized"),
        (api_event("GET", "/closed", claims={**CLAIMS, "token_use": "id"}), 401, "Unauthorized"),
        (api_event("GET", "/closed", claims={**CLAIMS, "sub": ""}), 401, "Unauthorized"),
        (api_event("GET", "/closed", claims={**CLAIMS, "iss": ""}), 401, "Unauthorized"),
        (api_event("GET", "/closed", claims={**CLAIMS, "client_id": ""}), 401, "Unauthorized"),
        (post_event("{not json", path="/orders"), 400, "Malformed JSON"),
        (post_event("", path="/orders"), 400, "Malformed JSON"),
        (post_event("[" * 100_000, path="/orders"), 400, "Malformed JSON"),
        (post_event('{"item": "\\ud800"}', path="/orders"), 400, "Malformed JSON"),
        (post_event([1], path="/orders"), 400, "Invalid request"),
        (post_event({"item": 5}, path="/orders"), 400, "Invalid request"),
        (post_event({"item": "a", "count": "1"}, path="/orders"), 400, "Invalid request"),
        (post_event({"item": "a", "other": 1}, path="/orders"), 400, "Invalid request"),
        (post_event({"item": "a"}, path="/orders", content_type="text/plain"), 415, "Unsupported media type"),
        (post_event({"item": "x" * MAX_BODY_BYTES}, path="/orders"), 413, "Request too large"),
        (api_event("GET", "/list", query={"item": ["a", "b"]}), 400, "Invalid request"),
        (api_event("GET", "/list", query={"item": "a", "count": "many"}), 400, "Invalid request"),
    ],
)
def test_refusals_are_problem_answers(event: dict[str, Any], status: int, title: str) -> None:
    got, body, headers = call(event)
    assert (got, body["status"], body["title"]) == (status, status, title)
    assert headers["content-type"] == "application/problem+json"
    assert headers["x-request-id"] == "req-1"
    assert headers["access-control-allow-origin"] == "*"
    assert body["detail"]
    assert SECRET not in json.dumps(body)


def test_problem_answers_carry_their_headers() -> None:
    assert call(api_event("GET", "/busy"))[2]["retry-after"] == "7"
    assert call(api_event("PUT", "/orders"))[2]["allow"] == "POST"


def test_wrong_fields_are_named() -> None:
    errors = call(post_event({"count": 1, "colour": 2}, path="/orders"))[1]["errors"]
    assert [error["field"] for error in errors] == ["item", "colour"]


def test_json_with_charset_and_without_content_type_is_read() -> None:
    assert (
        call(post_event({"item": "a"}, path="/orders", content_type="application/JSON; charset=utf-8"))[0]
        == 200
    )
    assert call(api_event("POST", "/orders", body='{"item":"é"}'))[1] == {"item": "é", "count": 1}


def test_base64_encoded_bodies_are_decoded() -> None:
    event = {**post_event("eyJpdGVtIjoiYSJ9", path="/orders"), "isBase64Encoded": True}
    assert call(event)[1]["item"] == "a"
    assert call({**event, "body": "!!"})[1]["title"] == "Malformed body"


def test_unknown_errors_quote_the_request_only() -> None:
    body = call(api_event("GET", "/broken"))[1]
    assert "req-1" in body["detail"]
    assert "RuntimeError" not in json.dumps(body)


def test_logs_say_how_it_went_and_not_what_it_said(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    start_logs(monkeypatch)
    call(api_event("GET", "/broken", query={"item": SECRET}))
    call(post_event({"item": SECRET, "secret field": SECRET}, path="/orders"))
    call(api_event("GET", f"/nowhere/{SECRET}"))
    written = capsys.readouterr()
    text = written.out + written.err
    for private in (SECRET, "suede", "anna@", "secret field", "eyJ", CLAIMS["sub"], CLAIMS["username"]):
        assert private not in text
    logs = read_logs(written.out, "answered")
    assert [log["status"] for log in logs] == [500, 400, 404]
    assert logs[0]["error"] == "RuntimeError"
    assert any("handle" in place for place in logs[0]["at"])
    assert logs[0]["user"] == pseudonym(CLAIMS["sub"], CLAIMS["iss"])
    assert logs[0]["correlation_id"] == "req-1"
    metrics = [json.loads(line) for line in written.out.splitlines() if "_aws" in line]
    assert [line["Faults"] for line in metrics] == [[1.0], [0.0], [0.0]]
    assert metrics[0]["route"] == "GET /broken"
    assert metrics[2]["route"] == "other"


@pytest.mark.parametrize(
    "groups", ["shopper,merchandiser", "[shopper, merchandiser]", "[shopper merchandiser]"]
)
def test_groups_are_read_in_every_rendering(groups: str) -> None:
    caller = require_user(api_event("GET", "/", claims={**CLAIMS, "cognito:groups": groups}))
    assert caller.groups == {"shopper", "merchandiser"}
    assert caller.scopes == {"openid", "stylist/shop"}


def test_group_and_owner_checks() -> None:
    caller = Caller("me", frozenset({"shopper"}), frozenset(), "log")
    require_group(caller, "shopper")
    require_owner(caller, "me", "photo")
    with pytest.raises(Problem) as group:
        require_group(caller, "merchandiser")
    with pytest.raises(Problem) as owner:
        require_owner(caller, "you", "photo")
    assert (group.value.status, owner.value.status) == (403, 404)


def test_pseudonyms_differ_by_pool_and_hide_the_subject() -> None:
    assert pseudonym("me", "pool-a") != pseudonym("me", "pool-b")
    assert len(pseudonym("me", "pool-a")) == 12


def test_described_errors_have_kinds_and_places_and_no_texts() -> None:
    error = RuntimeError(SECRET)
    error.__cause__ = ValueError(SECRET)
    described = describe_error(error)
    assert described["error"] == "RuntimeError"
    assert described["caused_by"] == ["ValueError"]
    assert SECRET not in json.dumps(described)
