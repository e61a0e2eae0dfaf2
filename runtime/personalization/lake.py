"""The lake: accepted interactions as JSON lines, in folders by the hour in UTC.

    <prefix>dt=2026-11-20/hour=17/<digest>.jsonl

A file is named by what is in it, so a batch that is handed out twice writes the same file twice. Lines carry
pseudonyms: deleting a shopper's style profile, or resetting it, leaves nothing by which they could be found.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from runtime.personalization.port import Interaction


class Lake:
    """Writes interactions below a prefix of a bucket."""

    def __init__(self, client: Any, bucket: str, prefix: str) -> None:
        self._client = client
        self._bucket = bucket
        self._prefix = prefix

    def write(self, interactions: Sequence[Interaction]) -> None:
        """Store interactions, one file for each hour they are from."""
        for key, body in lay_out(interactions, self._prefix):
            self._client.put_object(
                Bucket=self._bucket, Key=key, Body=body, ContentType="application/x-ndjson"
            )


def lay_out(interactions: Sequence[Interaction], prefix: str) -> Iterator[tuple[str, bytes]]:
    """Keys and contents of the files for these interactions, each interaction once."""
    distinct = {each.event_id: each for each in interactions}
    ordered = sorted(distinct.values(), key=lambda each: (each.timestamp, each.event_id))
    for hour, lines in groupby(ordered, key=lambda each: each.timestamp // 3600):
        body = "".join(json.dumps(each.to_row(), separators=(",", ":")) + "\n" for each in lines).encode()
        folder = datetime.fromtimestamp(3600 * hour, UTC).strftime("dt=%Y-%m-%d/hour=%H")
        yield f"{prefix}{folder}/{hashlib.sha256(body).hexdigest()[:32]}.jsonl", body
