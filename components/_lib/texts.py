"""JSON texts of values that hold Outputs here and there."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pulumi


def dump_json(value: Any, separators: tuple[str, str] | None = None) -> pulumi.Output[str]:
    """The JSON text of dicts and lists whose leaves may be Outputs; keys are sorted.

    `pulumi.Output.json_dumps` makes an Output of every single leaf, known or not. The policies of a stack
    have thousands of leaves, and few of them are waited for.
    """

    def dump(known: list[Any]) -> str:
        return json.dumps(_fill(value, iter(known)), sort_keys=True, separators=separators)

    return pulumi.Output.all(*_outputs(value)).apply(dump)


def _outputs(value: Any) -> Iterator[pulumi.Output[Any]]:
    if isinstance(value, pulumi.Output):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _outputs(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _outputs(each)


def _fill(value: Any, known: Iterator[Any]) -> Any:
    """`value` with its Outputs replaced by what they came to, in the order of `_outputs`."""
    if isinstance(value, pulumi.Output):
        return next(known)
    if isinstance(value, Mapping):
        return {key: _fill(each, known) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_fill(each, known) for each in value]
    return value
