"""Products and vectors follow the bucket: one event at a time, and many at once in any order."""

import hashlib
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from runtime.catalog.reconcile import Outcome, Reconciler, Unsettled
from runtime.shared.products import product_id_for_key
from runtime.vectors.attributes import attributes_of
from runtime.vectors.errors import EmbeddingRefused, EmbeddingThrottled, StoreUnavailable
from runtime.vectors.port import Attributes, Purpose, VectorSpace
from tests.unit.shop import FakeBucket, FakeEmbedder, FakeRows, FakeStore, Step, direction, draw

RED, BLUE, GREEN = draw((200, 25, 35)), draw((45, 100, 190)), draw((50, 140, 70))
KEY = "products/dress/summer_dress.jpg"
CSV = "products/catalogue.csv"
ID = product_id_for_key(KEY)


@dataclass
class World:
    bucket: FakeBucket = field(default_factory=FakeBucket)
    rows: FakeRows = field(default_factory=FakeRows)
    store: FakeStore = field(default_factory=FakeStore)
    embedder: FakeEmbedder = field(default_factory=FakeEmbedder)

    def __post_init__(self) -> None:
        self.reconciler = Reconciler(self.bucket, self.rows, self.store, self.embedder, "products/")  # pyright: ignore[reportArgumentType]

    def put(self, key: str, data: bytes | str, *, settle: bool = True) -> Any:
        self.bucket.objects[key] = data.encode() if isinstance(data, str) else data
        return self.reconciler.settle(key) if settle else None

    def set_step(self, step: Step) -> None:
        self.bucket.step = self.rows.step = self.store.step = self.embedder.step = step

    def check(self) -> None:
        """What is searchable and shown is exactly what is in the bucket, with the attributes of its row."""
        pictures = {product_id_for_key(key): key for key in self.bucket.objects if key.endswith(".jpg")}
        shown = {row.product_id: row for row in self.rows.rows.values() if row.is_shown}
        assert set(shown) == set(self.store.items) == set(pictures)
        for product_id, key in pictures.items():
            data = self.bucket.objects[key]
            row, item = shown[product_id], self.store.items[product_id]
            assert row.content_hash == item.content_hash == hashlib.sha256(data).hexdigest()
            assert row.embedding_key == self.embedder.key
            np.testing.assert_allclose(item.vector, direction(data), atol=1e-6)
            assert item.attributes == attributes_of(row)
            assert row.product_picture_s3_url == f"s3://catalog/{key}"


@pytest.fixture
def world() -> World:
    return World()


def test_a_new_picture_becomes_a_product(world: World) -> None:
    assert world.put(KEY, RED).outcome is Outcome.INDEXED
    row = world.rows.rows[ID]
    assert (row.name, row.category, row.color) == ("Summer dress", "dress", "red")
    assert (row.auto_imported, row.content_type) == (True, "image/png")
    assert row.description == "Red dress."
    assert row.created_at == row.updated_at
    assert row.created_at.endswith("+00:00")
    assert world.embedder.calls == [(None, RED, Purpose.INDEX)]
    world.check()


@pytest.mark.parametrize(
    "key",
    ["products/dress/a b.jpg", "products/dress/a+b.jpg", "products/hüte/ü%20.jpg", "products/日本/服.jpg"],
)
def test_unusual_keys(world: World, key: str) -> None:
    world.put(key, RED)
    world.check()


def test_the_same_bytes_again_cost_nothing(world: World) -> None:
    world.put(KEY, RED)
    row = world.rows.rows[ID]
    assert world.put(KEY, RED).outcome is Outcome.UNCHANGED
    assert world.rows.rows[ID] is row
    assert (world.rows.writes, len(world.embedder.calls)) == (1, 1)


def test_other_bytes_replace_the_vector_and_the_colour(world: World) -> None:
    world.put(KEY, RED)
    first = world.rows.rows[ID]
    assert world.put(KEY, BLUE).outcome is Outcome.INDEXED
    row = world.rows.rows[ID]
    assert (row.color, row.created_at) == ("blue", first.created_at)
    assert row.version > first.version
    assert len(world.rows.rows) == 1
    world.check()


def test_another_model_makes_the_vector_anew(world: World) -> None:
    world.put(KEY, RED)
    world.embedder.key = "other@16"
    assert world.reconciler.settle(KEY).outcome is Outcome.INDEXED
    world.check()


def test_a_deleted_picture_leaves_nothing(world: World) -> None:
    world.put(KEY, RED)
    del world.bucket.objects[KEY]
    for _ in range(2):
        assert world.reconciler.settle(KEY).outcome is Outcome.REMOVED
    assert (world.rows.rows, world.store.items) == ({}, {})


