"""Making products and vectors agree with what is in the bucket now.

Events only say where to look: they come twice, late and in any order, and several functions may work on one
key at once. What makes every order end in the same state:

1. What an event claims is ignored; the object as it is now decides.
2. A row is written on condition that it is still the one that was read, with a higher version. So of two
   writers one finds out and starts again, and the store takes the attributes of the later one.
3. A picture's vector is written before its row, so a row that names a content has its vector stored. What a
   file states is written to the row first, as only the row says which of two statements is the later one.
4. Whoever has written looks at the bucket once more, and starts again if the object has changed. So the
   last one to write has seen the last state.
5. While vectors move to another place, each write goes to that one as well, after the first: so the first
   always knows first, and whoever copies can look there for what it has missed.
6. Starting again, and a message that failed before, never trusts the row to tell what the store holds.
"""

import hashlib
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runtime.catalog.colors import name_color
from runtime.catalog.naming import category_of, describe, name_of
from runtime.catalog.statements import (
    BadRow,
    FileRefused,
    Statement,
    check_file_size,
    read_statements,
    spool,
)
from runtime.catalog.store import CatalogBucket, ProductRows, StoredObject
from runtime.shared.images import PictureRefused, check_picture, refuse_size
from runtime.shared.observability import describe_error, get_logger
from runtime.shared.products import Product, product_id_for_key
from runtime.vectors.attributes import attributes_of
from runtime.vectors.errors import EmbeddingRefused
from runtime.vectors.port import Embedder, Purpose, VectorItem, VectorSpace, VectorStore

MAX_PICTURE_BYTES = 20 * 1024 * 1024
_MAX_ROUNDS = 5
_ROWS_AT_ONCE = 100
_ROW_WORKERS = 16


class Unsettled(Exception):
    """The object or its row kept changing while it was worked on; worth another attempt."""


class Outcome(StrEnum):
    """What became of a key."""

    INDEXED = "Indexed"
    UNCHANGED = "Unchanged"
    REMOVED = "Removed"
    REFUSED = "Refused"
    FILE_READ = "FilesRead"


