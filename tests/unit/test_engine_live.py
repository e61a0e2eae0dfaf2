"""A live index against a plain dictionary that takes the same changes."""

from threading import Event, Thread

import numpy as np
import pytest

from benchmarks.data import ClusteredSource
from runtime.vectors.engine import BuildOptions, Delete, LiveIndex, Mode, SetAttributes, Upsert, build_index
from runtime.vectors.port import Attributes, Filters

DIMENSIONS = 64
ROWS = 4_000
LISTS = BuildOptions(
    flat_rows=100, prefix_rows=200, prefix_dimensions=56, calibration_queries=40, target_recall=0.95
)
SOURCE = ClusteredSource.create(DIMENSIONS, seed=1, broad=10, fine=80)
VECTORS = SOURCE.draw(ROWS, seed=2).astype(np.float16).astype(np.float32)
QUERIES = SOURCE.draw(20, seed=3)
SPARE = SOURCE.draw(2_000, seed=4).astype(np.float16).astype(np.float32)


def name(row: int) -> str:
    return f"p{row:05d}"


def make_live(rows: int = ROWS, options: BuildOptions = LISTS) -> LiveIndex:
    attributes = [Attributes(category="old", cluster=row % 5) for row in range(rows)]
    return LiveIndex(
        build_index([name(row) for row in range(rows)], VECTORS[:rows], attributes, options=options)
    )


def ids_in(live: LiveIndex, query: np.ndarray, k: int, filters: Filters = Filters()) -> list[str]:  # noqa: B008
    return [hit.product_id for hit in live.search(query, k, filters).hits]


def brute_force(held: dict[str, np.ndarray], query: np.ndarray, k: int) -> set[str]:
    return set(sorted(held, key=lambda text: (-float(held[text] @ query), text))[:k])


def best_scores(held: dict[str, np.ndarray], query: np.ndarray, k: int) -> list[float]:
    return sorted((float(vector @ query) for vector in held.values()), reverse=True)[:k]


def test_random_changes_agree_with_a_dictionary() -> None:
    live = make_live()
    assert live.base.parameters.mode is Mode.LISTS
    held = {name(row): VECTORS[row] for row in range(ROWS)}
    colors: dict[str, str] = {}
    rng = np.random.default_rng(5)
    for _ in range(30):
        changes: list[Upsert | SetAttributes | Delete] = []
        for row in rng.integers(0, ROWS + 500, 40).tolist():
            kind = rng.random()
            if kind < 0.4:
                held[name(row)] = SPARE[rng.integers(len(SPARE))]
                colors[name(row)] = "new"
                changes.append(Upsert(name(row), held[name(row)], Attributes(color="new")))
            elif kind < 0.7:
                held.pop(name(row), None)
                colors.pop(name(row), None)
                changes.append(Delete(name(row)))
            else:
                changes.append(SetAttributes(name(row), Attributes(color="set")))
                if name(row) in held:
                    colors[name(row)] = "set"
        live.apply(changes)
        assert live.count == len(held)
    found = total = 0
    for query in QUERIES:
        wanted = brute_force(held, query, 10)
        result = live.search(query, 10, exact=True)
        assert result.exact
        assert [hit.score for hit in result.hits] == pytest.approx(best_scores(held, query, 10), abs=3e-5)
        found += len(wanted & set(ids_in(live, query, 10)))
        total += len(wanted)
        for color in ("new", "set"):
            some = {text: held[text] for text, value in colors.items() if value == color}
            restricted = ids_in(live, query, 10, Filters(color=frozenset({color})))
            assert [float(held[text] @ query) for text in restricted] == pytest.approx(
                best_scores(some, query, 10), abs=3e-5
            )
    assert found / total >= 0.95
    assert all((text in live) == (text in held) for text in map(name, range(ROWS + 500)))
    vectors = live.fetch([*held, "unknown"])
    assert vectors.keys() == held.keys()
    assert np.abs(np.array([vectors[text] - held[text] for text in held])).max() < 1e-4
    rebuilt = live.rebuild(options=LISTS)
    assert rebuilt.count == len(held)
    again = LiveIndex(rebuilt)
    assert (again.delta_count, again.tombstones) == (0, 0)
    for query in QUERIES:
        hits = again.search(query, 10, exact=True).hits
        assert [hit.score for hit in hits] == pytest.approx(best_scores(held, query, 10), abs=3e-5)
    assert {text for text in held if (again.attributes(text) or Attributes()).color} == set(colors)