def test_a_product_that_comes_back_is_newer_than_it_ever_was(world: World) -> None:
    world.put(KEY, RED)
    before = world.rows.rows[ID].version
    del world.bucket.objects[KEY]
    world.reconciler.settle(KEY)
    world.put(KEY, RED)
    assert world.rows.rows[ID].version > before


def test_a_console_folder_is_no_product(world: World) -> None:
    assert world.put("products/dress/", b"").outcome is Outcome.UNCHANGED
    assert world.rows.rows == {}


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"hello", "picture-not-a-picture"),
        (b"", "picture-not-a-picture"),
        (RED[:-30], "picture-damaged"),
        (bytes(21 * 1024 * 1024), "picture-too-many-bytes"),
        (draw(side=8), "picture-too-small"),
    ],
)
def test_bad_pictures_are_refused_and_leave_nothing(world: World, data: bytes, kind: str) -> None:
    settled = world.put(KEY, data)
    assert (settled.outcome, settled.refusals[0].kind) == (Outcome.REFUSED, kind)
    assert (world.rows.rows, world.store.items, world.embedder.calls) == ({}, {}, [])


def test_a_picture_the_model_refuses(world: World) -> None:
    world.embedder.fail = EmbeddingRefused("no people, please")
    settled = world.put(KEY, RED)
    assert (settled.refusals[0].kind, settled.refusals[0].reason) == (
        "embedding-refused",
        "no people, please",
    )


def test_a_bad_picture_in_place_of_a_good_one_hides_the_product(world: World) -> None:
    world.put(KEY, RED)
    world.put(KEY, b"broken")
    assert (world.rows.rows, world.store.items) == ({}, {})


def test_statements_outlive_a_bad_picture(world: World) -> None:
    world.put(KEY, RED)
    world.put(CSV, f"image,price\n{KEY.removeprefix('products/')},50\n")
    world.put(KEY, b"broken")
    assert world.store.items == {}
    assert not world.rows.rows[ID].is_shown
    world.put(KEY, BLUE)
    assert world.rows.rows[ID].price == 50
    world.check()


def test_failures_are_raised_and_made_good_by_the_next_attempt(world: World) -> None:
    world.embedder.fail = EmbeddingThrottled("slow")
    with pytest.raises(EmbeddingThrottled):
        world.put(KEY, RED)
    assert world.rows.rows == {}
    world.embedder.fail = None
    world.reconciler.settle(KEY, retried=True)
    world.check()


def test_a_retry_never_trusts_the_row(world: World) -> None:
    world.put(KEY, RED)
    del world.store.items[ID]
    assert world.reconciler.settle(KEY).outcome is Outcome.UNCHANGED
    assert world.reconciler.settle(KEY, retried=True).outcome is Outcome.INDEXED
    world.check()


def test_a_key_that_never_holds_still_is_left_for_later(world: World) -> None:
    pictures = iter([RED, BLUE, GREEN] * 10)

    def change(operation: str) -> None:
        if operation == "etag":
            world.bucket.objects[KEY] = next(pictures)

    world.set_step(change)
    with pytest.raises(Unsettled):
        world.put(KEY, draw((1, 2, 3)))


LINE = "dress/summer_dress.jpg,Evening gown,gown,99.90,EUR,Grey,S|m,4"
FILE = f"image,name,category,price,currency,color,sizes,stock\n{LINE}\n"
STATED = Attributes("gown", "grey", 99.9, ("S", "M"), 4)


@pytest.mark.parametrize("order", [(KEY, CSV), (CSV, KEY)])
def test_picture_and_file_meet_in_either_order(world: World, order: tuple[str, str]) -> None:
    world.put(KEY, RED, settle=False)
    world.put(CSV, FILE, settle=False)
    for key in order:
        world.reconciler.settle(key)
    row = world.rows.rows[ID]
    assert (row.name, row.category, row.color) == ("Evening gown", "gown", "grey")
    assert (row.price, row.sizes, row.auto_imported) == (Decimal("99.90"), ("S", "m"), False)
    assert world.store.items[ID].attributes == STATED
    world.check()


def test_statements_survive_a_new_picture(world: World) -> None:
    world.put(KEY, RED)
    world.put(CSV, FILE)
    world.put(KEY, BLUE)
    assert world.store.items[ID].attributes == STATED
    assert world.rows.rows[ID].name == "Evening gown"
    world.check()


