"""An index that takes changes: an immutable base, a flat index of what is new, marks on what is gone."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Self

import numpy as np

from runtime.vectors.engine.arrays import Floats, Mask, Rows
from runtime.vectors.engine.build import (
    DEFAULT_OPTIONS,
    BuildOptions,
    assemble_flat,
    assemble_index,
    build_index,
    encode_names,
)
from runtime.vectors.engine.columns import Columns
from runtime.vectors.engine.index import VectorIndex
from runtime.vectors.port import NO_FILTERS, Attributes, Filters, Hit, SearchResult

SMALLEST_REBUILD = 1_000
LARGEST_DELTA = 10_000
"""Comparing so many new vectors costs about a millisecond per search."""
SAME_VECTOR = 2e-4
"""Vectors that differ by less in every number are the same one, stored with 16 bits per number."""


@dataclass(frozen=True, slots=True)
class Upsert:
    """A product's vector (d,) and attributes, new or changed."""

    product_id: str
    vector: Floats
    attributes: Attributes


@dataclass(frozen=True, slots=True)
class SetAttributes:
    """New attributes of a vector that is there; ignored when it is not."""

    product_id: str
    attributes: Attributes


@dataclass(frozen=True, slots=True)
class Delete:
    """Removal of a vector; ignored when it is not there."""

    product_id: str


Change = Upsert | SetAttributes | Delete


@dataclass(frozen=True, slots=True)
class _State:
    """What readers see, replaced as a whole: the base, its attributes as they are now, which of its rows
    still count (None: all), and the vectors that are newer."""

    base: VectorIndex
    columns: Columns
    alive: Mask | None
    tombstones: int
    delta: VectorIndex

    def allow(self, filters: Filters) -> Mask | None:
        mask = self.columns.mask(filters)
        if self.alive is None:
            return mask
        return self.alive if mask is None else mask & self.alive

    def base_rows(self, ids: list[str]) -> Rows:
        """Rows of the base that still count, -1 for the other ids."""
        rows = self.base.rows_of(ids)
        return rows if self.alive is None else np.where(self.alive[rows] & (rows >= 0), rows, -1)


@dataclass(slots=True)
class _Plan:
    """What a batch of changes comes to."""

    killed: list[int] = field(default_factory=list[int])
    dropped: list[int] = field(default_factory=list[int])
    base_rows: list[int] = field(default_factory=list[int])
    base_attributes: list[Attributes] = field(default_factory=list[Attributes])
    delta_rows: list[int] = field(default_factory=list[int])
    delta_attributes: list[Attributes] = field(default_factory=list[Attributes])
    added: list[Upsert] = field(default_factory=list[Upsert])


