"""The catalogue's desk: who may come, what is told of uploads and dead letters, and that nothing is lost."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from runtime.catalog.outcomes import KEPT_DAYS, Noted, OutcomeTable, Reason
from runtime.catalog.store import ProductRows
from runtime.clusters.centroids import CentroidBucket
from runtime.clusters.lease import Lease
from runtime.desk import handler as desk
from runtime.desk.bucket import UploadBucket
from runtime.desk.letters import Letters
from runtime.desk.state import Grouper, ProductCount, State
from runtime.desk.uploads import NO_REASON, Uploads
from runtime.shared.aws import Clients
from runtime.shared.http import Api
from runtime.shared.product_table import ProductTable
from runtime.shared.products import product_id_for_key
from runtime.vectors.stores.snapshots import SnapshotBucket
from tests.unit.shop import (
    BUCKET,
    CLAIMS,
    ENVIRONMENT,
    api_event,
    make_product,
    post_event,
    read_answer,
    s3_message,
)
from tests.unit.test_catalog_handler import create_products_table
from tests.unit.test_catalog_ingest import create_outcomes_table

KEY = "products/dress/a.jpg"
FILE = {"name": "a.jpg", "category": "Dress ", "content_type": "image/jpeg", "bytes": 10}
ROUTES = (
    ("POST", "/catalog/uploads"),
    ("GET", "/catalog/files"),
    ("GET", "/catalog/status"),
    ("GET", "/catalog/dead-letters"),
    ("POST", "/catalog/dead-letters/retry"),
    ("DELETE", "/catalog/dead-letters/one"),
    ("POST", "/catalog/clusters"),
)


class Bench:
    """The desk over services that moto plays; `now` is what its clock says."""

    def __init__(self) -> None:
        clients = Clients()
        self.s3, self.sqs, self.dynamodb = (clients.get(each) for each in ("s3", "sqs", "dynamodb"))
        self.s3.create_bucket(Bucket=BUCKET)
        create_products_table(self.dynamodb)
        create_outcomes_table(self.dynamodb)
        self.queue, self.dead = (
            self.sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("events", "dead")
        )
        self.now = 0.0
        self.outcomes = OutcomeTable(self.dynamodb, "outcomes")
        self.letters = Letters(self.sqs, self.queue, self.dead, BUCKET)
        self.started: list[dict[str, Any]] = []
        self.api = self._open()

    def _open(self) -> Api:
        uploads = Uploads(
            UploadBucket(self.s3, BUCKET, "products/"),
            self.outcomes,
            ProductTable(self.dynamodb, "products"),
            self.letters,
            lambda: self.now,
        )
        state = State(
            "dynamodb",
            self.letters,
            ProductCount(self.dynamodb, "products"),
            SnapshotBucket(self.s3, BUCKET, "model@16"),
            CentroidBucket(self.s3, BUCKET, "clusters/"),
            Lease(self.s3, BUCKET, "clusters/"),
        )
        return desk.create_api(uploads, self.letters, state, Grouper(self, "grouper"))

    def invoke(self, **arguments: Any) -> None:
        """As the client of Lambda."""
        self.started.append(arguments)

    def get(self, path: str, **query: Any) -> tuple[int, dict[str, Any]]:
        return read_answer(self.api(api_event("GET", path, query=query), None))[:2]

    def post(self, path: str, body: Any) -> tuple[int, dict[str, Any]]:
        return read_answer(self.api(post_event(body, path=path), None))[:2]

    def delete(self, path: str) -> tuple[int, dict[str, Any]]:
        return read_answer(self.api(api_event("DELETE", path), None))[:2]

    def put(self, key: str, data: bytes) -> str:
        return self.s3.put_object(Bucket=BUCKET, Key=key, Body=data)["ETag"]

    def tell(self, key: str) -> dict[str, Any]:
        return self.get("/catalog/files", key=key)[1]["files"][0]

    def bury(self, key: str, body: str | None = None, **texts: str) -> None:
        """Send a dead letter."""
        attributes = {
            name: {"DataType": "String", "StringValue": text} for name, text in {"key": key, **texts}.items()
        }
        self.sqs.send_message(
            QueueUrl=self.dead, MessageBody=body or s3_message(key)["body"], MessageAttributes=attributes
        )

    def listed(self, **query: str) -> list[dict[str, Any]]:
        return self.get("/catalog/dead-letters", **query)[1]["dead_letters"]

    def queued(self) -> list[str]:
        found: list[str] = []
        while batch := self.sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10).get("Messages"):
            found += [message["Body"] for message in batch]
        return found


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    # The queue is a process's own here, so that waiting finds nothing more.
    monkeypatch.setattr("runtime.desk.letters._WAIT_S", 0)
    with mock_aws():
        yield Bench()


@pytest.mark.parametrize(("method", "path"), ROUTES)
@pytest.mark.parametrize("groups", ["", "shopper", "merchandisers"])
def test_only_members_of_the_group_come_in(bench: Bench, method: str, path: str, groups: str) -> None:
    claims = {**CLAIMS, "cognito:groups": groups}
    event = api_event(method, path, claims=claims, body="{}")
    status, problem, _ = read_answer(bench.api(event, None))
    assert (status, problem["title"]) == (403, "Forbidden")


def test_uploads_are_invited_to_their_places(bench: Bench) -> None:
    files = [FILE, {"name": "a.csv", "content_type": "text/csv", "bytes": 5}]
    status, answer = bench.post("/catalog/uploads", {"files": files})
    assert status == 200
    picture, sheet = answer["uploads"]
    assert (picture["key"], sheet["key"]) == ("products/dress/a.jpg", "products/a.csv")
    assert picture["fields"]["Content-Type"] == "image/jpeg"
    assert picture["expires_at"] == "1970-01-01T00:15:00Z"


@pytest.mark.parametrize(
    ("files", "field"),
    [
        ([], "files"),
        ([{**FILE, "name": "a/b.jpg"}], "files.0.name"),
        ([{**FILE, "name": "..jpg"}], "files.0.name"),
        ([{**FILE, "name": "a\u202egpj.jpg"}], "files.0.name"),
        ([{**FILE, "name": "a.csv"}], "files.0"),
        ([{**FILE, "category": "../x"}], "files.0.category"),
        ([{**FILE, "category": " "}], "files.0.category"),
        ([{**FILE, "bytes": 0}], "files.0.bytes"),
        ([{**FILE, "bytes": 10**8}], "files.0"),
        ([{**FILE, "content_type": "text/csv", "name": "a.csv", "bytes": 10**8}], "files.0"),
        ([FILE, {**FILE, "category": "DRESS"}], "body"),
        ([FILE] * 51, "files"),
    ],
)
def test_files_that_cannot_be_taken_are_named(bench: Bench, files: list[Any], field: str) -> None:
    status, problem = bench.post("/catalog/uploads", {"files": files})
    assert (status, problem["errors"][0]["field"]) == (400, field)


def test_an_upload_is_missing_then_waits_and_then_is_indexed(bench: Bench) -> None:
    assert bench.tell(KEY)["status"] == "missing"
    etag = bench.put(KEY, b"one")
    assert bench.tell(KEY)["status"] == "waiting"
    bench.outcomes.note(Noted(KEY, etag, "Indexed", 60.0))
    told = bench.tell(KEY)
    assert (told["status"], told["product_id"]) == ("indexed", product_id_for_key(KEY))
    assert told["settled_at"] == "1970-01-01T00:01:00Z"
    bench.put(KEY, b"two")
    assert bench.tell(KEY)["status"] == "waiting", "what became of the old picture says nothing of the new"


def test_a_refusal_is_told_with_its_reasons(bench: Bench) -> None:
    bench.outcomes.note(Noted(KEY, bench.put(KEY, b"x"), "Refused", 1.0, (Reason("Cut short."),), 1))
    told = bench.tell(KEY)
    assert (told["status"], told["product_id"]) == ("refused", None)
    assert told["reasons"] == [{"reason": "Cut short.", "row": None, "column": None}]


@pytest.mark.parametrize(("row", "status"), [(3, "indexed"), (None, "refused")])
def test_a_file_is_refused_as_a_whole_or_by_rows(bench: Bench, row: int | None, status: str) -> None:
    key = "products/a.csv"
    bench.outcomes.note(Noted(key, bench.put(key, b"x"), "FilesRead", 1.0, (Reason("No.", row),), 1, 4))
    told = bench.tell(key)
    assert (told["status"], told["product_id"], told["rows_changed"]) == (status, None, 4)


def test_what_was_indexed_before_outcomes_were_noted_is_known_by_its_product(bench: Bench) -> None:
    bench.put(KEY, b"x")
    product = make_product("a", updated_at="2999-01-01T00:00:00+00:00", content_hash="h")
    row = replace(product, product_id=product_id_for_key(KEY))
    assert ProductRows(bench.dynamodb, "products").write(row, None)
    assert bench.tell(KEY)["status"] == "indexed"


def test_an_upload_that_waits_too_long_is_looked_for_among_the_dead_letters(bench: Bench) -> None:
    bench.put(KEY, b"x")
    bench.sqs.send_message(QueueUrl=bench.dead, MessageBody=s3_message(KEY)["body"])
    assert bench.tell(KEY)["status"] == "waiting"
    bench.now = 4e9
    told = bench.tell(KEY)
    assert (told["status"], told["reasons"][0]["reason"]) == ("refused", NO_REASON)
    assert len(bench.listed()) == 1


@pytest.mark.parametrize("query", [{}, {"key": "models/a.jpg"}, {"key": [KEY] * 51}, {"other": "x"}])
def test_a_wrong_question_about_files_is_refused(bench: Bench, query: dict[str, Any]) -> None:
    assert bench.get("/catalog/files", **query)[0] == 400


def test_outcomes_are_kept_for_a_while_and_never_replaced_by_older_ones(bench: Bench) -> None:
    bench.outcomes.note(Noted("a", "new", "Indexed", 10.0))
    bench.outcomes.note(Noted("a", "old", "Refused", 9.0))
    assert bench.outcomes.find(["a", "b"]) == {"a": Noted("a", "new", "Indexed", 10.0)}
    row = bench.dynamodb.get_item(TableName="outcomes", Key={"key": {"S": "a"}})["Item"]
    assert int(row["expires_at"]["N"]) == 10 + KEPT_DAYS * 86_400


def test_many_outcomes_are_found(bench: Bench) -> None:
    keys = [str(number) for number in range(130)]
    for key in keys:
        bench.outcomes.note(Noted(key, "e", "Indexed", 1.0))
    assert set(bench.outcomes.find(keys)) == set(keys)


def test_letters_are_told_oldest_first_and_stay(bench: Bench) -> None:
    for number in range(23):
        bench.bury(f"products/{number}.jpg", reason="Cut short.", kind="picture-damaged", attempts="2")
    first = bench.listed(limit="100")
    assert [each["since"] for each in first] == sorted(each["since"] for each in first)
    assert first == bench.listed(limit="100") and len(first) == 23
    assert {each["key"] for each in first} == {f"products/{number}.jpg" for number in range(23)}
    assert (first[0]["reason"], first[0]["attempts"]) == ("Cut short.", 2)


def test_letters_come_in_pages(bench: Bench) -> None:
    for number in range(7):
        bench.bury(str(number))
    found: list[str] = []
    query: dict[str, str] = {"limit": "3"}
    while True:
        page = bench.get("/catalog/dead-letters", **query)[1]
        found += [each["id"] for each in page["dead_letters"]]
        if page["cursor"] is None:
            break
        query["cursor"] = page["cursor"]
    assert len(found) == len(set(found)) == 7


def test_a_letter_that_the_queue_gave_up_by_itself_tells_its_key(bench: Bench) -> None:
    bench.sqs.send_message(QueueUrl=bench.dead, MessageBody=s3_message("products/a b.jpg")["body"])
    bench.sqs.send_message(QueueUrl=bench.dead, MessageBody="not JSON")
    assert {(each["key"], each["reason"]) for each in bench.listed()} == {
        ("products/a b.jpg", None),
        ("", None),
    }


def test_a_retry_of_some_leaves_the_others(bench: Bench) -> None:
    for key in ("a", "b", "c"):
        bench.bury(key)
    chosen = next(each for each in bench.listed() if each["key"] == "b")
    status, answer = bench.post("/catalog/dead-letters/retry", {"ids": [chosen["id"], "gone"]})
    assert (status, answer) == (200, {"retried": 1, "missing": ["gone"]})
    assert bench.queued() == [s3_message("b")["body"]]
    assert {each["key"] for each in bench.listed()} == {"a", "c"}


def test_a_retry_of_all_sends_each_event_once(bench: Bench) -> None:
    for row in range(25):
        bench.bury("products/a.csv", row=str(row))
    bench.bury("b")
    assert bench.post("/catalog/dead-letters/retry", {})[1]["retried"] == 26
    assert sorted(bench.queued()) == sorted([s3_message("products/a.csv")["body"], s3_message("b")["body"]])
    assert bench.listed() == []


def test_what_fails_again_meanwhile_is_not_tried_for_ever(bench: Bench) -> None:
    bench.bury("a")
    later = Letters(bench.sqs, bench.queue, bench.dead, BUCKET, lambda: 0.0)
    assert later.retry(None) == (0, [])
    assert len(bench.listed()) == 1


@pytest.mark.parametrize("operation", ["send_message_batch", "delete_message_batch"])
def test_nothing_is_lost_when_a_queue_does_not_take_it(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, operation: str
) -> None:
    bench.bury("a")
    # What is not hidden comes again and again, until patience ends.
    monkeypatch.setattr("runtime.desk.letters.HIDDEN_S", 0)
    monkeypatch.setattr("runtime.desk.letters._PATIENCE_S", 0.1)
    monkeypatch.setattr(bench.sqs, operation, lambda **_: {"Failed": [{"Id": "0"}]})
    assert bench.post("/catalog/dead-letters/retry", {})[0] == 503
    monkeypatch.undo()
    monkeypatch.setattr("runtime.desk.letters._WAIT_S", 0)
    assert len(bench.listed()) == 1


def test_a_letter_is_thrown_away_for_good(bench: Bench) -> None:
    bench.bury("a")
    letter_id = bench.listed()[0]["id"]
    assert bench.delete(f"/catalog/dead-letters/{letter_id}") == (200, {"deleted": letter_id})
    assert bench.delete(f"/catalog/dead-letters/{letter_id}")[0] == 404
    assert bench.queued() == []


def test_who_finds_a_letter_hidden_by_somebody_else_is_told_to_come_again(bench: Bench) -> None:
    bench.bury("a")
    letter_id = bench.listed()[0]["id"]
    held = bench.sqs.receive_message(QueueUrl=bench.dead, VisibilityTimeout=30)
    assert bench.get("/catalog/dead-letters")[1] == {
        "dead_letters": [],
        "count": 0,
        "is_whole": False,
        "cursor": None,
    }
    for status in (
        bench.delete(f"/catalog/dead-letters/{letter_id}")[0],
        bench.post("/catalog/dead-letters/retry", {"ids": [letter_id]})[0],
    ):
        assert status == 503
    handle = held["Messages"][0]["ReceiptHandle"]
    bench.sqs.change_message_visibility(QueueUrl=bench.dead, ReceiptHandle=handle, VisibilityTimeout=0)
    assert bench.delete(f"/catalog/dead-letters/{letter_id}")[0] == 200


def test_the_state_of_an_empty_catalogue(bench: Bench) -> None:
    assert bench.get("/catalog/status") == (
        200,
        {
            "queue": {"waiting": 0, "in_work": 0},
            "dead_letters": 0,
            "products": {"count": 0, "is_all": True},
            "vector_backend": "dynamodb",
            "snapshot": None,
            "clusters": {"made_at": None, "count": 0, "products": 0, "is_assigned": False, "running": False},
        },
    )


@dataclass
class EndlessTable:
    """Two products on each page, and every page takes two seconds of `now`."""

    now: float = 0.0

    def scan(self, **_: Any) -> dict[str, Any]:
        self.now += 2.0
        return {"Count": 2, "LastEvaluatedKey": {"product_id": {"S": "a"}}}


def test_counting_ends_after_a_while_and_serves_for_half_a_minute() -> None:
    table = EndlessTable()
    count = ProductCount(table, "products", lambda: table.now)
    assert count.read() == {"count": 6, "is_all": False}
    table.now = 29.0
    count.read()
    assert table.now == 29.0
    table.now = 31.0
    count.read()
    assert table.now > 31.0


def test_products_are_grouped_by_one_run_at_a_time(bench: Bench) -> None:
    assert bench.post("/catalog/clusters", {}) == (202, {"status": "started"})
    assert bench.started == [
        {"FunctionName": "grouper", "InvocationType": "Event", "Payload": b'{"force": true}'}
    ]
    with Lease(bench.s3, BUCKET, "clusters/").hold(60) as held:
        assert held
        assert bench.get("/catalog/status")[1]["clusters"]["running"]
        assert bench.post("/catalog/clusters", {})[0] == 409
    assert len(bench.started) == 1


@pytest.mark.parametrize(
    ("path", "client", "operation"),
    [
        ("/catalog/status", "sqs", "get_queue_attributes"),
        ("/catalog/status", "dynamodb", "scan"),
        ("/catalog/status", "s3", "get_object"),
        ("/catalog/dead-letters", "sqs", "receive_message"),
        (f"/catalog/files?{KEY}", "dynamodb", "batch_get_item"),
        (f"/catalog/files?{KEY}", "s3", "head_object"),
    ],
)
def test_a_service_that_is_down_is_a_reason_to_come_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, path: str, client: str, operation: str
) -> None:
    answer: Any = {"Error": {"Code": "ServiceUnavailable"}, "ResponseMetadata": {"HTTPStatusCode": 503}}
    monkeypatch.setattr(getattr(bench, client), operation, _raise(ClientError(answer, operation)))
    path, _, key = path.partition("?")
    assert bench.get(path, **({"key": key} if key else {}))[0] == 503


def _raise(error: Exception) -> Callable[..., Any]:
    def fail(**_: Any) -> Any:
        raise error

    return fail


def test_the_handler_is_put_together_from_its_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    desk_setting = {"queue_url": "q", "dead_letter_url": "d", "outcomes_table": "outcomes"}
    monkeypatch.setenv("DESK", json.dumps(desk_setting))
    monkeypatch.setenv("CLUSTERS", json.dumps({"bucket": "lake", "prefix": "clusters/"}))
    monkeypatch.setenv("GROUPER", json.dumps({"function": "grouper"}))
    desk._open_api.cache_clear()  # pyright: ignore[reportPrivateUsage]
    event = api_event("GET", "/catalog/status", claims={**CLAIMS, "cognito:groups": "shopper"})
    assert desk.handler(event, None)["statusCode"] == 403
    desk._open_api.cache_clear()  # pyright: ignore[reportPrivateUsage]
