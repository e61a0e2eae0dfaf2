"""In what state the catalogue is: what waits, what is in the shop, and how old index and groups are."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from runtime.clusters.centroids import Manifest as Grouping
from runtime.desk.letters import Depth
from runtime.shared.aws import is_transient
from runtime.shared.moments import write_moment
from runtime.shared.product_table import ProductsUnavailable
from runtime.vectors.engine import Manifest, SnapshotUnusable
from runtime.vectors.stores.snapshots import written_at

COUNT_KEPT_S = 30.0
_COUNTING_S = 5.0

T = TypeVar("T")


class StateUnavailable(Exception):
    """Something that is asked did not answer; worth another attempt."""


class Queues(Protocol):
    """The ingestion's queue and its dead letters."""

    def queue_depth(self) -> Depth: ...

    def count(self) -> int: ...


class Snapshots(Protocol):
    """Snapshots of the index."""

    def latest(self) -> str | None: ...

    def read_manifest(self, name: str) -> Manifest: ...


class Groups(Protocol):
    """The groups of the products."""

    def read_manifest(self) -> Grouping | None: ...


class Right(Protocol):
    """The right to group the products."""

    def is_held(self) -> bool: ...


@dataclass(slots=True)
class ProductCount:
    """How many products the shop shows. Counting reads the table, so a figure serves for half a minute.

    A table that takes longer than COUNTING_S to read is not counted to its end.
    """

    client: Any
    table: str
    clock: Callable[[], float] = field(default=time.monotonic)
    _known: dict[str, Any] | None = None
    _known_at: float = 0.0

    def read(self) -> dict[str, Any]:
        """`count`, and whether that is all: else there are at least so many. Raises ProductsUnavailable."""
        now = self.clock()
        if self._known is None or now - self._known_at >= COUNT_KEPT_S:
            self._known, self._known_at = self._count(now), now
        return self._known

    def _count(self, begun: float) -> dict[str, Any]:
        total = 0
        place: dict[str, Any] = {}
        while True:
            answer = self._scan(place)
            total += answer["Count"]
            if not answer.get("LastEvaluatedKey"):
                return {"count": total, "is_all": True}
            if self.clock() - begun > _COUNTING_S:
                return {"count": total, "is_all": False}
            place = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}

    def _scan(self, place: dict[str, Any]) -> Any:
        try:
            return self.client.scan(
                TableName=self.table,
                Select="COUNT",
                FilterExpression="attribute_exists(content_hash)",
                **place,
            )
        except (ClientError, BotoCoreError) as error:
            if is_transient(error):
                raise ProductsUnavailable("the products table did not answer") from error
            raise


@dataclass(frozen=True, slots=True)
class Grouper:
    """The function that groups the products."""

    client: Any
    function: str

    def start(self) -> None:
        """Have the products grouped anew, without waiting for it. Raises StateUnavailable."""
        try:
            self.client.invoke(FunctionName=self.function, InvocationType="Event", Payload=b'{"force": true}')
        except (ClientError, BotoCoreError) as error:
            if is_transient(error):
                raise StateUnavailable("the function that groups products did not answer") from error
            raise


@dataclass(frozen=True, slots=True)
class State:
    """Puts together what is known. Methods raise StateUnavailable and what the parts raise."""

    backend: str
    queues: Queues
    products: ProductCount
    snapshots: Snapshots | None
    """None where the backend keeps its index by itself."""
    groups: Groups
    right: Right

    def describe(self) -> dict[str, Any]:
        """The answer of GET /catalog/status; figures of queues are approximate, as SQS counts them."""
        depth = self.queues.queue_depth()
        return {
            "queue": {"waiting": depth.waiting, "in_work": depth.in_work},
            "dead_letters": self.queues.count(),
            "products": self.products.read(),
            "vector_backend": self.backend,
            "snapshot": _ask(self._describe_snapshot),
            "clusters": _ask(self._describe_groups),
        }

    def is_grouping(self) -> bool:
        """Whether the products are being grouped right now."""
        return _ask(self.right.is_held)

    def _describe_snapshot(self) -> dict[str, Any] | None:
        name = None if self.snapshots is None else self.snapshots.latest()
        if self.snapshots is None or name is None:
            return None
        try:
            manifest = self.snapshots.read_manifest(name)
            model, _, dimensions = manifest.embedding_key.rpartition("@")
            return {
                "written_at": write_moment(written_at(name)),
                "vectors": manifest.count,
                "bytes": manifest.total_bytes,
                "model": model,
                "dimensions": int(dimensions),
            }
        except (SnapshotUnusable, ValueError):
            return None

    def _describe_groups(self) -> dict[str, Any]:
        manifest = self.groups.read_manifest()
        known = {
            "made_at": None if manifest is None else write_moment(manifest.made_at),
            "count": 0 if manifest is None else len(manifest.labels),
            "products": 0 if manifest is None else manifest.rows,
            "is_assigned": manifest is not None and manifest.is_assigned,
        }
        return known | {"running": self.right.is_held()}


def _ask(question: Callable[[], T]) -> T:
    try:
        return question()
    except (ClientError, BotoCoreError) as error:
        if is_transient(error):
            raise StateUnavailable("S3 did not answer") from error
        raise
