"""Snapshots of the index in S3, one folder each, and a pointer to the newest.

indexes/<embedding key>/latest                         {"snapshot": "<name>"}, written last
indexes/<embedding key>/<name>/manifest.json           written by the engine, after the segments
indexes/<embedding key>/<name>/segments.bin
"""

import json
import re
import secrets
import time
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from botocore.exceptions import ClientError

from runtime.vectors.engine import (
    Manifest,
    Snapshot,
    VectorIndex,
    read_manifest,
    read_snapshot,
    write_snapshot,
)
from runtime.vectors.stores.calls import error_code

_ABSENT = {"NoSuchKey", "404", "NotFound"}
_PAST_THE_END = "InvalidRange"


def written_at(name: str) -> float:
    """When the snapshot of that name was written, in seconds since 1970. Raises ValueError."""
    return int(name.partition("-")[0]) / 1e9


class SnapshotBucket:
    """The snapshots of one embedding key. Methods raise botocore's errors unless they say otherwise."""

    def __init__(self, client: Any, bucket: str, embedding_key: str) -> None:
        self._client = client
        self._bucket = bucket
        self._embedding_key = embedding_key
        # Two keys that differ only in signs share a folder, yet never a snapshot: the manifest holds the key.
        self._prefix = f"indexes/{re.sub(r'[^A-Za-z0-9._-]', '-', embedding_key)}/"

    def latest(self) -> str | None:
        """Name of the newest complete snapshot, None without one or when the pointer cannot be understood."""
        try:
            pointer = json.loads(self._folder("").get("latest"))
            name = pointer["snapshot"]
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return None
        return name if isinstance(name, str) else None

    def read(self, name: str) -> Snapshot:
        """The snapshot by that name. Raises the engine's SnapshotUnusable."""
        return read_snapshot(self._folder(f"{name}/"), embedding_key=self._embedding_key)

    def read_manifest(self, name: str) -> Manifest:
        """What the snapshot by that name holds. Raises the engine's SnapshotUnusable."""
        return read_manifest(self._folder(f"{name}/"))

    def write(self, index: VectorIndex, *, checkpoint: int) -> tuple[str, Manifest]:
        """Write a snapshot and point to it; `index` has every change up to `checkpoint` (epoch microseconds).

        Two writers at once do not meet: names are unique, and whichever pointer is written last is right.
        """
        name = f"{time.time_ns():020d}-{secrets.token_hex(4)}"
        folder = self._folder(f"{name}/")
        manifest = write_snapshot(index, folder, embedding_key=self._embedding_key, checkpoint=checkpoint)
        self._folder("").put("latest", [memoryview(json.dumps({"snapshot": name}).encode())])
        return name, manifest

    def prune(self, keep: int) -> int:
        """Remove all but the newest `keep` snapshots and the one pointed to; return how many were removed."""
        names = sorted(self._names(), reverse=True)
        kept = {*names[:keep], self.latest()}
        doomed = [name for name in names if name not in kept]
        for name in doomed:
            self._remove(name)
        return len(doomed)

    def _folder(self, path: str) -> "S3Folder":
        return S3Folder(self._client, self._bucket, self._prefix + path)

    def _names(self) -> Iterator[str]:
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=self._prefix, Delimiter="/"
        )
        for page in pages:
            for entry in page.get("CommonPrefixes", []):
                yield entry["Prefix"].removeprefix(self._prefix).rstrip("/")

    def _remove(self, name: str) -> None:
        listing = self._client.list_objects_v2(Bucket=self._bucket, Prefix=f"{self._prefix}{name}/")
        for entry in listing.get("Contents", []):
            self._client.delete_object(Bucket=self._bucket, Key=entry["Key"])


class S3Folder:
    """The engine's reader and writer of snapshot objects, over the keys below one prefix."""

    def __init__(self, client: Any, bucket: str, prefix: str) -> None:
        self._client = client
        self._bucket = bucket
        self._prefix = prefix

    def get(self, name: str) -> bytes:
        """A whole object. Raises FileNotFoundError."""
        return self._read(name)

    def get_range(self, name: str, start: int, length: int) -> bytes:
        """`length` bytes from `start`, fewer where the object ends. Raises FileNotFoundError."""
        try:
            return self._read(name, Range=f"bytes={start}-{start + length - 1}")
        except ClientError as error:
            if error_code(error) == _PAST_THE_END:
                return b""
            raise

    def put(self, name: str, chunks: Iterable[memoryview]) -> None:
        """One object from chunks; several become the parts of an upload, all but the last at least 5 MiB."""
        parts = iter(chunks)
        first = bytes(next(parts, b""))
        second = next(parts, None)
        if second is None:
            self._client.put_object(Bucket=self._bucket, Key=self._prefix + name, Body=first)
        else:
            self._put_parts(self._prefix + name, chain([first, second], parts))

    def _put_parts(self, key: str, parts: Iterable[bytes | memoryview]) -> None:
        target = {"Bucket": self._bucket, "Key": key}
        upload = target | {"UploadId": self._client.create_multipart_upload(**target)["UploadId"]}
        try:
            done = [
                {
                    "ETag": self._client.upload_part(**upload, PartNumber=number, Body=bytes(part))["ETag"],
                    "PartNumber": number,
                }
                for number, part in enumerate(parts, start=1)
            ]
            self._client.complete_multipart_upload(**upload, MultipartUpload={"Parts": done})
        except BaseException:
            self._client.abort_multipart_upload(**upload)
            raise

    def _read(self, name: str, **options: str) -> bytes:
        try:
            response = self._client.get_object(Bucket=self._bucket, Key=self._prefix + name, **options)
        except ClientError as error:
            if error_code(error) in _ABSENT:
                raise FileNotFoundError(self._prefix + name) from error
            raise
        return response["Body"].read()
