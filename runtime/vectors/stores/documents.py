"""How a vector is laid out in OpenSearch documents, and which of a product's documents counts.

A vector collection makes document ids itself and has no update, so a product may have several documents for
a while: every change is a new one, and older ones are deleted when they are seen. A write is seen by others
only after the index has refreshed (10 s, in the classic generation 60 s), so the one that changes a product
may not see what another wrote just before. What counts is therefore decided by whoever reads:

- a deletion is a document of its own (`deleted`), and hides all that was written before it;
- of the others of one embedding key the highest version counts, then the newest picture, then the last
  written.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runtime.shared.opensearch import Generation, vector_field, vector_index
from runtime.vectors.port import Attributes, VectorItem

Json = dict[str, Any]

M = 32
EF_CONSTRUCTION = 256
# The inner product of unit vectors is their cosine, and every version of the service offers it with faiss.
_SPACE = "innerproduct"
_DIGITS = 7

ABOUT_VECTOR = ("vector", "content_hash", "vector_version")
ATTRIBUTES = ("category", "color", "price", "sizes", "stock", "cluster")
STATE = ("product_id", "embedding_key", "version", "vector_version", "written_at", "deleted", *ATTRIBUTES)
"""What is read of a document when its vector is not needed."""


@dataclass(frozen=True, slots=True)
class Document:
    """A document as found: the id that the service gave it, and its fields."""

    id: str
    fields: Mapping[str, Any]

    @property
    def product_id(self) -> str:
        return self.fields["product_id"]

    @property
    def written_at(self) -> int:
        return self.fields["written_at"]

    @property
    def is_deletion(self) -> bool:
        return bool(self.fields.get("deleted"))

    @property
    def vector(self) -> NDArray[np.float32]:
        return np.array(self.fields["vector"], np.float32)


def index_body(generation: Generation, dimensions: int) -> Json:
    """Settings and mappings of the index of product vectors."""
    keyword, number = {"type": "keyword"}, {"type": "long"}
    return vector_index(
        {
            "product_id": keyword,
            "embedding_key": keyword,
            "vector": vector_field(
                generation, dimensions, space=_SPACE, m=M, ef_construction=EF_CONSTRUCTION
            ),
            "content_hash": {"type": "keyword", "index": False},
            "version": number,
            "vector_version": number,
            "written_at": number,
            "deleted": {"type": "boolean"},
            "category": keyword,
            "color": keyword,
            "price": {"type": "double"},
            "sizes": keyword,
            "stock": number,
            "cluster": number,
        }
    )


def numbers(vector: NDArray[np.float32]) -> list[float]:
    """A unit vector for JSON: seven decimals are as much as float32 holds, and half the bytes of all."""
    return np.round(vector.astype(np.float64), _DIGITS).tolist()


def encode(item: VectorItem, embedding_key: str) -> Json:
    """The fields of a vector, without the time of writing."""
    return {
        "product_id": item.product_id,
        "embedding_key": embedding_key,
        "vector": numbers(item.vector),
        "content_hash": item.content_hash,
        "version": item.version,
        "vector_version": item.version,
        **encode_attributes(item.attributes),
    }


def decode(documents: Sequence[Document]) -> VectorItem:
    """The item that one or more documents of a product say, all of them alive and with their vectors."""
    state, picture = current(documents), newest_picture(documents)
    known: Json = {name: state.fields.get(name) for name in ATTRIBUTES}
    known["sizes"] = tuple(known["sizes"] or ())
    return VectorItem(
        state.product_id,
        picture.vector,
        Attributes(**known),
        picture.fields["content_hash"],
        state.fields["version"],
    )


def encode_attributes(attributes: Attributes) -> Json:
    """The fields of the attributes that are known."""
    values: Json = {name: getattr(attributes, name) for name in ATTRIBUTES}
    values["sizes"] = list(attributes.sizes) or None
    return {name: value for name, value in values.items() if value is not None}


def deletion(product_id: str) -> Json:
    """The fields of a deletion, without the time of writing."""
    return {"product_id": product_id, "deleted": True}


def by_product(documents: Iterable[Document]) -> dict[str, list[Document]]:
    """Documents by the product that they are of."""
    groups: dict[str, list[Document]] = {}
    for document in documents:
        groups.setdefault(document.product_id, []).append(document)
    return groups


def alive(documents: Sequence[Document], embedding_key: str) -> list[Document]:
    """Of one product's documents those of an embedding key that no later deletion hides."""
    buried_at = max((each.written_at for each in documents if each.is_deletion), default=-1)
    return [
        each
        for each in documents
        if not each.is_deletion
        and each.written_at > buried_at
        and each.fields["embedding_key"] == embedding_key
    ]


def current(documents: Sequence[Document]) -> Document:
    """The document that counts, of one or more that are alive."""
    return max(
        documents, key=lambda each: (each.fields["version"], each.fields["vector_version"], each.written_at)
    )


def newest_picture(documents: Sequence[Document]) -> Document:
    """The document with the newest picture's vector, of one or more that are alive."""
    return max(documents, key=lambda each: (each.fields["vector_version"], each.written_at))


def merge(documents: Sequence[Document], new: Json) -> Json | None:
    """What to store for a new vector given the documents alive; None when all it has is older."""
    if not documents or current(documents).fields["version"] <= new["version"]:
        return new
    if newest_picture(documents).fields["vector_version"] > new["version"]:
        return None
    return new | _attributes_of(current(documents))


def with_attributes(documents: Sequence[Document], attributes: Attributes, version: int) -> Json | None:
    """What to store for new attributes given the documents alive; None when they are older."""
    if current(documents).fields["version"] > version:
        return None
    picture = newest_picture(documents).fields
    about = {name: picture[name] for name in (*ABOUT_VECTOR, "product_id", "embedding_key")}
    return about | encode_attributes(attributes) | {"version": version}


def _attributes_of(document: Document) -> Json:
    absent = dict.fromkeys(ATTRIBUTES)
    known = {name: document.fields.get(name) for name in ATTRIBUTES}
    return absent | known | {"version": document.fields["version"]}
