"""An index as two byte objects: `manifest.json`, and `segments.bin` with all arrays, raw and little-endian.

Each array begins at a multiple of 64 bytes, so that reading is a few parallel ranges copied into one buffer
that the arrays then share. Every part of 8 MiB has a CRC-32 in the manifest. Nothing is pickled.
"""

import json
import sys
import zlib
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from operator import index as index_of
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from runtime.vectors.engine.columns import Columns
from runtime.vectors.engine.index import IndexParameters, Lists, Mode, Prefixes, VectorIndex
from runtime.vectors.engine.matrices import Packed, Plain

MANIFEST = "manifest.json"
SEGMENTS = "segments.bin"
FORMAT = 1
ALIGNMENT = 64
PART_BYTES = 8 * 1024 * 1024
VOCABULARIES = ("categories", "colors", "sizes")

Arrays = Mapping[str, NDArray[Any]]


class SnapshotUnusable(Exception):
    """A snapshot that is missing, damaged, of another format or embedding; build from the table."""


class SnapshotWriter(Protocol):
    """Where a snapshot goes."""

    def put(self, name: str, chunks: Iterable[memoryview]) -> None:
        """Store one object made of chunks of 8 MiB, of which the last may be smaller."""
        ...


class SnapshotReader(Protocol):
    """Where a snapshot comes from; both methods raise FileNotFoundError for an object that is missing."""

    def get(self, name: str) -> bytes:
        """A whole object."""
        ...

    def get_range(self, name: str, start: int, length: int) -> bytes:
        """`length` bytes of an object from byte `start`; called by several threads at once."""
        ...


@dataclass(frozen=True, slots=True)
class Segment:
    """Where an array is: first byte, numpy dtype with byte order, shape."""

    start: int
    dtype: str
    shape: tuple[int, ...]

    @property
    def length(self) -> int:
        return int(np.prod(self.shape, dtype=np.int64)) * np.dtype(self.dtype).itemsize


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a snapshot holds.

    `checkpoint` is the `updated_at` (epoch microseconds) up to which the table's changes are contained,
    `checksums` the CRC-32 of each 8 MiB of `segments.bin`, `vocabularies` the words of the filter columns.
    """

    format: int
    embedding_key: str
    checkpoint: int
    count: int
    dimensions: int
    parameters: IndexParameters
    vocabularies: Mapping[str, tuple[str, ...]]
    segments: Mapping[str, Segment]
    total_bytes: int
    checksums: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An index that was read, and its manifest."""

    index: VectorIndex
    manifest: Manifest


