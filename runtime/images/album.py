"""Which pictures a shopper has, newest first: what they asked for, and where the picture is.

Rows of the quotas table under the shopper's id, with keys `picture#<image id>`. An image id begins with the
time at which it was asked for, so that the order of the keys is the order of the pictures.

A picture is promised before it is made, and only then kept. If the table does not answer when it has been
made, the promise remains, and the picture is looked for in the gallery when the album is opened.
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
class Wish:
    """What a picture is to show, and how it is made."""

    image_id: str
    prompt: str
    aspect_ratio: str
    session_id: str | None
    model: str
    seed: int
    product_ids: tuple[str, ...] = ()
    """The pieces of the outfit that it shows."""

    @property
    def asked_at(self) -> float:
        """When it was asked for, in seconds since 1970."""
        return int(self.image_id.partition("-")[0]) / 1000


@dataclass(frozen=True, slots=True)
class Entry:
    """A picture of the album and the wish that it fulfils."""

    wish: Wish
    stored: Stored


@dataclass(frozen=True, slots=True)
class AlbumPage:
    """Some pictures, and the place to go on from (None: that was all)."""

    entries: tuple[Entry, ...]
    cursor: str | None


class Album:
    """The shoppers' albums. Pictures stay for `keep_days`. Every method raises QuotasUnavailable.

    `find_picture` knows by shopper and image id what has been made; what it raises, reading raises.
    """

    def __init__(
        self,
        client: Any,
        table: str,
        find_picture: Callable[[str, str], Stored | None],
        keep_days: int,
        clock: Callable[[], float],
    ) -> None:
        self._client = client
        self._table = table
        self._find_picture = find_picture
        self._keep_s = keep_days * _DAY_S
        self._clock = clock

    def promise(self, user_id: str, wish: Wish) -> None:
        """Note what is going to be made; doing it again does no harm."""
        self._put(user_id, wish, {})

    def add(self, user_id: str, entry: Entry) -> None:
        """Put a picture in; doing it again does no harm."""
        stored = entry.stored
        place = {"object": {"S": stored.key}, "content_type": {"S": stored.content_type}}
        self._put(user_id, entry.wish, place)

    def _put(self, user_id: str, wish: Wish, place: dict[str, Any]) -> None:
        row: dict[str, Any] = {
            "prompt": {"S": wish.prompt},
            "aspect_ratio": {"S": wish.aspect_ratio},
            "model": {"S": wish.model},
            "seed": {"N": str(wish.seed)},
            "expires_at": {"N": str(int(wish.asked_at) + self._keep_s)},
        }
        if wish.session_id:
            row["session_id"] = {"S": wish.session_id}
        if wish.product_ids:
            row["product_ids"] = {"L": [{"S": product_id} for product_id in wish.product_ids]}
        self._call("put_item", Item={**_key(user_id, wish.image_id), **row, **place})

    def read(self, user_id: str, cursor: str | None, limit: int) -> AlbumPage:
        """Up to `limit` pictures, those after the picture `cursor`; fewer where promises were not kept."""
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
        page = alive[:limit]
        found = [self._read(user_id, row) for row in page]
        entries = tuple(entry for entry in found if entry is not None)
        return AlbumPage(entries, _image_id(page[-1]) if len(alive) > limit else None)

    def find(self, user_id: str, image_id: str) -> Entry | None:
        """A picture of this shopper; None when there is none (any more)."""
        row = self._call("get_item", Key=_key(user_id, image_id), ConsistentRead=True).get("Item")
        return self._read(user_id, row) if row and int(row["expires_at"]["N"]) > self._clock() else None

    def remove(self, user_id: str, image_id: str) -> None:
        """Take a picture out; the picture itself stays in the gallery."""
        self._call("delete_item", Key=_key(user_id, image_id))

    def _read(self, user_id: str, row: dict[str, Any]) -> Entry | None:
        """The picture of a row; None for a promise that nothing has come of, or not yet."""
        wish = Wish(
            _image_id(row),
            row["prompt"]["S"],
            row["aspect_ratio"]["S"],
            row.get("session_id", {}).get("S"),
            row["model"]["S"],
            int(row["seed"]["N"]),
            tuple(each["S"] for each in row.get("product_ids", {}).get("L", ())),
        )
        if "object" in row:
            return Entry(wish, Stored(row["object"]["S"], row["content_type"]["S"]))
        stored = self._find_picture(user_id, wish.image_id)
        return Entry(wish, stored) if stored else None

    def _call(self, operation: str, **arguments: Any) -> Any:
        try:
            return getattr(self._client, operation)(TableName=self._table, **arguments)
        except (ClientError, BotoCoreError) as error:
            if is_transient(error):
                raise QuotasUnavailable("the album did not answer") from error
            raise


def _key(user_id: str, image_id: str) -> dict[str, Any]:
    return {"user_id": {"S": user_id}, "key": {"S": _PREFIX + image_id}}


def _image_id(row: dict[str, Any]) -> str:
    return row["key"]["S"].removeprefix(_PREFIX)
