"""A product as the conversation knows it: what a search told of it, and when."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from runtime.shared.reasons import Reason, codes_of, texts_of

_LONGEST_NAME = 120
_UNSAFE = re.compile(r"[\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069]|\[\[|\]\]|<[^>]{0,80}>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A product. `price` is in `currency`, `relevance` is 0..1, `seen_at` is in seconds since 1970."""

    product_id: str
    name: str
    category: str = ""
    price: float | None = None
    currency: str | None = None
    color: str | None = None
    image_url: str = ""
    relevance: float = 0.0
    affinity: float | None = None
    cluster: int | None = None
    gender: str | None = None
    season: str | None = None
    occasion: str | None = None
    pattern: str | None = None
    sizes: tuple[str, ...] = ()
    stock: int | None = None
    seen_at: float = 0.0

    @property
    def cents(self) -> int | None:
        """The price in hundredths, in which sums are exact."""
        return None if self.price is None else round(self.price * 100)

    @property
    def is_sold_out(self) -> bool:
        return self.stock == 0


_NUMBERS = ("relevance", "seen_at")


def read_item(result: Mapping[str, Any], seen_at: float) -> Item:
    """The item of a search result (or of a stored one). Raises KeyError or ValueError for something else."""
    values = {name: result[name] for name in Item.__dataclass_fields__ if result.get(name) is not None}
    values["product_id"] = str(result["product_id"])
    values["name"] = clean_text(str(result["name"]), _LONGEST_NAME)
    values["sizes"] = tuple(str(size) for size in result.get("sizes") or ())
    values.setdefault("seen_at", seen_at)
    for name in _NUMBERS:
        values[name] = float(values.get(name, 0.0))
    return Item(**values)


def store_item(item: Item) -> dict[str, Any]:
    """The item as a session keeps it."""
    values = ((name, getattr(item, name)) for name in Item.__dataclass_fields__)
    return {name: value for name, value in values if value not in (None, "", ())}


def tell_model(item: Item) -> dict[str, Any]:
    """What a model gets to know of a product; the tools' contract fixes the names."""
    return {
        "id": item.product_id,
        "name": item.name,
        "category": clean_text(item.category, 60),
        "color": item.color,
        "price": item.price,
        "currency": item.currency,
    }


def tell_shopper(item: Item, why: Sequence[Reason] = ()) -> dict[str, Any]:
    """A product in the answer: the fields of a search result."""
    return {
        "product_id": item.product_id,
        "name": item.name,
        "category": item.category,
        "price": item.price,
        "currency": item.currency,
        "color": item.color,
        "image_url": item.image_url,
        "score": item.relevance,
        "relevance": item.relevance,
        "affinity": item.affinity,
        "cluster": item.cluster,
        "why": texts_of(why),
        "reasons": codes_of(why),
    }


def clean_text(text: str, longest: int) -> str:
    """Text from the catalogue or a document without markup, invisible characters and the marks of an id."""
    return " ".join(_UNSAFE.sub(" ", text).split())[:longest]
