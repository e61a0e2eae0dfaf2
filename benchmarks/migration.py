"""Products move between every two backends, and between two models, while shoppers search.

Run: python -m benchmarks.migration [FIRST [LAST [PRODUCTS]]]     numbers of the pairs, from 0
"""

import json
import random
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from statistics import quantiles
from time import perf_counter, sleep
from typing import Any

import numpy as np
from botocore.exceptions import ClientError

from benchmarks.data import ClusteredSource
from benchmarks.live_table import LiveTable, RecordTable
from benchmarks.record import Figure, record
from runtime.migration.backfill import Backfill
from runtime.migration.journal import Journal
from runtime.migration.nearest import Floats
from runtime.migration.state import Migration, rolled_back, switched, verified
from runtime.migration.translate import Translated, keep_vectors
from runtime.migration.verify import Report, Verification
from runtime.vectors.factory import open_store
from runtime.vectors.migration import REFRESH_SECONDS, LiveVectors, Move
from runtime.vectors.port import Attributes, VectorItem, VectorStore
from runtime.vectors.settings import VectorSettings
from tests.contract.vector_backends import s3vectors_server

COMMAND = "python -m benchmarks.migration"
PRODUCTS, DIMENSIONS = 20_000, 256
CHURNING = 500
_FILL = 500
_KILLS = 3
_SHOPPERS = 2
_BETWEEN_SEARCHES_S = 0.05
_TITAN, _NOVA = "titan", "nova"
PAIRS = (
    (("dynamodb", _TITAN), ("s3vectors", _TITAN)),
    (("s3vectors", _TITAN), ("dynamodb", _TITAN)),
    (("dynamodb", _TITAN), ("dynamodb", _NOVA)),
    (("s3vectors", _TITAN), ("s3vectors", _NOVA)),
    (("dynamodb", _TITAN), ("s3vectors", _NOVA)),
)


class Killed(BaseException):
    """The process that copies ends here."""


def main() -> None:
    """Each pair in turn, over fresh stores."""
    first = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    last = int(sys.argv[2]) if len(sys.argv) > 2 else first if len(sys.argv) > 1 else len(PAIRS) - 1
    products = int(sys.argv[3]) if len(sys.argv) > 3 else PRODUCTS
    pictures = ClusteredSource.create(DIMENSIONS, seed=1).draw(products, seed=2)
    with s3vectors_server() as clients:
        for source, target in PAIRS[first : last + 1]:
            measure(source, target, pictures, clients("s3vectors"))


@dataclass
class Place:
    """One store with its model; the model sees a picture as `see` turns its true vector."""

    settings: VectorSettings
    store: VectorStore
    see: Callable[[Floats], Floats]


@dataclass
class Shop:
    """The products of a moving shop and what happens in it meanwhile."""

    pictures: Floats
    places: tuple[Place, Place]
    move: Move
    record: RecordTable
    failures: list[str] = field(default_factory=list)
    mixed: int = 0
    milliseconds: list[float] = field(default_factory=list)
    answers: dict[str, int] = field(default_factory=dict)
    written: int = 0
    stopping: threading.Event = field(default_factory=threading.Event)

    @property
    def products(self) -> int:
        return len(self.pictures)

    def item(self, number: int, place: Place, version: int = 1, price: float = 10.0) -> VectorItem:
        vector = place.see(self.pictures[number])
        return VectorItem(name_of(number), vector, Attributes("dress", price=price), f"{number:064}", version)

    def fill(self) -> None:
        source = self.places[0]
        for start in range(0, self.products, _FILL):
            part = range(start, min(start + _FILL, self.products))
            source.store.upsert([self.item(number, source) for number in part])

    def search(self, seed: int) -> None:
        """Ask for one product after the other, each by its own picture; the first answer has to be it."""
        chance = random.Random(seed)
        live = LiveVectors(self.record, self.move)
        while not self.stopping.wait(_BETWEEN_SEARCHES_S):
            number = chance.randrange(CHURNING, self.products)
            settings = live()
            place = self.places[settings is self.move.target]
            began = perf_counter()
            try:
                best = place.store.search(place.see(self.pictures[number]), 3).hits[0]
            except Exception as error:
                self.failures.append(repr(error))
                continue
            self.milliseconds.append(1000 * (perf_counter() - began))
            side = "target" if settings is self.move.target else "source"
            self.answers[side] = self.answers.get(side, 0) + 1
            # By the picture itself the similarity is 1; across models it is near 0.
            if best.product_id != name_of(number) or best.score < 0.98:
                self.mixed += 1

    def churn(self) -> None:
        """What the ingestion does all the while: change, remove and bring back some of the products."""
        chance = random.Random(7)
        version = 1
        while not self.stopping.wait(0.02):
            version += 1
            number = chance.randrange(CHURNING)
            for place in self.places:
                if version % 3 == 0:
                    place.store.delete([name_of(number)])
                else:
                    place.store.upsert([self.item(number, place, version, price=float(version))])
            self.written += 1


def name_of(number: int) -> str:
    return f"product-{number:06}"


