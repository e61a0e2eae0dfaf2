"""The vector engine: an index in memory that finds the most similar vectors, with numpy and nothing else.

`build_index` makes a `VectorIndex` and measures its recall, `LiveIndex` adds changes on top, `write_snapshot`
and `read_snapshot` keep it as bytes, `kmeans` groups vectors.
"""

from runtime.vectors.engine.build import BuildOptions, build_index
from runtime.vectors.engine.index import Found, IndexParameters, Mode, VectorIndex
from runtime.vectors.engine.kmeans import Clustering, kmeans
from runtime.vectors.engine.live import Change, Delete, LiveIndex, SetAttributes, Upsert
from runtime.vectors.engine.snapshot import (
    MANIFEST,
    PART_BYTES,
    SEGMENTS,
    FolderSnapshot,
    Manifest,
    Snapshot,
    SnapshotReader,
    SnapshotUnusable,
    SnapshotWriter,
    read_manifest,
    read_snapshot,
    write_snapshot,
)

__all__ = [
    "MANIFEST",
    "PART_BYTES",
    "SEGMENTS",
    "BuildOptions",
    "Change",
    "Clustering",
    "Delete",
    "FolderSnapshot",
    "Found",
    "IndexParameters",
    "LiveIndex",
    "Manifest",
    "Mode",
    "SetAttributes",
    "Snapshot",
    "SnapshotReader",
    "SnapshotUnusable",
    "SnapshotWriter",
    "Upsert",
    "VectorIndex",
    "build_index",
    "kmeans",
    "read_manifest",
    "read_snapshot",
    "write_snapshot",
]
