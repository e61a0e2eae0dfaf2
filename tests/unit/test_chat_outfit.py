"""Outfits: what is allowed, what is best, and why nothing fits."""

import itertools
import random
from typing import Any

import pytest

from runtime.wardrobe.colors import harmony, matches_color
from runtime.wardrobe.items import Item, read_item
from runtime.wardrobe.outfit import Wish, breaches, build
from runtime.wardrobe.pieces import (
    Formality,
    Slot,
    category_names,
    choose_formality,
    dress_codes,
    find_slot,
    season_fit,
    suits_gender,
    suits_sizes,
)
from tests.support.speed import best_time_in_units
from tests.unit.chat_doubles import (
    CAP,
    CHINOS,
    COAT,
    DRESS,
    HEELS,
    JEANS,
    LOAFERS,
    SANDALS,
    SHIRT,
    SHOP,
    SLIP,
    SNEAKERS,
    TEE,
    TRENCH,
    product,
)

ITEMS = [read_item(each, 0.0) for each in SHOP]


def item(name: str, category: str, **fields: Any) -> Item:
    return read_item(product(name, category, **fields), 0.0)


def wish(formality: Formality = Formality.CASUAL, **fields: Any) -> Wish:
    return Wish(occasion=fields.pop("occasion", "day"), formality=formality, **fields)


def names(found: Any) -> list[str]:
    return [each.name for each in found.items]


def test_a_dress_and_shoes_within_the_budget() -> None:
    found = build(wish(Formality.FORMAL, gender="women", budget=190, occasion="wedding"), ITEMS)
    assert names(found) == [DRESS["name"], HEELS["name"]]
    assert (found.total, found.currency, found.fits) == (184.9, "EUR", True)
    assert found.reason == "2 pieces for wedding (formal), 184.90 EUR of 190.00 EUR"


def test_top_bottom_and_shoes_for_men() -> None:
    found = build(wish(Formality.SMART, gender="men"), ITEMS)
    assert [slot for slot, _ in found.pieces] == [Slot.TOP, Slot.BOTTOM, Slot.SHOES]
    assert names(found) == [SHIRT["name"], CHINOS["name"], LOAFERS["name"]]


def test_what_the_weather_asks_for() -> None:
    cold = wish(Formality.SMART, gender="women", warmest_c=14.0, season="spring")
    assert names(build(cold, ITEMS))[1] == TRENCH["name"]
    hot = build(wish(Formality.CASUAL, gender="men", warmest_c=30.0), ITEMS)
    assert names(hot) == [TEE["name"], JEANS["name"], SNEAKERS["name"], CAP["name"]]
    freezing = build(wish(Formality.CASUAL, gender="men", warmest_c=2.0), ITEMS)
    assert not freezing.fits, "a summer T-shirt is not for frost"


def test_an_extra_that_is_too_expensive_is_left_out_and_said_so() -> None:
    asked = wish(Formality.SMART, gender="women", season="autumn", budget=250)
    found = build(asked, [read_item(each, 0.0) for each in (SLIP | {"season": "autumn"}, HEELS, TRENCH)])
    assert names(found) == [SLIP["name"], HEELS["name"]]
    assert found.reason.endswith("; no outerwear fits as well")


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        (
            {"gender": "women", "budget": 150},
            "the cheapest complete outfit for this costs 184.90 EUR, more than the budget of 150.00 EUR",
        ),
        (
            {"gender": "women", "budget": 92},
            "the catalogue has no shoes for this (formal, women, within 92.00 EUR)",
        ),
        ({"gender": "men", "sizes": ("XXL",)}, None),
        (
            {"gender": "women", "currency": "USD", "budget": 300},
            "the shop's prices are in EUR, so a budget in USD says nothing",
        ),
        (
            {"gender": "women", "exclude": frozenset({HEELS["product_id"]})},
            "the catalogue has no shoes for this (formal, women)",
        ),
    ],
)
def test_why_nothing_fits(asked: dict[str, Any], reason: str | None) -> None:
    found = build(wish(Formality.FORMAL, **asked), ITEMS)
    if reason is None:
        assert found.fits
    else:
        assert (found.fits, found.pieces, found.reason) == (False, (), reason)


