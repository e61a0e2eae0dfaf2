"""The vector engine against faiss, against its own targets, and against the reference algorithm.

Run: python -m benchmarks.engine [--n 100000] [--only clustered,uniform,reference,kmeans,import] [--quick]

One thread, one query at a time, 1024 numbers per vector. The data is synthetic (benchmarks/data.py): the gain
of every approximate index depends on how clustered the vectors are, so uniform random vectors, where there is
no gain, are measured too. No query that recall is measured with was seen by the build.
"""

# ruff: noqa: E402 - the number of threads has to be set before numpy is imported
import os

for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

import argparse
import gc
import importlib.util
import json
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any, Literal

import faiss
import numpy as np
from boto3.dynamodb.types import TypeDeserializer
from numpy.typing import NDArray

from benchmarks.data import ClusteredSource, draw_uniform
from benchmarks.record import Figure, record, show, time_interleaved
from runtime.vectors.engine import (
    FolderSnapshot,
    LiveIndex,
    Mode,
    Upsert,
    VectorIndex,
    build_index,
    kmeans,
    read_snapshot,
    write_snapshot,
)
from runtime.vectors.port import Attributes, Filters

Floats = NDArray[np.float32]
D = 1_024
K = 10
SEED = 7
ROUND_ROWS = 50_000
PAGE_BYTES = 1_048_576
PARTS = ("clustered", "uniform", "reference", "kmeans", "import")
FASTER_THAN_FLAT = {100_000: 30.0, 1_000_000: 120.0}


@dataclass(frozen=True, slots=True)
class Run:
    """What was asked for on the command line."""

    n: int
    queries: int
    rounds: int
    command: str
    kept: bool

    def note(
        self,
        name: str,
        value: float,
        unit: str,
        better: Literal["lower", "higher"] = "lower",
        *,
        n: int | None = None,
        target: float | None = None,
        against: str | None = None,
        ratio: float | None = None,
    ) -> None:
        """Record one figure of the engine, or only print it."""
        count = self.n if n is None else n
        keep = record if self.kept else show
        keep(
            Figure(
                name=f"vector engine/{name}" + (f"/{count:,} vectors" if count else ""),
                value=value,
                unit=unit,
                better=better,
                command=self.command,
                target=target,
                against=against,
                ratio=ratio,
                n=count or None,
                seed=SEED,
            )
        )


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure the parts asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.engine")
    parser.add_argument("--n", type=int, default=100_000, help="vectors of the clustered and uniform parts")
    parser.add_argument("--only", default=",".join(PARTS), help="parts, separated by commas")
    parser.add_argument("--quick", action="store_true", help="fewer vectors and queries; nothing is recorded")
    options = parser.parse_args(arguments)
    given = sys.argv[1:] if arguments is None else list(arguments)
    run = Run(
        n=min(options.n, 20_000) if options.quick else options.n,
        queries=40 if options.quick else 100 if options.n > 200_000 else 200,
        rounds=5,
        command=" ".join(["python -m benchmarks.engine", *given]),
        kept=not options.quick,
    )
    faiss.omp_set_num_threads(1)
    parts = {
        "clustered": measure_clustered,
        "uniform": measure_uniform,
        "reference": partial(measure_reference, items=1_000 if options.quick else 10_000),
        "kmeans": measure_kmeans,
        "import": measure_import,
    }
    for name in options.only.split(","):
        parts[name](run)
        gc.collect()


