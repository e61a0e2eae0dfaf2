"""The index against brute force: recall, filters, ties, exactness, limits."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.data import ClusteredSource, draw_uniform
from runtime.vectors.engine import BuildOptions, Mode, VectorIndex, build_index
from runtime.vectors.engine.matrices import Packed
from runtime.vectors.port import Attributes, Filters

DIMENSIONS = 256
ROWS = 4_000
CATEGORIES = ("tops", "shoes", "bags", "coats")
SMALL = BuildOptions(flat_rows=500, prefix_rows=ROWS, prefix_dimensions=128, calibration_queries=40)
SMALL_LISTS = replace(SMALL, prefix_rows=1_000)


def name(row: int) -> str:
    return f"p{row:05d}"


def attributes_of(row: int) -> Attributes:
    return Attributes(
        category=CATEGORIES[row % 4] if row % 10 else None,
        color="red" if row % 100 == 7 else "blue",
        price=None if row % 5 == 0 else float(row % 50),
        sizes=("S", "M") if row % 2 else ("L",),
        stock=None if row % 3 == 0 else row % 3 - 1,
        cluster=row % 7,
    )


def brute_force(
    vectors: np.ndarray, query: np.ndarray, k: int, allowed: np.ndarray | None = None
) -> set[str]:
    rows = np.arange(len(vectors)) if allowed is None else np.flatnonzero(allowed)
    scores = (vectors @ query)[rows]
    return {name(row) for row in rows[np.argsort(-scores)[:k]]}


@pytest.fixture(scope="module")
def source() -> ClusteredSource:
    return ClusteredSource.create(DIMENSIONS, seed=1, broad=20, fine=200)


@pytest.fixture(scope="module")
def vectors(source: ClusteredSource) -> np.ndarray:
    return source.draw(ROWS, seed=2).astype(np.float16).astype(np.float32)


@pytest.fixture(scope="module")
def queries(source: ClusteredSource) -> np.ndarray:
    return np.concatenate((source.draw(20, seed=3), source.draw_apart(20, seed=4)))


@pytest.fixture(scope="module", params=["flat", "prefix", "lists"])
def index(request: pytest.FixtureRequest, vectors: np.ndarray) -> VectorIndex:
    options = {"flat": replace(SMALL, flat_rows=ROWS), "prefix": SMALL, "lists": SMALL_LISTS}[request.param]
    attributes = [attributes_of(row) for row in range(ROWS)]
    built = build_index([name(row) for row in range(ROWS)], vectors, attributes, seed=5, options=options)
    assert built.parameters.mode == request.param
    return built


def measure_recall(
    index: VectorIndex, vectors: np.ndarray, queries: np.ndarray, filters: Filters, allowed: np.ndarray | None
) -> float:
    shares = []
    for query in queries:
        wanted = brute_force(vectors, query, 10, allowed)
        found = index.search(query, 10, filters=filters)
        assert len(found.rows) == len(wanted)
        shares.append(len(wanted & set(index.ids_of(found.rows))) / len(wanted) if wanted else 1.0)
    return float(np.mean(shares))


def test_held_out_recall_reaches_the_target(
    index: VectorIndex, vectors: np.ndarray, queries: np.ndarray
) -> None:
    assert measure_recall(index, vectors, queries, Filters(), None) >= 0.99
    assert index.parameters.recall_verified >= 0.99
    assert index.parameters.recall_tuned >= 0.99


def test_an_exact_search_equals_brute_force(
    index: VectorIndex, vectors: np.ndarray, queries: np.ndarray
) -> None:
    for query in queries:
        found = index.search(query, 10, exact=True)
        assert found.exact
        assert found.scores == pytest.approx(np.sort(vectors @ query)[:-11:-1], abs=3e-5)
        true = [vectors[int(text[1:])] @ query for text in index.ids_of(found.rows)]
        assert found.scores == pytest.approx(true, abs=3e-5)


def test_only_the_flat_index_calls_a_plain_search_exact(index: VectorIndex, queries: np.ndarray) -> None:
    assert index.search(queries[0], 10).exact == (index.parameters.mode is Mode.FLAT)


@pytest.mark.parametrize(
    ("filters", "rule"),
    [
        (Filters(category=frozenset({"tops"})), lambda a: a.category == "tops"),
        (Filters(category=frozenset({"tops", "bags", "nothing"})), lambda a: a.category in {"tops", "bags"}),
        (Filters(color=frozenset({"red"})), lambda a: a.color == "red"),
        (Filters(color=frozenset({"blue"})), lambda a: a.color == "blue"),
        (Filters(size=frozenset({"L", "XXL"})), lambda a: "L" in a.sizes),
        (Filters(min_price=10, max_price=20), lambda a: a.price is not None and 10 <= a.price <= 20),
        (Filters(max_price=3), lambda a: a.price is not None and a.price <= 3),
        (Filters(in_stock=True), lambda a: a.stock is None or a.stock > 0),
        (
            Filters(category=frozenset({"shoes"}), color=frozenset({"red"}), max_price=30),
            lambda a: a.category == "shoes" and a.color == "red" and a.price is not None and a.price <= 30,
        ),
        (Filters(category=frozenset({"nothing"})), lambda a: False),
    ],
)
def test_filters_restrict_before_scoring(
    index: VectorIndex, vectors: np.ndarray, queries: np.ndarray, filters: Filters, rule: object
) -> None:
    assert callable(rule)
    allowed = np.array([rule(attributes_of(row)) for row in range(ROWS)])
    assert measure_recall(index, vectors, queries, filters, allowed) >= 0.99


def test_a_filter_that_follows_the_clusters_still_finds_the_nearest(source: ClusteredSource) -> None:
    vectors, labels = source.draw_labelled(ROWS, seed=2)
    attributes = [Attributes(category=f"c{label % 3}") for label in labels]
    index = build_index([name(row) for row in range(ROWS)], vectors, attributes, seed=5, options=SMALL_LISTS)
    assert index.parameters.mode is Mode.LISTS
    queries, own = source.draw_labelled(60, seed=9)
    elsewhere = queries[own % 3 != 0]
    filters = Filters(category=frozenset({"c0"}))
    assert measure_recall(index, vectors, elsewhere, filters, labels % 3 == 0) >= 0.99


def test_k_may_exceed_the_number_of_rows(index: VectorIndex, queries: np.ndarray) -> None:
    found = index.search(queries[0], ROWS + 10)
    assert sorted(index.ids_of(found.rows)) == [name(row) for row in range(ROWS)]
    assert found.exact


def test_a_large_k_keeps_its_recall(index: VectorIndex, vectors: np.ndarray, queries: np.ndarray) -> None:
    for query in queries[:10]:
        found = set(index.ids_of(index.search(query, 100).rows))
        assert len(found & brute_force(vectors, query, 100)) >= 98


def test_attributes_and_vectors_come_back(index: VectorIndex, vectors: np.ndarray) -> None:
    ids = [name(3), "unknown", name(3_711), "p", name(3_711) + "longer"]
    rows = index.rows_of(ids)
    assert rows[[1, 3, 4]].tolist() == [-1, -1, -1]
    assert index.ids_of(rows[[0, 2]]) == [ids[0], ids[2]]
    assert index.vectors_of(rows[[0, 2]]) == pytest.approx(vectors[[3, 3_711]], abs=1e-4)
    stored = index.attributes_of(int(rows[2]))
    assert replace(stored, sizes=()) == replace(attributes_of(3_711), sizes=())
    assert set(stored.sizes) == set(attributes_of(3_711).sizes)


def test_the_same_seed_gives_the_same_index(vectors: np.ndarray, queries: np.ndarray) -> None:
    ids = [name(row) for row in range(ROWS)]
    first, second = (build_index(ids, vectors, seed=3, options=SMALL_LISTS) for _ in range(2))
    assert first.parameters == second.parameters
    assert np.array_equal(first.names, second.names)
    for query in queries:
        one, other = first.search(query, 10), second.search(query, 10)
        assert np.array_equal(one.rows, other.rows)
        assert np.array_equal(one.scores, other.scores)


@pytest.mark.parametrize("options", [SMALL, SMALL_LISTS])
def test_random_vectors_are_searched_exactly(options: BuildOptions) -> None:
    vectors = draw_uniform(3_000, DIMENSIONS, seed=1)
    options = replace(options, prefix_dimensions=32)
    index = build_index([name(row) for row in range(3_000)], vectors, options=options)
    assert index.parameters.missed_target
    assert index.parameters.mode is Mode.FLAT
    for query in draw_uniform(10, DIMENSIONS, seed=2):
        found = index.search(query, 10)
        assert found.exact
        assert found.scores == pytest.approx(np.sort(vectors @ query)[:-11:-1], abs=3e-5)


def test_given_queries_are_calibrated_for(vectors: np.ndarray, source: ClusteredSource) -> None:
    ids = [name(row) for row in range(ROWS)]
    own = build_index(ids, vectors, options=SMALL)
    given = build_index(ids, vectors, options=SMALL, sample_queries=source.draw_apart(40, seed=8))
    assert given.parameters.calibration_queries == own.parameters.calibration_queries + 40


def test_equal_scores_come_in_the_order_of_ids(vectors: np.ndarray) -> None:
    repeated = np.repeat(vectors[:200], 20, axis=0)
    order = np.random.default_rng(0).permutation(ROWS)
    ids = [name(row) for row in order]
    for options in (replace(SMALL, flat_rows=ROWS), SMALL, SMALL_LISTS):
        index = build_index(ids, repeated, options=options)
        found = index.search(vectors[7], 5, exact=True)
        assert index.ids_of(found.rows) == sorted(name(row) for row in order[140:160])[:5]


def test_an_empty_index_finds_nothing() -> None:
    index = build_index([], np.empty((0, 8), dtype=np.float32))
    assert index.count == 0
    assert index.dimensions == 8
    assert len(index.search(np.ones(8, dtype=np.float32), 3).rows) == 0
    assert index.rows_of(["a"]).tolist() == [-1]


def test_float16_vectors_are_taken(vectors: np.ndarray, queries: np.ndarray) -> None:
    ids = [name(row) for row in range(ROWS)]
    half = build_index(ids, vectors.astype(np.float16), options=SMALL)
    assert set(half.ids_of(half.search(queries[0], 10, exact=True).rows)) == brute_force(
        vectors, queries[0], 10
    )


def test_the_largest_form_keeps_within_its_memory() -> None:
    rows = 800
    vectors = draw_uniform(rows, 1_024, seed=1)
    attributes = [attributes_of(row) for row in range(rows)]
    ids = [f"{row:020d}" for row in range(rows)]
    options = BuildOptions(flat_rows=100, prefix_rows=200, calibration_queries=20, target_recall=0.0)
    index = build_index(ids, vectors, attributes, options=options)
    assert index.parameters.mode is Mode.LISTS
    shared = index.prefixes.directions.nbytes + index.lists.centroids.nbytes + index.lists.offsets.nbytes
    assert (index.memory_bytes - shared) / rows <= 3_300


@pytest.mark.parametrize(
    ("ids", "shape", "message"),
    [
        (["a", "a"], (2, 4), "more than once"),
        (["a", ""], (2, 4), "must have"),
        (["a", "b\0"], (2, 4), "must have"),
        (["a", "b" * 256], (2, 4), "must have"),
        (["a"], (2, 4), "shape"),
        (["a", "b"], (8,), "shape"),
    ],
)
def test_what_cannot_be_indexed_is_refused(ids: list[str], shape: tuple[int, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        build_index(ids, np.ones(shape, dtype=np.float32))


def test_numbers_that_are_not_finite_are_refused() -> None:
    with pytest.raises(ValueError, match="finite"):
        build_index(["a"], np.array([[1.0, np.nan]], dtype=np.float32))


@pytest.mark.parametrize(
    ("query", "k", "message"),
    [
        (np.ones(8, dtype=np.float32), 1, "shape"),
        (np.ones(4, dtype=np.float32), 0, "at least 1"),
        (np.array([1, 2, np.inf, 0], dtype=np.float32), 1, "finite"),
    ],
)
def test_what_cannot_be_asked_is_refused(query: np.ndarray, k: int, message: str) -> None:
    index = build_index(["a"], np.ones((1, 4), dtype=np.float32))
    with pytest.raises(ValueError, match=message):
        index.search(query, k)


def test_packing_is_finer_than_float16_and_repeatable() -> None:
    vectors = draw_uniform(200, 1_024, seed=3)
    query = draw_uniform(1, 1_024, seed=4)[0]
    packed = Packed.pack(vectors, np.arange(200))
    half = vectors.astype(np.float16).astype(np.float32)
    packed_error = np.abs(packed.score_all(query) - vectors @ query).max()
    assert packed_error < np.abs(half @ query - vectors @ query).max() / 2
    again = Packed.pack(packed.unpack(slice(None)).astype(np.float16), np.arange(200))
    third = Packed.pack(again.unpack(slice(None)).astype(np.float16), np.arange(200))
    assert np.abs(again.unpack(slice(None)) - third.unpack(slice(None))).max() < 1e-6
    assert not Packed.pack(np.zeros((1, 4), dtype=np.float32), np.arange(1)).unpack(slice(None)).any()
