"""What shoppers look at and save these days, as products that can be had."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from runtime.personalization.popularity import HALF_LIFE_DAYS
from runtime.search.request import TrendingQuery
from runtime.shared.products import Product, describe_product, normalise_word

_SPARE = 3
"""So many times as many are read as are asked for: some are sold out or gone."""


class Board(Protocol):
    """Ids of products, the most popular first; of a category, or of all (None)."""

    def read(self, category: str | None, limit: int) -> list[str]: ...


class Products(Protocol):
    """Reads products by id; ids without a product are absent from the answer."""

    def get_many(self, product_ids: Sequence[str]) -> dict[str, Product]: ...


class EmptyBoard:
    """The board of a stack that hears of no interactions."""

    def read(self, category: str | None, limit: int) -> list[str]:
        return []


class Trending:
    """Finds what is popular. Raises TrendsUnavailable and ProductsUnavailable."""

    def __init__(self, board: Board, products: Products) -> None:
        self._board = board
        self._products = products

    def find(self, asked: TrendingQuery) -> list[Product]:
        """Up to so many products, the most popular first; none that is sold out or gone."""
        category = None if asked.category is None else normalise_word(asked.category)
        popular = self._board.read(category, _SPARE * asked.limit)
        known = self._products.get_many(popular) if popular else {}
        there = [known[each] for each in popular if each in known]
        return [product for product in there if _is_offered(product, category)][: asked.limit]


def _is_offered(product: Product, category: str | None) -> bool:
    """Whether it can be had, and is of the category now; what is in stock may be unknown."""
    return product.is_shown and product.stock != 0 and category in (None, product.category)


def describe_trending(found: Sequence[Product], link: Callable[[Product], str]) -> dict[str, Any]:
    """The answer of GET /products/trending; in so many `days` an interaction comes to count half."""
    return {
        "products": [describe_product(product, link(product)) for product in found],
        "days": HALF_LIFE_DAYS,
    }
