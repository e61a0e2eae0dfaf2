"""Settings of an index, measured: the cheapest that reach the recall wanted, checked on other queries."""

from bisect import bisect_left
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from runtime.vectors.engine.arrays import Floats, Rows
from runtime.vectors.engine.index import IndexParameters, Mode, Prefixes, VectorIndex

NEIGHBOURS = 10
PROBES = (4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384)
RESCORED = (300, 600, 1_000, 3_000, 10_000)
NOISE = (0.5, 1.0)
"""Lengths of the noise added to stored unit vectors, for queries at cosines of 0.89 and 0.71 to them."""
SCORE_SLACK = 1e-6
BLOCK_ROWS = 4_096
PRUNING_QUERIES = 16
WORTHWHILE_SHARE = 0.3
"""Bounds that leave more of the rows than this cost more than they save."""
LIST_COST = 28_000
RESCORE_COST = 3
"""Cost of calling for one more list, and of one number compared in full, in numbers of a prefix scored."""


class Choice(NamedTuple):
    """Settings of a search, and what one costs in numbers of a prefix scored."""

    probes: int
    rescored: int
    cost: int


@dataclass(frozen=True, slots=True)
class QueryGroup:
    """Queries (m, d), the row each was made from (-1 none), the score (m,) of its 10th nearest other row."""

    queries: Floats
    sources: Rows
    floors: Floats

    def every_other(self, first: int) -> "QueryGroup":
        """Half of the queries."""
        return QueryGroup(self.queries[first::2], self.sources[first::2], self.floors[first::2])


def calibrate(
    index: VectorIndex, sample_queries: Floats | None, *, target: float, queries: int, seed: int
) -> VectorIndex:
    """The index with the cheapest settings that reach `target` on queries they were not chosen with.

    Half of the queries choose the settings, with a margin; the other half has to confirm the target, or the
    next costlier settings are tried. Where lists do not reach it all prefixes are scanned, where prefixes
    do not either every search is exact.
    """
    if index.prefixes is None:
        return index
    groups = _make_groups(index, sample_queries, queries, seed)
    asked = sum(len(group.queries) for group in groups)
    for candidate in (index, replace(index, lists=None)) if index.lists else (index,):
        tuned = _reach(candidate, groups, target)
        if tuned:
            settings = replace(tuned.parameters, target_recall=target, calibration_queries=asked)
            return replace(tuned, parameters=settings)
    settings = IndexParameters(
        target_recall=target, calibration_queries=asked, missed_target=True, seed=index.parameters.seed
    )
    prefixes = index.prefixes if _bounds_help(index, groups[0].queries, index.prefixes) else None
    return replace(index, prefixes=prefixes, lists=None, parameters=settings)


def _reach(index: VectorIndex, groups: list[QueryGroup], target: float) -> VectorIndex | None:
    """The index with settings that reach the target on both halves of the queries, None when none do."""
    tuning = [group.every_other(0) for group in groups]
    verification = [group.every_other(1) for group in groups]
    choices = _list_choices(index)
    wanted = target + (1.0 - target) / 2
    chosen = _choose_cheapest(index, tuning, wanted, choices)
    if chosen is None:
        return None
    for choice in choices:
        if choice.probes >= chosen.probes and choice.rescored >= chosen.rescored:
            trial = _set(index, choice)
            verified = measure_recall(trial, verification)
            if verified >= target:
                tuned = measure_recall(trial, tuning)
                settings = replace(trial.parameters, recall_tuned=tuned, recall_verified=verified)
                return replace(trial, parameters=settings)
    return None


def measure_recall(index: VectorIndex, groups: list[QueryGroup]) -> float:
    """Mean share of the 10 nearest other rows that a search finds, of the group that fares worst."""
    return min(_measure_group(index, group) for group in groups)


def _measure_group(index: VectorIndex, group: QueryGroup) -> float:
    hits = 0
    for query, source, floor in zip(group.queries, group.sources.tolist(), group.floors, strict=True):
        found = index.search_rows(query, NEIGHBOURS + 1, None)
        others = found.scores[found.rows != source][:NEIGHBOURS]
        hits += int(np.count_nonzero(others >= floor - SCORE_SLACK))
    return hits / (NEIGHBOURS * len(group.queries))


