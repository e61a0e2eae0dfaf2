"""The stylist's words as they come: over the WebSocket, or as a whole answer where that does not work."""

import json
import logging
import time
from collections.abc import Callable, Generator, Iterator

from websockets.sync.client import ClientConnection

from ui.client import StylistClient
from ui.line import Lost, open_line, read_frame
from ui.problems import LONG, ApiProblem, ProblemAnswer, retry_delay
from ui.stylist_answers import ChatAnswer, Question
from ui.transport import OnWait

_LOG = logging.getLogger(__name__)


class ChatStream:
    """Talks to the stylist on behalf of one shopper."""

    def __init__(
        self,
        client: StylistClient,
        websocket_url: str | None,
        access_token: str | None,
        *,
        silence_seconds: float = LONG.timeout_seconds,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._url = websocket_url
        self._token = access_token
        self._silence = silence_seconds
        self._sleep = sleep

    def ask(self, question: Question, on_wait: OnWait | None = None) -> Iterator[str | ChatAnswer]:
        """The reply so far, again and again as it grows, and at last the answer. Raises ApiProblem.

        A connection that fails, or is lost on the way, does no harm: the same question is asked by REST, and
        its request id brings the answer that may have been written already. While the stylist is busy it is
        asked again; `on_wait` is told of each wait.
        """
        if self._url and self._token:
            try:
                yield from self._stream(question, on_wait)
            except Lost as lost:
                _LOG.warning("the chat goes on without its WebSocket: %s", lost)
            else:
                return
        yield self._client.text(question, on_wait)

    def _stream(self, question: Question, on_wait: OnWait | None) -> Iterator[str | ChatAnswer]:
        with open_line(self._url or "", self._token or "") as connection:
            yield from self._ask_patiently(connection, question, on_wait)

    def _ask_patiently(
        self, connection: ClientConnection, question: Question, on_wait: OnWait | None
    ) -> Iterator[str | ChatAnswer]:
        frame = json.dumps({"action": "chat", **question.body})
        for attempt in range(1, LONG.attempts + 1):
            connection.send(frame)
            problem = yield from self._receive(connection)
            if problem is None:
                return
            delay = retry_delay(problem.status, problem.retry_after, attempt, LONG)
            if delay is None:
                title = problem.title or "Request failed"
                raise ApiProblem(problem.status, title, problem.detail, problem.errors)
            if on_wait:
                on_wait(delay)
            self._sleep(delay)

    def _receive(
        self, connection: ClientConnection
    ) -> Generator[str | ChatAnswer, None, ProblemAnswer | None]:
        """Yields what comes; returns the problem of an error frame, None after the answer."""
        words = _Words()
        while True:
            frame = read_frame(connection.recv(timeout=self._silence))
            try:
                match frame.get("type"):
                    case "chat.delta":
                        yield words.add(int(frame["index"]), str(frame["text"]))
                    case "chat.done":
                        yield ChatAnswer.model_validate(frame)
                        return None
                    case "error":
                        return ProblemAnswer.model_validate(frame["problem"])
                    case "pong":
                        continue
                    case kind:  # also what the gateway itself says when a function cannot run
                        raise Lost(f"a frame of type {kind}")
            except (KeyError, TypeError, ValueError) as error:
                raise Lost("a frame of another form") from error


class _Words:
    """Puts the pieces of a reply in order; what comes after a gap waits until the gap is filled."""

    def __init__(self) -> None:
        self._text = ""
        self._next = 0
        self._early: dict[int, str] = {}

    def add(self, index: int, text: str) -> str:
        """The reply so far; the first index is 0."""
        self._early[index] = text
        while self._next in self._early:
            self._text += self._early.pop(self._next)
            self._next += 1
        return self._text
