"""What a search may ask for, and how it is read from a body or from query parameters."""

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from runtime.shared.bodies import Body
from runtime.shared.products import normalise_color, normalise_size, normalise_word
from runtime.vectors.port import Filters

DEFAULT_LIMIT = 3
MAX_LIMIT = 100
MAX_QUERY = 2_000
MOST_PIECES = 6
USUAL_PIECES = 4
"""Of an outfit, beside the product that it is composed around."""
MOST_TRENDING = 50
_MOST_VALUES = 50
_MOST_LIKES = 20


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Query = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_QUERY)]
Value = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
Values = Annotated[list[Value], BeforeValidator(_as_list), Field(max_length=_MOST_VALUES)]
Ids = Annotated[
    list[Annotated[str, StringConstraints(pattern=re.compile(r"^[a-z2-7]{20}\Z"))]],
    Field(max_length=_MOST_LIKES),
]
Limit = Annotated[int, Field(ge=1, le=MAX_LIMIT)]
Price = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Weight = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class RequestedFilters(Body):
    """Restrictions; those that take a list accept one string as well. Prices are in the shop's currency."""

    category: Values = Field(default_factory=list[str])
    color: Values = Field(default_factory=list[str])
    size: Values = Field(default_factory=list[str])
    min_price: Price | None = None
    max_price: Price | None = None
    in_stock: bool = False

    @model_validator(mode="after")
    def _check_prices(self) -> "RequestedFilters":
        if self.min_price is not None and self.max_price is not None and self.min_price > self.max_price:
            raise ValueError("min_price is above max_price")
        return self

    def to_port(self) -> Filters:
        """As the vector store takes them, in the form in which attributes are stored."""
        return Filters(
            category=frozenset(normalise_word(value) for value in self.category),
            color=frozenset(normalise_color(value) for value in self.color),
            size=frozenset(normalise_size(value) for value in self.size),
            min_price=self.min_price,
            max_price=self.max_price,
            in_stock=self.in_stock,
        )


class SearchRequest(Body):
    """The body of POST /search."""

    query: Query | None = None
    image: Annotated[str, Field(min_length=1)] | None = None
    like: Ids = Field(default_factory=list[str])
    unlike: Ids = Field(default_factory=list[str])
    limit: Limit = DEFAULT_LIMIT
    filters: RequestedFilters = RequestedFilters()
    personalize: Weight | None = None
    exact: bool = False

    @model_validator(mode="after")
    def _check_something_is_asked(self) -> "SearchRequest":
        if self.query is None and self.image is None and not self.like:
            raise ValueError("give a query, an image or products to find more like")
        return self


class SearchQuery(RequestedFilters):
    """The query parameters of GET /search: the filters stand beside the rest."""

    query: Query
    limit: Limit = DEFAULT_LIMIT
    personalize: Weight | None = None
    exact: bool = False

    def to_request(self) -> SearchRequest:
        filters = self.model_dump(include=set(RequestedFilters.model_fields))
        return SearchRequest(
            query=self.query,
            limit=self.limit,
            filters=RequestedFilters(**filters),
            personalize=self.personalize,
            exact=self.exact,
        )


class SimilarQuery(Body):
    """The query parameters of GET /products/{id}/similar."""

    limit: Limit = DEFAULT_LIMIT


class OutfitQuery(Body):
    """The query parameters of GET /products/{id}/outfit; `budget` is for all pieces together."""

    budget: Annotated[float, Field(gt=0, le=10_000_000, allow_inf_nan=False)] | None = None
    occasion: (
        Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)] | None
    ) = None
    limit: Annotated[int, Field(ge=1, le=MOST_PIECES)] = USUAL_PIECES


class TrendingQuery(Body):
    """The query parameters of GET /products/trending."""

    limit: Annotated[int, Field(ge=1, le=MOST_TRENDING)] = 8
    category: (
        Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)] | None
    ) = None


REPEATABLE = ("category", "color", "size")
"""Query parameters that may be given more than once."""
