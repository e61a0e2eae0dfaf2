"""Which pictures a shopper has, newest first: what they asked for, and where the picture is.

Rows of the quotas table under the shopper's id, with keys `picture#<image id>`. An image id begins with the
time at which it was asked for, so that the order of the keys is the order of the pictures.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from runtime.images.gallery import Stored
from runtime.shared.aws import is_transient
from runtime.shared.quotas import QuotasUnavailable

_PREFIX = "picture#"
_DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Entry:
    """A picture of the album and the wish that it fulfils."""

    stored: Stored
    prompt: str
    aspect_ratio: str
    session_id: str | None
    model: str
    seed: int

    @property
    def asked_at(self) -> float:
        """When it was asked for, in seconds since 1970."""
        return int(self.stored.image_id.partition("-")[0]) / 1000


@dataclass(frozen=True, slots=True)
class AlbumPage:
    """Some pictures, and the place to go on from (None: that was all)."""

    entries: tuple[Entry, ...]
    cursor: str | None


class Album:
    """The shoppers' albums. Pictures stay for `keep_days`. Every method raises QuotasUnavailable."""

    def __init__(self, client: Any, table: str, keep_days: int, clock: Callable[[], float]) -> None:
        self._client = client
        self._table = table
        self._keep_s = keep_days * _DAY_S
        self._clock = clock

    def add(self, user_id: str, entry: Entry) -> None:
        """Put a picture in; doing it again does no harm."""
        row = {
            "object": {"S": entry.stored.key},
            "content_type": {"S": entry.stored.content_type},
            "prompt": {"S": entry.prompt},
            "aspect_ratio": {"S": entry.aspect_ratio},
            "model": {"S": entry.model},
            "seed": {"N": str(entry.seed)},
            "expires_at": {"N": str(int(entry.asked_at) + self._keep_s)},
        }
        if entry.session_id:
            row["session_id"] = {"S": entry.session_id}
        self._call("put_item", Item={**_key(user_id, entry.stored.image_id), **row})

    def read(self, user_id: str, cursor: str | None, limit: int) -> AlbumPage:
        """Up to `limit` pictures, those after the picture `cursor`."""
        place = {"ExclusiveStartKey": _key(user_id, cursor)} if cursor else {}
        answer = self._call(
            "query",
            KeyConditionExpression="user_id = :user AND begins_with(#key, :prefix)",
            ExpressionAttributeNames={"#key": "key"},
            ExpressionAttributeValues={":user": {"S": user_id}, ":prefix": {"S": _PREFIX}},
            ScanIndexForward=False,
            ConsistentRead=True,
            Limit=limit + 1,
            **place,
        )
        now = self._clock()
        alive = [row for row in answer["Items"] if int(row["expires_at"]["N"]) > now]
        entries = tuple(_read(row) for row in alive[:limit])
        return AlbumPage(entries, entries[-1].stored.image_id if len(alive) > limit else None)

    def find(self, user_id: str, image_id: str) -> Entry | None:
        """A picture of this shopper; None when there is none (any more)."""
        row = self._call("get_item", Key=_key(user_id, image_id), ConsistentRead=True).get("Item")
        return _read(row) if row and int(row["expires_at"]["N"]) > self._clock() else None

    def remove(self, user_id: str, image_id: str) -> None:
        """Take a picture out; the picture itself stays in the gallery."""
        self._call("delete_item", Key=_key(user_id, image_id))

    def _call(self, operation: str, **arguments: Any) -> Any:
        try:
            return getattr(self._client, operation)(TableName=self._table, **arguments)
        except (ClientError, BotoCoreError) as error:
            if is_transient(error):
                raise QuotasUnavailable("the album did not answer") from error
            raise


def _key(user_id: str, image_id: str) -> dict[str, Any]:
    return {"user_id": {"S": user_id}, "key": {"S": _PREFIX + image_id}}


def _read(row: dict[str, Any]) -> Entry:
    return Entry(
        Stored(row["object"]["S"], row["content_type"]["S"]),
        row["prompt"]["S"],
        row["aspect_ratio"]["S"],
        row.get("session_id", {}).get("S"),
        row["model"]["S"],
        int(row["seed"]["N"]),
    )
