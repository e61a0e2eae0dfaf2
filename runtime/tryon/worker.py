"""The function that works on jobs: messages of the workflow from a queue in, the ends of its tasks out."""

import json
import threading
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from runtime.fitting.factory import open_model
from runtime.fitting.port import TryOnError, TryOnForbidden, TryOnRefused
from runtime.shared.observability import describe_error, emit_metrics, follow, get_logger
from runtime.shared.product_table import ProductsUnavailable, ProductTable
from runtime.shared.products import CatalogSettings
from runtime.shared.queues import Pause, attempts_of
from runtime.shared.settings import read_setting
from runtime.tryon.bucket import Bucket
from runtime.tryon.closer import NOT_MADE
from runtime.tryon.jobs import JobTable
from runtime.tryon.parts import Parts
from runtime.tryon.settings import WorkSettings
from runtime.tryon.steps import ClaimLost, NotMade
from runtime.tryon.table import TROUBLES
from runtime.tryon.work import Fitter, Stores
from runtime.tryon.workflow import Task

_BUSY = "The model is too busy just now; try again in a while."
_OUT_OF_ORDER = "Trying on is out of order; the shop has to mend it first."
_LATER_S = 2
"""A message comes back when its claim has ended, not before."""
_TRANSIENT = (TryOnError, ProductsUnavailable, *TROUBLES)


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda entry point: an SQS batch in, the messages that have to come again out."""
    worker = _open_worker()
    records: Sequence[Mapping[str, Any]] = event.get("Records") or []
    failed = [record["messageId"] for record in records if not worker.run(record)]
    return {"batchItemFailures": [{"itemIdentifier": each} for each in failed]}


@cache
def _open_worker() -> "Worker":
    parts = Parts.open()
    catalog: CatalogSettings = read_setting("CATALOG", CatalogSettings)
    queue: WorkSettings = read_setting("TRYON_QUEUE", WorkSettings)
    tables, messages = parts.clients.get("dynamodb"), parts.clients.get("sqs")
    stores = Stores(
        parts.jobs,
        parts.photos,
        ProductTable(tables, catalog.table),
        parts.photos_bucket,
        parts.results,
        Bucket(parts.clients.get("s3"), catalog.bucket, catalog.prefix),
    )
    visibility = Visibility(messages, queue.queue_url)
    leases = Leases(parts.jobs, visibility, queue.lease_s, queue.lease_s / 3)
    fitter = Fitter(stores, open_model(parts.clients), parts.open_pusher(), leases.keep, queue.lease_s)
    tasks = parts.clients.get("stepfunctions")
    return Worker(
        fitter,
        leases,
        Pause(messages, queue.queue_url),
        lambda token: Task(tasks, token),
        queue.max_attempts,
    )


class Visibility:
    """How long a message that is being worked on stays hidden from others."""

    def __init__(self, client: Any, url: str) -> None:
        self._client = client
        self._url = url

    def extend(self, receipt: str, seconds: int) -> None:
        """Hide a message for so many seconds from now. Raises client errors."""
        self._client.change_message_visibility(
            QueueUrl=self._url, ReceiptHandle=receipt, VisibilityTimeout=seconds
        )


class Leases:
    """Renews the claim on a job and hides its message, again and again, while the job is worked on.

    The queue would hide a message for six times the function's timeout, for half an hour; with this, what a
    dead process left behind comes back after seconds.
    """

    def __init__(self, jobs: JobTable, visibility: Visibility, lease_s: int, every_s: float) -> None:
        self._jobs = jobs
        self._visibility = visibility
        self._lease_s = lease_s
        self._every_s = every_s
        self.receipt = ""
        """Of the message that is being worked on."""

    @contextmanager
    def keep(self, job_id: str, claim: str) -> Generator[None]:
        """Keep a job's claim and message as long as the block runs."""
        over = threading.Event()
        self._hide()
        thread = threading.Thread(target=self._renew, args=(job_id, claim, over), daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join(timeout=1)

    def _renew(self, job_id: str, claim: str, over: threading.Event) -> None:
        while not over.wait(self._every_s):
            try:
                if not self._jobs.renew(job_id, claim, self._lease_s):
                    return
            except TROUBLES as error:
                get_logger().warning("claim not renewed", **describe_error(error))
            self._hide()

    def _hide(self) -> None:
        try:
            self._visibility.extend(self.receipt, self._lease_s + _LATER_S)
        except (ClientError, BotoCoreError) as error:
            get_logger().warning("message not hidden", **describe_error(error))


class Worker:
    """Works on one message after another. What is worth another attempt comes back after a growing pause."""

    def __init__(
        self,
        fitter: Fitter,
        leases: Leases,
        pause: Pause,
        open_task: Callable[[str], Task],
        max_attempts: int,
    ) -> None:
        self._fitter = fitter
        self._leases = leases
        self._pause = pause
        self._open_task = open_task
        self._max_attempts = max_attempts

    def run(self, record: Mapping[str, Any]) -> bool:
        """Work on a message; False when it has to come again."""
        started = time.perf_counter()
        message = json.loads(record["body"])
        follow(message["job_id"])
        self._leases.receipt = record["receiptHandle"]
        task, last = self._open_task(message["task_token"]), attempts_of(record) >= self._max_attempts
        outcome, details = "Done", dict[str, Any]()
        try:
            outcome, details = self._work(message["job_id"], task, last)
        except (ClientError, BotoCoreError) as error:
            outcome, details = "Again", describe_error(error)
        took = 1000 * (time.perf_counter() - started)
        log = get_logger().warning if details else get_logger().info
        log("worked", outcome=outcome, attempt=attempts_of(record), took_ms=round(took, 1), **details)
        emit_metrics({}, {outcome: 1.0}, {"Work": took})
        if outcome == "Again":
            self._pause.give([record])
        return outcome != "Again"

    def _work(self, job_id: str, task: Task, last: bool) -> tuple[str, dict[str, Any]]:
        """What became of a job, with what may be logged of an error."""
        try:
            self._fitter.work(job_id)
        except (NotMade, TryOnRefused) as reason:
            task.fail(NOT_MADE, str(reason))
            return "NotMade", {}
        except TryOnForbidden as error:
            # To wait for people would leave every shopper waiting; a job can be asked for again.
            task.fail(NOT_MADE, _OUT_OF_ORDER)
            return "Forbidden", describe_error(error)
        except ClaimLost:
            return ("GivenUp" if last else "Again"), {}
        except _TRANSIENT as error:
            if not last:
                return "Again", describe_error(error)
            task.fail(NOT_MADE, _BUSY)
            return "GivenUp", describe_error(error)
        task.succeed()
        return "Done", {}
