"""Products move between every two backends, and between two models, while shoppers search.

Run: python -m benchmarks.migration [FIRST [LAST [PRODUCTS]]]     numbers of the moves, from 0

What moves them is the product's own: backfill, translation, verification, record, and the reading of it by
the searches. So are the stores, over a table in this process, the stand-in of S3 Vectors, and an OpenSearch
node behind the rules of the serverless service. A picture is its true vector, which each of the two models
sees in a space of its own. The process that copies is killed three times, in the middle of writing a page.
"""

import random
import sys
import threading
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from statistics import quantiles
from time import perf_counter, sleep
from typing import Any, cast

import numpy as np
from botocore.exceptions import ClientError
from numpy.typing import NDArray

from benchmarks.data import ClusteredSource
from benchmarks.live_table import LiveTable, RecordTable
from benchmarks.record import Figure, record
from local.ai.opensearch.proxy import ServerlessProxy
from runtime.migration.backfill import Backfill, settling_s
from runtime.migration.journal import Journal
from runtime.migration.nearest import Floats
from runtime.migration.state import rolled_back, switched, verified
from runtime.migration.translate import EmbedAgain, Pictures, Translation, ask_by_picture, keep_vectors
from runtime.migration.verify import Report, Verification
from runtime.shared.opensearch import Generation
from runtime.shared.products import Product
from runtime.vectors.factory import open_store
from runtime.vectors.migration import LiveVectors, Move
from runtime.vectors.port import Attributes, Purpose, VectorItem, VectorStore
from runtime.vectors.settings import VectorSettings
from runtime.vectors.stores.opensearch import SETTLES_AFTER_S
from tests.contract.vector_backends import (
    Backend,
    OpenSearchBackend,
    S3VectorsBackend,
    s3vectors_server,
    settings,
)
from tests.support.opensearch import opensearch_node, serverless

COMMAND = "python -m benchmarks.migration"
PRODUCTS, DIMENSIONS = 20_000, 256
CHURNING = 2_000
"""So many products change all the while, the others are searched for."""
_KILLS = 3
_SHOPPERS = 2
_BETWEEN_SEARCHES_S = 0.05
_BETWEEN_WRITES_S = 0.25
_ANSWERS_AFTER_A_SWITCH = 20
_PATIENCE_S = 60.0
_MORE_VERIFICATIONS = 5
_TITAN, _NOVA = "amazon.titan-embed-image-v1", "amazon.nova-2-multimodal-embeddings-v1:0"
MOVES = (
    (("dynamodb", _TITAN), ("opensearch", _TITAN)),
    (("opensearch", _TITAN), ("dynamodb", _TITAN)),
    (("dynamodb", _TITAN), ("s3vectors", _TITAN)),
    (("s3vectors", _TITAN), ("dynamodb", _TITAN)),
    (("opensearch", _TITAN), ("s3vectors", _TITAN)),
    (("s3vectors", _TITAN), ("opensearch", _TITAN)),
    (("dynamodb", _TITAN), ("dynamodb", _NOVA)),
    (("opensearch", _TITAN), ("opensearch", _NOVA)),
    (("s3vectors", _TITAN), ("s3vectors", _NOVA)),
    (("dynamodb", _TITAN), ("s3vectors", _NOVA)),
)
_RUNS_OVER = {
    "dynamodb": "dynamodb over a table in process",
    "opensearch": "opensearch on a node",
    "s3vectors": "s3vectors over its stand-in",
}

Place = tuple[str, str]
"""A backend and a model."""
See = Callable[[Floats], Floats]


class Killed(BaseException):
    """The process that copies ends here."""