def measure_clustered(run: Run) -> None:
    """Speed, recall, filters, memory, snapshots and changes on clustered vectors."""
    source = ClusteredSource.create(D, seed=SEED, fine=max(300, run.n * 3 // 100))
    vectors, labels = source.draw_labelled(run.n, seed=SEED + 1)
    _round_to_float16(vectors)
    inside = source.draw(run.queries, seed=SEED + 2)
    apart = source.draw_apart(run.queries, seed=SEED + 3)
    words = source.draw_apart(200, seed=SEED + 103)
    attributes = [Attributes(category=f"c{label}", stock=3, price=9.5, sizes=("M",)) for label in labels]
    begin = perf_counter()
    index = build_index(_make_ids(run.n), vectors, attributes, seed=SEED, sample_queries=words)
    run.note("build, clustered data", perf_counter() - begin, "s")
    print(f"  {index.parameters}")
    flat = faiss.IndexFlatIP(D)
    flat.add(vectors)
    _compare_with_faiss(run, index, flat, inside, apart, vectors)
    _measure_filters(run, index, flat, labels, inside)
    del flat, vectors
    gc.collect()
    largest = index.parameters.mode is Mode.LISTS
    run.note("memory per vector", index.memory_bytes / run.n, "bytes", target=3_300 if largest else None)
    _measure_snapshot(run, index)
    _measure_changes(run, index, inside)


def measure_uniform(run: Run) -> None:
    """Uniform random vectors: the engine has to notice that nothing but an exact search works."""
    vectors = draw_uniform(run.n, D, seed=SEED)
    _round_to_float16(vectors)
    queries = draw_uniform(40, D, seed=SEED + 1)
    begin = perf_counter()
    index = build_index(_make_ids(run.n), vectors, seed=SEED)
    run.note("build, uniform data", perf_counter() - begin, "s")
    flat = faiss.IndexFlatIP(D)
    flat.add(vectors)
    truth = _search_faiss(flat, queries)
    recall = _measure_recall(_search_engine(index, queries), truth)
    run.note("recall@10, uniform data", recall, "", "higher", target=0.99)
    ours, theirs = time_interleaved(
        [lambda i: index.search(queries[i], K), lambda i: flat.search(queries[i : i + 1], K)],
        len(queries),
        rounds=run.rounds,
    )
    _note_times(run, "search, uniform data (exact)", ours, "faiss IndexFlatIP", theirs)


def measure_reference(run: Run, *, items: int) -> None:
    """The algorithm replaced: every item's vector is a list of decimals, decoded and scored in a loop."""
    source = ClusteredSource.create(D, seed=SEED)
    vectors = source.draw(items, seed=SEED + 1)
    _round_to_float16(vectors)
    queries = source.draw(run.queries, seed=SEED + 2)
    index = build_index(_make_ids(items), vectors, seed=SEED)
    pages = _make_pages(vectors)
    page, whole = time_interleaved(
        [lambda i: _scan_pages(pages[:1], queries[i]), lambda i: _scan_pages(pages, queries[i])], 1, warm_up=0
    )
    (ours,) = time_interleaved([lambda i: index.search(queries[i], K)], run.queries, rounds=run.rounds)
    truth = np.argsort(-(queries @ vectors.T), axis=1)[:, :K]
    recall = _measure_recall(_search_engine(index, queries), truth)
    run.note("recall@10, clustered data", recall, "", "higher", n=items, target=0.99)
    for name, seconds, target in (
        (f"one page of 1 MB of {len(pages)}", page[0], None),
        ("all pages", whole[0], 10_000.0 if items >= 10_000 else None),
    ):
        run.note(
            f"search against {name}",
            1e3 * median(ours),
            "ms",
            n=items,
            target=target,
            against=f"decode of decimals and a Python loop, {name} ({seconds:.3g} s)",
            ratio=seconds / median(ours),
        )


def measure_kmeans(run: Run) -> None:
    """K-Means against faiss.Kmeans, and scikit-learn where it is there."""
    rows = min(run.n, 100_000)
    vectors = ClusteredSource.create(D, seed=SEED).draw(rows, seed=SEED + 1)
    clusters = 300 if rows >= 100_000 else 100
    inertia: dict[str, float] = {}

    def run_own(_: int) -> None:
        inertia["own"] = kmeans(vectors, clusters, seed=SEED).inertia

    def run_faiss(_: int) -> None:
        trainer = faiss.Kmeans(D, clusters, niter=10, seed=SEED)
        trainer.train(vectors)
        distances, _ = trainer.index.search(vectors, 1)
        inertia["faiss"] = float(distances.sum())

    tasks = [run_own, run_faiss]
    if importlib.util.find_spec("sklearn"):
        tasks.append(partial(_run_sklearn, vectors, clusters, inertia))
    else:
        print("  scikit-learn is not installed: the comparison of K-Means with it is left out")
    times = time_interleaved(tasks, 1, rounds=run.rounds, warm_up=0)
    for other, seconds in zip(("faiss", "scikit-learn"), times[1:], strict=False):
        run.note(
            f"K-Means, {clusters} clusters, time against {other}", times[0][0], "s", n=rows, target=1.0,
            against=f"{other} ({seconds[0]:.3g} s)", ratio=seconds[0] / times[0][0],
        )  # fmt: skip
        ratio = inertia[other] / inertia["own"]
        run.note(
            f"K-Means, {clusters} clusters, inertia per vector against {other}", inertia["own"] / rows, "",
            n=rows, target=1.0, against=f"{other} ({inertia[other] / rows:.4g})", ratio=ratio,
        )  # fmt: skip


def measure_import(run: Run) -> None:
    """What importing the engine costs beyond numpy, in a fresh interpreter."""
    code = (
        "import time, numpy; begin = time.perf_counter(); import runtime.vectors.engine; "
        "print(time.perf_counter() - begin)"
    )
    seconds = [
        float(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True).stdout)
        for _ in range(7)
    ]
    run.note("import beyond numpy", 1e3 * median(seconds), "ms", n=0)


def _compare_with_faiss(
    run: Run, index: VectorIndex, flat: Any, inside: Floats, apart: Floats, vectors: Floats
) -> None:
    queries = np.concatenate((inside, apart))
    truth = _search_faiss(flat, queries)
    found = _search_engine(index, queries)
    exact = [index.search(query, K, exact=True) for query in queries[:: max(1, len(queries) // 40)]]
    exact_rows = [_row_numbers(index, result.rows) for result in exact]
    half = len(inside)
    for name, part in (
        ("held-out queries", slice(0, half)),
        ("queries apart from the data", slice(half, None)),
    ):
        recall = _measure_recall(found[part], truth[part])
        run.note(f"recall@10, {name}", recall, "", "higher", target=0.99)
    recall = _measure_recall(exact_rows, truth[:: max(1, len(queries) // 40)])
    run.note("recall@10, exact search", recall, "", "higher", target=0.999)
    tasks = [
        lambda i: index.search(queries[i], K),
        lambda i: flat.search(queries[i : i + 1], K),
        lambda i: index.search(queries[i], K, exact=True),
    ]
    refined, parts = _build_faiss_refined(index, flat, vectors) if index.lists else (None, ())
    if refined is not None:
        own = _measure_recall(_search_faiss(refined, queries), truth)
        run.note("recall@10 of faiss PCA, lists, refine", own, "", "higher")
        tasks.append(lambda i: refined.search(queries[i : i + 1], K))
    picked = np.random.default_rng(SEED).permutation(len(queries))
    shuffled = [partial(_call_with, task, picked) for task in tasks]
    inputs = min(len(queries), 100 if run.n > 200_000 else len(queries))
    times = time_interleaved(shuffled, inputs, rounds=run.rounds)
    _note_times(
        run, "search, clustered data", times[0], "faiss IndexFlatIP", times[1], FASTER_THAN_FLAT.get(run.n)
    )
    _note_times(run, "exact search, clustered data", times[2], "faiss IndexFlatIP", times[1])
    if refined is not None:
        _note_times(
            run, "search against the same algorithm", times[0], "faiss PCA, lists, refine", times[3], 1.0
        )
    del parts


def _call_with(task: Any, picked: NDArray[np.int64], i: int) -> None:
    task(int(picked[i]))


def _build_faiss_refined(index: VectorIndex, flat: Any, vectors: Floats) -> tuple[Any, tuple[Any, ...]]:
    """faiss's own parts in the same arrangement with the same numbers: projection, lists, full comparison.

    Returned with the parts that have to outlive it.
    """
    assert index.prefixes
    assert index.lists
    directions = index.prefixes.directions
    projection = faiss.LinearTransform(D, directions.shape[1], False)
    faiss.copy_array_to_vector(np.ascontiguousarray(directions.T).ravel(), projection.A)
    projection.is_trained = True
    lists = len(index.lists.centroids)
    quantizer = faiss.IndexFlatIP(directions.shape[1])
    inner = faiss.IndexIVFFlat(quantizer, directions.shape[1], lists, faiss.METRIC_INNER_PRODUCT)
    base = faiss.IndexPreTransform(projection, inner)
    base.train(vectors[:: max(1, len(vectors) // (100 * lists))])
    for start in range(0, len(vectors), ROUND_ROWS):
        base.add(vectors[start : start + ROUND_ROWS])
    inner.nprobe = index.parameters.probes
    refined: Any = faiss.IndexRefine(base, flat)
    refined.k_factor = index.parameters.rescored / K
    return refined, (projection, quantizer, inner, base)


def _measure_filters(
    run: Run, index: VectorIndex, flat: Any, labels: NDArray[np.int64], queries: Floats
) -> None:
    shares = np.bincount(labels) / len(labels)
    middle, largest = np.argsort(shares)[[len(shares) // 2, -1]].tolist()
    half = list(range(0, len(shares), 2))
    for name, chosen_labels in (
        ("the largest category", [largest]),
        ("a middling category", [middle]),
        ("half of the categories", half),
    ):
        filters = Filters(category=frozenset(f"c{label}" for label in chosen_labels))
        rows = np.flatnonzero(np.isin(labels, chosen_labels))
        chosen: Any = faiss.SearchParameters()
        selector = faiss.IDSelectorBatch(rows)
        chosen.sel = selector
        truth = np.concatenate([flat.search(query[None], K, params=chosen)[1] for query in queries])
        found = [_row_numbers(index, index.search(query, K, filters=filters).rows) for query in queries]
        title = f"filter for {name} ({100 * len(rows) / len(labels):.2g} %)"
        run.note(f"recall@10, {title}", _measure_recall(found, truth), "", "higher", target=0.99)
        search = partial(_search_filtered, index, queries, filters)
        (times,) = time_interleaved([search], len(queries), rounds=run.rounds)
        run.note(f"search, {title}", 1e3 * median(times), "ms")


def _search_filtered(index: VectorIndex, queries: Floats, filters: Filters, i: int) -> None:
    index.search(queries[i], K, filters=filters)


def _measure_snapshot(run: Run, index: VectorIndex) -> None:
    with TemporaryDirectory() as folder:
        store = FolderSnapshot(Path(folder))
        begin = perf_counter()
        write_snapshot(index, store, embedding_key="benchmark", checkpoint=0)
        run.note("snapshot written to a folder", perf_counter() - begin, "s")
        seconds: list[float] = []
        for _ in range(run.rounds):
            _forget_pages(Path(folder))
            begin = perf_counter()
            read_snapshot(store, embedding_key="benchmark")
            seconds.append(perf_counter() - begin)
        run.note("cold load from a folder", median(seconds), "s", target=1.0 if run.n <= 100_000 else None)


def _measure_changes(run: Run, index: VectorIndex, queries: Floats) -> None:
    """One new product on top of 1,000 others, and a search that sees them all."""
    live = LiveIndex(index)
    rng = np.random.default_rng(SEED)
    spare = rng.permutation(queries)[np.arange(1_000) % len(queries)]
    live.apply([Upsert(f"new{i}", vector, Attributes()) for i, vector in enumerate(spare)])
    applied, searched = time_interleaved(
        [
            lambda i: live.apply([Upsert(f"one{i}", -queries[i], Attributes())]),
            lambda i: live.search(queries[i], K),
        ],
        20,
        rounds=run.rounds,
    )
    run.note("one change made searchable, 1,000 before it", 1e3 * median(applied), "ms")
    run.note("search with 1,000 changes", 1e3 * median(searched), "ms")


def _note_times(
    run: Run, name: str, ours: list[float], against: str, theirs: list[float], target: float | None = None
) -> None:
    ratio = median(theirs) / median(ours)
    label = f"{against} ({1e3 * median(theirs):.3g} ms)"
    run.note(f"{name}, p50", 1e3 * median(ours), "ms", target=target, against=label, ratio=ratio)
    slow, slow_other = (1e3 * float(np.percentile(times, 95)) for times in (ours, theirs))
    run.note(f"{name}, p95", slow, "ms", against=f"{against} ({slow_other:.3g} ms)", ratio=slow_other / slow)


def _search_engine(index: VectorIndex, queries: Floats) -> list[NDArray[np.int64]]:
    return [_row_numbers(index, index.search(query, K).rows) for query in queries]


def _search_faiss(index: Any, queries: Floats) -> NDArray[np.int64]:
    return np.concatenate([index.search(query[None], K)[1] for query in queries])


def _measure_recall(found: Iterable[NDArray[np.int64]], truth: NDArray[np.int64]) -> float:
    return float(
        np.mean([len(np.intersect1d(one, other)) / K for one, other in zip(found, truth, strict=True)])
    )


def _make_ids(count: int) -> list[str]:
    return [f"{row:020d}" for row in range(count)]


def _row_numbers(index: VectorIndex, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.array([int(text) for text in index.ids_of(rows)], dtype=np.int64)


def _round_to_float16(vectors: Floats) -> None:
    """To what the table keeps, in place."""
    for start in range(0, len(vectors), ROUND_ROWS):
        vectors[start : start + ROUND_ROWS] = vectors[start : start + ROUND_ROWS].astype(np.float16)


def _forget_pages(folder: Path) -> None:
    """Ask the system to drop what it holds of the files, so that reading them reaches the disk."""
    for path in folder.iterdir():
        with path.open("rb") as file:
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _make_pages(vectors: Floats) -> list[bytes]:
    """Answers of a scan of items whose vector is a list of 17 digit numbers, 1 MB of item size each.

    A number counts a byte per two digits and one more, an element of a list one more.
    """
    per_item = 21 + 3 + D * (17 // 2 + 1 + 1 + 1)
    per_page = PAGE_BYTES // per_item
    pages: list[bytes] = []
    for start in range(0, len(vectors), per_page):
        items = [
            {
                "product_id": {"S": f"{start + row:020d}"},
                "embedding": {"L": [{"N": f"{value:.17g}"} for value in vector]},
            }
            for row, vector in enumerate(vectors[start : start + per_page].astype(np.float64).tolist())
        ]
        pages.append(json.dumps({"Items": items}).encode())
    return pages


def _scan_pages(pages: Sequence[bytes], query: Floats) -> list[tuple[float, str]]:
    deserializer = TypeDeserializer()
    scored: list[tuple[float, str]] = []
    for page in pages:
        for item in json.loads(page)["Items"]:
            plain = {name: deserializer.deserialize(value) for name, value in item.items()}
            vector = [float(number) for number in plain["embedding"]]
            score = np.dot(query, vector) / (np.linalg.norm(query) * np.linalg.norm(vector))
            scored.append((float(score), plain["product_id"]))
    return sorted(scored, reverse=True)[:K]


def _run_sklearn(vectors: Floats, clusters: int, inertia: dict[str, float], _: int) -> None:
    trainer = importlib.import_module("sklearn.cluster").MiniBatchKMeans(clusters, random_state=SEED)
    inertia["scikit-learn"] = float(trainer.fit(vectors).inertia_)


if __name__ == "__main__":
    main()
