"""What the three vector backends cost, and from which traffic on another one is cheaper."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from operations.cost.prices import Prices
from operations.cost.traffic import VECTOR_BYTES

_OVERHEAD_BYTES = 1_000
_SNAPSHOT_SHARE = 1.5
"""Snapshots hold every vector, and short prefixes of them beside it."""
_SNAPSHOT_RUNS_PER_HOUR = 4
_SNAPSHOT_SECONDS = 2.0
_SNAPSHOT_GB = 2.0
_LOADS_PER_DAY = 50
_IN_MEMORY_SECONDS = 0.05
_QUERY_GB = 2.0
_AWAKE_HOURS = 1 / 6
"""A collection that scales to zero stays awake for ten minutes after the last query."""
_AWAKE_UNITS = 2
_QUERIES_PER_UNIT_HOUR = 36_000
_LOOKED_AT = (
    (100_000, "s3_vectors_query_tb"),
    (10_000_000, "s3_vectors_query_tb_over_100k"),
    (math.inf, "s3_vectors_query_tb_over_10m"),
)
"""Which price a query over S3 Vectors pays for the vectors of an index, up to how many of them."""
_STEPS = (0, *(10**power for power in range(10)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """Queries in a month over so many vectors."""

    queries: float
    vectors: int
    dimensions: int

    @property
    def gigabytes(self) -> float:
        """What the vectors and their attributes take."""
        return self.vectors * self.vector_bytes / 1e9

    @property
    def vector_bytes(self) -> int:
        """What one vector and its attributes take."""
        return self.dimensions * VECTOR_BYTES + _OVERHEAD_BYTES


def dynamodb(load: Load, prices: Prices) -> float:
    """Vectors in a table, snapshots in a bucket, the index in the memory of the function."""
    storage = load.gigabytes * (prices["dynamodb_gb_month"] + _SNAPSHOT_SHARE * prices["s3_gb_month"])
    runs = prices.hours * _SNAPSHOT_RUNS_PER_HOUR
    snapshots = runs * _SNAPSHOT_SECONDS * _SNAPSHOT_GB * prices["lambda_gb_second"]
    # A cold function reads the snapshot, in parts of 8 MB.
    loads = min(load.queries, _LOADS_PER_DAY * 30) * math.ceil(load.gigabytes / 0.008) * prices["s3_get"]
    queries = load.queries * _IN_MEMORY_SECONDS * _QUERY_GB * prices["lambda_gb_second"]
    return storage + snapshots + loads + queries


def s3vectors(load: Load, prices: Prices) -> float:
    """Paid by the query, and by the bytes that a query looks at: the more vectors, the less for each."""
    storage = load.gigabytes * prices["s3_vectors_gb_month"]
    looked_at, begin = 0.0, 0.0
    for end, price in _LOOKED_AT:
        looked_at += max(0, min(load.vectors, end) - begin) * load.vector_bytes / 1e12 * prices[price]
        begin = end
    return storage + load.queries * (prices["s3_vectors_query"] + looked_at)


def opensearch(load: Load, prices: Prices) -> float:
    """The generation that scales to zero: paid for the hours in which it is awake."""
    awake = min(prices.hours, load.queries * _AWAKE_HOURS)
    units = max(_AWAKE_UNITS, math.ceil(load.queries / prices.hours / _QUERIES_PER_UNIT_HOUR))
    storage = load.gigabytes * prices["opensearch_gb_month"]
    return storage + awake * units * prices["opensearch_ocu_hour"]


BACKENDS: Mapping[str, Callable[[Load, Prices], float]] = {
    "dynamodb": dynamodb,
    "opensearch": opensearch,
    "s3vectors": s3vectors,
}


def cheapest(load: Load, prices: Prices) -> str:
    """Name of the backend that costs least."""
    return min(BACKENDS, key=lambda name: BACKENDS[name](load, prices))


def crossover(first: str, second: str, vectors: int, dimensions: int, prices: Prices) -> int | None:
    """Queries a month from which on `second` costs less than `first`; None if it never does for good."""

    def is_passed(queries: int) -> bool:
        load = Load(queries=queries, vectors=vectors, dimensions=dimensions)
        return BACKENDS[second](load, prices) < BACKENDS[first](load, prices)

    # Costs may cross more than once: what counts is the last time.
    not_yet = [queries for queries in _STEPS if not is_passed(queries)]
    if not not_yet:
        return 0
    if not_yet[-1] == _STEPS[-1]:
        return None
    low, high = not_yet[-1], _STEPS[_STEPS.index(not_yet[-1]) + 1]
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if is_passed(middle) else (middle, high)
    return high
