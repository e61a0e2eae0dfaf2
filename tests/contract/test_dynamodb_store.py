"""What the DynamoDB store does beyond the contract: snapshots, following changes, and surviving failures."""

import threading
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

import numpy as np
import pytest
from botocore.exceptions import ClientError

from runtime.vectors.compactor import Compactor
from runtime.vectors.errors import StoreUnavailable
from runtime.vectors.port import Attributes, Filters
from runtime.vectors.stores import dynamodb
from runtime.vectors.stores.dynamodb import DynamoDBStore
from runtime.vectors.stores.feed import IndexFeed
from runtime.vectors.stores.snapshots import S3Folder
from runtime.vectors.stores.table import TOMBSTONE_SECONDS
from tests.contract.vector_backends import AwsClients, DynamoDBBackend, in_process_aws, item, unit_rows

DIMENSIONS = 32
ROWS = unit_rows(40, DIMENSIONS)
DAY = 24 * 3600


class Clock:
    """A time that stands still until it is moved, in seconds since 1970."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        # Two things never happen at the very same moment.
        self.now += 1e-5
        return self.now


class CountingClient:
    """A client that counts its calls and can be told to fail some."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.calls: list[str] = []
        self.failing: set[str] = set()

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(**request: Any) -> Any:
            self.calls.append(name)
            if name in self.failing:
                details = {
                    "Error": {"Code": "ProvisionedThroughputExceededException", "Message": "slow down"}
                }
                raise ClientError(details, name)
            return getattr(self._client, name)(**request)

        return call


@pytest.fixture(scope="module")
def aws() -> Iterator[AwsClients]:
    with in_process_aws() as clients:
        yield clients


@pytest.fixture
def backend(aws: AwsClients) -> DynamoDBBackend:
    return DynamoDBBackend(aws, DIMENSIONS)


@pytest.fixture
def clock() -> Clock:
    return Clock()


class Shop:
    """One table, with stores that share a clock: `writer` and as many readers as are opened."""

    def __init__(self, backend: DynamoDBBackend, clock: Clock) -> None:
        self.backend = backend
        self.clock = clock
        self.writer = self.open()

    def feed(self) -> IndexFeed:
        return IndexFeed(self.backend.table_at(self.clock), self.backend.snapshots(), self.backend.dimensions)

    def open(self, run: Callable[[Callable[[], None]], None] | None = None) -> DynamoDBStore:
        table = self.backend.table_at(self.clock)
        feed = IndexFeed(table, self.backend.snapshots(), self.backend.dimensions)
        return DynamoDBStore(table, feed, clock=self.clock, run=run or (lambda job: job()))

    def compact(self, *, force: bool = False) -> dict[str, Any]:
        return Compactor(self.feed(), self.backend.snapshots()).compact(force=force)

    def s3_keys(self) -> list[str]:
        listing = self.backend.clients("s3").list_objects_v2(Bucket=self.backend.bucket)
        return [entry["Key"] for entry in listing.get("Contents", [])]


@pytest.fixture
def shop(backend: DynamoDBBackend, clock: Clock) -> Shop:
    return Shop(backend, clock)


def names(store: DynamoDBStore, filters: Filters | None = None) -> set[str]:
    return {hit.product_id for hit in store.search(ROWS[0], 1000, filters or Filters()).hits}


def stock(shop: Shop, count: int) -> set[str]:
    """Put `count` products on the shelf, some time ago."""
    shop.writer.upsert([item(f"p{number}", ROWS[number], price=number + 0.99) for number in range(count)])
    shop.clock.now += 600
    return {f"p{number}" for number in range(count)}


# ---- rows


