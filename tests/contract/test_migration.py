"""Products move between each two stores, and to another model, through a kill and changes meanwhile."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from itertools import permutations
from typing import Any, cast

import pytest

from benchmarks.live_table import RecordTable
from local.ai.opensearch.proxy import ServerlessProxy
from runtime.migration.backfill import Backfill
from runtime.migration.journal import Journal
from runtime.migration.translate import Translated, Translation, keep_vectors
from runtime.migration.verify import Verification
from runtime.vectors.port import VectorItem, VectorStore
from tests.contract.vector_backends import (
    MODEL,
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
PRODUCTS = 60
PAGE = 15
ROWS = unit_rows(PRODUCTS, DIMENSIONS, seed=8)
OTHER_MODEL = "another.model"
BACKENDS = ("dynamodb", "opensearch", "s3vectors")

Openers = Mapping[str, Callable[[], Backend]]


@pytest.fixture(scope="module")
def openers(request: pytest.FixtureRequest) -> Iterator[Openers]:
    with ExitStack() as stack:
        proxy = ServerlessProxy(
            request.getfixturevalue("opensearch_url"), refresh_interval="-1", at_once=True
        )
        address = stack.enter_context(serverless(proxy))
        aws, vectors = stack.enter_context(in_process_aws()), stack.enter_context(s3vectors_server())
        yield {
            "dynamodb": lambda: DynamoDBBackend(aws, DIMENSIONS),
            "opensearch": lambda: OpenSearchBackend(address, DIMENSIONS),
            "s3vectors": lambda: S3VectorsBackend(vectors, DIMENSIONS),
        }


class Killed(BaseException):
    """The process that copies ends here."""


class DyingWriter:
    """The target as a process sees it that is killed once: half of its second page arrives."""

    def __init__(self, store: VectorStore, meanwhile: Callable[[], None]) -> None:
        self._store = store
        self._meanwhile = meanwhile
        self._pages = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def upsert(self, items: Sequence[VectorItem]) -> None:
        self._pages += 1
        if self._pages == 2:
            self._store.upsert(items[: len(items) // 2])
            self._meanwhile()
            raise Killed
        self._store.upsert(items)


def seen_anew(items: Sequence[VectorItem]) -> Translated:
    """As another model sees them: turned round."""
    return Translated(tuple(replace(each, vector=each.vector[::-1].copy()) for each in items))


@pytest.mark.parametrize(("source", "target"), [*permutations(BACKENDS, 2)])
def test_everything_arrives_through_a_kill_and_changes(openers: Openers, source: str, target: str) -> None:
    move(openers[source]().open(), openers[target]().open(), keep_vectors)


@pytest.mark.parametrize("backend", BACKENDS)
def test_everything_arrives_in_another_models_space(openers: Openers, backend: str) -> None:
    move(openers[backend]().open(MODEL), openers[backend]().open(OTHER_MODEL), seen_anew)


def move(source: VectorStore, target: VectorStore, translate: Translation) -> None:
    source.upsert([item(f"p{number:03}", row, price=1.0) for number, row in enumerate(ROWS)])

    def change() -> None:
        """As the ingestion: the source first, and the same to the target."""
        dearer, newcomer = (item("p003", ROWS[3], price=9.0, version=2), item("new", ROWS[4]))
        for store, see in ((source, keep_vectors), (target, translate)):
            store.upsert(see([dearer, newcomer]).items)
            store.delete(["p050", "p005"])

    now = [1_000.0]

    def pause(seconds: float) -> None:
        now[0] += seconds

    writer = cast("VectorStore", DyingWriter(target, change))
    record = RecordTable()

    def run() -> Any:
        journal = Journal(record, "t", "move")
        work = Backfill(source, writer, translate, journal, page=PAGE, clock=lambda: now[0], pause=pause)
        return work.run(lambda: True)

    with pytest.raises(Killed):
        run()
    copied = Journal(record, "t", "move").load().copied
    assert 0 < copied < PRODUCTS
    assert run().is_backfilled
    embed = None if translate is keep_vectors else lambda each: translate([each]).items[0].vector
    report = Verification(source, target, embed=embed, pause=pause).run({}, queries=10)
    assert report.passed, report.reason
    assert report.source == report.target == PRODUCTS - 1
    assert target.read(["p003"])["p003"].attributes.price == 9.0
    assert target.read(["p050", "p005"]) == {}
