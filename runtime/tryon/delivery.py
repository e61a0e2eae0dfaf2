"""Results as they come into the bucket: each ends its job and is sent to whoever waits for it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from runtime.shared.aws import Clients
from runtime.shared.observability import describe_error, emit_metrics, get_logger
from runtime.shared.queues import Pause, read_keys
from runtime.shared.settings import read_setting
from runtime.tryon.bucket import Bucket, JobFiles
from runtime.tryon.endings import Endings, deliver
from runtime.tryon.job import JOB_ID
from runtime.tryon.jobs import JobTable
from runtime.tryon.parts import Parts
from runtime.tryon.settings import QueueSettings
from runtime.tryon.table import StoreUnavailable


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda entry point: an SQS batch of S3 events in, the failed messages out."""
    records: Sequence[Mapping[str, Any]] = event.get("Records") or []
    delivery = _open_delivery()
    failed = [record for record in records if not delivery.run(record)]
    _open_pause().give(failed)
    emit_metrics({}, {**delivery.take_counts(), "MessagesFailed": float(len(failed))}, {})
    return {"batchItemFailures": [{"itemIdentifier": each["messageId"]} for each in failed]}


@cache
def _open_delivery() -> "Delivery":
    parts = Parts.open()
    return Delivery(parts.results, parts.jobs, parts.open_endings())


@cache
def _open_pause() -> Pause:
    settings: QueueSettings = read_setting("TRYON_QUEUE", QueueSettings)
    return Pause(Clients().get("sqs"), settings.queue_url)


class Delivery:
    """Delivers results, whatever order and number their events come in."""

    def __init__(self, results: Bucket, jobs: JobTable, endings: Endings) -> None:
        self._results = results
        self._jobs = jobs
        self._endings = endings
        self._counts: Counter[str] = Counter()

    def run(self, record: Mapping[str, Any]) -> bool:
        """Deliver what an SQS record tells of; False when it has to come again."""
        try:
            for key in read_keys(record, self._results.name):
                self._counts[self._deliver(key)] += 1
        except (StoreUnavailable, ClientError, BotoCoreError, ValueError) as error:
            get_logger().warning("result not delivered", **describe_error(error))
            return False
        return True

    def take_counts(self) -> dict[str, float]:
        """How often each thing happened since the last time."""
        counts = {name: float(count) for name, count in self._counts.items()}
        self._counts.clear()
        return counts

    def _deliver(self, key: str) -> str:
        metadata = self._results.read_metadata(key)
        job_id = (metadata or {}).get(JOB_ID)
        user_id = key.removeprefix(self._results.prefix).partition("/")[0]
        if job_id is None or key != JobFiles.of(self._results, user_id, job_id).look:
            return "Ignored"
        return deliver(self._endings, self._jobs, user_id, job_id)
