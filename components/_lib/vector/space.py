"""One place for vectors with the model that fills it, and what its resources are called."""

from dataclasses import dataclass

import pulumi

from components._lib.iam import Statement
from components._lib.vector.backend import BackendResult

DEFAULT_EMBEDDER = "titan"
DEFAULT_DIMENSIONS = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class VectorSpace:
    """A backend's hand-out, the EMBEDDER setting (JSON text), and the permission to call the model."""

    store: BackendResult
    embedder: pulumi.Output[str]
    embed: Statement


def space_suffix(embedder: str, dimensions: int) -> str:
    """What tells the resources of this model's vectors from those of another; nothing for the default.

    It follows from the model alone and not from the part that the space plays. So the resources that a
    migration has filled are still the same ones when the stack goes over to them, and need not move.
    """
    if (embedder, dimensions) == (DEFAULT_EMBEDDER, DEFAULT_DIMENSIONS):
        return ""
    return f"-{embedder}-{dimensions}"
