"""What is popular: added up with forward decay, read across boards, and answered as products."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from botocore.stub import Stubber
from moto import mock_aws

from runtime.personalization.popularity import (
    BY_SCORE,
    BY_SHELF,
    Popularity,
    Trends,
    TrendsUnavailable,
    add_up,
)
from runtime.personalization.port import EVENT_VALUES, EventType, Interaction
from runtime.personalization.queue import read_message
from runtime.search.handler import create_api
from runtime.search.logic import Search
from runtime.search.trending import Trending
from tests.unit.shop import (
    ENVIRONMENT,
    FakeEmbedder,
    FakeRows,
    FakeStore,
    api_event,
    make_product,
    read_answer,
    read_logs,
    start_logs,
)

SUMMER = datetime(2027, 7, 1, 12, tzinfo=UTC)
NEW_YEAR = datetime(2028, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def told(
    product_id: str,
    at: datetime = SUMMER,
    kind: EventType = EventType.FAVORITE,
    category: str | None = "dress",
    number: int = 0,
) -> Interaction:
    event_id = f"{product_id} {at} {kind} {number}"
    return Interaction(event_id, "pseudonym", product_id, kind, "s", int(at.timestamp()), 1, category)


@pytest.fixture(scope="module")
def tables() -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        client = boto3.client("dynamodb")
        client.create_table(
            TableName="popularity",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[
                {"AttributeName": "product_id", "KeyType": "HASH"},
                {"AttributeName": "board", "KeyType": "RANGE"},
            ],
            AttributeDefinitions=[
                {"AttributeName": name, "AttributeType": "N" if name == "score" else "S"}
                for name in ("product_id", "board", "shelf", "score")
            ],
            GlobalSecondaryIndexes=[
                {
                    "IndexName": index,
                    "KeySchema": [
                        {"AttributeName": key, "KeyType": "HASH"},
                        {"AttributeName": "score", "KeyType": "RANGE"},
                    ],
                    "Projection": {"ProjectionType": "KEYS_ONLY"},
                }
                for index, key in ((BY_SCORE, "board"), (BY_SHELF, "shelf"))
            ],
        )
        yield client


@pytest.fixture
def dynamodb(tables: Any) -> Any:
    for row in tables.scan(TableName="popularity")["Items"]:
        tables.delete_item(TableName="popularity", Key={key: row[key] for key in ("product_id", "board")})
    return tables


def tell(client: Any, *interactions: Interaction) -> None:
    Popularity(client, "popularity").write(interactions)


def read(client: Any, at: datetime = SUMMER, category: str | None = None, limit: int = 10) -> list[str]:
    return Trends(client, "popularity", at.timestamp).read(category, limit)


def scores(client: Any) -> dict[tuple[str, str], float]:
    rows = client.scan(TableName="popularity")["Items"]
    return {(row["product_id"]["S"], row["board"]["S"]): float(row["score"]["N"]) for row in rows}


def test_where_nothing_is_known_nothing_is_popular(dynamodb: Any) -> None:
    assert read(dynamodb) == []


def test_what_is_saved_by_more_comes_first(dynamodb: Any) -> None:
    tell(dynamodb, told("seen", kind=EventType.VIEW), *[told("loved", number=each) for each in range(3)])
    tell(dynamodb, told("saved"), told("bought", kind=EventType.PURCHASE))
    assert read(dynamodb) == ["loved", "bought", "saved", "seen"]
    assert read(dynamodb, limit=2) == ["loved", "bought"]


def test_in_a_week_an_interaction_comes_to_count_half(dynamodb: Any) -> None:
    tell(dynamodb, told("a", SUMMER), told("b", SUMMER + 7 * DAY))
    found = scores(dynamodb)
    assert found["b", "2027"] / found["a", "2027"] == pytest.approx(2)
    assert read(dynamodb, SUMMER + 7 * DAY) == ["b", "a"]
    tell(dynamodb, *[told("a", SUMMER + timedelta(minutes=each), number=each) for each in range(1, 3)])
    assert read(dynamodb, SUMMER + 7 * DAY) == ["a", "b"], "three of a week ago outweigh one of now"


def test_the_order_of_arrival_does_not_matter(dynamodb: Any) -> None:
    each = [told("a", SUMMER), told("a", SUMMER + 9 * DAY), told("a", SUMMER + 2 * DAY)]
    tell(dynamodb, *each)
    together = scores(dynamodb)["a", "2027"]
    for name in ("b", "c"):
        order = each if name == "b" else each[::-1]
        for one in order:
            tell(dynamodb, replace(one, product_id=name))
    assert scores(dynamodb) == {(name, "2027"): pytest.approx(together) for name in "abc"}


def test_a_score_is_the_decayed_sum_at_any_time(dynamodb: Any) -> None:
    """The definition of exponential decay, computed backwards, against what is stored forwards."""
    moments = [SUMMER - 20 * DAY, SUMMER - 3 * DAY, SUMMER]
    tell(dynamodb, *[told("a", each) for each in moments])
    now = SUMMER + 5 * DAY
    backward = sum(0.5 ** ((now - each) / (7 * DAY)) for each in moments)
    passed = (now - datetime(2027, 1, 1, tzinfo=UTC)) / (7 * DAY)
    assert scores(dynamodb)["a", "2027"] / 2**passed == pytest.approx(backward, rel=1e-9)


def test_numbers_stay_exact_on_the_last_day_of_a_year(dynamodb: Any) -> None:
    first, last = datetime(2027, 1, 1, tzinfo=UTC), NEW_YEAR - timedelta(seconds=1)
    tell(dynamodb, told("old", first), *[told("new", last, number=each) for each in range(1000)])
    tell(dynamodb, told("new", last, number=1000))
    found = scores(dynamodb)
    assert found["old", "2027"] == 1
    assert found["new", "2027"] == pytest.approx(1001 * 2 ** (365 / 7), rel=1e-4)
    assert read(dynamodb, last) == ["new"]


def test_what_is_forgotten_is_not_told(dynamodb: Any) -> None:
    tell(dynamodb, told("a", SUMMER))
    assert read(dynamodb, SUMMER + 39 * DAY) == ["a"]
    assert read(dynamodb, SUMMER + 40 * DAY) == []


def test_around_new_year_both_boards_count(dynamodb: Any) -> None:
    before, after = NEW_YEAR - DAY, NEW_YEAR + DAY
    tell(dynamodb, *[told("old", before, number=each) for each in range(3)], told("both", before))
    tell(dynamodb, told("both", after), told("new", after))
    assert set(scores(dynamodb)) == {
        ("old", "2027"),
        ("both", "2027"),
        ("both", "2028"),
        ("new", "2028"),
    }
    assert read(dynamodb, after) == ["old", "both", "new"]
    assert read(dynamodb, after, "dress") == ["old", "both", "new"]
    assert read(dynamodb, after + 30 * DAY) == ["old", "both", "new"]


def test_a_category_has_a_board_of_its_own(dynamodb: Any) -> None:
    tell(dynamodb, told("a"), told("b", category="hat"), told("c", category=None))
    assert set(read(dynamodb)) == {"a", "b", "c"}
    assert read(dynamodb, category="hat") == ["b"]
    tell(dynamodb, told("a", SUMMER + DAY, category="hat"))
    assert read(dynamodb, category="hat") == ["a", "b"], "the product has changed its category"
    assert read(dynamodb, category="dress") == []


def test_a_dislike_counts_nothing_and_a_repeated_message_once(dynamodb: Any) -> None:
    tell(dynamodb, told("a"), told("a"), told("a", kind=EventType.DISLIKE), told("b", kind=EventType.DISLIKE))
    ((place, score),) = scores(dynamodb).items()
    assert place == ("a", "2027")
    (addition,) = add_up([told("a")])
    assert score == pytest.approx(addition.weight)


def test_every_kind_of_interaction_counts_as_much_as_it_says_of_taste() -> None:
    for kind in EventType:
        additions = add_up([told("a", datetime(2027, 1, 1, tzinfo=UTC), kind)])
        assert sum(each.weight for each in additions) == max(0, EVENT_VALUES[kind])


def test_rows_end_with_the_last_day_on_which_they_count(dynamodb: Any) -> None:
    tell(dynamodb, told("a"))
    (row,) = dynamodb.scan(TableName="popularity")["Items"]
    assert datetime.fromtimestamp(int(row["expires_at"]["N"]), UTC) == NEW_YEAR + 57 * DAY
    assert set(row) == {"product_id", "board", "shelf", "score", "expires_at"}, "nothing of who it was"


class Counting:
    """A client that fails as often as it is told, and counts what it is asked."""

    def __init__(self, failures: int, code: str = "ThrottlingException") -> None:
        self.failures = failures
        self.code = code
        self.asked: list[str] = []

    def update_item(self, **arguments: Any) -> None:
        self.asked.append(arguments["Key"]["product_id"]["S"])
        if len(self.asked) <= self.failures:
            raise ClientError({"Error": {"Code": self.code, "Message": "no"}}, "UpdateItem")

    def query(self, **_: Any) -> None:
        raise ClientError({"Error": {"Code": self.code, "Message": "no"}}, "Query")


def test_one_write_a_product_the_weightiest_first() -> None:
    client = Counting(0)
    tell(client, told("b"), *[told("a", number=each) for each in range(9)], told("c", kind=EventType.VIEW))
    assert client.asked == ["a", "b", "c"]


@pytest.mark.parametrize(("failures", "asked", "lost"), [(1, 6, 1), (2, 6, 2), (9, 3, 6)])
def test_what_cannot_be_counted_is_told_and_not_waited_for(
    failures: int,
    asked: int,
    lost: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    start_logs(monkeypatch)
    client = Counting(failures)
    tell(client, *[told(name) for name in "abcdef"])
    assert len(client.asked) == asked
    (line,) = read_logs(capsys.readouterr().out, "popularity is not all counted")
    assert (line["level"], line["lost"]) == ("WARNING", lost)


def test_a_slow_table_does_not_take_all_the_time_of_a_batch() -> None:
    times = iter(range(0, 10_000, 8))
    client = Counting(0)
    Popularity(client, "popularity", lambda: next(times)).write([told(name) for name in "abcdef"])
    assert len(client.asked) == 2


def test_messages_of_the_release_before_are_read() -> None:
    row = told("a").to_row()
    assert read_message(json.dumps([row])) == [told("a")]
    del row["category"]
    assert read_message(json.dumps([row])) == [told("a", category=None)]


def test_what_is_sent_is_in_the_form_of_dynamodb() -> None:
    """Stubber checks requests against botocore's model of the service."""
    client = boto3.client("dynamodb", region_name="us-east-1")
    with Stubber(client) as stub:
        stub.add_response("update_item", {})
        stub.add_response("query", {"Items": []})
        stub.add_response("query", {"Items": []})
        tell(client, told("a"))
        assert read(client) == read(client, category="dress") == []
        stub.assert_no_pending_responses()


