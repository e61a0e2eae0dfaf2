"""Results as they come into the bucket: each ends its job and is sent to whoever waits for it."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from runtime.shared.consumer import Consumer, KeyByKey
from runtime.shared.observability import follow, get_logger
from runtime.shared.queues import Pause
from runtime.shared.settings import read_setting
from runtime.tryon.bucket import Bucket, JobFiles
from runtime.tryon.endings import Endings, deliver
from runtime.tryon.job import JOB_ID
from runtime.tryon.jobs import JobTable
from runtime.tryon.parts import Parts
from runtime.tryon.settings import QueueSettings
from runtime.tryon.table import TROUBLES


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda entry point: an SQS batch of S3 events in, the failed messages out."""
    return _open_consumer().handle(event)


@cache
def _open_consumer() -> Consumer:
    parts = Parts.open()
    settings: QueueSettings = read_setting("TRYON_QUEUE", QueueSettings)
    delivery = Delivery(parts.results, parts.jobs, parts.open_endings())
    work = KeyByKey(parts.results.name, delivery.take, TROUBLES)
    return Consumer(work, Pause(parts.clients.get("sqs"), settings.queue_url))


class Delivery:
    """Delivers results, whatever order and number their events come in."""

    def __init__(self, results: Bucket, jobs: JobTable, endings: Endings) -> None:
        self._results = results
        self._jobs = jobs
        self._endings = endings

    def take(self, key: str) -> str:
        """Deliver the result of a key; in a word, what became of it. Raises one of TROUBLES."""
        metadata = self._results.read_metadata(key)
        job_id = (metadata or {}).get(JOB_ID)
        user_id = key.removeprefix(self._results.prefix).partition("/")[0]
        if job_id is None or key != JobFiles.of(self._results, user_id, job_id).look:
            return "Ignored"
        follow(job_id)
        outcome = deliver(self._endings, self._jobs, user_id, job_id)
        get_logger().info("delivered", outcome=outcome)
        return outcome
