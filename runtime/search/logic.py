"""Finding products: what is asked becomes a vector, the store finds the nearest, the table describes them."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from runtime.personalization.port import Candidate
from runtime.personalization.reranking import NOBODY, UNAVAILABLE, Placed, Reranker, Shopper
from runtime.search.request import SearchRequest
from runtime.search.words import Match, Shelves, find_by_words
from runtime.shared.images import check_picture, decode_base64
from runtime.shared.observability import get_logger
from runtime.shared.problems import refuse_fields, refuse_missing
from runtime.shared.products import Product, is_product_id, plain_number
from runtime.shared.reasons import codes_of, make_reason, texts_of
from runtime.vectors.errors import StoreUnavailable
from runtime.vectors.port import NO_FILTERS, Embedder, Filters, Hit, Purpose, VectorStore

Vector = NDArray[np.float32]

MAX_PICTURE_BYTES = 4 * 1024 * 1024
"""What fits, as base64, into the 6 MB that Lambda takes as a request."""
LIKE_WEIGHT = 0.7
UNLIKE_WEIGHT = 0.35
_SHORTEST = 1e-3
CANDIDATES = 100
"""So many hits, or twice as many as asked for, are put into a shopper's own order."""
_SPARE_HITS = 5
_WIDEST_SEARCH = 1_000


class Products(Shelves, Protocol):
    """Reads products by id; ids without a product are absent from the answer. And by category."""

    def get_many(self, product_ids: Sequence[str]) -> dict[str, Product]: ...


