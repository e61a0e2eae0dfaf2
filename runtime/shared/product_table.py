"""Reading the products table."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from boto3.dynamodb.types import TypeDeserializer
from botocore.exceptions import BotoCoreError, ClientError

from runtime.shared.aws import is_transient
from runtime.shared.products import Product, product_from_row

BY_CATEGORY = "by-category"
_BATCH = 100  # most keys of one BatchGetItem
_MAX_ROUNDS = 5
_SHOWN = "attribute_exists(content_hash)"

T = TypeVar("T")
_deserialize = TypeDeserializer().deserialize


class ProductsUnavailable(Exception):
    """The products table is out of reach or throttled; worth another attempt."""


@dataclass(frozen=True, slots=True)
class Page:
    """Some products of a list; `last` is the id to go on from, None at the end."""

    products: tuple[Product, ...]
    last: str | None


class ProductTable:
    """The products table, for reading. Every method raises ProductsUnavailable."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def get(self, product_id: str, *, consistent: bool = False) -> Product | None:
        """One product, shown or not; None when there is no such row."""
        answer = _call(
            lambda: self._client.get_item(
                TableName=self._table, Key=_key(product_id), ConsistentRead=consistent
            )
        )
        return _read_row(answer["Item"]) if "Item" in answer else None

    def get_many(self, product_ids: Sequence[str], *, consistent: bool = False) -> dict[str, Product]:
        """The products that exist among `product_ids` (distinct), by id."""
        found: dict[str, Product] = {}
        for start in range(0, len(product_ids), _BATCH):
            for item in self._batch_get(product_ids[start : start + _BATCH], consistent):
                product = _read_row(item)
                found[product.product_id] = product
        return found

    def list(self, category: str | None, after: str | None, limit: int) -> Page:
        """Up to `limit` shown products of a category (None: of all), behind the product `after`."""
        products: list[Product] = []
        for product in self._iterate(category, after, limit):
            if len(products) == limit:
                return Page(tuple(products), products[-1].product_id)
            products.append(product)
        return Page(tuple(products), None)

    def count(self) -> int:
        """How many products are shown, found by reading the whole table."""
        place: dict[str, Any] = {}
        total = 0
        while True:
            answer = _call(
                lambda start=place: self._client.scan(
                    TableName=self._table, Select="COUNT", FilterExpression=_SHOWN, **start
                )
            )
            total += answer["Count"]
            if not answer.get("LastEvaluatedKey"):
                return total
            place = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}

    def _batch_get(self, product_ids: Sequence[str], consistent: bool) -> Iterator[dict[str, Any]]:
        wanted: dict[str, Any] = {
            self._table: {"Keys": [_key(each) for each in product_ids], "ConsistentRead": consistent}
        }
        for _ in range(_MAX_ROUNDS):
            answer = _call(lambda request=wanted: self._client.batch_get_item(RequestItems=request))
            yield from answer["Responses"].get(self._table, ())
            wanted = answer.get("UnprocessedKeys") or {}
            if not wanted:
                return
        raise ProductsUnavailable("the products table keeps leaving keys unprocessed")

    def _iterate(self, category: str | None, after: str | None, limit: int) -> Iterator[Product]:
        start = _start_key(category, after)
        while True:
            answer = _call(lambda place=start: self._read_page(category, place, limit + 1))
            yield from map(_read_row, answer["Items"])
            start = answer.get("LastEvaluatedKey")
            if not start:
                return

    def _read_page(self, category: str | None, start: dict[str, Any] | None, limit: int) -> dict[str, Any]:
        place: dict[str, Any] = {"ExclusiveStartKey": start} if start else {}
        common = {"TableName": self._table, "FilterExpression": _SHOWN, "Limit": limit, **place}
        if category is None:
            return self._client.scan(**common)
        return self._client.query(
            IndexName=BY_CATEGORY,
            KeyConditionExpression="category = :category",
            ExpressionAttributeValues={":category": {"S": category}},
            **common,
        )


def _key(product_id: str) -> dict[str, Any]:
    return {"product_id": {"S": product_id}}


def _start_key(category: str | None, after: str | None) -> dict[str, Any] | None:
    if after is None:
        return None
    return _key(after) if category is None else {**_key(after), "category": {"S": category}}


def _read_row(item: dict[str, Any]) -> Product:
    return product_from_row({name: _deserialize(value) for name, value in item.items()})


def _call(read: Callable[[], T]) -> T:
    try:
        return read()
    except (ClientError, BotoCoreError) as error:
        if is_transient(error):
            raise ProductsUnavailable("the products table did not answer") from error
        raise