class LiveIndex:
    """A searchable index that takes changes. Readers never wait: what they see is replaced in one step."""

    def __init__(self, base: VectorIndex) -> None:
        self._lock = Lock()
        self._state = _State(base, base.columns, None, 0, _empty(base.dimensions))

    @classmethod
    def empty(cls, dimensions: int) -> Self:
        """An index of no vectors of `dimensions` numbers."""
        return cls(_empty(dimensions))

    @property
    def base(self) -> VectorIndex:
        return self._state.base

    @property
    def dimensions(self) -> int:
        return self._state.base.dimensions

    @property
    def count(self) -> int:
        """How many vectors can be found."""
        state = self._state
        return state.base.count - state.tombstones + state.delta.count

    @property
    def delta_count(self) -> int:
        """Vectors newer than the base."""
        return self._state.delta.count

    @property
    def tombstones(self) -> int:
        """Vectors of the base that are gone or replaced."""
        return self._state.tombstones

    @property
    def needs_rebuild(self) -> bool:
        """Have the changes grown so far that a new base would search faster?"""
        state = self._state
        limit = min(LARGEST_DELTA, max(SMALLEST_REBUILD, state.base.count // 10))
        return state.delta.count + state.tombstones > limit

    def __contains__(self, product_id: str) -> bool:
        state = self._state
        return bool(state.base_rows([product_id])[0] >= 0 or state.delta.rows_of([product_id])[0] >= 0)

    def attributes(self, product_id: str) -> Attributes | None:
        """Attributes of a product, None when it is not there."""
        state = self._state
        row, newer = int(state.base_rows([product_id])[0]), int(state.delta.rows_of([product_id])[0])
        if newer >= 0:
            return state.delta.attributes_of(newer)
        return state.columns.get(row) if row >= 0 else None

    def fetch(self, product_ids: Sequence[str]) -> dict[str, Floats]:
        """Vectors (d,) by id, within 1e-4 of what was given; unknown ids are absent."""
        state, ids = self._state, list(product_ids)
        vectors: dict[str, Floats] = {}
        for index, rows in ((state.base, state.base_rows(ids)), (state.delta, state.delta.rows_of(ids))):
            known = np.flatnonzero(rows >= 0)
            found = index.vectors_of(rows[known])
            vectors |= {ids[place]: vector for place, vector in zip(known.tolist(), found, strict=True)}
        return vectors

    def search(
        self, query: Floats, k: int, filters: Filters = NO_FILTERS, *, exact: bool = False
    ) -> SearchResult:
        """The k most similar products to the (d,) query among those that pass the filters, equals by id.

        Raises ValueError as `VectorIndex.search` does.
        """
        state = self._state
        old = state.base.search_rows(query, k, state.allow(filters), exact=exact)
        new = state.delta.search(query, k, filters=filters)
        hits = [
            *_hits(state.base, state.columns, old.rows, old.scores),
            *_hits(state.delta, state.delta.columns, new.rows, new.scores),
        ]
        hits.sort(key=lambda hit: (-hit.score, hit.product_id))
        return SearchResult(hits=tuple(hits[:k]), exact=old.exact)

    def apply(self, changes: Sequence[Change]) -> None:
        """Make changes in their order, all or none; making them again changes nothing.

        An Upsert of the vector that is there already only sets attributes. Raises ValueError for a vector of
        another length or with numbers that are not finite, and for an id that cannot be kept.
        """
        with self._lock:
            state = self._state
            self._check(changes)
            self._state = _carry_out(state, _make_plan(state, _fold(changes)))

    def rebuild(
        self,
        *,
        seed: int = 0,
        sample_queries: Floats | None = None,
        options: BuildOptions = DEFAULT_OPTIONS,
    ) -> VectorIndex:
        """A new base of everything that can be found now, in the order of ids."""
        state = self._state
        kept = np.arange(state.base.count) if state.alive is None else np.flatnonzero(state.alive)
        names = np.concatenate((state.base.names[kept], state.delta.names))
        newer = [state.delta.attributes_of(row) for row in range(state.delta.count)]
        columns = state.columns.take(kept).extended(newer)
        vectors = np.empty((len(names), self.dimensions), dtype=np.float16)
        order = np.argsort(names, kind="stable")
        place = np.argsort(order)
        for start in range(0, len(kept), 4_096):
            rows = kept[start : start + 4_096]
            vectors[place[start : start + len(rows)]] = state.base.vectors_of(rows)
        vectors[place[len(kept) :]] = state.delta.vectors_of(np.arange(state.delta.count))
        return assemble_index(
            names[order],
            vectors,
            columns.take(order),
            seed=seed,
            sample_queries=sample_queries,
            options=options,
        )

    def _check(self, changes: Iterable[Change]) -> None:
        encode_names([change.product_id for change in changes])
        for change in changes:
            if isinstance(change, Upsert):
                if change.vector.shape != (self.dimensions,):
                    raise ValueError(
                        f"the vector of {change.product_id!r} has shape {change.vector.shape}; "
                        f"this index needs ({self.dimensions},)"
                    )
                if not np.isfinite(change.vector).all():
                    raise ValueError(f"the vector of {change.product_id!r} holds numbers that are not finite")


def _empty(dimensions: int) -> VectorIndex:
    return build_index([], np.empty((0, dimensions), dtype=np.float32))


def _hits(index: VectorIndex, columns: Columns, rows: Rows, scores: Floats) -> list[Hit]:
    return [
        Hit(name, score, *columns.taste(row))
        for name, score, row in zip(index.ids_of(rows), scores.tolist(), rows.tolist(), strict=True)
    ]


def _fold(changes: Sequence[Change]) -> list[Change]:
    """One change per id that does what all of that id do in turn."""
    last: dict[str, Change] = {}
    for change in changes:
        earlier = last.get(change.product_id)
        if isinstance(change, SetAttributes) and isinstance(earlier, Upsert):
            change = Upsert(change.product_id, earlier.vector, change.attributes)
        elif isinstance(change, SetAttributes) and isinstance(earlier, Delete):
            continue
        last[change.product_id] = change
    return list(last.values())


def _make_plan(state: _State, changes: list[Change]) -> _Plan:
    ids = [change.product_id for change in changes]
    plan = _Plan()
    rows = zip(changes, state.base_rows(ids).tolist(), state.delta.rows_of(ids).tolist(), strict=True)
    for change, old, new in rows:
        if isinstance(change, Delete) or _brings_vector(state, change, old, new):
            if old >= 0:
                plan.killed.append(old)
            if new >= 0:
                plan.dropped.append(new)
            if isinstance(change, Upsert):
                plan.added.append(change)
        elif old >= 0:
            plan.base_rows.append(old)
            plan.base_attributes.append(change.attributes)
        elif new >= 0:
            plan.delta_rows.append(new)
            plan.delta_attributes.append(change.attributes)
    return plan


def _brings_vector(state: _State, change: Upsert | SetAttributes, old: int, new: int) -> bool:
    """Is there a vector in the change that is in neither row?"""
    if isinstance(change, SetAttributes):
        return False
    return not (_holds(state.base, old, change.vector) or _holds(state.delta, new, change.vector))


def _holds(index: VectorIndex, row: int, vector: Floats) -> bool:
    """Is this the vector in that row? False for row -1."""
    if row < 0:
        return False
    return bool(np.abs(index.vectors_of(np.array([row]))[0] - vector).max() < SAME_VECTOR)


def _carry_out(state: _State, plan: _Plan) -> _State:
    alive = state.alive
    if plan.killed:
        alive = np.ones(state.base.count, dtype=np.bool_) if alive is None else alive.copy()
        alive[plan.killed] = False
    return _State(
        base=state.base,
        columns=state.columns.replaced(np.array(plan.base_rows, dtype=np.int64), plan.base_attributes),
        alive=alive,
        tombstones=state.tombstones + len(plan.killed),
        delta=_change_delta(state.delta, plan),
    )


def _change_delta(delta: VectorIndex, plan: _Plan) -> VectorIndex:
    if not (plan.dropped or plan.added or plan.delta_rows):
        return delta
    columns = delta.columns.replaced(np.array(plan.delta_rows, dtype=np.int64), plan.delta_attributes)
    kept = np.setdiff1d(np.arange(delta.count), plan.dropped)
    added = np.array([change.vector for change in plan.added], dtype=np.float32)
    return assemble_flat(
        np.concatenate((delta.names[kept], encode_names([change.product_id for change in plan.added]))),
        np.concatenate((delta.vectors_of(kept), added.reshape(-1, delta.dimensions))),
        columns.take(kept).extended([change.attributes for change in plan.added]),
    )
