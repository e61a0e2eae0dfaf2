"""What the ingestion reads and writes: pictures and files in the bucket, rows of the products table."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from boto3.dynamodb.types import TypeSerializer
from botocore.exceptions import ClientError

from runtime.shared.aws import read_code
from runtime.shared.product_table import ProductTable
from runtime.shared.products import Product, row_fields, row_from_product

_MISSING = frozenset({"404", "NoSuchKey", "NotFound"})
_CHUNK = 256 * 1024

_serialize = TypeSerializer().serialize


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object of the bucket as it was when it was opened; `etag` changes with its content."""

    etag: str
    size: int
    body: Any

    def read(self) -> bytes:
        """All of its bytes; look at `size` first."""
        return self.body.read()

    def read_chunks(self) -> Iterator[bytes]:
        """Its bytes in pieces of 256 KB."""
        return self.body.iter_chunks(_CHUNK)

    def close(self) -> None:
        self.body.close()


class CatalogBucket:
    """Reads the catalogue bucket as it is now, whatever an event says of it."""

    def __init__(self, client: Any, bucket: str) -> None:
        self._client = client
        self.name = bucket

    def open(self, key: str) -> StoredObject | None:
        """The object; None when there is none (any more)."""
        answer = self._call(self._client.get_object, key)
        if answer is None:
            return None
        return StoredObject(answer["ETag"], answer["ContentLength"], answer["Body"])

    def etag_of(self, key: str) -> str | None:
        """The object's current ETag; None when there is none (any more)."""
        answer = self._call(self._client.head_object, key)
        return None if answer is None else answer["ETag"]

    def _call(self, method: Any, key: str) -> Mapping[str, Any] | None:
        try:
            return method(Bucket=self.name, Key=key)
        except ClientError as error:
            if read_code(error) in _MISSING:
                return None
            raise


class ProductRows(ProductTable):
    """The products table, for writing too. A write succeeds only on the row that it was worked out from."""

    def write(self, product: Product, before: Product | None) -> bool:
        """Store a product in place of `before`; False when the row has changed since that was read.

        Attributes of the row that a Product does not know are kept.
        """
        values = row_from_product(product)
        del values["product_id"]
        absent = [name for name in row_fields() if name not in values and name != "product_id"]
        expression = "SET " + ", ".join(f"#{name} = :{name}" for name in values)
        if absent:
            expression += " REMOVE " + ", ".join(f"#{name}" for name in absent)
        condition, expected = _unchanged(before)
        return self._attempt(
            self._client.update_item,
            Key=_key(product.product_id),
            UpdateExpression=expression,
            ConditionExpression=condition,
            ExpressionAttributeNames={f"#{name}": name for name in (*values, *absent)},
            ExpressionAttributeValues={f":{name}": _serialize(value) for name, value in values.items()}
            | expected,
        )

    def delete(self, before: Product) -> bool:
        """Remove a row; False when it has changed since `before` was read."""
        condition, expected = _unchanged(before)
        values = {"ExpressionAttributeValues": expected} if expected else {}
        return self._attempt(
            self._client.delete_item,
            Key=_key(before.product_id),
            ConditionExpression=condition,
            ExpressionAttributeNames={"#version": "version"},
            **values,
        )

    def _attempt(self, write: Any, **request: Any) -> bool:
        try:
            write(TableName=self._table, **request)
        except ClientError as error:
            if read_code(error) == "ConditionalCheckFailedException":
                return False
            raise
        return True


def _key(product_id: str) -> dict[str, Any]:
    return {"product_id": {"S": product_id}}


def _unchanged(before: Product | None) -> tuple[str, dict[str, Any]]:
    """A condition for the row still being `before`, and the values in it."""
    if before is None:
        return "attribute_not_exists(product_id)", {}
    if before.version == 0:
        return "attribute_exists(product_id) AND attribute_not_exists(#version)", {}
    return "#version = :expected", {":expected": {"N": str(before.version)}}
