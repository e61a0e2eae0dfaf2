"""What a shopper saves: kept, changed, taken out, listed newest first, never more than there is room for."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from botocore.stub import ANY, Stubber
from moto import mock_aws

from runtime.closet.handler import create_api
from runtime.closet.item import LIMITS, Item, Kind
from runtime.closet.store import ClosetFull, ClosetTable, ClosetUnavailable
from runtime.privacy.settings import KeptRows
from runtime.privacy.stores.owned_rows import OwnedRows
from tests.unit.shop import CLAIMS, ENVIRONMENT, FakeRows, api_event, make_product, read_answer

ME = CLAIMS["sub"]
START = datetime(2026, 11, 26, 22, tzinfo=UTC)


@dataclass
class Shop:
    """A shop of twelve dresses, and the closets of its shoppers."""

    client: Any
    rows: FakeRows = field(default_factory=FakeRows)
    now: datetime = START
    waits: list[float] = field(default_factory=list[float])

    def __post_init__(self) -> None:
        for number in range(12):
            product = make_product(f"dress {number}")
            self.rows.rows[product.product_id] = product
        self.ids = list(self.rows.rows)

    @property
    def table(self) -> ClosetTable:
        return self.open(self.client)

    def open(self, client: Any) -> ClosetTable:
        return ClosetTable(client, "closet", self._tick, self.waits.append)

    def _tick(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now

    def call(
        self, method: str, path: str = "", body: Any = None, user: str = ME, **query: str
    ) -> tuple[int, dict[str, Any]]:
        text = None if body is None else json.dumps(body)
        event = api_event(method, f"/me/closet{path}", body=text, query=query, claims={**CLAIMS, "sub": user})
        return read_answer(create_api(self.table, self.rows)(event, None))[:2]

    def keep(self, kind: str, item_id: str, user: str = ME, **body: Any) -> dict[str, Any]:
        status, answer = self.call("PUT", f"/{kind}/{item_id}", body, user)
        assert status == 200, answer
        return answer

    def listed(self, user: str = ME) -> list[tuple[str, str]]:
        status, answer = self.call("GET", user=user)
        assert status == 200, answer
        return [(each["kind"], each["item_id"]) for each in answer["items"]]

    def counts(self, user: str = ME) -> dict[str, int]:
        key = {"user_id": {"S": user}, "key": {"S": "count"}}
        row = self.client.get_item(TableName="closet", Key=key).get("Item", {})
        return {name: int(value["N"]) for name, value in row.items() if "N" in value}


@pytest.fixture(scope="module")
def dynamodb() -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        client = boto3.client("dynamodb")
        client.create_table(
            TableName="closet",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[
                {"AttributeName": "user_id", "KeyType": "HASH"},
                {"AttributeName": "key", "KeyType": "RANGE"},
            ],
            AttributeDefinitions=[
                {"AttributeName": name, "AttributeType": "S"} for name in ("user_id", "key")
            ],
        )
        yield client


@pytest.fixture
def shop(dynamodb: Any) -> Iterator[Shop]:
    yield Shop(dynamodb)
    for row in dynamodb.scan(TableName="closet")["Items"]:
        dynamodb.delete_item(TableName="closet", Key={name: row[name] for name in ("user_id", "key")})


def test_what_is_saved_comes_back_newest_first(shop: Shop) -> None:
    dress, skirt, hat = shop.ids[:3]
    assert shop.listed() == []
    saved = shop.keep("favorite", dress)
    assert saved == {
        "kind": "favorite",
        "item_id": dress,
        "product_ids": [dress],
        "name": None,
        "size": None,
        "quantity": 1,
        "picture": None,
        "added_at": "2026-11-26T22:00:01.000000+00:00",
        "updated_at": "2026-11-26T22:00:01.000000+00:00",
    }
    line = shop.keep("bag", skirt, size=" M ", quantity=2)
    assert (line["size"], line["quantity"], line["product_ids"]) == ("M", 2, [skirt])
    picture = {"kind": "try-on", "id": "a" * 32}
    look = shop.keep("look", "monday_1", product_ids=[dress, hat], name="Monday", picture=picture)
    assert (look["name"], look["product_ids"], look["picture"]) == ("Monday", [dress, hat], picture)
    assert shop.listed() == [("look", "monday_1"), ("bag", skirt), ("favorite", dress)]
    assert shop.call("GET")[1]["items"] == [look, line, saved]


def test_saving_again_changes_what_is_kept_and_keeps_when_it_was_added(shop: Shop) -> None:
    first, other = shop.ids[:2]
    before = shop.keep("bag", first, size="M", quantity=2)
    shop.keep("bag", other)
    after = shop.keep("bag", first, size="L")
    assert after["added_at"] == before["added_at"] < after["updated_at"]
    assert (after["size"], after["quantity"]) == ("L", 1)
    assert shop.keep("bag", first)["size"] is None
    assert shop.listed() == [("bag", other), ("bag", first)]
    assert shop.counts() == {"bag": 2}


def test_what_is_taken_out_is_gone_and_may_be_taken_out_again(shop: Shop) -> None:
    dress = shop.ids[0]
    shop.keep("favorite", dress)
    shop.keep("bag", dress)
    for _ in range(2):
        assert shop.call("DELETE", f"/favorite/{dress}") == (200, {"deleted": dress})
    assert shop.listed() == [("bag", dress)]
    assert shop.counts() == {"favorite": 0, "bag": 1}
    later = shop.keep("favorite", dress)
    assert later["added_at"] == later["updated_at"]


def test_pages_follow_each_other_without_gap_or_overlap(shop: Shop) -> None:
    for dress in shop.ids[:5]:
        shop.keep("favorite", dress)
    seen: list[str] = []
    query: dict[str, str] = {}
    for size in (2, 2, 1):
        status, page = shop.call("GET", limit="2", **query)
        assert (status, len(page["items"])) == (200, size)
        seen += [each["item_id"] for each in page["items"]]
        query = {"cursor": page["cursor"]}
    assert (seen, page["cursor"]) == (shop.ids[4::-1], None)


def test_a_page_goes_on_where_the_last_one_ended_whatever_has_changed(shop: Shop) -> None:
    for dress in shop.ids[:4]:
        shop.keep("favorite", dress)
    cursor = shop.call("GET", limit="2")[1]["cursor"]
    shop.call("DELETE", f"/favorite/{shop.ids[2]}")  # the one that the cursor stands for
    shop.keep("favorite", shop.ids[5])
    items = shop.call("GET", limit="2", cursor=cursor)[1]["items"]
    assert [each["item_id"] for each in items] == [shop.ids[1], shop.ids[0]]


def test_closets_of_others_are_neither_shown_nor_changed(shop: Shop) -> None:
    dress = shop.ids[0]
    shop.keep("favorite", dress)
    assert shop.listed(user="other") == []
    assert shop.call("DELETE", f"/favorite/{dress}", user="other")[0] == 200
    assert shop.listed() == [("favorite", dress)]


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/wishes/{id}", {}, "kind"),
        ("/favorite/short", {}, "id"),
        ("/favorite/{id}", {"colour": "red"}, "colour"),
        ("/favorite/{id}", {"size": "M"}, "size"),
        ("/favorite/{id}", {"quantity": 2}, "quantity"),
        ("/favorite/{id}", {"product_ids": ["a" * 20]}, "product_ids"),
        ("/favorite/{id}", {"product_ids": []}, "product_ids"),
        ("/bag/{id}", {"name": "Monday"}, "name"),
        ("/bag/{id}", {"picture": {"kind": "image", "id": "1-a"}}, "picture"),
        ("/bag/{id}", {"quantity": 0}, "quantity"),
        ("/bag/{id}", {"quantity": 100}, "quantity"),
        ("/bag/{id}", {"quantity": True}, "quantity"),
        ("/bag/{id}", {"size": " "}, "size"),
        ("/look/a.b", {"product_ids": ["{id}"]}, "id"),
        ("/look/" + "a" * 65, {"product_ids": ["{id}"]}, "id"),
        ("/look/a", {}, "product_ids"),
        ("/look/a", {"product_ids": []}, "product_ids"),
        ("/look/a", {"product_ids": ["{id}", "{id}"]}, "product_ids.1"),
        ("/look/a", {"product_ids": ["{id}", "../x"]}, "product_ids.1"),
        ("/look/a", {"product_ids": [f"{'a' * 19}{letter}" for letter in "abcdefghi"]}, "product_ids"),
        ("/look/a", {"product_ids": ["{id}"], "name": "a" * 101}, "name"),
        ("/look/a", {"product_ids": ["{id}"], "size": "M"}, "size"),
        ("/look/a", {"product_ids": ["{id}"], "picture": {"kind": "photo", "id": "1"}}, "picture.kind"),
        ("/look/a", {"product_ids": ["{id}"], "picture": {"kind": "image", "id": "a/b"}}, "picture.id"),
        ("/look/a", {"product_ids": ["{id}"], "picture": {"kind": "image"}}, "picture.id"),
    ],
)
def test_what_cannot_be_saved_is_refused_by_name(
    shop: Shop, path: str, body: dict[str, Any], field: str
) -> None:
    known = json.loads(json.dumps(body).replace("{id}", shop.ids[0]))
    status, problem = shop.call("PUT", path.replace("{id}", shop.ids[0]), known)
    assert status == 400, problem
    assert [error["field"] for error in problem["errors"]] == [field]
    assert shop.listed() == []


@pytest.mark.parametrize(
    ("path", "field"),
    [("/wishes/a", "kind"), ("/bag/short", "id"), ("/look/a.b", "id")],
)
def test_what_cannot_be_there_is_not_taken_out(shop: Shop, path: str, field: str) -> None:
    status, problem = shop.call("DELETE", path)
    assert (status, problem["errors"][0]["field"]) == (400, field)


@pytest.mark.parametrize(
    "query",
    [
        {"limit": "0"},
        {"limit": "101"},
        {"cursor": "a"},
        {"cursor": "WzFd"},
        {"cursor": "WzEsMiwzXQ=="},
        {"cursor": "é"},
        {"since": "1"},
    ],
)
def test_wrong_questions_are_refused_by_name(shop: Shop, query: dict[str, str]) -> None:
    status, problem = shop.call("GET", **query)
    assert (status, problem["errors"][0]["field"]) == (400, *query)


def test_only_what_the_shop_has_can_be_saved(shop: Shop) -> None:
    dress, hidden = shop.ids[:2]
    shop.rows.rows[hidden] = replace(shop.rows.rows[hidden], content_hash=None)
    for path in (f"/favorite/{'a' * 20}", f"/bag/{hidden}"):
        assert shop.call("PUT", path, {})[0] == 404
    status, problem = shop.call("PUT", "/look/a", {"product_ids": [dress, "a" * 20, hidden]})
    assert status == 422
    assert [error["field"] for error in problem["errors"]] == ["product_ids.1", "product_ids.2"]
    assert "a" * 20 not in json.dumps(problem)
    assert shop.listed() == []


def test_a_look_that_has_lost_a_piece_can_still_be_renamed(shop: Shop) -> None:
    dress, hat, other = shop.ids[:3]
    shop.keep("look", "a", product_ids=[dress, hat])
    del shop.rows.rows[hat], shop.rows.rows[other]
    assert shop.keep("look", "a", product_ids=[dress, hat], name="Monday")["name"] == "Monday"
    assert shop.call("PUT", "/look/a", {"product_ids": [dress, other]})[0] == 422
    assert shop.call("PUT", "/look/b", {"product_ids": [dress, hat]})[0] == 422


@pytest.mark.parametrize("kind", list(Kind))
def test_there_is_room_for_so_many_of_a_kind(shop: Shop, kind: Kind) -> None:
    dress, other = shop.ids[:2]
    fill(shop, kind, LIMITS[kind] - 1)
    body: dict[str, Any] = {"product_ids": [dress]}
    last, one_more = ("a", "b") if kind is Kind.LOOK else (dress, other)
    shop.keep(kind, last, **body)
    status, problem = shop.call("PUT", f"/{kind}/{one_more}", body if kind is Kind.LOOK else {})
    assert (status, problem["title"]) == (409, "No room")
    assert f"room for {LIMITS[kind]} " in problem["detail"]
    shop.keep(kind, last, **body)
    shop.call("DELETE", f"/{kind}/{last}")
    shop.keep(kind, one_more, **(body if kind is Kind.LOOK else {}))
    assert shop.counts() == {kind.value: LIMITS[kind]}


def fill(shop: Shop, kind: Kind, number: int) -> None:
    """As if so many had been saved."""
    count = {"user_id": {"S": ME}, "key": {"S": "count"}, kind.value: {"N": str(number)}}
    shop.client.put_item(TableName="closet", Item=count)


class Meddler:
    """The table's client, to which something happens right before the first transactions."""

    def __init__(self, client: Any, *happenings: Callable[[], Any]) -> None:
        self._client = client
        self._happenings = list(happenings)

    def transact_write_items(self, **arguments: Any) -> Any:
        if self._happenings:
            self._happenings.pop(0)()
        return self._client.transact_write_items(**arguments)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)


