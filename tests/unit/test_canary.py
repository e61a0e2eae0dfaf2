"""The visitor: what it counts as a failure, and that it keeps its token."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from runtime.canary import probes
from runtime.canary.handler import Canary, CanarySettings
from tests.unit.shop import start_logs

SECRET = {"client_secret": "hush", "api_key": "key"}
FOUND = {"results": [{"product_id": "p"}], "backend": "dynamodb"}


class Shop:
    """A shop on this machine: answers by path, and what was asked of it."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, Any]] = {
            "/v1/health": (200, {"status": "ok"}),
            "/oauth2/token": (200, {"access_token": "token-1", "expires_in": 3600}),
            "/v1/search": (200, FOUND),
        }
        self.asked: list[tuple[str, dict[str, str], str]] = []
        shop = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
                path = self.path.partition("?")[0]
                headers = {name.lower(): value for name, value in self.headers.items()}
                shop.asked.append((path, headers, body))
                status, content = shop.answers[path]
                self.send_response(status)
                self.send_header("x-request-id", "r-1")
                self.end_headers()
                self.wfile.write(content if isinstance(content, bytes) else json.dumps(content).encode())

            do_GET = do_POST = answer

            def log_message(self, *_: Any) -> None:
                """Nothing: the tests look at what was asked."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def paths(self) -> list[str]:
        return [path for path, _, _ in self.asked]


@pytest.fixture
def shop() -> Iterator[Shop]:
    running = Shop()
    thread = Thread(target=running.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield running
    running.server.shutdown()
    running.server.server_close()
    thread.join()


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def canary(shop: Shop, clock: Clock) -> Canary:
    settings = CanarySettings(
        api_url=f"{shop.url}/v1",
        token_url=f"{shop.url}/oauth2/token",
        client_id="client",
        scope="stylist/shop",
        secret_arn="arn:secret",
        searches=True,
    )
    return Canary(settings, lambda: SECRET, clock)


def test_a_visit_asks_signs_in_and_searches(
    canary: Canary, shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    assert canary.visit() == {"passed": True, "failed": None}
    assert shop.paths() == ["/v1/health", "/oauth2/token", "/v1/search"]
    health, token, search = (headers for _, headers, _ in shop.asked)
    assert "authorization" not in health and "x-api-key" not in health
    assert token["authorization"] == "Basic Y2xpZW50Omh1c2g="
    assert shop.asked[1][2] == "grant_type=client_credentials&scope=stylist%2Fshop"
    assert (search["authorization"], search["x-api-key"]) == ("Bearer token-1", "key")
    (line,) = [json.loads(each) for each in capsys.readouterr().out.splitlines() if "_aws" in each]
    assert line["Passed"] == [1.0] and line["Visit"][0] > 0


def test_what_would_wake_the_vector_store_is_left_out(canary: Canary, shop: Shop, clock: Clock) -> None:
    settings = canary._settings.model_copy(update={"searches": False})  # pyright: ignore[reportPrivateUsage]
    light = Canary(settings, lambda: SECRET, clock)
    shop.answers["/v1/products"] = (200, {"products": [{"product_id": "p"}]})
    assert light.visit()["passed"]
    assert shop.paths() == ["/v1/health", "/oauth2/token", "/v1/products"]
    shop.answers["/v1/products"] = (200, {"products": []})
    assert light.visit() == {"passed": False, "failed": "browse"}


def test_a_token_is_used_until_shortly_before_its_end(canary: Canary, shop: Shop, clock: Clock) -> None:
    for seconds in (0, 2000, 900, 200):
        clock.now += seconds
        assert canary.visit()["passed"]
    assert shop.paths().count("/oauth2/token") == 2


@pytest.mark.parametrize(
    ("path", "answer", "step", "reason"),
    [
        ("/v1/health", (503, {"message": "Service Unavailable"}), "health", "503: Service Unavailable"),
        ("/v1/health", (200, {"status": "ill"}), "health", "it says {'status': 'ill'}"),
        ("/v1/health", (200, b"<html>"), "health", "is no JSON"),
        ("/oauth2/token", (400, {"error": "invalid_client"}), "sign-in", "no token: 400"),
        (
            "/v1/search",
            (500, {"detail": "Quote request r-1."}),
            "search",
            "500: Quote request r-1. (request r-1)",
        ),
        ("/v1/search", (200, {**FOUND, "results": []}), "search", "the catalogue is empty"),
        (
            "/v1/search",
            (200, {**FOUND, "backend": "words (dynamodb unavailable)"}),
            "search",
            "answered by words (dynamodb unavailable)",
        ),
    ],
)
def test_what_fails_is_named_measured_and_ends_the_visit(
    canary: Canary,
    shop: Shop,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    path: str,
    answer: tuple[int, Any],
    step: str,
    reason: str,
) -> None:
    start_logs(monkeypatch)
    shop.answers[path] = answer
    assert canary.visit() == {"passed": False, "failed": step}
    assert shop.paths()[-1] == path
    printed = [json.loads(each) for each in capsys.readouterr().out.splitlines()]
    (measured,) = [each for each in printed if "_aws" in each]
    assert measured["Passed"] == [0.0]
    (logged,) = [each for each in printed if each.get("message") == "visit failed"]
    assert logged["step"] == step and reason in logged["reason"]
    assert "hush" not in json.dumps(printed) and "token-1" not in json.dumps(printed)


def test_a_refused_token_is_not_used_again(canary: Canary, shop: Shop) -> None:
    canary.visit()
    shop.answers["/v1/search"] = (401, {"detail": "The token is not valid."})
    assert canary.visit()["failed"] == "search"
    shop.answers["/v1/search"] = (200, FOUND)
    assert canary.visit()["passed"]
    assert shop.paths().count("/oauth2/token") == 2


def test_nobody_there_is_a_failure_too(canary: Canary, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise ConnectionRefusedError("refused")

    monkeypatch.setattr(probes.urllib.request, "urlopen", refuse)
    assert canary.visit() == {"passed": False, "failed": "health"}
