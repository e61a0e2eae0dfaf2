"""What the OpenSearch store does beyond the contract: late visibility, waiting, the rules of the service."""

import json
import time
from collections.abc import Iterator
from typing import Any

import httpx
import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.ai.gate import AccessDenied
from local.ai.opensearch.node import find_tools
from local.ai.opensearch.proxy import ServerlessProxy
from runtime.indexes.handler import IndexRequest, make_index
from runtime.shared.opensearch import Collection, CollectionRefused, Generation, open_collection
from runtime.vectors.errors import StoreUnavailable
from runtime.vectors.port import Attributes, Filters
from runtime.vectors.stores.opensearch import (
    CANDIDATES,
    FORGET_SECONDS,
    SEEN_AFTER_S,
    OpenSearchStore,
    cosine,
)
from tests.contract.vector_backends import REGION, OpenSearchBackend, item, serve, unit_rows
from tests.support.opensearch import serverless

DIMENSIONS = 32
ROWS = unit_rows(40, DIMENSIONS)
RED = Filters(color=frozenset({"red"}))
BLUE = Filters(color=frozenset({"blue"}))


def test_where_java_and_maven_are_there_is_a_node(request: pytest.FixtureRequest) -> None:
    """These tests must not be skipped for another reason than the one that is printed."""
    missing = find_tools()
    if isinstance(missing, str):
        pytest.skip(f"no OpenSearch node: {missing}")
    url = request.getfixturevalue("opensearch_url")
    assert httpx.get(url).json()["version"]["distribution"] == "opensearch"


@pytest.fixture(scope="module")
def proxy(opensearch_url: str) -> ServerlessProxy:
    """Shows nothing before it is told to."""
    return ServerlessProxy(opensearch_url, refresh_interval="-1")


@pytest.fixture(scope="module")
def address(proxy: ServerlessProxy) -> Iterator[str]:
    with serverless(proxy) as found:
        yield found


@pytest.fixture
def backend(address: str) -> OpenSearchBackend:
    return OpenSearchBackend(address, DIMENSIONS)


def found(store: Any, filters: Filters | None = None, row: int = 0) -> list[str]:
    return [hit.product_id for hit in store.search(ROWS[row], 50, filters or Filters()).hits]


# ---- what is written is seen later


def test_a_product_written_twice_before_it_is_seen_is_found_once_and_new(
    backend: OpenSearchBackend, proxy: ServerlessProxy
) -> None:
    first, second = backend.open(), backend.open()
    first.upsert([item("a", ROWS[1], color="red", version=1)])
    second.upsert([item("a", ROWS[2], color="blue", version=2)])
    proxy.refresh()
    assert found(first) == ["a"]
    assert found(first, RED) == [], "an outdated document must not pass filters"
    assert found(first, BLUE) == ["a"]
    np.testing.assert_allclose(first.fetch(["a"])["a"], ROWS[2], atol=1e-6)
    assert first.stats().count == 1
    assert first.stats().detail["documents"] == 2
    first.upsert([item("a", ROWS[3], color="blue", version=3)])
    proxy.refresh()
    assert first.stats().detail["documents"] == 1, "the next write clears away what is outdated"


def test_an_older_version_that_arrives_later_is_not_taken(
    backend: OpenSearchBackend, proxy: ServerlessProxy
) -> None:
    store = backend.open()
    store.upsert([item("a", ROWS[1], color="blue", version=5)])
    store.upsert([item("a", ROWS[2], color="red", version=4)])
    proxy.refresh()
    assert (found(store, BLUE), found(store, RED)) == (["a"], [])


def test_a_product_deleted_before_it_is_seen_stays_away(
    backend: OpenSearchBackend, proxy: ServerlessProxy
) -> None:
    store = backend.open()
    store.upsert([item("a", ROWS[1], version=9), item("b", ROWS[2])])
    store.delete(["a"])
    proxy.refresh()
    assert found(store) == ["b"]
    assert set(store.fetch(["a", "b"])) == {"b"}
    assert store.stats().count == 1
    store.upsert([item("a", ROWS[3], version=1)])
    proxy.refresh()
    assert sorted(found(store)) == ["a", "b"]


