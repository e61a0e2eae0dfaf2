"""Keeping a knowledge base in step with its documents: one ingestion job at a time.

Any number of uploads in a batch of messages is one job, since a job looks at all documents. While a job
runs the service refuses another one; the messages then go back to the queue and come again after its
visibility timeout. Each job started is handed to the queue as a message of its own, which comes back until
the job has ended, so that its outcome is recorded.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol


class Busy(Exception):
    """Another job runs, or the service asks to slow down: worth another attempt later."""


class JobState(StrEnum):
    """What became of a job."""

    RUNNING = "running"
    COMPLETE = "complete"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Job:
    """An ingestion job; `counts` are the service's figures of documents, by its own names."""

    id: str
    state: JobState
    counts: Mapping[str, int]
    reasons: tuple[str, ...] = ()


class Jobs(Protocol):
    """The ingestion jobs of one data source. Both raise Busy, and client errors for anything else."""

    def start(self) -> str:
        """Start a job; its id."""
        ...

    def describe(self, job_id: str) -> Job | None:
        """A job as it is now; None when there is none of that id."""
        ...


class Reminders(Protocol):
    """Messages to oneself."""

    def remind(self, body: str) -> None:
        """Put a message into the queue, to come back in a while."""
        ...


@dataclass(frozen=True, slots=True)
class Result:
    """What a batch came to."""

    started: str | None
    ended: tuple[Job, ...]
    failed: tuple[str, ...]
    """Ids of the messages that have to come again."""


class Sync:
    """Turns a batch of queue messages into at most one job."""

    def __init__(self, jobs: Jobs, reminders: Reminders) -> None:
        self._jobs = jobs
        self._reminders = reminders

    def run(self, records: Sequence[Mapping[str, Any]]) -> Result:
        """Look after the jobs that messages name, and start one if any message tells of a change."""
        changes: list[str] = []
        failed: list[str] = []
        ended: list[Job] = []
        for record in records:
            job_id, is_change = _read_message(record["body"])
            if job_id is not None:
                job = self._look_after(job_id)
                if job is None or job.state is JobState.RUNNING:
                    failed.append(record["messageId"])
                else:
                    ended.append(job)
            elif is_change:
                changes.append(record["messageId"])
        started = self._start() if changes else None
        if changes and started is None:
            failed.extend(changes)
        return Result(started, tuple(ended), tuple(failed))

    def _look_after(self, job_id: str) -> Job | None:
        """The job; None when it has to be asked for again."""
        try:
            return self._jobs.describe(job_id) or Job(job_id, JobState.FAILED, {}, ("the job is gone",))
        except Busy:
            return None

    def _start(self) -> str | None:
        try:
            job_id = self._jobs.start()
        except Busy:
            return None
        self._reminders.remind(json.dumps({"job": job_id}))
        return job_id


def _read_message(body: str) -> tuple[str | None, bool]:
    """The id of the job that a message names, or else whether it may tell of a change.

    Whatever is not understood may: a job too many costs little, a document never found costs trust.
    """
    try:
        content = json.loads(body)
    except ValueError:
        return None, True
    if not isinstance(content, dict):
        return None, True
    job_id = content.get("job")
    return (job_id, False) if isinstance(job_id, str) else (None, content.get("Event") != "s3:TestEvent")
