"""What every vector backend takes and gives."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pulumi

from components._lib.iam import Statement
from components._lib.opensearch import OpenSearchGeneration
from components._lib.operation import Operation
from components._lib.watched import Row


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
    operation: Operation
    protect_data: bool
    layers: Sequence[pulumi.Input[str]]
    opensearch_layers: Sequence[pulumi.Input[str]]
    opensearch_generation: OpenSearchGeneration
    region: pulumi.Output[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class BackendResult:
    """What a backend hands out: how to find it, and what searching and indexing must be allowed to do."""

    setting: pulumi.Output[str]
    """JSON text of the VECTOR_STORE setting."""
    query_statements: tuple[Statement, ...]
    index_statements: tuple[Statement, ...]
    label_statements: tuple[Statement, ...]
    """What reading every vector and changing attributes must be allowed to do."""
    scan_statements: tuple[Statement, ...]
    """Reading everything stored, page by page and by id."""
    state_statements: tuple[Statement, ...] = ()
    """Reading when an index was last written and what it holds, for backends that write one."""
    layers: tuple[pulumi.Input[str], ...] = ()
    """Layers that functions need for this backend beside their own."""
    collection: pulumi.Input[str] = ""
    """Name of the collection, for backends that keep their own list of who may use it."""
    watched: tuple[Row, ...] = ()
    """What there is to look at."""


CreateBackend = Callable[[BackendRequest], BackendResult]
