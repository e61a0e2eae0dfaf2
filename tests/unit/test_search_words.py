"""Searches while the vectors cannot be searched: found by words, said so, and over when the store is back."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from runtime.search.words import MOST_SHELVES, find_by_words, passes
from runtime.shared.product_table import Page
from runtime.shared.products import Product
from runtime.vectors.errors import StoreUnavailable
from runtime.vectors.port import Filters
from tests.unit.shop import FakeRows, api_event, make_product, post_event, read_logs, start_logs, to_base64
from tests.unit.test_search_handler import RED, Shop

RACK = [
    make_product("Linen midi dress", color="red", price=Decimal("59.90"), sizes=("S", "M"), stock=3),
    make_product("Evening dress", color="blue", price=Decimal("120"), stock=0),
    make_product("Wool coat", category="outerwear", color="red", key="products/outerwear/coat.jpg"),
    make_product("Rain jacket", category="outerwear", color="grey", key="products/outerwear/rain.jpg"),
    make_product("Tote", category="bags", color="red", key="products/bags/tote.jpg"),
]


@pytest.fixture
def shop() -> Shop:
    shop = Shop()
    for product in RACK:
        shop.rows.rows[product.product_id] = product
    shop.store.fail = StoreUnavailable("opensearch: 503")
    return shop


def found(shop: Shop, query: str, **body: Any) -> list[str]:
    return [each["name"] for each in shop.find({"query": query, "limit": 10, **body})]


def test_while_the_store_is_down_words_are_searched_for_and_the_answer_says_so(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    start_logs(monkeypatch)
    status, body, _ = shop.call(api_event("GET", "/search", query={"query": "red dress", "limit": "2"}))
    assert status == 200
    assert (body["backend"], body["exact"]) == ("words (fake unavailable)", False)
    best, second = body["results"]
    assert (best["name"], best["score"], best["relevance"]) == ("Linen midi dress", 1.0, 1.0)
    assert best["why"] == ["found by its words: red, dress"]
    assert best["reasons"] == [{"code": "words", "values": {"words": "red, dress"}}]
    assert (second["category"], second["score"]) == ("dress", 0.5)
    assert read_logs(capsys.readouterr().out, "vectors not searched, found by words")
    shop.store.fail = None
    body = shop.call(api_event("GET", "/search", query={"query": "item 7"}))[1]
    assert (body["backend"], body["results"][0]["name"]) == ("fake", "item 7")


def test_a_category_goes_by_many_names(shop: Shop) -> None:
    assert found(shop, "a grey coat")[0] == "Rain jacket"
    assert found(shop, "jackets, GRAY")[0] == "Rain jacket"
    assert found(shop, "red bag") == ["Tote"]


def test_filters_restrict_as_ever_and_choose_the_shelf_where_no_word_does(shop: Shop) -> None:
    assert found(shop, "linen", filters={"category": "dress"}) == ["Linen midi dress"]
    assert found(shop, "red dress", filters={"max_price": 60}) == ["Linen midi dress"]


def test_what_is_liked_or_not_is_left_out(shop: Shop) -> None:
    assert RACK[0].name not in found(shop, "red dress", like=[RACK[0].product_id])


@pytest.mark.parametrize(
    "body",
    [
        {"query": "something for my holiday"},
        {"image": to_base64(RED)},
        {"like": [RACK[0].product_id]},
    ],
)
def test_where_words_find_nothing_the_search_is_unavailable(shop: Shop, body: dict[str, Any]) -> None:
    status, _, headers = shop.call(post_event(body))
    assert (status, headers["retry-after"]) == (503, "5")


def test_the_table_is_asked_a_bounded_number_of_times() -> None:
    asked: list[str | None] = []

    class Counting(FakeRows):
        def list(self, category: str | None, after: str | None, limit: int) -> Page:
            asked.append(category)
            return super().list(category, after, limit)

    assert find_by_words(Counting(), " ".join(f"word{number}" for number in range(200)), Filters()) == []
    assert len(asked) == MOST_SHELVES
    assert None not in asked, "never the whole table"


DRESS = RACK[0]


@pytest.mark.parametrize(
    ("product", "filters", "expected"),
    [
        (DRESS, Filters(), True),
        (DRESS, Filters(category=frozenset({"dress"}), color=frozenset({"red"})), True),
        (DRESS, Filters(category=frozenset({"shoes"})), False),
        (DRESS, Filters(color=frozenset({"blue"})), False),
        (DRESS, Filters(size=frozenset({"M", "L"})), True),
        (DRESS, Filters(size=frozenset({"L"})), False),
        (DRESS, Filters(min_price=59.9, max_price=60), True),
        (DRESS, Filters(min_price=60), False),
        (replace(DRESS, price=None), Filters(max_price=1000), False),
        (DRESS, Filters(in_stock=True), True),
        (replace(DRESS, stock=0), Filters(in_stock=True), False),
        (replace(DRESS, stock=None), Filters(in_stock=True), True),
    ],
)
def test_products_pass_filters_as_their_vectors_would(
    product: Product, filters: Filters, expected: bool
) -> None:
    assert passes(product, filters) is expected
