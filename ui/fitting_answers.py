"""What the API answers in the fitting room, and what it is asked there."""

from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import AwareDatetime, Field

from ui.bodies import Answer, Asked, new_request_id

LABEL = "Shows the look, not the size."

PhotoStatus = Literal["waiting", "ready", "refused"]
JobStatus = Literal["created", "processing", "completed", "error"]


class Upload(Answer):
    """Where a photo is sent to: the form of a presigned POST, and the photo's id from now on."""

    url: str
    fields: dict[str, str]
    model_id: str
    expires_at: AwareDatetime | None = None


class ShopperPhoto(Answer):
    """A photo of the shopper; `advice` says what would make a better one."""

    model_id: str
    name: str | None = None
    status: PhotoStatus = "waiting"
    advice: tuple[str, ...] = ()
    image_url: str | None = None
    created_at: AwareDatetime | None = None
    expires_at: AwareDatetime | None = None


class PhotoPage(Answer):
    """Some of the shopper's photos; `cursor` asks for more."""

    models: tuple[ShopperPhoto, ...] = ()
    cursor: str | None = None


class TryOnRequest(Asked):
    """Pieces to be put on a photo; `parameters` are those of the model, in its own spelling."""

    model_id: str
    product_ids: tuple[str, ...]
    parameters: dict[str, Any] = Field(default_factory=dict)
    request_id: str = Field(default_factory=new_request_id)


class Begun(Answer):
    """A try-on has been taken on."""

    job_id: str
    status: JobStatus = "created"


class Told(Answer):
    """Something the API tells by a code, with the words that it is about."""

    code: str = ""
    values: dict[str, str] = Field(default_factory=dict)


class Job(Answer):
    """A try-on: how far it is (0..100), and what came of it. The addresses work for a while only."""

    job_id: str
    status: JobStatus = "created"
    progress: float = 0.0
    note: str | None = None
    step: Told = Field(default_factory=Told)
    """The note by its code."""
    estimate_s: float | None = None
    model_id: str | None = None
    product_ids: tuple[str, ...] = ()
    person_url: str | None = None
    result_url: str | None = None
    mask_url: str | None = None
    notes: tuple[str, ...] = ()
    remarks: tuple[Told, ...] = ()
    """The notes by their codes."""
    label: str = LABEL
    error_message: str | None = None
    created_at: AwareDatetime | None = None
    updated_at: AwareDatetime | None = None

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will come of it."""
        return self.status in ("completed", "error")


class JobPage(Answer):
    """Some of the shopper's try-ons, newest first; `cursor` asks for older ones."""

    jobs: tuple[Job, ...] = ()
    cursor: str | None = None


class Deleted(Answer):
    """What a deletion took away, by kind."""

    deleted: dict[str, int] = Field(default_factory=dict)


def just_begun(begun: Begun, request: TryOnRequest) -> Job:
    """A try-on as it is known before the first word about it."""
    now = datetime.now(UTC)
    return Job(
        job_id=begun.job_id,
        status=begun.status,
        model_id=request.model_id,
        product_ids=request.product_ids,
        created_at=now,
        updated_at=now,
    )
