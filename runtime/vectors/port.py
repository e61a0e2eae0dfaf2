"""The two ports of vector search: something that embeds, and something that stores and finds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Purpose(StrEnum):
    """What an embedding is made for; some models embed a query and a document differently."""

    INDEX = "index"
    QUERY = "query"


@dataclass(frozen=True, slots=True)
class Attributes:
    """What a vector can be filtered by. Prices are in the shop's currency; `stock` counts pieces."""

    category: str | None = None
    color: str | None = None
    price: float | None = None
    sizes: tuple[str, ...] = ()
    stock: int | None = None
    cluster: int | None = None


@dataclass(frozen=True, slots=True)
class VectorItem:
    """One product's vector: shape (d,), float32, unit length.

    `content_hash` is the SHA-256 of the embedded picture; `version` is the product row's version and
    decides which attributes are newer.
    """

    product_id: str
    vector: NDArray[np.float32]
    attributes: Attributes
    content_hash: str
    version: int


@dataclass(frozen=True, slots=True)
class Filters:
    """Restrictions applied inside the store, before scoring; an empty field restricts nothing.

    A product without a price passes no price limit, one without sizes no size, one without a stock
    figure is taken to be in stock.
    """

    category: frozenset[str] = frozenset()
    color: frozenset[str] = frozenset()
    size: frozenset[str] = frozenset()
    min_price: float | None = None
    max_price: float | None = None
    in_stock: bool = False


NO_FILTERS = Filters()


@dataclass(frozen=True, slots=True)
class Hit:
    """A found product; `score` is the cosine similarity, -1..1, the rest are stored attributes."""

    product_id: str
    score: float
    cluster: int | None = None
    category: str | None = None
    color: str | None = None
    price: float | None = None


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Hits, best first; `exact` says whether every vector was compared."""

    hits: tuple[Hit, ...]
    exact: bool


@dataclass(frozen=True, slots=True)
class StoreStats:
    """How many vectors are searchable, their length, and what the backend has to say of itself."""

    count: int
    dimensions: int
    detail: Mapping[str, str | int | float | bool]


@dataclass(frozen=True, slots=True)
class ScanPage:
    """Some of the stored vectors, in an order of the store's own; `cursor` leads on, None is the end.

    A page may be empty and still lead on.
    """

    items: tuple[VectorItem, ...]
    cursor: str | None


class VectorStore(Protocol):
    """A durable set of product vectors that can be searched. Every method is safe to repeat."""

    backend: str
    settles_after_s: float
    """Seconds after which a write shows in `read`, `scan` and `count`; 0 where it does at once."""

    def upsert(self, items: Sequence[VectorItem]) -> None:
        """Store vectors; attributes of a newer `version` already stored are kept."""
        ...

    def update_attributes(self, product_id: str, attributes: Attributes, version: int) -> bool:
        """Set the attributes of a stored vector unless newer ones are there; False if there is no vector."""
        ...

    def delete(self, product_ids: Sequence[str]) -> None:
        """Remove vectors; unknown ids are ignored."""
        ...

    def fetch(self, product_ids: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """Vectors by product id; unknown ids are absent."""
        ...

    def read(self, product_ids: Sequence[str]) -> dict[str, VectorItem]:
        """Whole items by product id, as they are stored; unknown ids are absent."""
        ...

    def scan(self, cursor: str | None, limit: int) -> ScanPage:
        """Up to `limit` stored items from `cursor` (None: from the beginning).

        What stays stored from the first page to the last is in some page; what comes or goes meanwhile may
        be. Raises StaleCursor for a cursor that the store no longer takes.
        """
        ...

    def count(self) -> int:
        """How many vectors are stored, found by reading the store."""
        ...

    def search(
        self, query: NDArray[np.float32], k: int, filters: Filters = NO_FILTERS, *, exact: bool = False
    ) -> SearchResult:
        """The `k` most similar products to a unit vector of shape (d,) among those that pass `filters`."""
        ...

    def stats(self) -> StoreStats:
        """Size and state of what is searchable now."""
        ...


class Embedder(Protocol):
    """Turns words, a picture or both into one unit vector in one shared space."""

    key: str
    """Model id and dimensions, `model@d`; stored with each vector so that a search never mixes models."""
    dimensions: int

    def embed(
        self, *, text: str | None = None, image: bytes | None = None, purpose: Purpose = Purpose.QUERY
    ) -> NDArray[np.float32]:
        """A unit vector of shape (dimensions,). Raises ValueError when neither text nor image is given."""
        ...


@dataclass(frozen=True, slots=True)
class VectorSpace:
    """A store together with the model that its vectors come from."""

    store: VectorStore
    embedder: Embedder
