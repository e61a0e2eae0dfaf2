"""Building an index: what is stored in which order, then the settings that reach the recall wanted."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from runtime.vectors.engine.arrays import Floats, Names, Rows
from runtime.vectors.engine.calibration import calibrate
from runtime.vectors.engine.columns import Columns
from runtime.vectors.engine.index import IndexParameters, Lists, Mode, Prefixes, VectorIndex
from runtime.vectors.engine.kmeans import kmeans
from runtime.vectors.engine.matrices import PACK_ROWS, Packed, Plain
from runtime.vectors.engine.pca import principal_directions
from runtime.vectors.port import Attributes

LONGEST_ID = 255
LISTS_PER_ROOT = 2.0
"""Lists per square root of the number of vectors."""
REST_SLACK = 1e-6
"""Room for rounding in a squared length, so that `Prefixes.rests` never understates."""

Vectors = NDArray[np.float32] | NDArray[np.float16]


@dataclass(frozen=True, slots=True)
class BuildOptions:
    """Up to `flat_rows` vectors are compared in full, up to `prefix_rows` by prefix, more by prefix in lists.

    `target_recall` of the 10 nearest is aimed at with `calibration_queries` of each kind.
    """

    flat_rows: int = 5_000
    prefix_rows: int = 50_000
    prefix_dimensions: int = 128
    target_recall: float = 0.99
    calibration_queries: int = 200


DEFAULT_OPTIONS = BuildOptions()


def build_index(
    ids: Sequence[str],
    vectors: Vectors,
    attributes: Sequence[Attributes] | None = None,
    *,
    seed: int = 0,
    sample_queries: Floats | None = None,
    options: BuildOptions = DEFAULT_OPTIONS,
) -> VectorIndex:
    """An index over the unit rows of `vectors` (n, d), named by `ids`; n may be 0.

    `sample_queries` (m, d) are real queries to tune for, beside those made from stored vectors. The same
    arguments give the same index. Raises ValueError for shapes that do not fit, ids that are empty, repeated
    or too long, and vectors with numbers that are not finite.
    """
    names = encode_names(ids)
    if vectors.ndim != 2 or len(vectors) != len(ids):
        raise ValueError(f"vectors has shape {vectors.shape}; {len(ids)} ids need ({len(ids)}, d)")
    if attributes is not None and len(attributes) != len(ids):
        raise ValueError(f"there are {len(attributes)} attributes for {len(ids)} ids")
    if sample_queries is not None and sample_queries.shape[1:] != vectors.shape[1:]:
        raise ValueError(
            f"sample_queries has shape {sample_queries.shape}; (m, {vectors.shape[1]}) is needed"
        )
    columns = Columns.of(attributes) if attributes is not None else Columns.blank(len(ids))
    return assemble_index(names, vectors, columns, seed=seed, sample_queries=sample_queries, options=options)


def assemble_index(
    names: Names,
    vectors: Vectors,
    columns: Columns,
    *,
    seed: int = 0,
    sample_queries: Floats | None = None,
    options: BuildOptions = DEFAULT_OPTIONS,
) -> VectorIndex:
    """As `build_index`, from ids and attributes that are encoded already."""
    _check_finite(vectors)
    if len(names) <= options.flat_rows:
        return assemble_flat(names, vectors.astype(np.float32), columns)
    prefixes = _make_prefixes(vectors, min(options.prefix_dimensions, vectors.shape[1]), seed)
    order = np.arange(len(names))
    lists = None
    if len(names) > options.prefix_rows:
        order, lists = _make_lists(prefixes.values, seed)
        prefixes = replace(prefixes, values=prefixes.values[order], rests=prefixes.rests[order])
    index = VectorIndex(
        names=names[order],
        name_order=sort_names(names[order]),
        columns=columns.take(order),
        matrix=Packed.pack(vectors, order),
        prefixes=prefixes,
        lists=lists,
        parameters=IndexParameters(mode=Mode.PREFIX if lists is None else Mode.LISTS, seed=seed),
    )
    return calibrate(
        index,
        sample_queries,
        target=options.target_recall,
        queries=options.calibration_queries,
        seed=seed,
    )


def assemble_flat(names: Names, vectors: Floats, columns: Columns) -> VectorIndex:
    """An index that compares all vectors; nothing is copied."""
    return VectorIndex(
        names=names,
        name_order=sort_names(names),
        columns=columns,
        matrix=Plain(vectors),
        prefixes=None,
        lists=None,
        parameters=IndexParameters(),
    )


def encode_names(ids: Sequence[str]) -> Names:
    """Ids as fixed-width UTF-8. Raises ValueError for one that is empty, over 255 bytes or has a NUL."""
    encoded = [text.encode() for text in ids]
    for name in encoded:
        if not name or len(name) > LONGEST_ID or b"\0" in name:
            raise ValueError(f"id {name!r} must have 1 to {LONGEST_ID} bytes of UTF-8 and no NUL")
    return np.array(encoded, dtype=np.bytes_) if encoded else np.empty(0, dtype="S1")


def sort_names(names: Names) -> NDArray[np.int32]:
    """The order that sorts the names. Raises ValueError when one is there twice."""
    order = np.argsort(names, kind="stable").astype(np.int32)
    ordered = names[order]
    repeated = np.flatnonzero(ordered[1:] == ordered[:-1])
    if len(repeated):
        raise ValueError(f"id {ordered[repeated].tolist()[0].decode()!r} is there more than once")
    return order


def _check_finite(vectors: Vectors) -> None:
    for start in range(0, len(vectors), PACK_ROWS):
        if not np.isfinite(vectors[start : start + PACK_ROWS]).all():
            raise ValueError("a vector holds numbers that are not finite")


def _make_prefixes(vectors: Vectors, dimensions: int, seed: int) -> Prefixes:
    directions = principal_directions(vectors, dimensions, seed=seed)
    values = np.empty((len(vectors), dimensions), dtype=np.float32)
    rests = np.empty(len(vectors), dtype=np.float32)
    for start in range(0, len(vectors), PACK_ROWS):
        block = vectors[start : start + PACK_ROWS].astype(np.float32, copy=False)
        projected = block @ directions
        left_out = np.einsum("ij,ij->i", block, block) - np.einsum("ij,ij->i", projected, projected)
        values[start : start + PACK_ROWS] = projected
        rests[start : start + PACK_ROWS] = np.sqrt(np.maximum(left_out, 0.0) + REST_SLACK)
    return Prefixes(directions=directions, values=values, rests=rests)


def _make_lists(prefixes: Floats, seed: int) -> tuple[Rows, Lists]:
    """The order of rows by list, and the lists; lists with similar centroids follow each other."""
    clustering = kmeans(prefixes, round(LISTS_PER_ROOT * len(prefixes) ** 0.5), seed=seed)
    chain = _chain_similar(clustering.centroids)
    place = np.empty(len(chain), dtype=np.int64)
    place[chain] = np.arange(len(chain))
    labels = place[clustering.labels]
    offsets = np.append(0, np.cumsum(np.bincount(labels, minlength=len(chain))))
    return np.argsort(labels, kind="stable"), Lists(clustering.centroids[chain], offsets)


def _chain_similar(centroids: Floats) -> Rows:
    """All centroids, each followed by the one most similar to it of those left.

    Neighbours are mostly probed together, and rows of consecutive lists are scored in one go.
    """
    unit = centroids / np.maximum(np.linalg.norm(centroids, axis=1, keepdims=True), np.float32(1e-12))
    chain = np.zeros(len(unit), dtype=np.int64)
    left = np.ones(len(unit), dtype=np.bool_)
    for place in range(1, len(unit)):
        left[chain[place - 1]] = False
        chain[place] = np.where(left, unit @ unit[chain[place - 1]], -np.inf).argmax()
    return chain