@dataclass(frozen=True, slots=True)
class Found:
    """A product that was found, and its cosine similarity, -1..1.

    `placed` is its place in the shopper's own order, None where there is no such order.
    """

    product: Product
    similarity: float
    cluster: int | None
    placed: Placed | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a search found, best first, where its time went (milliseconds), and which ranker ordered it.

    `instead` says what answered in the place of the vector store, and why; as a rule it is empty.
    """

    found: tuple[Found, ...]
    exact: bool
    milliseconds: dict[str, float]
    ranker: str = NOBODY
    instead: str = ""


@dataclass(frozen=True, slots=True)
class _Aim:
    """What the store is asked: a unit vector (d,), and what may come back."""

    vector: Vector
    limit: int
    filters: Filters = NO_FILTERS
    exact: bool = False
    without: frozenset[str] = frozenset()


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

    def __init__(
        self, embedder: Embedder, store: VectorStore, products: Products, reranker: Reranker | None = None
    ) -> None:
        self._embedder = embedder
        self._store = store
        self._products = products
        self._reranker = reranker
        self._texts = TextCache()

    @property
    def backend(self) -> str:
        return self._store.backend

    def find(self, request: SearchRequest, user_id: str | None = None) -> Outcome:
        """The products nearest to the words, the picture and the liked products of a request.

        For a known shopper the nearest come in the order of relevance and of the shopper's taste. While the
        store does not answer, products are found by the words alone, and the outcome says so.
        """
        try:
            return self._find_by_vectors(request, user_id)
        except StoreUnavailable as error:
            outcome = self._find_by_words(request)
            if not outcome.found:
                raise
            get_logger().warning("vectors not searched, found by words", reason=str(error))
            return outcome

    def _find_by_vectors(self, request: SearchRequest, user_id: str | None) -> Outcome:
        clock = _Clock()
        query = self._embed(request)
        clock.stop("Embedding")
        aim = _Aim(
            self._aim(query, request.like, request.unlike),
            request.limit,
            request.filters.to_port(),
            request.exact,
            frozenset({*request.like, *request.unlike}),
        )
        shopper = NOBODY
        if self._reranker is not None and user_id is not None:
            shopper = self._reranker.find_shopper(user_id, request.personalize)
            clock.stop("Taste")
            if isinstance(shopper, Shopper):
                outcome = self._find_for(self._reranker, shopper, aim, clock)
                if outcome is not None:
                    return outcome
                shopper = UNAVAILABLE
        return replace(self._find(aim, clock), ranker=shopper)

    def find_similar(self, product_id: str, limit: int) -> Outcome:
        """The products nearest to one of them, without it. Raises a 404 Problem when that is not there."""
        clock = _Clock()
        vector = self._store.fetch([product_id]).get(product_id) if is_product_id(product_id) else None
        if vector is None:
            raise refuse_missing("product")
        return self._find(_Aim(vector, limit, without=frozenset({product_id})), clock)

    def find_complements(
        self, product_id: str, shelves: Sequence[frozenset[str]], each: int
    ) -> tuple[Product, list[Found]]:
        """A product, and for each set of categories the products in stock whose look is nearest to its own.

        Raises a 404 Problem when the product is not there.
        """
        vector = self._store.fetch([product_id]).get(product_id) if is_product_id(product_id) else None
        product = self._products.get_many([product_id]).get(product_id) if vector is not None else None
        if vector is None or product is None or not product.is_shown:
            raise refuse_missing("product")
        clock = _Clock()
        found: list[Found] = []
        for categories in shelves:
            aim = _Aim(vector, each, Filters(category=categories, in_stock=True))
            found += self._find(aim, clock).found
        return product, found

    def _find_by_words(self, request: SearchRequest) -> Outcome:
        clock = _Clock()
        without = {*request.like, *request.unlike}
        matches = find_by_words(self._products, request.query or "", request.filters.to_port())
        clock.stop("Products")
        chosen = [each for each in matches if each.words and each.product.product_id not in without]
        found = tuple(_found_by_words(each) for each in chosen[: request.limit])
        instead = f"words ({self.backend} unavailable)"
        return Outcome(found, False, clock.milliseconds, instead=instead)

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

    def _find(self, aim: _Aim, clock: "_Clock") -> Outcome:
        """Search a little wider than asked, and wider again while products of the hits are gone."""
        width = aim.limit + len(aim.without) + _SPARE_HITS
        while True:
            hits, exact, more = self._search(aim, width, clock)
            found = self._read(hits, aim.limit)
            clock.stop("Products")
            if len(found) >= aim.limit or not more or width >= _WIDEST_SEARCH:
                return Outcome(tuple(found), exact, clock.milliseconds)
            width = min(4 * width, _WIDEST_SEARCH)

    def _find_for(self, reranker: Reranker, shopper: Shopper, aim: _Aim, clock: "_Clock") -> Outcome | None:
        """The nearest products in a shopper's own order; None when the ranker has failed."""
        width = max(CANDIDATES, 2 * aim.limit) + len(aim.without)
        hits, exact, _ = self._search(aim, width, clock)
        candidates = [
            Candidate(hit.product_id, hit.cluster, hit.category, hit.color, hit.price) for hit in hits
        ]
        order = reranker.order(shopper, candidates, [hit.score for hit in hits])
        clock.stop("Ranking")
        if order is None:
            return None
        by_id = {hit.product_id: hit for hit in hits}
        placed = {each.product_id: each for each in order.placed}
        found = self._read([by_id[product_id] for product_id in placed], aim.limit)
        clock.stop("Products")
        ordered = [replace(each, placed=placed[each.product.product_id]) for each in found]
        return Outcome(tuple(ordered), exact, clock.milliseconds, order.ranker)

    def _search(self, aim: _Aim, width: int, clock: "_Clock") -> tuple[list[Hit], bool, bool]:
        """Hits of a search, whether it was exact, and whether a wider one would find more."""
        result = self._store.search(aim.vector, width, aim.filters, exact=aim.exact)
        clock.stop("VectorSearch")
        hits = [hit for hit in result.hits if hit.product_id not in aim.without]
        return hits, result.exact, len(result.hits) >= width

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


def _found_by_words(match: Match) -> Found:
    product = match.product
    words = ", ".join(match.words)
    why = (make_reason(f"found by its words: {words}", "words", words=words),)
    return Found(product, match.share, product.cluster, Placed(product.product_id, match.share, why=why))


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
    return {
        "results": results,
        "took_ms": round(took_ms, 2),
        "backend": outcome.instead or backend,
        "exact": outcome.exact,
        "ranker": outcome.ranker,
    }


def _describe_found(found: Found, image_url: str) -> dict[str, Any]:
    product = found.product
    relevance = round(max(0.0, found.similarity), 6)
    placed = found.placed or Placed(product.product_id, relevance)
    return {
        "product_id": product.product_id,
        "name": product.name,
        "category": product.category,
        "price": plain_number(product.price),
        "currency": product.currency,
        "color": product.color,
        "image_url": image_url,
        "score": round(placed.score, 6),
        "relevance": relevance,
        "affinity": None if placed.affinity is None else round(placed.affinity, 6),
        "cluster": found.cluster,
        "why": texts_of(placed.why),
        "reasons": codes_of(placed.why),
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
