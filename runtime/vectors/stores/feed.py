"""The in-memory index of one embedding key: loaded from a snapshot or the table, then kept up to date."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError
from numpy.typing import NDArray

from runtime.vectors.engine import (
    Change,
    Delete,
    LiveIndex,
    SnapshotUnusable,
    Upsert,
    VectorIndex,
    build_index,
)
from runtime.vectors.port import Attributes
from runtime.vectors.stores.snapshots import SnapshotBucket
from runtime.vectors.stores.table import SHARDS, TOMBSTONE_SECONDS, EmbeddingsTable, Row

logger = Logger(child=True)

_SECOND = 1_000_000
OVERLAP = 5 * _SECOND
"""Each look at the changes goes back this far (microseconds), for rows that reach the index late or that were
stamped by a clock running behind."""
LATEST_ARRIVAL = 15 * _SECOND
"""A change that takes longer to show in the index of changes is missed until the index is loaded anew."""
LATEST_ARRIVAL_IN_SNAPSHOT = 120 * _SECOND
"""The same for snapshots: more patient, as their readers read these changes once, not every second."""
OLDEST_CHECKPOINT = (TOMBSTONE_SECONDS - 24 * 3600) * _SECOND
"""Beyond this age the tombstones written since may have expired, so that deletions would be missed."""


@dataclass(slots=True)
class _State:
    """One index and how far it has followed the changes; moments are epoch microseconds."""

    live: LiveIndex
    newest: dict[str, int]
    """By shard, the newest row seen."""
    polled_at: int
    """When the changes were last looked at, or the moment that the index was loaded as of."""
    source: str
    started_from: int
    snapshot: str | None = None
    seen: dict[str, int] = field(default_factory=dict[str, int])
    """`updated_at` by product of the rows read inside the overlap, so that they are applied once."""
    altered: int = 0
    """Changes that made a difference since the snapshot was written or the table was read."""

    def followed(self, patience: int) -> dict[str, int]:
        """Up to when each shard counts as read, if no row is later than `patience`."""
        return {shard: max(moment, self.polled_at - patience) for shard, moment in self.newest.items()}


class IndexFeed:
    """Loads the index and follows the table. Only `fold` may run beside the other methods, in a thread."""

    def __init__(self, table: EmbeddingsTable, snapshots: SnapshotBucket, dimensions: int) -> None:
        self._table = table
        self._snapshots = snapshots
        self._dimensions = dimensions
        self._state: _State | None = None

    @property
    def loaded(self) -> bool:
        """Whether there is an index to search."""
        return self._state is not None

    @property
    def live(self) -> LiveIndex:
        """The index as of the last `load` or `poll`."""
        return self._loaded_state().live

    @property
    def source(self) -> str:
        """Where the index came from: `snapshot` or `table`."""
        return self._loaded_state().source

    @property
    def snapshot(self) -> str | None:
        """Name of the snapshot that the index came from."""
        return self._loaded_state().snapshot

    @property
    def altered(self) -> int:
        """How many changes made a difference since the snapshot was written or the table was read."""
        return self._loaded_state().altered

    @property
    def starting_age(self) -> int:
        """Age (microseconds) of the snapshot or of the reading of the table that the index started from."""
        return self._table.now() - self._loaded_state().started_from

    @property
    def checkpoint(self) -> int:
        """Every change up to this moment (epoch microseconds) is in the index."""
        return min(self._loaded_state().followed(LATEST_ARRIVAL_IN_SNAPSHOT).values())

    @property
    def expired(self) -> bool:
        """Whether the index has not been refreshed for so long that deletions may have been missed."""
        return self._table.now() - self.checkpoint > OLDEST_CHECKPOINT

    def load(self, *, from_table: bool = False) -> None:
        """Read the newest usable snapshot, otherwise the table. Raises botocore's errors."""
        state = None if from_table else self._read_snapshot()
        self._state = state if state is not None else self._read_table()

    def poll(self) -> int:
        """Apply what changed since the last look and return how many changes made a difference.

        Raises botocore's errors; the index stays as it was.
        """
        state = self._loaded_state()
        began = self._table.now()
        rows = self._table.changes(
            {shard: moment - OVERLAP for shard, moment in state.followed(LATEST_ARRIVAL).items()}
        )
        fresh = [row for row in rows if state.seen.get(row.product_id) != row.updated_at]
        changes = [change for row in fresh if _alters(state.live, change := _change_of(row))]
        state.live.apply(changes)
        state.altered += len(changes)
        _advance(state, rows, began)
        return len(changes)

    def fold(self) -> None:
        """Build one index of the old one and its delta; it catches up with the changes at the next `poll`."""
        old = self._loaded_state()
        newest, polled_at = dict(old.newest), old.polled_at
        live = LiveIndex(old.live.rebuild())
        self._state = _State(
            live, newest, polled_at, old.source, old.started_from, old.snapshot, altered=old.altered
        )

    def consolidated(self) -> VectorIndex:
        """Everything in the index as one immutable index."""
        state = self._loaded_state()
        return state.live.rebuild() if state.altered else state.live.base

    def _loaded_state(self) -> _State:
        if self._state is None:
            raise RuntimeError("load the index first")
        return self._state

    def _read_snapshot(self) -> _State | None:
        try:
            name = self._snapshots.latest()
            if name is None:
                return None
            snapshot = self._snapshots.read(name)
        except (SnapshotUnusable, BotoCoreError, ClientError) as error:
            logger.warning("snapshot cannot be used, the table is read instead", reason=str(error))
            return None
        if self._table.now() - snapshot.manifest.checkpoint > OLDEST_CHECKPOINT:
            logger.warning("snapshot is too old, the table is read instead", snapshot=name)
            return None
        moment = snapshot.manifest.checkpoint
        return _State(LiveIndex(snapshot.index), _everywhere(moment), moment, "snapshot", moment, name)

    def _read_table(self) -> _State:
        began = self._table.now()
        rows = self._table.scan()
        live = LiveIndex(self._build(rows)) if rows else LiveIndex.empty(self._dimensions)
        return _State(live, _everywhere(began), began, "table", began)

    def _build(self, rows: Sequence[Row]) -> VectorIndex:
        vectors = np.empty((len(rows), self._dimensions), np.float16)
        for position, row in enumerate(rows):
            vectors[position] = row.vector
        return build_index([row.product_id for row in rows], vectors, [row.attributes for row in rows])


