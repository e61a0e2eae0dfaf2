"""Looks after jobs that got stuck: an event was lost, an execution ended early, nobody came back."""

from collections import Counter
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import Field

from runtime.shared.observability import describe_error, emit_metrics, follow, get_logger
from runtime.shared.settings import SettingsModel, read_setting
from runtime.tryon.bucket import Bucket, JobFiles
from runtime.tryon.endings import Endings, deliver
from runtime.tryon.job import seconds_of, timestamp
from runtime.tryon.jobs import JobTable
from runtime.tryon.parts import Parts
from runtime.tryon.settings import WorkflowSettings
from runtime.tryon.table import StoreUnavailable
from runtime.tryon.workflow import Leading, Workflow

_STOPPED = "It stopped half-way and was given up; try again."
_TOO_LONG = "It took too long and was given up; try again."


class SweepSettings(SettingsModel):
    """Variable TRYON_SWEEP: seconds of silence after which a job is looked at, and of life until it ends."""

    quiet_s: int = Field(ge=1)
    give_up_s: int = Field(ge=60)


def handler(event: Mapping[str, Any], context: Any) -> dict[str, int]:
    """The function that a schedule calls; how many jobs there were of each kind."""
    sweeper = _open_sweeper()
    counts = sweeper.run()
    get_logger().info("swept", counts=counts)
    ages = {"OldestJobSeconds": sweeper.oldest_s}
    emit_metrics({}, {name: float(count) for name, count in {**counts, **ages}.items()}, {})
    return counts


@cache
def _open_sweeper() -> "Sweeper":
    parts = Parts.open()
    workflow: WorkflowSettings = read_setting("TRYON_WORKFLOW", WorkflowSettings)
    return Sweeper(
        parts.jobs,
        parts.results,
        parts.open_endings(),
        Workflow(parts.clients.get("stepfunctions"), workflow.state_machine_arn),
        read_setting("TRYON_SWEEP", SweepSettings),
        parts.clock,
    )


class Sweeper:
    """Brings every job to an end that no event brings to one."""

    def __init__(
        self,
        jobs: JobTable,
        results: Bucket,
        endings: Endings,
        workflow: Workflow,
        settings: SweepSettings,
        clock: Callable[[], float],
    ) -> None:
        self._jobs = jobs
        self._results = results
        self._endings = endings
        self._workflow = workflow
        self._settings = settings
        self._clock = clock
        self.oldest_s = 0.0
        """Seconds for which the oldest job of the last run had waited; 0 where none had."""

    def run(self) -> dict[str, int]:
        """Look at every job that is not over; one that cannot be helped now is looked at next time."""
        counts: Counter[str] = Counter()
        self.oldest_s = 0.0
        for job_id in self._jobs.find_unfinished(self._clock() - self._settings.quiet_s):
            follow(job_id)
            try:
                counts[self._help(job_id)] += 1
            except (StoreUnavailable, ClientError, BotoCoreError) as error:
                counts["Failed"] += 1
                get_logger().warning("job not swept", **describe_error(error))
        return dict(counts)

    def _help(self, job_id: str) -> str:
        job, now = self._jobs.get(job_id), self._clock()
        if job is None or not job.is_open:  # the index is a moment behind
            return "Over"
        self.oldest_s = max(self.oldest_s, now - seconds_of(job.created_at))
        if job.updated_at > timestamp(now - self._settings.quiet_s) or job.lease_until > now:
            return "Busy"
        if self._results.read_metadata(JobFiles.of(self._results, job.user_id, job_id).look) is not None:
            return deliver(self._endings, self._jobs, job.user_id, job_id)
        if job.created_at < timestamp(now - self._settings.give_up_s):
            return self._give_up(job_id, _TOO_LONG)
        leading = self._workflow.lead(job_id)
        return self._give_up(job_id, _STOPPED) if leading is Leading.OVER else leading.value

    def _give_up(self, job_id: str, reason: str) -> str:
        return "GivenUp" if self._endings.fail(job_id, reason) else "Over"
