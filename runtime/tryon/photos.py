"""Photos as they come into the bucket: cleaned of everything but the picture, or refused with advice.

The cleaned photo takes the place of the uploaded one, which makes an event like any upload. It is known by a
token in its metadata that stands in the photo's row as well, so that it is not cleaned again and nothing that
was uploaded can pass for it.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any
from uuid import uuid4

from runtime.fitting.person import inspect_person
from runtime.shared.aws import Clients
from runtime.shared.consumer import Consumer, KeyByKey
from runtime.shared.images import PictureRefused, refuse_size
from runtime.shared.queues import Pause
from runtime.shared.settings import read_setting
from runtime.tryon.bucket import Bucket, Found
from runtime.tryon.cleaning import clean_photo
from runtime.tryon.job import timestamp
from runtime.tryon.photo import CLEAN, Photo, PhotoStatus, PhotoTable
from runtime.tryon.request import MAX_PHOTO_BYTES
from runtime.tryon.settings import PhotoSettings, QueueSettings
from runtime.tryon.table import TROUBLES

_DAY_S = 86_400


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda entry point: an SQS batch of S3 events in, the failed messages out."""
    return _open_consumer().handle(event)


@cache
def _open_consumer() -> Consumer:
    photos: PhotoSettings = read_setting("PHOTOS", PhotoSettings)
    settings: QueueSettings = read_setting("TRYON_QUEUE", QueueSettings)
    clients = Clients()
    bucket = Bucket(clients.get("s3"), photos.bucket, photos.prefix)
    table = PhotoTable(clients.get("dynamodb"), photos.table, time.time)
    intake = Intake(table, bucket, photos.retention_days, time.time)
    work = KeyByKey(bucket.name, intake.take, TROUBLES)
    return Consumer(work, Pause(clients.get("sqs"), settings.queue_url))


class Intake:
    """Takes photos in, whatever order and number their events come in."""

    def __init__(
        self, photos: PhotoTable, bucket: Bucket, retention_days: int, clock: Callable[[], float]
    ) -> None:
        self._photos = photos
        self._bucket = bucket
        self._retention_days = retention_days
        self._clock = clock

    def take(self, key: str) -> str:
        """Take in the object of a key; in a word, what became of it. Raises one of TROUBLES."""
        owner, _, model_id = key.removeprefix(self._bucket.prefix).partition("/")
        if not owner or not model_id or "/" in model_id:
            self._bucket.erase(key)  # nobody's photo could never be shown or erased by its owner
            return "Nobodys"
        found = self._bucket.open(key)
        if found is None:
            return "Gone"
        photo = self._photos.get(model_id)
        if photo is not None and photo.user_id != owner:
            self._bucket.erase(key)
            return "Nobodys"
        if photo is not None and photo.clean_token and found.metadata.get(CLEAN) == photo.clean_token:
            return self._finish(self._kept(photo), key, photo.clean_token)
        if photo is None:
            photo = self._import(owner, model_id, key)
        return self._check(self._kept(photo), key, found)

    def _check(self, photo: Photo, key: str, found: Found) -> str:
        try:
            if found.size > MAX_PHOTO_BYTES:
                raise refuse_size(MAX_PHOTO_BYTES)
            cleaned = clean_photo(found.read())
            report = inspect_person(cleaned)
        except PictureRefused as refused:
            return self._refuse(photo, key, [refused.advice])
        if not report.usable:
            return self._refuse(photo, key, report.advice)
        token = uuid4().hex
        if not self._photos.begin_cleaning(photo, token, report.advice):
            return self._withdraw(key)
        self._bucket.put(key, cleaned, "image/jpeg", {CLEAN: token})
        return self._finish(photo, key, token)

    def _finish(self, photo: Photo, key: str, token: str) -> str:
        self._bucket.erase_older(key)
        if photo.status == PhotoStatus.READY and photo.clean_token == token:
            return "Known"
        return "Ready" if self._photos.finish_cleaning(photo, token) else self._withdraw(key)

    def _refuse(self, photo: Photo, key: str, advice: Sequence[str]) -> str:
        self._photos.refuse(photo, advice)
        self._bucket.erase(key)
        return "Refused"

    def _withdraw(self, key: str) -> str:
        """A photo that was deleted, or uploaded anew, while it was looked at."""
        owner, _, model_id = key.removeprefix(self._bucket.prefix).partition("/")
        photo = self._photos.get(model_id)
        if photo is None or photo.user_id != owner:
            self._bucket.erase(key)
        return "Withdrawn"

    def _import(self, owner: str, model_id: str, key: str) -> Photo:
        """The row of a photo that nobody announced."""
        now = self._clock()
        photo = Photo(
            model_id=model_id,
            user_id=owner,
            model_picture_s3_url=self._bucket.url(key),
            auto_imported=True,
            created_at=timestamp(now),
            updated_at=timestamp(now),
            ttl=int(now) + _DAY_S,
        )
        self._photos.announce(photo)
        return photo

    def _kept(self, photo: Photo) -> Photo:
        """The photo with the time until which its object is kept, counted from the upload."""
        return replace(photo, ttl=int(self._clock()) + self._retention_days * _DAY_S)
