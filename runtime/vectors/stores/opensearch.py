"""Vectors kept and searched in a vector collection of Amazon OpenSearch Serverless.

What a product's documents are, and which of them counts, is told in `documents`.
"""

import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from runtime.shared.opensearch import (
    Collection,
    CollectionRefused,
    CollectionUnavailable,
    Generation,
    open_collection,
)
from runtime.vectors.clients import Clients
from runtime.vectors.errors import StoreUnavailable
from runtime.vectors.port import (
    NO_FILTERS,
    Attributes,
    Filters,
    Hit,
    ScanPage,
    SearchResult,
    StoreStats,
    VectorItem,
)
from runtime.vectors.settings import OpenSearchStoreSettings, VectorSettings
from runtime.vectors.stores.documents import (
    ABOUT_VECTOR,
    STATE,
    Document,
    alive,
    by_product,
    current,
    decode,
    deletion,
    encode,
    index_body,
    merge,
    newest_picture,
    numbers,
    with_attributes,
)

Json = dict[str, Any]
T = TypeVar("T")

SEARCH_PATIENCE_S = 5.0
"""How long a search is repeated: while the collection wakes, shoppers are better served with what can be
found by other means, and their request wakes it all the same."""
AT_ONCE = 200
"""Products that are read or written by one request: 7 of 10 MiB where each has 3,072 numbers."""
LIST_AT_ONCE = 1_000
"""Products whose documents are read by one request, without vectors."""
CANDIDATES = 256
"""Neighbours that a search collects in the graph at least: fewer find less of what is near."""
MOST_RESULTS = 10_000
"""Of one request; so many are also compared one by one when no more pass the filters."""
FORGET_SECONDS = 600
"""Age at which a deletion is forgotten: whatever it hides can be seen by then, and is deleted with it."""
SEEN_AFTER_S = {Generation.NEXTGEN: 10.0, Generation.CLASSIC: 25.0}
"""How long new attributes wait for a vector that was written just before; the caller's next attempts, which
wait as well, cover the 60 s that the classic generation takes."""
SETTLES_AFTER_S = {Generation.NEXTGEN: 10.0, Generation.CLASSIC: 60.0}
"""How often an index is refreshed: a write is seen by then."""
_LOOK_AGAIN_S = 1.0
_SPARE_HITS = 10
_TASTE = ("cluster", "category", "color", "price")  # what a hit tells, in the order of its fields


