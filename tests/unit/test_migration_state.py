"""The phases of a migration, its record, and which place answers searches meanwhile."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from runtime.migration.journal import Journal, MigrationBusy
from runtime.migration.state import (
    Migration,
    MigrationRefused,
    Stage,
    begin,
    checked_page,
    copied_page,
    describe,
    rolled_back,
    switched,
    verified,
)
from runtime.vectors.errors import StoreUnavailable
from runtime.vectors.migration import REFRESH_SECONDS, LiveVectors, Move, Phase, open_live

PASSED = {"passed": True, "reason": ""}
FAILED = {"passed": False, "reason": "recall@10 is 0.7000, below 0.99"}
TITAN = {"name": "titan", "model_id": "amazon.titan-embed-image-v1", "dimensions": 1024}
NOVA = {"name": "nova", "model_id": "amazon.nova-2-multimodal-embeddings-v1:0", "dimensions": 1024}
DYNAMODB = {"backend": "dynamodb", "table": "embeddings", "snapshots": "snapshots"}
S3VECTORS = {"backend": "s3vectors", "bucket": "shop-vectors", "index": "products"}


def environment(embedder: Any = TITAN, store: Any = S3VECTORS) -> dict[str, str]:
    return {
        "VECTOR_STORE": json.dumps(DYNAMODB),
        "EMBEDDER": json.dumps(TITAN),
        "MIGRATION": json.dumps({"table": "migration", "store": store, "embedder": embedder}),
    }


def move(embedder: Any = TITAN) -> Move:
    found = Move.from_environment(environment(embedder))
    assert found is not None
    return found


def backfilled() -> Migration:
    begun = begin(Migration(), 2, 100)
    copied = copied_page(begun, None, 2, {}, 200)
    return checked_page(copied, None, 0, {}, 300)


def test_the_way_to_the_switch_and_back() -> None:
    migration = backfilled()
    assert (migration.phase, migration.stage) == (Phase.VERIFYING, Stage.DONE)
    live = switched(verified(migration, PASSED, 400), 500)
    assert live.phase is Phase.SWITCHED
    back = rolled_back(live, 600)
    assert (back.phase, back.report, back.is_backfilled) == (Phase.ROLLED_BACK, None, True)
    assert switched(verified(back, PASSED, 700), 800).phase is Phase.SWITCHED


def test_a_step_taken_twice_is_taken_once() -> None:
    live = switched(verified(backfilled(), PASSED, 400), 500)
    assert switched(live, 999) is live
    back = rolled_back(live, 600)
    assert rolled_back(back, 999) is back


@pytest.mark.parametrize(
    ("migration", "text"),
    [
        (Migration(), "the backfill is not done"),
        (begin(Migration(), 5, 1), "the backfill is not done"),
        (copied_page(begin(Migration(), 5, 1), None, 5, {}, 2), "the backfill is not done"),
        (backfilled(), "has not been verified"),
        (verified(backfilled(), FAILED, 4), "the last verification failed: recall@10 is 0.7000"),
        (rolled_back(switched(verified(backfilled(), PASSED, 4), 5), 6), "has not been verified"),
    ],
)
def test_no_switch_before_its_time(migration: Migration, text: str) -> None:
    with pytest.raises(MigrationRefused, match=text):
        switched(migration, 9)


def test_no_verification_before_the_backfill_and_no_way_back_before_the_switch() -> None:
    with pytest.raises(MigrationRefused, match="start it"):
        verified(begin(Migration(), 5, 1), PASSED, 2)
    with pytest.raises(MigrationRefused, match="nothing to roll back"):
        rolled_back(verified(backfilled(), PASSED, 4), 5)


def test_copying_again_forgets_the_verification() -> None:
    again = begin(replace(verified(backfilled(), PASSED, 4), revision=7), 3, 9)
    assert (again.report, again.stage, again.total, again.revision) == (None, Stage.COPY, 3, 7)


def test_people_are_told_how_far_it_is() -> None:
    assert describe(Migration())["phase"] == "not started"
    half = copied_page(begin(Migration(), 8, 1), "p4", 4, {"p1": "its picture is gone"}, 2)
    told = describe(half)
    assert (told["phase"], told["progress"], told["skipped"]) == (
        "copying",
        0.5,
        {"p1": "its picture is gone"},
    )
    grown = copied_page(begin(Migration(), 8, 1), "p9", 20, {}, 2)
    assert describe(grown)["progress"] == 1.0
    assert describe(backfilled())["progress"] == 1.0


# ---- the record


@pytest.fixture
def client() -> Iterator[Any]:
    with mock_aws():
        made = boto3.client(
            "dynamodb", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x"
        )
        made.create_table(
            TableName="migration",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        )
        yield made


def test_the_record_is_kept_whole(client: Any) -> None:
    journal = Journal(client, "migration", "a > b")
    assert journal.load() == Migration()
    first = journal.save(copied_page(begin(Migration(), 9, 1), "p3", 3, {"p1": "gone"}, 2))
    assert journal.load() == first
    done = journal.save(verified(replace(backfilled(), revision=first.revision), PASSED, 5))
    assert journal.load() == done
    assert done.revision == 2
    assert Journal(client, "migration", "b > a").load() == Migration()


def test_of_two_that_write_the_second_is_told(client: Any) -> None:
    journal = Journal(client, "migration", "a > b")
    read = journal.save(begin(Migration(), 9, 1))
    journal.save(copied_page(read, "p3", 3, {}, 2))
    with pytest.raises(MigrationBusy):
        journal.save(copied_page(read, "p4", 4, {}, 2))
    with pytest.raises(MigrationBusy):
        journal.save(begin(Migration(), 9, 1))
    assert journal.load().cursor == "p3"


def test_a_table_out_of_reach_is_a_store_out_of_reach(client: Any) -> None:
    journal = Journal(client, "elsewhere", "a > b")
    with pytest.raises(StoreUnavailable):
        journal.load()
    with pytest.raises(StoreUnavailable):
        journal.save(Migration())


# ---- who answers


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_without_a_migration_nothing_is_read() -> None:
    variables = environment()
    del variables["MIGRATION"]
    assert Move.from_environment(variables) is None
    live = open_live(lambda service: pytest.fail("no client is needed"), variables)
    assert live().store.backend == "dynamodb"


def test_a_move_is_named_by_both_its_ends() -> None:
    assert move().id == (
        "dynamodb amazon.titan-embed-image-v1@1024 > s3vectors amazon.titan-embed-image-v1@1024"
    )
    assert (move().reembeds, move(NOVA).reembeds, move(TITAN | {"dimensions": 384}).reembeds) == (
        False,
        True,
        True,
    )


def test_store_and_model_change_together_within_two_seconds(client: Any) -> None:
    plan = move(NOVA)
    journal, clock = Journal(client, "migration", plan.id), Clock()
    live = LiveVectors(client, plan, clock)
    assert live() is plan.source
    record = journal.save(verified(backfilled(), PASSED, 5))
    clock.now += REFRESH_SECONDS
    assert live() is plan.source
    record = journal.save(switched(record, 6))
    clock.now += REFRESH_SECONDS / 2
    assert live() is plan.source, "what was read a moment ago holds"
    clock.now += REFRESH_SECONDS / 2
    assert live() is plan.target
    assert live().embedder.name == "nova" and live().store.backend == "s3vectors"
    journal.save(rolled_back(record, 7))
    clock.now += REFRESH_SECONDS
    assert live() is plan.source


class Unreachable:
    """A table that answers until it is told not to."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.down = False
        self.calls = 0

    def get_item(self, **request: Any) -> Any:
        self.calls += 1
        if self.down:
            raise ClientError({"Error": {"Code": "ThrottlingException", "Message": ""}}, "GetItem")
        return self._client.get_item(**request)


def test_a_record_out_of_reach_fails_no_search(client: Any) -> None:
    plan, clock, table = move(), Clock(), Unreachable(client)
    live = LiveVectors(table, plan, clock)
    table.down = True
    assert live() is plan.source, "the source is complete throughout"
    table.down = False
    Journal(client, "migration", plan.id).save(switched(verified(backfilled(), PASSED, 5), 6))
    clock.now += REFRESH_SECONDS
    assert live() is plan.target
    table.down = True
    clock.now += REFRESH_SECONDS
    assert live() is plan.target
    calls = table.calls
    assert live() is plan.target and table.calls == calls, "not asked again at every search"