class Shop:
    """Six products in stock, and what is popular of them."""

    def __init__(self, popular: Sequence[int] = ()) -> None:
        products = [make_product(f"dress {number}", stock=number) for number in range(1, 7)]
        self.products = products
        self.rows = FakeRows({product.product_id: product for product in products})
        self.popular = [products[place].product_id for place in popular]
        self.asked: list[tuple[str | None, int]] = []
        self.fail: Exception | None = None

    def read(self, category: str | None, limit: int) -> list[str]:
        self.asked.append((category, limit))
        if self.fail:
            raise self.fail
        return self.popular[:limit]

    def change(self, place: int, **fields: Any) -> None:
        product = self.products[place]
        self.rows.rows[product.product_id] = replace(product, **fields)

    def call(self, **query: str) -> tuple[int, dict[str, Any]]:
        search = Search(FakeEmbedder(), FakeStore(), self.rows)
        api = create_api(
            search, lambda product: f"https://pictures/{product.name}", Trending(self, self.rows)
        )
        return read_answer(api(api_event("GET", "/products/trending", query=query), None))[:2]

    def names(self, **query: str) -> list[str]:
        status, answer = self.call(**query)
        assert (status, answer["days"]) == (200, 7), answer
        return [product["name"] for product in answer["products"]]


