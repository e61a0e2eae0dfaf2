"""Interactions into the style profile: what counts, what is left out, and the table it is kept in."""

import json
from dataclasses import replace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import ANY, Stubber

from runtime.personalization.port import EVENT_VALUES, EventType
from runtime.personalization.style import (
    LATEST_S,
    MOST_A_MINUTE,
    MOST_EVENTS,
    OLDEST_S,
    REPEAT_S,
    Reported,
    Style,
    forget,
    mute,
    record,
    to_interaction,
)
from runtime.personalization.style_table import StyleTable, StyleUnavailable
from runtime.personalization.taste import Trait
from runtime.shared.products import Product
from tests.unit.shop import make_product

NOW = 1_800_000_030.0
PRODUCTS = {
    product.product_id: product
    for product in (
        replace(make_product(f"item {number}"), category="dress", color="red", cluster=number)
        for number in range(300)
    )
}
IDS = list(PRODUCTS)
NOBODY = Style("user")


def told(product: int = 0, kind: EventType = EventType.VIEW, at: float = NOW, session: str = "s") -> Reported:
    return Reported(IDS[product], kind, int(at), session)


def put(*reported: Reported, style: Style = NOBODY, now: float = NOW) -> tuple[Style, int]:
    after, accepted = record(style, reported, PRODUCTS, now)
    return after, len(accepted)


def test_what_the_catalogue_knows_of_the_product_is_kept_with_the_interaction() -> None:
    style, accepted = put(told(7, EventType.FAVORITE))
    assert accepted == 1
    (event,) = style.events
    assert (event.product_id, event.cluster, event.category, event.color) == (IDS[7], 7, "dress", "red")
    assert len(style.pseudonym) == 32


def test_the_same_again_counts_once() -> None:
    style, accepted = put(told(), told(), told(at=NOW - 20))
    assert (accepted, len(style.events)) == (1, 1)
    again, accepted = put(told(at=NOW + 30), style=style, now=NOW + 30)
    assert (accepted, again.events) == (0, style.events)
    assert put(told(at=NOW + REPEAT_S), style=style, now=NOW + REPEAT_S)[1] == 1
    assert put(told(kind=EventType.CART), style=style)[1] == 1


def test_a_judgement_can_be_reversed_at_once_and_again() -> None:
    kinds = [EventType.FAVORITE, EventType.DISLIKE, EventType.DISLIKE, EventType.FAVORITE]
    style, accepted = put(*(told(0, kind, NOW - 10 + place) for place, kind in enumerate(kinds)))
    assert accepted == 3
    assert style.events[-1].event_type is EventType.FAVORITE


@pytest.mark.parametrize("at", [NOW - OLDEST_S - 1, NOW + LATEST_S + 1])
def test_impossible_times_are_left_out(at: float) -> None:
    assert put(told(at=at)) == (replace(NOBODY, heard=ANY), 0)


def test_a_clock_that_is_ahead_is_put_right() -> None:
    assert put(told(at=NOW + 100))[0].events[0].at == int(NOW)


def test_unknown_and_hidden_products_are_left_out() -> None:
    hidden: Product = replace(PRODUCTS[IDS[0]], content_hash=None)
    reported = [Reported("a" * 20, EventType.VIEW, int(NOW)), told(0)]
    assert record(NOBODY, reported, {IDS[0]: hidden}, NOW)[1] == []


def test_a_robot_is_not_believed_for_the_rest_of_its_minute() -> None:
    style, accepted = put(*(told(number) for number in range(MOST_A_MINUTE + 40)))
    assert accepted == MOST_A_MINUTE
    assert put(told(200), style=style)[1] == 0
    assert put(told(200, at=NOW + 60), style=style, now=NOW + 60)[1] == 1


def test_the_profile_stays_bounded_and_keeps_the_newest() -> None:
    style = NOBODY
    for number in range(MOST_EVENTS + 20):
        moment = NOW + 2 * number
        style, _ = put(told(number, at=moment), style=style, now=moment)
    assert len(style.events) == MOST_EVENTS
    assert style.events[-1].product_id == IDS[MOST_EVENTS + 19]


def test_late_news_is_put_in_its_place() -> None:
    style, _ = put(told(1))
    style, _ = put(told(2, at=NOW - 500), style=style)
    assert [event.product_id for event in style.events] == [IDS[2], IDS[1]]


