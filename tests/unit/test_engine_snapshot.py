"""Snapshots: what is written is read back, and nothing damaged or foreign is ever used."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pytest

from benchmarks.data import ClusteredSource
from runtime.vectors.engine import (
    MANIFEST,
    SEGMENTS,
    BuildOptions,
    FolderSnapshot,
    SnapshotUnusable,
    VectorIndex,
    build_index,
    read_manifest,
    read_snapshot,
    snapshot,
    write_snapshot,
)
from runtime.vectors.port import Attributes, Filters

ROWS = 1_500
KEY = "model@64"
OPTIONS = {
    "flat": BuildOptions(),
    "prefix": BuildOptions(flat_rows=100, prefix_dimensions=56, calibration_queries=20, target_recall=0.9),
    "lists": BuildOptions(
        flat_rows=100, prefix_rows=200, prefix_dimensions=56, calibration_queries=20, target_recall=0.9
    ),
}


def build(kind: str) -> VectorIndex:
    source = ClusteredSource.create(64, seed=1, broad=10, fine=50)
    attributes = [Attributes(category="even" if row % 2 == 0 else "odd", price=row) for row in range(ROWS)]
    ids = [f"é{row}" for row in range(ROWS)]
    return build_index(ids, source.draw(ROWS, seed=2), attributes, options=OPTIONS[kind])


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot, "PART_BYTES", 10_000)


@pytest.mark.parametrize("kind", OPTIONS)
def test_what_is_written_is_read_back(tmp_path: Path, kind: str) -> None:
    index = build(kind)
    assert index.parameters.mode == kind
    written = write_snapshot(
        index, FolderSnapshot(tmp_path), embedding_key=KEY, checkpoint=1_700_000_000_000_001
    )
    read = read_snapshot(FolderSnapshot(tmp_path), embedding_key=KEY)
    assert read.manifest == written == read_manifest(FolderSnapshot(tmp_path))
    assert read.manifest.checkpoint == 1_700_000_000_000_001
    assert read.index.parameters == index.parameters
    assert read.index.memory_bytes == index.memory_bytes
    filters = Filters(category=frozenset({"odd"}), max_price=700)
    for query in ClusteredSource.create(64, seed=1, broad=10, fine=50).draw(10, seed=3):
        for one, other in (
            (index.search(query, 10), read.index.search(query, 10)),
            (index.search(query, 10, filters=filters), read.index.search(query, 10, filters=filters)),
        ):
            assert index.ids_of(one.rows) == read.index.ids_of(other.rows)
            assert np.array_equal(one.scores, other.scores)


def test_segments_are_aligned_and_an_array_that_was_read_cannot_be_changed(tmp_path: Path) -> None:
    manifest = write_snapshot(build("lists"), FolderSnapshot(tmp_path), embedding_key=KEY, checkpoint=0)
    assert all(segment.start % 64 == 0 for segment in manifest.segments.values())
    assert manifest.total_bytes == (tmp_path / SEGMENTS).stat().st_size
    index = read_snapshot(FolderSnapshot(tmp_path), embedding_key=KEY).index
    with pytest.raises(ValueError, match="read-only"):
        index.name_order[0] = 1


def test_an_empty_index_can_be_kept(tmp_path: Path) -> None:
    empty = build_index([], np.empty((0, 16), dtype=np.float32))
    write_snapshot(empty, FolderSnapshot(tmp_path), embedding_key=KEY, checkpoint=0)
    index = read_snapshot(FolderSnapshot(tmp_path), embedding_key=KEY).index
    assert (index.count, index.dimensions) == (0, 16)


def flip_byte(folder: Path) -> None:
    data = bytearray((folder / SEGMENTS).read_bytes())
    data[-1_000] ^= 1
    (folder / SEGMENTS).write_bytes(data)


def cut_segments(folder: Path) -> None:
    (folder / SEGMENTS).write_bytes((folder / SEGMENTS).read_bytes()[:-1])


def drop_segments(folder: Path) -> None:
    (folder / SEGMENTS).unlink()


def drop_manifest(folder: Path) -> None:
    (folder / MANIFEST).unlink()


def cut_manifest(folder: Path) -> None:
    (folder / MANIFEST).write_bytes((folder / MANIFEST).read_bytes()[:-5])


def edit(**changes: object) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        manifest = json.loads((folder / MANIFEST).read_text())
        (folder / MANIFEST).write_text(json.dumps({**manifest, **changes}))

    return change


def lose_array(folder: Path) -> None:
    manifest = json.loads((folder / MANIFEST).read_text())
    del manifest["segments"]["names"]
    (folder / MANIFEST).write_text(json.dumps(manifest))


@pytest.mark.parametrize(
    "damage",
    [
        flip_byte,
        cut_segments,
        drop_segments,
        drop_manifest,
        cut_manifest,
        lose_array,
        edit(format=99),
        edit(embedding_key="other@64"),
        edit(checksums=[]),
        edit(parameters={}),
        edit(segments=3),
        edit(total_bytes="many"),
        edit(count=7),
        edit(surprise=1),
    ],
)
def test_what_is_damaged_or_foreign_is_not_used(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    write_snapshot(build("flat"), FolderSnapshot(tmp_path), embedding_key=KEY, checkpoint=0)
    damage(tmp_path)
    with pytest.raises(SnapshotUnusable):
        read_snapshot(FolderSnapshot(tmp_path), embedding_key=KEY)


def test_the_manifest_is_written_last() -> None:
    names: list[str] = []

    class Recorder:
        def put(self, name: str, chunks: Iterable[memoryview]) -> None:
            sizes = [len(chunk) for chunk in chunks]
            assert set(sizes[:-1]) <= {10_000}
            names.append(name)

    write_snapshot(build("flat"), Recorder(), embedding_key=KEY, checkpoint=0)
    assert names == [SEGMENTS, MANIFEST]


def test_other_failures_of_the_reader_pass_through(tmp_path: Path) -> None:
    class Locked(FolderSnapshot):
        def get_range(self, name: str, start: int, length: int) -> bytes:
            raise PermissionError("no access")

    write_snapshot(build("flat"), FolderSnapshot(tmp_path), embedding_key=KEY, checkpoint=0)
    with pytest.raises(PermissionError):
        read_snapshot(Locked(tmp_path), embedding_key=KEY)
