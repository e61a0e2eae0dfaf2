"""The embeddings table: how a vector is laid out in a row, and every call made to the table.

A row is `product_id`, `vector` (float16, little endian, 2 bytes a dimension), `embedding_key`, the filterable
attributes, `version` (of the attributes), `vector_version` (of the picture behind the vector), `updated_at`
(epoch microseconds) and `change_shard`. A deletion leaves a tombstone: `deleted`, no vector, an expiry date.
"""

import time
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from aws_lambda_powertools import Logger
from botocore.exceptions import ClientError
from numpy.typing import NDArray

from runtime.vectors.errors import StoreUnavailable
from runtime.vectors.port import Attributes, VectorItem
from runtime.vectors.stores.calls import error_code

logger = Logger(child=True)

T = TypeVar("T")

SHARDS: tuple[str, ...] = ("0", "1", "2", "3")
"""Values of `change_shard`: several, so that writes of changes do not all land on one index partition."""
TOMBSTONE_SECONDS = 7 * 24 * 3600
"""How long a deletion stays visible to those who follow the changes."""

LONGEST_ID = 255
"""Bytes of a product id in UTF-8."""

SCAN_SEGMENTS = 8
_GET_AT_ONCE = 100  # most keys of one BatchGetItem
_GET_ROUNDS = 6
_GET_PAUSE_S = 0.2
_STORED = np.dtype("<f2")
_TEXTS = ("category", "color")
_NUMBERS = ("price", "stock", "cluster")

Item = dict[str, Any]
"""A row in DynamoDB's own notation: {"price": {"N": "59.9"}}."""


@dataclass(frozen=True, slots=True)
class Row:
    """What an index needs of a row; `vector` is float16 (d,), None when the product left this space."""

    product_id: str
    vector: NDArray[np.float16] | None
    attributes: Attributes
    updated_at: int
    shard: str