def test_what_is_not_stated_still_follows_the_picture(world: World) -> None:
    world.put(CSV, f"image,price\n{LINE.partition(',')[0]},5\n")
    world.put(KEY, RED)
    world.put(KEY, BLUE)
    row = world.rows.rows[ID]
    assert (row.name, row.category, row.color, row.price) == ("Summer dress", "dress", "blue", 5)


def test_a_file_before_its_picture_shows_nothing(world: World) -> None:
    settled = world.put(CSV, FILE)
    assert (settled.outcome, settled.rows_changed) == (Outcome.FILE_READ, 1)
    assert not world.rows.rows[ID].is_shown
    assert world.store.items == {}


def test_the_same_file_again_writes_nothing(world: World) -> None:
    world.put(KEY, RED)
    world.put(CSV, FILE)
    writes = world.rows.writes
    assert world.put(CSV, FILE).rows_changed == 0
    assert world.rows.writes == writes


def test_good_rows_land_beside_bad_ones(world: World) -> None:
    settled = world.put(CSV, "image,price\na.jpg,1\nb.jpg,free\n,3\nc.jpg,4\n")
    assert [(bad.kind, bad.row, bad.column) for bad in settled.refusals] == [
        ("catalogue-row", 3, "price"),
        ("catalogue-row", 4, "image"),
    ]
    assert (settled.rows_changed, len(world.rows.rows)) == (2, 2)


def test_an_unreadable_file_is_refused(world: World) -> None:
    settled = world.put(CSV, "picture,cost\na.jpg,1\n")
    assert settled.refusals[0].kind == "catalogue-file"


def test_deleting_a_file_unstates_nothing(world: World) -> None:
    world.put(KEY, RED)
    world.put(CSV, FILE)
    del world.bucket.objects[CSV]
    assert world.reconciler.settle(CSV).outcome is Outcome.UNCHANGED
    assert world.store.items[ID].attributes == STATED


def test_deleting_a_picture_twice_does_not_forget_a_later_statement(world: World) -> None:
    world.put(CSV, FILE)
    world.reconciler.settle(KEY)
    assert world.rows.rows[ID].price == Decimal("99.90")


def test_a_large_file_is_written_in_batches(world: World) -> None:
    lines = "".join(f"p{number}.jpg,{number}\n" for number in range(1_000))
    assert world.put(CSV, f"image,price\n{lines}").rows_changed == 1_000
    assert len(world.rows.rows) == 1_000


class Crash(BaseException):
    """The function is stopped in the middle."""


class Turns:
    """Lets threads run one step at a time, in an order that a seed decides; some steps end in a crash."""

    def __init__(self, chance: random.Random, crashes: float) -> None:
        self._chance = chance
        self._crashes = crashes
        self._lock = threading.Condition()
        self._waiting: set[int] = set()
        self._turn: int | None = None
        self._crash = False

    def step(self, _: str) -> None:
        me = threading.get_ident()
        with self._lock:
            self._waiting.add(me)
            self._lock.notify_all()
            self._lock.wait_for(lambda: self._turn == me)
            self._turn = None
            self._waiting.discard(me)
            if self._crash:
                raise Crash

    def run(self, jobs: list[Callable[[], None]], between: Callable[[], None]) -> None:
        """Run jobs to their ends; `between` happens at random moments."""
        left = len(jobs)

        def work(job: Callable[[], None]) -> None:
            nonlocal left
            job()
            with self._lock:
                left -= 1
                self._lock.notify_all()

        threads = [threading.Thread(target=work, args=(job,), daemon=True) for job in jobs]
        for thread in threads:
            thread.start()
        while True:
            with self._lock:
                self._lock.wait_for(lambda: self._turn is None and len(self._waiting) == left)
                if left == 0:
                    break
                if self._chance.random() < 0.15:
                    between()
                self._crash = self._chance.random() < self._crashes
                self._turn = self._chance.choice(sorted(self._waiting))
                self._lock.notify_all()
        for thread in threads:
            thread.join(10)


FILES = [
    "image,name,price\ndress/summer_dress.jpg,One,1\n",
    "image,color,price\ndress/summer_dress.jpg,grey,2\n",
]


