"""What the API answers about the shop and its products."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Product(BaseModel):
    """A product as the API tells it; everything but its id may be unknown. Prices are in `currency`."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    product_id: str
    name: str | None = None
    category: str | None = None
    description: str | None = None
    price: float | None = None
    currency: str | None = None
    color: str | None = None
    sizes: tuple[str, ...] = ()
    stock: int | None = None
    image_url: str | None = None
    purchase_url: str | None = None
    brand: str | None = None
    gender: str | None = None
    season: str | None = None
    occasion: str | None = None
    pattern: str | None = None

    @property
    def title(self) -> str:
        """The name, or the best words there are instead of one."""
        return self.name or (self.category or "").replace("-", " ").capitalize() or "Unnamed piece"


class Reason(BaseModel):
    """Why something is shown, as a code and what the sentence about it is made of."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    code: str
    values: Mapping[str, str] = Field(default_factory=dict[str, str])


class Hit(Product):
    """A product found by a search; `relevance` is 0..1, 1 for the same picture.

    `why` are reasons in English, `reasons` the same ones in codes.
    """

    score: float | None = None
    relevance: float | None = None
    affinity: float | None = None
    cluster: int | None = None
    why: tuple[str, ...] = ()
    reasons: tuple[Reason, ...] = ()


class SearchAnswer(BaseModel):
    """Results of a search, best first."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    results: tuple[Hit, ...] = ()
    took_ms: float | None = None
    backend: str | None = None
    exact: bool | None = None


class ProductPage(BaseModel):
    """One page of the catalogue; `cursor` asks for the next one, None at the end."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    products: tuple[Product, ...] = ()
    cursor: str | None = None


class Capabilities(BaseModel):
    """What this stack can do; `notice` is a sentence to show to shoppers, where there is one.

    `keeps` are the days for which it keeps things of shoppers, such as `photos_days`.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    features: tuple[str, ...] = ()
    vector_backend: str | None = None
    embedder: str | None = None
    notice: str | None = None
    keeps: Mapping[str, int] = Field(default_factory=dict[str, int])


class Health(BaseModel):
    """Whether the API is well."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    status: str = "unknown"


class FieldProblem(BaseModel):
    """What is wrong with one field of a request."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    field: str = ""
    detail: str = ""


class SearchFilters(BaseModel):
    """Restrictions on a search; empty means no restriction. Prices are inclusive."""

    model_config = ConfigDict(frozen=True)

    category: tuple[str, ...] = ()
    color: tuple[str, ...] = ()
    size: tuple[str, ...] = ()
    min_price: float | None = None
    max_price: float | None = None
    in_stock: bool = False

    @property
    def active(self) -> dict[str, Any]:
        """The restrictions that are set, in the form of `POST /search`."""
        return {
            name: value
            for name, value in self.model_dump(mode="json").items()
            if value not in (None, [], False)
        }
