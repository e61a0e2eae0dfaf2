"""An outfit from candidate products: the best of those that keep the budget and the dress code.

What must hold (budget, dress code, season, gender, size, stock) decides which products and sums are allowed
at all; among the allowed outfits the one of the highest value wins:

    value = mean over the body's pieces + shoes + each extra piece, each as relevance + bonuses for season and
            wanted colours, + 0.5 * mean harmony of all pairs - 0.4 for each pair of patterned pieces

Top, bottom and shoes are combined exhaustively; the best of them within the budget are then completed, one
slot after the other, with what the weather or the wish asks for: outerwear, hat, bag, accessory.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product

from runtime.shared.reasons import Reason, make_reason
from runtime.wardrobe.colors import harmony, matches_color
from runtime.wardrobe.items import Item
from runtime.wardrobe.pieces import (
    Formality,
    Slot,
    dress_codes,
    find_slot,
    season_fit,
    suits_gender,
    suits_sizes,
)

_WIDTH, _EXTRA_WIDTH = 10, 5
"""Candidates by slot: the best, and beside them always the cheapest."""
_CHEAPEST = 2
_BEAM = 25
_WIDER_BEAM = 100
_ORDER = (
    Slot.DRESS,
    Slot.TOP,
    Slot.BOTTOM,
    Slot.OUTERWEAR,
    Slot.SHOES,
    Slot.HAT,
    Slot.BAG,
    Slot.ACCESSORY,
)
_BODY = frozenset({Slot.DRESS, Slot.TOP, Slot.BOTTOM})
_EXTRAS = (Slot.OUTERWEAR, Slot.HAT, Slot.BAG, Slot.ACCESSORY)
_BODIES = ((Slot.DRESS,), (Slot.TOP, Slot.BOTTOM))

Pieces = tuple[tuple[Slot, Item], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is asked of an outfit. `budget` is for all of it; temperatures are the day's extremes."""

    occasion: str
    formality: Formality
    gender: str | None = None
    season: str | None = None
    colors: tuple[str, ...] = ()
    budget: float | None = None
    currency: str | None = None
    sizes: tuple[str, ...] = ()
    exclude: frozenset[str] = frozenset()
    warmest_c: float | None = None
    coldest_c: float | None = None
    rain_mm: float | None = None
    around: Item | None = None
    """The piece that the outfit is composed around; it is in every proposal."""
    extras: tuple[Slot, ...] = ()
    """Slots beside body and shoes that are filled where something fits, whatever the weather."""

    @property
    def wants_outerwear(self) -> bool:
        if self.warmest_c is None:
            return self.season in ("autumn", "winter")
        chilly = self.warmest_c < 17 or (self.coldest_c is not None and self.coldest_c < 9)
        return (chilly or (self.rain_mm or 0) >= 2) and self.warmest_c < 26

    @property
    def wants_hat(self) -> bool:
        if self.formality not in (Formality.CASUAL, Formality.SPORT):
            return False
        if self.warmest_c is None:
            return self.season in ("summer", "winter")
        return self.warmest_c < 6 or (self.warmest_c >= 24 and (self.rain_mm or 0) < 1)


@dataclass(frozen=True, slots=True)
class Outfit:
    """The proposal: pieces in dressing order. `total` is in `currency`; `reason` says why, or why not."""

    pieces: Pieces
    total: float
    currency: str | None
    fits: bool
    reason: str

    @property
    def items(self) -> tuple[Item, ...]:
        return tuple(item for _, item in self.pieces)


def build(wish: Wish, candidates: Iterable[Item]) -> Outfit:
    """The best outfit for a wish; without pieces, and with the reason, when nothing fits."""
    distinct = {item.product_id: item for item in candidates if item.product_id not in wish.exclude}
    genders = (wish.gender,) if wish.gender in ("women", "men") else ("women", "men")
    proposals = [_build_for(wish, gender, list(distinct.values())) for gender in genders]
    found = [proposal for proposal in proposals if proposal[1].fits]
    if not found:
        return proposals[0][1]
    return max(found, key=lambda proposal: proposal[0])[1]


def breaches(pieces: Sequence[Item], formality: Formality | None, budget: float | None) -> str | None:
    """What is wrong with an outfit: it is over the budget or off the dress code; None when nothing is."""
    if budget is not None:
        if any(item.price is None for item in pieces):
            return "a piece has no price"
        if sum(item.cents or 0 for item in pieces) > round(budget * 100):
            return "the pieces cost more than the budget"
    if formality is not None and any(formality not in dress_codes(item) for item in pieces):
        return f"a piece is not {formality}"
    return None


