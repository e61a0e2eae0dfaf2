"""Batches of queued S3 events: what comes back, what is given up and with which reason."""

import json
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from moto import mock_aws
from moto.dynamodb.responses import DynamoHandler

from runtime.catalog import ingest
from runtime.catalog.ingest import DeadLetterQueue, DeadLettersLost
from runtime.catalog.ingest_logic import GIVEN_UP, DeadLetter, Ingestion
from runtime.catalog.outcomes import MOST_REASONS, Noted, OutcomeTable, Reason
from runtime.catalog.reconcile import Outcome, Refused, Settled
from runtime.shared.aws import Clients
from runtime.shared.products import product_id_for_key
from runtime.shared.queues import Pause, pause_seconds
from runtime.vectors.errors import EmbeddingThrottled
from tests.unit.shop import (
    BUCKET,
    ENVIRONMENT,
    FakeEmbedder,
    FakeStore,
    draw,
    read_logs,
    s3_message,
    sqs_record,
    start_logs,
)
from tests.unit.test_catalog_handler import create_products_table

KEY = "products/dress/a b+ü%20.jpg"
INDEXED = Settled(Outcome.INDEXED)
BAD = Settled(Outcome.REFUSED, (Refused("picture-damaged", "Cut short."),))


@dataclass
class FakeSettler:
    """Answers as told, per key; else all is well."""

    results: dict[str, Settled | Exception] = field(default_factory=dict)
    calls: list[tuple[str, bool]] = field(default_factory=list)

    def settle(self, key: str, *, retried: bool = False) -> Settled:
        self.calls.append((key, retried))
        result = self.results.get(key, INDEXED)
        if isinstance(result, Exception):
            raise result
        return result


@dataclass
class FakeLetters:
    sent: list[DeadLetter] = field(default_factory=list)
    fail: Exception | None = None

    def send(self, letters: Sequence[DeadLetter]) -> None:
        if self.fail:
            raise self.fail
        self.sent.extend(letters)


@dataclass
class FakeOutcomes:
    noted: list[Noted] = field(default_factory=list)
    fail: Exception | None = None

    def note(self, noted: Noted) -> None:
        if self.fail:
            raise self.fail
        self.noted.append(noted)


class Bench:
    def __init__(self, **results: Settled | Exception) -> None:
        self.settler = FakeSettler(dict(results))
        self.letters = FakeLetters()
        self.outcomes = FakeOutcomes()

    def run(self, *records: dict[str, Any]) -> list[str]:
        ingestion = Ingestion(self.settler, self.letters, self.outcomes, BUCKET, 3, lambda: 1.5)
        return list(ingestion.run(records).failed)


def test_keys_are_decoded() -> None:
    bench = Bench()
    assert bench.run(s3_message(KEY)) == []
    assert bench.settler.calls == [(KEY, False)]


def test_each_key_is_settled_once_a_batch() -> None:
    bench = Bench()
    assert (
        bench.run(s3_message("a", "b", id_="1"), s3_message("a", id_="2", attempts=2), s3_message("b")) == []
    )
    assert sorted(bench.settler.calls) == [("a", True), ("b", False)]


