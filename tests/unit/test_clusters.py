"""Grouping the catalogue: labels that keep their meaning, runs that break off, labels of new products."""

import hashlib
import json
import threading
from dataclasses import dataclass, field, replace
from typing import Any

import boto3
import numpy as np
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from numpy.typing import NDArray

from runtime.clusters.centroids import CentroidBucket, Centroids, Labels, Latest
from runtime.clusters.lease import Lease
from runtime.clusters.logic import OLDEST_S, ROWS_PER_CLUSTER, Clusterer
from runtime.clusters.matching import compare_centroids, compare_members, inherit
from runtime.clusters.trainer import Trainer
from runtime.shared.product_table import Page
from runtime.shared.products import Product
from tests.unit.shop import ENVIRONMENT, FakeRows, FakeStore, make_product

KEY = "model@16"
LOOKS = 5


class MemoryS3:
    """Objects by key; the service's part in this."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.reads: list[str] = []
        self.lock = threading.Lock()

    def put_object(
        self,
        *,
        Bucket: str,
        Key: str,
        Body: bytes,
        ContentType: str,
        IfMatch: str | None = None,
        IfNoneMatch: str | None = None,
    ) -> dict[str, Any]:
        with self.lock:
            known = self.objects.get(Key)
            if IfMatch and known is None:
                raise ClientError({"Error": {"Code": "NoSuchKey"}}, "PutObject")
            if (IfNoneMatch and known is not None) or (IfMatch and _etag(known) != IfMatch):
                raise ClientError({"Error": {"Code": "PreconditionFailed"}}, "PutObject")
            self.objects[Key] = Body
        return {"ETag": _etag(Body)}

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:
        self.reads.append(Key)
        if Key not in self.objects:
            raise ClientError({"Error": {"Code": "NoSuchKey"}}, "GetObject")
        body = self.objects[Key]
        return {"Body": _Body(body), "ETag": _etag(body)}


def _etag(body: bytes | None) -> str:
    return f'"{hashlib.md5(body or b"", usedforsecurity=False).hexdigest()}"'


@dataclass
class _Body:
    content: bytes

    def read(self) -> bytes:
        return self.content


class PagedRows(FakeRows):
    """The products table with its pages, small ones."""

    def count(self) -> int:
        return sum(product.is_shown for product in self.rows.values())

    def list(self, category: str | None, after: str | None, limit: int) -> Page:
        shown = sorted(p.product_id for p in self.rows.values() if p.is_shown)
        rest = [each for each in shown if after is None or each > after]
        page = tuple(self.rows[each] for each in rest[:7])
        return Page(page, page[-1].product_id if len(rest) > 7 else None)


@dataclass
class Shop:
    rows: PagedRows = field(default_factory=PagedRows)
    store: FakeStore = field(default_factory=FakeStore)
    s3: MemoryS3 = field(default_factory=MemoryS3)
    now: float = 1_000_000.0
    key: str = KEY
    also: FakeStore = field(default_factory=FakeStore)
    """Where vectors move to."""
    trainer: Trainer | None = None

    def add(self, look: int, count: int) -> list[Product]:
        rng = np.random.default_rng(look)
        added: list[Product] = []
        for number in range(len(self.rows.rows), len(self.rows.rows) + count):
            vector = center(look) + 0.03 * rng.standard_normal(16).astype(np.float32)
            product = replace(make_product(f"look {look} number {number}"), version=1)
            self.rows.rows[product.product_id] = product
            self.store.add(product, vector / np.float32(np.linalg.norm(vector)))
            added.append(product)
        return added

    def bucket(self) -> CentroidBucket:
        return CentroidBucket(self.s3, "lake", "clusters/")

    def lease(self) -> Lease:
        return Lease(self.s3, "lake", "clusters/", clock=lambda: self.now, sleep=self.pass_time)

    def pass_time(self, seconds: float) -> None:
        self.now += seconds

    def run(self, k: int = 100, *, force: bool = False, time_left_s: float = 900) -> dict[str, Any]:
        return Clusterer(
            self.rows,
            self.store,
            self.bucket(),
            self.lease(),
            embedding_key=self.key,
            k=k,
            trainer=self.trainer,
            also=[self.also],
            clock=lambda: self.now,
        ).run(time_left_s=time_left_s, force=force)

    def labels(self, products: list[Product]) -> set[int | None]:
        return {self.rows.rows[product.product_id].cluster for product in products}

    def current(self) -> Centroids:
        current = self.bucket().read()
        assert current is not None
        return current


def center(look: int) -> NDArray[np.float32]:
    return np.eye(16, dtype=np.float32)[look]


@pytest.fixture
def shop() -> Shop:
    return Shop()


def test_products_of_one_look_get_one_label_in_row_and_store(shop: Shop) -> None:
    looks = [shop.add(look, 12) for look in range(LOOKS)]
    figures = shop.run(k=LOOKS)
    assert (figures["clusters"], figures["changed"], figures["rows"]) == (LOOKS, 60, 60)
    assert all(len(shop.labels(look)) == 1 for look in looks)
    assert {label for look in looks for label in shop.labels(look)} == {*range(LOOKS)}
    for product in shop.rows.rows.values():
        item = shop.store.items[product.product_id]
        assert (item.attributes.cluster, item.version, product.version) == (product.cluster, 2, 2)


def test_while_vectors_move_labels_go_to_both_places_and_what_is_not_there_yet_is_left(shop: Shop) -> None:
    products = shop.add(0, 12)
    copied = products[0].product_id
    shop.also.upsert([shop.store.items[copied]])
    shop.run(k=1)
    assert shop.also.items == {copied: shop.store.items[copied]}
    assert shop.also.items[copied].attributes.cluster == shop.rows.rows[copied].cluster == 0


def test_a_small_catalogue_has_fewer_clusters(shop: Shop) -> None:
    shop.add(0, 3)
    assert shop.run(k=100)["clusters"] == 1
    shop.add(1, 37)
    assert shop.run(k=100, force=True)["clusters"] <= 40 // ROWS_PER_CLUSTER
    assert Shop().run() == {"grouped": False, "reason": "no products"}


def test_grouping_again_keeps_labels_and_writes_only_what_changed(shop: Shop) -> None:
    looks = [shop.add(look, 12) for look in range(LOOKS)]
    shop.run(k=LOOKS)
    before = [shop.labels(look) for look in looks]
    newcomers = shop.add(LOOKS, 13)
    figures = shop.run(k=LOOKS + 1)
    assert figures["reason"] == "growth"
    assert (figures["kept_labels"], figures["changed"]) == (LOOKS, 13)
    assert [shop.labels(look) for look in looks] == before
    assert shop.labels(newcomers) == {LOOKS}


def test_a_label_is_never_given_to_another_look(shop: Shop) -> None:
    shop.add(0, 12)
    gone = shop.add(1, 12)
    shop.run(k=2)
    (lost,) = shop.labels(gone)
    for product in gone:
        del shop.rows.rows[product.product_id]
        shop.store.delete([product.product_id])
    shop.run(k=2, force=True)
    shop.add(2, 12)
    shop.run(k=2, force=True)
    used = {product.cluster for product in shop.rows.rows.values()}
    assert lost not in used
    assert shop.current().manifest.next_label > max(label for label in used if label is not None)


def test_another_model_keeps_labels_by_what_is_in_the_clusters(shop: Shop) -> None:
    looks = [shop.add(look, 12) for look in range(LOOKS)]
    shop.run(k=LOOKS)
    before = [shop.labels(look) for look in looks]
    rotation = np.linalg.qr(np.random.default_rng(1).standard_normal((16, 16)))[0].astype(np.float32)
    for product_id, item in shop.store.items.items():
        shop.store.items[product_id] = replace(item, vector=rotation @ item.vector)
    shop.key = "other@16"
    assert shop.run(k=LOOKS)["reason"] == "other model"
    assert [shop.labels(look) for look in looks] == before


def test_a_run_that_broke_off_is_taken_up(shop: Shop) -> None:
    products = shop.add(0, 12) + shop.add(1, 12)
    writes: list[str] = []

    def break_off(operation: str) -> None:
        writes.append(operation)
        if writes.count("update_attributes") > 5 and operation == "update_attributes":
            raise ConnectionError("gone")

    shop.store.step = break_off
    with pytest.raises(ConnectionError):
        shop.run(k=2)
    assert shop.current().manifest.is_assigned is False
    shop.store.step = lambda _: None
    assert shop.run(k=2)["reason"] == "broken off"
    for product in products:
        row = shop.rows.rows[product.product_id]
        assert row.cluster is not None
        assert shop.store.items[product.product_id].attributes.cluster == row.cluster
    assert shop.run(k=2) == {"grouped": False, "reason": "nothing new"}


def test_two_runs_at_once_do_not_mix_their_labels(shop: Shop) -> None:
    """The second begins when the first has given half of its labels, and would group quite differently."""
    products = [product for look in range(LOOKS) for product in shop.add(look, 12)]
    second: list[dict[str, Any]] = []

    def begin_another(operation: str) -> None:
        if operation == "update_attributes" and not second:
            second.append({})
            second[0] = shop.run(k=2)

    shop.store.step = begin_another
    first = shop.run(k=LOOKS)
    assert second == [{"grouped": False, "reason": "another run is at work"}]
    assert first["clusters"] == LOOKS
    assert {*shop.current().manifest.labels} == shop.labels(products) == {*range(LOOKS)}
    assert shop.run(k=2, force=True)["grouped"], "whoever has ended is in nobody's way"


def test_a_forced_run_waits_for_its_turn_as_long_as_it_has_time(shop: Shop) -> None:
    shop.add(0, 12)
    with shop.lease().hold(30) as held:
        assert held
        assert shop.run(force=True, time_left_s=20)["reason"] == "another run is at work"
        shop.now -= 10
        assert shop.run(force=True)["grouped"], "the first was over after 35 s, dead or alive"


def test_a_killed_run_keeps_others_away_no_longer_than_it_might_have_run(shop: Shop) -> None:
    shop.add(0, 12)
    killed = shop.lease().hold(900)
    assert killed.__enter__()
    shop.now += 899
    assert shop.run()["reason"] == "another run is at work"
    shop.now += 7
    assert shop.run()["reason"] == "first"


def test_of_many_that_begin_at_once_one_groups(shop: Shop) -> None:
    begin = threading.Barrier(8)
    held: list[bool] = []

    def take() -> None:
        begin.wait()
        with shop.lease().hold(900) as mine:
            held.append(mine)
            begin.wait()

    for _ in range(2):  # nobody has had it before, and somebody has
        threads = [threading.Thread(target=take) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(held) == [False] * 7 + [True]
        held.clear()


def test_s3_itself_keeps_the_second_away(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket="lake")
        for _ in range(2):
            mine, other = (Lease(s3, "lake", "clusters/").hold(900) for _ in range(2))
            with mine as first, other as second:
                assert (first, second) == (True, False)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"until": "soon"}'])
def test_a_lease_that_cannot_be_read_keeps_nobody_away(shop: Shop, body: bytes) -> None:
    shop.add(0, 12)
    shop.s3.objects["clusters/lease.json"] = body
    assert shop.run()["grouped"]


def test_it_is_due_after_a_day(shop: Shop) -> None:
    shop.add(0, 12)
    assert shop.run()["reason"] == "first"
    shop.now += OLDEST_S - 1
    assert shop.run()["reason"] == "nothing new"
    shop.now += 1
    assert shop.run()["reason"] == "age"


def test_a_row_that_changes_meanwhile_keeps_the_change(shop: Shop) -> None:
    (product, *_) = shop.add(0, 12)
    once: list[str] = []

    def interfere(operation: str) -> None:
        if operation == "row write" and not once:
            once.append(operation)
            for product_id, row in shop.rows.rows.items():
                shop.rows.rows[product_id] = replace(row, name="renamed", version=row.version + 1)

    shop.rows.step = interfere
    shop.run(k=1)
    row = shop.rows.rows[product.product_id]
    assert (row.name, row.cluster) == ("renamed", 0)


def test_new_products_get_the_label_of_their_look_and_centroids_are_looked_for_once_a_minute(
    shop: Shop,
) -> None:
    clock = [0.0]
    labels = Labels(Latest(shop.bucket(), KEY, lambda: clock[0]))
    assert labels.find(center(1), "dress") is None
    looks = [shop.add(look, 12) for look in range(2)]
    shop.run(k=2)
    assert labels.find(center(1), "dress") is None
    clock[0] = 61
    assert {labels.find(center(1), "dress")} == shop.labels(looks[1])
    shop.s3.reads.clear()
    labels.find(center(0), "dress")
    assert shop.s3.reads == []
    clock[0] = 130
    labels.find(center(0), "dress")
    assert shop.s3.reads == ["clusters/current.json"]
    assert Labels(Latest(shop.bucket(), "other@16")).find(center(1), "dress") is None


@pytest.mark.parametrize("damage", ["manifest", "file", "shape"])
def test_damaged_clusters_are_none_and_are_made_anew(shop: Shop, damage: str) -> None:
    shop.add(0, 12)
    shop.run(k=1)
    if damage == "manifest":
        shop.s3.objects["clusters/current.json"] = b"{"
    elif damage == "file":
        del shop.s3.objects[f"clusters/{shop.current().manifest.sha256}.f32"]
    else:
        manifest = json.loads(shop.s3.objects["clusters/current.json"])
        shop.s3.objects["clusters/current.json"] = json.dumps(manifest | {"dimensions": 8}).encode()
    assert shop.bucket().read() is None
    assert Labels(Latest(shop.bucket(), KEY)).find(center(0), "dress") is None
    figures = shop.run(k=1)
    assert figures["reason"] == "first"
    # The rows say which labels there were, so that none is given a second meaning.
    assert shop.current().manifest.labels == (1,)


def test_the_file_is_little_endian_float32(shop: Shop) -> None:
    shop.add(0, 12)
    shop.run(k=1)
    body = shop.s3.objects[f"clusters/{shop.current().manifest.sha256}.f32"]
    current = shop.current()
    np.testing.assert_array_equal(
        np.frombuffer(body, "<f4").reshape(-1, 16), np.concatenate([current.vectors, current.means])
    )
    assert (len(current.vectors), len(current.means)) == (1, len(current.manifest.categories))


def test_similar_pairs_come_first_and_the_rest_get_new_labels() -> None:
    similarity = np.array([[0.9, 0.8], [0.95, 0.0], [0.0, 0.0]])
    assert inherit(similarity, (7, 3), 10) == (3, 7, 10)
    assert inherit(np.zeros((2, 1)), (7,), 8) == (8, 9)


def test_leftovers_do_not_inherit_from_each_other() -> None:
    old = np.array([[1, 0, 0], [0.8, 0.6, 0]], dtype=np.float32)
    new = np.array([[1, 0.05, 0], [1, -0.05, 0.5]], dtype=np.float32)
    similarity = compare_centroids(new, old)
    assert inherit(similarity, (0, 1), 2) == (0, 2)


def test_members_in_common_decide_across_models() -> None:
    new = np.array([0, 0, 0, 1, 1, 1], dtype=np.int32)
    old = np.array([1, 1, 1, 0, 0, -1], dtype=np.int32)
    assert compare_members(new, old, (2, 2)).tolist() == [[0, 1], [1, 0]]
