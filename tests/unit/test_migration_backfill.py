"""The backfill under all that can happen to it: kills, changes, deletions, late stores, busy models."""

import hashlib
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from runtime.migration.backfill import Backfill, SourceUnsettled, differ
from runtime.migration.journal import MigrationBusy
from runtime.migration.state import MOST_SKIPPED, Migration, MigrationRefused, Stage, switched
from runtime.migration.translate import EmbedAgain, Translated, keep_vectors
from runtime.shared.products import Product
from runtime.vectors.errors import EmbeddingFailed, EmbeddingRefused, EmbeddingThrottled, StaleCursor
from runtime.vectors.migration import Phase
from runtime.vectors.port import (
    NO_FILTERS,
    Attributes,
    Filters,
    Hit,
    Purpose,
    ScanPage,
    SearchResult,
    StoreStats,
    VectorItem,
)

Step = Callable[[str], None]


class Killed(BaseException):
    """The process ends here."""


def nothing_happens(_operation: str) -> None:
    """No other writer."""


@dataclass
class PlainStore:
    """A store without conditional writes, as S3 Vectors is one: upsert reads, then writes, in two steps."""

    backend: str = "plain"
    settles_after_s: float = 0.0
    items: dict[str, VectorItem] = field(default_factory=dict)
    step: Step = nothing_happens
    stale_cursors: set[str] = field(default_factory=set)

    def upsert(self, items: Sequence[VectorItem]) -> None:
        self.step("upsert begins")
        before = dict(self.items)
        self.step("upsert has read")
        for item in items:
            known = before.get(item.product_id)
            if known is None or known.version <= item.version:
                self.items[item.product_id] = item
        self.step("upsert")

    def update_attributes(self, product_id: str, attributes: Attributes, version: int) -> bool:
        known = self.items.get(product_id)
        if known is not None and known.version <= version:
            self.items[product_id] = replace(known, attributes=attributes, version=version)
        return known is not None

    def delete(self, product_ids: Sequence[str]) -> None:
        self.step("delete begins")
        for each in product_ids:
            self.items.pop(each, None)
        self.step("delete")

    def fetch(self, product_ids: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        return {each: item.vector for each, item in self.read(product_ids).items()}

    def read(self, product_ids: Sequence[str]) -> dict[str, VectorItem]:
        self.step("read")
        return {each: self.items[each] for each in product_ids if each in self.items}

    def scan(self, cursor: str | None, limit: int) -> ScanPage:
        self.step("scan")
        if cursor in self.stale_cursors:
            self.stale_cursors.discard(cursor)
            raise StaleCursor("expired")
        names = [each for each in sorted(self.items) if cursor is None or each > cursor]
        page = tuple(self.items[each] for each in names[:limit])
        return ScanPage(page, names[limit - 1] if len(names) > limit else None)

    def count(self) -> int:
        return len(self.items)

    def search(
        self, query: NDArray[np.float32], k: int, filters: Filters = NO_FILTERS, *, exact: bool = False
    ) -> SearchResult:
        hits = [Hit(each.product_id, float(each.vector @ query)) for each in self.items.values()]
        hits.sort(key=lambda hit: -hit.score)
        return SearchResult(tuple(hits[:k]), True)

    def stats(self) -> StoreStats:
        return StoreStats(len(self.items), 8, {})


@dataclass
class PlainJournal:
    """The record, durable in this test; a write on what is no longer there is refused."""

    migration: Migration = field(default_factory=Migration)
    saves: list[Migration] = field(default_factory=list)
    step: Step = nothing_happens

    def load(self) -> Migration:
        return self.migration

    def save(self, migration: Migration) -> Migration:
        self.step("save begins")
        if migration.revision != self.migration.revision:
            raise MigrationBusy("another came first")
        self.migration = replace(migration, revision=migration.revision + 1)
        self.saves.append(self.migration)
        self.step("save")
        return self.migration


def picture(name: str, version: int = 1) -> bytes:
    return f"{name} {version}".encode()


def make(name: str, version: int = 1, **attributes: Any) -> VectorItem:
    content = picture(name, version)
    vector = np.random.default_rng(list(content)).normal(size=8).astype(np.float32)
    vector /= np.linalg.norm(vector)
    return VectorItem(name, vector, Attributes(**attributes), hashlib.sha256(content).hexdigest(), version)


@dataclass
class World:
    """A shop that moves; `write` and `remove` are what the ingestion does: the source first."""

    source: PlainStore = field(default_factory=PlainStore)
    target: PlainStore = field(default_factory=PlainStore)
    journal: PlainJournal = field(default_factory=PlainJournal)
    now: float = 1_800_000_000.0
    pauses: list[float] = field(default_factory=list)
    page: int = 4

    def backfill(self, translate: Any = keep_vectors) -> Backfill:
        return Backfill(
            self.source,
            self.target,
            translate,
            self.journal,  # pyright: ignore[reportArgumentType]
            page=self.page,
            clock=lambda: self.now,
            pause=self.pause,
        )

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds

    def run(self, translate: Any = keep_vectors) -> Migration:
        return self.backfill(translate).run(lambda: True)

    def stock(self, count: int) -> None:
        self.source.upsert([make(f"p{number:03}", price=float(number)) for number in range(count)])

    def set_step(self, step: Step) -> None:
        self.source.step = self.target.step = self.journal.step = step

    def write(self, item: VectorItem) -> None:
        for store in (self.source, self.target):
            store.upsert([item])

    def remove(self, name: str) -> None:
        for store in (self.source, self.target):
            store.delete([name])

    def check(self) -> None:
        assert set(self.target.items) == set(self.source.items)
        for name, item in self.source.items.items():
            assert not differ(item, self.target.items[name]), name
            np.testing.assert_array_equal(item.vector, self.target.items[name].vector)


@pytest.fixture
def world() -> World:
    return World()


def test_everything_is_copied_page_by_page(world: World) -> None:
    world.stock(10)
    done = world.run()
    world.check()
    assert (done.stage, done.phase) == (Stage.DONE, Phase.VERIFYING)
    assert (done.copied, done.total, done.repaired, done.skipped) == (10, 10, 0, {})
    # The beginning, three pages of the source, three of the target.
    assert [each.stage for each in world.journal.saves] == [Stage.COPY] * 3 + [Stage.CHECK] * 3 + [Stage.DONE]
    assert [each.copied for each in world.journal.saves][:4] == [0, 4, 8, 10]


def test_an_empty_shop_is_copied_at_once(world: World) -> None:
    assert world.run().is_backfilled
    world.check()


def test_time_that_runs_out_is_no_loss(world: World) -> None:
    world.stock(10)
    turns = iter([True, True, False])
    first = world.backfill().run(lambda: next(turns))
    assert (first.copied, first.stage, first.cursor) == (8, Stage.COPY, "p007")
    scans: list[str] = []
    world.source.step = scans.append
    world.run()
    assert scans.count("scan") == 1
    world.check()


def test_a_finished_backfill_does_nothing_more(world: World) -> None:
    world.stock(3)
    world.run()
    saved = len(world.journal.saves)
    assert world.run().copied == 3
    assert len(world.journal.saves) == saved


@pytest.mark.parametrize("seed", range(8))
def test_a_kill_at_any_moment_is_survived(world: World, seed: int) -> None:
    """Every operation may be the last; between them the shop goes on."""
    world.stock(30)
    chance = random.Random(seed)
    kills = 0

    def kill(_operation: str) -> None:
        if chance.random() < 0.15:
            raise Killed

    for _ in range(500):
        world.set_step(kill)
        try:
            done = world.run()
        except Killed:
            kills += 1
        else:
            assert done.is_backfilled
            break
        world.set_step(nothing_happens)
        act(world, chance)
    else:
        raise AssertionError("never came to an end")
    assert kills > 5
    world.check()


@pytest.mark.parametrize("seed", range(30))
def test_changes_and_deletions_in_between_win(world: World, seed: int) -> None:
    """Other writers act between any two operations, also inside a write of the target."""
    world.stock(24)
    chance = random.Random(seed)
    busy = False

    def interfere(_operation: str) -> None:
        nonlocal busy
        if busy or chance.random() > 0.3:
            return
        busy = True
        act(world, chance)
        busy = False

    world.set_step(interfere)
    world.run()
    world.check()


def act(world: World, chance: random.Random) -> None:
    name = f"p{chance.randrange(34):03}"
    known = world.source.items.get(name)
    kind = chance.choice(["write", "remove", "describe"])
    if kind == "remove":
        world.remove(name)
    elif kind == "describe" and known is not None:
        attributes = Attributes(price=float(chance.randrange(99)))
        for store in (world.source, world.target):
            store.update_attributes(name, attributes, known.version + 1)
    else:
        world.write(make(name, (known.version if known else chance.randrange(9)) + 1))


def test_an_older_copy_never_stays_over_a_newer_one(world: World) -> None:
    """The target has no conditional writes: the copy overtakes the ingestion, and is put right."""
    world.stock(1)
    newer = make("p000", 7, color="red")

    def interfere(operation: str) -> None:
        if operation == "upsert has read":
            world.set_step(nothing_happens)
            world.write(newer)

    world.target.step = interfere
    world.run()
    assert (world.target.items["p000"].version, world.target.items["p000"].attributes.color) == (7, "red")
    world.check()


def test_what_is_deleted_during_the_copy_stays_deleted(world: World) -> None:
    world.stock(3)

    def interfere(operation: str) -> None:
        if operation == "upsert begins":
            world.set_step(nothing_happens)
            world.remove("p001")

    world.target.step = interfere
    world.run()
    assert set(world.target.items) == {"p000", "p002"}


def test_what_comes_back_after_its_deletion_is_kept(world: World) -> None:
    world.stock(1)
    turns = iter(["remove", "write"])

    def interfere(operation: str) -> None:
        if operation in ("upsert begins", "delete begins") and (turn := next(turns, None)):
            world.set_step(nothing_happens)
            world.remove("p000") if turn == "remove" else world.write(make("p000", 9))
            world.target.step = interfere

    world.target.step = interfere
    world.run()
    assert world.target.items["p000"].version == 9
    world.check()


def test_a_product_that_never_rests_is_tried_again_later(world: World) -> None:
    world.stock(1)
    versions = iter(range(2, 10_000))

    def interfere(operation: str) -> None:
        if operation == "read":
            world.source.items["p000"] = make("p000", next(versions))

    world.source.step = interfere
    with pytest.raises(SourceUnsettled):
        world.run()
    world.source.step = nothing_happens
    world.run()
    world.check()


def test_a_late_source_is_checked_again_when_it_has_settled(world: World) -> None:
    """Deletions that a store shows late: the copy brings a product back, the check removes it."""
    world.stock(6)
    world.source.settles_after_s = 60.0
    began = world.now
    late = make("gone", 1)
    world.source.items["gone"] = late  # deleted in truth, as everywhere else

    def settle(seconds: float) -> None:
        world.now += seconds
        if world.now - began >= 30:
            world.source.items.pop("gone", None)

    backfill = world.backfill()
    backfill._pause = settle  # pyright: ignore[reportPrivateUsage]
    done = backfill.run(lambda: True)
    assert world.now - began >= 60
    assert (done.copied, done.repaired) == (7, 1)
    world.check()


@dataclass
class LateStore(PlainStore):
    """Shows what was written only after a while, as an index does that is refreshed now and then."""

    settles_after_s: float = 10.0
    clock: Callable[[], float] = time.time
    unseen: list[tuple[float, str, VectorItem | None]] = field(default_factory=list)

    def upsert(self, items: Sequence[VectorItem]) -> None:
        self.unseen += [(self.clock(), item.product_id, item) for item in items]

    def delete(self, product_ids: Sequence[str]) -> None:
        self.unseen += [(self.clock(), each, None) for each in product_ids]

    def read(self, product_ids: Sequence[str]) -> dict[str, VectorItem]:
        seen = [each for each in self.unseen if each[0] + self.settles_after_s <= self.clock()]
        self.unseen = [each for each in self.unseen if each not in seen]
        for _, name, item in seen:
            super().delete([name])
            super().upsert([item] if item else [])
        return super().read(product_ids)


def test_what_changes_while_a_late_source_is_checked_is_not_undone(world: World) -> None:
    world.stock(6)
    world.source = LateStore(items=world.source.items, clock=lambda: world.now)
    changes = [
        lambda: world.write(make("p001", 2, price=99.0)),
        lambda: world.write(make("new")),
        lambda: world.remove("p004"),
    ]

    def change(operation: str) -> None:
        while operation == "scan" and world.journal.load().stage is Stage.CHECK and changes:
            changes.pop()()

    world.target.step = change
    world.run()
    world.now += world.source.settles_after_s
    world.source.read([])
    assert not changes
    assert world.target.items["p001"].version == 2
    world.check()


def test_what_an_abandoned_migration_left_is_put_right(world: World) -> None:
    world.stock(5)
    world.target.upsert([make("old"), make("p001", 0), make("p002"), make("p003", 99)])
    world.run()
    world.check()


def test_a_place_that_is_taken_no_longer_means_from_the_beginning(world: World) -> None:
    world.stock(10)
    world.source.stale_cursors = {"p003"}
    world.target.stale_cursors = {"p007"}
    done = world.run()
    assert done.is_backfilled
    assert done.copied == 14
    world.check()


def test_two_backfills_at_once_do_not_both_go_on(world: World) -> None:
    world.stock(10)

    def overtake(operation: str) -> None:
        if operation == "save begins" and world.journal.migration.copied == 4:
            world.journal.step = nothing_happens
            world.run()

    world.journal.step = overtake
    with pytest.raises(MigrationBusy):
        world.run()
    assert world.journal.migration.is_backfilled
    world.check()


def test_once_more_copies_everything_once_more(world: World) -> None:
    world.stock(5)
    world.run()
    world.target.items.clear()
    world.backfill().restart()
    assert world.run().copied == 5
    world.check()


def test_nothing_is_copied_anew_once_the_target_answers(world: World) -> None:
    world.stock(2)
    done = replace(world.run(), report={"passed": True})
    world.journal.save(switched(done, 1))
    with pytest.raises(MigrationRefused, match="roll back"):
        world.backfill().restart()


# ---- another model


@dataclass
class Album:
    """Pictures by product, as the bucket and the products table have them."""

    content: dict[str, bytes] = field(default_factory=dict)
    unknown: set[str] = field(default_factory=set)

    def rows(self, product_ids: Sequence[str]) -> dict[str, Product]:
        return {each: Product(product_id=each) for each in product_ids if each not in self.unknown}

    def read(self, product: Product) -> bytes | None:
        return self.content.get(product.product_id)


@dataclass
class OtherModel:
    key: str = "other@8"
    dimensions: int = 8
    calls: int = 0
    failures: list[Exception] = field(default_factory=list)

    def embed(
        self, *, text: str | None = None, image: bytes | None = None, purpose: Purpose = Purpose.QUERY
    ) -> NDArray[np.float32]:
        assert image is not None and purpose is Purpose.INDEX
        if self.failures:
            raise self.failures.pop()
        if image.startswith(b"p002"):
            raise EmbeddingRefused("no")
        self.calls += 1
        return other_vector(image)


def other_vector(image: bytes) -> NDArray[np.float32]:
    vector = np.random.default_rng([7, *image]).normal(size=8).astype(np.float32)
    return (vector / np.linalg.norm(vector)).astype(np.float32)


@pytest.fixture
def album(world: World) -> Album:
    world.stock(6)
    return Album({name: picture(name) for name in world.source.items})


def embed_again(world: World, album: Album, model: OtherModel) -> EmbedAgain:
    return EmbedAgain(album, model, world.target, world.pause)  # pyright: ignore[reportArgumentType]


def test_another_model_embeds_every_picture_once(world: World, album: Album) -> None:
    model = OtherModel()
    done = world.run(embed_again(world, album, model))
    assert set(world.target.items) == set(world.source.items) - {"p002"}
    for name, item in world.target.items.items():
        np.testing.assert_array_equal(item.vector, other_vector(picture(name)))
        assert not differ(item, world.source.items[name])
    assert model.calls == 5
    assert done.skipped == {"p002": "the model refuses its picture"}
    world.backfill(embed_again(world, album, model)).restart()
    world.run(embed_again(world, album, model))
    assert model.calls == 5, "what the target has of the same picture is kept"


def test_what_has_no_picture_is_told(world: World, album: Album) -> None:
    del album.content["p001"]
    album.unknown = {"p003"}
    album.content["p004"] = b"replaced a moment ago"
    done = world.run(embed_again(world, album, OtherModel()))
    assert done.skipped == {
        "p001": "its picture is gone",
        "p002": "the model refuses its picture",
        "p003": "the products table does not know it",
        "p004": "its picture has changed",
    }
    assert set(world.target.items) == {"p000", "p005"}


def test_a_busy_model_is_asked_again_after_growing_pauses(world: World, album: Album) -> None:
    model = OtherModel(
        failures=[EmbeddingThrottled("busy"), EmbeddingFailed("fault"), EmbeddingThrottled("")]
    )
    world.run(embed_again(world, album, model))
    assert model.calls == 5
    assert sorted(world.pauses)[-1] <= 4.0
    assert len(world.pauses) == 3


def test_a_model_that_stays_busy_ends_the_run_and_not_the_migration(world: World, album: Album) -> None:
    model = OtherModel(failures=[EmbeddingThrottled("busy")] * 1000)
    with pytest.raises(EmbeddingThrottled):
        world.run(embed_again(world, album, model))
    model.failures = []
    assert world.run(embed_again(world, album, model)).is_backfilled


def test_too_many_that_cannot_be_moved_are_a_fault(world: World) -> None:
    world.page = 500
    world.source.items = {f"{number}": make(f"{number}") for number in range(MOST_SKIPPED + 1)}
    with pytest.raises(MigrationRefused, match="1,000 products cannot be moved; of the last: no"):
        world.run(lambda items: Translated((), {item.product_id: "no" for item in items}))