def explain_piece(item: Item, wish: Wish) -> list[Reason]:
    """Why a piece is in the outfit, in a few words each."""
    code = wish.formality.value
    reasons = [make_reason(f"suits a {code} dress code", "suits_code", formality=code)]
    if wish.colors and matches_color(item.color, wish.colors):
        text = f"in a colour you asked for ({item.color})"
        reasons.append(make_reason(text, "asked_color", color=item.color))
    if item.season and season_fit(item, wish.season, wish.warmest_c) == 1.0:
        known = wish.warmest_c is not None
        reasons.append(
            Reason("right for the weather", "right_for_weather")
            if known
            else Reason("right for the season", "right_for_season")
        )
    return reasons


def _build_for(wish: Wish, gender: str | None, candidates: list[Item]) -> tuple[float, Outfit]:
    currency = _choose_currency(wish, candidates)
    if wish.currency and currency != wish.currency:
        return 0.0, _refuse(
            currency, f"the shop's prices are in {currency}, so a budget in {wish.currency} says nothing"
        )
    shelves = _fill_shelves(wish, gender, currency, candidates)
    extras = [Slot.OUTERWEAR] * wish.wants_outerwear + [Slot.HAT] * wish.wants_hat
    extras += [slot for slot in wish.extras if slot not in extras]
    if wish.around:
        fixed = find_slot(wish.around)
        shelves = _make_room(shelves, wish.around)
        extras += [slot for slot in _EXTRAS if slot == fixed and slot not in extras]
    else:
        fixed = None
    wanted = [slot for slot in extras if shelves[slot]]
    for kept in _fewer_and_fewer(wanted):
        if fixed in extras and fixed not in kept:
            continue
        best = _find_best(wish, shelves, kept)
        if best:
            value, pieces = best
            return value, _propose(wish, pieces, currency, [slot for slot in extras if slot not in kept])
    return 0.0, _refuse(currency, _explain_failure(wish, gender, shelves, currency))


def _make_room(shelves: dict[Slot, list[Item]], around: Item) -> dict[Slot, list[Item]]:
    """The shelves with one piece alone in its slot, and nothing in the slots whose place it takes."""
    slot = find_slot(around)
    shelves = dict(shelves)
    if slot in _BODY:
        rivals = (Slot.TOP, Slot.BOTTOM) if slot is Slot.DRESS else (Slot.DRESS,)
        shelves |= {rival: [] for rival in rivals}
    return shelves | ({slot: [around]} if slot else {})


def _fewer_and_fewer(slots: list[Slot]) -> list[tuple[Slot, ...]]:
    return [chosen for size in range(len(slots), -1, -1) for chosen in combinations(slots, size)]


def _choose_currency(wish: Wish, candidates: Sequence[Item]) -> str | None:
    """The budget's currency where the shop has prices in it, else the one most prices are in."""
    known = [item.currency for item in candidates if item.currency]
    if wish.currency in known or not known:
        return wish.currency
    return max(sorted(set(known)), key=known.count)


def _fill_shelves(
    wish: Wish, gender: str | None, currency: str | None, candidates: Sequence[Item]
) -> dict[Slot, list[Item]]:
    shelves: dict[Slot, list[Item]] = {slot: [] for slot in Slot}
    for item in candidates:
        slot = find_slot(item)
        if slot and _is_allowed(item, wish, gender, currency):
            shelves[slot].append(item)
    return {
        slot: _narrow(wish, items, _EXTRA_WIDTH if slot in _EXTRAS else _WIDTH)
        for slot, items in shelves.items()
    }


def _is_allowed(item: Item, wish: Wish, gender: str | None, currency: str | None) -> bool:
    if wish.budget is not None and (item.price is None or item.price > wish.budget):
        return False
    return (
        not item.is_sold_out
        and wish.formality in dress_codes(item)
        and suits_gender(item, gender)
        and suits_sizes(item, wish.sizes)
        and season_fit(item, wish.season, wish.warmest_c) > 0
        and (item.price is None or item.currency in (None, currency))
    )


def _narrow(wish: Wish, items: list[Item], width: int) -> list[Item]:
    best = sorted(items, key=lambda item: (-_worth(item, wish), item.product_id))[:width]
    cheapest = sorted(items, key=lambda item: (item.cents or 0, item.product_id))[:_CHEAPEST]
    return list({item.product_id: item for item in [*best, *cheapest]}.values())