class EmbeddingsTable:
    """Reads and writes the rows of one embedding key. Methods raise botocore's errors."""

    def __init__(
        self,
        client: Any,
        table: str,
        changes_index: str,
        *,
        embedding_key: str,
        dimensions: int,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._client = client
        self._table = table
        self._changes_index = changes_index
        self._embedding_key = embedding_key
        self._dimensions = dimensions
        self._clock = clock

    def now(self) -> int:
        """The present in epoch microseconds, as written into rows."""
        return int(self._clock() * 1_000_000)

    def put(self, item: VectorItem) -> None:
        """Store a vector and its attributes; of each the newer version stays.

        Raises ValueError for an item that no index could hold.
        """
        self._check(item)
        row = self.encode(item)
        if not self._put_if(
            row, "attribute_not_exists(version) OR version <= :version", {":version": row["version"]}
        ):
            self._put_vector_only(row)

    def set_attributes(self, product_id: str, attributes: Attributes, version: int) -> bool:
        """Set the attributes of a row of this embedding key unless it has newer ones; False without a row."""
        values = _encode_attributes(attributes) | {"version": {"N": str(version)}} | self._stamp(product_id)
        absent = [name for name in (*_TEXTS, *_NUMBERS, "sizes") if name not in values]
        expression = "SET " + ", ".join(f"#{name} = :{name}" for name in values)
        if absent:
            expression += " REMOVE " + ", ".join(f"#{name}" for name in absent)
        try:
            self._client.update_item(
                TableName=self._table,
                Key={"product_id": {"S": product_id}},
                UpdateExpression=expression,
                ConditionExpression="embedding_key = :own_key AND #version <= :version",
                ExpressionAttributeNames={f"#{name}": name for name in (*values, *absent)},
                ExpressionAttributeValues={f":{name}": value for name, value in values.items()}
                | {":own_key": {"S": self._embedding_key}},
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise
            present: Item = error.response.get("Item", {})  # pyright: ignore[reportAssignmentType]
            return present.get("embedding_key", {}).get("S") == self._embedding_key
        return True

    def bury(self, product_id: str) -> None:
        """Replace a row by a tombstone; nothing happens when there is no row or it is one already."""
        tombstone: Item = {
            "product_id": {"S": product_id},
            "deleted": {"BOOL": True},
            "expires_at": {"N": str(int(self._clock()) + TOMBSTONE_SECONDS)},
            **self._stamp(product_id),
        }
        self._put_if(tombstone, "attribute_exists(product_id) AND attribute_not_exists(deleted)", {})

    def scan(self) -> list[Row]:
        """Every row of this embedding key, read in parallel segments."""
        with ThreadPoolExecutor(SCAN_SEGMENTS) as pool:
            segments = pool.map(self._scan_segment, range(SCAN_SEGMENTS))
            return [row for segment in segments for row in segment]

    def page(self, cursor: str | None, limit: int) -> tuple[list[VectorItem], str | None]:
        """Up to `limit` rows of this embedding key behind the product `cursor`, and where to go on.

        Read consistently; rows of other keys and tombstones count towards `limit` and are left out.
        """
        start = {"ExclusiveStartKey": {"product_id": {"S": cursor}}} if cursor else {}
        answer = self._client.scan(
            TableName=self._table,
            ConsistentRead=True,
            Limit=limit,
            FilterExpression="embedding_key = :own_key",
            ExpressionAttributeValues={":own_key": {"S": self._embedding_key}},
            **start,
        )
        last = answer.get("LastEvaluatedKey")
        return self._decode_items(answer["Items"]), last["product_id"]["S"] if last else None

    def get_many(self, product_ids: Sequence[str]) -> list[VectorItem]:
        """The rows of this embedding key among `product_ids` (distinct), read consistently."""
        items: list[Item] = []
        for start in range(0, len(product_ids), _GET_AT_ONCE):
            part = product_ids[start : start + _GET_AT_ONCE]
            items += self._batch_get([{"product_id": {"S": each}} for each in part])
        return self._decode_items(items)

    def count(self) -> int:
        """How many rows of this embedding key there are."""
        request = {
            "TableName": self._table,
            "ConsistentRead": True,
            "Select": "COUNT",
            "FilterExpression": "embedding_key = :own_key",
            "ExpressionAttributeValues": {":own_key": {"S": self._embedding_key}},
        }
        return sum(answer["Count"] for answer in _answers(self._client.scan, request))

    def changes(self, since: Mapping[str, int]) -> list[Row]:
        """Rows written after the given moment of their shard, tombstones included, oldest first.

        A row that now belongs to another embedding key is among them, without a vector.
        """
        with ThreadPoolExecutor(len(since)) as pool:
            shards = pool.map(lambda shard: self._changes_of(shard, since[shard]), since)
            return sorted((row for rows in shards for row in rows), key=lambda row: row.updated_at)

    def _check(self, item: VectorItem) -> None:
        if item.vector.shape != (self._dimensions,):
            raise ValueError(f"vector has shape {item.vector.shape}, this store takes ({self._dimensions},)")
        if not np.isfinite(item.vector).all():
            raise ValueError(f"the vector of {item.product_id!r} has values that are not finite")
        if not 0 < len(item.product_id.encode()) <= LONGEST_ID or "\0" in item.product_id:
            raise ValueError(f"product id {item.product_id!r} is empty, too long or holds a NUL")

    def encode(self, item: VectorItem) -> Item:
        """The row of a vector, in DynamoDB's notation, as written now."""
        return {
            "product_id": {"S": item.product_id},
            "vector": {"B": item.vector.astype(_STORED).tobytes()},
            "dims": {"N": str(self._dimensions)},
            "embedding_key": {"S": self._embedding_key},
            "content_hash": {"S": item.content_hash},
            "version": {"N": str(item.version)},
            "vector_version": {"N": str(item.version)},
            **_encode_attributes(item.attributes),
            **self._stamp(item.product_id),
        }

    def _stamp(self, product_id: str) -> Item:
        # By product, so that the changes of one product come from one shard, in order.
        shard = SHARDS[zlib.crc32(product_id.encode()) % len(SHARDS)]
        return {"updated_at": {"N": str(self.now())}, "change_shard": {"S": shard}}

    def _put_if(self, row: Item, condition: str, values: Item) -> bool:
        request: dict[str, Any] = {"ExpressionAttributeValues": values} if values else {}
        try:
            self._client.put_item(TableName=self._table, Item=row, ConditionExpression=condition, **request)
        except ClientError as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise
            return False
        return True

    def _put_vector_only(self, row: Item) -> None:
        """Newer attributes are there: leave them, and take the vector unless that is newer as well."""
        names = (
            "vector",
            "dims",
            "embedding_key",
            "content_hash",
            "vector_version",
            "updated_at",
            "change_shard",
        )
        try:
            self._client.update_item(
                TableName=self._table,
                Key={"product_id": row["product_id"]},
                UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in names),
                ConditionExpression="#vector_version <= :vector_version",
                ExpressionAttributeNames={f"#{name}": name for name in names},
                ExpressionAttributeValues={f":{name}": row[name] for name in names},
            )
        except ClientError as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise

    def _scan_segment(self, segment: int) -> list[Row]:
        request = {
            "TableName": self._table,
            "Segment": segment,
            "TotalSegments": SCAN_SEGMENTS,
            "FilterExpression": "embedding_key = :own_key",
            "ExpressionAttributeValues": {":own_key": {"S": self._embedding_key}},
        }
        return [
            row
            for item in _pages(self._client.scan, request)
            if (row := self._decode(item)).vector is not None
        ]

    def _changes_of(self, shard: str, since: int) -> list[Row]:
        request = {
            "TableName": self._table,
            "IndexName": self._changes_index,
            "KeyConditionExpression": "change_shard = :shard AND updated_at > :since",
            "ExpressionAttributeValues": {":shard": {"S": shard}, ":since": {"N": str(since)}},
        }
        return [self._decode(item) for item in _pages(self._client.query, request)]

    def _batch_get(self, keys: Sequence[Item]) -> list[Item]:
        wanted: dict[str, Any] = {self._table: {"Keys": list(keys), "ConsistentRead": True}}
        found: list[Item] = []
        for attempt in range(_GET_ROUNDS):
            # A first round of a few MB is answered in parts; later ones mean that the table is busy.
            time.sleep(_GET_PAUSE_S * max(0, attempt - 1))
            answer = self._client.batch_get_item(RequestItems=wanted)
            found += answer["Responses"].get(self._table, [])
            wanted = answer.get("UnprocessedKeys") or {}
            if not wanted:
                return found
        raise StoreUnavailable("dynamodb: the embeddings table keeps leaving keys unprocessed")

    def _decode_items(self, items: Sequence[Item]) -> list[VectorItem]:
        decoded = [(item, self._decode(item)) for item in items]
        return [
            VectorItem(
                row.product_id,
                row.vector.astype(np.float32),
                row.attributes,
                _text(item, "content_hash") or "",
                _number(item, "version", int) or 0,
            )
            for item, row in decoded
            if row.vector is not None
        ]

    def _decode(self, item: Item) -> Row:
        return Row(
            product_id=item["product_id"]["S"],
            vector=self._decode_vector(item),
            attributes=_decode_attributes(item),
            updated_at=int(item["updated_at"]["N"]),
            shard=item["change_shard"]["S"],
        )

    def _decode_vector(self, item: Item) -> NDArray[np.float16] | None:
        if "vector" not in item or item.get("embedding_key", {}).get("S") != self._embedding_key:
            return None
        raw: bytes = item["vector"]["B"]
        if len(raw) == self._dimensions * _STORED.itemsize:
            vector = np.frombuffer(raw, _STORED)
            if np.isfinite(vector).all():
                return vector
        # One broken row must not keep the rest of the shop from being found.
        logger.warning("row has no usable vector and is left out", product_id=item["product_id"]["S"])
        return None


def _pages(call: Callable[..., Any], request: Mapping[str, Any]) -> Iterator[Item]:
    """The items of every page; a page may be empty and still be followed by others."""
    for page in _answers(call, request):
        yield from page["Items"]


def _answers(call: Callable[..., Any], request: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Every page of an answer."""
    start: Mapping[str, Any] = {}
    while True:
        page = call(**request, **start)
        yield page
        if not page.get("LastEvaluatedKey"):
            return
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def _encode_attributes(attributes: Attributes) -> Item:
    item: Item = {name: {"S": value} for name in _TEXTS if (value := getattr(attributes, name)) is not None}
    item |= {name: {"N": str(value)} for name in _NUMBERS if (value := getattr(attributes, name)) is not None}
    if attributes.sizes:
        item["sizes"] = {"L": [{"S": size} for size in attributes.sizes]}
    return item


def _decode_attributes(item: Item) -> Attributes:
    return Attributes(
        category=_text(item, "category"),
        color=_text(item, "color"),
        price=_number(item, "price", float),
        sizes=tuple(size["S"] for size in item.get("sizes", {}).get("L", [])),
        stock=_number(item, "stock", int),
        cluster=_number(item, "cluster", int),
    )


def _text(item: Item, name: str) -> str | None:
    return item[name]["S"] if name in item else None


def _number(item: Item, name: str, kind: Callable[[str], T]) -> T | None:
    return kind(item[name]["N"]) if name in item else None


def group_by_product(items: Sequence[VectorItem]) -> dict[str, list[VectorItem]]:
    """Items by product, in the order given: two of one product must be written one after the other."""
    groups: dict[str, list[VectorItem]] = {}
    for item in items:
        groups.setdefault(item.product_id, []).append(item)
    return groups
