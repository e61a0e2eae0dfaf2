"""Rows of DynamoDB as JSON, and back."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

_deserialize = TypeDeserializer().deserialize
_serialize = TypeSerializer().serialize


def read_row(item: Mapping[str, Any]) -> dict[str, Any]:
    """A row as the client returns it, in plain values: numbers as int or float, sets as sorted lists."""
    return {name: _to_plain(_deserialize(value)) for name, value in item.items()}


def write_value(value: Any) -> dict[str, Any]:
    """A plain value as the client takes it."""
    return _serialize(_from_plain(value))


def _to_plain(value: Any) -> Any:
    match value:
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case dict():
            return {name: _to_plain(each) for name, each in value.items()}
        case list():
            return [_to_plain(each) for each in value]
        case set():
            return sorted(_to_plain(each) for each in value)
        case _:
            return value


def _from_plain(value: Any) -> Any:
    match value:
        case float():
            return Decimal(str(value))
        case dict():
            return {name: _from_plain(each) for name, each in value.items()}
        case list() | tuple():
            return [_from_plain(each) for each in value]
        case _:
            return value