def _worth(item: Item, wish: Wish) -> float:
    season = 0.3 * season_fit(item, wish.season, wish.warmest_c)
    color = 0.3 if matches_color(item.color, wish.colors) else 0.0
    return item.relevance + season + color


def _find_best(
    wish: Wish, shelves: dict[Slot, list[Item]], extras: tuple[Slot, ...]
) -> tuple[float, Pieces] | None:
    """The most valuable outfit of body, shoes and these extras within the budget; None when there is none."""
    ceiling = None if wish.budget is None else round(wish.budget * 100)
    least = {slot: min(item.cents or 0 for item in shelves[slot]) for slot in extras}
    reserve = sum(least.values())
    worths = {item.product_id: _worth(item, wish) for items in shelves.values() for item in items}
    cores = [
        core
        for body in _BODIES
        for core in _combine(shelves, (*body, Slot.SHOES))
        if ceiling is None or _cost(core) + reserve <= ceiling
    ]
    scored = sorted(((_value(worths, core), core) for core in cores), key=lambda each: -each[0])[:_BEAM]
    for slot in extras:
        reserve -= least[slot]
        whole = [
            (*pieces, (slot, item))
            for _, pieces in scored
            for item in shelves[slot]
            if ceiling is None or _cost(pieces) + (item.cents or 0) + reserve <= ceiling
        ]
        scored = sorted(((_value(worths, each), each) for each in whole), key=lambda each: -each[0])
        scored = scored[:_WIDER_BEAM]
    return max(scored, key=lambda each: each[0], default=None)


def _combine(shelves: dict[Slot, list[Item]], slots: tuple[Slot, ...]) -> list[Pieces]:
    return [tuple(zip(slots, items, strict=True)) for items in product(*(shelves[slot] for slot in slots))]


def _cost(pieces: Pieces) -> int:
    return sum(item.cents or 0 for _, item in pieces)


def _value(worths: Mapping[str, float], pieces: Pieces) -> float:
    body = [worths[item.product_id] for slot, item in pieces if slot in _BODY]
    rest = [worths[item.product_id] for slot, item in pieces if slot not in _BODY]
    pairs = list(combinations([item for _, item in pieces], 2))
    colors = sum(harmony(a.color, b.color) for a, b in pairs) / len(pairs)
    busy = sum(is_patterned(a) and is_patterned(b) for a, b in pairs)
    return sum(body) / len(body) + sum(rest) + 0.5 * colors - 0.4 * busy


def is_patterned(item: Item) -> bool:
    """Whether the catalogue says of a pattern."""
    return (item.pattern or "plain").lower() not in ("plain", "solid", "none")


def _propose(wish: Wish, pieces: Pieces, currency: str | None, missing: list[Slot]) -> Outfit:
    ordered = tuple(sorted(pieces, key=lambda piece: _ORDER.index(piece[0])))
    total = _cost(ordered) / 100
    limit = "" if wish.budget is None else f" of {_money(wish.budget, currency)}"
    lacks = f"; no {' or '.join(missing)} fits as well" if missing else ""
    what = f"{len(ordered)} pieces for {wish.occasion} ({wish.formality})"
    reason = f"{what}, {_money(total, currency)}{limit}{lacks}"
    return Outfit(ordered, total, currency, True, reason)


def _refuse(currency: str | None, reason: str) -> Outfit:
    return Outfit((), 0.0, currency, False, reason)


def _explain_failure(
    wish: Wish, gender: str | None, shelves: dict[Slot, list[Item]], currency: str | None
) -> str:
    conditions = ", ".join(
        str(each) for each in (wish.formality, gender and wish.gender, wish.season) if each
    )
    if not shelves[Slot.SHOES]:
        return f"the catalogue has no shoes for this ({conditions}{_within(wish, currency)})"
    bodies = [body for body in _BODIES if all(shelves[slot] for slot in body)]
    if not bodies:
        slots = "dress, and no top with a bottom," if gender != "men" else "top with a bottom"
        return f"the catalogue has no {slots} for this ({conditions}{_within(wish, currency)})"
    least = min(
        sum(min(item.cents or 0 for item in shelves[slot]) for slot in (*body, Slot.SHOES)) for body in bodies
    )
    return (
        f"the cheapest complete outfit for this costs {_money(least / 100, currency)}, "
        f"more than the budget of {_money(wish.budget or 0, currency)}"
    )


def _within(wish: Wish, currency: str | None) -> str:
    return "" if wish.budget is None else f", within {_money(wish.budget, currency)}"


def _money(amount: float, currency: str | None) -> str:
    return f"{amount:.2f} {currency}" if currency else f"{amount:.2f}"
