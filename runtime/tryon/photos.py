"""Photos as they come into the bucket: cleaned of everything but the picture, or refused with advice.

The cleaned photo takes the place of the uploaded one, which makes an event like any upload. It is known by a
token in its metadata that stands in the photo's row as well, so that it is not cleaned again and nothing that
was uploaded can pass for it.
"""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any
from uuid import uuid4

from botocore.exceptions import BotoCoreError, ClientError

from runtime.fitting.person import inspect_person
from runtime.shared.aws import Clients
from runtime.shared.images import PictureRefused, refuse_size
from runtime.shared.observability import describe_error, emit_metrics, get_logger
from runtime.shared.queues import Pause, read_keys
from runtime.shared.settings import read_setting
from runtime.tryon.bucket import Bucket, Found
from runtime.tryon.cleaning import clean_photo
from runtime.tryon.job import timestamp
from runtime.tryon.photo import CLEAN, Photo, PhotoStatus, PhotoTable
from runtime.tryon.request import MAX_PHOTO_BYTES
from runtime.tryon.settings import PhotoSettings, QueueSettings
from runtime.tryon.table import StoreUnavailable

_DAY_S = 86_400


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda entry point: an SQS batch of S3 events in, the failed messages out."""
    records: Sequence[Mapping[str, Any]] = event.get("Records") or []
    intake = _open_intake()
    failed = [record for record in records if not intake.run(record)]
    _open_pause().give(failed)
    emit_metrics({}, {**intake.take_counts(), "MessagesFailed": float(len(failed))}, {})
    return {"batchItemFailures": [{"itemIdentifier": each["messageId"]} for each in failed]}


@cache
def _open_intake() -> "Intake":
    settings: PhotoSettings = read_setting("PHOTOS", PhotoSettings)
    clients = Clients()
    return Intake(
        PhotoTable(clients.get("dynamodb"), settings.table, time.time),
        Bucket(clients.get("s3"), settings.bucket, settings.prefix),
        settings.retention_days,
        time.time,
    )


@cache
def _open_pause() -> Pause:
    settings: QueueSettings = read_setting("TRYON_QUEUE", QueueSettings)
    return Pause(Clients().get("sqs"), settings.queue_url)


class Intake:
    """Takes photos in, whatever order and number their events come in."""

    def __init__(
        self, photos: PhotoTable, bucket: Bucket, retention_days: int, clock: Callable[[], float]
    ) -> None:
        self._photos = photos
        self._bucket = bucket
        self._retention_days = retention_days
        self._clock = clock
        self._counts: Counter[str] = Counter()

    def run(self, record: Mapping[str, Any]) -> bool:
        """Take in what an SQS record tells of; False when it has to come again."""
        try:
            for key in read_keys(record, self._bucket.name):
                self._counts[self._take(key)] += 1
        except (StoreUnavailable, ClientError, BotoCoreError, ValueError) as error:
            get_logger().warning("photo not taken in", **describe_error(error))
            return False
        return True

    def take_counts(self) -> dict[str, float]:
        """How often each thing happened since the last time."""
        counts = {name: float(count) for name, count in self._counts.items()}
        self._counts.clear()
        return counts

    def _take(self, key: str) -> str:
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