def test_a_row_is_half_precision_bytes_and_plain_attributes(shop: Shop) -> None:
    shop.writer.upsert(
        [item("a", ROWS[1], version=4, category="dress", price=59.9, sizes=("S", "M"), stock=3, cluster=7)]
    )
    table = shop.backend.clients("dynamodb")
    row = table.get_item(TableName=shop.backend.table, Key={"product_id": {"S": "a"}})["Item"]
    assert len(row["vector"]["B"]) == 2 * DIMENSIONS
    np.testing.assert_allclose(np.frombuffer(row["vector"]["B"], "<f2"), ROWS[1], atol=1e-3)
    assert row["embedding_key"] == {"S": f"amazon.titan-embed-image-v1@{DIMENSIONS}"}
    assert row["change_shard"]["S"] in {"0", "1", "2", "3"}
    assert float(row["updated_at"]["N"]) == pytest.approx(shop.clock.now * 1e6, rel=1e-9)
    assert {
        name: row[name] for name in ("dims", "version", "category", "price", "sizes", "stock", "cluster")
    } == {
        "dims": {"N": str(DIMENSIONS)},
        "version": {"N": "4"},
        "category": {"S": "dress"},
        "price": {"N": "59.9"},
        "sizes": {"L": [{"S": "S"}, {"S": "M"}]},
        "stock": {"N": "3"},
        "cluster": {"N": "7"},
    }


def test_a_deletion_leaves_a_row_without_vector_that_expires(shop: Shop) -> None:
    shop.writer.upsert([item("a", ROWS[1], color="red")])
    shop.writer.delete(["a", "never-there"])
    rows = shop.backend.clients("dynamodb").scan(TableName=shop.backend.table)["Items"]
    assert [row["product_id"]["S"] for row in rows] == ["a"]
    assert set(rows[0]) == {"product_id", "deleted", "expires_at", "updated_at", "change_shard"}
    assert int(rows[0]["expires_at"]["N"]) == pytest.approx(shop.clock.now + TOMBSTONE_SECONDS, abs=2)


@pytest.mark.parametrize("product_id", ["", "x" * 256, "nul\0"])
def test_ids_that_no_index_could_hold_are_refused(shop: Shop, product_id: str) -> None:
    with pytest.raises(ValueError, match="product id"):
        shop.writer.upsert([item(product_id, ROWS[0])])


def test_a_broken_row_is_left_out_and_the_others_are_found(shop: Shop) -> None:
    good = stock(shop, 3)
    shop.backend.clients("dynamodb").update_item(
        TableName=shop.backend.table,
        Key={"product_id": {"S": "p1"}},
        UpdateExpression="SET vector = :half",
        ExpressionAttributeValues={":half": {"B": b"\0\1\2"}},
    )
    assert names(shop.open()) == good - {"p1"}


def test_every_page_of_a_large_table_is_read(aws: AwsClients, clock: Clock) -> None:
    backend = DynamoDBBackend(aws, 4096)
    rows = unit_rows(400, 4096)
    backend.fill([item(f"{number}", row) for number, row in enumerate(rows)])
    client = CountingClient(aws("dynamodb"))
    table = backend.table_at(clock)
    with mock.patch.object(table, "_client", client):
        scanned = table.scan()
        pages_scanned = client.calls.count("scan")
        changed = table.changes({"0": 0, "1": 0, "2": 0, "3": 0})
    assert {row.product_id for row in scanned} == {str(number) for number in range(400)}
    assert {row.product_id for row in changed} == {str(number) for number in range(400)}
    assert pages_scanned > 2, "the table must be larger than one page for each segment"


# ---- snapshots


def test_a_snapshot_gives_back_the_same_index_without_reading_the_table(shop: Shop) -> None:
    stock(shop, 30)
    shop.compact()
    from_table = shop.writer.search(ROWS[5], 10)
    client = CountingClient(shop.backend.clients("dynamodb"))
    reader = shop.open()
    with mock.patch.object(reader._table, "_client", client):
        from_snapshot = reader.search(ROWS[5], 10)
    assert set(client.calls) == {"query"}
    assert reader.stats().detail["loaded_from"] == "snapshot"
    assert [hit.product_id for hit in from_snapshot.hits] == [hit.product_id for hit in from_table.hits]
    assert [hit.score for hit in from_snapshot.hits] == pytest.approx(
        [hit.score for hit in from_table.hits], abs=1e-3
    )
    assert names(reader, Filters(max_price=2)) == {"p0", "p1"}


def remove(shop: Shop, ending: str) -> None:
    for key in shop.s3_keys():
        if key.endswith(ending):
            shop.backend.clients("s3").delete_object(Bucket=shop.backend.bucket, Key=key)


def overwrite(shop: Shop, ending: str, change: Callable[[bytes], bytes]) -> None:
    client, bucket = shop.backend.clients("s3"), shop.backend.bucket
    [key] = [key for key in shop.s3_keys() if key.endswith(ending)]
    body = client.get_object(Bucket=bucket, Key=key)["Body"].read()
    client.put_object(Bucket=bucket, Key=key, Body=change(body))


