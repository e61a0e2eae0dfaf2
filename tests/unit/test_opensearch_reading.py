"""Reading and paging through an OpenSearch index, over documents kept in memory."""

from typing import Any, cast

import numpy as np
import pytest

from runtime.shared.opensearch import Collection, Generation
from runtime.vectors.port import Attributes, VectorItem
from runtime.vectors.stores.documents import deletion, encode
from runtime.vectors.stores.opensearch import OpenSearchStore

KEY = "model@4"
ROW = np.array([0.6, 0.8, 0, 0], np.float32)
FULL = Attributes("dress", "red", 59.9, ("S", "M"), 3, 7)


class Documents:
    """A collection that knows the two queries by product of the store."""

    def __init__(self, documents: list[dict[str, Any]]) -> None:
        self._hits: list[dict[str, Any]] = [
            {"_id": str(n), "_source": each | {"written_at": n}} for n, each in enumerate(documents)
        ]

    def search(self, index: str, body: dict[str, Any]) -> dict[str, Any]:
        hits = sorted(self._hits, key=lambda hit: hit["_source"]["product_id"])
        for condition in body["query"]["bool"]["filter"]:
            ((kind, (pair,)),) = ((name, each.items()) for name, each in condition.items())
            field, value = pair
            hits = [hit for hit in hits if _passes(kind, hit["_source"].get(field), value)]
        return {"hits": {"hits": hits[: body["size"]]}}


def _passes(kind: str, found: Any, value: Any) -> bool:
    return {
        "term": lambda: found == value,
        "terms": lambda: found in value,
        "range": lambda: found > value["gt"],
    }[kind]()


def open_store(generation: Generation = Generation.NEXTGEN) -> OpenSearchStore:
    items = [
        VectorItem("a", ROW, Attributes(color="old"), "hash-1", 1),
        VectorItem("a", ROW, FULL, "hash-2", 2),
        VectorItem("b", ROW, Attributes(), "hash-b", 1),
        VectorItem("gone", ROW, Attributes(), "hash-g", 1),
    ]
    other = encode(VectorItem("c", ROW, Attributes(), "hash-c", 1), "other@4")
    documents = [*(encode(item, KEY) for item in items), other, deletion("gone")]
    collection = cast(Collection, Documents(documents))
    return OpenSearchStore(collection, "products", generation, embedding_key=KEY, dimensions=4)


def test_what_counts_of_a_product_is_read_whole() -> None:
    read = open_store().read(["a", "b", "gone", "c", "unknown", "a"])
    assert set(read) == {"a", "b"}
    assert (read["a"].attributes, read["a"].version, read["a"].content_hash) == (FULL, 2, "hash-2")
    assert read["b"].attributes == Attributes()
    np.testing.assert_allclose(read["a"].vector, ROW, atol=1e-6)


@pytest.mark.parametrize("limit", [1, 2, 100])
def test_pages_meet_every_product_once_and_in_order(limit: int) -> None:
    store, names, cursor = open_store(), list[str](), None
    while True:
        page = store.scan(cursor, limit)
        names += [item.product_id for item in page.items]
        cursor = page.cursor
        if cursor is None:
            break
    assert names == ["a", "b"]


def test_writes_show_after_the_refresh_of_the_generation() -> None:
    assert [open_store(each).settles_after_s for each in Generation] == [10.0, 60.0]
