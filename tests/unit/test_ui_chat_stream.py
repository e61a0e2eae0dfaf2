"""The chat over a real WebSocket on this machine, and over REST where that fails."""

import json
import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

import httpx
import pytest
from websockets.http11 import Request, Response
from websockets.sync.server import ServerConnection, serve

from ui.chat_stream import ChatStream
from ui.client import StylistClient, open_http
from ui.problems import ApiProblem
from ui.stylist_answers import ChatAnswer, ImageRequest, Question

ANSWER = {"session_id": "s", "turn": 1, "reply": "Wear linen.", "brief": {}, "suggestions": []}
DONE = {"type": "chat.done", **ANSWER}
Script = list[dict[str, Any] | str | None]


def delta(index: int, text: str) -> dict[str, Any]:
    return {"type": "chat.delta", "session_id": "s", "turn": 1, "index": index, "text": text}


def fault(status: int, **fields: Any) -> dict[str, Any]:
    return {"type": "error", "problem": {"title": "Refused", "status": status, **fields}}


class Line:
    """A WebSocket API that answers each frame with the next script; None in a script hangs up."""

    def __init__(self, *scripts: Script) -> None:
        self.scripts = list(scripts)
        self.frames: list[dict[str, Any]] = []
        self.paths: list[str] = []

    def answer(self, connection: ServerConnection) -> None:
        for data in connection:
            self.frames.append(json.loads(data))
            for frame in self.scripts.pop(0):
                if frame is None:
                    return
                connection.send(frame if isinstance(frame, str) else json.dumps(frame))

    def check(self, _: ServerConnection, request: Request) -> Response | None:
        self.paths.append(request.path)
        return None


@contextmanager
def open_line(line: Line, refuse: bool = False) -> Iterator[str]:
    def refuse_all(connection: ServerConnection, _: Request) -> Response:
        return connection.respond(HTTPStatus.FORBIDDEN, "")

    check = refuse_all if refuse else line.check
    with serve(line.answer, "127.0.0.1", 0, process_request=check) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}/dev"
        server.shutdown()
        thread.join()


class Rest:
    """POST /text that answers with the given responses in turn."""

    def __init__(self, *answers: httpx.Response) -> None:
        self.answers = list(answers)
        self.bodies: list[dict[str, Any]] = []
        self.waits: list[float] = []

    def client(self) -> StylistClient:
        http = open_http("https://api.example.com", "key", httpx.MockTransport(self._answer))
        return StylistClient(http, "the-token", sleep=self.waits.append)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.bodies.append(json.loads(request.content))
        return self.answers.pop(0)


def ask(url: str | None, rest: Rest, question: Question, **options: Any) -> list[str | ChatAnswer]:
    return list(ChatStream(rest.client(), url, "the-token", **options).ask(question))


def test_words_come_in_order_and_then_the_answer():
    line = Line([delta(1, "linen"), delta(0, "Wear "), {"type": "pong"}, delta(2, "."), DONE])
    question = Question(message="wedding", session_id="s", profile={"budget": None})
    with open_line(line) as url:
        parts = ask(url, Rest(), question)
    assert parts == ["", "Wear linen", "Wear linen.", ChatAnswer.model_validate(ANSWER)]
    assert line.paths == ["/dev?token=the-token"]
    assert line.frames == [
        {
            "action": "chat",
            "message": "wedding",
            "session_id": "s",
            "request_id": question.request_id,
            "profile": {"budget": None},
        }
    ]


@pytest.mark.parametrize(
    "script",
    [
        [delta(0, "Wear "), None],
        [{"message": "Internal server error", "connectionId": "c", "requestId": "r"}],
        ["no json"],
        ["[]"],
        [{"type": "chat.delta", "index": "x"}],
        [{"type": "chat.done", "reply": "no session"}],
    ],
)
def test_a_line_that_fails_is_replaced_by_a_whole_answer(script: Script):
    rest = Rest(httpx.Response(200, json=ANSWER))
    question = Question(message="wedding")
    with open_line(Line(script)) as url:
        parts = ask(url, rest, question)
    assert parts[-1] == ChatAnswer.model_validate(ANSWER)
    assert rest.bodies == [{"message": "wedding", "request_id": question.request_id}]


def test_no_line_a_closed_door_and_silence_are_no_harm():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        closed = f"ws://127.0.0.1:{unused.getsockname()[1]}"
        for url in (None, "", closed, "nonsense"):
            rest = Rest(httpx.Response(200, json=ANSWER))
            assert len(ask(url, rest, Question(message="x"))) == 1
    with open_line(Line(), refuse=True) as url:
        assert len(ask(url, Rest(httpx.Response(200, json=ANSWER)), Question(message="x"))) == 1
    with open_line(Line([])) as url:
        rest = Rest(httpx.Response(200, json=ANSWER))
        assert len(ask(url, rest, Question(message="x"), silence_seconds=0.05)) == 1


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_stylist_is_asked_again_after_the_time_it_names(status: int):
    line, waits, told = (
        Line([delta(0, "lost"), fault(status, retry_after=3)], [delta(0, "Wear "), DONE]),
        [],
        [],
    )
    with open_line(line) as url:
        stream = ChatStream(Rest().client(), url, "the-token", sleep=waits.append)
        parts = list(stream.ask(Question(message="x"), told.append))
    assert parts[1:] == ["Wear ", ChatAnswer.model_validate(ANSWER)]
    assert waits == told == [3.0]
    assert line.frames[0] == line.frames[1]


@pytest.mark.parametrize(
    ("status", "fields"), [(404, {}), (400, {"detail": "no"}), (429, {"retry_after": 600})]
)
def test_a_problem_that_waiting_does_not_cure_is_told(status: int, fields: dict[str, Any]):
    with open_line(Line([fault(status, **fields)])) as url, pytest.raises(ApiProblem) as caught:
        ask(url, Rest(), Question(message="x"))
    assert caught.value.status == status


def test_the_token_is_in_no_log(caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    rest = Rest(httpx.Response(200, json=ANSWER))
    with open_line(Line([None])) as url:
        ask(url, rest, Question(message="private wish"))
    ours = [record for record in caplog.records if not record.name.startswith("websockets.server")]
    text = "\n".join(record.getMessage() for record in ours)
    assert "without its WebSocket" in text
    assert "the-token" not in text
    assert "private wish" not in text


def test_by_rest_too_a_busy_stylist_is_asked_again_and_a_picture_waited_for():
    def busy(status: int, seconds: int) -> httpx.Response:
        return httpx.Response(status, json={"title": "Busy"}, headers={"retry-after": str(seconds)})

    rest, told = Rest(busy(429, 2), busy(503, 10), httpx.Response(200, json=ANSWER)), []
    assert rest.client().text(Question(message="x"), told.append).reply == "Wear linen."
    assert rest.waits == told == [2.0, 10.0]
    rest = Rest(busy(409, 3), httpx.Response(200, json={"images": []}))
    rest.client().image(ImageRequest(prompt="a coat", request_id="r"))
    assert rest.waits == [3.0]
    asked = {"prompt": "a coat", "request_id": "r", "aspect_ratio": "2:3", "count": 1}
    assert rest.bodies[0] == {**asked, "response_format": "url"}
    rest = Rest(httpx.Response(202, json={"status": "accepted"}))
    rest.client().feedback("s", 2, "up")
    assert rest.bodies == [{"session_id": "s", "turn": 2, "rating": "up"}]
