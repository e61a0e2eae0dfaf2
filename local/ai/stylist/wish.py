"""What the shopper wants, put together from all they have said."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from local.ai.stylist.amounts import Budget
from local.ai.stylist.dates import When, season_of
from local.ai.stylist.hearing import DRESS_CODES, Heard
from local.ai.stylist.places import Place, look_up

_CODES = {
    "formal": "wedding gala funeral christening graduation",
    "smart": "interview office conference date party birthday dinner theatre",
    "sport": "gym running yoga hiking skiing",
}
_CODE_BY_OCCASION = {occasion: code for code, occasions in _CODES.items() for occasion in occasions.split()}
_LADDER = ("casual", "smart", "formal")
_SHARE_WHEN_CHEAPER = 0.75


@dataclass(slots=True)
class Wish:
    """The state after some messages.

    `ceiling` is a price limit below the budget: that of a single garment, or what "cheaper" made of the last
    price.
    """

    occasion: str | None = None
    items: tuple[str, ...] = ()
    unwanted_items: frozenset[str] = frozenset()
    colors: tuple[str, ...] = ()
    unwanted_colors: frozenset[str] = frozenset()
    gender: str | None = None
    age_group: str | None = None
    said_season: str | None = None
    place: Place | None = None
    when: When | None = None
    budget: Budget | None = None
    ceiling: float | None = None
    sizes: tuple[str, ...] = ()
    style: str | None = None
    said_formality: str | None = None
    rejected: frozenset[str] = frozenset()

    @property
    def season(self) -> str | None:
        """The season named, or that of the date."""
        if self.said_season or self.when is None:
            return self.said_season
        return season_of(self.when.day, self.place.city.latitude if self.place and self.place.city else None)

    @property
    def formality(self) -> str:
        """The dress code asked for, or that of the occasion."""
        return self.said_formality or _CODE_BY_OCCASION.get(self.occasion or "", "casual")

    @property
    def most(self) -> float | None:
        """The most to spend."""
        limits = [limit for limit in (self.ceiling, self.budget and self.budget.most) if limit]
        return min(limits, default=None)

    def copy(self) -> "Wish":
        return copy.copy(self)

    def brief(self) -> dict[str, Any]:
        """The known entities under the names of the tool `note_brief`."""
        values: dict[str, Any] = {
            "age_group": self.age_group,
            "gender": self.gender,
            "season": self.season,
            "location": self.place.name if self.place else None,
            "date": self.when.day.isoformat() if self.when else None,
            "occasion": self.occasion,
            "items": list(self.items),
            "colors": list(self.colors),
            "budget": self.budget.most if self.budget else None,
            "currency": self.budget.currency if self.budget else None,
            "sizes": list(self.sizes),
            "style": self.style,
        }
        return {name: value for name, value in values.items() if value not in (None, [])}


def take_message(wish: Wish, heard: Heard, spent: float | None) -> None:
    """Bring the wish up to date with a message. `spent` is what was last proposed costs, for "cheaper"."""
    if heard.names_person and heard.gender:
        wish.age_group, wish.sizes, wish.items, wish.style = None, (), (), None
    if heard.occasion and heard.occasion != wish.occasion:
        _change_occasion(wish, heard)
    adds = "also" in heard.signals
    if heard.items:
        wish.items = tuple(dict.fromkeys((*wish.items, *heard.items))) if adds else heard.items
    if heard.colors:
        wish.colors = tuple(dict.fromkeys((*wish.colors, *heard.colors))) if adds else heard.colors
    wish.unwanted_items = (wish.unwanted_items | heard.unwanted_items) - set(heard.items)
    wish.unwanted_colors = (wish.unwanted_colors | heard.unwanted_colors) - set(heard.colors)
    wish.items = tuple(item for item in wish.items if item not in wish.unwanted_items)
    wish.colors = tuple(color for color in wish.colors if color not in wish.unwanted_colors)
    is_question = "knowledge" in heard.signals
    wish.gender = heard.gender or wish.gender or (None if is_question else _gender_of(wish.items))
    wish.age_group = heard.age_group or wish.age_group
    wish.place = heard.place or wish.place
    wish.sizes = heard.sizes or wish.sizes
    wish.style = heard.style or wish.style
    _take_time(wish, heard)
    _take_money(wish, heard, spent)
    _take_formality(wish, heard)


def take_brief(wish: Wish, brief: Mapping[str, Any], noted: Mapping[str, Any]) -> None:
    """Follow a brief that was changed elsewhere, on the site say: what differs from the `noted` counts."""
    known = wish.brief()
    for name in known.keys() | brief.keys():
        value = brief.get(name)
        was_noted = name in noted and value == noted[name]
        was_never = value is None and name not in noted
        if not was_noted and not was_never and value != known.get(name):
            set_entity(wish, name, value)


def set_entity(wish: Wish, name: str, value: Any) -> None:
    """Set one entity by its name in the brief; None clears it. Malformed values are passed over."""
    text = value if isinstance(value, str) else None
    words = tuple(str(each) for each in value) if isinstance(value, list) else ()
    match name:
        case "location":
            city = look_up(text) if text else None
            wish.place = Place(text, text, city) if text else None
        case "date":
            wish.when = parse_day(text) if text else None
        case "budget":
            currency = wish.budget.currency if wish.budget else None
            amount = float(value) if isinstance(value, int | float) else 0.0
            wish.budget = Budget(amount, None, currency) if amount > 0 else None
            wish.ceiling = None
        case "currency" if wish.budget:
            wish.budget = Budget(wish.budget.most, wish.budget.least, text)
        case "items":
            wish.items = words
        case "colors":
            wish.colors = words
        case "sizes":
            wish.sizes = words
        case "style":
            wish.style = text
            wish.said_formality = text if text in DRESS_CODES else wish.said_formality
        case "season":
            wish.said_season = text
        case "occasion":
            wish.occasion = text
        case "gender":
            wish.gender = text
        case "age_group":
            wish.age_group = text
        case _:
            return


def parse_day(text: str) -> When | None:
    """The day of an ISO date; None for anything else."""
    try:
        return When(date.fromisoformat(text))
    except ValueError:
        return None


def _change_occasion(wish: Wish, heard: Heard) -> None:
    is_new = wish.occasion is not None and "new" in heard.signals
    if wish.occasion is not None:
        wish.items, wish.colors, wish.style = (), (), None
    if is_new:
        wish.place, wish.when, wish.said_season = None, None, None
    wish.occasion, wish.said_formality, wish.ceiling = heard.occasion, None, None


def _take_time(wish: Wish, heard: Heard) -> None:
    if heard.when:
        wish.when, wish.said_season = heard.when, None
    if heard.season:
        if heard.when is None and wish.season not in (None, heard.season):
            wish.when = None
        wish.said_season = heard.season
    if "warmer" in heard.signals:
        wish.said_season = "autumn" if wish.season in ("summer", "spring") else "winter"
    if "cooler" in heard.signals:
        wish.said_season = "summer"


def _take_money(wish: Wish, heard: Heard, spent: float | None) -> None:
    is_for_one = bool(heard.items) and not heard.occasion and "outfit" not in heard.signals
    if "outfit" in heard.signals:
        wish.ceiling = None
    if heard.budget and is_for_one and not heard.budget.is_whole:
        wish.ceiling = heard.budget.most
    elif heard.budget:
        currency = heard.budget.currency or (wish.budget.currency if wish.budget else None)
        wish.budget, wish.ceiling = Budget(heard.budget.most, heard.budget.least, currency), None
    elif "dearer" in heard.signals:
        wish.budget, wish.ceiling = None, None
    elif "cheaper" in heard.signals:
        before = spent or wish.most
        wish.ceiling = round(before * _SHARE_WHEN_CHEAPER, 2) if before else None


def _take_formality(wish: Wish, heard: Heard) -> None:
    step = ("more_formal" in heard.signals) - ("less_formal" in heard.signals)
    if step:
        at = _LADDER.index(wish.formality) if wish.formality in _LADDER else 0
        wish.said_formality = _LADDER[min(max(at + step, 0), len(_LADDER) - 1)]
        wish.style = wish.said_formality
    elif heard.formality:
        wish.said_formality = heard.formality


def _gender_of(items: tuple[str, ...]) -> str | None:
    """Whom garments are made for that only one half of the shop has."""
    return "women" if {"dress", "skirt", "heels", "blouse"} & set(items) else None