def test_the_test_message_of_s3_is_skipped() -> None:
    bench = Bench()
    assert bench.run(sqs_record(json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent"}))) == []
    assert (bench.settler.calls, bench.letters.sent) == ([], [])


@pytest.mark.parametrize(
    "body",
    [
        "",
        "not json",
        "[]",
        "7",
        "{}",
        '{"Records": [{}]}',
        '{"Records": [{"s3": {"bucket": {"name": "catalog"}}}]}',
    ],
)
def test_unreadable_messages_are_given_up_as_they_are(body: str) -> None:
    bench = Bench()
    assert bench.run(sqs_record(body)) == []
    assert [(letter.refused.kind, letter.body) for letter in bench.letters.sent] == [
        ("unreadable-message", body)
    ]


@pytest.mark.parametrize("record", [s3_message("a", bucket="other"), s3_message("a")])
def test_events_of_another_bucket_or_encoding_are_given_up(record: dict[str, Any]) -> None:
    bench = Bench()
    bench.run({**record, "body": record["body"].replace('"key": "a"', '"key": "%ff"')})
    assert bench.settler.calls == []
    assert len(bench.letters.sent) == 1


def test_what_fails_for_now_comes_back_until_it_is_given_up() -> None:
    bench = Bench(a=EmbeddingThrottled("slow"))
    assert bench.run(s3_message("a", id_="x"), s3_message("b", id_="y")) == ["x"]
    assert bench.run(s3_message("a", id_="x", attempts=2)) == ["x"]
    assert bench.letters.sent == []
    assert bench.run(s3_message("a", id_="x", attempts=3)) == []
    (letter,) = bench.letters.sent
    assert (letter.refused.kind, letter.key, letter.attempts) == ("failed-repeatedly", "a", 3)
    assert "EmbeddingThrottled" in letter.refused.reason
    assert "slow" not in letter.refused.reason


def test_what_is_given_up_can_be_replayed() -> None:
    bench = Bench(**{KEY: BAD})
    assert bench.run(s3_message("fine", KEY, id_="x")) == []
    (letter,) = bench.letters.sent
    assert letter.refused.kind == "picture-damaged"
    bench.settler.calls.clear()
    bench.settler.results.clear()
    assert bench.run(sqs_record(letter.body)) == []
    assert bench.settler.calls == [(KEY, False)]


def test_a_message_never_comes_back_and_is_given_up_too() -> None:
    bench = Bench(bad=BAD, slow=EmbeddingThrottled("slow"))
    assert bench.run(s3_message("bad", "slow", id_="x")) == ["x"]
    assert bench.letters.sent == []
    assert bench.run(s3_message("bad", "slow", id_="x", attempts=3)) == []
    assert [letter.key for letter in bench.letters.sent] == ["bad", "slow"]


def test_one_bad_key_in_two_messages_is_told_once() -> None:
    bench = Bench(bad=BAD)
    assert bench.run(s3_message("bad", id_="x"), s3_message("bad", id_="y")) == []
    assert len(bench.letters.sent) == 1


def test_nothing_is_lost_when_the_dead_letter_queue_fails() -> None:
    bench = Bench(bad=BAD)
    bench.letters.fail = DeadLettersLost("no")
    assert bench.run(s3_message("bad", id_="x"), s3_message("fine", id_="y")) == ["x"]


def test_bugs_are_failures_like_others() -> None:
    bench = Bench(a=ZeroDivisionError())
    assert bench.run(s3_message("a", id_="x")) == ["x"]


def test_what_became_of_each_key_is_noted() -> None:
    rows = tuple(Refused("catalogue-row", f"row {row}", row, "price") for row in range(2, 32))
    bench = Bench(file=Settled(Outcome.FILE_READ, rows, 7, '"abc"'))
    bench.run(s3_message("file"))
    [noted] = bench.outcomes.noted
    assert (noted.key, noted.etag, noted.outcome, noted.at) == ("file", '"abc"', "FilesRead", 1.5)
    assert (noted.rows_changed, noted.refusals, len(noted.reasons)) == (7, 30, MOST_REASONS)
    assert noted.reasons[0] == Reason("row 2", 2, "price")


def test_what_will_be_tried_again_is_not_noted_and_what_is_given_up_is() -> None:
    bench = Bench(a=EmbeddingThrottled("slow"))
    bench.run(s3_message("a", attempts=2))
    assert bench.outcomes.noted == []
    record = s3_message("a", attempts=3)
    bench.run({**record, "body": record["body"].replace('"key": "a"', '"key": "a", "eTag": "abc"')})
    [noted] = bench.outcomes.noted
    assert (noted.outcome, noted.etag) == (GIVEN_UP, "abc")
    assert "EmbeddingThrottled" in noted.reasons[0].text


def test_the_catalogue_follows_the_bucket_whether_that_can_be_noted_or_not() -> None:
    bench = Bench(bad=BAD)
    bench.outcomes.fail = ZeroDivisionError()
    assert bench.run(s3_message("bad", "fine")) == []
    assert [letter.key for letter in bench.letters.sent] == ["bad"]


def make_writes_atomic(monkeypatch: pytest.MonkeyPatch) -> None:
    """DynamoDB checks a condition and writes in one step; moto, called from several threads, does not."""
    lock, call = threading.Lock(), DynamoHandler.call_action

    def call_alone(self: DynamoHandler) -> Any:
        with lock:
            return call(self)

    monkeypatch.setattr(DynamoHandler, "call_action", call_alone)


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clients]:
    make_writes_atomic(monkeypatch)
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        clients = Clients()
        create_products_table(clients.get("dynamodb"))
        clients.get("s3").create_bucket(Bucket=BUCKET)
        events, dead = (
            clients.get("sqs").create_queue(QueueName=name)["QueueUrl"] for name in ("events", "dead")
        )
        create_outcomes_table(clients.get("dynamodb"))
        setting = {
            "queue_url": events,
            "dead_letter_url": dead,
            "max_attempts": 3,
            "outcomes_table": "outcomes",
        }
        monkeypatch.setenv("INGEST", json.dumps(setting))
        ingest._open_consumer.cache_clear()  # pyright: ignore[reportPrivateUsage]
        yield clients
        ingest._open_consumer.cache_clear()  # pyright: ignore[reportPrivateUsage]


def create_outcomes_table(dynamodb: Any) -> None:
    dynamodb.create_table(
        TableName="outcomes",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "key", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "key", "AttributeType": "S"}],
    )


