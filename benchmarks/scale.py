"""Many products in the table: is every one found, and how long does a cold function take?

Run: python -m benchmarks.scale
"""

import json
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from botocore.exceptions import ClientError
from numpy.typing import NDArray

from benchmarks.data import ClusteredSource
from benchmarks.record import Figure, record
from benchmarks.table import PagedTable
from runtime.vectors.factory import open_store
from runtime.vectors.port import Attributes, VectorItem, VectorStore
from runtime.vectors.settings import VectorSettings
from tests.support.cloud import RunningCloud, running_cloud

COMMAND = "python -m benchmarks.scale"
DEPLOYED, IN_PROCESS = 10_000, 100_000
_BATCH = 500


def main() -> None:
    """10,000 vectors in the deployed table, 100,000 in one in this process; look for each of them."""
    with tempfile.TemporaryDirectory() as scratch:
        catalog = Path(scratch) / "empty"
        catalog.mkdir()
        with running_cloud(Path(scratch) / "cloud", catalog) as cloud:
            measure_deployed(cloud, DEPLOYED)
    measure_in_process(IN_PROCESS)


def measure_in_process(n: int) -> None:
    """The same store over a table that is a dictionary: the emulator's scan would take half an hour."""
    table = PagedTable()
    environment = {
        "VECTOR_STORE": json.dumps(
            {"backend": "dynamodb", "table": "t", "changes_index": "changes", "snapshots": "s"}
        ),
        "EMBEDDER": json.dumps({"name": "titan", "model_id": "m", "dimensions": 1024, "region": "us-east-1"}),
    }
    settings = VectorSettings.from_environment(environment)

    def clients(service: str, region: str | None = None) -> Any:
        return table if service == "dynamodb" else _NoSnapshots()

    vectors = ClusteredSource.create(1024, seed=1).draw(n, seed=2)
    open_store(settings, clients).upsert([_item(number, vector) for number, vector in enumerate(vectors)])
    find_all(open_store(settings, clients), vectors, "in this process")
    print(f"read in {table.pages} pages")


class _NoSnapshots:
    """An S3 without any object."""

    def get_object(self, **_: Any) -> Any:
        raise ClientError({"Error": {"Code": "NoSuchKey"}}, "GetObject")


def find_all(store: VectorStore, vectors: NDArray[np.float32], where: str) -> None:
    """Open the store cold and search for each vector by itself."""
    n = len(vectors)
    began = perf_counter()
    stats = store.stats()
    seconds = perf_counter() - began
    record(Figure(f"scale/cold start from the table, {n:,} products {where}", seconds, "s", "lower", COMMAND))
    assert stats.count == n, stats
    missed = [number for number in range(n) if not _finds(store, number, vectors[number], exact=False)]
    still = [number for number in missed if not _finds(store, number, vectors[number], exact=True)]
    for kind, count, target in (
        ("by default", n - len(missed), 0.99 * n),
        ("at all", n - len(still), float(n)),
    ):
        name = f"scale/products first for their own vector, {kind}, of {n:,} {where}"
        record(Figure(name, count, "products", "higher", COMMAND, target=target, n=n, seed=1))


def measure_deployed(cloud: RunningCloud, n: int) -> None:
    """Write, search for every vector, write a snapshot, start cold from it."""
    settings = read_settings(cloud)
    vectors = ClusteredSource.create(1024, seed=1).draw(n, seed=2)
    writer = open_anew(cloud, settings)
    items = [_item(number, vector) for number, vector in enumerate(vectors)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(writer.upsert, (items[start : start + _BATCH] for start in range(0, n, _BATCH))))
    find_all(open_anew(cloud, settings), vectors, "deployed")
    functions = cloud.aws("lambda")
    compactor = next(
        f["FunctionName"] for f in functions.list_functions()["Functions"] if "compactor" in f["FunctionName"]
    )
    answer = functions.invoke(FunctionName=compactor, Payload=json.dumps({"force": True}))
    assert "FunctionError" not in answer, answer["Payload"].read()
    cold = open_anew(cloud, settings)
    began = perf_counter()
    assert cold.stats().count == n
    seconds = perf_counter() - began
    record(
        Figure(f"scale/cold start from the snapshot, {n:,} products deployed", seconds, "s", "lower", COMMAND)
    )


def open_anew(cloud: RunningCloud, settings: VectorSettings) -> VectorStore:
    """A store of its own over the deployed table, as a new process would open it."""
    return open_store(settings, lambda service, region=None: cloud.aws(service))


def read_settings(cloud: RunningCloud) -> VectorSettings:
    """The settings of the deployed search function."""
    functions = cloud.aws("lambda").list_functions()["Functions"]
    search = next(f for f in functions if f["FunctionName"].startswith("search-function"))
    variables: dict[str, Any] = search["Environment"]["Variables"]
    return VectorSettings.from_environment(variables)


def _item(number: int, vector: NDArray[np.float32]) -> VectorItem:
    return VectorItem(f"product-{number}", vector, Attributes(category="dress"), f"{number:064}", 1)


def _finds(store: VectorStore, number: int, vector: NDArray[np.float32], *, exact: bool) -> bool:
    return store.search(vector, 1, exact=exact).hits[0].product_id == f"product-{number}"


if __name__ == "__main__":
    main()
