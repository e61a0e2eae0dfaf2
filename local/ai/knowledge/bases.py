"""The state of the stand-in: knowledge bases, data sources, ingestion jobs, and the index that jobs build."""

import contextlib
import json
import random
import string
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local.ai.knowledge.bm25 import Bm25Index
from local.ai.knowledge.passages import Unreadable, cut_document
from local.ai.wire import Json, conflict, not_found

METADATA_SUFFIX = ".metadata.json"
OpenS3 = Callable[[str], Any]
"""Given the ARN of a knowledge base's role, an S3 client that acts as this role."""


@dataclass(frozen=True, slots=True)
class Document:
    """An ingested object: its ETag with that of its metadata, its passages and its metadata attributes."""

    uri: str
    etag: str
    passages: tuple[str, ...]
    metadata: Json


@dataclass(slots=True)
class IngestionJob:
    """One run over a data source; times in seconds since 1970."""

    id: str
    description: str | None
    started: float
    updated: float
    status: str = "STARTING"
    statistics: dict[str, int] = field(default_factory=dict[str, int])
    failures: list[str] = field(default_factory=list[str])

    @property
    def is_running(self) -> bool:
        return self.status in ("STARTING", "IN_PROGRESS")

    def enter(self, status: str) -> None:
        self.status, self.updated = status, time.time()


@dataclass(slots=True)
class DataSource:
    """A bucket to read, with its jobs (oldest first) and its documents by S3 key."""

    id: str
    settings: Json
    created: float
    jobs: dict[str, IngestionJob] = field(default_factory=dict[str, IngestionJob])
    documents: dict[str, Document] = field(default_factory=dict[str, Document])

    @property
    def s3(self) -> Json:
        return self.settings["dataSourceConfiguration"].get("s3Configuration", {})


@dataclass(frozen=True, slots=True)
class Passage:
    text: str
    document: Document
    data_source: str


@dataclass(slots=True)
class KnowledgeBase:
    """A knowledge base; `passages` and `index` belong together and are replaced together."""

    id: str
    settings: Json
    created: float
    sources: dict[str, DataSource] = field(default_factory=dict[str, DataSource])
    searchable: tuple[tuple[Passage, ...], Bm25Index] = ((), Bm25Index(()))

    def source(self, identifier: str) -> DataSource:
        if identifier not in self.sources:
            raise not_found(f"There is no data source {identifier} in knowledge base {self.id}.")
        return self.sources[identifier]

    def build_index(self) -> None:
        """Make every document of every data source searchable."""
        passages = tuple(
            Passage(text, document, source.id)
            for source in self.sources.values()
            for document in source.documents.values()
            for text in document.passages
        )
        self.searchable = passages, Bm25Index([passage.text for passage in passages])


class KnowledgeBases:
    """All knowledge bases. A job takes at least `stage_s` seconds to start and again to run, to be seen."""

    def __init__(self, open_s3: OpenS3, stage_s: float = 0.2) -> None:
        self.bases: dict[str, KnowledgeBase] = {}
        self._open_s3 = open_s3
        self._stage_s = stage_s
        self._lock = threading.Lock()

    def base(self, identifier: str) -> KnowledgeBase:
        if identifier not in self.bases:
            raise not_found(f"There is no knowledge base {identifier}.")
        return self.bases[identifier]

    def start_job(self, base: KnowledgeBase, source: DataSource, description: str | None) -> IngestionJob:
        """Begin to read a data source in the background. Raises ServiceError while another job does."""
        with self._lock:
            running = next((job.id for job in source.jobs.values() if job.is_running), None)
            if running:
                raise conflict(f"Ingestion job {running} of data source {source.id} has not ended yet.")
            now = time.time()
            job = IngestionJob(new_id(), description, now, now)
            source.jobs[job.id] = job
        threading.Thread(target=self._run, args=(base, source, job), daemon=True).start()
        return job

    def _run(self, base: KnowledgeBase, source: DataSource, job: IngestionJob) -> None:
        time.sleep(self._stage_s)
        job.enter("IN_PROGRESS")
        time.sleep(self._stage_s)
        try:
            ingest(self._open_s3(base.settings["roleArn"]), source, job)
            base.build_index()
        except (BotoCoreError, ClientError, ValueError) as error:
            job.failures.append(str(error))
            job.enter("FAILED")
        else:
            job.enter("COMPLETE")


def ingest(s3: Any, source: DataSource, job: IngestionJob) -> None:
    """Bring the documents of a data source to the state of its bucket, and count in the job what was done."""
    bucket = source.s3["bucketArn"].rpartition(":")[2]
    prefixes = source.s3.get("inclusionPrefixes") or [""]
    etags = {key: etag for prefix in prefixes for key, etag in _list_objects(s3, bucket, prefix)}
    keys = [key for key in etags if not key.endswith(METADATA_SUFFIX)]
    kept: dict[str, Document] = {}
    counts = {"new": 0, "modified": 0, "failed": 0}
    for key in keys:
        old = source.documents.get(key)
        etag = etags[key] + etags.get(key + METADATA_SUFFIX, "")
        if old is not None and old.etag == etag:
            kept[key] = old
            continue
        try:
            kept[key] = _read_document(s3, bucket, key, etag, has_metadata=key + METADATA_SUFFIX in etags)
            counts["new" if old is None else "modified"] += 1
        except Unreadable as error:
            counts["failed"] += 1
            job.failures.append(str(error))
    job.statistics = {
        "numberOfDocumentsScanned": len(keys),
        "numberOfMetadataDocumentsScanned": len(etags) - len(keys),
        "numberOfNewDocumentsIndexed": counts["new"],
        "numberOfModifiedDocumentsIndexed": counts["modified"],
        "numberOfMetadataDocumentsModified": 0,
        "numberOfDocumentsDeleted": len(set(source.documents) - set(kept)),
        "numberOfDocumentsFailed": counts["failed"],
        "numberOfDocumentsSkipped": 0,
    }
    source.documents = kept


def new_id() -> str:
    """Ten letters and digits, as the service's ids are."""
    return "".join(random.choices(string.ascii_uppercase + string.digits, k=10))


def _list_objects(s3: Any, bucket: str, prefix: str) -> Iterator[tuple[str, str]]:
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for item in page.get("Contents", []):
            if not item["Key"].endswith("/"):
                yield item["Key"], item["ETag"]


def _read_document(s3: Any, bucket: str, key: str, etag: str, *, has_metadata: bool) -> Document:
    passages = tuple(cut_document(key, s3.get_object(Bucket=bucket, Key=key)["Body"].read()))
    attributes: Json = {}
    if has_metadata:
        content = s3.get_object(Bucket=bucket, Key=key + METADATA_SUFFIX)["Body"].read()
        with contextlib.suppress(ValueError):
            attributes = dict(json.loads(content).get("metadataAttributes") or {})
    return Document(f"s3://{bucket}/{key}", etag, passages, attributes)