def read_letters(clients: Clients) -> list[dict[str, Any]]:
    sqs, found = clients.get("sqs"), list[dict[str, Any]]()
    url = sqs.get_queue_url(QueueName="dead")["QueueUrl"]
    while batch := sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
    ).get("Messages"):
        found += batch
    return found


def texts(letter: dict[str, Any]) -> dict[str, str]:
    return {name: value["StringValue"] for name, value in letter["MessageAttributes"].items()}


def test_a_failed_message_comes_back_after_a_pause_of_its_own(aws: Clients) -> None:
    sqs = aws.get("sqs")
    url = sqs.create_queue(QueueName="paused", Attributes={"VisibilityTimeout": "1800"})["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="{}")
    message = sqs.receive_message(QueueUrl=url)["Messages"][0]
    record = {"receiptHandle": message["ReceiptHandle"], "attributes": {"ApproximateReceiveCount": "0"}}
    Pause(sqs, url).give([record])
    assert sqs.receive_message(QueueUrl=url, WaitTimeSeconds=5)["Messages"]


def test_a_pause_that_cannot_be_set_is_only_logged(aws: Clients, caplog: pytest.LogCaptureFixture) -> None:
    record = {"receiptHandle": "gone", "attributes": {"ApproximateReceiveCount": "1"}}
    Pause(aws.get("sqs"), "https://sqs.us-east-1.amazonaws.com/123456789012/nosuch").give([record])
    assert "pause not set" in caplog.text


def test_pauses_grow_and_are_bounded() -> None:
    for attempts, shortest in ((1, 2), (2, 4), (5, 32), (30, 300)):
        drawn = {pause_seconds(attempts) for _ in range(200)}
        assert min(drawn) >= shortest
        assert max(drawn) <= 1.5 * shortest


def test_the_dead_letter_queue_takes_any_text_and_number_of_letters(aws: Clients) -> None:
    url = aws.get("sqs").get_queue_url(QueueName="dead")["QueueUrl"]
    queue = DeadLetterQueue(aws.get("sqs"), url)
    refused = Refused("kind", "reason\x00 \ud800" + "x" * 2_000, 7, "price")
    queue.send([DeadLetter(refused, "k\x01é", 2, "body\x00")] * 23)
    letters = read_letters(aws)
    assert len(letters) == 23
    assert texts(letters[0]) | {"reason": ""} == {
        "reason": "",
        "key": "k\ufffdé",
        "kind": "kind",
        "column": "price",
        "attempts": "2",
        "row": "7",
    }
    assert len(texts(letters[0])["reason"]) == 1_000


def test_entries_that_were_not_taken_are_an_error() -> None:
    class Client:
        def send_message_batch(self, **_: Any) -> Any:
            return {"Failed": [{"Id": "0"}]}

    with pytest.raises(DeadLettersLost):
        DeadLetterQueue(Client(), "url").send([DeadLetter(Refused("k", "r"), "", 1, "")])


def test_a_storm_of_uploads_ends_with_every_good_photo_once_and_every_bad_one_told(
    aws: Clients, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Through the handler: S3, DynamoDB and SQS calls against moto; store and model fail at random."""
    start_logs(monkeypatch)
    chance = np.random.default_rng(1)

    def fail(operation: str) -> None:
        if chance.random() < 0.05:
            raise EmbeddingThrottled(f"secret text in {operation}")

    store, embedder = FakeStore(step=fail), FakeEmbedder(step=fail)
    monkeypatch.setattr(ingest, "open_store", lambda *_: store)
    monkeypatch.setattr(ingest, "open_embedder", lambda *_: embedder)
    s3 = aws.get("s3")
    keys = [f"products/dress/photo {number}+ü%.jpg" for number in range(60)]
    bad = set(keys[::6])
    for number, key in enumerate(keys):
        data = draw((number, 255 - number, 90))
        s3.put_object(Bucket=BUCKET, Key=key, Body=data[:-40] if key in bad else data)
    waiting = [
        s3_message(key, id_=f"{number}-{copy}") for number, key in enumerate(keys) for copy in range(2)
    ]
    chance.shuffle(waiting)
    while waiting:
        batch, waiting = waiting[:10], waiting[10:]
        answer = ingest.handler({"Records": batch}, None)
        failed = {each["itemIdentifier"] for each in answer["batchItemFailures"]}
        for record in batch:
            if record["messageId"] in failed:
                count = int(record["attributes"]["ApproximateReceiveCount"]) + 1
                waiting.append({**record, "attributes": {"ApproximateReceiveCount": str(count)}})
    letters = read_letters(aws)
    given_up = {texts(letter)["key"] for letter in letters if texts(letter)["kind"] == "failed-repeatedly"}
    good = {product_id_for_key(key) for key in keys if key not in bad}
    maybe = {product_id_for_key(key) for key in given_up}
    noted = OutcomeTable(aws.get("dynamodb"), "outcomes").find(keys)
    assert {key for key in keys if noted[key].outcome == "Refused"} == bad
    for key in keys:
        assert noted[key].etag == s3.head_object(Bucket=BUCKET, Key=key)["ETag"].strip('"') or key in given_up
    rows = aws.get("dynamodb").scan(TableName="products")["Items"]
    shown = {row["product_id"]["S"] for row in rows if "content_hash" in row}
    assert good - maybe <= shown <= good
    assert good - maybe <= set(store.items) <= good
    assert bad <= {texts(letter)["key"] for letter in letters}
    assert all(texts(letter)["reason"] for letter in letters)
    written = capsys.readouterr()
    assert "secret text" not in written.out + written.err
    assert "photo" not in "".join(json.dumps(line) for line in read_logs(written.out, "key not settled"))
    assert read_logs(written.out, "batch done")


def test_deleting_and_stating_through_the_handler(aws: Clients, monkeypatch: pytest.MonkeyPatch) -> None:
    store, embedder = FakeStore(), FakeEmbedder()
    monkeypatch.setattr(ingest, "open_store", lambda *_: store)
    monkeypatch.setattr(ingest, "open_embedder", lambda *_: embedder)
    s3, csv = aws.get("s3"), "products/catalogue.csv"
    s3.put_object(Bucket=BUCKET, Key=KEY, Body=draw())
    s3.put_object(Bucket=BUCKET, Key=csv, Body=f"image,price\n{KEY[9:]},12.50\nb.jpg,free\n".encode())
    assert ingest.handler({"Records": [s3_message(csv, id_="1"), s3_message(KEY, id_="2")]}, None) == {
        "batchItemFailures": []
    }
    assert store.items[product_id_for_key(KEY)].attributes.price == 12.5
    (letter,) = read_letters(aws)
    assert {name: texts(letter)[name] for name in ("kind", "row", "column", "key")} == {
        "kind": "catalogue-row",
        "row": "3",
        "column": "price",
        "key": csv,
    }
    s3.delete_object(Bucket=BUCKET, Key=KEY)
    removed = s3_message(KEY, name="ObjectRemoved:Delete")
    assert ingest.handler({"Records": [removed]}, None) == {"batchItemFailures": []}
    assert store.items == {}
    assert aws.get("dynamodb").scan(TableName="products")["Items"] == []


def test_an_empty_batch_is_done() -> None:
    assert Bench().run() == []
