"""Many products in the table: is every one found, and how long does a cold function take?

Run: python -m benchmarks.scale [N ...]
"""

import json
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.data import ClusteredSource
from benchmarks.record import Figure, record
from runtime.vectors.factory import open_store
from runtime.vectors.port import Attributes, VectorItem, VectorStore
from runtime.vectors.settings import VectorSettings
from tests.support.cloud import RunningCloud, running_cloud

COMMAND = "python -m benchmarks.scale"
SIZES = (10_000, 100_000)
_BATCH = 500


def main() -> None:
    """Fill the deployed table with N vectors and look for each of them."""
    for n in [int(argument) for argument in sys.argv[1:]] or SIZES:
        with tempfile.TemporaryDirectory() as scratch:
            catalog = Path(scratch) / "empty"
            catalog.mkdir()
            with running_cloud(Path(scratch) / "cloud", catalog) as cloud:
                measure(cloud, n)


def measure(cloud: RunningCloud, n: int) -> None:
    """Write, search for every vector, write a snapshot, start cold from it."""
    settings = read_settings(cloud)
    vectors = ClusteredSource.create(1024, seed=1).draw(n, seed=2)
    writer = open_anew(cloud, settings)
    items = [_item(number, vector) for number, vector in enumerate(vectors)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(writer.upsert, (items[start : start + _BATCH] for start in range(0, n, _BATCH))))
    cold = open_anew(cloud, settings)
    began = perf_counter()
    stats = cold.stats()
    seconds = perf_counter() - began
    record(Figure(f"scale/cold start from the table, {n:,} products", seconds, "s", "lower", COMMAND))
    assert stats.count == n, stats
    found = sum(_finds(cold, number, vector) for number, vector in enumerate(vectors))
    name = f"scale/products that a search by their own vector finds, of {n:,}"
    record(Figure(name, found, "products", "higher", COMMAND, target=float(n), n=n, seed=1))
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
    record(Figure(f"scale/cold start from the snapshot, {n:,} products", seconds, "s", "lower", COMMAND))


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


def _finds(store: VectorStore, number: int, vector: NDArray[np.float32]) -> bool:
    return store.search(vector, 1).hits[0].product_id == f"product-{number}"


if __name__ == "__main__":
    main()