def test_attributes_of_a_vector_that_is_not_seen_yet_are_not_taken(
    backend: OpenSearchBackend, proxy: ServerlessProxy
) -> None:
    store = backend.open()
    store.upsert([item("a", ROWS[1], color="red", version=1)])
    assert store.update_attributes("a", Attributes(color="blue"), 2) is False
    proxy.refresh()
    assert store.update_attributes("a", Attributes(color="blue"), 2) is True
    proxy.refresh()
    assert (found(store, BLUE), found(store, RED)) == (["a"], [])


def test_attributes_wait_for_a_vector_that_was_written_just_before(
    backend: OpenSearchBackend, proxy: ServerlessProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()

    def sleep(seconds: float) -> None:
        clock.sleep(seconds)
        if clock.now > 4:
            proxy.refresh()

    monkeypatch.setitem(SEEN_AFTER_S, Generation.NEXTGEN, 10.0)
    store = OpenSearchStore(
        open_collection(backend.endpoint, REGION),
        "products",
        Generation.NEXTGEN,
        embedding_key="model@32",
        dimensions=DIMENSIONS,
        clock=clock,
        sleep=sleep,
    )
    clock.now = 1.0
    store.upsert([item("a", ROWS[1], version=1)])
    assert store.update_attributes("a", Attributes(color="blue"), 2) is True
    assert 4 < clock.now < 7
    before = clock.now
    assert store.update_attributes("nothing", Attributes(color="blue"), 2) is False
    assert store.update_attributes("nothing else", Attributes(color="blue"), 2) is False
    assert clock.now - before < 20, "what is missing is waited for once"


def test_outdated_documents_do_not_take_the_places_of_others(
    backend: OpenSearchBackend, proxy: ServerlessProxy
) -> None:
    store = backend.open()
    # More than a search asks for at first.
    for version in range(20):
        store.upsert([item("often", ROWS[0], version=version)])
    store.upsert([item(f"p{number}", ROWS[number]) for number in range(1, 6)])
    proxy.refresh()
    hits = store.search(ROWS[0], 4).hits
    assert len(hits) == 4 and hits[0].product_id == "often"


def test_old_deletions_are_forgotten_with_what_they_hide(
    backend: OpenSearchBackend, proxy: ServerlessProxy
) -> None:
    now = time.time()
    store = OpenSearchStore(
        open_collection(backend.endpoint, REGION),
        "products",
        Generation.NEXTGEN,
        embedding_key="model@32",
        dimensions=DIMENSIONS,
        clock=lambda: now,
    )
    store.upsert([item("a", ROWS[1])])
    store.delete(["a", "never-there"])
    proxy.refresh()
    assert store.stats().detail["documents"] == 3
    now += FORGET_SECONDS + 1
    store.delete(["something"])
    proxy.refresh()
    assert store.stats().detail["documents"] == 1


# ---- searching


def test_a_search_is_exact_when_all_that_pass_were_compared_and_says_so(
    backend: OpenSearchBackend, proxy: ServerlessProxy
) -> None:
    rows = unit_rows(CANDIDATES + 50, DIMENSIONS, seed=5)
    store = backend.open()
    backend.fill([item(f"{n}", row, price=float(n)) for n, row in enumerate(rows)])
    proxy.refresh()
    assert store.search(rows[0], 3, exact=True).exact is True
    assert store.search(rows[0], 3).exact is False
    assert store.search(rows[0], 3, Filters(max_price=20)).exact is True
    for query in unit_rows(3, DIMENSIONS, seed=6):
        best = [f"{n}" for n in np.argsort(-(rows @ query), kind="stable")[:10]]
        assert [hit.product_id for hit in store.search(query, 10, exact=True).hits] == best


@pytest.mark.parametrize("similarity", [-1.0, -0.3, 0.0, 0.2, 1.0])
def test_scores_are_turned_back_into_the_cosine(similarity: float) -> None:
    score = 1 + similarity if similarity >= 0 else 1 / (1 - similarity)
    assert cosine(score) == pytest.approx(similarity)


def test_the_classic_generation_names_its_engine(address: str, proxy: ServerlessProxy) -> None:
    store = OpenSearchBackend(address, DIMENSIONS, "classic").open()
    store.upsert([item("a", ROWS[1])])
    proxy.refresh()
    assert found(store) == ["a"]


# ---- the service's own rules, which the node does not know


REFUSED: list[tuple[str, str, Any, int]] = [
    ("POST", "products/_bulk", '{"index": {"_id": "1"}}\n{"version": 1}\n', 400),
    ("POST", "products/_bulk", '{"update": {"_id": "1"}}\n{"doc": {"version": 1}}\n', 400),
    ("POST", "products/_bulk?refresh=true", '{"index": {}}\n{"version": 1}\n', 400),
    ("PUT", "products/_doc/1", '{"version": 1}', 404),
    ("POST", "products/_update/1", '{"doc": {}}', 404),
    ("POST", "products/_refresh", "", 404),
    ("POST", "products/_delete_by_query", '{"query": {"match_all": {}}}', 404),
    ("POST", "products/_search", '{"query": {"script_score": {"query": {"match_all": {}}}}}', 400),
    ("PUT", "other", '{"settings": {"index": {"refresh_interval": "1s"}}}', 400),
    (
        "PUT",
        "other",
        json.dumps(
            {
                "mappings": {
                    "properties": {
                        "v": {
                            "type": "knn_vector",
                            "dimension": 2,
                            "method": {"name": "hnsw", "engine": "lucene"},
                        }
                    }
                }
            }
        ),
        400,
    ),
    ("GET", "_cluster/health", "", 404),
]


@pytest.fixture(scope="module")
def filled(address: str) -> OpenSearchBackend:
    backend = OpenSearchBackend(address, DIMENSIONS)
    backend.open().upsert([item("a", ROWS[1])])
    return backend


@pytest.mark.parametrize(("method", "path", "body", "status"), REFUSED)
def test_what_the_service_refuses_is_refused(
    filled: OpenSearchBackend, method: str, path: str, body: str, status: int
) -> None:
    answer = httpx.request(
        method, f"{filled.endpoint}/{path}", content=body, headers={"content-type": "application/json"}
    )
    assert answer.status_code == status, answer.text
    assert answer.json()["error"]["type"]


def test_no_vector_is_in_an_answer_that_does_not_ask_for_it(
    filled: OpenSearchBackend, proxy: ServerlessProxy
) -> None:
    proxy.refresh()
    answer = httpx.post(f"{filled.endpoint}/products/_search", json={}).json()
    (hit,) = answer["hits"]["hits"]
    assert hit["_source"]["product_id"] == "a" and "vector" not in hit["_source"]


def test_calls_are_signed_for_the_service_and_need_the_permission(opensearch_url: str) -> None:
    asked: list[tuple[str, ...]] = []

    def guard(authorization: str, *wanted: str) -> None:
        assert "/us-east-1/aoss/aws4_request" in authorization
        asked.append(wanted)
        if wanted[1] == "aoss:WriteDocument":
            raise AccessDenied("may only read")

    guarded = ServerlessProxy(opensearch_url, guard)
    with serverless(guarded) as address:
        store = OpenSearchBackend(address, DIMENSIONS).open()
        assert found(store) == []
        with pytest.raises(StoreUnavailable, match="403"):
            store.upsert([item("a", ROWS[1])])
    assert {permission for _, permission, _ in asked} == {
        "aoss:CreateIndex",
        "aoss:DescribeIndex",
        "aoss:ReadDocument",
        "aoss:WriteDocument",
    }


# ---- asleep, busy, down


class Clock:
    """A time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def impatient(endpoint: str, clock: Clock, patience_s: float = 15.0) -> Collection:
    client = open_collection(endpoint, REGION)._client
    return Collection(client, patience_s=patience_s, clock=clock, sleep=clock.sleep)


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, list[tuple[int, Any]], list[str]]]:
    """An address that gives the listed answers in turn, the last one for ever, and what it was asked."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    planned: list[tuple[int, Any]] = []
    asked: list[str] = []

    async def answer(request: Request) -> Response:
        asked.append((await request.body()).decode())
        status, body = planned.pop(0) if len(planned) > 1 else planned[0]
        return JSONResponse(body, status)

    methods = ["GET", "HEAD", "PUT", "POST"]
    with serve(Starlette(routes=[Route("/{path:path}", answer, methods=methods)])) as url:
        yield url, planned, asked


Answers = tuple[str, list[tuple[int, Any]], list[str]]
EMPTY = {"hits": {"hits": [], "total": {"value": 0}}}


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_collection_that_wakes_is_asked_again(answers: Answers, status: int) -> None:
    url, planned, asked = answers
    planned += [(status, {}), (status, {}), (200, EMPTY)]
    assert impatient(url, Clock()).search("products", {"size": 1}) == EMPTY
    assert len(asked) == 3


def test_one_that_does_not_wake_is_given_up_before_the_gateway_gives_up(answers: Answers) -> None:
    url, planned, asked = answers
    planned.append((503, {}))
    clock = Clock()
    store = OpenSearchStore(
        impatient(url, clock), "products", Generation.NEXTGEN, embedding_key="m@32", dimensions=DIMENSIONS
    )
    with pytest.raises(StoreUnavailable, match="opensearch: 503"):
        store.search(ROWS[0], 3)
    assert 3 < clock.now <= 5 and 3 < len(asked) < 20, "shoppers have something else to wait for"
    began = clock.now
    with pytest.raises(StoreUnavailable, match="opensearch: 503"):
        store.fetch(["a"])
    assert 10 < clock.now - began <= 15
    planned[:] = [(200, EMPTY)]
    assert store.search(ROWS[0], 3).hits == ()


def test_nobody_listening_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    store = OpenSearchStore(
        impatient("http://127.0.0.1:9", Clock(), 1.0),
        "products",
        Generation.NEXTGEN,
        embedding_key="m@32",
        dimensions=DIMENSIONS,
    )
    with pytest.raises(StoreUnavailable, match="ConnectionError"):
        store.fetch(["a"])


def test_of_a_bulk_request_only_what_was_throttled_is_sent_again(answers: Answers) -> None:
    url, planned, asked = answers
    items = [{"index": {"status": status}} for status in (201, 429, 201)]
    planned += [(200, {"errors": True, "items": items}), (200, {"errors": False, "items": []})]
    lines: list[dict[str, Any]] = [line for n in range(3) for line in ({"index": {}}, {"version": n})]
    impatient(url, Clock()).bulk("products", lines)
    assert [json.loads(line) for line in asked[1].splitlines()] == [{"index": {}}, {"version": 1}]


def test_a_document_that_is_refused_is_told_and_a_deletion_of_nothing_is_fine(answers: Answers) -> None:
    url, planned, _ = answers
    gone = {"delete": {"status": 404}}
    planned.append((200, {"errors": True, "items": [gone]}))
    impatient(url, Clock()).bulk("products", [{"delete": {"_id": "x"}}])
    bad = {"index": {"status": 400, "error": {"type": "mapper_parsing_exception"}}}
    planned[:] = [(200, {"errors": True, "items": [bad]})]
    with pytest.raises(CollectionRefused, match="400 mapper_parsing_exception"):
        impatient(url, Clock()).bulk("products", [{"index": {}}, {"version": "x"}])


# ---- the index


def test_of_several_that_make_the_index_each_succeeds(backend: OpenSearchBackend) -> None:
    from concurrent.futures import ThreadPoolExecutor

    def write(number: int) -> None:
        backend.open().upsert([item(f"p{number}", ROWS[number])])

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(write, range(6)))


