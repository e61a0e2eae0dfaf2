"""What every resource handler works with."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import boto3
from botocore.config import Config

from local.config import LocalConfig

IGNORED_EVERYWHERE = frozenset({"description", "tags"})
"""Inputs of any resource that only people read."""
ROOT_KEY = "test"  # the emulator's administrator, who may do everything


class Inputs(Mapping[str, Any]):
    """A resource's inputs; remembers which were read, so that none is silently without effect."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values
        self._read: set[str] = set()

    def __getitem__(self, key: str) -> Any:
        self._read.add(key)
        return self._values[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def unread(self) -> set[str]:
        return set(self._values) - self._read

    def renamed(self, **names: str) -> dict[str, Any]:
        """The named inputs that are present, under the names that the AWS call wants."""
        return {to: self[key] for key, to in names.items() if key in self._values}


@dataclass(frozen=True, slots=True)
class Made:
    """A resource as it stands: its id and the outputs beyond its inputs."""

    id: str
    outputs: dict[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Context:
    """The emulator, seen by a handler."""

    config: LocalConfig
    region: str

    def client(self, service: str) -> Any:
        return emulator_client(self.config.emulator_url, self.region, service)

    def ai_client(self, service: str) -> Any:
        return emulator_client(self.config.ai_url, self.region, service)

    def name(self, logical: str, inputs: Inputs, key: str = "name", *, limit: int = 63) -> str:
        """The physical name: the given one, or the logical one with a suffix, as Pulumi names things."""
        given = inputs.get(key)
        if given:
            return given
        suffix = hashlib.sha256(f"{self.config.stack}:{logical}".encode()).hexdigest()[:7]
        return f"{logical[: limit - 8]}-{suffix}"


@cache
def emulator_client(url: str, region: str, service: str) -> Any:
    """A boto3 client of the emulator's administrator."""
    return boto3.client(
        service,
        endpoint_url=url,
        region_name=region,
        aws_access_key_id=ROOT_KEY,
        aws_secret_access_key=ROOT_KEY,
        config=Config(inject_host_prefix=False, retries={"max_attempts": 2}, s3={"addressing_style": "path"}),
    )


Create = Callable[[Context, str, Inputs], Made]
Update = Callable[[Context, str, Inputs, Made], Made]


@dataclass(frozen=True, slots=True)
class Handler:
    """How one resource type is made, and changed where that is possible in place.

    `ignored` names the inputs that the local cloud knowingly leaves out, each with the reason. What is not
    `kept` lives only as long as the processes, and is made anew at every start.
    """

    create: Create
    update: Update | None = None
    ignored: Mapping[str, str] = field(default_factory=dict[str, str])
    kept: bool = True


def always(create: Create) -> Update:
    """The update of a resource whose creating call also replaces."""
    return lambda context, name, inputs, _old: create(context, name, inputs)
