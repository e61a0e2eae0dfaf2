"""Complete the look: what goes with a product, within a budget and for an occasion."""

from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import pytest

from runtime.search.handler import create_api
from runtime.search.logic import Search
from runtime.shared.products import Product
from runtime.vectors.attributes import attributes_of
from runtime.vectors.port import VectorItem
from runtime.wardrobe.colors import harmony
from tests.unit.shop import (
    NOTHING_POPULAR,
    FakeEmbedder,
    FakeRows,
    FilteringStore,
    api_event,
    direction,
    make_product,
    read_answer,
)

COLORS = ("white", "red", "navy", "green")


@dataclass
class Shop:
    store: FilteringStore = field(default_factory=FilteringStore)
    rows: FakeRows = field(default_factory=FakeRows)

    def add(self, category: str, color: str, price: float | None, **known: Any) -> Product:
        name = f"{color} {category} {len(self.rows.rows)}"
        product = replace(
            make_product(name),
            category=category,
            color=color,
            price=None if price is None else Decimal(str(price)),
            currency="EUR",
            version=1,
            **known,
        )
        self.rows.rows[product.product_id] = product
        self.store.items[product.product_id] = VectorItem(
            product.product_id, direction(name), attributes_of(product), "", 1
        )
        return product

    def look(self, product: Product, **query: str) -> dict[str, Any]:
        status, body, _ = self.call(product.product_id, query)
        assert status == 200, body
        return body

    def call(self, product_id: str, query: dict[str, str]) -> tuple[int, dict[str, Any], dict[str, str]]:
        search = Search(FakeEmbedder(), self.store, self.rows)
        api = create_api(search, lambda product: f"https://pictures/{product.product_id}", NOTHING_POPULAR)
        return read_answer(api(api_event("GET", f"/products/{product_id}/outfit", query=query), None))


@pytest.fixture
def shop() -> Shop:
    shop = Shop()
    for place, color in enumerate(COLORS):
        for category, price in (("pants", 40), ("skirt", 35), ("shoes", 60), ("dress", 80), ("shirt", 30)):
            shop.add(category, color, price + place)
        shop.add("outwear", color, 120 + place)
    return shop


def slots(look: dict[str, Any]) -> list[str]:
    return [piece["slot"] for piece in look["outfit"]]


def test_a_shirt_gets_a_bottom_shoes_and_something_to_put_over(shop: Shop) -> None:
    look = shop.look(shop.add("shirt", "red", 25))
    assert slots(look) == ["bottom", "outerwear", "shoes"]
    assert look["total"] == pytest.approx(25 + sum(piece["price"] for piece in look["outfit"]))
    assert look["currency"] == "EUR"
    assert all(piece["why"] and piece["image_url"].startswith("https://") for piece in look["outfit"])
    assert "includes the product itself" in look["notes"][0]


def test_a_dress_gets_what_the_shop_has_for_it_and_no_second_body(shop: Shop) -> None:
    assert slots(shop.look(shop.add("dress", "navy", 90))) == ["outerwear", "shoes"]
    for category in ("hat", "bag", "scarf"):
        shop.add(category, "white", 20)
    dress = shop.add("dress", "navy", 91)
    assert slots(shop.look(dress, limit="6")) == ["outerwear", "shoes", "hat", "bag", "accessory"]
    assert slots(shop.look(dress, limit="3")) == ["outerwear", "shoes", "hat"]
    assert slots(shop.look(dress, limit="6", occasion="a wedding")) == [
        "outerwear",
        "shoes",
        "bag",
        "accessory",
    ]


def test_what_is_over_the_budget_or_out_of_season_is_left_out_not_the_outfit(shop: Shop) -> None:
    shop.add("scarf", "white", 20, season="winter")
    dress = shop.add("dress", "navy", 90, season="summer")
    assert slots(shop.look(dress)) == ["outerwear", "shoes"]
    look = shop.look(dress, budget="155")
    assert slots(look) == ["shoes"]
    assert "All of it is within your budget." in look["notes"]