def main() -> None:
    """Each move in turn, over fresh stores."""
    numbers = [int(each) for each in sys.argv[1:]]
    first = numbers[0] if numbers else 0
    last = numbers[1] if len(numbers) > 1 else first if numbers else len(MOVES) - 1
    products = numbers[2] if len(numbers) > 2 else PRODUCTS
    pictures = ClusteredSource.create(DIMENSIONS, seed=1).draw(products, seed=2)
    with open_backends(MOVES[first : last + 1]) as openers:
        for source, target in MOVES[first : last + 1]:
            shop = Shop(pictures, openers[source[0]](source[1]), openers[target[0]](target[1]))
            measure(title(source, target), shop)


def title(source: Place, target: Place) -> str:
    models = "" if source[1] == target[1] else ", titan to nova"
    return f"{_RUNS_OVER[source[0]]} to {_RUNS_OVER[target[0]]}{models}"


@dataclass
class Stand:
    """One of the two stores; its model sees a picture as `see` turns the true vector.

    `fill` stores what is there before the move begins.
    """

    settings: VectorSettings
    store: VectorStore
    see: See
    fill: Callable[[Sequence[VectorItem]], None]


class DrawnPictures(Pictures):
    """The pictures of the catalogue: each is the bytes of a true vector."""

    def __init__(self, pictures: Floats) -> None:
        self._pictures = pictures

    def rows(self, product_ids: Sequence[str]) -> dict[str, Product]:
        return {each: Product(product_id=each) for each in product_ids}

    def read(self, product: Product) -> bytes | None:
        return self._pictures[number_of(product.product_id)].tobytes()


@dataclass
class SeeingEmbedder:
    """The model of the target."""

    see: See
    key: str = "model"
    dimensions: int = DIMENSIONS

    def embed(
        self, *, text: str | None = None, image: bytes | None = None, purpose: Purpose = Purpose.QUERY
    ) -> NDArray[np.float32]:
        return self.see(np.frombuffer(image or b"", np.float32))


@dataclass
class Shop:
    """The products of a moving shop, and what happens in it meanwhile."""

    pictures: Floats
    source: Stand
    target: Stand
    record: RecordTable = field(default_factory=RecordTable)
    failures: list[str] = field(default_factory=list[str])
    mixed: int = 0
    milliseconds: list[float] = field(default_factory=list[float])
    answers: dict[str, int] = field(default_factory=lambda: {"source": 0, "target": 0})
    written: int = 0
    stopping: threading.Event = field(default_factory=threading.Event)

    @property
    def move(self) -> Move:
        return Move(self.source.settings, self.target.settings, "t")

    @property
    def journal(self) -> Journal:
        return Journal(self.record, "t", self.move.id)

    def item(self, number: int, stand: Stand, version: int = 1, price: float = 10.0) -> VectorItem:
        picture = self.pictures[number]
        attributes = Attributes("dress", price=price)
        content = sha256(picture.tobytes()).hexdigest()
        return VectorItem(name_of(number), stand.see(picture), attributes, content, version)

    def fill(self) -> None:
        self.source.fill([self.item(number, self.source) for number in range(len(self.pictures))])
        wait_until(lambda: self.source.store.count() == len(self.pictures))
        # The first search of a process may have an index to load.
        self.source.store.search(self.source.see(self.pictures[0]), 1)

    def search(self, seed: int) -> None:
        """Ask for one product after the other, each by its own picture; the first answer has to be it."""
        chance = random.Random(seed)
        live = LiveVectors(self.record, self.move)
        while not self.stopping.wait(_BETWEEN_SEARCHES_S):
            number = chance.randrange(CHURNING, len(self.pictures))
            side = "target" if live() == self.target.settings else "source"
            stand = self.target if side == "target" else self.source
            began = perf_counter()
            try:
                best = stand.store.search(stand.see(self.pictures[number]), 3).hits[0]
            except Exception as error:
                self.failures.append(repr(error))
                continue
            self.milliseconds.append(1000 * (perf_counter() - began))
            self.answers[side] += 1
            # By the picture itself the similarity is 1; across models it is near 0.
            if best.product_id != name_of(number) or best.score < 0.98:
                self.mixed += 1

    def churn(self) -> None:
        """What the ingestion does all the while: change, remove and bring back some of the products."""
        chance = random.Random(7)
        version = 1
        while not self.stopping.wait(_BETWEEN_WRITES_S):
            version += 1
            number = chance.randrange(CHURNING)
            for stand in (self.source, self.target):
                if version % 3 == 0:
                    stand.store.delete([name_of(number)])
                else:
                    stand.store.upsert([self.item(number, stand, version, price=float(version))])
            self.written += 1


