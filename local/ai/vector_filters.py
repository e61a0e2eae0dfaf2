"""Filters of S3 Vectors: tests of a vector's metadata, as the user guide describes them.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-vectors-metadata-filtering.html
"""

import json
from collections.abc import Callable
from typing import Any

from local.ai.wire import Json, invalid

Condition = Callable[[Json], bool]


def parse_filter(document: Any, hidden_keys: frozenset[str] = frozenset()) -> Condition:
    """A test of a vector's metadata from a filter document. Raises ServiceError for one that is malformed."""
    if not isinstance(document, dict) or not document:
        raise invalid("A filter must be a JSON object that is not empty.")
    return _all([_parse_entry(name, value, hidden_keys) for name, value in document.items()])


def _parse_entry(name: str, value: Any, hidden_keys: frozenset[str]) -> Condition:
    if name in ("$and", "$or"):
        if not isinstance(value, list) or not value:
            raise invalid(f"{name} takes an array of filters that is not empty.")
        parts = [parse_filter(part, hidden_keys) for part in value]
        return _all(parts) if name == "$and" else lambda metadata: any(part(metadata) for part in parts)
    if name.startswith("$") or name in hidden_keys:
        raise invalid(f"Vectors cannot be filtered by {name}.")
    if not isinstance(value, dict):
        return _compare(name, "$eq", value)
    if not value:
        raise invalid(f"The condition on {name} is empty.")
    return _all([_compare(name, operator, operand) for operator, operand in value.items()])


def _compare(name: str, operator: str, operand: Any) -> Condition:
    known = _COMPARISONS.get(operator)
    if known is None:
        raise invalid(f"Unknown filter operator {operator}.")
    takes, test = known
    if not takes(operand):
        raise invalid(f"{operator} on {name} does not take {json.dumps(operand)}.")
    if operator == "$exists":
        return lambda metadata: (name in metadata) is operand
    return lambda metadata: name in metadata and test(metadata[name], operand)


def _all(parts: list[Condition]) -> Condition:
    return lambda metadata: all(part(metadata) for part in parts)


def is_primitive(value: Any) -> bool:
    """Whether it is a string, a number or a boolean."""
    return isinstance(value, str | int | float | bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_primitive_list(value: Any) -> bool:
    """Whether it is a list of those that is not empty."""
    return isinstance(value, list) and bool(value) and all(map(is_primitive, value))


def _equals(value: Any, operand: Any) -> bool:
    return operand in value if isinstance(value, list) else bool(value == operand)


def _when_number(test: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    return lambda value, operand: _is_number(value) and test(value, operand)


def _is_true_or_false(value: Any) -> bool:
    return isinstance(value, bool)


# Operator -> what it may be given, and the test. `$in` and `$nin` compare a whole value only: the guide
# promises a look inside a list for `$eq` alone, and a stand-in must not allow more than the service.
_COMPARISONS: dict[str, tuple[Callable[[Any], bool], Callable[[Any, Any], bool]]] = {
    "$eq": (is_primitive, _equals),
    "$ne": (is_primitive, lambda value, operand: not _equals(value, operand)),
    "$gt": (_is_number, _when_number(lambda value, operand: value > operand)),
    "$gte": (_is_number, _when_number(lambda value, operand: value >= operand)),
    "$lt": (_is_number, _when_number(lambda value, operand: value < operand)),
    "$lte": (_is_number, _when_number(lambda value, operand: value <= operand)),
    "$in": (is_primitive_list, lambda value, operand: value in operand),
    "$nin": (is_primitive_list, lambda value, operand: value not in operand),
    "$exists": (_is_true_or_false, lambda value, operand: True),
}