def favorite(product_id: str) -> Item:
    return Item(kind=Kind.FAVORITE, item_id=product_id, product_ids=(product_id,))


def cancelled(*reasons: str) -> ClientError:
    response: Any = {
        "Error": {"Code": "TransactionCanceledException", "Message": "cancelled"},
        "CancellationReasons": [{"Code": reason} for reason in reasons],
    }
    return ClientError(response, "TransactWriteItems")


def fail(error: Exception) -> Callable[[], None]:
    def happen() -> None:
        raise error

    return happen


def test_the_same_saved_twice_at_once_is_saved_and_counted_once(shop: Shop) -> None:
    item = favorite(shop.ids[0])
    rival = shop.open(shop.client)
    meddler = Meddler(shop.client, lambda: rival.keep(ME, item))
    kept = shop.open(meddler).keep(ME, item)
    assert kept.added_at < kept.updated_at, "the rival was first"
    assert shop.counts() == {"favorite": 1}


def test_the_last_place_is_given_once(shop: Shop) -> None:
    fill(shop, Kind.FAVORITE, LIMITS[Kind.FAVORITE] - 1)
    rival, loser = favorite(shop.ids[0]), favorite(shop.ids[1])
    meddler = Meddler(shop.client, lambda: shop.table.keep(ME, rival))
    with pytest.raises(ClosetFull):
        shop.open(meddler).keep(ME, loser)
    assert shop.listed() == [("favorite", shop.ids[0])]


