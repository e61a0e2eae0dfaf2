"""The catalogue's bucket: what may be put there, and what lies there now."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from runtime.shared.aws import is_transient, read_code
from runtime.shared.uploads import invite_upload

UPLOAD_S = 900
"""Seconds for which an upload may begin."""
_MISSING = frozenset({"404", "NoSuchKey", "NotFound"})
_WORKERS = 16


class BucketUnavailable(Exception):
    """The bucket is out of reach; worth another attempt."""


@dataclass(frozen=True, slots=True)
class Lying:
    """An object as it is now: its ETag without quotes, when it was written (seconds since 1970)."""

    etag: str
    written_at: float


@dataclass(frozen=True, slots=True)
class UploadBucket:
    """Methods raise BucketUnavailable."""

    client: Any
    name: str
    prefix: str

    def invite(self, key: str, content_type: str, max_bytes: int) -> dict[str, Any]:
        """Address and form fields with which one object of that type and size may be put at `key`."""
        return invite_upload(self.client, self.name, key, content_type, max_bytes, UPLOAD_S)

    def find(self, keys: Sequence[str]) -> dict[str, Lying]:
        """What lies there of `keys`."""
        with ThreadPoolExecutor(_WORKERS) as pool:
            found = dict(zip(keys, pool.map(self._look, keys), strict=True))
        return {key: lying for key, lying in found.items() if lying is not None}

    def _look(self, key: str) -> Lying | None:
        try:
            answer = self.client.head_object(Bucket=self.name, Key=key)
        except (ClientError, BotoCoreError) as error:
            if isinstance(error, ClientError) and read_code(error) in _MISSING:
                return None
            if is_transient(error):
                raise BucketUnavailable("the catalogue's bucket did not answer") from error
            raise
        return Lying(answer["ETag"].strip('"'), answer["LastModified"].timestamp())