def test_every_reason_says_something_of_its_own_piece(shop: Shop) -> None:
    for category in ("hat", "bag", "scarf"):
        shop.add(category, "white", 20)
    for color in ("navy", "red"):
        look = shop.look(shop.add("dress", color, 90, pattern="floral"), limit="6")
        reasons = [why for piece in look["outfit"] for why in piece["why"]]
        assert len(reasons) == len({*reasons}) >= len(look["outfit"]) == 5
        assert any("beside the floral dress" in why for why in reasons)
        assert "Everything suits a casual dress code." in look["notes"]


@pytest.mark.parametrize(
    ("category", "worn"),
    [
        ("outwear", {"bottom", "shoes", "top"}),
        ("shoes", {"bottom", "top", "outerwear"}),
        ("bag", {"bottom", "top", "shoes", "outerwear"}),
    ],
)
def test_other_pieces_get_a_whole_outfit(shop: Shop, category: str, worn: set[str]) -> None:
    found = set(slots(shop.look(shop.add(category, "navy", 90))))
    assert found in (worn, (worn - {"bottom", "top"}) | {"dress"})


def test_colours_go_together(shop: Shop) -> None:
    product = shop.add("shirt", "red", 25)
    look = shop.look(product)
    assert all(harmony("red", piece["color"]) >= 0 for piece in look["outfit"])
    assert len({piece["color"] for piece in look["outfit"]} & {"green"}) == 0
    assert any("goes with the red shirt" in why for piece in look["outfit"] for why in piece["why"])


def test_the_budget_holds_for_everything_together(shop: Shop) -> None:
    product = shop.add("shirt", "red", 25)
    look = shop.look(product, budget="122")
    assert look["total"] <= 122
    assert slots(look) == ["bottom", "shoes"]
    short = shop.look(product, budget="100")
    assert short["outfit"] == []
    assert "more than the budget" in short["notes"][0]


def test_the_occasion_rules_pieces_out(shop: Shop) -> None:
    for number in range(4):
        shop.add("sneakers", "white", 10 + number, name=f"Canvas sneakers {number}")
    look = shop.look(shop.add("dress", "navy", 90), occasion="a wedding")
    assert [piece["category"] for piece in look["outfit"]] == ["outwear", "shoes"]
    assert "Everything suits a formal dress code." in look["notes"]


def test_sold_out_pieces_are_not_proposed(shop: Shop) -> None:
    for product_id, row in list(shop.rows.rows.items()):
        if row.category == "shoes":
            gone = replace(row, stock=0)
            shop.rows.rows[product_id] = gone
            shop.store.items[product_id] = replace(
                shop.store.items[product_id], attributes=attributes_of(gone)
            )
    look = shop.look(shop.add("shirt", "red", 25))
    assert look["outfit"] == []
    assert "no shoes" in look["notes"][0]


def test_a_limit_leaves_the_least_important_out(shop: Shop) -> None:
    product = shop.add("shirt", "red", 25)
    assert slots(shop.look(product, limit="1")) == ["bottom"]


def test_there_is_no_outfit_around_an_umbrella(shop: Shop) -> None:
    look = shop.look(shop.add("umbrella", "red", 25))
    assert look["outfit"] == []
    assert "no outfit around" in look["notes"][0]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"budget": "-1"}, "budget"),
        ({"budget": "x"}, "budget"),
        ({"limit": "9"}, "limit"),
        ({"color": "red"}, "color"),
    ],
)
def test_bad_input_is_refused_by_name(shop: Shop, query: dict[str, str], field: str) -> None:
    status, body, _ = shop.call(shop.add("shirt", "red", 25).product_id, query)
    assert (status, body["errors"][0]["field"]) == (400, field)


@pytest.mark.parametrize("product_id", ["a" * 20, "nonsense"])
def test_an_outfit_around_nothing_is_not_found(shop: Shop, product_id: str) -> None:
    assert shop.call(product_id, {})[0] == 404
