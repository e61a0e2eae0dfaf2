"""When the compactor writes a snapshot, what it removes, and what it tells."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any
from unittest import mock

import pytest
from botocore.exceptions import ClientError

from runtime.shared.settings import SettingsError
from runtime.vectors import compactor
from runtime.vectors.compactor import Compactor
from runtime.vectors.errors import StoreUnavailable
from runtime.vectors.port import Attributes
from runtime.vectors.stores.feed import IndexFeed
from tests.contract.vector_backends import AwsClients, DynamoDBBackend, in_process_aws, item, unit_rows

DIMENSIONS = 256
ROWS = unit_rows(10, DIMENSIONS)
DAY = 24 * 3600


@pytest.fixture(scope="module")
def aws() -> Iterator[AwsClients]:
    with in_process_aws() as clients:
        yield clients


class Shop:
    """A table and its snapshots, at a time that the test moves."""

    def __init__(self, backend: DynamoDBBackend) -> None:
        self.backend = backend
        self.now = 1_800_000_000.0
        self.table = backend.table_at(self.tell)

    def tell(self) -> float:
        self.now += 1e-5
        return self.now

    def compact(self, **wishes: bool) -> dict[str, Any]:
        return self.compactor().compact(**wishes)

    def compactor(self) -> Compactor:
        return Compactor(self.feed(), self.backend.snapshots())

    def feed(self) -> IndexFeed:
        return IndexFeed(self.table, self.backend.snapshots(), DIMENSIONS)

    def snapshots(self) -> set[str]:
        listing = self.backend.clients("s3").list_objects_v2(Bucket=self.backend.bucket)
        keys = [entry["Key"].split("/") for entry in listing.get("Contents", [])]
        return {parts[2] for parts in keys if len(parts) == 4}


@pytest.fixture
def shop(aws: AwsClients) -> Shop:
    shop = Shop(DynamoDBBackend(aws, DIMENSIONS))
    # A price that 32 bits cannot hold exactly, and sizes out of order.
    shop.table.put(item("a", ROWS[0], price=59.99, sizes=("M", "L", "38")))
    shop.table.put(item("b", ROWS[1], color="red"))
    return shop


def test_the_first_run_writes_a_snapshot_and_tells_its_figures(shop: Shop) -> None:
    figures = shop.compact()
    assert figures == {
        "written": True,
        "reason": "table read",
        "snapshot": mock.ANY,
        "bytes": mock.ANY,
        "pruned": 0,
        "count": 2,
        "recall": 1.0,
        "loaded_from": "table",
        "changes": 0,
        "ms": mock.ANY,
    }
    assert figures["bytes"] > 2 * 2 * DIMENSIONS
    assert shop.backend.snapshots().latest() == figures["snapshot"]
    assert shop.snapshots() == {figures["snapshot"]}


@pytest.mark.parametrize("pause", [1, 30, 300, DAY])
def test_nothing_is_written_when_nothing_changed(shop: Shop, pause: float) -> None:
    first = shop.compact()
    for _ in range(2):
        shop.now += pause
        figures = shop.compact()
        assert (figures["written"], figures["reason"], figures["changes"]) == (False, "nothing new", 0)
        assert (figures["count"], figures["loaded_from"]) == (2, "snapshot")
    assert shop.snapshots() == {first["snapshot"]}


def test_every_kind_of_change_leads_to_a_snapshot(shop: Shop) -> None:
    shop.compact()
    changes = [
        lambda: shop.table.put(item("c", ROWS[2])),
        lambda: shop.table.put(item("b", ROWS[3], color="red", version=2)),
        lambda: shop.table.set_attributes("b", Attributes(color="blue"), 3),
        lambda: shop.table.set_attributes("b", Attributes(color="blue", price=9.0), 4),
        lambda: shop.table.bury("a"),
    ]
    for change in changes:
        shop.now += 300
        change()
        figures = shop.compact()
        assert (figures["reason"], figures["changes"]) == ("changes", 1)
    feed = shop.feed()
    feed.load()
    assert feed.source == "snapshot"
    assert feed.live.count == 2
    assert "a" not in feed.live
    assert feed.live.attributes("b") == Attributes(color="blue", price=9.0)


def test_two_snapshots_are_kept(shop: Shop) -> None:
    written = [shop.compact(force=True)["snapshot"] for _ in range(4)]
    assert shop.snapshots() == set(written[-2:])
    assert shop.compact(force=True)["pruned"] == 1
    assert shop.backend.snapshots().latest() not in written


def test_force_writes_without_changes(shop: Shop) -> None:
    shop.compact()
    assert shop.compact(force=True)["reason"] == "forced"
    assert shop.compact()["written"] is False


def test_a_snapshot_can_be_made_from_the_table_alone(shop: Shop) -> None:
    shop.compact()
    # Such a row tells no follower of changes that it is there.
    row = shop.table.encode(item("hidden", ROWS[4])) | {"updated_at": {"N": "1"}}
    shop.backend.clients("dynamodb").put_item(TableName=shop.backend.table, Item=row)
    assert shop.compact(force=True)["count"] == 2
    assert shop.compact(from_table=True)["reason"] == "table read"
    figures = shop.compact()
    assert (figures["loaded_from"], figures["count"]) == ("snapshot", 3)


def test_a_snapshot_is_renewed_before_it_is_too_old_to_use(shop: Shop) -> None:
    shop.compact()
    shop.now += 4 * DAY
    assert shop.compact()["reason"] == "age"
    shop.now += 2 * DAY
    figures = shop.compact()
    assert (figures["written"], figures["loaded_from"]) == (False, "snapshot")


def test_a_damaged_snapshot_is_replaced(shop: Shop) -> None:
    first = shop.compact()["snapshot"]
    keys = shop.backend.clients("s3").list_objects_v2(Bucket=shop.backend.bucket)["Contents"]
    [segments] = [entry["Key"] for entry in keys if entry["Key"].endswith("segments.bin")]
    shop.backend.clients("s3").put_object(Bucket=shop.backend.bucket, Key=segments, Body=b"?")
    figures = shop.compact()
    assert figures["reason"] == "table read"
    assert figures["snapshot"] != first
    assert shop.compact()["loaded_from"] == "snapshot"


def test_an_empty_table_has_a_snapshot_too(aws: AwsClients) -> None:
    shop = Shop(DynamoDBBackend(aws, DIMENSIONS))
    assert shop.compact()["count"] == 0
    assert shop.compact()["loaded_from"] == "snapshot"


def test_two_runs_at_once_leave_a_sound_snapshot(shop: Shop) -> None:
    with ThreadPoolExecutor(2) as pool:
        runs = list(pool.map(lambda _: shop.compact(force=True), range(4)))
    assert len({run["snapshot"] for run in runs}) == 4
    figures = shop.compact()
    assert (figures["loaded_from"], figures["written"], figures["count"]) == ("snapshot", False, 2)


def test_the_snapshot_pointed_to_is_never_pruned(shop: Shop) -> None:
    snapshots = shop.backend.snapshots()
    oldest = shop.compact()["snapshot"]
    for _ in range(2):
        shop.compact(force=True)
    kept = shop.snapshots()
    pointed_to = min(kept)
    shop.backend.clients("s3").put_object(
        Bucket=shop.backend.bucket,
        Key=f"indexes/amazon.titan-embed-image-v1-{DIMENSIONS}/latest",
        Body=json.dumps({"snapshot": pointed_to}),
    )
    assert snapshots.prune(1) == 0
    assert pointed_to in shop.snapshots()
    assert oldest not in shop.snapshots()


@pytest.mark.parametrize("operation", ["Query", "PutObject"])
def test_a_failing_service_is_told_and_the_old_snapshot_stays(shop: Shop, operation: str) -> None:
    first = shop.compact()["snapshot"]

    def fail(*_: Any, **__: Any) -> None:
        raise ClientError({"Error": {"Code": "SlowDown", "Message": "later"}}, operation)

    service = "dynamodb" if operation == "Query" else "s3"
    method = "query" if operation == "Query" else "put_object"
    with (
        mock.patch.object(shop.backend.clients(service), method, fail),
        pytest.raises(StoreUnavailable, match="SlowDown"),
    ):
        shop.compact(force=True)
    assert shop.backend.snapshots().latest() == first
    assert shop.compact()["loaded_from"] == "snapshot"


# ---- the handler

CONTEXT = SimpleNamespace(
    function_name="compactor",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:aws:lambda:us-east-1:000000000000:function:compactor",
    aws_request_id="request",
)


@pytest.fixture
def environment(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    store = {"backend": "dynamodb", "table": shop.backend.table, "snapshots": shop.backend.bucket}
    embedder = {"name": "titan", "model_id": "amazon.titan-embed-image-v1", "dimensions": DIMENSIONS}
    monkeypatch.setenv("VECTOR_STORE", json.dumps(store))
    monkeypatch.setenv("EMBEDDER", json.dumps(embedder))
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "compactor-1a2b3c4")
    compactor.settings_and_clients.cache_clear()
    yield shop
    compactor.settings_and_clients.cache_clear()


def test_the_handler_compacts_and_emits_metrics(
    environment: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    figures = compactor.handler({"source": "aws.events"}, CONTEXT)
    assert (figures["written"], figures["count"]) == (True, 2)
    assert json.loads(json.dumps(figures)) == figures
    assert compactor.handler({}, CONTEXT)["written"] is False
    assert compactor.handler({"force": True}, CONTEXT)["reason"] == "forced"
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "_aws" in line]
    assert [line["IndexedVectors"] for line in lines] == [[2.0]] * 3
    assert [line["SnapshotsWritten"] for line in lines] == [[1.0], [0.0], [1.0]]
    # Two stacks of an account have functions of the same service, but not of the same name.
    assert {line["function"] for line in lines} == {"compactor-1a2b3c4"}


def test_the_handler_says_which_setting_is_missing(
    environment: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("VECTOR_STORE")
    with pytest.raises(SettingsError, match="VECTOR_STORE"):
        compactor.handler({}, CONTEXT)
