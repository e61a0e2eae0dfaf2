"""Complete the look: pieces that go with a product, by the rules of the stylist's outfits."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from runtime.search.logic import Found, Search
from runtime.search.request import OutfitQuery
from runtime.shared.products import Product, normalise_word
from runtime.shared.reasons import Reason, codes_of, make_reason, texts_of
from runtime.wardrobe.colors import harmony
from runtime.wardrobe.items import Item, tell_shopper
from runtime.wardrobe.outfit import Outfit, Wish, build, is_patterned
from runtime.wardrobe.pieces import (
    SLOT_WORDS,
    Formality,
    Slot,
    choose_formality,
    dress_codes,
    find_slot,
    words_of,
)

_SEASONS = ("spring", "summer", "autumn", "winter")
_EACH = 24
_LEAST_HARMONY = 0.6
_EXTRAS = (Slot.OUTERWEAR, Slot.HAT, Slot.BAG, Slot.ACCESSORY)
_DROPPED_FIRST = (
    Slot.ACCESSORY,
    Slot.BAG,
    Slot.HAT,
    Slot.OUTERWEAR,
    Slot.SHOES,
    Slot.BOTTOM,
    Slot.TOP,
    Slot.DRESS,
)
_PARTS = {
    Slot.DRESS: "the dress under it",
    Slot.TOP: "the top for it",
    Slot.BOTTOM: "worn below it",
    Slot.SHOES: "the shoes for it",
    Slot.OUTERWEAR: "over it when it gets cool",
    Slot.HAT: "on the head",
    Slot.BAG: "for what you take along",
    Slot.ACCESSORY: "the finishing touch",
}
"""What a piece does for the product, where nothing more can be said of it."""


@dataclass(frozen=True, slots=True)
class Look:
    """The pieces around a product, in dressing order, and what is to be said of them."""

    product: Item
    pieces: tuple[tuple[Slot, Item], ...]
    total: float
    currency: str | None
    notes: tuple[Reason, ...]
    wish: Wish


def complete(search: Search, product_id: str, asked: OutfitQuery, link: Callable[[Product], str]) -> Look:
    """The best outfit around a product. Raises a 404 Problem when that is not there."""
    shelves = [_categories_of(slot) for slot in Slot]
    product, found = search.find_complements(product_id, shelves, _EACH)
    around = to_item(Found(product, 1.0, product.cluster), link)
    slot = find_slot(around)
    wish = _make_wish(around, asked)
    if slot is None:
        kind = around.category or around.name
        text = f"There is no outfit around a piece such as this ({kind})."
        note = make_reason(text, "no_outfit", category=kind)
        return Look(around, (), around.price or 0.0, around.currency, (note,), wish)
    others = [item for each in found if find_slot(item := to_item(each, link)) != slot]
    outfit = build(wish, [around, *_without_clashes(others, around)])
    if not outfit.fits:
        note = Reason(f"Nothing fits: {outfit.reason}.", "nothing_fits")
        return Look(around, (), around.price or 0.0, around.currency, (note,), wish)
    return _shorten(around, outfit, wish, asked.limit)


def _categories_of(slot: Slot) -> frozenset[str]:
    """The names under which a catalogue may keep what is worn in a slot, as they are stored."""
    names = {"t-shirt" if word == "tshirt" else word for word in SLOT_WORDS[slot]}
    return frozenset(normalise_word(name) for name in {*names, *SLOT_WORDS[slot]})


def _without_clashes(items: Sequence[Item], around: Item) -> list[Item]:
    """The items whose colour does not clash with that of the product; where all of a slot do, all of them."""
    by_slot: dict[Slot | None, list[Item]] = {}
    for item in items:
        by_slot.setdefault(find_slot(item), []).append(item)
    kept: list[Item] = []
    for shelf in by_slot.values():
        kept += [item for item in shelf if harmony(item.color, around.color) >= 0] or shelf
    return kept


def _make_wish(around: Item, asked: OutfitQuery) -> Wish:
    codes = dress_codes(around)
    formality = choose_formality(asked.occasion, None) if asked.occasion else None
    if formality is None:
        formality = next((code for code in Formality if code in codes), Formality.CASUAL)
    seasons = [word for word in words_of(around.season) if word in _SEASONS]
    return Wish(
        occasion=asked.occasion or "every day",
        formality=formality,
        gender=around.gender if around.gender in ("women", "men") else None,
        season=seasons[0] if len(seasons) == 1 else None,
        budget=asked.budget,
        currency=around.currency,
        around=around,
        extras=tuple(slot for slot in _EXTRAS if slot != find_slot(around)),
    )


def _shorten(around: Item, outfit: Outfit, wish: Wish, limit: int) -> Look:
    pieces = [piece for piece in outfit.pieces if piece[1].product_id != around.product_id]
    for slot in _DROPPED_FIRST:
        if len(pieces) > limit:
            pieces = [piece for piece in pieces if piece[0] is not slot]
    worn = [around, *(item for _, item in pieces)]
    total = sum(item.cents or 0 for item in worn) / 100
    notes = [Reason("The total includes the product itself.", "total_includes_product")]
    if any(item.price is None for item in worn):
        notes.append(Reason("Not every piece has a price.", "some_without_price"))
    code = wish.formality.value
    if wish.formality not in dress_codes(around):
        text = f"The product itself is not {code}, the other pieces are."
        notes.append(make_reason(text, "product_off_code", formality=code))
    elif pieces:
        notes.append(make_reason(f"Everything suits a {code} dress code.", "all_suit_code", formality=code))
    if wish.budget is not None:
        notes.append(Reason("All of it is within your budget.", "within_budget"))
    return Look(around, tuple(pieces), total, outfit.currency, tuple(notes), wish)


def describe_look(look: Look) -> dict[str, Any]:
    """The answer of GET /products/{id}/outfit."""
    return {
        "outfit": [
            {**tell_shopper(item, reasons), "slot": slot.value}
            for (slot, item), reasons in zip(look.pieces, _explain(look), strict=True)
        ],
        "total": look.total,
        "currency": look.currency,
        "notes": texts_of(look.notes),
        "remarks": codes_of(look.notes),
    }


def _explain(look: Look) -> list[list[Reason]]:
    """The reasons for each piece; none is given twice, so that each says something of its own piece."""
    said: set[str] = set()
    told: list[list[Reason]] = []
    for slot, item in look.pieces:
        own = [each for each in _reasons(item, look) if each.text not in said]
        reasons = own or [make_reason(_PARTS[slot], "part", slot=slot.value)]
        said |= {*texts_of(reasons)}
        told.append(reasons)
    return told


def _reasons(item: Item, look: Look) -> list[Reason]:
    """What speaks for a piece, in few words each."""
    product, reasons = look.product, list[Reason]()
    if item.color and product.color and harmony(item.color, product.color) >= _LEAST_HARMONY:
        reasons.append(_match(item, product))
    if is_patterned(product) and not is_patterned(item):
        text = f"plain beside the {product.pattern} {_noun(product)}"
        reasons.append(make_reason(text, "plain_beside", pattern=product.pattern, category=product.category))
    season = look.wish.season
    if season and item.season and season in words_of(item.season):
        text = f"{_noun(item)} for {season}"
        reasons.append(make_reason(text, "for_season", category=item.category, season=season))
    return reasons


def _match(item: Item, product: Item) -> Reason:
    """That the colours of two pieces go together."""
    if item.color == product.color:
        return make_reason(f"the same {item.color}", "same_color", color=item.color)
    return make_reason(
        f"{item.color} goes with the {product.color} {_noun(product)}",
        "color_goes_with",
        color=item.color,
        other_color=product.color,
        category=product.category,
    )


def _noun(item: Item) -> str:
    return item.category or "piece"


def to_item(found: Found, link: Callable[[Product], str]) -> Item:
    """A found product as outfits know it."""
    product = found.product
    return Item(
        product_id=product.product_id,
        name=product.name,
        category=product.category,
        price=None if product.price is None else float(product.price),
        currency=product.currency,
        color=product.color,
        image_url=link(product),
        relevance=round(max(0.0, found.similarity), 6),
        cluster=found.cluster,
        gender=product.gender,
        season=product.season,
        occasion=product.occasion,
        pattern=product.pattern,
        sizes=product.sizes,
        stock=product.stock,
    )
