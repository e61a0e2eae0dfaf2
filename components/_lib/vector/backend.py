"""What every vector backend takes and gives."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pulumi

from components._lib.iam import Statement


@dataclass(frozen=True, slots=True, kw_only=True)
class BackendRequest:
    """What a backend is asked for."""

    name: str
    parent: pulumi.Resource
    dimensions: int
    embedder: pulumi.Input[str]
    """JSON text of the EMBEDDER setting."""
    physical_name: pulumi.Input[str]
    snapshot_minutes: int
    memory_mb: int
    log_retention_days: int
    protect_data: bool
    layers: Sequence[pulumi.Input[str]]
    tags: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BackendResult:
    """What a backend hands out: how to find it, and what searching and indexing must be allowed to do."""

    setting: pulumi.Output[str]
    """JSON text of the VECTOR_STORE setting."""
    query_statements: tuple[Statement, ...]
    index_statements: tuple[Statement, ...]
    scan_statements: tuple[Statement, ...]
    """Reading everything stored, page by page and by id."""


CreateBackend = Callable[[BackendRequest], BackendResult]
