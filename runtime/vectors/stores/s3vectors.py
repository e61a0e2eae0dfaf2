"""Vectors kept and searched in Amazon S3 Vectors.

Requests, limits and filters: https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_S3_Vectors.html,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-vectors-limitations.html and
https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-vectors-metadata-filtering.html
"""

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

import numpy as np
from botocore.exceptions import ClientError
from numpy.typing import NDArray

from runtime.vectors.clients import Clients
from runtime.vectors.errors import StaleCursor
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
from runtime.vectors.settings import S3VectorsStoreSettings, VectorSettings
from runtime.vectors.stores.calls import error_code, store_calls

T = TypeVar("T")

PUT_AT_ONCE = 500
DELETE_AT_ONCE = 500
GET_AT_ONCE = 100
LIST_AT_ONCE = 1000
MOST_RESULTS = 100

Stored = dict[str, Any]
"""A vector as the service gives it: {"key", "data": {"float32": [..]}, "metadata": {..}}."""


class S3VectorsStore:
    """The vector store over one vector index. Methods raise StoreUnavailable when AWS cannot be reached.

    The service has no conditional writes. What is stored is read before it is written over, so an older
    version does not replace a newer one, except when two writers handle the same product at the same moment:
    then the later write stays, and the next version of the product puts it right. A search returns 100
    products at most, and is approximate: the service offers no exact one.
    """

    backend = "s3vectors"
    settles_after_s = 0.0

    def __init__(self, client: Any, bucket: str, index: str, *, embedding_key: str, dimensions: int) -> None:
        self._client = client
        self._target = {"vectorBucketName": bucket, "indexName": index}
        self._embedding_key = embedding_key
        self._dimensions = dimensions

    def upsert(self, items: Sequence[VectorItem]) -> None:
        """Store vectors; attributes, and pictures' vectors, of a newer `version` already stored are kept."""
        with store_calls(self.backend):
            for batch in _batches(items, GET_AT_ONCE):
                rows = self._read([item.product_id for item in batch])
                for item in batch:
                    rows[item.product_id] = self._merge(rows.get(item.product_id), item)
                self._put(
                    [rows[product_id] for product_id in dict.fromkeys(item.product_id for item in batch)]
                )

    def update_attributes(self, product_id: str, attributes: Attributes, version: int) -> bool:
        """Set attributes unless newer ones are there; False when this embedder has none of the product."""
        with store_calls(self.backend):
            row = self._read([product_id]).get(product_id)
            if row is None or not self._is_own(row):
                return False
            if version >= row["metadata"]["version"]:
                kept = {name: row["metadata"][name] for name in _ABOUT_VECTOR}
                self._put([row | {"metadata": kept | _encode(attributes) | {"version": version}}])
            return True

    def delete(self, product_ids: Sequence[str]) -> None:
        """Remove the vectors of products, of whatever embedder; unknown ids are ignored."""
        with store_calls(self.backend):
            for batch in _batches(list(dict.fromkeys(product_ids)), DELETE_AT_ONCE):
                self._client.delete_vectors(**self._target, keys=batch)

    def fetch(self, product_ids: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """Vectors by product id; unknown ids are absent."""
        return {product_id: item.vector for product_id, item in self.read(product_ids).items()}

    def read(self, product_ids: Sequence[str]) -> dict[str, VectorItem]:
        """Whole items by product id; unknown ids are absent."""
        with store_calls(self.backend):
            rows = [
                row
                for batch in _batches(list(dict.fromkeys(product_ids)), GET_AT_ONCE)
                for row in self._read(batch).values()
            ]
        return {row["key"]: _item(row) for row in rows if self._is_own(row)}

    def scan(self, cursor: str | None, limit: int) -> ScanPage:
        """Up to `limit` (1,000 at most) items of the index from `cursor`, which is the service's own token.

        Raises StaleCursor for one that the service does not take (any more).
        """
        start = {"nextToken": cursor} if cursor else {}
        with store_calls(self.backend):
            try:
                page = self._client.list_vectors(
                    **self._target,
                    **start,
                    maxResults=min(limit, LIST_AT_ONCE),
                    returnData=True,
                    returnMetadata=True,
                )
            except ClientError as error:
                if cursor and error_code(error) == "ValidationException":
                    raise StaleCursor(f"{self.backend}: {error}") from error
                raise
        items = tuple(_item(row) for row in page["vectors"] if self._is_own(row))
        return ScanPage(items, page.get("nextToken") or None)

    def count(self) -> int:
        """Counts by listing every key, as the service keeps no figure: a call for each thousand vectors."""
        with store_calls(self.backend):
            return sum(self._is_own(row) for row in self._list())

    def search(
        self, query: NDArray[np.float32], k: int, filters: Filters = NO_FILTERS, *, exact: bool = False
    ) -> SearchResult:
        """The k (100 at most) most similar products. `exact` changes nothing here, and the result says so.

        Raises ValueError for a query of another shape and for k < 1.
        """
        if query.shape != (self._dimensions,):
            raise ValueError(f"query has shape {query.shape}, this store takes ({self._dimensions},)")
        if k < 1:
            raise ValueError(f"k is {k}, it must be 1 or more")
        with store_calls(self.backend):
            answer = self._client.query_vectors(
                **self._target,
                topK=min(k, MOST_RESULTS),
                queryVector={"float32": query.tolist()},
                filter=self._filter(filters),
                returnMetadata=True,
                returnDistance=True,
            )
        return SearchResult(tuple(_hit(found) for found in answer["vectors"]), exact=False)

    def stats(self) -> StoreStats:
        """How many vectors there are (see `count`), and where."""
        return StoreStats(self.count(), self._dimensions, dict(self._target))

    def _merge(self, stored: Stored | None, item: VectorItem) -> Stored:
        """What to store for `item` given what is there: of the vector and the attributes each the newer."""
        if item.vector.shape != (self._dimensions,):
            raise ValueError(f"vector has shape {item.vector.shape}, this store takes ({self._dimensions},)")
        new: Stored = {
            "key": item.product_id,
            "data": {"float32": item.vector.tolist()},
            "metadata": {
                "embedding_key": self._embedding_key,
                "content_hash": item.content_hash,
                "vector_version": item.version,
                "version": item.version,
                **_encode(item.attributes),
            },
        }
        if stored is None or stored["metadata"]["version"] <= item.version:
            return new
        if stored["metadata"]["vector_version"] > item.version:
            return stored
        about_vector = {name: new["metadata"][name] for name in _ABOUT_VECTOR}
        return new | {"metadata": stored["metadata"] | about_vector}

    def _is_own(self, row: Stored) -> bool:
        return row["metadata"]["embedding_key"] == self._embedding_key

    def _read(self, product_ids: Sequence[str]) -> dict[str, Stored]:
        keys = list(dict.fromkeys(product_ids))
        answer = self._client.get_vectors(**self._target, keys=keys, returnData=True, returnMetadata=True)
        return {row["key"]: row for row in answer["vectors"]}

    def _put(self, rows: Sequence[Stored]) -> None:
        for batch in _batches(rows, PUT_AT_ONCE):
            self._client.put_vectors(**self._target, vectors=batch)

    def _list(self) -> Iterator[Stored]:
        pages = self._client.get_paginator("list_vectors").paginate(
            **self._target, returnMetadata=True, PaginationConfig={"PageSize": LIST_AT_ONCE}
        )
        for page in pages:
            yield from page["vectors"]

    def _filter(self, filters: Filters) -> dict[str, Any]:
        """The restrictions in the service's notation, where a comparison with a missing value is false."""
        conditions: list[dict[str, Any]] = [{"embedding_key": {"$eq": self._embedding_key}}]
        if filters.category:
            conditions.append({"category": {"$in": sorted(filters.category)}})
        if filters.color:
            conditions.append({"color": {"$in": sorted(filters.color)}})
        if filters.size:
            # Only $eq is documented to look inside a list.
            conditions.append(_any_of([{"sizes": {"$eq": size}} for size in sorted(filters.size)]))
        if filters.min_price is not None:
            conditions.append({"price": {"$gte": filters.min_price}})
        if filters.max_price is not None:
            conditions.append({"price": {"$lte": filters.max_price}})
        if filters.in_stock:
            conditions.append(_any_of([{"stock": {"$exists": False}}, {"stock": {"$gt": 0}}]))
        return {"$and": conditions}


_ABOUT_VECTOR = ("embedding_key", "content_hash", "vector_version")


def _any_of(conditions: list[dict[str, Any]]) -> dict[str, Any]:
    return conditions[0] if len(conditions) == 1 else {"$or": conditions}


def _encode(attributes: Attributes) -> dict[str, Any]:
    """Metadata of the attributes that are known; the service keeps no nulls and no empty lists."""
    values = {
        "category": attributes.category,
        "color": attributes.color,
        "price": attributes.price,
        "sizes": list(attributes.sizes) or None,
        "stock": attributes.stock,
        "cluster": attributes.cluster,
    }
    return {name: value for name, value in values.items() if value is not None}


def _item(row: Stored) -> VectorItem:
    metadata = row["metadata"]
    return VectorItem(
        row["key"],
        np.array(row["data"]["float32"], np.float32),
        _decode(metadata),
        metadata["content_hash"],
        int(metadata["version"]),
    )


def _decode(metadata: dict[str, Any]) -> Attributes:
    stock, cluster = metadata.get("stock"), metadata.get("cluster")
    return Attributes(
        category=metadata.get("category"),
        color=metadata.get("color"),
        price=metadata.get("price"),
        sizes=tuple(metadata.get("sizes", ())),
        stock=None if stock is None else int(stock),
        cluster=None if cluster is None else int(cluster),
    )


def _hit(found: dict[str, Any]) -> Hit:
    stored = found["metadata"]
    cluster = stored.get("cluster")
    return Hit(
        found["key"],
        1.0 - found["distance"],  # the service's cosine distance is one minus the similarity
        None if cluster is None else int(cluster),
        stored.get("category"),
        stored.get("color"),
        stored.get("price"),
    )


def _batches(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


def open_s3vectors(settings: VectorSettings, clients: Clients) -> S3VectorsStore:
    """The store over the vector bucket and the index of the settings."""
    store = settings.store
    if not isinstance(store, S3VectorsStoreSettings):
        raise TypeError(f"the settings name the backend {store.backend}, not s3vectors")
    return S3VectorsStore(
        clients("s3vectors"),
        store.bucket,
        store.index,
        embedding_key=settings.embedding_key,
        dimensions=settings.embedder.dimensions,
    )
