"""Telling of jobs: as JSON with addresses of the pictures, and to whoever is connected."""

from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from runtime.shared.observability import describe_error, get_logger
from runtime.shared.sockets import Connection
from runtime.tryon.bucket import Bucket
from runtime.tryon.job import Job, Status, describe_job


class Teller:
    """Describes jobs, with addresses that work for a quarter of an hour."""

    def __init__(self, photos: Bucket, results: Bucket) -> None:
        self._photos = photos
        self._results = results

    def describe(self, job: Job) -> dict[str, Any]:
        """A job as the API tells it."""
        done = job.status == Status.COMPLETED
        return describe_job(
            job,
            person_url=self._photos.link(self._photos.key(job.model_picture_s3_url)),
            result_url=self._link(job.result_s3_url if done else None),
            mask_url=self._link(job.mask_s3_url if done else None),
        )

    def frame(self, job: Job) -> dict[str, Any]:
        """A job as the WebSocket tells it."""
        return {"type": "tryon.status", **self.describe(job)}

    def _link(self, s3_url: str | None) -> str | None:
        return self._results.link(self._results.key(s3_url)) if s3_url else None


class Pusher:
    """Sends jobs over the WebSocket. A shopper who left loses nothing: the job is kept."""

    def __init__(self, teller: Teller, connect: Callable[[str], Connection]) -> None:
        self._teller = teller
        self._connect = connect

    def push(self, job: Job | None) -> None:
        """Send a job to the connection that wants to hear of it, if there is one."""
        if job is None or job.connection_id is None:
            return
        try:
            self._connect(job.connection_id).send(self._teller.frame(job))
        except (ClientError, BotoCoreError) as error:
            get_logger().warning("status not sent", **describe_error(error))
