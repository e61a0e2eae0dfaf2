"""What the shopper is looking for, as typed entities, and how what they say later changes it."""

import datetime
import math
import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

AgeGroup = Literal["10-20", "20-30", "30-50", "50+"]
Gender = Literal["women", "men", "unisex"]
Season = Literal["spring", "summer", "autumn", "winter"]

_GENDERS = {
    "women": ("woman", "women", "female", "f", "lady", "ladies", "girl", "girls", "womens", "feminine"),
    "men": ("man", "men", "male", "m", "gentleman", "boy", "boys", "mens", "masculine"),
    "unisex": ("unisex", "any", "neutral", "non-binary", "nonbinary", "diverse", "all"),
}
_CURRENCIES = {
    "€": "EUR",
    "EURO": "EUR",
    "EUROS": "EUR",
    "$": "USD",
    "DOLLAR": "USD",
    "DOLLARS": "USD",
    "£": "GBP",
    "POUND": "GBP",
    "POUNDS": "GBP",
    "¥": "JPY",
}
_NUMBER = re.compile(r"\d[\d.,'’\u00a0\u202f ]*\d|\d")


def read_amount(text: str) -> float | None:
    """The first number of a text as people write amounts: `1,299.50`, `1.299,50`, `79,90`, `200`."""
    found = _NUMBER.search(text)
    if found is None:
        return None
    digits = re.sub(r"[\s'’\u00a0\u202f]", "", found.group())
    tail = re.search(r"[.,](\d{1,2})\Z", digits)
    whole = digits[: tail.start()] if tail else digits
    return float(re.sub(r"[.,]", "", whole) + (f".{tail.group(1)}" if tail else ""))


def _read_age_group(value: Any) -> Any:
    """An age, or the name of a group, as one of the groups; a group begins at its lower bound."""
    text = str(value).strip().replace("–", "-")
    if text in ("10-20", "20-30", "30-50", "50+"):
        return text
    found = re.search(r"\d{1,3}", text)
    age = int(found.group()) if found else 0
    if not 10 <= age <= 120:
        raise ValueError("use an age from 10 or one of 10-20, 20-30, 30-50, 50+")
    return "10-20" if age < 20 else "20-30" if age < 30 else "30-50" if age < 50 else "50+"


def _read_gender(value: Any) -> Any:
    word = str(value).strip().lower().replace("'", "").replace("’", "")
    return next((gender for gender, words in _GENDERS.items() if word in words), word)


def _read_season(value: Any) -> Any:
    word = str(value).strip().lower()
    return "autumn" if word == "fall" else word


def _read_date(value: Any) -> Any:
    try:
        return datetime.date.fromisoformat(str(value).strip()[:10]).isoformat()
    except ValueError:
        raise ValueError("use a date such as 2027-06-19") from None


def _read_budget(value: Any) -> Any:
    amount = read_amount(value) if isinstance(value, str) else value
    if isinstance(amount, bool) or not isinstance(amount, (int, float)) or not math.isfinite(amount):
        raise ValueError("use a number")
    return float(amount)


def _read_currency(value: Any) -> Any:
    text = str(value).strip().upper()
    return _CURRENCIES.get(text, text)


def split_list(value: Any) -> Any:
    """A list, also when it came as `red, white` or as `[red, white]`, as function calls of agents have it."""
    if isinstance(value, str):
        value = [part.strip(" \"'") for part in value.strip("[] ").split(",")]
    return [part for part in value if part] if isinstance(value, (list, tuple)) else value


def no_nulls(data: Any) -> Any:
    """Arguments without those that are null or blank: models send them for what they do not know."""
    if not isinstance(data, dict):
        return data
    return {str(name): value for name, value in data.items() if value is not None and value != ""}


Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
Phrase = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
Words = Annotated[tuple[Word, ...], BeforeValidator(split_list), Field(max_length=20)]
Budget = Annotated[float, BeforeValidator(_read_budget), Field(gt=0, le=10_000_000)]
GenderWord = Annotated[Gender, BeforeValidator(_read_gender)]
SeasonWord = Annotated[Season, BeforeValidator(_read_season)]
IsoDate = Annotated[str, BeforeValidator(_read_date)]


class Brief(BaseModel):
    """Everything known of the shopper and the outfit; what is not known is None or empty.

    `budget` is for the whole outfit, in `currency` or else in that of the shop.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    age_group: Annotated[AgeGroup, BeforeValidator(_read_age_group)] | None = None
    gender: GenderWord | None = None
    season: SeasonWord | None = None
    location: Phrase | None = None
    date: IsoDate | None = None
    occasion: Phrase | None = None
    items: Words = ()
    colors: Words = ()
    budget: Budget | None = None
    currency: (
        Annotated[str, BeforeValidator(_read_currency), StringConstraints(pattern=r"^[A-Z]{3}$")] | None
    ) = None
    sizes: Words = ()
    style: Phrase | None = None


_ALIASES = {"city": "location"}


def read_patch(data: Mapping[str, Any]) -> Brief:
    """What a model noted, as a brief of which only the noted fields are set. Raises ValidationError."""
    known = {_ALIASES.get(name, name): value for name, value in no_nulls(dict(data)).items()}
    return Brief.model_validate(known)


def merge(brief: Brief, patch: Brief) -> Brief:
    """The brief after a patch: what the patch sets is taken from it, lists as a whole."""
    return brief.model_copy(update={name: getattr(patch, name) for name in patch.model_fields_set})


def clear(brief: Brief, names: set[str]) -> Brief:
    """The brief without some of its entities."""
    blank = Brief()
    fields = {_ALIASES.get(name, name) for name in names} & set(Brief.model_fields)
    return brief.model_copy(update={name: getattr(blank, name) for name in fields})


def describe_brief(brief: Brief) -> dict[str, Any]:
    """The known entities as JSON."""
    values = brief.model_dump(mode="json")
    return {name: value for name, value in values.items() if value not in (None, [])}


def changed_fields(before: Brief, after: Brief) -> Brief:
    """A patch that turns `before` into `after`."""
    changed = {
        name: getattr(after, name)
        for name in Brief.model_fields
        if getattr(before, name) != getattr(after, name)
    }
    return Brief.model_construct(_fields_set=set(changed), **changed)
