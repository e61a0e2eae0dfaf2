"""What every vector store must do, run against each adapter."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from local.ai.opensearch.proxy import ServerlessProxy
from runtime.vectors.port import Attributes, Filters, VectorItem, VectorStore
from tests.contract.vector_backends import (
    Backend,
    DynamoDBBackend,
    OpenSearchBackend,
    S3VectorsBackend,
    in_process_aws,
    item,
    s3vectors_server,
    unit_rows,
)
from tests.support.opensearch import serverless

DIMENSIONS = 32
ROWS = unit_rows(12, DIMENSIONS)

Opener = Callable[[], Backend]


@pytest.fixture(scope="module", params=["dynamodb", "s3vectors", "opensearch"])
def open_backend(request: pytest.FixtureRequest) -> Iterator[Opener]:
    if request.param == "dynamodb":
        with in_process_aws() as clients:
            yield lambda: DynamoDBBackend(clients, DIMENSIONS)
    elif request.param == "s3vectors":
        with s3vectors_server() as clients:
            yield lambda: S3VectorsBackend(clients, DIMENSIONS)
    else:
        # Whether a write is seen at once is no part of this contract: the node refreshes before reads, and
        # only then.
        proxy = ServerlessProxy(
            request.getfixturevalue("opensearch_url"), refresh_interval="-1", at_once=True
        )
        with serverless(proxy) as address:
            yield lambda: OpenSearchBackend(address, DIMENSIONS)


@pytest.fixture
def backend(open_backend: Opener) -> Backend:
    return open_backend()


@pytest.fixture
def store(backend: Backend) -> VectorStore:
    return backend.open()


def found(store: VectorStore, filters: Filters | None = None, k: int = 50) -> set[str]:
    result = store.search(ROWS[0], k, filters or Filters())
    return {hit.product_id for hit in result.hits}


def attributes_seen(store: VectorStore, product_id: str, **candidates: Filters) -> set[str]:
    """Which of the named filters the product passes."""
    return {name for name, filters in candidates.items() if product_id in found(store, filters)}


RED = Filters(color=frozenset({"red"}))
BLUE = Filters(color=frozenset({"blue"}))


def test_an_empty_store_finds_nothing(store: VectorStore) -> None:
    assert store.search(ROWS[0], 5).hits == ()
    assert store.fetch(["nothing"]) == {}
    assert store.stats().count == 0
    assert store.stats().dimensions == DIMENSIONS
    store.delete(["nothing"])
    store.upsert([])
    assert store.update_attributes("nothing", Attributes(color="red"), 1) is False
    assert store.stats().count == 0


def test_what_is_stored_is_found_best_first_with_its_cosine(store: VectorStore) -> None:
    store.upsert([item(f"p{number}", ROWS[number], cluster=number) for number in range(8)])
    query = ROWS[3]
    result = store.search(query, 5)
    expected = sorted(range(8), key=lambda number: -float(ROWS[number] @ query))[:5]
    assert [hit.product_id for hit in result.hits] == [f"p{number}" for number in expected]
    assert [hit.cluster for hit in result.hits] == expected
    scores = [float(ROWS[number] @ query) for number in expected]
    assert [hit.score for hit in result.hits] == pytest.approx(scores, abs=2e-3)
    assert store.stats().count == 8


def test_an_exact_search_finds_the_same(store: VectorStore) -> None:
    store.upsert([item(f"p{number}", row) for number, row in enumerate(ROWS)])
    hits = store.search(ROWS[5], 4, exact=True).hits
    assert [hit.product_id for hit in hits] == [
        f"p{number}" for number in np.argsort(-(ROWS @ ROWS[5]), kind="stable")[:4]
    ]


def test_asking_for_more_than_there_is_gives_all(store: VectorStore) -> None:
    store.upsert([item("a", ROWS[1]), item("b", ROWS[2])])
    assert len(store.search(ROWS[0], 1000).hits) == 2


@pytest.mark.parametrize("k", [0, -1])
def test_a_search_for_none_is_a_mistake(store: VectorStore, k: int) -> None:
    with pytest.raises(ValueError, match="k"):
        store.search(ROWS[0], k)


def test_a_vector_of_another_length_is_refused(store: VectorStore) -> None:
    with pytest.raises(ValueError, match="shape"):
        store.upsert([item("a", np.ones(3, np.float32))])
    with pytest.raises(ValueError, match="shape"):
        store.search(np.ones(3, np.float32), 1)


def test_storing_again_replaces_vector_and_attributes(store: VectorStore) -> None:
    store.upsert([item("a", ROWS[1], color="red", price=5.0, sizes=("S",), version=1)])
    store.upsert([item("a", ROWS[2], color="blue", version=2)])
    assert store.search(ROWS[2], 1).hits[0].score == pytest.approx(1, abs=2e-3)
    assert attributes_seen(
        store, "a", red=RED, blue=BLUE, small=Filters(size=frozenset({"S"})), cheap=Filters(max_price=9)
    ) == {"blue"}
    assert store.stats().count == 1


def test_storing_the_same_again_changes_nothing(store: VectorStore) -> None:
    for _ in range(3):
        store.upsert([item("a", ROWS[1], color="red")])
    assert store.stats().count == 1
    assert attributes_seen(store, "a", red=RED, blue=BLUE) == {"red"}


def test_older_attributes_do_not_replace_newer_ones(store: VectorStore) -> None:
    store.upsert([item("a", ROWS[1], color="red", version=2)])
    assert store.update_attributes("a", Attributes(color="blue"), 5) is True
    store.upsert([item("a", ROWS[2], color="red", version=4)])
    assert attributes_seen(store, "a", red=RED, blue=BLUE) == {"blue"}
    # The picture of version 4 is newer than that of version 2.
    np.testing.assert_allclose(store.fetch(["a"])["a"], ROWS[2], atol=1e-3)


def test_an_older_picture_does_not_replace_a_newer_one(store: VectorStore) -> None:
    store.upsert([item("a", ROWS[1], color="blue", version=3)])
    store.upsert([item("a", ROWS[2], color="red", version=2)])
    np.testing.assert_allclose(store.fetch(["a"])["a"], ROWS[1], atol=1e-3)
    assert attributes_seen(store, "a", red=RED, blue=BLUE) == {"blue"}


def test_attributes_can_be_set_without_the_vector(store: VectorStore) -> None:
    store.upsert([item("a", ROWS[1], color="red", price=10.0, sizes=("S", "M"), stock=0, version=1)])
    assert store.update_attributes("a", Attributes(color="blue", sizes=("L",)), 2) is True
    seen = attributes_seen(
        store,
        "a",
        red=RED,
        blue=BLUE,
        priced=Filters(min_price=0),
        small=Filters(size=frozenset({"S"})),
        large=Filters(size=frozenset({"L"})),
        in_stock=Filters(in_stock=True),
    )
    assert seen == {"blue", "large", "in_stock"}
    np.testing.assert_allclose(store.fetch(["a"])["a"], ROWS[1], atol=1e-3)


def test_setting_older_attributes_is_accepted_and_ignored(store: VectorStore) -> None:
    store.upsert([item("a", ROWS[1], color="blue", version=3)])
    assert store.update_attributes("a", Attributes(color="red"), 2) is True
    assert attributes_seen(store, "a", red=RED, blue=BLUE) == {"blue"}


def test_a_deleted_product_is_gone_and_can_come_back_at_any_version(store: VectorStore) -> None:
    store.upsert([item("a", ROWS[1], version=7), item("b", ROWS[2])])
    store.delete(["a", "unknown", "a"])
    store.delete(["a"])
    assert found(store) == {"b"}
    assert set(store.fetch(["a", "b"])) == {"b"}
    assert store.update_attributes("a", Attributes(color="red"), 9) is False
    assert store.stats().count == 1
    store.upsert([item("a", ROWS[3], version=1)])
    assert found(store) == {"a", "b"}


def test_fetch_gives_unit_vectors_of_known_products(store: VectorStore) -> None:
    store.upsert([item(f"p{number}", row) for number, row in enumerate(ROWS)])
    vectors = store.fetch(["p1", "p9", "unknown", "p1"])
    assert set(vectors) == {"p1", "p9"}
    for name, vector in vectors.items():
        assert vector.dtype == np.float32
        np.testing.assert_allclose(vector, ROWS[int(name[1:])], atol=1e-3)


def test_of_duplicates_in_a_batch_the_newest_stays(store: VectorStore) -> None:
    store.upsert(
        [
            item("a", ROWS[1], color="red", version=1),
            item("a", ROWS[2], color="blue", version=3),
            item("a", ROWS[3], color="red", version=2),
        ]
    )
    assert store.stats().count == 1
    np.testing.assert_allclose(store.fetch(["a"])["a"], ROWS[2], atol=1e-3)
    assert attributes_seen(store, "a", red=RED, blue=BLUE) == {"blue"}


def test_ids_are_any_text(store: VectorStore) -> None:
    names = ["šaty/červené", "连衣裙", "emoji👗", "with space", "a'b\"c", "UPPER", "upper"]
    store.upsert([item(name, row) for name, row in zip(names, ROWS, strict=False)])
    assert found(store) == set(names)
    assert set(store.fetch(names)) == set(names)
    store.delete(names[:2])
    assert found(store) == set(names[2:])


SHOP: dict[str, dict[str, Any]] = {
    "red-dress": {"category": "dress", "color": "red", "price": 80.0, "sizes": ("S", "M"), "stock": 3},
    "blue-dress": {"category": "dress", "color": "blue", "price": 120.5, "sizes": ("L",), "stock": 0},
    "red-shoe": {"category": "shoes", "color": "red", "price": 60.0, "sizes": ("38", "39"), "stock": 1},
    "unpriced": {"category": "dress", "color": "red", "sizes": ("M",), "stock": 2},
    "unsized": {"category": "hats", "color": "blue", "price": 80.0, "stock": 5},
    "unstocked": {"category": "hats", "color": "green", "price": 20.0, "sizes": ("M",)},
    "bare": {},
}
ALL = set(SHOP)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(), ALL),
        (Filters(category=frozenset({"dress"})), {"red-dress", "blue-dress", "unpriced"}),
        (
            Filters(category=frozenset({"dress", "hats"})),
            {"red-dress", "blue-dress", "unpriced", "unsized", "unstocked"},
        ),
        (Filters(category=frozenset({"coats"})), set()),
        (Filters(color=frozenset({"green"})), {"unstocked"}),
        (Filters(color=frozenset({"red", "green"})), {"red-dress", "red-shoe", "unpriced", "unstocked"}),
        (Filters(size=frozenset({"M"})), {"red-dress", "unpriced", "unstocked"}),
        (Filters(size=frozenset({"M", "L"})), {"red-dress", "blue-dress", "unpriced", "unstocked"}),
        (Filters(min_price=80), {"red-dress", "blue-dress", "unsized"}),
        (Filters(max_price=80), {"red-dress", "red-shoe", "unsized", "unstocked"}),
        (Filters(min_price=60, max_price=80), {"red-dress", "red-shoe", "unsized"}),
        (Filters(min_price=0), ALL - {"unpriced", "bare"}),
        (Filters(in_stock=True), ALL - {"blue-dress"}),
        (Filters(category=frozenset({"dress"}), in_stock=True), {"red-dress", "unpriced"}),
        (
            Filters(
                category=frozenset({"dress"}),
                color=frozenset({"red"}),
                size=frozenset({"M"}),
                max_price=100,
                in_stock=True,
            ),
            {"red-dress"},
        ),
    ],
)
def test_filters(shop: VectorStore, filters: Filters, expected: set[str]) -> None:
    assert found(shop, filters) == expected


@pytest.fixture(scope="module")
def shop(open_backend: Opener) -> VectorStore:
    store = open_backend().open()
    rows = zip(SHOP.items(), ROWS, strict=False)
    store.upsert([item(name, row, **attributes) for (name, attributes), row in rows])
    return store


def test_filters_come_before_the_best_are_chosen(store: VectorStore) -> None:
    near = [item(f"near{number}", ROWS[0], color="red") for number in range(20)]
    store.upsert([*near, item("far", -ROWS[0], color="blue")])
    result = store.search(ROWS[0], 3, BLUE)
    assert [hit.product_id for hit in result.hits] == ["far"]


def test_vectors_of_another_embedder_are_not_seen(backend: Backend) -> None:
    store, other = backend.open(), backend.open("another.model")
    store.upsert([item("a", ROWS[1]), item("b", ROWS[2])])
    other.upsert([item("c", ROWS[3])])
    assert found(store) == {"a", "b"}
    assert found(other) == {"c"}
    assert other.fetch(["a", "c"]).keys() == {"c"}
    assert other.update_attributes("a", Attributes(color="red"), 9) is False
    assert (store.stats().count, other.stats().count) == (2, 1)


def test_recall_against_comparing_all(backend: Backend) -> None:
    rows = unit_rows(1000, DIMENSIONS, seed=3)
    queries = unit_rows(20, DIMENSIONS, seed=4)
    backend.fill([item(f"{number}", row) for number, row in enumerate(rows)])
    store = backend.open()
    assert recall(store, rows, queries) >= 0.99
    assert store.stats().count == 1000


def test_a_product_is_read_as_it_was_stored(store: VectorStore) -> None:
    dressed = item(
        "a",
        ROWS[1],
        category="dress",
        color="red",
        price=59.9,
        sizes=("S", "M"),
        stock=3,
        cluster=7,
        version=5,
    )
    store.upsert([dressed, item("bare", ROWS[2], version=2)])
    read = store.read(["a", "bare", "unknown", "a"])
    assert set(read) == {"a", "bare"}
    assert (read["a"].attributes, read["bare"].attributes) == (dressed.attributes, Attributes())
    assert (read["a"].version, read["a"].content_hash) == (5, "hash-a")
    assert read["a"].vector.dtype == np.float32
    np.testing.assert_allclose(read["a"].vector, ROWS[1], atol=1e-3)
    assert store.read([]) == {}


def test_what_was_written_is_read_and_what_was_deleted_is_not(store: VectorStore) -> None:
    store.upsert([item("a", ROWS[1], color="red", version=1)])
    store.update_attributes("a", Attributes(color="blue"), 2)
    assert store.read(["a"])["a"].attributes == Attributes(color="blue")
    store.delete(["a"])
    assert store.read(["a"]) == {}
    assert (scanned(store, 10), store.count()) == ([], 0)


def test_reading_many_at_once(backend: Backend) -> None:
    rows = unit_rows(250, DIMENSIONS, seed=5)
    backend.fill([item(f"{number}", row) for number, row in enumerate(rows)])
    store = backend.open()
    read = store.read([f"{number}" for number in range(250)])
    assert set(read) == {f"{number}" for number in range(250)}
    np.testing.assert_allclose(read["249"].vector, rows[249], atol=1e-3)


@pytest.mark.parametrize("limit", [1, 7, 1000])
def test_a_scan_meets_every_product_once(backend: Backend, limit: int) -> None:
    store, other = backend.open(), backend.open("another.model")
    store.upsert([item(f"p{number}", row, price=number + 0.5) for number, row in enumerate(ROWS)])
    other.upsert([item(f"q{number}", row) for number, row in enumerate(ROWS[:5])])
    store.upsert([item("gone", ROWS[0])])
    store.delete(["gone"])
    found = scanned(store, limit)
    assert sorted(each.product_id for each in found) == sorted(f"p{number}" for number in range(12))
    assert {each.product_id: each.attributes.price for each in found} == {
        f"p{number}": number + 0.5 for number in range(12)
    }
    assert (store.count(), other.count()) == (12, 5)


def test_a_scan_misses_nothing_that_stays_while_others_come_and_go(store: VectorStore) -> None:
    staying = [f"p{number:02}" for number in range(12)]
    store.upsert([item(name, row) for name, row in zip(staying, ROWS, strict=True)])
    store.upsert([item(f"going{number}", ROWS[number]) for number in range(6)])
    met: set[str] = set()
    cursor, turn = None, 0
    while turn == 0 or cursor:
        page = store.scan(cursor, 3)
        assert len(page.items) <= 3
        met |= {each.product_id for each in page.items}
        store.delete([f"going{turn % 6}"])
        store.upsert([item(f"a-coming{turn}", ROWS[turn % 12])])
        cursor, turn = page.cursor, turn + 1
        assert turn < 100
    assert set(staying) <= met


def test_a_scan_goes_on_in_another_process(backend: Backend) -> None:
    backend.open().upsert([item(f"p{number}", row) for number, row in enumerate(ROWS)])
    names: list[str] = []
    cursor = None
    while True:
        page = backend.open().scan(cursor, 5)
        names += [each.product_id for each in page.items]
        cursor = page.cursor
        if not cursor:
            break
    assert sorted(names) == sorted(f"p{number}" for number in range(12))


def scanned(store: VectorStore, limit: int) -> list[VectorItem]:
    """All items, page by page."""
    items: list[VectorItem] = []
    page = store.scan(None, limit)
    while True:
        items += page.items
        if page.cursor is None:
            return items
        page = store.scan(page.cursor, limit)


def recall(store: VectorStore, rows: NDArray[np.float32], queries: NDArray[np.float32]) -> float:
    truth = np.argsort(-(queries @ rows.T), axis=1)[:, :10]
    hits = [{int(hit.product_id) for hit in store.search(query, 10).hits} for query in queries]
    return float(
        np.mean([len(found & set(best.tolist())) / 10 for found, best in zip(hits, truth, strict=True)])
    )
