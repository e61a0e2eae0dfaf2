"""What every way to build an image takes and gives."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components._lib.function import REPOSITORY
from components._lib.operation import Operation

DOCKERFILE = "ui/Dockerfile"
_LOCK = "requirements/site.txt"
_SHIPPED = (".py", ".css", ".js", ".html", ".png", ".svg", ".toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageRequest:
    """What a builder is asked for."""

    name: str
    parent: pulumi.Resource
    repository: aws.ecr.Repository
    tag: str
    """A digest of the sources, so that equal sources are built once."""
    layers: Sequence[pulumi.Input[str]]
    operation: Operation
    protect_data: bool


BuildImage = Callable[[ImageRequest], pulumi.Output[str]]
"""Declares what builds the image; gives its reference by digest, which a task definition can rely on."""


def source_files() -> list[str]:
    """Paths, relative to the repository and sorted, of everything that goes into the image."""
    pages = (REPOSITORY / "ui").rglob("*")
    shipped = {path for path in pages if path.suffix in _SHIPPED and path.is_file()}
    return sorted({DOCKERFILE, _LOCK, *(path.relative_to(REPOSITORY).as_posix() for path in shipped)})


def source_digest() -> str:
    """SHA-256 over names and contents of the sources, hexadecimal."""
    digest = hashlib.sha256()
    for path in source_files():
        content = (REPOSITORY / path).read_bytes()
        digest.update(f"{path}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()
