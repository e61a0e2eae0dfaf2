"""Between Pulumi's policy engine and the rules."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from policies.stack import Resource, Rule


class _Options(Protocol):
    protect: bool


class _EngineResource(Protocol):
    resource_type: str
    name: str
    props: Mapping[str, Any]
    opts: _Options


class _EngineStack(Protocol):
    resources: list[Any]


def rule_name(rule: Rule) -> str:
    """The policy's name in Pulumi: the function's, with hyphens."""
    return rule.__name__.replace("_", "-")


def read_stack(args: _EngineStack) -> list[Resource]:
    """The engine's resources as the rules read them."""
    return [_read(resource) for resource in args.resources]


def _read(resource: _EngineResource) -> Resource:
    return Resource(resource.resource_type, resource.name, _Properties(resource.props), resource.opts.protect)


class _Properties(Mapping[str, Any]):
    """Properties as plain lists and objects instead of the engine's proxies, each made when it is read.

    Reading one that is unknown during a preview raises the engine's UnknownValueError, so only the rules that
    need it are put off until the update.
    """

    def __init__(self, properties: Mapping[str, Any]) -> None:
        self._properties = properties

    def __getitem__(self, key: str) -> Any:
        return _plain(self._properties[key])

    def __iter__(self) -> Iterator[str]:
        return iter(self._properties)

    def __len__(self) -> int:
        return len(self._properties)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(value[key]) for key in value}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [_plain(each) for each in value]
    return value