def _make_groups(
    index: VectorIndex, sample_queries: Floats | None, count: int, seed: int
) -> list[QueryGroup]:
    rng = np.random.default_rng(seed)
    kinds: list[tuple[Floats, Rows]] = []
    for length in NOISE:
        rows = rng.choice(index.count, min(count, index.count), replace=False)
        noise = rng.standard_normal((len(rows), index.dimensions), dtype=np.float32)
        noise *= length / np.linalg.norm(noise, axis=1, keepdims=True)
        kinds.append((_normalise(index.vectors_of(rows) + noise), rows))
    if sample_queries is not None and len(sample_queries) > 1:
        picked = rng.permutation(len(sample_queries))[: 2 * count]
        given = _normalise(sample_queries[picked].astype(np.float32))
        kinds.append((given, np.full(len(given), -1, dtype=np.int64)))
    queries = np.concatenate([queries for queries, _ in kinds])
    sources = np.concatenate([rows for _, rows in kinds])
    floors = _find_floors(index, queries, sources)
    ends = np.cumsum([len(rows) for _, rows in kinds])[:-1]
    parts = zip(np.split(queries, ends), np.split(sources, ends), np.split(floors, ends), strict=True)
    return [QueryGroup(*part) for part in parts]


def _normalise(queries: Floats) -> Floats:
    return queries / np.maximum(np.linalg.norm(queries, axis=1, keepdims=True), np.float32(1e-12))


def _find_floors(index: VectorIndex, queries: Floats, sources: Rows) -> Floats:
    """The score of each query's 10th nearest row other than its source, from all vectors."""
    best = np.full((len(queries), NEIGHBOURS), -np.inf, dtype=np.float32)
    for start in range(0, index.count, BLOCK_ROWS):
        block = index.matrix.unpack(slice(start, start + BLOCK_ROWS))
        scores = queries @ block.T
        own = np.flatnonzero((sources >= start) & (sources < start + len(block)))
        scores[own, sources[own] - start] = -np.inf
        merged = np.concatenate((best, scores), axis=1)
        best = np.partition(merged, merged.shape[1] - NEIGHBOURS, axis=1)[:, -NEIGHBOURS:]
    return best[:, 0]


def _list_choices(index: VectorIndex) -> list[Choice]:
    """All settings worth trying, the cheapest first."""
    lists = len(index.lists.centroids) if index.lists else 0
    width = index.prefixes.directions.shape[1] if index.prefixes else 0
    per_list = index.count * width // max(lists, 1) + LIST_COST
    choices = [
        Choice(probes, rescored, probes * per_list + rescored * index.dimensions * RESCORE_COST)
        for probes in ([count for count in PROBES if 2 * count <= lists] if lists else [0])
        for rescored in RESCORED
        if 2 * rescored <= index.count
    ]
    return sorted(choices, key=lambda choice: (choice.cost, choice.rescored))


def _choose_cheapest(
    index: VectorIndex, groups: list[QueryGroup], wanted: float, choices: list[Choice]
) -> Choice | None:
    """The cheapest choice that reaches the recall wanted; for each `rescored`, recall rises with `probes`."""
    cheapest: Choice | None = None
    for rescored in RESCORED:
        rising = [
            choice
            for choice in choices
            if choice.rescored == rescored and (cheapest is None or choice.cost < cheapest.cost)
        ]
        place = bisect_left(
            rising, True, key=lambda choice: measure_recall(_set(index, choice), groups) >= wanted
        )
        if place < len(rising):
            cheapest = rising[place]
    return cheapest


def _set(index: VectorIndex, choice: Choice) -> VectorIndex:
    mode = Mode.LISTS if index.lists else Mode.PREFIX
    settings = replace(index.parameters, mode=mode, probes=choice.probes, rescored=choice.rescored)
    return replace(index, parameters=settings)


def _bounds_help(index: VectorIndex, queries: Floats, prefixes: Prefixes) -> bool:
    """Do the bounds of an exact search rule out most rows?"""
    some = queries[:PRUNING_QUERIES]
    left = sum(len(index.possible_rows(query, NEIGHBOURS, None, prefixes)) for query in some)
    return left <= WORTHWHILE_SHARE * len(some) * index.count