def test_who_opted_out_leaves_no_trace() -> None:
    silent = replace(NOBODY, opted_out=True)
    assert record(silent, [told()], PRODUCTS, NOW) == (silent, [])


def test_a_reset_keeps_settings_and_takes_a_new_pseudonym() -> None:
    style, _ = put(told(1), style=replace(NOBODY, weight=0.8))
    fresh = forget(mute(style, [(Trait.COLOR, "red")], NOW))
    assert fresh == replace(NOBODY, weight=0.8)
    again, _ = put(told(1), style=fresh)
    assert again.pseudonym not in ("", style.pseudonym)


def test_what_is_recorded_carries_no_user_and_no_session_of_the_browser() -> None:
    style, _ = put(told(3, EventType.CART, session="browser-7"))
    row = to_interaction(style, style.events[0]).to_row()
    assert row["user_id"] == style.pseudonym
    assert "user" not in row["user_id"]
    assert "browser-7" not in json.dumps(row)
    assert (row["cluster"], row["event_type"], row["timestamp"]) == (3, "cart", int(NOW))
    assert row["event_value"] == EVENT_VALUES[EventType.CART]
    assert to_interaction(style, style.events[0]).event_id == row["event_id"]


class MemoryTable:
    """DynamoDB's part in this: one item, conditional puts; `rival` writes between a read and a write."""

    def __init__(self) -> None:
        self.item: dict[str, Any] | None = None
        self.rivals = 0

    def get_item(self, **_: Any) -> dict[str, Any]:
        return {"Item": self.item} if self.item else {}

    def put_item(self, **request: Any) -> None:
        if self.rivals:
            self.rivals -= 1
            version = int((self.item or {"version": {"N": "0"}})["version"]["N"]) + 1
            self.item = {**(self.item or {"user_id": {"S": "user"}}), "version": {"N": str(version)}}
        stored = (self.item or {}).get("version", {}).get("N")
        if stored != (request.get("ExpressionAttributeValues") or {}).get(":version", {}).get("N"):
            raise ClientError({"Error": {"Code": "ConditionalCheckFailedException"}}, "PutItem")
        self.item = request["Item"]


def test_a_profile_comes_back_as_it_was_stored() -> None:
    table = StyleTable(MemoryTable(), "styles")
    style, _ = put(told(1), told(2, EventType.DISLIKE), style=replace(NOBODY, weight=0.35))
    style = mute(style, [(Trait.PRICE, "25-50")], NOW)
    stored = table.change("user", lambda _: style)
    assert table.read("user") == stored == replace(style, version=1, updated_at=stored.updated_at)
    assert table.read("user").updated_at


def test_two_writers_at_once_both_count() -> None:
    client = MemoryTable()
    table = StyleTable(client, "styles")
    table.change("user", lambda style: put(told(1), style=style)[0])
    client.rivals = 3
    stored = table.change("user", lambda style: put(told(2), style=style)[0])
    assert [event.product_id for event in stored.events] == [IDS[1], IDS[2]]
    assert stored.version == 5


def test_a_profile_that_never_rests_is_an_error_not_a_lost_update() -> None:
    client = MemoryTable()
    client.rivals = 100
    with pytest.raises(StyleUnavailable):
        StyleTable(client, "styles").change("user", lambda style: put(told(1), style=style)[0])


def test_nothing_new_is_not_written() -> None:
    client = MemoryTable()
    assert StyleTable(client, "styles").change("user", lambda style: style) == NOBODY
    assert client.item is None


def test_requests_are_those_of_the_service_and_a_throttle_is_told_as_one() -> None:
    client = boto3.client(
        "dynamodb", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="y"
    )
    table = StyleTable(client, "styles")
    with Stubber(client) as stub:
        stub.add_response(
            "get_item", {}, {"TableName": "styles", "Key": {"user_id": {"S": "user"}}, "ConsistentRead": True}
        )
        stub.add_response(
            "put_item",
            {},
            {
                "TableName": "styles",
                "Item": ANY,
                "ConditionExpression": "attribute_not_exists(user_id)",
            },
        )
        stub.add_client_error("get_item", "ThrottlingException", http_status_code=400)
        table.change("user", lambda style: put(told(1), style=style)[0])
        with pytest.raises(StyleUnavailable):
            table.read("user")
