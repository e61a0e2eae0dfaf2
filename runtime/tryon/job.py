"""A try-on job: its row in the jobs table, and what the API tells of it.

The statuses only ever go forward: created, processing, then completed or error.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from runtime.fitting.told import Step, describe_remark

JOB_ID = "job-id"
"""Metadata of a result: the job it belongs to."""
LABEL = "Shows the look, not the size."


WAITING = Step("waiting")


class Status(StrEnum):
    """How far a job is."""

    CREATED = "created"
    PROCESSING = "processing"
    COMPLETED = "completed"
    ERROR = "error"


OPEN = (Status.CREATED, Status.PROCESSING)
"""The statuses that something still has to come after."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One row of the jobs table. Times are ISO 8601 in UTC, money is in millionths of a US dollar."""

    id: str
    user_id: str
    model_id: str
    product_id: str
    """The first of `product_ids`."""
    product_ids: tuple[str, ...]
    model_picture_s3_url: str
    product_picture_s3_url: str
    """Of the first product."""
    result_s3_url: str | None = None
    mask_s3_url: str | None = None
    status: str = Status.CREATED
    parameters: Mapping[str, Any]
    """As the API takes them; a mask that was given is kept in the results bucket instead."""
    connection_id: str | None = None
    error_message: str | None = None
    created_at: str
    updated_at: str
    ttl: int
    """Seconds since 1970 after which the row goes."""
    request_hash: str | None = None
    """What the request asked for, where it had an id."""
    progress: int = 0
    note: str = WAITING.text
    step: Mapping[str, Any] = field(default_factory=WAITING.describe)
    """The note by its code: `{"code", "values"}`."""
    notes: tuple[str, ...] = ()
    estimate_s: int | None = None
    claim: str | None = None
    """Who works on the job, until `lease_until` (seconds since 1970)."""
    lease_until: int = 0
    reserved_on: str
    """The day whose counters the job is on."""
    reserved_micros: int
    spent_micros: int = 0
    paid: frozenset[str] = frozenset()
    """Renderings that were asked of the model and maybe paid for."""
    model: str | None = None
    seed: int | None = None

    @property
    def is_open(self) -> bool:
        return self.status in OPEN


_FIELDS = tuple(each.name for each in fields(Job))
_NUMBERS = ("ttl", "progress", "estimate_s", "lease_until", "reserved_micros", "spent_micros", "seed")


def job_from_row(row: Mapping[str, Any]) -> Job:
    """The job of a row as the table's deserializer gives it; unknown attributes are ignored."""
    values = {name: row[name] for name in _FIELDS if row.get(name) is not None}
    for name in _NUMBERS:
        if name in values:
            values[name] = int(values[name])
    for name in ("product_ids", "notes"):
        if name in values:
            values[name] = tuple(values[name])
    if "paid" in values:
        values["paid"] = frozenset(values["paid"])
    values["parameters"] = plain(values.get("parameters") or {})
    return Job(**values)


def row_from_job(job: Job) -> dict[str, Any]:
    """The row of a job: what is not known is left out."""
    values = {name: getattr(job, name) for name in _FIELDS}
    return {
        name: list(value) if isinstance(value, tuple) else str(value) if isinstance(value, Status) else value
        for name, value in values.items()
        if value is not None and value not in ("", (), frozenset())
    }


def plain(value: Any) -> Any:
    """A deserialized value with the numbers that JSON has: whole ones, as the parameters hold no others."""
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [plain(each) for each in value]
    return value if isinstance(value, bool | str) or value is None else int(value)


def timestamp(now: float) -> str:
    """A time in seconds since 1970 as the tables hold it: milliseconds, always of the same length."""
    return datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds")


def seconds_of(text: str) -> float:
    """The time that `timestamp` wrote, in seconds since 1970."""
    return datetime.fromisoformat(text).timestamp()


def describe_job(
    job: Job, *, person_url: str | None, result_url: str | None, mask_url: str | None
) -> dict[str, Any]:
    """A job as the API and the WebSocket tell it."""
    return {
        "job_id": job.id,
        "status": job.status,
        "progress": job.progress,
        "note": job.note,
        "step": dict(job.step),
        "estimate_s": job.estimate_s if job.is_open else None,
        "model_id": job.model_id,
        "product_ids": list(job.product_ids),
        "person_url": person_url,
        "result_url": result_url,
        "mask_url": mask_url,
        "notes": list(job.notes),
        "remarks": [describe_remark(note) for note in job.notes],
        "label": LABEL,
        "error_message": job.error_message,
        "created_at": job.created_at,
        "updated_at": job.updated_at,
    }