class OpenSearchStore:
    """The vector store over one index. Methods raise StoreUnavailable when the collection does not answer.

    A write is found once the index has refreshed: within 10 s, in the classic generation within 60 s. The
    index is made by the first write. A search is exact when at most 10,000 products pass its filters and it
    is asked to be, and says of itself whether it was.
    """

    backend = "opensearch"

    def __init__(
        self,
        collection: Collection,
        index: str,
        generation: Generation,
        *,
        embedding_key: str,
        dimensions: int,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._collection = collection
        self._index = index
        self._generation = generation
        self.settles_after_s = SETTLES_AFTER_S[generation]
        self._embedding_key = embedding_key
        self._dimensions = dimensions
        self._clock = clock
        self._sleep = sleep
        self._look_until = float("-inf")
        self._lock = threading.Lock()
        self._written_at = 0
        self._has_index = False

    def upsert(self, items: Sequence[VectorItem]) -> None:
        """Store vectors; attributes, and pictures' vectors, of a newer `version` already stored are kept."""
        for item in items:
            self._check("vector", item.vector)
        with self._calls():
            for batch in _batches(items):
                known = by_product(self._documents([item.product_id for item in batch]))
                self._write(self._merged(batch, known))

    def update_attributes(self, product_id: str, attributes: Attributes, version: int) -> bool:
        """Set attributes unless newer ones are there; False when no vector of the product is seen (yet).

        It waits a while for one that may have been written just before, once for all that are missing.
        """
        with self._calls():
            documents = self._look_for(product_id)
            if not documents:
                return False
            fields = with_attributes(documents, attributes, version)
            if fields is not None:
                self._write([(fields, documents)])
            return True

    def delete(self, product_ids: Sequence[str]) -> None:
        """Remove the vectors of products, of whatever embedder; unknown ids are ignored."""
        with self._calls():
            for batch in _batches(list(dict.fromkeys(product_ids))):
                known = by_product(self._documents(batch, every_embedder=True))
                buried = {
                    product_id
                    for product_id, documents in known.items()
                    if all(each.is_deletion for each in documents)
                }
                self._write(
                    [
                        (deletion(product_id), [e for e in known.get(product_id, []) if not e.is_deletion])
                        for product_id in batch
                        # What is not seen may still have been written just now.
                        if product_id not in buried
                    ]
                )
            self._forget_deletions()

    def fetch(self, product_ids: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """Vectors by product id; unknown ids are absent."""
        vectors: dict[str, NDArray[np.float32]] = {}
        with self._calls():
            for batch in _batches(list(dict.fromkeys(product_ids))):
                for product_id, group in by_product(self._documents(batch, (*STATE, "vector"))).items():
                    if documents := alive(group, self._embedding_key):
                        vectors[product_id] = newest_picture(documents).vector
        return vectors

    def read(self, product_ids: Sequence[str]) -> dict[str, VectorItem]:
        """Whole items by product id, as far as they are seen; unknown ids are absent."""
        with self._calls():
            return self._read_items(product_ids)

    def scan(self, cursor: str | None, limit: int) -> ScanPage:
        """Up to `limit` items behind the product `cursor`, which never goes stale; in the order of ids.

        A page reads `limit` documents for their products first: of a product with several it may be less.
        """
        with self._calls():
            ids = self._ids_behind(cursor, min(limit, MOST_RESULTS))
            items = self._read_items(list(dict.fromkeys(ids)))
        return ScanPage(tuple(items.values()), ids[-1] if ids else None)

    def count(self) -> int:
        """Counts by listing every document, as a product may have several: a call for each thousand."""
        with self._calls():
            groups = by_product(self._list())
        return sum(bool(alive(group, self._embedding_key)) for group in groups.values())

    def search(
        self, query: NDArray[np.float32], k: int, filters: Filters = NO_FILTERS, *, exact: bool = False
    ) -> SearchResult:
        """The k (10,000 at most) most similar products. Raises ValueError (other shape, k < 1)."""
        self._check("query", query)
        if k < 1:
            raise ValueError(f"k is {k}, it must be 1 or more")
        size = MOST_RESULTS if exact else min(k + k // 2 + _SPARE_HITS, MOST_RESULTS)
        with self._calls():
            while True:
                wide = max(size, CANDIDATES)
                found, total = self._nearest(query, wide, size, filters)
                hits = self._collapse(found)
                # Outdated documents may have taken the places of others.
                if len(hits) >= k or total <= size or size == MOST_RESULTS:
                    return SearchResult(tuple(hits[:k]), exact=total < wide)
                size = min(4 * size, MOST_RESULTS)

    def stats(self) -> StoreStats:
        """Counts by listing every document, as a product may have several: a call for each thousand."""
        with self._calls():
            groups = by_product(self._list())
            count = sum(bool(alive(group, self._embedding_key)) for group in groups.values())
        documents = sum(map(len, groups.values()))
        return StoreStats(count, self._dimensions, {"index": self._index, "documents": documents})

    def _check(self, what: str, vector: NDArray[np.float32]) -> None:
        if vector.shape != (self._dimensions,):
            raise ValueError(f"{what} has shape {vector.shape}, this store takes ({self._dimensions},)")

    # ---- writing

    def _merged(
        self, items: Sequence[VectorItem], known: dict[str, list[Document]]
    ) -> list[tuple[Json, list[Document]]]:
        """What to write for these items, and which documents it replaces; the newest of each product."""
        writes: dict[str, Json] = {}
        for item in items:
            before = alive(known.get(item.product_id, []), self._embedding_key)
            pending = writes.get(item.product_id)
            seen = before if pending is None else [Document("", pending | {"written_at": 0})]
            fields = merge(seen, encode(item, self._embedding_key))
            if fields is not None:
                writes[item.product_id] = fields
        return [(fields, self._replaced(known.get(name, []))) for name, fields in writes.items()]

    def _replaced(self, documents: list[Document]) -> list[Document]:
        """Of a product's documents those that a new one replaces; a deletion may still hide unseen ones."""
        return [
            e for e in documents if not e.is_deletion and e.fields["embedding_key"] == self._embedding_key
        ]

    def _write(self, writes: Sequence[tuple[Json, list[Document]]]) -> None:
        """Add documents and remove those that they replace."""
        if not writes:
            return
        self._make_index()
        lines: list[Json] = []
        for fields, replaced in writes:
            known = {name: value for name, value in fields.items() if value is not None}
            lines += [{"index": {}}, known | {"written_at": self._now()}]
            lines += [{"delete": {"_id": each.id}} for each in replaced]
        self._collection.bulk(self._index, lines)

    def _make_index(self) -> None:
        # Without it the first document would make one, with guessed types and no vectors.
        if not self._has_index:
            self._collection.create_index(self._index, index_body(self._generation, self._dimensions))
            self._has_index = True

    def _now(self) -> int:
        """Microseconds since 1970, never the same twice."""
        with self._lock:
            self._written_at = max(int(self._clock() * 1_000_000), self._written_at + 1)
            return self._written_at

    def _forget_deletions(self) -> None:
        """Remove old deletions together with what they hide."""
        horizon = int((self._clock() - FORGET_SECONDS) * 1_000_000)
        old = {"bool": {"filter": [{"term": {"deleted": True}}, {"range": {"written_at": {"lt": horizon}}}]}}
        names = sorted({each.product_id for each in self._find(old, AT_ONCE, STATE)})
        gone: list[Json] = []
        for documents in by_product(self._documents(names, every_embedder=True)).values():
            buried_at = max(e.written_at for e in documents if e.is_deletion and e.written_at < horizon)
            gone += [{"delete": {"_id": each.id}} for each in documents if each.written_at <= buried_at]
        if gone:
            self._collection.bulk(self._index, gone)

    # ---- reading

    def _look_for(self, product_id: str) -> list[Document]:
        """What counts of a product, vectors included, as soon as it is seen."""
        patience = SEEN_AFTER_S[self._generation]
        while True:
            documents = alive(self._documents([product_id], (*STATE, *ABOUT_VECTOR)), self._embedding_key)
            now = self._clock()
            with self._lock:
                if now >= self._look_until + patience:
                    self._look_until = now + patience
                late = now >= self._look_until
            if documents or late:
                return documents
            self._sleep(_LOOK_AGAIN_S)

    def _read_items(self, product_ids: Sequence[str]) -> dict[str, VectorItem]:
        items: dict[str, VectorItem] = {}
        for batch in _batches(list(dict.fromkeys(product_ids))):
            for product_id, group in by_product(self._documents(batch, (*STATE, *ABOUT_VECTOR))).items():
                if documents := alive(group, self._embedding_key):
                    items[product_id] = decode(documents)
        return items

    def _ids_behind(self, cursor: str | None, size: int) -> list[str]:
        """Products of the next documents of the own embedder, in order, a product once for each document."""
        wanted: list[Json] = [{"term": {"embedding_key": self._embedding_key}}]
        if cursor is not None:
            wanted.append({"range": {"product_id": {"gt": cursor}}})
        body: Json = {
            "size": size,
            "query": {"bool": {"filter": wanted}},
            "sort": [{"product_id": "asc"}],
            "_source": {"includes": ["product_id"]},
        }
        answer = self._collection.search(self._index, body)
        return [] if answer is None else [_read(hit).product_id for hit in answer["hits"]["hits"]]

    def _documents(
        self, product_ids: Sequence[str], fields: Sequence[str] = STATE, *, every_embedder: bool = False
    ) -> list[Document]:
        """All documents seen of these products: of the own embedder or of all, and deletions."""
        query: Json = {"bool": {"filter": [{"terms": {"product_id": list(dict.fromkeys(product_ids))}}]}}
        if not every_embedder:
            query["bool"] |= {
                "should": [{"term": {"embedding_key": self._embedding_key}}, {"term": {"deleted": True}}],
                "minimum_should_match": 1,
            }
        return self._find(query, MOST_RESULTS, fields) if product_ids else []

    def _find(self, query: Json, size: int, fields: Sequence[str]) -> list[Document]:
        body = {"size": size, "query": query, "_source": {"includes": list(fields)}}
        answer = self._collection.search(self._index, body)
        return [] if answer is None else [_read(hit) for hit in answer["hits"]["hits"]]

    def _nearest(
        self, query: NDArray[np.float32], wide: int, size: int, filters: Filters
    ) -> tuple[list[tuple[Document, float]], int]:
        """The nearest documents with their cosine, best first, and how many were collected in all."""
        knn = {"vector": numbers(query), "k": wide, "filter": self._filter(filters)}
        body = {"size": size, "_source": {"includes": list(STATE)}, "query": {"knn": {"vector": knn}}}
        answer = self._collection.search(self._index, body, patience_s=SEARCH_PATIENCE_S)
        if answer is None:
            return [], 0
        found = [(_read(hit), cosine(hit["_score"])) for hit in answer["hits"]["hits"]]
        return found, int(answer["hits"]["total"]["value"])

    def _collapse(self, found: Sequence[tuple[Document, float]]) -> list[Hit]:
        """The products found by a document that counts; an outdated one may pass filters that it must not."""
        ids = list(dict.fromkeys(document.product_id for document, _ in found))
        counts: set[str] = set()
        for batch in _batches(ids, LIST_AT_ONCE):
            for group in by_product(self._documents(batch)).values():
                if documents := alive(group, self._embedding_key):
                    counts.add(current(documents).id)
        return [
            Hit(document.product_id, score, *map(document.fields.get, _TASTE))
            for document, score in found
            if document.id in counts
        ]

    def _list(self) -> Iterator[Document]:
        body: Json = {
            "size": LIST_AT_ONCE,
            "query": {"match_all": {}},
            "sort": [{"product_id": "asc"}, {"written_at": "asc"}],
            "_source": {"includes": list(STATE)},
        }
        while True:
            answer = self._collection.search(self._index, body)
            hits = [] if answer is None else answer["hits"]["hits"]
            yield from map(_read, hits)
            if len(hits) < body["size"]:
                return
            body["search_after"] = hits[-1]["sort"]

    def _filter(self, filters: Filters) -> Json:
        """The restrictions as a query that the service applies while it walks the graph."""
        wanted: list[Json] = [{"term": {"embedding_key": self._embedding_key}}]
        for name, values in (
            ("category", filters.category),
            ("color", filters.color),
            ("sizes", filters.size),
        ):
            if values:
                wanted.append({"terms": {name: sorted(values)}})
        limits = {"gte": filters.min_price, "lte": filters.max_price}
        if price := {name: value for name, value in limits.items() if value is not None}:
            wanted.append({"range": {"price": price}})
        unwanted = [{"range": {"stock": {"lte": 0}}}] if filters.in_stock else []
        return {"bool": {"filter": wanted, "must_not": unwanted}}

    @contextmanager
    def _calls(self) -> Generator[None, None, None]:
        try:
            yield
        except (CollectionUnavailable, CollectionRefused) as error:
            raise StoreUnavailable(f"{self.backend}: {error}") from error


def cosine(score: float) -> float:
    """The inner product behind a score, which is made never to be negative.

    https://docs.opensearch.org/latest/vector-search/vector-search-techniques/knn-score-script/#spaces
    """
    return score - 1.0 if score >= 1.0 else 1.0 - 1.0 / score


def _read(hit: Json) -> Document:
    return Document(hit["_id"], hit["_source"])


def _batches(items: Sequence[T], size: int = AT_ONCE) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


def open_opensearch(settings: VectorSettings, _clients: Clients) -> OpenSearchStore:
    """The store over the collection and the index of the settings."""
    store = settings.store
    if not isinstance(store, OpenSearchStoreSettings):
        raise TypeError(f"the settings name the backend {store.backend}, not opensearch")
    return OpenSearchStore(
        open_collection(store.endpoint, store.region),
        store.index,
        store.generation,
        embedding_key=settings.embedding_key,
        dimensions=settings.embedder.dimensions,
    )
