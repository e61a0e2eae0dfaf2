"""The buckets of photos and results. Whose an object is stands in its key: `<prefix><user>/...`."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from runtime.shared.aws import is_transient, read_code
from runtime.shared.uploads import invite_upload
from runtime.tryon.table import StoreUnavailable

LINK_S = 900
"""Seconds for which an address works."""
UPLOAD_S = 900
"""Seconds for which an upload may begin."""
_ABSENT = frozenset({"404", "NoSuchKey", "NotFound"})
_BATCH = 1000  # most keys of one DeleteObjects


@dataclass(frozen=True, slots=True)
class Found:
    """An object as it was when it was opened."""

    size: int
    metadata: Mapping[str, str]
    body: Any = field(repr=False)

    def read(self) -> bytes:
        """All of its bytes; look at `size` first. Raises StoreUnavailable."""
        try:
            return self.body.read()
        except (BotoCoreError, OSError) as error:
            raise StoreUnavailable("an object could not be read") from error


class Bucket:
    """One bucket below one prefix. Every method raises StoreUnavailable."""

    def __init__(self, client: Any, bucket: str, prefix: str) -> None:
        self._client = client
        self.name = bucket
        self.prefix = prefix

    def url(self, key: str) -> str:
        """The S3 URL of a key."""
        return f"s3://{self.name}/{key}"

    def key(self, s3_url: str) -> str:
        """The key of an S3 URL of this bucket."""
        return s3_url.removeprefix(f"s3://{self.name}/")

    def open(self, key: str) -> Found | None:
        """The object; None when there is none (any more)."""
        answer = self._find("get_object", key)
        if answer is None:
            return None
        return Found(answer["ContentLength"], answer.get("Metadata") or {}, answer["Body"])

    def read_metadata(self, key: str) -> Mapping[str, str] | None:
        """The object's metadata; None when there is no object."""
        answer = self._find("head_object", key)
        return None if answer is None else answer.get("Metadata") or {}

    def put(self, key: str, data: bytes, content_type: str, metadata: Mapping[str, str]) -> None:
        """Write an object; S3's rules for metadata hold (ASCII, 2 KB)."""
        self._call(
            "put_object",
            Key=key,
            Body=data,
            ContentType=content_type,
            CacheControl="private, max-age=900",
            Metadata=dict(metadata),
        )

    def link(self, key: str) -> str:
        """A short-lived address of an object, whether it is there or not; nothing is sent for it."""
        place = {"Bucket": self.name, "Key": key}
        return self._client.generate_presigned_url("get_object", Params=place, ExpiresIn=LINK_S)

    def invite(self, key: str, content_type: str, max_bytes: int) -> dict[str, Any]:
        """Address and form fields with which a browser may put one object of that type and size at `key`."""
        return invite_upload(self._client, self.name, key, content_type, max_bytes, UPLOAD_S)

    def erase(self, beginning: str) -> int:
        """Erase all objects whose keys begin so, with every version they had; how many objects there were."""
        erased: set[str] = set()
        for versions in self._list_versions(beginning):
            for start in range(0, len(versions), _BATCH):
                self._delete(versions[start : start + _BATCH])
            erased.update(version["Key"] for version in versions)
        return len(erased)

    def erase_older(self, key: str) -> None:
        """Erase what an object was before, should the bucket keep versions."""
        for versions in self._list_versions(key, latest=False):
            self._delete([version for version in versions if version["Key"] == key])

    def _list_versions(self, beginning: str, *, latest: bool = True) -> Iterator[list[dict[str, str]]]:
        start: dict[str, str] = {}
        while True:
            answer = self._call("list_object_versions", Prefix=beginning, **start)
            found = [*(answer.get("Versions") or []), *(answer.get("DeleteMarkers") or [])]
            yield [
                {"Key": each["Key"], "VersionId": each["VersionId"]}
                for each in found
                if latest or not each["IsLatest"]
            ]
            if not answer.get("IsTruncated"):
                return
            start = {"KeyMarker": answer["NextKeyMarker"], "VersionIdMarker": answer["NextVersionIdMarker"]}

    def _delete(self, versions: Sequence[Mapping[str, str]]) -> None:
        if not versions:
            return
        answer = self._call("delete_objects", Delete={"Objects": list(versions), "Quiet": True})
        if answer.get("Errors"):
            raise StoreUnavailable("the bucket left some objects undeleted")

    def _find(self, operation: str, key: str) -> Any | None:
        try:
            return self._call(operation, Key=key)
        except ClientError as error:
            if read_code(error) in _ABSENT:
                return None
            raise

    def _call(self, operation: str, **arguments: Any) -> Any:
        try:
            return getattr(self._client, operation)(Bucket=self.name, **arguments)
        except (ClientError, BotoCoreError) as error:
            if is_transient(error):
                raise StoreUnavailable("a bucket of the try-on did not answer") from error
            raise


@dataclass(frozen=True, slots=True)
class JobFiles:
    """Keys of what one job keeps in the results bucket."""

    folder: str

    @classmethod
    def of(cls, results: Bucket, user_id: str, job_id: str) -> "JobFiles":
        return cls(f"{results.prefix}{user_id}/{job_id}/")

    @property
    def look(self) -> str:
        """The result. Its event ends the job."""
        return f"{self.folder}look.jpg"

    @property
    def mask(self) -> str:
        """What was repainted."""
        return f"{self.folder}mask.png"

    @property
    def given_mask(self) -> str:
        """A mask that came with the request."""
        return f"{self.folder}given-mask"

    def step(self, rendering: str) -> str:
        """One rendering, kept until the job is over so that it is not paid for again."""
        return f"{self.steps}{rendering}"

    @property
    def steps(self) -> str:
        return f"{self.folder}steps/"


def digest(*parts: bytes) -> str:
    """A name for exactly these bytes."""
    hasher = hashlib.sha256()
    for part in parts:
        hasher.update(len(part).to_bytes(8, "big"))
        hasher.update(part)
    return hasher.hexdigest()[:32]
