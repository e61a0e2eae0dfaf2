"""The three vector stores side by side: what they find, against comparing every vector, and how fast.

Run: python -m benchmarks.backends [--n 20000] [--dimensions 256] [--queries 100]

Each store runs over what the tests run it over: an in-process AWS, the stand-in of S3 Vectors, a real
OpenSearch node. Recall is the engine's own for DynamoDB and that of Lucene's HNSW for OpenSearch. The
stand-in of S3 Vectors compares every vector: its recall says that the adapter and its filters are right, and
nothing of the service, which is approximate. Times compare the adapters on one machine, and say nothing of
AWS. Half of the queries are filtered by category and price.
"""

import argparse
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from benchmarks.data import ClusteredSource
from benchmarks.record import Figure, record
from local.ai.opensearch.proxy import ServerlessProxy
from runtime.vectors.port import Attributes, Filters, VectorItem, VectorStore
from tests.contract.vector_backends import (
    Backend,
    DynamoDBBackend,
    OpenSearchBackend,
    S3VectorsBackend,
    in_process_aws,
    s3vectors_server,
)
from tests.support.opensearch import node_missing, opensearch_node, serverless

SEED = 7
K = 10
_CATEGORIES = 8
_TARGET = 0.99
_RUNS_OVER = {
    "dynamodb": "dynamodb over an in-process AWS",
    "s3vectors": "s3vectors over its stand-in, which compares all (the service is approximate)",
    "opensearch": "opensearch on a node with Lucene's graph (the service has faiss)",
}


@dataclass(frozen=True, slots=True)
class Query:
    """A search, and the products that comparing every vector finds."""

    vector: NDArray[np.float32]
    filters: Filters
    best: frozenset[str]


def main() -> None:
    """Measure every store and record the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--n", type=int, default=20_000)
    parser.add_argument("--dimensions", type=int, default=256)
    parser.add_argument("--queries", type=int, default=100)
    arguments = parser.parse_args()
    source = ClusteredSource.create(arguments.dimensions, seed=SEED)
    rows = source.draw(arguments.n, seed=SEED)
    items = [describe(number, row) for number, row in enumerate(rows)]
    queries = plan(items, rows, source.draw(arguments.queries, seed=SEED + 1))
    command = f"python -m benchmarks.backends --n {arguments.n} --dimensions {arguments.dimensions}"
    answers: dict[str, list[list[str]]] = {}
    with backends(arguments.dimensions) as opened:
        for backend in opened:
            backend.fill(items)
            store = backend.open()
            answers[store.backend] = measure(store, queries, command, len(items))
    same = [len({frozenset(found) for found in one}) == 1 for one in zip(*answers.values(), strict=True)]
    name = f"vector backends/queries to which all {len(answers)} give the same ten products"
    share = float(np.mean(same))
    record(Figure(name, share, "", "higher", command, n=len(queries), seed=SEED))


def describe(number: int, row: NDArray[np.float32]) -> VectorItem:
    """A product with attributes to filter by."""
    attributes = Attributes(category=f"category-{number % _CATEGORIES}", price=float(number % 500))
    return VectorItem(f"{number}", row, attributes, f"{number}", 1)


def plan(items: Sequence[VectorItem], rows: NDArray[np.float32], vectors: NDArray[np.float32]) -> list[Query]:
    """The queries with their true answers; every second one is filtered."""
    passing = np.array([each.attributes.category == "category-1" for each in items])
    passing &= np.array([(each.attributes.price or 0) <= 250 for each in items])
    filtered = Filters(category=frozenset({"category-1"}), max_price=250)
    queries: list[Query] = []
    for number, vector in enumerate(vectors):
        scores = rows @ vector
        if number % 2:
            scores = np.where(passing, scores, -2.0)
        best = frozenset(str(each) for each in np.argsort(-scores, kind="stable")[:K])
        queries.append(Query(vector, filtered if number % 2 else Filters(), best))
    return queries


@contextmanager
def backends(dimensions: int) -> Generator[list[Backend], None, None]:
    """One of each, empty."""
    with ExitStack() as stack:
        opened: list[Backend] = [
            DynamoDBBackend(stack.enter_context(in_process_aws()), dimensions),
            S3VectorsBackend(stack.enter_context(s3vectors_server()), dimensions),
        ]
        if missing := node_missing():
            print(f"without OpenSearch: {missing}")
        else:
            # Nothing is refreshed before it is searched: while it is filled that would only slow it down.
            node = stack.enter_context(opensearch_node(enduring=True))
            proxy = ServerlessProxy(node, refresh_interval="-1", at_once=True)
            opened.append(OpenSearchBackend(stack.enter_context(serverless(proxy)), dimensions))
        yield opened


def measure(store: VectorStore, queries: Sequence[Query], command: str, n: int) -> list[list[str]]:
    """Record recall and the median time of a search; what was found for each query."""
    store.search(queries[0].vector, K)
    found: list[list[str]] = []
    took: list[float] = []
    for query in queries:
        began = perf_counter()
        hits = store.search(query.vector, K, query.filters).hits
        took.append(1000 * (perf_counter() - began))
        found.append([hit.product_id for hit in hits])
    recall = float(np.mean([len(set(a) & q.best) / K for a, q in zip(found, queries, strict=True)]))
    name = f"vector backends/{_RUNS_OVER[store.backend]}"
    p50 = float(np.median(took))
    record(Figure(f"{name}, recall@10", recall, "", "higher", command, target=_TARGET, n=n, seed=SEED))
    record(Figure(f"{name}, search p50", p50, "ms", "lower", command, n=n, seed=SEED))
    return found


if __name__ == "__main__":
    main()
