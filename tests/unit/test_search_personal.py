"""Search in a shopper's own order: whose taste counts, what it changes, and what happens without it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest

from runtime.personalization.port import Candidate, EventType, Ranker, RankerUnavailable, Ranking
from runtime.personalization.rankers.builtin import BuiltInRanker
from runtime.personalization.reranking import OpenStyles, Reranker
from runtime.personalization.style import Style
from runtime.personalization.style_table import StyleUnavailable
from runtime.personalization.taste import Event
from runtime.search.handler import create_api, create_tool
from runtime.search.logic import CANDIDATES, Search
from runtime.search.trending import EmptyBoard, Trending
from runtime.vectors.port import Attributes, VectorItem
from tests.unit.shop import (
    CLAIMS,
    FakeEmbedder,
    FakeRows,
    FakeStore,
    api_event,
    direction,
    make_product,
    post_event,
    read_answer,
)

USER = CLAIMS["sub"]
NOW = 1_800_000_000.0
COLORS = ("red", "blue", "green", "black")
QUERY = "item 1"

NOTHING_YET = Trending(EmptyBoard(), FakeRows())


@dataclass
class FakeStyles:
    """The style profiles, and how often one was read."""

    styles: dict[str, Style] = field(default_factory=dict)
    reads: int = 0
    fail: bool = False

    def read(self, user_id: str) -> Style:
        self.reads += 1
        if self.fail:
            raise StyleUnavailable("throttled")
        return self.styles.get(user_id, Style(user_id))


def near(text: str, name: str) -> Any:
    """The vector of a product that a text describes about as well as all others of its kind."""
    mixed = direction(text) + 0.3 * direction(name)
    return mixed / np.linalg.norm(mixed)


class BrokenRanker:
    def rank(self, user_id: str, session_id: str | None, candidates: Sequence[Candidate]) -> Ranking:
        raise RankerUnavailable("down")


@dataclass
class Shop:
    """Two hundred products in four colours and ten clusters, all of them much what is asked for."""

    styles: FakeStyles = field(default_factory=FakeStyles)
    store: FakeStore = field(default_factory=FakeStore)
    rows: FakeRows = field(default_factory=FakeRows)
    ranker: Ranker | None = None
    weight: float = 0.3

    def __post_init__(self) -> None:
        self.products = [
            replace(make_product(f"item {number}"), color=COLORS[number % 4], category="dress")
            for number in range(200)
        ]
        for number, product in enumerate(self.products):
            self.rows.rows[product.product_id] = product
            known = Attributes("dress", product.color, 20.0, cluster=number % 10)
            self.store.items[product.product_id] = VectorItem(
                product.product_id, near(QUERY, product.name), known, "", 1
            )

    def search(self) -> Search:
        styles = OpenStyles(self.styles)
        ranker = self.ranker or BuiltInRanker(styles.find, clock=lambda: NOW)
        return Search(FakeEmbedder(), self.store, self.rows, Reranker(styles, ranker, self.weight))

    def find(self, **body: Any) -> dict[str, Any]:
        api = create_api(self.search(), lambda product: f"https://pictures/{product.product_id}", NOTHING_YET)
        status, answer, _ = read_answer(api(post_event({"query": QUERY, "limit": 20} | body), None))
        assert status == 200, answer
        answer.pop("took_ms")
        return answer

    def like(self, *colors: str, **changes: Any) -> None:
        events = tuple(
            Event(f"liked-{place}", EventType.FAVORITE, int(NOW) - 100 + place, "s", None, None, color)
            for place, color in enumerate(colors)
        )
        self.styles.styles[USER] = replace(Style(USER, "p" * 32, events=events), **changes)


@pytest.fixture
def shop() -> Shop:
    return Shop()


def ids(answer: dict[str, Any]) -> list[str]:
    return [result["product_id"] for result in answer["results"]]


def count_color(answer: dict[str, Any], color: str, first: int = 5) -> int:
    return sum(result["color"] == color for result in answer["results"][:first])


def test_what_was_liked_comes_first_and_says_why(shop: Shop) -> None:
    baseline = shop.find()
    shop.like("green")
    answer = shop.find(personalize=0.8)
    assert answer["ranker"] == "builtin"
    assert count_color(answer, "green") == 5 > count_color(baseline, "green")
    first = answer["results"][0]
    assert first["why"] == ["in green, like the green piece you saved"]
    [reason] = first["reasons"]
    assert reason["code"] == "in_color"
    assert (reason["values"]["done"], reason["values"]["color"]) == ("favorite", "green")
    assert first["affinity"] == 1.0
    assert 0.8 <= first["score"] <= 1.0
    assert [r["score"] for r in answer["results"]] == sorted(
        (r["score"] for r in answer["results"]), reverse=True
    )


@pytest.mark.parametrize(
    "change",
    [
        {"request": {"personalize": 0}},
        {"style": {"weight": 0.0}},
        {"style": {"opted_out": True}, "request": {"personalize": 1}},
        {"style": {"events": ()}, "request": {"personalize": 1}},
        {"shop": 0.0},
    ],
)
def test_without_taste_the_answer_is_exactly_the_baseline(shop: Shop, change: dict[str, Any]) -> None:
    baseline = shop.find()
    assert baseline["ranker"] == "none"
    shop.like("green", **change.get("style", {}))
    shop.weight = change.get("shop", shop.weight)
    assert shop.find(**change.get("request", {})) == baseline
    assert shop.store.searches[0] == shop.store.searches[-1]


def test_the_weight_is_the_requests_then_the_shoppers_then_the_shops(shop: Shop) -> None:
    shop.like("green")
    by_shop = shop.find()
    assert by_shop == shop.find(personalize=0.3)
    shop.like("green", weight=0.9)
    by_shopper = shop.find()
    assert by_shopper == shop.find(personalize=0.9) != by_shop
    assert shop.find(personalize=0.3) == by_shop


def test_results_stay_among_the_nearest(shop: Shop) -> None:
    shop.like("green")
    nearest = ids(shop.find(personalize=0, limit=100))
    assert set(ids(shop.find(personalize=1, limit=20))) <= set(nearest)
    assert shop.store.searches[-1][0] == CANDIDATES


def test_what_is_of_another_kind_than_the_best_stays_behind(shop: Shop) -> None:
    last = ids(shop.find(personalize=0, limit=60))[-20:]
    for product_id in last:
        item = shop.store.items[product_id]
        attributes = Attributes("shorts", "orange", 20.0, cluster=77)
        shop.store.items[product_id] = replace(item, attributes=attributes)
        shop.rows.rows[product_id] = replace(shop.rows.rows[product_id], category="shorts", color="orange")
    shop.like("orange", "green")
    first = shop.find(personalize=1)["results"]
    assert {result["category"] for result in first} == {"dress"}
    assert first[0]["color"] == "green"


def test_taste_does_not_bring_up_what_was_not_asked_for(shop: Shop) -> None:
    for product in shop.products:
        if product.color == "green":
            item = shop.store.items[product.product_id]
            shop.store.items[product.product_id] = replace(item, vector=direction(product.name))
    shop.like("green")
    baseline = shop.find()
    answer = shop.find(personalize=1, limit=100)
    assert count_color(answer, "green", first=50) == count_color(baseline, "green", first=50) == 0
    assert all(r["affinity"] is None for r in answer["results"] if r["color"] == "green")


def test_get_takes_the_weight_as_well(shop: Shop) -> None:
    shop.like("green")
    api = create_api(shop.search(), lambda product: product.product_id, NOTHING_YET)
    query = {"query": QUERY, "limit": "20", "personalize": "0.8"}
    _, answer, _ = read_answer(api(api_event("GET", "/search", query=query), None))
    assert ids(answer) == ids(shop.find(personalize=0.8))


def test_one_search_reads_the_profile_once(shop: Shop) -> None:
    shop.like("green")
    shop.find()
    assert shop.styles.reads == 1
    shop.find(personalize=0)
    assert shop.styles.reads == 1


def test_taste_changes_with_the_next_interaction_and_three_turn_it(shop: Shop) -> None:
    shop.like(*["green"] * 40)
    assert count_color(shop.find(personalize=0.8), "green") == 5
    shop.like(*["green"] * 40, *["blue"] * 3)
    turned = shop.find(personalize=0.8)
    assert count_color(turned, "blue") > count_color(turned, "green")


@pytest.mark.parametrize("broken", ["styles", "ranker"])
def test_a_search_goes_on_without_taste_and_says_so(shop: Shop, broken: str) -> None:
    baseline = shop.find()
    shop.like("green")
    if broken == "styles":
        shop.styles.fail = True
    else:
        shop.ranker = BrokenRanker()
    assert shop.find(personalize=1) == baseline | {"ranker": "none (unavailable)"}


def test_filters_and_likes_hold_in_the_shoppers_order(shop: Shop) -> None:
    shop.like("green")
    liked = shop.products[3].product_id
    answer = shop.find(personalize=1, like=[liked], limit=100)
    assert liked not in ids(answer)
    assert len(ids(answer)) == 100


def test_vanished_products_are_made_up_for(shop: Shop) -> None:
    shop.like("green")
    before = ids(shop.find(personalize=0.8, limit=40))
    for product_id in before[:10]:
        del shop.rows.rows[product_id]
    assert ids(shop.find(personalize=0.8, limit=20)) == before[10:30]


def test_the_tool_knows_its_shopper(shop: Shop) -> None:
    shop.like("green")
    tool = create_tool(shop.search(), shop.rows, lambda product: product.product_id)
    request = {"query": QUERY, "limit": 20}
    answer = tool({"tool": "search", "user_id": USER, "request": request})
    assert ids(answer) == ids(shop.find())
    assert tool({"tool": "search", "user_id": "someone else", "request": request})["ranker"] == "none"