def test_a_product_without_a_price_passes_no_budget() -> None:
    free = [item("Silk gown", "dress", price=None, currency=None), item("Silk pumps", "shoes", price=10)]
    assert not build(wish(budget=100), free).fits
    assert build(wish(), free).fits


def test_pieces_are_of_one_gender_and_one_currency() -> None:
    for gender in ("women", "men"):
        foreign = item("Boots", "shoes", currency="USD", gender=gender)
        assert not build(
            wish(gender=None), [item("Tee", "shirt"), item("Chinos", "pants"), foreign, foreign]
        ).fits
    mixed = [
        item("Tee", "shirt", gender="men"),
        item("Skirt", "skirt", gender="women"),
        item("Boots", "shoes"),
    ]
    assert not build(wish(), mixed).fits


def test_colours_asked_for_win() -> None:
    shelf = [item(f"{color} dress", "dress", color=color) for color in ("black", "burgundy", "green")]
    shelf += [item("Boots", "shoes", color="black")]
    assert names(build(wish(colors=("red",)), shelf))[0] == "burgundy dress"


def test_colours_that_clash_lose() -> None:
    shelf = [
        item("Red dress", "dress", color="red"),
        item("Orange shoes", "shoes", color="orange", relevance=0.55),
        item("Beige shoes", "shoes", color="beige"),
    ]
    assert names(build(wish(), shelf)) == ["Red dress", "Beige shoes"]
    shades = [
        harmony("blue", "green"),
        harmony("red", "green"),
        harmony("red", "pink"),
        harmony("red", "beige"),
    ]
    assert shades == sorted(shades)
    assert len(set(shades)) == 4
    assert harmony("red", None) == harmony(None, None) == 0
    assert harmony("pink", "red") == harmony("red", "pink")


@pytest.mark.parametrize(
    ("color", "wanted", "matches"),
    [
        ("navy", "blue", True),
        ("light blue", "blue", True),
        ("olive", "red", False),
        (None, "red", False),
        ("dark blue", "navy", True),
        ("multicolour", "red", False),
    ],
)
def test_colours_have_families(color: str | None, wanted: str, matches: bool) -> None:
    assert matches_color(color, (wanted,)) is matches


def test_the_best_of_all_outfits_within_the_budget_is_found() -> None:
    """Against trying them all, on shelves small enough to try."""
    rng = random.Random(7)
    for _ in range(40):
        shelf = [
            item(f"{category} {number}", category, price=rng.randint(10, 90), relevance=rng.random())
            for category in ("shirt", "pants", "shoes")
            for number in range(6)
        ]
        budget = rng.randint(40, 200)
        combos = itertools.product(
            *[[i for i in shelf if i.category == c] for c in ("shirt", "pants", "shoes")]
        )
        allowed = [c for c in combos if sum(i.price or 0 for i in c) <= budget]
        found = build(wish(gender="men", budget=budget), shelf)
        assert found.fits is bool(allowed)
        if allowed:
            best = max(allowed, key=lambda c: (c[0].relevance + c[1].relevance) / 2 + c[2].relevance)
            assert found.items == best
            assert found.total <= budget


def test_a_full_shelf_takes_milliseconds() -> None:
    rng = random.Random(3)
    shelf = [
        item(f"{category} {number}", category, price=rng.randint(10, 90), relevance=rng.random(), color="red")
        for category in ("shirt", "pants", "dress", "shoes", "coat", "hat")
        for number in range(30)
    ]
    assert len(build(wish(warmest_c=5.0, budget=200), shelf).pieces) >= 4
    assert best_time_in_units(lambda: build(wish(warmest_c=5.0, budget=200), shelf), tries=3) < 20