@pytest.mark.parametrize("crashes", [0.0, 0.03])
@pytest.mark.parametrize("seed", range(60))
def test_racing_late_repeated_and_crashing_events_converge(seed: int, crashes: float) -> None:
    """Several functions at once, on one picture and its file, which change meanwhile: see `World.check`."""
    chance = random.Random(seed)
    world = World()
    pending: list[tuple[str, int]] = []
    lock = threading.Lock()

    def change() -> None:
        key = chance.choice([KEY, KEY, CSV])
        if key == CSV:
            world.bucket.objects[CSV] = chance.choice(FILES).encode()
        elif chance.random() < 0.3:
            world.bucket.objects.pop(KEY, None)
        else:
            world.bucket.objects[KEY] = chance.choice([RED, BLUE, GREEN])
        with lock:
            pending.extend([(key, 1)] * chance.choice([1, 1, 2]))
            chance.shuffle(pending)

    def work() -> None:
        while True:
            with lock:
                if not pending:
                    return
                key, attempt = pending.pop()
            try:
                world.reconciler.settle(key, retried=attempt > 1)
            except (Crash, Unsettled):
                with lock:
                    pending.insert(0, (key, attempt + 1))

    turns = Turns(chance, crashes)
    changes_left = 8

    def change_some() -> None:
        nonlocal changes_left
        if changes_left:
            changes_left -= 1
            change()

    for _ in range(4):
        change()
    world.set_step(turns.step)
    turns.run([work, work, work], change_some)
    world.set_step(lambda _: None)
    while pending:
        key, attempt = pending.pop()
        world.reconciler.settle(key, retried=attempt > 1)
    world.check()


# ---- while vectors move to another place


@dataclass
class Moving(World):
    """A shop whose vectors are written to a second store, of the same model or of another."""

    target: FakeStore = field(default_factory=FakeStore)
    model: FakeEmbedder | None = None

    def __post_init__(self) -> None:
        space = VectorSpace(self.target, self.model or self.embedder)
        self.reconciler = Reconciler(  # pyright: ignore[reportArgumentType]
            self.bucket,  # pyright: ignore[reportArgumentType]
            self.rows,  # pyright: ignore[reportArgumentType]
            self.store,
            self.embedder,
            "products/",
            also=[space],
        )

    def check_both(self) -> None:
        self.check()
        assert self.target.items.keys() == self.store.items.keys()
        for product_id, item in self.store.items.items():
            there = self.target.items[product_id]
            assert (there.version, there.attributes, there.content_hash) == (
                item.version,
                item.attributes,
                item.content_hash,
            )


def other_model() -> FakeEmbedder:
    return FakeEmbedder(key="other@16")


@pytest.mark.parametrize("model", [None, other_model()])
def test_both_places_follow_the_bucket(model: FakeEmbedder | None) -> None:
    world = Moving(model=model)
    world.put(KEY, RED)
    world.check_both()
    world.put(CSV, f"image,price\n{KEY.removeprefix('products/')},9.5\n")
    assert world.target.items[ID].attributes.price == 9.5
    world.check_both()
    world.put(KEY, BLUE)
    world.check_both()
    del world.bucket.objects[KEY]
    world.reconciler.settle(KEY)
    assert (world.store.items, world.target.items) == ({}, {})


def test_one_model_embeds_once_for_both_places() -> None:
    world = Moving()
    world.put(KEY, RED)
    assert len(world.embedder.calls) == 1


def test_the_row_names_the_model_that_the_shop_runs_on() -> None:
    world = Moving(model=other_model())
    world.put(KEY, RED)
    assert world.rows.rows[ID].embedding_key == world.embedder.key


def test_the_first_place_is_written_first() -> None:
    world = Moving()
    order: list[str] = []
    world.store.step = lambda operation: order.append(f"first {operation}")
    world.target.step = lambda operation: order.append(f"second {operation}")
    world.put(KEY, RED)
    world.put(CSV, f"image,price\n{KEY.removeprefix('products/')},9.5\n")
    del world.bucket.objects[KEY]
    world.reconciler.settle(KEY)
    assert order == [
        f"{place} {operation}"
        for operation in ("upsert", "update_attributes", "delete")
        for place in ("first", "second")
    ]


def test_what_only_the_second_model_refuses_stays_in_the_shop() -> None:
    model = other_model()
    world = Moving(model=model)
    world.put(KEY, RED)
    model.fail = EmbeddingRefused("no")
    assert world.put(KEY, BLUE).outcome is Outcome.INDEXED
    assert set(world.store.items) == {ID}
    assert world.target.items == {}, "a vector of the old picture must not be found"


def test_a_failure_of_the_second_place_is_tried_again() -> None:
    world = Moving()
    world.target.fail = StoreUnavailable("down")
    with pytest.raises(StoreUnavailable):
        world.put(KEY, RED)
    world.target.fail = None
    world.reconciler.settle(KEY, retried=True)
    world.check_both()
