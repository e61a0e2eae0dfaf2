"""From the lake's interactions to what Amazon Personalize learns from: one CSV of users and clusters.

Format: https://docs.aws.amazon.com/personalize/latest/dg/interactions-datasets.html
"""

import csv
import gzip
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from runtime.personalization.events import teaches
from runtime.personalization.rankers.personalize import item_of

FEWEST_INTERACTIONS = 1000
FEWEST_USERS = 25
"""Users with at least two interactions each. Both: https://docs.aws.amazon.com/personalize/latest/dg/limits.html"""

SCHEMA: Mapping[str, Any] = {
    "type": "record",
    "name": "Interactions",
    "namespace": "com.amazonaws.personalize.schema",
    "fields": [
        {"name": "USER_ID", "type": "string"},
        {"name": "ITEM_ID", "type": "string"},
        {"name": "EVENT_TYPE", "type": "string"},
        {"name": "EVENT_VALUE", "type": "float"},
        {"name": "TIMESTAMP", "type": "long"},
    ],
    "version": "1.0",
}
"""The Avro schema of the file, and of the events that come later."""
COLUMNS = tuple(field["name"] for field in SCHEMA["fields"])


class Writable(Protocol):
    """Takes text, as a file does."""

    def write(self, text: str, /) -> Any: ...


@dataclass(slots=True)
class Counts:
    """What was found in the lake. `skipped` says of nothing that can be learned, by reason."""

    written: int = 0
    skipped: Counter[str] = field(default_factory=Counter[str])
    by_user: Counter[str] = field(default_factory=Counter[str])
    clusters: set[int] = field(default_factory=set[int])

    @property
    def users(self) -> int:
        """Users from whom something can be learned: with at least two interactions."""
        return sum(count >= 2 for count in self.by_user.values())

    def shortage(self) -> str | None:
        """Why this is too little to train with; None when it is enough."""
        if self.written >= FEWEST_INTERACTIONS and self.users >= FEWEST_USERS:
            return None
        return (
            f"not enough data yet: {self.written} of {FEWEST_INTERACTIONS} interactions, "
            f"{self.users} of {FEWEST_USERS} users with two or more"
        )


def write_csv(rows: Iterable[Mapping[str, Any] | None], to: Writable) -> Counts:
    """Write what can be learned from `rows` (members as in `Interaction.to_row`; None: unreadable).

    Dislikes are left out, as Personalize takes every event for a liking; so are products without a cluster
    and interactions that were told twice.
    """
    writer = csv.writer(to, lineterminator="\n")
    writer.writerow(COLUMNS)
    counts, seen = Counts(), set[str]()
    for row in rows:
        reason = _reason_to_skip(row, seen)
        if row is None or reason:
            counts.skipped[reason or "unreadable"] += 1
            continue
        seen.add(row["event_id"])
        user, cluster = row["user_id"], row["cluster"]
        writer.writerow([user, item_of(cluster), row["event_type"], row["event_value"], row["timestamp"]])
        counts.written += 1
        counts.by_user[user] += 1
        counts.clusters.add(cluster)
    return counts


def _reason_to_skip(row: Mapping[str, Any] | None, seen: set[str]) -> str | None:
    if row is None or not _is_whole(row):
        return "unreadable"
    if row["event_id"] in seen:
        return "repeated"
    if row["cluster"] is None:
        return "without cluster"
    return None if teaches(row["event_type"], row["cluster"]) else "dislike"


def _is_whole(row: Mapping[str, Any]) -> bool:
    texts = all(isinstance(row.get(key), str) and row[key] for key in ("event_id", "user_id", "event_type"))
    numbers = isinstance(row.get("timestamp"), int) and isinstance(row.get("event_value"), int | float)
    return texts and numbers and isinstance(row.get("cluster"), int | None)


def read_rows(key: str, content: bytes) -> Iterator[Mapping[str, Any] | None]:
    """The rows of one object of the lake, a JSON object a line, compressed where the key ends in `.gz`.

    None stands for a line that is no such thing: one bad line must not keep everyone's taste from training.
    """
    try:
        text = gzip.decompress(content) if key.endswith(".gz") else content
    except (OSError, EOFError):
        yield None
        return
    for line in text.splitlines():
        if line.strip():
            yield _parse(line)


def _parse(line: bytes) -> Mapping[str, Any] | None:
    try:
        row = json.loads(line)
    except ValueError:
        return None
    return row if isinstance(row, dict) else None