def name_of(number: int) -> str:
    return f"product-{number:06}"


def number_of(product_id: str) -> int:
    return int(product_id.rpartition("-")[2])


def wait_until(holds: Callable[[], bool]) -> None:
    """Wait for something that others bring about."""
    deadline = perf_counter() + _PATIENCE_S
    while not holds():
        if perf_counter() > deadline:
            raise TimeoutError(f"nothing came of it within {_PATIENCE_S:g} s")
        sleep(0.1)


def measure(name: str, shop: Shop) -> None:
    """Move a shop from one place to the other and back; record what it took and what failed."""
    shop.fill()
    threads = [threading.Thread(target=shop.search, args=(seed,)) for seed in range(_SHOPPERS)]
    threads.append(threading.Thread(target=shop.churn))
    with ExitStack() as running:
        for thread in threads:
            thread.start()
            running.callback(thread.join)
        running.callback(shop.stopping.set)
        seconds, kills = copy(shop)
        go_over(shop)
    sleep(settling_s(shop.source.store, shop.target.store))
    report = verify(shop)
    wrong = report.missing + report.surplus + report.outdated
    products = len(shop.pictures)
    rate = f"products copied a second under load, killed {kills} times"
    figures: Sequence[tuple[str, float, str, Any, float | None, int]] = (
        ("failed searches", len(shop.failures), "searches", "lower", 0, len(shop.milliseconds)),
        ("searches with vectors of two models", shop.mixed, "searches", "lower", 0, len(shop.milliseconds)),
        ("products missing, surplus or outdated", wrong, "products", "lower", 0, products),
        ("recall@10 of the target", report.recall, "", "higher", 0.99, report.queries),
        (rate, products / seconds, "products/s", "higher", None, products),
        (
            "search meanwhile, p95",
            quantiles(shop.milliseconds, n=20)[18],
            "ms",
            "lower",
            None,
            len(shop.milliseconds),
        ),
    )
    for what, value, unit, better, target, n in figures:
        record(Figure(f"migration/{name}, {what}", value, unit, better, COMMAND, target=target, n=n, seed=1))
    print(f"answers {shop.answers}, written meanwhile {shop.written}, failures {shop.failures[:3]}")
    assert all(shop.answers.values()), "both places have to have answered"
    assert kills == _KILLS


