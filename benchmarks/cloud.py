"""Figures of the product on this machine: start, ingestion, warm search over HTTP, and what taste adds to it.

Run: python -m benchmarks.cloud [FOLDER]     FOLDER holds photos (sub-folder = category); the demo without it
"""

import json
import sys
import tempfile
from itertools import cycle, islice
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter, sleep

import httpx

from benchmarks.record import Figure, record
from tests.support.cloud import RunningCloud, running_cloud

COMMAND = "python -m benchmarks.cloud FOLDER"
WORDS = ("red dress", "striped t-shirt", "black shoes", "blue jeans", "white shirt", "warm jacket", "sun hat")
UNTHROTTLED = {"requestsPerSecond": "5000"}
_WARM_UP, _REQUESTS, _STARTS = 30, 400, 5


def main() -> None:
    """Start with empty state, measure, start again."""
    catalog = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else None
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        with running_cloud(folder, catalog, UNTHROTTLED) as cloud:
            measure_search(cloud)
            measure_taste(cloud)
            measure_ingestion(cloud)
        measure_start(folder, catalog)


def measure_search(cloud: RunningCloud) -> None:
    """GET /search on warm functions: words that were asked for before, and words that are new each time."""
    products = _count_products(cloud)
    known = list(islice(cycle(WORDS), _REQUESTS))
    new = [f"{words} number {turn}" for turn, words in enumerate(known)]
    with httpx.Client(headers=cloud.headers) as client:
        for kind, queries in (("known words", known), ("new words", new)):
            times = [_ask(client, cloud, query) for query in known[:_WARM_UP] + queries][_WARM_UP:]
            name = f"local cloud/warm GET /search, {kind}, {products} products"
            percentile = quantiles(times, n=20)[18]
            record(Figure(f"{name}, p50", median(times), "ms", "lower", COMMAND, target=25.0, n=len(times)))
            record(Figure(f"{name}, p95", percentile, "ms", "lower", COMMAND, target=50.0, n=len(times)))


def _ask(client: httpx.Client, cloud: RunningCloud, query: str, **more: str) -> float:
    began = perf_counter()
    url = cloud.description["api_url"] + "/search"
    client.get(url, params={"query": query, **more}).raise_for_status()
    return 1000 * (perf_counter() - began)


def measure_taste(cloud: RunningCloud) -> None:
    """What a shopper's taste adds to GET /search: requests with and without it, one after the other.

    The function's own log says how much of that the ranker is; the rest is the profile, read from the
    emulator's table, and a wider search.
    """
    liked = cloud.search(query="red clothes", limit=20)
    events = [{"product_id": each["product_id"], "event_type": "favorite"} for each in liked]
    cloud.call("POST", "/interactions", json={"events": events}).raise_for_status()
    times: dict[str, list[float]] = {"0.3": [], "0": []}
    with httpx.Client(headers=cloud.headers) as client:
        for turn, words in enumerate(islice(cycle(WORDS), _WARM_UP + _REQUESTS)):
            for weight in ("0.3", "0") if turn % 2 else ("0", "0.3"):
                times[weight].append(_ask(client, cloud, words, personalize=weight))
    tasteful, plain = times["0.3"][_WARM_UP:], times["0"][_WARM_UP:]
    pairs = [one - other for one, other in zip(tasteful, plain, strict=True)]
    stages = _read_stages(cloud)[_WARM_UP:]
    ranked = [each["Ranking"] for each in stages]
    name = "local cloud/taste adds to a warm GET /search"
    record(Figure(f"{name}, median of the pairs", median(pairs), "ms", "lower", COMMAND, n=len(pairs)))
    percentile = quantiles(ranked, n=20)[18]
    record(Figure(f"{name}, the ranker, p50", median(ranked), "ms", "lower", COMMAND, n=len(ranked)))
    record(Figure(f"{name}, the ranker, p95", percentile, "ms", "lower", COMMAND, target=5.0, n=len(ranked)))
    read = quantiles([each["Taste"] for each in stages], n=20)[18]
    record(Figure(f"{name}, reading the profile, p95", read, "ms", "lower", COMMAND, n=len(ranked)))


def _read_stages(cloud: RunningCloud) -> list[dict[str, float]]:
    """Milliseconds by stage of the searches with taste so far, oldest first, as the function logged them."""
    functions = cloud.aws("lambda").list_functions()["Functions"]
    group = next(f for f in functions if f["FunctionName"].startswith("search-function-"))["LoggingConfig"]
    pages = cloud.aws("logs").get_paginator("filter_log_events").paginate(logGroupName=group["LogGroup"])
    events = sorted((e for page in pages for e in page["events"]), key=lambda event: event["timestamp"])
    lines = [json.loads(e["message"]) for e in events if '"answered"' in e["message"]]
    return [line["figures"] for line in lines if "Ranking" in line["figures"]]


def measure_ingestion(cloud: RunningCloud) -> None:
    """The catalogue's own pictures once more under other keys: uploaded, embedded, stored."""
    s3, bucket = cloud.aws("s3"), cloud.outputs["catalog_bucket"]
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="products/")
    keys = [entry["Key"] for page in pages for entry in page["Contents"] if not entry["Key"].endswith(".csv")]
    pictures = [s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys]
    before = _count_products(cloud)
    began = perf_counter()
    for number, picture in enumerate(pictures):
        cloud.upload(f"products/again/{number}.jpg", picture)
    while _count_products(cloud) < before + len(pictures):
        sleep(0.1)
    rate = len(pictures) / (perf_counter() - began)
    name = f"local cloud/ingestion of {len(pictures)} pictures"
    record(Figure(name, rate, "pictures/s", "higher", COMMAND, target=20.0, n=len(pictures)))


def _count_products(cloud: RunningCloud) -> int:
    pages = (
        cloud.aws("dynamodb")
        .get_paginator("scan")
        .paginate(
            TableName=cloud.outputs["products_table"],
            FilterExpression="attribute_exists(embedding_key)",
            Select="COUNT",
        )
    )
    return sum(page["Count"] for page in pages)


def measure_start(folder: Path, catalog: Path | None) -> None:
    """From nothing running to a searchable catalogue and an answering site, state kept from before."""
    seconds: list[float] = []
    for _ in range(_STARTS):
        began = perf_counter()
        with running_cloud(folder, catalog, UNTHROTTLED) as cloud:
            assert cloud.search(query="red dress")
            assert httpx.get(cloud.config.site_url).status_code == 200
            seconds.append(perf_counter() - began)
    name = "local cloud/second start, until a search is answered"
    record(Figure(name, median(seconds), "s", "lower", COMMAND, target=10.0, n=_STARTS))


if __name__ == "__main__":
    main()