@dataclass(frozen=True, slots=True)
class Refused:
    """What will not work until a person changes it; `row` and `column` are of a catalogue file."""

    kind: str
    reason: str
    row: int | None = None
    column: str | None = None


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a key, and what was refused in it; `etag` is that of its object, empty without one."""

    outcome: Outcome
    refusals: tuple[Refused, ...] = ()
    rows_changed: int = 0
    etag: str = ""


@dataclass(slots=True)
class _Round:
    """What one call of `settle_picture` remembers from round to round."""

    key: str
    force: bool
    vectors: dict[tuple[str, str], NDArray[np.float32]] = field(
        default_factory=dict[tuple[str, str], NDArray[np.float32]]
    )
    """By embedding key and content."""


FindCluster = Callable[[NDArray[np.float32], str], int | None]
"""The cluster of a product by its vector (d,) and category; None while it has none."""


class Reconciler:
    """Settles keys of one bucket. Any exception it raises is worth another attempt."""

    def __init__(
        self,
        bucket: CatalogBucket,
        rows: ProductRows,
        store: VectorStore,
        embedder: Embedder,
        prefix: str,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        find_cluster: FindCluster = lambda _vector, _category: None,
        also: Sequence[VectorSpace] = (),
    ) -> None:
        self._bucket = bucket
        self._rows = rows
        self._store = store
        self._embedder = embedder
        self._prefix = prefix
        self._now = now
        self._find_cluster = find_cluster
        self._also = also
        # Keys are settled in parallel, pictures decoded one at a time: that bounds the memory.
        self._decoding = threading.Lock()

    def settle(self, key: str, *, retried: bool = False) -> Settled:
        """Make the product, or the products of a catalogue file, agree with the object of this key."""
        if key.endswith("/"):  # what a console makes for an empty folder
            return Settled(Outcome.UNCHANGED)
        settle = self._settle_file if key.lower().endswith(".csv") else self._settle_picture
        return settle(key, retried)

    def _settle_picture(self, key: str, retried: bool) -> Settled:
        round_ = _Round(key, force=retried)
        for _ in range(_MAX_ROUNDS):
            seen = self._bucket.open(key)
            settled = self._remove(round_) if seen is None else self._index(round_, seen)
            if settled is not None and self._is_current(key, seen, settled):
                return settled if seen is None else replace(settled, etag=seen.etag)
            round_.force = True
        raise Unsettled("the picture or its row kept changing")

    def _is_current(self, key: str, seen: StoredObject | None, settled: Settled) -> bool:
        if settled.outcome is Outcome.UNCHANGED:
            return True
        return self._bucket.etag_of(key) == (None if seen is None else seen.etag)

    def _remove(self, round_: _Round) -> Settled | None:
        """Remove the vector and the row of a picture that is gone. None: the row changed meanwhile."""
        product_id = product_id_for_key(round_.key)
        before = self._rows.get(product_id, consistent=True)
        self._delete_vectors(product_id)
        if before is None or not before.is_shown or self._rows.delete(before):
            return Settled(Outcome.REMOVED)
        return None

    def _index(self, round_: _Round, seen: StoredObject) -> Settled | None:
        """Write vector and row of a picture, or withdraw a bad one. None: the row changed meanwhile."""
        before = self._rows.get(product_id_for_key(round_.key), consistent=True)
        try:
            return self._index_good(round_, seen, before)
        except PictureRefused as refused:
            refusal = Refused(f"picture-{refused.code.value}", refused.advice)
        except EmbeddingRefused as refused:
            refusal = Refused("embedding-refused", str(refused))
        finally:
            seen.close()
        return Settled(Outcome.REFUSED, (refusal,)) if self._withdraw(round_.key, before) else None

    def _index_good(self, round_: _Round, seen: StoredObject, before: Product | None) -> Settled | None:
        if seen.size > MAX_PICTURE_BYTES:
            raise refuse_size(MAX_PICTURE_BYTES)
        data = seen.read()
        content_hash = hashlib.sha256(data).hexdigest()
        if not round_.force and self._is_indexed(before, content_hash):
            return Settled(Outcome.UNCHANGED)
        with self._decoding:
            content_type = check_picture(data, max_bytes=MAX_PICTURE_BYTES).content_type
            color = name_color(data)
        vector = _embed(round_, self._embedder, data, content_hash)
        described = self._describe(round_.key, before, color)
        product = replace(
            described,
            content_hash=content_hash,
            content_type=content_type,
            embedding_key=self._embedder.key,
            cluster=self._find_cluster(vector, described.category),
        )
        item = VectorItem(product.product_id, vector, attributes_of(product), content_hash, product.version)
        self._store.upsert([item])
        for space in self._also:
            _mirror(round_, space, item, data)
        return Settled(Outcome.INDEXED) if self._rows.write(product, before) else None

    def _delete_vectors(self, product_id: str) -> None:
        for store in self._stores():
            store.delete([product_id])

    def _stores(self) -> list[VectorStore]:
        return [self._store, *(space.store for space in self._also)]

    def _is_indexed(self, row: Product | None, content_hash: str) -> bool:
        return (
            row is not None and row.content_hash == content_hash and row.embedding_key == self._embedder.key
        )

    def _describe(self, key: str, before: Product | None, color: str) -> Product:
        """The product with what its picture tells, wherever no catalogue file has said otherwise."""
        base = self._next(key, before)
        category = base.category if "category" in base.stated else category_of(key, self._prefix)
        return replace(
            base,
            category=category,
            name=base.name if "name" in base.stated else name_of(key, category),
            color=base.color if "color" in base.stated else color,
            description=base.description if "description" in base.stated else describe(category, color),
        )

    def _next(self, key: str, before: Product | None) -> Product:
        """The row to write after `before`, with what follows from the key alone.

        Its version is the time in milliseconds, and always above the one before. A count would start again
        when a product comes back, and a slow writer could have left a vector of a higher count behind.
        """
        moment = self._now()
        now = moment.isoformat(timespec="milliseconds")
        version = max(int(1000 * moment.timestamp()), before.version + 1 if before else 0)
        base = before or Product(product_id=product_id_for_key(key), created_at=now)
        s3_url = f"s3://{self._bucket.name}/{key}"
        return replace(base, product_picture_s3_url=s3_url, updated_at=now, version=version)

    def _withdraw(self, key: str, before: Product | None) -> bool:
        """Take a product with an unusable picture out of the shop; False: its row changed meanwhile.

        What a catalogue file stated of it is kept for the day when the picture is replaced.
        """
        self._delete_vectors(product_id_for_key(key))
        if before is None or not before.is_shown:
            return True
        if not before.stated:
            return self._rows.delete(before)
        hidden = replace(self._next(key, before), content_hash=None, content_type=None, embedding_key=None)
        return self._rows.write(hidden, before)

    def _settle_file(self, key: str, retried: bool) -> Settled:
        for _ in range(_MAX_ROUNDS):
            seen = self._bucket.open(key)
            if seen is None:  # what was stated stays stated
                return Settled(Outcome.UNCHANGED)
            settled = self._read_file(key, seen, retried)
            if self._bucket.etag_of(key) == seen.etag:
                return replace(settled, etag=seen.etag)
        raise Unsettled("the catalogue file kept changing")

    def _read_file(self, key: str, seen: StoredObject, retried: bool) -> Settled:
        refusals: list[Refused] = []
        changed = 0
        try:
            check_file_size(seen.size)
            with spool(seen.read_chunks()) as file, ThreadPoolExecutor(_ROW_WORKERS) as pool:
                lines = read_statements(file, key, self._prefix)
                while batch := list(islice(lines, _ROWS_AT_ONCE)):
                    refusals += [_refuse_row(line) for line in batch if isinstance(line, BadRow)]
                    stated = [line for line in batch if isinstance(line, Statement)]
                    changed += self._apply_all(stated, retried, pool)
        except FileRefused as refused:
            refusals.append(Refused("catalogue-file", str(refused)))
        finally:
            seen.close()
        return Settled(Outcome.FILE_READ, tuple(refusals), changed)

    def _apply_all(self, statements: Sequence[Statement], retried: bool, pool: ThreadPoolExecutor) -> int:
        """Write what the statements change; how many rows that was."""
        ids = {statement.key: product_id_for_key(statement.key) for statement in statements}
        rows = self._rows.get_many(list(ids.values()), consistent=True)
        return sum(pool.map(lambda each: self._apply(each, rows.get(ids[each.key]), retried), statements))

    def _apply(self, statement: Statement, before: Product | None, retried: bool) -> bool:
        """Write one statement; False when it says nothing new."""
        for _ in range(_MAX_ROUNDS):
            product = self._state(statement.key, statement.values, before)
            if product is None:
                if retried and before:
                    self._update_attributes(before)
                return False
            if self._rows.write(product, before):
                self._update_attributes(product)
                return True
            before = self._rows.get(product.product_id, consistent=True)
        raise Unsettled("the row kept changing")

    def _update_attributes(self, product: Product) -> None:
        """Hand the attributes on to the vector, which a store may not see yet: then it is tried again.

        In a place that vectors still move to, most are not there at all, and what is is checked at the end.
        """
        if not product.is_shown or product.embedding_key != self._embedder.key:
            return
        attributes = attributes_of(product)
        if not self._store.update_attributes(product.product_id, attributes, product.version):
            raise Unsettled("the vector of a product is not there (yet)")
        for space in self._also:
            space.store.update_attributes(product.product_id, attributes, product.version)

    def _state(self, key: str, values: Mapping[str, Any], before: Product | None) -> Product | None:
        """The product with these values stated; None when that changes nothing."""
        after = self._next(key, before)
        if before is None:
            category = category_of(key, self._prefix)
            after = replace(after, category=category, name=name_of(key, values.get("category", category)))
        stated = tuple(sorted({*after.stated, *values}))
        after = replace(after, **values, stated=stated, auto_imported=False)
        if before and replace(after, updated_at=before.updated_at, version=before.version) == before:
            return None
        return after


def _embed(round_: _Round, embedder: Embedder, data: bytes, content_hash: str) -> NDArray[np.float32]:
    """The vector of a picture, made once however many rounds and stores want it."""
    wanted = (embedder.key, content_hash)
    if wanted not in round_.vectors:
        round_.vectors[wanted] = embedder.embed(image=data, purpose=Purpose.INDEX)
    return round_.vectors[wanted]


def _mirror(round_: _Round, space: VectorSpace, item: VectorItem, data: bytes) -> None:
    """Store an item in another space too. What only that space's model refuses stays in the shop."""
    try:
        vector = _embed(round_, space.embedder, data, item.content_hash)
    except EmbeddingRefused as refused:
        get_logger().warning("refused by the model migrated to", **describe_error(refused))
        space.store.delete([item.product_id])
    else:
        space.store.upsert([replace(item, vector=vector)])


def _refuse_row(bad: BadRow) -> Refused:
    return Refused("catalogue-row", bad.reason, bad.row, bad.column)