class DyingWriter:
    """The target as a process sees it that is killed several times: half of a page arrives, then it ends."""

    def __init__(self, store: VectorStore, products: int) -> None:
        self._store = store
        self._written = 0
        self._ends = [products * number // (_KILLS + 1) for number in range(1, _KILLS + 1)]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def upsert(self, items: Sequence[VectorItem]) -> None:
        self._written += len(items)
        if self._ends and self._written > self._ends[0]:
            self._ends.pop(0)
            self._store.upsert(items[: len(items) // 2])
            raise Killed
        self._store.upsert(items)


def copy(shop: Shop) -> tuple[float, int]:
    """Copy, with the process killed several times on the way; seconds and kills."""
    writer = DyingWriter(shop.target.store, len(shop.pictures))
    kills = 0
    began = perf_counter()
    while True:
        # Nothing is left of the process before but what it has recorded.
        backfill = Backfill(shop.source.store, cast("VectorStore", writer), translation(shop), shop.journal)
        try:
            backfill.run(lambda: True)
            return perf_counter() - began, kills
        except Killed:
            kills += 1


def translation(shop: Shop) -> Translation:
    if not shop.move.reembeds:
        return keep_vectors
    return EmbedAgain(DrawnPictures(shop.pictures), SeeingEmbedder(shop.target.see), shop.target.store, sleep)


def go_over(shop: Shop) -> None:
    """Verify, switch, and roll back, with everybody searching."""
    journal = shop.journal
    passed(shop)
    state = journal.save(switched(journal.load(), 1))
    answered_by(shop, "target")
    journal.save(rolled_back(state, 1))
    answered_by(shop, "source")


def passed(shop: Shop) -> None:
    """Verify, once more where that fails: a store that shows the many changes late may fail one."""
    report = verify(shop)
    for _ in range(_MORE_VERIFICATIONS):
        if not report.passed:
            print(f"verified once more: {report.reason}")
            report = verify(shop)
    shop.journal.save(verified(shop.journal.load(), report.as_json(), 1))


def answered_by(shop: Shop, side: str) -> None:
    """Wait until many searches have been answered by that place."""
    before = shop.answers[side]
    wait_until(lambda: shop.answers[side] >= before + _ANSWERS_AFTER_A_SWITCH)


def verify(shop: Shop) -> Report:
    ask = ask_by_picture(DrawnPictures(shop.pictures), SeeingEmbedder(shop.target.see), sleep)
    embed = ask if shop.move.reembeds else None
    return Verification(shop.source.store, shop.target.store, embed=embed).run({}, queries=50)


# ---- stores

Opener = Callable[[str], Stand]
"""A fresh store for a model."""


@contextmanager
def open_backends(moves: Sequence[tuple[Place, Place]]) -> Generator[Mapping[str, Opener], None, None]:
    """For each backend of the moves what opens fresh stores of it."""
    wanted = {backend for move in moves for backend, _ in move}
    with ExitStack() as stack:
        openers: dict[str, Opener] = {"dynamodb": _open_dynamodb}
        if "s3vectors" in wanted:
            clients = stack.enter_context(s3vectors_server())
            openers["s3vectors"] = lambda model: _opened(S3VectorsBackend(clients, DIMENSIONS), model)
        if "opensearch" in wanted:
            # Writes are seen as late as in the service.
            node = stack.enter_context(opensearch_node(enduring=True))
            proxy = ServerlessProxy(node, refresh_interval=f"{SETTLES_AFTER_S[Generation.NEXTGEN]:g}s")
            address = stack.enter_context(serverless(proxy))
            openers["opensearch"] = lambda model: _opened(OpenSearchBackend(address, DIMENSIONS), model)
        yield openers


def _opened(backend: Backend, model: str) -> Stand:
    return Stand(
        backend.settings(model), backend.open(model), see_as(model), lambda items: backend.fill(items, model)
    )


def _open_dynamodb(model: str) -> Stand:
    chosen = settings({"backend": "dynamodb", "table": "t", "snapshots": "s"}, DIMENSIONS, model)
    services: dict[str, Any] = {"dynamodb": LiveTable(), "s3": _NoSnapshots()}
    store = open_store(chosen, lambda service, region=None, /: services[service])
    return Stand(chosen, store, see_as(model), store.upsert)


class _NoSnapshots:
    """An S3 without any object."""

    def get_object(self, **_: Any) -> Any:
        raise ClientError({"Error": {"Code": "NoSuchKey"}}, "GetObject")


def see_as(model: str) -> See:
    """Titan sees vectors as they are; Nova in a space turned by a fixed random permutation and signs."""
    if model == _TITAN:
        return lambda vector: vector
    rng = np.random.default_rng(11)
    order, signs = rng.permutation(DIMENSIONS), rng.choice([-1.0, 1.0], DIMENSIONS).astype(np.float32)
    return lambda vector: vector[order] * signs


if __name__ == "__main__":
    main()
