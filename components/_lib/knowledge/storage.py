"""What every storage of a knowledge base takes and gives."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from components._lib.iam import Statement
from components._lib.opensearch import OpenSearchGeneration
from components._lib.operation import Operation


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageRequest:
    """What a storage is asked for."""

    name: str
    parent: pulumi.Resource
    physical_name: pulumi.Input[str]
    dimensions: int
    layers: Sequence[pulumi.Input[str]]
    opensearch_layers: Sequence[pulumi.Input[str]]
    opensearch_generation: OpenSearchGeneration
    region: pulumi.Output[str]
    operation: Operation
    protect_data: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageResult:
    """How the knowledge base is told of its storage, and what its role must be allowed to do on it."""

    configuration: Any
    """Storage configuration of a Bedrock knowledge base, `type` included."""
    statements: tuple[Statement, ...]
    prepare: Callable[[pulumi.Input[str]], list[pulumi.Resource]] = lambda _role_arn: []
    """Declares what still needs the knowledge base's role (its ARN); the knowledge base waits for it."""


CreateStorage = Callable[[StorageRequest], StorageResult]