def test_products_come_in_the_form_of_the_catalogue_in_the_order_of_the_board() -> None:
    shop = Shop([3, 0, 4])
    assert shop.names() == ["dress 4", "dress 1", "dress 5"]
    product = shop.call(limit="1")[1]["products"][0]
    assert product["image_url"] == "https://pictures/dress 4"
    assert {"product_id", "category", "price", "sizes", "stock", "purchase_url"} <= set(product)
    assert not {"content_hash", "cluster", "version"} & set(product)


def test_an_empty_board_is_an_empty_answer() -> None:
    assert Shop().call() == (200, {"products": [], "days": 7})


def test_what_cannot_be_had_makes_room_for_the_next() -> None:
    shop = Shop([0, 1, 2, 3, 4, 5])
    shop.change(0, stock=0)
    shop.change(1, content_hash=None)
    del shop.rows.rows[shop.products[2].product_id]
    shop.change(3, stock=None)
    assert shop.names(limit="2") == ["dress 4", "dress 5"]
    assert shop.asked == [(None, 6)]


def test_of_a_category_come_only_what_belongs_to_it_now() -> None:
    shop = Shop([0, 1])
    shop.change(0, category="skirt")
    assert shop.names(category=" Dress ") == ["dress 2"]
    assert shop.asked == [("dress", 24)]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "51"}, "limit"),
        ({"category": " "}, "category"),
        ({"days": "1"}, "days"),
    ],
)
def test_wrong_questions_are_refused_by_name(query: dict[str, str], field: str) -> None:
    status, problem = Shop().call(**query)
    assert (status, problem["errors"][0]["field"]) == (400, field)


def test_a_board_that_does_not_answer_is_worth_another_attempt() -> None:
    with pytest.raises(TrendsUnavailable):
        read(Counting(0))
    with pytest.raises(ClientError):
        read(Counting(0, "ValidationException"))
    shop = Shop()
    shop.fail = TrendsUnavailable("down")
    assert shop.call()[0] == 503


def test_without_a_network_nothing_is_counted_and_nothing_raised() -> None:
    class Silent:
        def update_item(self, **_: Any) -> None:
            raise EndpointConnectionError(endpoint_url="https://dynamodb")

    tell(Silent(), told("a"))