@pytest.mark.parametrize("reason", ["TransactionConflict", "ThrottlingError"])
def test_who_meets_somebody_else_at_the_same_rows_tries_again(shop: Shop, reason: str) -> None:
    meddler = Meddler(shop.client, *[fail(cancelled("None", reason))] * 3)
    table = shop.open(meddler)
    table.keep(ME, favorite(shop.ids[0]))
    assert len(shop.waits) == 3
    for wait, usual in zip(shop.waits, (0.04, 0.08, 0.16), strict=True):
        assert usual / 2 <= wait <= usual * 3 / 2
    meddler = Meddler(shop.client, fail(cancelled(reason, "None")))
    shop.open(meddler).drop(ME, Kind.FAVORITE, shop.ids[0])
    assert shop.counts() == {"favorite": 0}


def test_rows_that_never_come_to_rest_are_given_up(shop: Shop) -> None:
    meddler = Meddler(shop.client, *[fail(cancelled("TransactionConflict", "None"))] * 100)
    with pytest.raises(ClosetUnavailable):
        shop.open(meddler).keep(ME, favorite(shop.ids[0]))
    assert sum(shop.waits) < 10, "the gateway waits 29 s"


def test_an_unknown_failure_is_a_fault(shop: Shop) -> None:
    meddler = Meddler(shop.client, fail(cancelled("ValidationError", "None")))
    with pytest.raises(ClientError):
        shop.open(meddler).keep(ME, favorite(shop.ids[0]))