def test_a_new_product_is_found_at_once_and_a_deleted_one_never() -> None:
    live = LiveIndex.empty(DIMENSIONS)
    assert live.search(QUERIES[0], 5).hits == ()
    live.apply([Upsert("a", QUERIES[0], Attributes(cluster=3)), Upsert("b", QUERIES[1], Attributes())])
    first = live.search(QUERIES[0], 5).hits[0]
    assert (first.product_id, first.cluster) == ("a", 3)
    assert first.score == pytest.approx(1.0, abs=1e-5)
    live.apply([Delete("a"), Delete("a"), Delete("unknown")])
    assert ids_in(live, QUERIES[0], 5) == ["b"]
    assert live.count == 1


def test_a_wiped_out_neighbourhood_does_not_empty_the_answer() -> None:
    live = make_live()
    near = ids_in(live, QUERIES[0], 800)
    live.apply([Delete(text) for text in near])
    held = {name(row): VECTORS[row] for row in range(ROWS) if name(row) not in set(near)}
    found = ids_in(live, QUERIES[0], 10)
    assert len(found) == 10
    assert len(set(found) & brute_force(held, QUERIES[0], 10)) >= 8


def test_changes_can_be_replayed() -> None:
    live = make_live(1_000)
    changes = [
        Upsert("new", SPARE[0], Attributes(color="red")),
        Upsert(name(1), SPARE[1], Attributes()),
        Delete(name(2)),
        SetAttributes(name(3), Attributes(color="blue")),
    ]
    live.apply(changes)
    before = (live.count, live.delta_count, live.tombstones)
    live.apply(changes)
    assert (live.count, live.delta_count, live.tombstones) == before == (1_000, 2, 2)


def test_an_upsert_of_the_same_vector_only_sets_attributes() -> None:
    live = make_live()
    live.apply([Upsert(name(row), VECTORS[row], Attributes(color="red")) for row in range(500)])
    assert (live.count, live.delta_count, live.tombstones) == (ROWS, 0, 0)
    assert live.attributes(name(7)) == Attributes(color="red")
    assert live.attributes(name(700)) == Attributes(category="old", cluster=0)
    assert live.attributes("unknown") is None
    live.apply([Upsert("x", SPARE[0], Attributes()), Upsert("x", SPARE[0], Attributes(color="green"))])
    live.apply([Upsert("x", SPARE[0], Attributes(color="violet"))])
    assert live.delta_count == 1
    assert live.attributes("x") == Attributes(color="violet")


def test_the_last_change_of_an_id_counts() -> None:
    live = make_live(1_000)
    live.apply(
        [
            Delete("x"),
            Upsert("x", SPARE[0], Attributes(color="red")),
            SetAttributes("x", Attributes(color="blue")),
            Upsert("y", SPARE[1], Attributes()),
            Delete("y"),
            SetAttributes("y", Attributes(color="red")),
            Delete(name(0)),
            Upsert(name(0), VECTORS[0], Attributes(color="kept")),
        ]
    )
    assert live.attributes("x") == Attributes(color="blue")
    assert "y" not in live
    assert live.attributes(name(0)) == Attributes(color="kept")


def test_a_bad_change_leaves_everything_as_it_was() -> None:
    live = make_live(1_000)
    for bad in (
        Upsert("x", np.ones(3, dtype=np.float32), Attributes()),
        Upsert("x", np.full(DIMENSIONS, np.nan, dtype=np.float32), Attributes()),
        Upsert("", SPARE[0], Attributes()),
    ):
        with pytest.raises(ValueError, match=r"shape|finite|must have"):
            live.apply([Delete(name(0)), bad])
    assert name(0) in live


def test_growth_asks_for_a_rebuild() -> None:
    live = make_live(1_000)
    live.apply([Upsert(f"n{row}", SPARE[row], Attributes()) for row in range(1_000)])
    assert not live.needs_rebuild
    live.apply([Delete(name(0))])
    assert live.needs_rebuild
    assert not LiveIndex(live.rebuild()).needs_rebuild


def test_readers_see_each_change_whole() -> None:
    live = make_live(500)
    done = Event()
    seen: set[int] = set()

    def read() -> None:
        while not done.is_set():
            hits = live.search(QUERIES[0], 600).hits
            seen.add(len(hits))
            assert len({hit.product_id for hit in hits}) == len(hits)

    readers = [Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    pair = [Upsert("a", SPARE[0], Attributes()), Upsert("b", SPARE[1], Attributes())]
    for turn in range(60):
        live.apply(pair if turn % 2 == 0 else [Delete("a"), Delete("b")])
    done.set()
    for reader in readers:
        reader.join()
    assert seen <= {500, 502}
