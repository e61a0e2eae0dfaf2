"""Photos of shoppers: their rows in the table of models. A model, here, is who wears the clothes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

from runtime.tryon.job import timestamp
from runtime.tryon.table import OwnedTable

PERSON = "person"
DEFAULT_NAME = "My photo"
CLEAN = "clean"
"""Metadata of a cleaned photo: the token in its row."""


class PhotoStatus(StrEnum):
    """Whether a photo can be worn clothes on."""

    WAITING = "waiting"
    READY = "ready"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Photo:
    """One row of the table of models. Times are ISO 8601 in UTC."""

    model_id: str
    user_id: str
    model_picture_s3_url: str
    name: str = DEFAULT_NAME
    category: str = PERSON
    description: str = "A photo of a shopper."
    auto_imported: bool = False
    """Whether the row follows an object in the bucket; before that it only announces one."""
    created_at: str
    updated_at: str
    ttl: int
    """Seconds since 1970 after which the row goes, as the object does."""
    status: str = PhotoStatus.WAITING
    advice: tuple[str, ...] = ()
    """Why it was refused and what to do about it."""
    clean_token: str | None = None
    """What the metadata of the cleaned object says, so that nothing else is taken for it."""


@dataclass(frozen=True, slots=True)
class PhotoPage:
    """Some photos of a shopper, and where the list goes on."""

    photos: tuple[Photo, ...]
    cursor: str | None


_FIELDS = tuple(field.name for field in fields(Photo))


class PhotoTable:
    """Photos. Every method raises StoreUnavailable."""

    def __init__(self, client: Any, table: str, clock: Callable[[], float]) -> None:
        self._table = OwnedTable(client, table, "model_id")
        self._clock = clock

    def announce(self, photo: Photo) -> bool:
        """Write the row of a photo that is to come; False when there is one of that id already."""
        return self._table.put_new(_to_row(photo))

    def get(self, model_id: str) -> Photo | None:
        row = self._table.read(model_id)
        return _from_row(row) if row else None

    def list(self, user_id: str, limit: int, cursor: str | None = None) -> PhotoPage:
        """A shopper's photos, newest first. Raises a 400 Problem for a wrong cursor."""
        page = self._table.list(user_id, limit, cursor)
        return PhotoPage(tuple(map(_from_row, page.rows)), page.cursor)

    def begin_cleaning(self, photo: Photo, token: str, advice: Sequence[str]) -> bool:
        """Say which object will be the clean one, with advice of it; False when the row is gone."""
        change = (
            "SET #clean_token = :token, #status = :status, #advice = :advice, #auto_imported = :yes,"
            " #updated_at = :now"
        )
        values = {":token": token, ":status": "waiting", ":yes": True, ":advice": list(advice)}
        return self._change(photo, change, values)

    def finish_cleaning(self, photo: Photo, token: str) -> bool:
        """Let a cleaned photo be used; False when the row is gone, or about another object by now."""
        change = "SET #status = :status, #ttl = :ttl, #updated_at = :now"
        values = {":status": "ready", ":token": token, ":ttl": photo.ttl}
        return self._change(photo, change, values, " AND #clean_token = :token")

    def refuse(self, photo: Photo, advice: Sequence[str]) -> bool:
        """Say why a photo cannot be used; False when the row is gone."""
        change = (
            "SET #status = :status, #advice = :advice, #auto_imported = :yes, #updated_at = :now"
            " REMOVE #clean_token"
        )
        return self._change(photo, change, {":status": "refused", ":advice": list(advice), ":yes": True})

    def delete(self, model_id: str) -> None:
        self._table.delete(model_id)

    def _change(self, photo: Photo, change: str, values: Mapping[str, Any], more: str = "") -> bool:
        given = {**values, ":user": photo.user_id, ":now": timestamp(self._clock())}
        return self._table.update(photo.model_id, change, f"#user_id = :user{more}", given) is not None


def _to_row(photo: Photo) -> dict[str, Any]:
    values = {name: getattr(photo, name) for name in _FIELDS}
    return {
        name: str(value) if isinstance(value, PhotoStatus) else value
        for name, value in values.items()
        if value is not None and value != ()
    }


def _from_row(row: Mapping[str, Any]) -> Photo:
    values = {name: row[name] for name in _FIELDS if row.get(name) is not None}
    values["ttl"] = int(values["ttl"])
    values["advice"] = tuple(values.get("advice", ()))
    return Photo(**values)
