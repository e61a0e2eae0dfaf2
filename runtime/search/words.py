"""Finding products by the words of a search, in the products table, while their vectors cannot be searched.

What a word says of the category chooses the shelves that are looked through; on them, what has most of the
words comes first. It knows no synonyms but those of categories, and no pictures: worse than a search by
vectors, and better than none.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from runtime.shared.product_table import Page
from runtime.shared.products import Product, normalise_color, normalise_size, normalise_word
from runtime.vectors.port import Filters
from runtime.wardrobe.pieces import category_names

MOST_SHELVES = 24
MOST_OF_A_SHELF = 300
_WORD = re.compile(r"\w[\w'-]*")
_TOLD_BY = ("name", "category", "color", "pattern", "brand", "season", "occasion", "gender")


class Shelves(Protocol):
    """The products table by category."""

    def list(self, category: str | None, after: str | None, limit: int) -> Page: ...


@dataclass(frozen=True, slots=True)
class Match:
    """A product, the words that it has, and their share of all that were asked for, 0..1."""

    product: Product
    words: tuple[str, ...]
    share: float


def find_by_words(shelves: Shelves, query: str, filters: Filters) -> list[Match]:
    """Products with words of the query, most words first. Raises ProductsUnavailable.

    Empty also when no word names a category and the filters do not either: the whole table is never read.
    """
    words = list(dict.fromkeys(_words(query)))
    chosen = sorted(filters.category) or [name for word in words for name in category_names(word)]
    found: dict[str, Match] = {}
    for category in list(dict.fromkeys(chosen))[:MOST_SHELVES]:
        for product in shelves.list(category, None, MOST_OF_A_SHELF).products:
            if passes(product, filters):
                own = tuple(word for word in words if _has(product, word))
                found[product.product_id] = Match(product, own, len(own) / len(words) if words else 0.0)
    return sorted(found.values(), key=lambda match: (-match.share, match.product.product_id))


def passes(product: Product, filters: Filters) -> bool:
    """Whether a product passes the filters, as a vector store decides it."""
    sizes = {normalise_size(size) for size in product.sizes}
    return (
        (not filters.category or normalise_word(product.category) in filters.category)
        and (not filters.color or normalise_color(product.color or "") in filters.color)
        and (not filters.size or bool(sizes & filters.size))
        and (filters.min_price is None or (product.price is not None and product.price >= filters.min_price))
        and (filters.max_price is None or (product.price is not None and product.price <= filters.max_price))
        and not (filters.in_stock and product.stock is not None and product.stock <= 0)
    )


def _has(product: Product, word: str) -> bool:
    if normalise_word(product.category) in category_names(word):
        return True
    told = (getattr(product, name) for name in _TOLD_BY)
    return _singular(word) in {_singular(each) for each in _words(" ".join(filter(None, told)))}


def _words(text: str) -> Iterable[str]:
    """Words as they are compared: lower case, colours in one spelling."""
    return (normalise_color(each) for each in _WORD.findall(normalise_word(text)))


def _singular(word: str) -> str:
    return word.removesuffix("s")