class FolderSnapshot:
    """Reads and writes a snapshot in a local folder, which is made when needed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, name: str, chunks: Iterable[memoryview]) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / name).open("wb") as file:
            file.writelines(chunks)

    def get(self, name: str) -> bytes:
        return (self._folder / name).read_bytes()

    def get_range(self, name: str, start: int, length: int) -> bytes:
        with (self._folder / name).open("rb", buffering=0) as file:
            file.seek(start)
            return file.read(length)


def write_snapshot(
    index: VectorIndex, writer: SnapshotWriter, *, embedding_key: str, checkpoint: int
) -> Manifest:
    """Write the segments, then the manifest that makes them a snapshot."""
    arrays = _collect_arrays(index)
    segments, total = _lay_out(arrays)
    checksums: list[int] = []
    writer.put(SEGMENTS, _checked_parts(arrays, segments, total, checksums))
    manifest = Manifest(
        format=FORMAT,
        embedding_key=embedding_key,
        checkpoint=checkpoint,
        count=index.count,
        dimensions=index.dimensions,
        parameters=index.parameters,
        vocabularies={name: getattr(index.columns, name) for name in VOCABULARIES},
        segments=segments,
        total_bytes=total,
        checksums=tuple(checksums),
    )
    writer.put(MANIFEST, [memoryview(json.dumps(asdict(manifest), indent=1, sort_keys=True).encode())])
    return manifest


def read_manifest(reader: SnapshotReader) -> Manifest:
    """The manifest. Raises SnapshotUnusable when there is none that this version understands."""
    try:
        raw: Any = json.loads(reader.get(MANIFEST))
    except FileNotFoundError as error:
        raise SnapshotUnusable(f"there is no {MANIFEST}") from error
    except ValueError as error:
        raise SnapshotUnusable(f"{MANIFEST} is not JSON: {error}") from error
    found = raw.get("format") if isinstance(raw, dict) else None
    if found != FORMAT:
        raise SnapshotUnusable(f"the snapshot has format {found!r}; this version reads {FORMAT}")
    try:
        settings: dict[str, Any] = {**raw["parameters"], "mode": Mode(raw["parameters"]["mode"])}
        segments = {
            name: Segment(segment["start"], segment["dtype"], tuple(segment["shape"]))
            for name, segment in raw["segments"].items()
        }
        parsed: dict[str, Any] = {
            "parameters": IndexParameters(**settings),
            "segments": segments,
            "vocabularies": {name: tuple(raw["vocabularies"][name]) for name in VOCABULARIES},
            "checksums": tuple(raw["checksums"]),
            "total_bytes": index_of(raw["total_bytes"]),
        }
        return Manifest(**{**raw, **parsed})
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise SnapshotUnusable(f"{MANIFEST} is malformed: {error!r}") from error


def read_snapshot(reader: SnapshotReader, *, embedding_key: str, workers: int = 8) -> Snapshot:
    """Read and check a snapshot with `workers` threads; the arrays share one buffer.

    Raises SnapshotUnusable when it is missing, damaged, of another format or made with another embedding.
    What else the reader raises (no access, for one) passes through.
    """
    manifest = read_manifest(reader)
    if manifest.embedding_key != embedding_key:
        raise SnapshotUnusable(f"the snapshot is of {manifest.embedding_key!r}, not of {embedding_key!r}")
    starts = range(0, manifest.total_bytes, PART_BYTES)
    if len(starts) != len(manifest.checksums):
        raise SnapshotUnusable(f"{len(manifest.checksums)} checksums for {len(starts)} parts")
    buffer = _aligned_buffer(manifest.total_bytes)

    def fetch(part: int) -> None:
        start = starts[part]
        length = min(PART_BYTES, manifest.total_bytes - start)
        data = reader.get_range(SEGMENTS, start, length)
        if len(data) != length or zlib.crc32(data) != manifest.checksums[part]:
            raise SnapshotUnusable(f"bytes {start} to {start + length} of {SEGMENTS} are damaged or missing")
        buffer[start : start + length] = np.frombuffer(data, dtype=np.uint8)

    try:
        with ThreadPoolExecutor(max_workers=workers) as pool:
            for _ in pool.map(fetch, range(len(starts))):
                pass
    except FileNotFoundError as error:
        raise SnapshotUnusable(f"there is no {SEGMENTS}") from error
    return Snapshot(_restore_index(manifest, buffer), manifest)


def _collect_arrays(index: VectorIndex) -> dict[str, NDArray[Any]]:
    arrays: dict[str, NDArray[Any]] = {"names": index.names, "name_order": index.name_order}
    arrays |= {f"columns.{name}": column for name, column in index.columns.arrays().items()}
    if index.lists:
        arrays |= {"lists.centroids": index.lists.centroids, "lists.offsets": index.lists.offsets}
    if index.prefixes:
        prefixes = index.prefixes
        arrays |= {"prefixes.directions": prefixes.directions, "prefixes.values": prefixes.values}
        arrays["prefixes.rests"] = prefixes.rests
    matrix = index.matrix
    if isinstance(matrix, Packed):
        return arrays | {"matrix.codes": matrix.codes, "matrix.scales": matrix.scales}
    return arrays | {"matrix.values": matrix.unpack(slice(None))}


def _lay_out(arrays: Arrays) -> tuple[dict[str, Segment], int]:
    """Places of the arrays in `segments.bin`, and its size in bytes."""
    segments: dict[str, Segment] = {}
    start = 0
    for name, array in arrays.items():
        segments[name] = Segment(start, array.dtype.newbyteorder("<").str, array.shape)
        start += -(-array.nbytes // ALIGNMENT) * ALIGNMENT
    return segments, start


def _checked_parts(
    arrays: Arrays, segments: Mapping[str, Segment], total: int, checksums: list[int]
) -> Iterator[memoryview]:
    """The bytes of `segments.bin` in parts of 8 MiB, whose CRC-32 are appended to `checksums`."""
    for start in range(0, total, PART_BYTES):
        part = np.zeros(min(PART_BYTES, total - start), dtype=np.uint8)
        for name, segment in segments.items():
            first, last = max(start, segment.start), min(start + len(part), segment.start + segment.length)
            if first < last:
                data = _bytes_of(arrays[name])
                part[first - start : last - start] = data[first - segment.start : last - segment.start]
        checksums.append(zlib.crc32(part.data))
        yield part.data


def _bytes_of(array: NDArray[Any]) -> NDArray[np.uint8]:
    if sys.byteorder == "big":
        array = array.astype(array.dtype.newbyteorder("<"))
    return np.ascontiguousarray(array).reshape(-1).view(np.uint8)


def _aligned_buffer(length: int) -> NDArray[np.uint8]:
    loose = np.empty(length + ALIGNMENT, dtype=np.uint8)
    skip = -loose.ctypes.data % ALIGNMENT
    return loose[skip : skip + length]


def _restore_index(manifest: Manifest, buffer: NDArray[np.uint8]) -> VectorIndex:
    try:
        arrays = {name: _view(buffer, segment) for name, segment in manifest.segments.items()}
        columns: dict[str, Any] = {
            name.removeprefix("columns."): array
            for name, array in arrays.items()
            if name.startswith("columns.")
        }
        words: dict[str, Any] = dict(manifest.vocabularies)
        codes = arrays.get("matrix.codes")
        matrix = Plain(arrays["matrix.values"]) if codes is None else Packed(codes, arrays["matrix.scales"])
        prefixes = lists = None
        if "prefixes.values" in arrays:
            prefixes = Prefixes(
                arrays["prefixes.directions"], arrays["prefixes.values"], arrays["prefixes.rests"]
            )
        if "lists.offsets" in arrays:
            lists = Lists(arrays["lists.centroids"], arrays["lists.offsets"])
        index = VectorIndex(
            names=arrays["names"],
            name_order=arrays["name_order"],
            columns=Columns(**words, **columns),
            matrix=matrix,
            prefixes=prefixes,
            lists=lists,
            parameters=manifest.parameters,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise SnapshotUnusable(f"the segments do not make an index: {error!r}") from error
    if (index.count, index.dimensions) != (manifest.count, manifest.dimensions):
        raise SnapshotUnusable("the vectors have another shape than the manifest says")
    return index


def _view(buffer: NDArray[np.uint8], segment: Segment) -> NDArray[Any]:
    data = buffer[segment.start : segment.start + segment.length]
    array = data.view(np.dtype(segment.dtype)).reshape(segment.shape)
    array.flags.writeable = False
    return array