def test_the_knowledge_bases_index_is_made_once_and_holds_what_bedrock_writes(
    backend: OpenSearchBackend, proxy: ServerlessProxy
) -> None:
    request = IndexRequest(
        endpoint=backend.endpoint,
        region=REGION,
        index="documents",
        generation=Generation.NEXTGEN,
        dimensions=4,
        vector_field="vector",
        text_field="text",
        metadata_field="metadata",
    )
    collection = open_collection(backend.endpoint, REGION)
    assert make_index(request, collection) == {"index": "documents", "created": True}
    assert make_index(request, collection) == {"index": "documents", "created": False}
    passage = {
        "vector": [1, 0, 0, 0],
        "text": "linen",
        "metadata": "{}",
        "x-amz-bedrock-kb-source-uri": "s3://b/k",
    }
    collection.bulk("documents", [{"index": {}}, passage])
    proxy.refresh()
    query = {"knn": {"vector": {"vector": [1, 0, 0, 0], "k": 1}}}
    answer = collection.search("documents", {"query": query, "_source": ["text"]})
    assert answer is not None
    assert [hit["_source"] for hit in answer["hits"]["hits"]] == [{"text": "linen"}]


def test_a_new_collection_is_waited_for_while_its_policies_do_not_work_yet(answers: Answers) -> None:
    url, planned, asked = answers
    planned += [(403, {}), (403, {}), (404, {}), (200, {"acknowledged": True})]
    clock = Clock()
    client = open_collection(url, REGION)._client
    collection = Collection(
        client, patience_s=280, passing=frozenset({401, 403}), clock=clock, sleep=clock.sleep
    )
    assert collection.create_index("documents", {}) is True
    assert len(asked) == 4
