"""The clusters of the catalogue: centroids with labels, kept in S3 and read by whoever needs a label.

    <prefix>current.json      what is current: labels, categories, sizes, name and SHA-256 of the file
    <prefix><sha-256>.f32     the centroids (k, d), then the means (m, d) of the categories, row by row,
                              raw little-endian float32

The file is written first and never changed, so a reader sees the old clusters or the new ones.
"""

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from botocore.exceptions import ClientError
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from runtime.clusters.means import CategoryMeans, Vectors
from runtime.shared.aws import read_code
from runtime.shared.observability import describe_error, get_logger
from runtime.shared.settings import SettingsModel

_CURRENT = "current.json"
_STORED = np.dtype("<f4")
_MISSING = frozenset({"404", "NoSuchKey", "NotFound"})
RELOAD_S = 60.0


class ClusterSettings(SettingsModel):
    """Variable CLUSTERS: the bucket of the centroids and the prefix of their keys."""

    bucket: str = Field(min_length=3)
    prefix: str = Field(pattern=r"^[^/].*/$")


class Manifest(BaseModel):
    """What is current. `rows` is how many products were grouped, `made_at` is in seconds since 1970.

    `categories` names the means in the file; without any the centroids are of whole vectors, as they once
    were. `next_label` is above every label ever given. `is_assigned` turns true when every product has its
    label.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    embedding_key: str
    dimensions: Annotated[int, Field(ge=1)]
    labels: tuple[int, ...]
    categories: tuple[str, ...] = ()
    next_label: int
    rows: int
    made_at: float
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    is_assigned: bool


@dataclass(frozen=True, slots=True)
class Centroids:
    """Means `vectors` (k, d) float32 of k clusters; row i has the label `manifest.labels[i]`.

    They are of what is left of vectors without the `means` (m, d) of their categories, in the order of
    `manifest.categories`.
    """

    vectors: Vectors
    means: Vectors
    manifest: Manifest

    def label(self, vectors: Vectors, categories: Sequence[str]) -> list[int]:
        """The label of the nearest centroid of each row of `vectors` (n, d), products of these categories."""
        if self.manifest.categories:
            vectors = CategoryMeans(self.manifest.categories, self.means).take_away(vectors, categories)
        return [self.manifest.labels[row] for row in find_nearest(self.vectors, vectors).tolist()]


class CentroidBucket:
    """Centroids in S3. Methods raise the client's errors."""

    def __init__(self, client: Any, bucket: str, prefix: str) -> None:
        self._client = client
        self._bucket = bucket
        self._prefix = prefix

    def read(self, known: Centroids | None = None) -> Centroids | None:
        """The current centroids, `known` itself where those are; None when there are none, or none usable."""
        manifest = self.read_manifest()
        if manifest is None:
            return None
        if known is not None and known.manifest == manifest:
            return known
        return self._read_file(manifest)

    def read_manifest(self) -> Manifest | None:
        """What is said of the current centroids; None when there are none, or it cannot be understood."""
        body = self._get(_CURRENT)
        if body is None:
            return None
        try:
            return Manifest.model_validate_json(body)
        except ValidationError as error:
            get_logger().warning("clusters not readable", **describe_error(error))
            return None

    def write(self, centroids: Centroids) -> None:
        """Make these the current centroids."""
        body = pack(centroids.vectors, centroids.means)
        self._put(f"{centroids.manifest.sha256}.f32", body, "application/octet-stream")
        self.write_manifest(centroids.manifest)

    def write_manifest(self, manifest: Manifest) -> None:
        """Change what is said of the current centroids."""
        text = json.dumps(manifest.model_dump(), sort_keys=True)
        self._put(_CURRENT, text.encode(), "application/json")

    def _read_file(self, manifest: Manifest) -> Centroids | None:
        body = self._get(f"{manifest.sha256}.f32") or b""
        count = len(manifest.labels) + len(manifest.categories)
        whole = len(body) == count * manifest.dimensions * _STORED.itemsize
        if not whole or hashlib.sha256(body).hexdigest() != manifest.sha256:
            get_logger().warning("clusters not readable", error="the file is not the one of the manifest")
            return None
        rows = np.frombuffer(body, _STORED).reshape(count, manifest.dimensions).astype(np.float32)
        vectors, means = np.split(rows, [len(manifest.labels)])
        return Centroids(vectors, means, manifest)

    def _get(self, name: str) -> bytes | None:
        try:
            return self._client.get_object(Bucket=self._bucket, Key=self._prefix + name)["Body"].read()
        except ClientError as error:
            if read_code(error) in _MISSING:
                return None
            raise

    def _put(self, name: str, body: bytes, content_type: str) -> None:
        self._client.put_object(
            Bucket=self._bucket, Key=self._prefix + name, Body=body, ContentType=content_type
        )


def find_nearest(centroids: Vectors, vectors: Vectors) -> NDArray[np.intp]:
    """The row of the nearest centroid (k, d) of each vector (n, d).

    Of |x - c|^2 = |x|^2 - 2 x c + |c|^2 the first term is the same for all centroids.
    """
    closeness = vectors @ centroids.T - 0.5 * np.einsum("ij,ij->i", centroids, centroids)
    return closeness.argmax(axis=1)


def pack(vectors: Vectors, means: Vectors) -> bytes:
    """Centroids and means as the file holds them."""
    return np.concatenate([vectors, means]).astype(_STORED).tobytes()


def digest(vectors: Vectors, means: Vectors) -> str:
    """The SHA-256 by which a file of centroids is named and checked."""
    return hashlib.sha256(pack(vectors, means)).hexdigest()


class Latest:
    """The current centroids of one vector space; looks for newer ones once a minute."""

    def __init__(
        self, bucket: CentroidBucket, embedding_key: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._bucket = bucket
        self._embedding_key = embedding_key
        self._clock = clock
        self._known: Centroids | None = None
        self._looked_at = float("-inf")

    def find(self) -> Centroids | None:
        """The centroids; None while there are none of this space. Raises client errors."""
        if self._clock() - self._looked_at >= RELOAD_S:
            self._known = self._bucket.read(self._known)
            self._looked_at = self._clock()
        known = self._known
        return known if known is not None and known.manifest.embedding_key == self._embedding_key else None


class Labels:
    """Labels for new products."""

    def __init__(self, latest: Latest) -> None:
        self._latest = latest

    def find(self, vector: Vectors, category: str) -> int | None:
        """The label of a product by its vector (d,); None while there are no clusters of its space.

        Raises client errors.
        """
        known = self._latest.find()
        return None if known is None else known.label(vector[None], [category])[0]
