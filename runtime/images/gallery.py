"""The bucket of the pictures that were made, and their short-lived addresses."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from runtime.shared.aws import is_transient, read_code
from runtime.shared.moments import write_moment

IMAGE_ID = re.compile(r"\d{13}-[0-9a-f]{32}-\d")
"""Milliseconds since 1970 at which it was asked for, the request, the picture's number in it."""
LIFETIME_S = 900
"""Seconds for which an address works."""

# Without permission to list the bucket, S3 says "forbidden" of a key that is not there.
_ABSENT = frozenset({"403", "404", "AccessDenied", "Forbidden", "NoSuchKey", "NotFound"})
_KINDS = {"image/png": ".png", "image/jpeg": ".jpg"}


class GalleryUnavailable(Exception):
    """The bucket is out of reach or busy; worth another attempt."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A picture in the bucket."""

    key: str
    content_type: str

    @property
    def image_id(self) -> str:
        """The picture's id: the end of its key, without the kind of file."""
        return self.key.rpartition("/")[2].partition(".")[0]


class Gallery:
    """Pictures under `<prefix><user>/<id>.png` (`.jpg`). Every method raises GalleryUnavailable."""

    def __init__(self, client: Any, bucket: str, prefix: str, clock: Callable[[], float]) -> None:
        self._client = client
        self._bucket = bucket
        self._prefix = prefix
        self._clock = clock

    def save(self, user_id: str, picture_id: str, data: bytes, metadata: Mapping[str, str]) -> Stored:
        """Keep a PNG or JPEG file; S3's rules for metadata hold (ASCII, 2 KB)."""
        kind = "image/png" if data.startswith(b"\x89PNG") else "image/jpeg"
        stored = Stored(self._key(user_id, picture_id, kind), kind)
        self._call(
            "put_object",
            Key=stored.key,
            Body=data,
            ContentType=kind,
            ContentDisposition="inline",
            CacheControl="private, max-age=900",
            Metadata=dict(metadata),
        )
        return stored

    def find(self, user_id: str, picture_id: str) -> Stored | None:
        """The picture of that id, if it has been kept."""
        for kind in _KINDS:
            key = self._key(user_id, picture_id, kind)
            try:
                self._call("head_object", Key=key)
            except ClientError as error:
                if read_code(error) not in _ABSENT:
                    raise
            else:
                return Stored(key, kind)
        return None

    def load(self, stored: Stored) -> bytes:
        """The picture's file."""
        try:
            return self._call("get_object", Key=stored.key)["Body"].read()
        except BotoCoreError as error:
            raise GalleryUnavailable("a picture could not be read") from error

    def remove(self, stored: Stored) -> None:
        """Delete the picture; doing it again does no harm."""
        self._call("delete_object", Key=stored.key)

    def link(self, stored: Stored) -> tuple[str, str]:
        """An address of the picture, and the time (ISO 8601, UTC) until which it works."""
        until = int(self._clock()) + LIFETIME_S
        place = {"Bucket": self._bucket, "Key": stored.key}
        url = self._client.generate_presigned_url("get_object", Params=place, ExpiresIn=LIFETIME_S)
        return url, write_moment(until)

    def _key(self, user_id: str, picture_id: str, kind: str) -> str:
        return f"{self._prefix}{user_id}/{picture_id}{_KINDS[kind]}"

    def _call(self, operation: str, **arguments: Any) -> Any:
        try:
            return getattr(self._client, operation)(Bucket=self._bucket, **arguments)
        except (ClientError, BotoCoreError) as error:
            if is_transient(error):
                raise GalleryUnavailable("the bucket of the pictures did not answer") from error
            raise
