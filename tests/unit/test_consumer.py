"""Batches of a queue: what is done with them, what comes back and when, and what is said of it."""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from runtime.shared.consumer import BatchResult, Consumer, KeyByKey
from runtime.shared.queues import Pause
from tests.unit.shop import read_logs, s3_message, start_logs

_URL = "https://queue/photos"


class Trouble(Exception):
    """What is worth another attempt."""


@dataclass
class FakeQueue:
    """Notes for how long which messages are hidden."""

    hidden: dict[str, int] = field(default_factory=dict[str, int])

    def change_message_visibility_batch(self, *, QueueUrl: str, Entries: list[dict[str, Any]]) -> None:
        assert QueueUrl == _URL
        self.hidden |= {each["ReceiptHandle"]: each["VisibilityTimeout"] for each in Entries}


def message(key: str, id_: str, attempt: int = 1) -> dict[str, Any]:
    record = s3_message(key, bucket="photos", id_=id_)
    return {**record, "receiptHandle": f"of {id_}", "attributes": {"ApproximateReceiveCount": str(attempt)}}


def take(key: str) -> str:
    if "broken" in key:
        raise Trouble(f"a secret about {key}")
    if "poison" in key:
        raise ZeroDivisionError
    return key.partition("/")[0]


def work() -> KeyByKey:
    return KeyByKey("photos", take, (Trouble,))


def test_each_key_is_counted_by_what_became_of_it() -> None:
    batch = [message("New/a", "1"), message("New/b", "2"), message("Old/c", "3")]
    assert work().run(batch) == BatchResult((), {"New": 2, "Old": 1, "MessagesFailed": 0})


def test_a_batch_does_not_hand_its_counts_to_the_next() -> None:
    one = work()
    assert one.run([message("New/a", "1")]).counts == one.run([message("New/b", "2")]).counts


@pytest.mark.parametrize("body", ["no JSON", "[]", "{}", '{"Records": [{"s3": 1}]}'])
def test_what_is_no_event_of_the_bucket_fails_alone(body: str) -> None:
    strange = {**message("New/a", "1"), "body": body}
    elsewhere = s3_message("New/a", bucket="another", id_="2")
    result = work().run([strange, elsewhere, message("New/b", "3")])
    assert result == BatchResult(("1", "2"), {"New": 1, "MessagesFailed": 2})


def test_an_unknown_error_is_not_swallowed() -> None:
    with pytest.raises(ZeroDivisionError):
        work().run([message("poison", "1")])


def test_what_failed_comes_back_after_a_growing_pause_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    start_logs(monkeypatch)
    queue = FakeQueue()
    batch = [message("New/a", "1"), message("broken/b", "2"), message("broken/c", "3", attempt=6)]
    answer = Consumer(work(), Pause(queue, _URL)).handle({"Records": batch})
    assert answer == {"batchItemFailures": [{"itemIdentifier": "2"}, {"itemIdentifier": "3"}]}
    assert set(queue.hidden) == {"of 2", "of 3"}
    assert queue.hidden["of 2"] in (2, 3)
    assert 64 <= queue.hidden["of 3"] <= 96
    written = capsys.readouterr().out
    assert "secret" not in written
    [done] = read_logs(written, "batch done")
    assert done["counts"] == {"New": 1, "MessagesFailed": 2}
    [metrics] = [line for line in map(json.loads, written.splitlines()) if "_aws" in line]
    assert (metrics["New"], metrics["MessagesFailed"]) == ([1.0], [2.0])


def test_an_empty_batch_pauses_nothing() -> None:
    queue = FakeQueue()
    assert Consumer(work(), Pause(queue, _URL)).handle({}) == {"batchItemFailures": []}
    assert queue.hidden == {}
