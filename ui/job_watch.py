"""Try-ons as they go on: over the WebSocket, or by asking again and again where that does not work."""

import json
import logging
import time
from collections.abc import Callable, Iterable, Iterator

from pydantic import ValidationError
from websockets.sync.client import ClientConnection

from ui.client import StylistClient
from ui.fitting_answers import Job
from ui.line import Lost, open_line, read_frame
from ui.problems import ApiProblem, backoff

_LOG = logging.getLogger(__name__)
_CONNECTIONS = 3
_NOT_FOUND = 404


class JobWatch:
    """Follows the try-ons of one shopper."""

    def __init__(
        self,
        client: StylistClient,
        websocket_url: str | None,
        access_token: str | None,
        *,
        tick_seconds: float = 0.5,
        silence_seconds: float = 8.0,
        poll_seconds: float = 1.5,
        patience_seconds: float = 600.0,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._url = websocket_url
        self._token = access_token
        self._tick = tick_seconds
        self._silence = silence_seconds
        self._poll = poll_seconds
        self._patience = patience_seconds
        self._sleep = sleep
        self._clock = clock

    def follow(self, job_ids: Iterable[str]) -> Iterator[Job | None]:
        """News of the try-ons until all have ended; None when there is none for a moment. Raises ApiProblem.

        A connection that fails is opened again, and `subscribe` brings what was missed; when that does not
        help, and when nothing is heard for long, the try-ons are asked for by REST. After ten minutes it
        gives up: the try-ons go on, and can be followed anew.
        """
        going, until = set(job_ids), self._clock() + self._patience
        if self._url and self._token:
            for attempt in range(1, _CONNECTIONS + 1):
                try:
                    yield from self._listen(going, until)
                except Lost as lost:
                    _LOG.warning("the try-on goes on without its WebSocket: %s", lost)
                    yield from self._ask(going)
                    if going and attempt < _CONNECTIONS:
                        self._sleep(backoff(attempt))
                if not going or self._clock() > until:
                    return
        while going and self._clock() < until:
            yield from self._ask(going)
            if going:
                yield None
                self._sleep(self._poll)

    def _listen(self, going: set[str], until: float) -> Iterator[Job | None]:
        with open_line(self._url or "", self._token or "") as connection:
            for job_id in sorted(going):
                connection.send(json.dumps({"action": "subscribe", "job_id": job_id}))
            heard = self._clock()
            while going and self._clock() < until:
                job = self._receive(connection)
                if job and job.job_id in going:
                    heard = self._clock()
                    yield _note(job, going)
                    continue
                yield None
                if self._clock() - heard > self._silence:
                    heard = self._clock()
                    yield from self._ask(going)

    def _receive(self, connection: ClientConnection) -> Job | None:
        """The next status of any try-on; None when nothing of the kind comes for a moment."""
        try:
            frame = read_frame(connection.recv(timeout=self._tick))
        except TimeoutError:
            return None
        match frame.get("type"):
            case "tryon.status":
                try:
                    return Job.model_validate(frame)
                except ValidationError as error:
                    raise Lost("a status of another form") from error
            case "error":
                raise Lost("an error frame")
            case _:
                return None

    def _ask(self, going: set[str]) -> Iterator[Job]:
        for job_id in sorted(going):
            try:
                yield _note(self._client.job(job_id), going)
            except ApiProblem as problem:
                if problem.session_ended:
                    raise
                if problem.status == _NOT_FOUND:
                    going.discard(job_id)


def _note(job: Job, going: set[str]) -> Job:
    if job.has_ended:
        going.discard(job.job_id)
    return job
