"""Finding products: what is asked becomes a vector, the store finds the nearest, the table describes them."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from runtime.search.request import SearchRequest
from runtime.shared.images import check_picture, decode_base64
from runtime.shared.problems import refuse_fields, refuse_missing
from runtime.shared.products import Product, is_product_id, plain_number
from runtime.vectors.port import NO_FILTERS, Embedder, Filters, Hit, Purpose, VectorStore

Vector = NDArray[np.float32]

MAX_PICTURE_BYTES = 4 * 1024 * 1024
"""What fits, as base64, into the 6 MB that Lambda takes as a request."""
LIKE_WEIGHT = 0.7
UNLIKE_WEIGHT = 0.35
_SHORTEST = 1e-3
_SPARE_HITS = 5
_WIDEST_SEARCH = 1_000


class Products(Protocol):
    """Reads products by id; ids without a product are absent from the answer."""

    def get_many(self, product_ids: Sequence[str]) -> dict[str, Product]: ...


@dataclass(frozen=True, slots=True)
class Found:
    """A product that was found, and its cosine similarity, -1..1."""

    product: Product
    similarity: float
    cluster: int | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a search found, best first, and where its time went (milliseconds)."""

    found: tuple[Found, ...]
    exact: bool
    milliseconds: dict[str, float]


class TextCache:
    """Embeddings of the texts asked for last; safe to share between threads."""

    def __init__(self, size: int = 512) -> None:
        self._size = size
        self._kept: OrderedDict[str, Vector] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, text: str, embed: Callable[[], Vector]) -> Vector:
        """The embedding of `text`, made by `embed` when it is not at hand."""
        with self._lock:
            if text in self._kept:
                self._kept.move_to_end(text)
                return self._kept[text]
        vector = embed()
        with self._lock:
            self._kept[text] = vector
            if len(self._kept) > self._size:
                self._kept.popitem(last=False)
        return vector


class Search:
    """Searches of one process. Raises Problem, PictureRefused, VectorError and ProductsUnavailable."""

    def __init__(self, embedder: Embedder, store: VectorStore, products: Products) -> None:
        self._embedder = embedder
        self._store = store
        self._products = products
        self._texts = TextCache()

    @property
    def backend(self) -> str:
        return self._store.backend

    def find(self, request: SearchRequest) -> Outcome:
        """The products nearest to the words, the picture and the liked products of a request."""
        clock = _Clock()
        query = self._embed(request)
        clock.stop("Embedding")
        vector = self._aim(query, request.like, request.unlike)
        without = {*request.like, *request.unlike}
        return self._find(vector, request.limit, request.filters.to_port(), request.exact, without, clock)

    def find_similar(self, product_id: str, limit: int) -> Outcome:
        """The products nearest to one of them, without it. Raises a 404 Problem when that is not there."""
        clock = _Clock()
        vector = self._store.fetch([product_id]).get(product_id) if is_product_id(product_id) else None
        if vector is None:
            raise refuse_missing("product")
        return self._find(vector, limit, NO_FILTERS, False, {product_id}, clock)

    def _embed(self, request: SearchRequest) -> Vector | None:
        text = request.query
        if request.image is not None:
            picture = decode_base64(request.image, max_bytes=MAX_PICTURE_BYTES)
            check_picture(picture, max_bytes=MAX_PICTURE_BYTES)
            return self._embedder.embed(text=text, image=picture, purpose=Purpose.QUERY)
        if text is None:
            return None
        return self._texts.get(text, lambda: self._embedder.embed(text=text, purpose=Purpose.QUERY))

    def _aim(self, query: Vector | None, like: Sequence[str], unlike: Sequence[str]) -> Vector:
        vectors = self._store.fetch([*like, *unlike]) if like or unlike else {}
        liked = [vectors[each] for each in like if each in vectors]
        unliked = [vectors[each] for each in unlike if each in vectors]
        if query is None and not liked:
            raise refuse_fields(("like", "none of these products exists (any more)"))
        return query if query is not None and not vectors else combine(query, liked, unliked)

    def _find(
        self,
        query: Vector,
        limit: int,
        filters: Filters,
        exact: bool,
        without: set[str],
        clock: "_Clock",
    ) -> Outcome:
        """Search a little wider than asked, and wider again while products of the hits are gone."""
        width = limit + len(without) + _SPARE_HITS
        while True:
            result = self._store.search(query, width, filters, exact=exact)
            clock.stop("VectorSearch")
            hits = [hit for hit in result.hits if hit.product_id not in without]
            found = self._read(hits, limit)
            clock.stop("Products")
            if len(found) >= limit or len(result.hits) < width or width >= _WIDEST_SEARCH:
                return Outcome(tuple(found), result.exact, clock.milliseconds)
            width = min(4 * width, _WIDEST_SEARCH)

    def _read(self, hits: Sequence[Hit], limit: int) -> list[Found]:
        """The first `limit` hits whose product is there, reading no more of the table than that takes."""
        found: list[Found] = []
        start = 0
        while start < len(hits) and len(found) < limit:
            part = hits[start : start + limit - len(found)]
            products = self._products.get_many([hit.product_id for hit in part])
            for hit in part:
                product = products.get(hit.product_id)
                if product is not None and product.is_shown:
                    found.append(Found(product, hit.score, hit.cluster))
            start += len(part)
        return found


def combine(query: Vector | None, liked: Sequence[Vector], unliked: Sequence[Vector]) -> Vector:
    """One unit vector for a query q and a context of liked (L) and unliked (U) products:

        v = q + LIKE_WEIGHT * mean(L) - UNLIKE_WEIGHT * mean(U),   v / |v|

    where a part that is not there counts as zero. All vectors have length one, so the weights are the shares
    of the parts; dislikes weigh half, as what is not wanted says less. Raises a 400 Problem when the parts
    cancel each other out.
    """
    parts: list[Vector] = [] if query is None else [query]
    parts += [(LIKE_WEIGHT / len(liked)) * vector for vector in liked]
    parts += [(-UNLIKE_WEIGHT / len(unliked)) * vector for vector in unliked]
    total = np.stack(parts).sum(axis=0, dtype=np.float32)
    length = float(np.linalg.norm(total))
    if length < _SHORTEST:
        raise refuse_fields(("unlike", "cancels out what is searched for; leave some of it out"))
    return (total / length).astype(np.float32)


def describe(
    outcome: Outcome, link: Callable[[Product], str], backend: str, took_ms: float
) -> dict[str, Any]:
    """The answer of the search routes."""
    results = [_describe_found(found, link(found.product)) for found in outcome.found]
    return {"results": results, "took_ms": round(took_ms, 2), "backend": backend, "exact": outcome.exact}


def _describe_found(found: Found, image_url: str) -> dict[str, Any]:
    product = found.product
    relevance = round(max(0.0, found.similarity), 6)
    return {
        "product_id": product.product_id,
        "name": product.name,
        "category": product.category,
        "price": plain_number(product.price),
        "currency": product.currency,
        "color": product.color,
        "image_url": image_url,
        "score": relevance,
        "relevance": relevance,
        "affinity": None,
        "cluster": found.cluster,
        "why": [],
    }


class _Clock:
    """Milliseconds by stage; a stage that comes twice adds up."""

    def __init__(self) -> None:
        self._last = time.perf_counter()
        self.milliseconds: dict[str, float] = {}

    def stop(self, stage: str) -> None:
        """End the stage that has been running since the last one ended."""
        now = time.perf_counter()
        self.milliseconds[stage] = self.milliseconds.get(stage, 0.0) + 1000 * (now - self._last)
        self._last = now
