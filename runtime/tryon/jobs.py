"""The jobs table: every change is conditional, so that no event can turn a job back, late or doubled."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from runtime.fitting.told import Step
from runtime.tryon.job import Job, Status, job_from_row, row_from_job, timestamp
from runtime.tryon.table import OwnedTable, read_item

UNFINISHED = "unfinished"
"""Index of the jobs that are not over, by the time of their making."""
_MARK = "open"
_STILL_OPEN = "#status IN (:created, :processing)"
_OPEN_VALUES = {":created": "created", ":processing": "processing"}
_TOLD = "#note = :note, #step = :step"


@dataclass(frozen=True, slots=True)
class JobPage:
    """Some jobs of a shopper, and where the list goes on."""

    jobs: tuple[Job, ...]
    cursor: str | None


class JobTable:
    """Jobs. Every method raises StoreUnavailable; None instead of a job means that a condition is gone."""

    def __init__(self, client: Any, table: str, clock: Callable[[], float]) -> None:
        self._table = OwnedTable(client, table, "id")
        self._clock = clock

    def create(self, job: Job) -> bool:
        """Write a new job; False when there is one of that id already."""
        return self._table.put_new({**row_from_job(job), "open": _MARK})

    def get(self, job_id: str) -> Job | None:
        row = self._table.read(job_id)
        return job_from_row(row) if row else None

    def list(self, user_id: str, limit: int, cursor: str | None = None) -> JobPage:
        """A shopper's jobs, newest first. Raises a 400 Problem for a wrong cursor."""
        page = self._table.list(user_id, limit, cursor)
        return JobPage(tuple(map(job_from_row, page.rows)), page.cursor)

    def claim(self, job_id: str, token: str, lease_s: int) -> Job | None:
        """Take a job for `lease_s` seconds, unless it is over or someone else has it."""
        now = self._clock()
        return self._update(
            job_id,
            "SET #status = :processing, #claim = :token, #lease_until = :until",
            f"{_STILL_OPEN} AND (attribute_not_exists(#lease_until) OR #lease_until <= :now)",
            {**_OPEN_VALUES, ":token": token, ":until": int(now) + lease_s, ":now": int(now)},
        )

    def renew(self, job_id: str, token: str, lease_s: int) -> bool:
        """Keep a job for `lease_s` more seconds; False when it is no longer this claim's."""
        change = "SET #lease_until = :until"
        values = {":until": int(self._clock()) + lease_s}
        return self._hold(job_id, token, change, values) is not None

    def release(self, job_id: str, token: str) -> None:
        """Let someone else have the job at once."""
        self._hold(job_id, token, "SET #lease_until = :zero", {":zero": 0})

    def advance(
        self, job_id: str, token: str, progress: int, step: Step, estimate_s: int | None
    ) -> Job | None:
        """Say how far the job is; progress never goes back."""
        values = {":progress": progress, **_tell(step), ":estimate": estimate_s}
        change = f"SET #progress = :progress, {_TOLD}, #estimate_s = :estimate"
        return self._hold(job_id, token, change, values, " AND #progress <= :progress")

    def mark_paid(self, job_id: str, token: str, rendering: str) -> bool:
        """Note that a rendering is to be asked for; False if it has been before, or the claim is lost."""
        change = "ADD #paid :renderings"
        more = " AND NOT contains(#paid, :rendering)"
        values = {":renderings": {rendering}, ":rendering": rendering}
        return self._hold(job_id, token, change, values, more) is not None

    def unmark_paid(self, job_id: str, token: str, rendering: str) -> None:
        """Take that back: the model did not work."""
        self._hold(job_id, token, "DELETE #paid :renderings", {":renderings": {rendering}})

    def add_spend(self, job_id: str, token: str, micros: int) -> None:
        """Note what a rendering cost."""
        self._hold(job_id, token, "ADD #spent_micros :micros", {":micros": micros})

    def note_result(
        self,
        job_id: str,
        token: str,
        notes: Sequence[str],
        model: str,
        seed: int,
        spent_micros: int,
        mask_s3_url: str | None,
    ) -> Job | None:
        """What is to be told of a result and what it cost, written before the result itself."""
        values: dict[str, Any] = {
            ":notes": list(notes),
            ":model": model,
            ":seed": seed,
            ":spent": spent_micros,
        }
        change = "SET #notes = :notes, #model = :model, #seed = :seed, #spent_micros = :spent"
        if mask_s3_url:
            change += ", #mask_s3_url = :mask"
            values[":mask"] = mask_s3_url
        return self._hold(job_id, token, change, values)

    def complete(self, job_id: str, result_s3_url: str) -> Job | None:
        """End a job with its result."""
        change = (
            f"SET #status = :completed, #result_s3_url = :result, #progress = :all, {_TOLD}"
            " REMOVE #open, #claim, #lease_until, #estimate_s"
        )
        values = {":completed": "completed", ":result": result_s3_url, ":all": 100, **_tell(Step("ready"))}
        return self._update(job_id, change, _STILL_OPEN, {**_OPEN_VALUES, **values})

    def fail(self, job_id: str, reason: str) -> Job | None:
        """End a job with the reason why there is no result."""
        change = (
            f"SET #status = :error, #error_message = :reason, {_TOLD}"
            " REMOVE #open, #claim, #lease_until, #estimate_s"
        )
        values = {":error": "error", ":reason": reason, **_tell(Step("not-made"))}
        return self._update(job_id, change, _STILL_OPEN, {**_OPEN_VALUES, **values})

    def attach(self, job_id: str, user_id: str, connection_id: str) -> Job | None:
        """Send what happens from now on to a connection of the job's owner."""
        row = self._table.update(
            job_id,
            "SET #connection_id = :connection",
            "#user_id = :user",
            {":connection": connection_id, ":user": user_id},
        )
        return job_from_row(row) if row else None

    def delete(self, job_id: str) -> None:
        self._table.delete(job_id)

    def find_unfinished(self, created_before: float) -> Iterator[str]:
        """Ids of jobs that are not over though they were made before a time in seconds, oldest first."""
        start: dict[str, Any] = {}
        while True:
            answer = self._table.query(
                IndexName=UNFINISHED,
                KeyConditionExpression="#open = :mark AND created_at < :before",
                ExpressionAttributeNames={"#open": "open"},
                ExpressionAttributeValues={
                    ":mark": {"S": _MARK},
                    ":before": {"S": timestamp(created_before)},
                },
                **start,
            )
            yield from (str(read_item(item)["id"]) for item in answer["Items"])
            if "LastEvaluatedKey" not in answer:
                return
            start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}

    def _hold(
        self, job_id: str, token: str, change: str, values: Mapping[str, Any], more: str = ""
    ) -> Job | None:
        """A change by whoever has the claim."""
        condition = f"#status = :processing AND #claim = :token{more}"
        return self._update(
            job_id, change, condition, {":processing": str(Status.PROCESSING), ":token": token, **values}
        )

    def _update(self, job_id: str, change: str, condition: str, values: Mapping[str, Any]) -> Job | None:
        updated = "#updated_at = :updated"
        full = (
            change.replace("SET ", f"SET {updated}, ", 1) if "SET " in change else f"{change} SET {updated}"
        )
        row = self._table.update(job_id, full, condition, {**values, ":updated": timestamp(self._clock())})
        return job_from_row(row) if row else None


def _tell(step: Step) -> dict[str, Any]:
    """The values of what is told of a job: in words, and by code."""
    return {":note": step.text, ":step": step.describe()}