def _everywhere(moment: int) -> dict[str, int]:
    return dict.fromkeys(SHARDS, moment)


def _change_of(row: Row) -> Change:
    if row.vector is None:
        return Delete(row.product_id)
    return Upsert(row.product_id, row.vector.astype(np.float32), row.attributes)


def _alters(live: LiveIndex, change: Change) -> bool:
    """Whether the change says anything that the index does not know."""
    if not isinstance(change, Upsert):
        return change.product_id in live
    known = live.attributes(change.product_id)
    if known is None or _as_indexed(known) != _as_indexed(change.attributes):
        return True
    return not _same_direction(live.fetch([change.product_id])[change.product_id], change.vector)


def _as_indexed(attributes: Attributes) -> Attributes:
    """The attributes in the form an index keeps them: prices of 32 bits, sizes in no order."""
    price = None if attributes.price is None else float(np.float32(attributes.price))
    return replace(attributes, price=price, sizes=tuple(sorted(attributes.sizes)))


def _same_direction(left: NDArray[np.float32], right: NDArray[np.float32]) -> bool:
    # The engine gives vectors back within 1e-4 of what was stored.
    return bool(np.allclose(left, right, rtol=0, atol=5e-4))


def _advance(state: _State, rows: Sequence[Row], began: int) -> None:
    """Note what was read, in a look at the changes that began at `began`."""
    for row in rows:
        state.seen[row.product_id] = row.updated_at
        state.newest[row.shard] = max(state.newest[row.shard], row.updated_at)
    state.polled_at = began
    horizon = min(state.followed(LATEST_ARRIVAL).values()) - OVERLAP
    state.seen = {name: moment for name, moment in state.seen.items() if moment > horizon}
