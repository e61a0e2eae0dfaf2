"""The ingestion: S3 events from a queue, by which products and vectors follow the catalogue bucket."""

import os
import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from pydantic import Field

from runtime.catalog.ingest_logic import DeadLetter, Ingestion
from runtime.catalog.outcomes import OutcomeTable
from runtime.catalog.reconcile import FindCluster, Reconciler
from runtime.catalog.store import CatalogBucket, ProductRows
from runtime.clusters.centroids import CentroidBucket, ClusterSettings, Labels, Latest
from runtime.shared.aws import Clients
from runtime.shared.consumer import Consumer
from runtime.shared.products import CatalogSettings
from runtime.shared.queues import Pause
from runtime.shared.settings import SettingsModel, read_setting
from runtime.vectors.factory import open_embedder, open_space, open_store
from runtime.vectors.migration import Move
from runtime.vectors.settings import VectorSettings

_SEND_AT_ONCE = 10  # most entries of one batch request of SQS
_LONGEST_TEXT = 1_000
# What SQS refuses in texts: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
_NOT_IN_SQS = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class IngestSettings(SettingsModel):
    """Variable INGEST: the queue, the dead-letter queue, the attempts before a message goes there, and the
    table of what became of each object."""

    queue_url: str = Field(min_length=1)
    dead_letter_url: str = Field(min_length=1)
    outcomes_table: str = Field(min_length=3)
    max_attempts: int = Field(ge=1)


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda entry point: an SQS batch in, the failed items out."""
    return _open_consumer().handle(event)


@cache
def _open_consumer() -> Consumer:
    catalog: CatalogSettings = read_setting("CATALOG", CatalogSettings)
    ingest: IngestSettings = read_setting("INGEST", IngestSettings)
    vectors = VectorSettings.from_environment()
    move = Move.from_environment()
    clients = Clients()
    reconciler = Reconciler(
        CatalogBucket(clients.get("s3"), catalog.bucket),
        ProductRows(clients.get("dynamodb"), catalog.table),
        open_store(vectors, clients.get),
        open_embedder(vectors, clients.get),
        catalog.prefix,
        find_cluster=_open_labels(clients, vectors),
        also=() if move is None else (open_space(move.target, clients.get),),
    )
    letters = DeadLetterQueue(clients.get("sqs"), ingest.dead_letter_url)
    outcomes = OutcomeTable(clients.get("dynamodb"), ingest.outcomes_table)
    ingestion = Ingestion(reconciler, letters, outcomes, catalog.bucket, ingest.max_attempts)
    return Consumer(ingestion, Pause(clients.get("sqs"), ingest.queue_url))


def _open_labels(clients: Clients, vectors: VectorSettings) -> FindCluster:
    """What finds the cluster of a new product; nothing does where products are not grouped."""
    if not os.environ.get("CLUSTERS"):
        return lambda _vector, _category: None
    settings: ClusterSettings = read_setting("CLUSTERS", ClusterSettings)
    bucket = CentroidBucket(clients.get("s3"), settings.bucket, settings.prefix)
    return Labels(Latest(bucket, vectors.embedding_key)).find


class DeadLettersLost(Exception):
    """The dead-letter queue did not take every entry."""


class DeadLetterQueue:
    """Sends what was given up, with its reason as message attributes."""

    def __init__(self, client: Any, url: str) -> None:
        self._client = client
        self._url = url

    def send(self, letters: Sequence[DeadLetter]) -> None:
        """Send all letters. Raises DeadLettersLost, or the client's errors."""
        for start in range(0, len(letters), _SEND_AT_ONCE):
            part = letters[start : start + _SEND_AT_ONCE]
            entries = [_write_entry(str(index), letter) for index, letter in enumerate(part)]
            answer = self._client.send_message_batch(QueueUrl=self._url, Entries=entries)
            if answer.get("Failed"):
                raise DeadLettersLost(f"{len(answer['Failed'])} entries were not taken")


def _write_entry(entry_id: str, letter: DeadLetter) -> dict[str, Any]:
    refused = letter.refused
    texts = {"reason": refused.reason, "key": letter.key, "kind": refused.kind, "column": refused.column}
    numbers = {"attempts": letter.attempts, "row": refused.row}
    attributes = {
        name: {"DataType": "String", "StringValue": _NOT_IN_SQS.sub("\ufffd", text)[:_LONGEST_TEXT]}
        for name, text in texts.items()
        if text
    } | {
        name: {"DataType": "Number", "StringValue": str(number)}
        for name, number in numbers.items()
        if number is not None
    }
    body = _NOT_IN_SQS.sub("\ufffd", letter.body) or "{}"
    return {"Id": entry_id, "MessageBody": body, "MessageAttributes": attributes}
