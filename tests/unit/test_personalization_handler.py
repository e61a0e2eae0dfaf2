"""The routes of taste over a shop in memory, and the way of interactions into the lake."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from botocore.stub import Stubber

from runtime.personalization.handler import MOST_AT_ONCE, create_api
from runtime.personalization.lake import Lake, lay_out
from runtime.personalization.port import EventType, Interaction
from runtime.personalization.queue import InteractionQueue, QueueUnavailable, read_message, requests_of
from runtime.personalization.recorder import record_batch
from runtime.personalization.style import MOST_A_MINUTE
from runtime.personalization.style_table import StyleTable
from runtime.shared.observability import follow
from tests.unit.shop import CLAIMS, FakeRows, api_event, make_product, post_event, read_answer
from tests.unit.test_style import MemoryTable

NOW = 1_800_000_030.0
USER = CLAIMS["sub"]


@dataclass
class FakeQueue:
    sent: list[Interaction] = field(default_factory=list)
    fail: bool = False

    def send(self, interactions: Sequence[Interaction]) -> None:
        if self.fail:
            raise QueueUnavailable("down")
        self.sent += interactions


@dataclass
class Shop:
    table: MemoryTable = field(default_factory=MemoryTable)
    rows: FakeRows = field(default_factory=FakeRows)
    queue: FakeQueue = field(default_factory=FakeQueue)
    now: float = NOW

    def __post_init__(self) -> None:
        for number in range(100):
            product = replace(
                make_product(f"item {number}"),
                category="dress",
                color="red",
                cluster=number % 7,
                price=Decimal(30 + 30 * (number % 2)),
                currency="EUR" if number % 2 else None,
            )
            self.rows.rows[product.product_id] = product
        self.ids = list(self.rows.rows)

    def call(self, method: str, path: str, body: Any = None) -> tuple[int, dict[str, Any]]:
        api = create_api(StyleTable(self.table, "styles"), self.rows, self.queue, 0.3, lambda: self.now)
        event = api_event(method, path)
        if body is not None:
            event = {**post_event(body), "httpMethod": method, "path": path, "resource": path}
        status, answer, _ = read_answer(api(event, None))
        return status, answer

    def tell(self, *products: int, kind: str = "favorite", **more: Any) -> tuple[int, dict[str, Any]]:
        events = [{"product_id": self.ids[each], "event_type": kind} | more for each in products]
        return self.call("POST", "/interactions", {"events": events})

    def style(self) -> dict[str, Any]:
        status, answer = self.call("GET", "/me/style")
        assert status == 200, answer
        return answer


@pytest.fixture
def shop() -> Shop:
    return Shop()


def test_interactions_are_accepted_counted_and_queued(shop: Shop) -> None:
    assert shop.tell(1, 2, 2) == (202, {"accepted": 2, "ignored": 1})
    assert [each.product_id for each in shop.queue.sent] == [shop.ids[1], shop.ids[2]]
    assert {each.user_id for each in shop.queue.sent} != {USER}
    assert len({each.user_id for each in shop.queue.sent}) == 1
    assert {each.category for each in shop.queue.sent} == {"dress"}
    assert shop.style()["interactions"] == 2


def test_the_same_call_again_changes_nothing(shop: Shop) -> None:
    shop.tell(1, 2, occurred_at="2027-01-15T07:59:00Z")
    before = shop.table.item
    assert shop.tell(1, 2, occurred_at="2027-01-15T07:59:00Z") == (202, {"accepted": 0, "ignored": 2})
    assert len(shop.queue.sent) == 2
    assert shop.table.item is not None and before is not None
    assert shop.table.item["events"] == before["events"]


def test_a_call_that_failed_half_way_tells_the_queue_the_same_ids(shop: Shop) -> None:
    at = {"occurred_at": "2027-01-15T07:59:00+00:00"}
    shop.tell(0)
    shop.queue.sent.clear()
    shop.table.rivals = 100
    assert shop.tell(1, 2, **at)[0] == 503
    shop.table.rivals = 0
    assert shop.tell(1, 2, **at)[0] == 202
    assert len({each.event_id for each in shop.queue.sent}) == 2


def test_without_a_queue_nothing_is_taken(shop: Shop) -> None:
    shop.queue.fail = True
    assert shop.tell(1)[0] == 503
    assert shop.table.item is None
    shop.queue.fail = False
    assert shop.tell(1) == (202, {"accepted": 1, "ignored": 0})


def test_a_robot_is_counted_but_not_believed(shop: Shop) -> None:
    assert shop.tell(*range(MOST_AT_ONCE))[1]["accepted"] == MOST_AT_ONCE
    rest = shop.tell(*range(MOST_AT_ONCE, 100))[1]
    assert rest == {"accepted": MOST_A_MINUTE - MOST_AT_ONCE, "ignored": 100 - MOST_A_MINUTE}


def test_likes_are_told_in_words(shop: Shop) -> None:
    shop.tell(3)
    shop.tell(4, kind="dislike")
    likes = {(like["kind"], like["value"]): like for like in shop.style()["likes"]}
    assert likes["cluster", "3"]["label"] == "pieces like a red dress"
    assert likes["cluster", "3"]["about"] == {"color": "red", "category": "dress"}
    assert likes["cluster", "3"]["strength"] > 0 > likes["cluster", "4"]["strength"]
    assert likes["color", "red"]["label"] == "red"


def test_prices_are_told_in_their_currency_where_it_is_known(shop: Shop) -> None:
    shop.tell(2)
    shop.tell(3)
    likes = {like["value"]: like["label"] for like in shop.style()["likes"] if like["kind"] == "price"}
    assert likes == {"25-50": "25 to 50", "50-100": "50 to 100 EUR"}
    about = {like["value"]: like["about"] for like in shop.style()["likes"] if like["kind"] == "price"}
    assert about == {"25-50": {}, "50-100": {"currency": "EUR"}}


def test_a_change_of_weight_and_back(shop: Shop) -> None:
    assert shop.call("PATCH", "/me/style", {"weight": 0.8})[1]["weight"] == 0.8
    assert shop.style()["weight"] == 0.8
    assert shop.call("PATCH", "/me/style", {"weight": None})[1]["weight"] == 0.3


def test_opting_out_forgets_and_stays(shop: Shop) -> None:
    shop.tell(1, 2)
    status, style = shop.call("PATCH", "/me/style", {"opted_out": True})
    assert (status, style["interactions"], style["opted_out"]) == (200, 0, True)
    assert shop.table.item is not None
    assert "pseudonym" not in shop.table.item and "events" not in shop.table.item
    assert shop.tell(3) == (202, {"accepted": 0, "ignored": 1})
    assert len(shop.queue.sent) == 2, "nothing of it is learned from or counted as popular"
    assert shop.call("PATCH", "/me/style", {"opted_out": False})[1]["opted_out"] is False
    assert shop.tell(3) == (202, {"accepted": 1, "ignored": 0})


def test_a_reset_keeps_the_weight(shop: Shop) -> None:
    shop.call("PATCH", "/me/style", {"weight": 0.8})
    shop.tell(1)
    status, style = shop.call("DELETE", "/me/style")
    assert (status, style["interactions"], style["likes"], style["weight"]) == (200, 0, [], 0.8)


@pytest.mark.parametrize("moment", ["2027-01-15T07:59:00", 1_800_000_000, "yesterday", True])
def test_a_time_that_is_none_is_refused(shop: Shop, moment: Any) -> None:
    status, answer = shop.tell(1, occurred_at=moment)
    assert (status, answer["errors"][0]["field"]) == (400, "events.0.occurred_at")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"weight": 1.1}, "weight"),
        ({"weight": "0.5"}, "weight"),
        ({"opted_out": "yes"}, "opted_out"),
        ({"remove": [{"kind": "size", "value": "M"}]}, "remove.0.kind"),
        ({"remove": [{"kind": "color", "value": "puce"}]}, "remove.0"),
        ({"colour": 1}, "colour"),
        ({}, "body"),
    ],
)
def test_bad_changes_are_refused_by_name(shop: Shop, body: dict[str, Any], field: str) -> None:
    status, answer = shop.call("PATCH", "/me/style", body)
    assert (status, answer["errors"][0]["field"]) == (400, field)


def interaction(number: int, at: int, kind: EventType = EventType.VIEW) -> Interaction:
    return Interaction(f"e{number}", "p" * 32, "a" * 20, kind, "s", at, number)


def test_the_lake_is_laid_out_by_the_hour_and_a_batch_again_is_the_same_file() -> None:
    at = 1_800_000_000  # 2027-01-15 08:00 UTC
    told = [interaction(1, at), interaction(2, at + 59), interaction(3, at - 1), interaction(1, at)]
    files = dict(lay_out(told, "interactions/"))
    folders = sorted(key.rpartition("/")[0] for key in files)
    assert folders == ["interactions/dt=2027-01-15/hour=07", "interactions/dt=2027-01-15/hour=08"]
    lines = [json.loads(line) for body in files.values() for line in body.decode().splitlines()]
    assert sorted(line["event_id"] for line in lines) == ["e1", "e2", "e3"]
    assert dict(lay_out(told[::-1], "interactions/")) == files


def test_messages_survive_the_queue_and_poison_fails_alone() -> None:
    client = boto3.client("sqs", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="y")
    told = [interaction(1, 5, EventType.CART), interaction(2, 6)]
    body = json.dumps([each.to_row() for each in told], separators=(",", ":"))
    with Stubber(client) as stub:
        stub.add_response(
            "send_message",
            {"MessageId": "m"},
            {
                "QueueUrl": "https://queue/q",
                "MessageBody": body,
                "MessageAttributes": {"request_id": {"DataType": "String", "StringValue": "req-9"}},
            },
        )
        stub.add_client_error("send_message", "ThrottlingException", http_status_code=400)
        follow("req-9")
        InteractionQueue(client, "https://queue/q").send(told)
        with pytest.raises(QueueUnavailable):
            InteractionQueue(client, "https://queue/q").send(told)
    assert read_message(body) == told
    attributes = {"request_id": {"stringValue": "req-9", "dataType": "String"}}
    assert requests_of([{"messageAttributes": attributes}, {"body": body}]) == ["req-9"]
    sink = MemorySink()
    records = [{"messageId": "good", "body": body}, {"messageId": "bad", "body": '{"x": 1}'}]
    assert record_batch(records, [sink]) == (["bad"], 2)
    assert sink.written == told


def test_a_lake_that_is_down_fails_the_batch_for_now() -> None:
    body = json.dumps([interaction(1, 5).to_row()])
    records = [{"messageId": "a", "body": body}, {"messageId": "b", "body": body}]
    sink = MemorySink(fail=True)
    assert record_batch(records, [sink]) == (["a", "b"], 0)


def test_objects_are_written_as_the_service_takes_them() -> None:
    client = boto3.client("s3", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="y")
    ((key, body),) = lay_out([interaction(1, 5)], "interactions/")
    with Stubber(client) as stub:
        expected = {"Bucket": "lake", "Key": key, "Body": body, "ContentType": "application/x-ndjson"}
        stub.add_response("put_object", {}, expected)
        Lake(client, "lake", "interactions/").write([interaction(1, 5)])


@dataclass
class MemorySink:
    fail: bool = False
    written: list[Interaction] = field(default_factory=list)

    def write(self, interactions: Sequence[Interaction]) -> None:
        if self.fail:
            raise EndpointConnectionError(endpoint_url="https://s3")
        self.written += interactions
