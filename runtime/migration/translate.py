"""What the vectors of the source become in the target: themselves, or new ones made from the pictures."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from runtime.catalog.store import CatalogBucket
from runtime.shared.product_table import ProductTable
from runtime.shared.products import Product
from runtime.vectors.errors import EmbeddingFailed, EmbeddingRefused, EmbeddingThrottled
from runtime.vectors.port import Embedder, Purpose, VectorItem, VectorStore

_WORKERS = 6
_ATTEMPTS = 5
_FIRST_PAUSE_S = 0.5


@dataclass(frozen=True, slots=True)
class Translated:
    """Items for the target, and of those that have none the reason by product id."""

    items: tuple[VectorItem, ...]
    skipped: Mapping[str, str] = field(default_factory=dict[str, str])


class Translation(Protocol):
    """Turns items of the source into items of the target."""

    def __call__(self, items: Sequence[VectorItem]) -> Translated: ...


def keep_vectors(items: Sequence[VectorItem]) -> Translated:
    """The translation between two stores of one model: nothing changes."""
    return Translated(tuple(items))


class Pictures:
    """Finds the picture behind a vector, through the products table."""

    def __init__(self, bucket: CatalogBucket, products: ProductTable) -> None:
        self._bucket = bucket
        self._products = products

    def rows(self, product_ids: Sequence[str]) -> dict[str, Product]:
        """The products of these (distinct) ids. Raises ProductsUnavailable."""
        return self._products.get_many(product_ids, consistent=True)

    def read(self, product: Product) -> bytes | None:
        """The bytes of a product's picture; None when there is none (any more)."""
        stored = self._bucket.open(product.product_picture_s3_url.removeprefix(f"s3://{self._bucket.name}/"))
        if stored is None:
            return None
        try:
            return stored.read()
        finally:
            stored.close()


class EmbedAgain:
    """The translation to another model: each picture is embedded anew, unless the target has that already.

    A picture that is not the one behind the vector is left alone: the event of its change is on its way, and
    ingestion writes to both stores.
    """

    def __init__(
        self,
        pictures: Pictures,
        embedder: Embedder,
        target: VectorStore,
        pause: Callable[[float], None],
    ) -> None:
        self._pictures = pictures
        self._embedder = embedder
        self._target = target
        self._pause = pause

    def __call__(self, items: Sequence[VectorItem]) -> Translated:
        """Raises the Embedding errors, StoreUnavailable, ProductsUnavailable and the bucket's own."""
        known = self._target.read([item.product_id for item in items])
        rows = self._pictures.rows([item.product_id for item in items])

        def translate(item: VectorItem) -> VectorItem | str:
            there = known.get(item.product_id)
            if there is not None and there.content_hash == item.content_hash:
                return replace(item, vector=there.vector)
            return self._embed(item, rows.get(item.product_id))

        with ThreadPoolExecutor(_WORKERS) as pool:
            results = list(zip(items, pool.map(translate, items), strict=True))
        return Translated(
            tuple(result for _, result in results if isinstance(result, VectorItem)),
            {item.product_id: result for item, result in results if isinstance(result, str)},
        )

    def _embed(self, item: VectorItem, product: Product | None) -> VectorItem | str:
        if product is None:
            return "the products table does not know it"
        picture = self._pictures.read(product)
        if picture is None:
            return "its picture is gone"
        if hashlib.sha256(picture).hexdigest() != item.content_hash:
            return "its picture has changed"
        try:
            vector = embed_patiently(self._embedder, picture, Purpose.INDEX, self._pause)
        except EmbeddingRefused:
            return "the model refuses its picture"
        return replace(item, vector=vector)


def embed_patiently(
    embedder: Embedder, picture: bytes, purpose: Purpose, pause: Callable[[float], None]
) -> NDArray[np.float32]:
    """The vector of a picture, asked for again after growing pauses while the model is busy.

    Raises the Embedding errors, those that may pass after the last attempt.
    """
    for attempt in range(_ATTEMPTS - 1):
        try:
            return embedder.embed(image=picture, purpose=purpose)
        except (EmbeddingThrottled, EmbeddingFailed):
            pause(_FIRST_PAUSE_S * 2**attempt)
    return embedder.embed(image=picture, purpose=purpose)


def ask_by_picture(
    pictures: Pictures, embedder: Embedder, pause: Callable[[float], None]
) -> Callable[[VectorItem], NDArray[np.float32] | None]:
    """Makes the query that stands for a product: its picture as it is now, embedded as a search would."""

    def ask(item: VectorItem) -> NDArray[np.float32] | None:
        product = pictures.rows([item.product_id]).get(item.product_id)
        picture = pictures.read(product) if product else None
        if picture is None:
            return None
        try:
            return embed_patiently(embedder, picture, Purpose.QUERY, pause)
        except EmbeddingRefused:
            return None

    return ask