def drop_bucket(shop: Shop) -> None:
    remove(shop, "")
    shop.backend.clients("s3").delete_bucket(Bucket=shop.backend.bucket)


DAMAGES: dict[str, Callable[[Shop], None]] = {
    "no pointer": lambda shop: remove(shop, "latest"),
    "pointer is no JSON": lambda shop: overwrite(shop, "latest", lambda body: b"\xff{"),
    "pointer is a list": lambda shop: overwrite(shop, "latest", lambda body: b"[]"),
    "pointer to nowhere": lambda shop: overwrite(shop, "latest", lambda body: b'{"snapshot": "gone"}'),
    "no manifest": lambda shop: remove(shop, "manifest.json"),
    "manifest is no JSON": lambda shop: overwrite(shop, "manifest.json", lambda body: body[:-9]),
    "no segments": lambda shop: remove(shop, "segments.bin"),
    "segments cut short": lambda shop: overwrite(shop, "segments.bin", lambda body: body[: len(body) // 2]),
    "segments empty": lambda shop: overwrite(shop, "segments.bin", lambda body: b""),
    "one wrong byte": lambda shop: overwrite(
        shop, "segments.bin", lambda body: body[:100] + bytes([body[100] ^ 1]) + body[101:]
    ),
    "no bucket": drop_bucket,
}


@pytest.mark.parametrize("damage", list(DAMAGES))
def test_without_a_sound_snapshot_the_table_is_read(shop: Shop, damage: str) -> None:
    stocked = stock(shop, 5)
    shop.compact()
    DAMAGES[damage](shop)
    reader = shop.open()
    assert names(reader) == stocked
    assert reader.stats().detail["loaded_from"] == "table"


def test_a_snapshot_of_another_embedder_is_not_used_even_in_the_same_folder(backend: DynamoDBBackend) -> None:
    first, second = backend.open("model:1"), backend.open("model-1")
    first.upsert([item("a", ROWS[1])])
    second.upsert([item("b", ROWS[2])])
    snapshots = dynamodb.open_snapshots(backend.settings("model:1"), backend.clients)
    table = dynamodb.open_table(backend.settings("model:1"), backend.clients)
    feed = dynamodb.open_feed(table, backend.settings("model:1"), backend.clients)
    Compactor(feed, snapshots).compact()
    assert backend.open("model:1").stats().detail["loaded_from"] == "snapshot"
    reader = backend.open("model-1")
    assert reader.stats().detail["loaded_from"] == "table"
    assert {hit.product_id for hit in reader.search(ROWS[0], 9).hits} == {"b"}


def test_a_snapshot_older_than_tombstones_live_is_not_used(shop: Shop) -> None:
    stock(shop, 5)
    shop.compact()
    shop.writer.delete(["p1"])
    # The tombstone has expired and is gone, so the changes do not tell of the deletion.
    shop.backend.clients("dynamodb").delete_item(
        TableName=shop.backend.table, Key={"product_id": {"S": "p1"}}
    )
    shop.clock.now += 8 * DAY
    reader = shop.open()
    assert names(reader) == {"p0", "p2", "p3", "p4"}
    assert reader.stats().detail["loaded_from"] == "table"


def test_a_warm_index_that_slept_too_long_is_loaded_anew(shop: Shop) -> None:
    stock(shop, 3)
    reader = shop.open()
    assert len(names(reader)) == 3
    shop.backend.clients("dynamodb").delete_item(
        TableName=shop.backend.table, Key={"product_id": {"S": "p1"}}
    )
    shop.clock.now += 8 * DAY
    assert names(reader) == {"p0", "p2"}


def test_objects_larger_than_a_part_are_uploaded_in_parts(backend: DynamoDBBackend) -> None:
    folder = S3Folder(backend.clients("s3"), backend.bucket, "big/")
    parts = [bytes([number]) * 5 * 1024 * 1024 for number in range(2)] + [b"end"]
    folder.put("object", (memoryview(part) for part in parts))
    assert folder.get("object") == b"".join(parts)
    assert folder.get_range("object", 5 * 1024 * 1024 - 1, 2) == b"\0\1"
    assert folder.get_range("object", 10 * 1024 * 1024, 99) == b"end"
    assert folder.get_range("object", 99 * 1024 * 1024, 5) == b""
    with pytest.raises(FileNotFoundError):
        folder.get("nothing")
    with pytest.raises(FileNotFoundError):
        folder.get_range("nothing", 0, 5)


def test_an_upload_that_fails_leaves_nothing_behind(backend: DynamoDBBackend) -> None:
    client = CountingClient(backend.clients("s3"))
    client.failing = {"complete_multipart_upload"}
    folder = S3Folder(client, backend.bucket, "big/")
    with pytest.raises(ClientError):
        folder.put("object", [memoryview(b"a" * 5 * 1024 * 1024), memoryview(b"b")])
    assert "Uploads" not in backend.clients("s3").list_multipart_uploads(Bucket=backend.bucket)


# ---- following changes


def test_changes_are_looked_for_once_a_second_and_then_found(shop: Shop) -> None:
    stock(shop, 3)
    reader = shop.open()
    assert len(names(reader)) == 3
    shop.writer.upsert([item("new", ROWS[9], color="red")])
    shop.writer.update_attributes("p0", Attributes(color="red"), 2)
    shop.writer.delete(["p1"])
    shop.clock.now += 0.9
    assert names(reader) == {"p0", "p1", "p2"}
    shop.clock.now += 0.2
    assert names(reader) == {"p0", "p2", "new"}
    assert names(reader, Filters(color=frozenset({"red"}))) == {"p0", "new"}
    assert reader.stats().count == 3


def test_a_busy_reader_makes_four_queries_a_second(shop: Shop) -> None:
    stock(shop, 1)
    reader = shop.open()
    names(reader)
    client = CountingClient(shop.backend.clients("dynamodb"))
    with mock.patch.object(reader._feed._table, "_client", client):
        for _ in range(25):
            shop.clock.now += 0.1
            names(reader)
    assert client.calls == ["query"] * 4 * 2


def test_changes_after_a_snapshot_are_found_at_once(shop: Shop) -> None:
    stock(shop, 4)
    shop.compact()
    shop.writer.upsert([item("new", ROWS[9]), item("p2", ROWS[10], version=2)])
    shop.writer.delete(["p1"])
    reader = shop.open()
    assert names(reader) == {"p0", "p2", "p3", "new"}
    np.testing.assert_allclose(reader.fetch(["p2"])["p2"], ROWS[10], atol=1e-3)
    assert reader.stats().detail["loaded_from"] == "snapshot"


def test_rows_inside_the_overlap_are_applied_once(shop: Shop) -> None:
    stock(shop, 2)
    feed = shop.feed()
    feed.load()
    assert feed.poll() == 0
    shop.writer.upsert([item("new", ROWS[9])])
    assert feed.poll() == 1
    with mock.patch("runtime.vectors.stores.feed._change_of") as change_of:
        assert feed.poll() == 0
    change_of.assert_not_called()


def test_a_row_stamped_by_a_slow_clock_is_found(shop: Shop) -> None:
    stock(shop, 2)
    feed = shop.feed()
    feed.load()
    shop.writer.upsert([item("first", ROWS[9])])
    feed.poll()
    slow = shop.backend.table_at(lambda: shop.clock.now - 4)
    slow.put(item("late", ROWS[10]))
    assert feed.poll() == 1
    assert "late" in feed.live


def test_a_quiet_shard_does_not_make_every_look_go_far_back(shop: Shop) -> None:
    stock(shop, 1)
    feed = shop.feed()
    feed.load()
    shop.clock.now += 10 * 3600
    feed.poll()
    assert feed.checkpoint / 1e6 == pytest.approx(shop.clock.now - 120, abs=1)
    with mock.patch.object(feed._table, "changes", return_value=[]) as changes:
        feed.poll()
    [since] = set(changes.call_args.args[0].values())
    assert since / 1e6 == pytest.approx(shop.clock.now - 20, abs=1)


def test_a_product_taken_over_by_another_embedder_disappears(shop: Shop, clock: Clock) -> None:
    stock(shop, 2)
    reader = shop.open()
    assert len(names(reader)) == 2
    shop.backend.table_at(clock, "another.model").put(item("p0", ROWS[3]))
    clock.now += 2
    assert names(reader) == {"p1"}


def test_a_grown_delta_is_folded_and_nothing_is_lost_meanwhile(shop: Shop) -> None:
    stock(shop, 2)
    jobs: list[Callable[[], None]] = []
    reader = shop.open(run=jobs.append)
    names(reader)
    with mock.patch("runtime.vectors.engine.live.SMALLEST_REBUILD", 5):
        shop.writer.upsert([item(f"new{number}", ROWS[number]) for number in range(8)])
        shop.clock.now += 2
        assert len(names(reader)) == 10
        assert reader.stats().detail["delta"] == 8
        shop.writer.delete(["p0"])
        shop.clock.now += 2
        names(reader)
        assert len(jobs) == 1, "one fold at a time"
        jobs.pop()()
    shop.clock.now += 2
    assert len(names(reader)) == 9
    assert "p0" not in names(reader)
    assert reader.stats().detail["delta"] == 0


def test_the_fold_runs_beside_the_requests(shop: Shop) -> None:
    stock(shop, 2)
    reader = shop.open(run=dynamodb.run_in_background)
    names(reader)
    with mock.patch("runtime.vectors.engine.live.SMALLEST_REBUILD", 5):
        shop.writer.upsert([item(f"new{number}", ROWS[number]) for number in range(8)])
        shop.clock.now += 2
        assert len(names(reader)) == 10
        for thread in threading.enumerate():
            if thread.name == "index-fold":
                thread.join()
    assert reader.stats().detail["delta"] == 0
    assert len(names(reader)) == 10


def test_many_threads_load_once(shop: Shop) -> None:
    stocked = stock(shop, 5)
    reader = shop.open()
    results: list[set[str]] = []
    with mock.patch.object(reader._feed, "load", wraps=reader._feed.load) as load:
        threads = [threading.Thread(target=lambda: results.append(names(reader))) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert results == [stocked] * 6
    assert load.call_count == 1


# ---- failures


def test_a_throttled_refresh_keeps_serving_and_is_reported(shop: Shop) -> None:
    stocked = stock(shop, 3)
    reader = shop.open()
    names(reader)
    client = CountingClient(shop.backend.clients("dynamodb"))
    client.failing = {"query"}
    shop.writer.upsert([item("new", ROWS[9])])
    with (
        mock.patch.object(reader._feed._table, "_client", client),
        mock.patch.object(dynamodb, "Metrics") as metrics,
        mock.patch.object(dynamodb, "logger") as logger,
    ):
        shop.clock.now += 2
        assert names(reader) == stocked
        assert names(reader) == stocked, "no second attempt within the second"
        assert client.calls.count("query") <= 4
        assert metrics().add_metric.call_args.kwargs["name"] == "IndexRefreshFailures"
        assert "slow down" in logger.warning.call_args.kwargs["reason"]
        client.failing.clear()
        shop.clock.now += 2
        assert names(reader) == stocked | {"new"}


def test_a_snapshot_serves_when_the_changes_cannot_be_read(shop: Shop) -> None:
    stocked = stock(shop, 3)
    shop.compact()
    reader = shop.open()
    client = CountingClient(shop.backend.clients("dynamodb"))
    client.failing = {"query", "scan"}
    with mock.patch.object(reader._feed._table, "_client", client), mock.patch.object(dynamodb, "Metrics"):
        assert names(reader) == stocked


def test_without_any_index_the_failure_is_told_and_the_next_search_tries_again(shop: Shop) -> None:
    stocked = stock(shop, 3)
    reader = shop.open()
    client = CountingClient(shop.backend.clients("dynamodb"))
    client.failing = {"scan"}
    with mock.patch.object(reader._feed._table, "_client", client):
        with pytest.raises(StoreUnavailable, match="slow down"):
            names(reader)
        client.failing.clear()
        assert names(reader) == stocked


@pytest.mark.parametrize("operation", ["put_item", "update_item"])
def test_a_failing_write_is_told(shop: Shop, operation: str) -> None:
    shop.writer.upsert([item("a", ROWS[1], version=1)])
    client = CountingClient(shop.backend.clients("dynamodb"))
    client.failing = {operation}
    with mock.patch.object(shop.writer._table, "_client", client), pytest.raises(StoreUnavailable):
        if operation == "put_item":
            shop.writer.delete(["a"])
        else:
            shop.writer.update_attributes("a", Attributes(), 2)