def test_what_was_saved_during_an_erasure_can_be_taken_out(shop: Shop) -> None:
    dress = shop.ids[0]
    shop.keep("favorite", dress)
    shop.client.delete_item(TableName="closet", Key={"user_id": {"S": ME}, "key": {"S": "count"}})
    assert shop.call("DELETE", f"/favorite/{dress}")[0] == 200
    assert (shop.listed(), shop.counts()) == ([], {})


def test_all_of_it_is_exported_and_erased(shop: Shop) -> None:
    dress = shop.ids[0]
    shop.keep("favorite", dress)
    shop.keep("look", "a", product_ids=[dress], name="Monday", picture={"kind": "image", "id": "1-a"})
    shop.keep("favorite", dress, user="other")
    kept = OwnedRows(shop.client, KeptRows(name="closet", table="closet", keys=("key",)))
    records = {record["key"]: record for record in kept.read(ME, None).records}
    assert records["count"] == {"key": "count", "favorite": 1, "look": 1}
    assert records["look#a"]["name"] == "Monday"
    assert records["look#a"]["picture"] == {"kind": "image", "id": "1-a"}
    assert kept.erase(ME) == 3
    assert (shop.listed(), shop.listed(user="other")) == ([], [("favorite", dress)])


def test_a_table_that_does_not_answer_is_worth_another_attempt(shop: Shop) -> None:
    class Silent:
        def __getattr__(self, name: str) -> Any:
            raise EndpointConnectionError(endpoint_url="https://dynamodb")

    dress, shop.client = shop.ids[0], Silent()
    for method, path, body in (
        ("GET", "", None),
        ("PUT", f"/bag/{dress}", {}),
        ("DELETE", f"/bag/{dress}", None),
    ):
        status, problem = shop.call(method, path, body)
        assert (status, problem["title"]) == (503, "Temporarily unavailable")


def test_what_is_sent_is_in_the_form_of_dynamodb() -> None:
    """Stubber checks requests against botocore's model of the service."""
    client = boto3.client("dynamodb", region_name="us-east-1")
    with Stubber(client) as stub:
        stub.add_client_error("update_item", "ConditionalCheckFailedException")
        stub.add_response("transact_write_items", {}, {"TransactItems": ANY})
        stub.add_response("transact_write_items", {}, {"TransactItems": ANY})
        table = ClosetTable(client, "closet")
        assert table.keep(ME, favorite("a" * 20)).added_at
        table.drop(ME, Kind.FAVORITE, "a" * 20)
        stub.assert_no_pending_responses()
