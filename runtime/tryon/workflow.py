"""The state machine that leads a job through, one execution for each job, named like it."""

import json
from enum import StrEnum
from typing import Any

from botocore.exceptions import ClientError

from runtime.shared.aws import read_code

# What the service says of a task that nobody waits for any more.
_OVER = frozenset({"InvalidToken", "TaskDoesNotExist", "TaskTimedOut"})


class Leading(StrEnum):
    """What became of an attempt to start a job's execution."""

    STARTED = "Started"
    RUNNING = "Running"
    OVER = "Over"
    """There was one, and it has ended."""


class Workflow:
    """Starts executions. Raises client errors; a name can be used once, so a doubled event starts nothing."""

    def __init__(self, client: Any, state_machine_arn: str) -> None:
        self._client = client
        self._arn = state_machine_arn

    def start(self, job_id: str) -> bool:
        """Start a job's execution; False when it had one already."""
        try:
            self._client.start_execution(
                stateMachineArn=self._arn, name=job_id, input=json.dumps({"job_id": job_id})
            )
        except ClientError as error:
            if read_code(error) == "ExecutionAlreadyExists":
                return False
            raise
        return True

    def lead(self, job_id: str) -> Leading:
        """Start a job's execution unless it had one; how that stands."""
        if self.start(job_id):
            return Leading.STARTED
        arn = f"{self._arn.replace(':stateMachine:', ':execution:')}:{job_id}"
        running = self._client.describe_execution(executionArn=arn)["status"] == "RUNNING"
        return Leading.RUNNING if running else Leading.OVER


class Task:
    """The execution's wait for a job to be worked on, ended by its token. Raises client errors."""

    def __init__(self, client: Any, token: str) -> None:
        self._client = client
        self._token = token

    def succeed(self) -> None:
        """Say that the result lies in the bucket, or that there is nothing to do any more."""
        self._end("send_task_success", output="{}")

    def fail(self, error: str, reason: str) -> None:
        """Say why there will be no result."""
        self._end("send_task_failure", error=error, cause=reason)

    def _end(self, operation: str, **said: str) -> None:
        try:
            getattr(self._client, operation)(taskToken=self._token, **said)
        except ClientError as error:
            if read_code(error) not in _OVER:
                raise