def test_breaches() -> None:
    pieces = [read_item(each, 0.0) for each in (DRESS, HEELS)]
    assert breaches(pieces, Formality.FORMAL, 184.9) is None
    assert breaches(pieces, None, 184.89) == "the pieces cost more than the budget"
    assert breaches([*pieces, read_item(SANDALS, 0.0)], Formality.FORMAL, None) == "a piece is not formal"
    assert breaches([item("Gift", "hat", price=None)], None, 10) == "a piece has no price"


@pytest.mark.parametrize(
    ("name", "category", "slot"),
    [
        ("Slip", "dress", Slot.DRESS),
        ("Shirt dress in white", "dress", Slot.DRESS),
        ("x", "t-shirt", Slot.TOP),
        ("Bow blouse", "other", Slot.TOP),
        ("Dress shirt", "other", Slot.TOP),
        ("Dress shoes", "other", Slot.SHOES),
        ("x", "Jackets & Coats", Slot.OUTERWEAR),
        ("x", "outwear", Slot.OUTERWEAR),
        ("x", "longsleeve", Slot.TOP),
        ("x", "shorts", Slot.BOTTOM),
        ("Sun hat", "Accessories", Slot.HAT),
        ("Leather bag", "bags", Slot.BAG),
        ("Silk scarf", "Accessories", Slot.ACCESSORY),
        ("Umbrella", "Accessories", None),
    ],
)
def test_slots(name: str, category: str, slot: Slot | None) -> None:
    assert find_slot(item(name, category)) is slot


@pytest.mark.parametrize(
    ("entry", "codes"),
    [
        (COAT, {"formal", "smart"}),
        (HEELS, {"formal", "smart"}),
        (JEANS, {"casual"}),
        (SANDALS, {"casual"}),
        (SNEAKERS, {"casual", "sport"}),
        (CAP, {"casual", "sport"}),
        (product("Leggings", "pants", occasion="sport"), {"casual", "sport"}),
        (product("Bermuda shorts", "shorts", occasion="office"), {"casual"}),
        (product("Knit dress", "dress", occasion="office"), {"smart"}),
        (product("Photo", "dress"), {"casual", "smart", "formal"}),
    ],
)
def test_dress_codes(entry: dict[str, Any], codes: set[str]) -> None:
    assert dress_codes(read_item(entry, 0.0)) == codes


@pytest.mark.parametrize(
    ("occasion", "code"),
    [
        ("a wedding in June", "formal"),
        ("job interview", "smart"),
        ("running a marathon", "sport"),
        ("city walk", "casual"),
        ("Dinner party", "smart"),
        ("black-tie gala", "formal"),
    ],
)
def test_occasions_have_dress_codes(occasion: str, code: str) -> None:
    assert choose_formality(occasion, None) == code
    assert choose_formality(occasion, "casual") == "casual"


def test_seasons_sizes_and_genders() -> None:
    wool = read_item(COAT, 0.0)
    assert season_fit(wool, "winter", None) == 1
    assert season_fit(wool, "summer", None) == season_fit(wool, "winter", 30.0) == 0
    assert season_fit(wool, "autumn", None) == 0.5
    assert season_fit(item("Jeans", "pants", season="all-season"), "winter", None) == 0.8
    sized = item("Shirt", "shirt", sizes=["S", "M"])
    assert suits_sizes(sized, ("m",))
    assert not suits_sizes(sized, ("XL", "42"))
    assert suits_sizes(sized, ("42",))
    assert suits_gender(item("Skirt", "skirt"), "women")
    assert not suits_gender(item("Skirt", "skirt"), "men")
    assert suits_gender(item("Skirt", "skirt"), "unisex")


def test_categories_have_other_names() -> None:
    assert category_names("Trousers")[:2] == ["trousers", "trouserss"]
    assert "pants" in category_names("trousers")
    assert "dress" in category_names("dresses")
    assert category_names("scarf")[0] == "scarf"