def measure(source: tuple[str, str], target: tuple[str, str], pictures: Floats, s3vectors: Any) -> None:
    """Move a shop from one place to the other and back; record what it took and what went wrong."""
    shop = open_shop(source, target, pictures, s3vectors)
    shop.fill()
    shop.places[0].store.search(shop.places[0].see(pictures[0]), 1)
    threads = [threading.Thread(target=shop.search, args=(seed,)) for seed in range(_SHOPPERS)]
    threads.append(threading.Thread(target=shop.churn))
    with ExitStack() as running:
        for thread in threads:
            thread.start()
            running.callback(thread.join)
        running.callback(shop.stopping.set)
        seconds, kills = copy(shop)
        report = go_over(shop)
    name = f"migration/{' '.join(source)} to {' '.join(target)}"
    figures: Sequence[tuple[str, float, str, Any, float | None]] = (
        ("failed searches", len(shop.failures), "searches", "lower", 0),
        ("searches that mixed models or missed their product", shop.mixed, "searches", "lower", 0),
        ("products missing, surplus or outdated", _wrong(report), "products", "lower", 0),
        ("recall@10 of the target", report.recall, "", "higher", 0.99),
        (
            f"products copied a second, {kills} kills, under load",
            shop.products / seconds,
            "products/s",
            "higher",
            None,
        ),
        ("search meanwhile, p95", quantiles(shop.milliseconds, n=20)[18], "ms", "lower", None),
    )
    for what, value, unit, better, goal in figures:
        count = len(shop.milliseconds) if "search" in what else shop.products
        record(Figure(f"{name}, {what}", value, unit, better, COMMAND, target=goal, n=count, seed=1))
    print(f"answers {shop.answers}, written meanwhile {shop.written}, failures {shop.failures[:3]}")
    assert set(shop.answers) == {"source", "target"}


def copy(shop: Shop) -> tuple[float, int]:
    """Copy, with the process killed several times on the way; seconds and kills."""
    journal = Journal(shop.record, "t", shop.move.id)
    source, target = shop.places
    chance = random.Random(3)
    kills = 0

    def translate(items: Sequence[VectorItem]) -> Translated:
        nonlocal kills
        if kills < _KILLS and chance.random() < 0.05:
            kills += 1
            raise Killed
        if not shop.move.reembeds:
            return keep_vectors(items)
        seen = [target.see(shop.pictures[int(item.product_id[-6:])]) for item in items]
        return Translated(
            tuple(replace(item, vector=vector) for item, vector in zip(items, seen, strict=True))
        )

    began = perf_counter()
    while True:
        try:
            Backfill(source.store, target.store, translate, journal).run(lambda: True)
            return perf_counter() - began, kills
        except Killed:
            continue


def go_over(shop: Shop) -> Report:
    """Verify, switch, roll back, switch again, with everybody searching."""
    journal = Journal(shop.record, "t", shop.move.id)
    for turn in range(2):
        report = verify(shop)
        state = journal.save(verified(journal.load(), report.as_json(), 1))
        state = journal.save(switched(state, 1))
        # The first search in the other place may have an index to load.
        sleep(REFRESH_SECONDS + 6)
        if turn == 0:
            roll_back(journal, state)
    return verify(shop)


def roll_back(journal: Journal, state: Migration) -> None:
    journal.save(rolled_back(state, 1))
    sleep(REFRESH_SECONDS + 1)


def verify(shop: Shop) -> Report:
    source, target = shop.places
    check = Verification(
        source.store,
        target.store,
        embed=(lambda item: target.see(shop.pictures[int(item.product_id[-6:])]))
        if shop.move.reembeds
        else None,
    )
    return check.run({}, queries=50)


def _wrong(report: Report) -> int:
    return report.missing + report.surplus + report.outdated


def open_shop(source: tuple[str, str], target: tuple[str, str], pictures: Floats, s3vectors: Any) -> Shop:
    settings = [_settings(*source), _settings(*target)]
    places = [_open_place(each, s3vectors) for each in settings]
    move = Move(places[0].settings, places[1].settings, "t")
    return Shop(pictures, (places[0], places[1]), move, RecordTable())


_MODELS = {
    _TITAN: {"name": "titan", "model_id": "amazon.titan-embed-image-v1", "dimensions": DIMENSIONS},
    _NOVA: {"name": "nova", "model_id": "amazon.nova-2-multimodal-embeddings-v1:0", "dimensions": DIMENSIONS},
}
_STORES = {
    "dynamodb": {"backend": "dynamodb", "table": "t", "snapshots": "s"},
    "s3vectors": {"backend": "s3vectors", "bucket": "shop", "index": "products"},
}


def _settings(backend: str, model: str) -> VectorSettings:
    environment = {"VECTOR_STORE": json.dumps(_STORES[backend]), "EMBEDDER": json.dumps(_MODELS[model])}
    return VectorSettings.from_environment(environment)


def _open_place(settings: VectorSettings, s3vectors: Any) -> Place:
    if settings.store.backend == "s3vectors":
        bucket = f"shop-{random.randrange(10**9)}"
        s3vectors.create_vector_bucket(vectorBucketName=bucket)
        s3vectors.create_index(
            vectorBucketName=bucket,
            indexName="products",
            dataType="float32",
            dimension=DIMENSIONS,
            distanceMetric="cosine",
            metadataConfiguration={"nonFilterableMetadataKeys": ["content_hash"]},
        )
        settings = settings.model_copy(update={"store": settings.store.model_copy(update={"bucket": bucket})})
    table = LiveTable()
    services: dict[str, Any] = {"s3vectors": s3vectors, "dynamodb": table, "s3": _NoSnapshots()}
    store = open_store(settings, lambda service, region=None: services[service])
    return Place(settings, store, _see_as(settings.embedder.name))


def _see_as(model: str) -> Callable[[Floats], Floats]:
    """Titan sees vectors as they are; Nova in a space turned by a fixed random permutation and signs."""
    if model == _TITAN:
        return lambda vector: vector
    rng = np.random.default_rng(11)
    order, signs = rng.permutation(DIMENSIONS), rng.choice([-1.0, 1.0], DIMENSIONS).astype(np.float32)
    return lambda vector: vector[order] * signs


class _NoSnapshots:
    """An S3 without any object."""

    def get_object(self, **_: Any) -> Any:
        raise ClientError({"Error": {"Code": "NoSuchKey"}}, "GetObject")


if __name__ == "__main__":
    main()
