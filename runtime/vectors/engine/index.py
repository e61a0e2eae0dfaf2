"""An immutable index over unit vectors: exact where that is fast, prefixes and lists where there are many.

A vector's *prefix* is its projection on the leading principal directions. A search scores prefixes, of all
rows ("prefix") or of the rows in the most promising lists ("lists"), and compares the best of them in full.
The same prefix makes an exact search faster: by Cauchy-Schwarz a score is at most the prefix's score plus the
product of what the prefixes leave out of both vectors, so a row whose bound is below the k-th best score
found so far cannot be among the best k.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from runtime.vectors.engine.arrays import Floats, Mask, Names, Rows, best_first, best_positions
from runtime.vectors.engine.columns import Columns
from runtime.vectors.engine.matrices import Matrix
from runtime.vectors.port import NO_FILTERS, Attributes, Filters

SMALL_SELECTION = 1_000
"""So few matching rows are compared in full: that takes a quarter of a millisecond and is exact."""
GATHER_SHARE = 8
"""Below 1/8 of the rows, gathering their prefixes is faster than scoring every prefix."""
FILTERED_CARE = 5
"""With a filter, so many times more candidates are taken: the nearest row that passes may be far away, where
prefixes tell rows apart less well. Measured on 100,000 clustered vectors with a filter for half of the
clusters: recall 0.90 with 1, 0.976 with 3, 0.993 with 5."""
FILTERED_SHARE = 0.9
"""A mask that passes more than this share of the rows, such as one of deleted rows, needs no such care."""
SURE_ROWS = 100
"""Candidates that are compared in full in any case, or ten times as many as asked for if that is more."""
HOPED_ALIGNMENT = 0.4
"""Cosine between what two prefixes leave out, above which no further candidate is expected to be."""
BOUND_SLACK = 1e-5
"""Room for rounding in bounds on float32 scores of unit vectors."""


class Mode(StrEnum):
    """How an index searches: all of each vector, all prefixes first, or the prefixes in some lists first."""

    FLAT = "flat"
    PREFIX = "prefix"
    LISTS = "lists"


@dataclass(frozen=True, slots=True)
class IndexParameters:
    """What a build chose and what it measured, as kept in a snapshot.

    `probes` lists are scanned and up to `rescored` rows compared in full for k up to a tenth of that. The
    recalls are of the 10 nearest: the worst mean over groups of calibration queries, on the half used for
    tuning and on the other half; both are 1 for an exact index. `missed_target` says that every search is
    exact because no setting reached `target_recall`.
    """

    mode: Mode = Mode.FLAT
    probes: int = 0
    rescored: int = 0
    target_recall: float = 1.0
    recall_tuned: float = 1.0
    recall_verified: float = 1.0
    calibration_queries: int = 0
    missed_target: bool = False
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Prefixes:
    """Orthonormal `directions` (d, p), the projections `values` (n, p) on them, and `rests` (n,), at least
    the length of what each projection leaves out of its vector; float32."""

    directions: Floats
    values: Floats
    rests: Floats


@dataclass(frozen=True, slots=True)
class Lists:
    """Rows `offsets[i]` to `offsets[i + 1]` form list i with mean prefix `centroids[i]`; (m, p), (m + 1,)."""

    centroids: Floats
    offsets: NDArray[np.int64]


class Found(NamedTuple):
    """Row numbers (m,) int64 and inner products (m,) float32, best first, m <= k; were all rows compared?"""

    rows: Rows
    scores: Floats
    exact: bool


@dataclass(frozen=True, slots=True)
class VectorIndex:
    """n unit vectors with ids and attributes, rows in the index's own order. Safe to share between threads.

    `names` (n,) are the ids as fixed-width UTF-8 bytes and `name_order` (n,) int32 sorts them.
    """

    names: Names
    name_order: NDArray[np.int32]
    columns: Columns
    matrix: Matrix
    prefixes: Prefixes | None
    lists: Lists | None
    parameters: IndexParameters

    @property
    def count(self) -> int:
        return self.matrix.shape[0]

    @property
    def dimensions(self) -> int:
        return self.matrix.shape[1]

    @property
    def memory_bytes(self) -> int:
        """Bytes of all arrays of the index."""
        total = self.names.nbytes + self.name_order.nbytes + self.columns.nbytes + self.matrix.nbytes
        if self.prefixes:
            total += (
                self.prefixes.directions.nbytes + self.prefixes.values.nbytes + self.prefixes.rests.nbytes
            )
        if self.lists:
            total += self.lists.centroids.nbytes + self.lists.offsets.nbytes
        return total

    def search(self, query: Floats, k: int, *, filters: Filters = NO_FILTERS, exact: bool = False) -> Found:
        """The k rows with the highest inner product with the (d,) query among those that pass the filters.

        Equal scores come in the order of their ids. Raises ValueError for a query of another shape or with
        numbers that are not finite, and for k < 1.
        """
        return self.search_rows(query, k, self.columns.mask(filters), exact=exact)

    def search_rows(self, query: Floats, k: int, allowed: Mask | None, *, exact: bool = False) -> Found:
        """As `search`, among the rows where `allowed` (n,) is true; None allows all."""
        query = self._check(query, k)
        rescored = max(self.parameters.rescored, 10 * k)
        matching = self.count if allowed is None else int(np.count_nonzero(allowed))
        if matching < FILTERED_SHARE * self.count:
            rescored *= FILTERED_CARE
        if matching == 0:
            return Found(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32), exact=True)
        if self.prefixes is None or matching <= max(rescored, SMALL_SELECTION):
            return self._compare_all(query, k, allowed, matching)
        if exact or self.parameters.mode is Mode.FLAT:
            possible = self.possible_rows(query, k, allowed, self.prefixes)
            if 2 * len(possible) > self.count:
                return self._compare_all(query, k, allowed, matching)
            return self._rank(possible, self.matrix.score(possible, query), k, exact=True)
        return self._compare_promising(query, k, rescored, allowed, matching, self.prefixes)

    def possible_rows(self, query: Floats, k: int, allowed: Mask | None, prefixes: Prefixes) -> Rows:
        """The allowed rows whose bound says that they may be among the best k; there must be at least k."""
        reduced = query @ prefixes.directions
        left_out = (max(0.0, float(query @ query) - float(reduced @ reduced)) + BOUND_SLACK) ** 0.5
        bounds = (prefixes.values @ reduced + prefixes.rests * np.float32(left_out)).astype(
            np.float32, copy=False
        )
        if allowed is not None:
            bounds[~allowed] = -np.inf
        first = best_positions(bounds, max(10 * k, SMALL_SELECTION))
        scores = self.matrix.score(first, query)
        floor = float(scores[best_positions(scores, k)].min())
        return np.flatnonzero(bounds >= floor - BOUND_SLACK * float(np.linalg.norm(query)))

    def ids_of(self, rows: Rows) -> list[str]:
        """Ids of the given rows."""
        return [name.decode() for name in self.names[rows].tolist()]

    def rows_of(self, ids: list[str]) -> Rows:
        """Rows of the given ids, (len(ids),) int64; -1 for an id that is not there."""
        if not ids or not self.count:
            return np.full(len(ids), -1, dtype=np.int64)
        wanted = np.array([text.encode() for text in ids])
        places = np.searchsorted(self.names, wanted.astype(self.names.dtype), sorter=self.name_order)
        rows = self.name_order[np.minimum(places, self.count - 1)].astype(np.int64)
        return np.where(self.names[rows] == wanted, rows, -1)

    def vectors_of(self, rows: Rows) -> Floats:
        """Vectors of the given rows, (len(rows), d) float32."""
        return self.matrix.unpack(rows)

    def attributes_of(self, row: int) -> Attributes:
        """Attributes of one row."""
        return self.columns.get(row)

    def _check(self, query: Floats, k: int) -> Floats:
        if k < 1:
            raise ValueError(f"k is {k}; ask for at least 1 result")
        if query.shape != (self.dimensions,):
            raise ValueError(f"the query has shape {query.shape}; this index needs ({self.dimensions},)")
        query = np.ascontiguousarray(query, dtype=np.float32)
        if not np.isfinite(query).all():
            raise ValueError("the query holds numbers that are not finite")
        return query

    def _rank(self, rows: Rows, scores: Floats, k: int, *, exact: bool) -> Found:
        best = best_first(scores, self.names[rows], k)
        return Found(rows[best], scores[best], exact)

    def _compare_all(self, query: Floats, k: int, allowed: Mask | None, matching: int) -> Found:
        """Compare every allowed row in full."""
        if allowed is not None and matching < self.count // 2:
            rows = np.flatnonzero(allowed)
            return self._rank(rows, self.matrix.score(rows, query), k, exact=True)
        scores = self.matrix.score_all(query)
        if allowed is not None:
            scores[~allowed] = -np.inf
        best = best_positions(scores, min(k, matching))
        floor = scores[best].min(initial=np.inf)
        rows = np.flatnonzero(scores >= floor) if len(best) else best
        return self._rank(rows, scores[rows], k, exact=True)

    def _compare_promising(
        self, query: Floats, k: int, count: int, allowed: Mask | None, matching: int, prefixes: Prefixes
    ) -> Found:
        """Compare up to `count` allowed rows with the best prefixes in full.

        The very best are compared first; of the others only those that could still pass the k-th of them if
        what the prefixes leave out were aligned far better than it usually is.
        """
        reduced = query @ prefixes.directions
        rows, closeness = self._find_candidates(reduced, count, allowed, matching, prefixes)
        first = best_positions(closeness, max(SURE_ROWS, 10 * k))
        scores = self.matrix.score(rows[first], query)
        floor = float(scores[best_positions(scores, k)].min())
        left_out = max(0.0, float(query @ query) - float(reduced @ reduced)) ** 0.5
        hoped = np.float32(HOPED_ALIGNMENT * left_out) * prefixes.rests[rows]
        promising = closeness + hoped >= floor
        promising[first] = False
        more = rows[promising]
        rows = np.concatenate((rows[first], more))
        return self._rank(rows, np.concatenate((scores, self.matrix.score(more, query))), k, exact=False)

    def _find_candidates(
        self, reduced: Floats, count: int, allowed: Mask | None, matching: int, prefixes: Prefixes
    ) -> tuple[Rows, Floats]:
        """The `count` allowed rows with the best prefixes, of all or of the most promising lists, sorted, and
        the inner products of their prefixes with that of the query."""
        if self.lists is not None:
            chosen = self._choose_lists(reduced, count, allowed, matching, self.lists)
            if chosen is not None:
                return _best_in_lists(prefixes.values, reduced, self.lists.offsets, chosen, count, allowed)
        if allowed is not None and matching < self.count // GATHER_SHARE:
            rows = np.flatnonzero(allowed)
            scores = prefixes.values.take(rows, axis=0) @ reduced
            best = np.sort(best_positions(scores, count))
            return rows[best], scores[best]
        scores = prefixes.values @ reduced
        if allowed is not None:
            scores[~allowed] = -np.inf
        best = np.sort(best_positions(scores, count))
        return best, scores[best]

    def _choose_lists(
        self, reduced: Floats, count: int, allowed: Mask | None, matching: int, lists: Lists
    ) -> Rows | None:
        """The lists to scan, sorted; None when scanning all prefixes costs no more.

        A search for more rows than the index was tuned for probes more lists. With a mask, lists without an
        allowed row do not count, and more are taken until as many allowed rows are seen as without one.
        """
        total = len(lists.centroids)
        probes = -(-self.parameters.probes * count // self.parameters.rescored)
        if 2 * probes > total:
            return None
        closeness = lists.centroids @ reduced
        if allowed is None:
            return np.sort(best_positions(closeness, probes))
        enough = max(count, probes * self.count // total)
        if enough >= matching:
            return None
        chosen: list[int] = []
        seen = scanned = 0
        offsets = lists.offsets
        for candidate in np.argsort(-closeness, kind="stable").tolist():
            start, end = int(offsets[candidate]), int(offsets[candidate + 1])
            within = int(np.count_nonzero(allowed[start:end]))
            if within:
                chosen.append(candidate)
                seen += within
                scanned += end - start
            if (seen >= enough and len(chosen) >= probes) or 2 * scanned > self.count:
                break
        return np.sort(np.array(chosen)) if 2 * scanned <= self.count else None


def _best_in_lists(
    prefixes: Floats,
    reduced: Floats,
    offsets: NDArray[np.int64],
    chosen: Rows,
    count: int,
    allowed: Mask | None,
) -> tuple[Rows, Floats]:
    """The `count` best allowed rows of the chosen lists, and the scores of their prefixes.

    Lists that follow each other are scored in one go.
    """
    starts, ends = offsets[chosen], offsets[chosen + 1]
    gaps = starts[1:] != ends[:-1]
    starts, ends = starts[np.append(True, gaps)], ends[np.append(gaps, True)]
    places = np.append(0, np.cumsum(ends - starts))
    scores = np.empty(places[-1], dtype=np.float32)
    for start, end, place in zip(starts.tolist(), ends.tolist(), places.tolist(), strict=False):
        part = scores[place : place + end - start]
        np.dot(prefixes[start:end], reduced, out=part)
        if allowed is not None:
            part[~allowed[start:end]] = -np.inf
    best = np.sort(best_positions(scores, count))
    if allowed is not None:
        best = best[scores[best] > -np.inf]
    runs = np.searchsorted(places, best, side="right") - 1
    return best - places[runs] + starts[runs], scores[best]
