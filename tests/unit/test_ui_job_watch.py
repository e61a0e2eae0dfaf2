"""News of try-ons over a real WebSocket on this machine, and over REST where that fails."""

import logging
from typing import Any

import httpx
import pytest

from tests.unit.test_ui_chat_stream import Line, open_line
from ui.client import StylistClient, open_http
from ui.fitting_answers import Job
from ui.job_watch import JobWatch
from ui.problems import ApiProblem


def told(status: str, job_id: str = "a", **fields: Any) -> dict[str, Any]:
    return {"type": "tryon.status", "job_id": job_id, "status": status, **fields}


class Rest:
    """GET /try-on/{id} that answers with the given statuses in turn; an int is the status of a problem."""

    def __init__(self, *answers: str | int) -> None:
        self.answers = list(answers)
        self.paths: list[str] = []
        self.waits: list[float] = []

    def watch(self, url: str | None, **options: Any) -> JobWatch:
        http = open_http("https://api.example.com", "key", httpx.MockTransport(self._answer))
        client = StylistClient(http, "the-token", sleep=self.waits.append)
        return JobWatch(client, url, "the-token", tick_seconds=0.02, sleep=self.waits.append, **options)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.paths.append(request.url.path)
        answer = self.answers.pop(0)
        if isinstance(answer, int):
            return httpx.Response(answer, json={"title": "Refused"})
        return httpx.Response(200, json=told(answer, request.url.path.rpartition("/")[2]))


def news_of(watch: JobWatch, *job_ids: str) -> list[tuple[str, str]]:
    return [(job.job_id, job.status) for job in watch.follow(job_ids) if job]


def test_every_status_comes_in_order_until_the_end():
    line = Line([told("created"), told("processing", progress=40), {"type": "pong"}, told("completed")])
    with open_line(line) as url:
        jobs = [job for job in Rest().watch(url).follow(["a"]) if job]
    assert [job.status for job in jobs] == ["created", "processing", "completed"]
    assert jobs[1].progress == 40
    assert line.frames == [{"action": "subscribe", "job_id": "a"}]


def test_several_looks_are_followed_on_one_line():
    line = Line([told("processing")], [told("completed", "b"), told("created", "other"), told("completed")])
    with open_line(line) as url:
        assert news_of(Rest().watch(url), "a", "b") == [
            ("a", "processing"),
            ("b", "completed"),
            ("a", "completed"),
        ]
    assert len(line.paths) == 1


@pytest.mark.parametrize(
    "first", [[told("processing"), None], ["no json"], [{"type": "error", "problem": {}}]]
)
def test_after_a_broken_line_a_new_one_brings_what_was_missed(first: list[Any]):
    line = Line(first, [told("completed")])
    rest = Rest("processing")
    with open_line(line) as url:
        assert news_of(rest.watch(url), "a")[-1] == ("a", "completed")
    assert [frame["action"] for frame in line.frames] == ["subscribe", "subscribe"]


def test_without_a_line_it_is_asked_for_again_and_again():
    for url in (None, "nonsense"):
        rest = Rest("created", "processing", "completed", "completed", "completed")
        assert news_of(rest.watch(url), "a")[-1] == ("a", "completed")
        assert set(rest.paths) == {"/try-on/a"}


def test_a_silent_line_is_doubted():
    rest = Rest("completed")
    with open_line(Line([told("created")])) as url:
        statuses = news_of(rest.watch(url, silence_seconds=0.1), "a")
    assert statuses == [("a", "created"), ("a", "completed")]


def test_a_moment_without_news_lets_the_page_breathe():
    rest = Rest("completed")
    with open_line(Line([])) as url:
        parts = list(rest.watch(url, silence_seconds=0.1).follow(["a"]))
    assert None in parts[:-1]


def test_a_deleted_look_is_not_waited_for_and_a_passing_fault_is():
    assert news_of(Rest(404).watch(None), "a") == []
    assert news_of(Rest(500, "completed").watch(None), "a") == [("a", "completed")]
    with pytest.raises(ApiProblem):
        news_of(Rest(401).watch(None), "a")


def test_it_gives_up_in_the_end():
    times = iter(range(0, 10_000, 200))
    rest = Rest(*["processing"] * 10)
    statuses = news_of(rest.watch(None, clock=lambda: float(next(times))), "a")
    assert 0 < len(statuses) < 5


def test_the_token_is_in_no_log(caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    with open_line(Line([None], [None], [None])) as url:
        news_of(Rest("processing", "processing", "completed").watch(url), "a")
    ours = [record for record in caplog.records if not record.name.startswith("websockets.server")]
    text = "\n".join(record.getMessage() for record in ours)
    assert "without its WebSocket" in text
    assert "the-token" not in text


def test_a_job_needs_its_id_only():
    assert Job.model_validate({"job_id": "a"}).status == "created"
