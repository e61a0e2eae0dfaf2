"""A shopper's photos and try-ons: announced, shown, taken away."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from runtime.shared.moments import write_moment
from runtime.shared.problems import refuse_missing
from runtime.tryon.bucket import UPLOAD_S, Bucket, JobFiles
from runtime.tryon.job import Job, timestamp
from runtime.tryon.jobs import JobTable
from runtime.tryon.photo import DEFAULT_NAME, Photo, PhotoStatus, PhotoTable
from runtime.tryon.request import MAX_PHOTO_BYTES, ListQuery, UploadRequest
from runtime.tryon.telling import Teller

_ANNOUNCED_S = 86_400
_PAGE = 100


class FittingRoom:
    """What one shopper has. What is another's is not there: a 404 Problem. Raises StoreUnavailable."""

    def __init__(
        self,
        photos: PhotoTable,
        jobs: JobTable,
        photos_bucket: Bucket,
        results: Bucket,
        teller: Teller,
        clock: Callable[[], float],
    ) -> None:
        self._photos = photos
        self._jobs = jobs
        self._photos_bucket = photos_bucket
        self._results = results
        self._teller = teller
        self._clock = clock

    def invite_photo(self, user_id: str, asked: UploadRequest) -> dict[str, Any]:
        """Announce a photo, and say where and how to upload it."""
        now, model_id = self._clock(), uuid4().hex
        key = f"{self._photos_bucket.prefix}{user_id}/{model_id}"
        self._photos.announce(
            Photo(
                model_id=model_id,
                user_id=user_id,
                name=asked.name or DEFAULT_NAME,
                model_picture_s3_url=self._photos_bucket.url(key),
                created_at=timestamp(now),
                updated_at=timestamp(now),
                ttl=int(now) + _ANNOUNCED_S,
            )
        )
        form = self._photos_bucket.invite(key, asked.content_type, MAX_PHOTO_BYTES)
        return {**form, "model_id": model_id, "expires_at": write_moment(now + UPLOAD_S)}

    def list_photos(self, user_id: str, query: ListQuery) -> dict[str, Any]:
        """A page of photos, newest first."""
        page = self._photos.list(user_id, query.limit, query.cursor)
        shown = [self._describe_photo(photo) for photo in page.photos if photo.ttl > self._clock()]
        return {"models": shown, "cursor": page.cursor}

    def show_photo(self, user_id: str, model_id: str) -> dict[str, Any]:
        """One photo."""
        return self._describe_photo(self._own_photo(user_id, model_id))

    def delete_photo(self, user_id: str, model_id: str) -> dict[str, int]:
        """Erase a photo and all that was made of it; how much that was. Going on after a failure is safe."""
        photo = self._own_photo(user_id, model_id)
        results = jobs = 0
        cursor: str | None = None
        while True:
            page = self._jobs.list(user_id, _PAGE, cursor)
            for job in page.jobs:
                if job.model_id == model_id:
                    results += self._erase_job(job)
                    jobs += 1
            cursor = page.cursor
            if cursor is None:
                break
        objects = self._photos_bucket.erase(self._photos_bucket.key(photo.model_picture_s3_url))
        self._photos.delete(model_id)
        return {"photos": objects, "jobs": jobs, "results": results}

    def list_jobs(self, user_id: str, query: ListQuery) -> dict[str, Any]:
        """A page of try-ons, newest first."""
        page = self._jobs.list(user_id, query.limit, query.cursor)
        shown = [self._teller.describe(job) for job in page.jobs if job.ttl > self._clock()]
        return {"jobs": shown, "cursor": page.cursor}

    def show_job(self, user_id: str, job_id: str) -> dict[str, Any]:
        """One try-on."""
        return self._teller.describe(self._own_job(user_id, job_id))

    def delete_job(self, user_id: str, job_id: str) -> dict[str, int]:
        """Erase a try-on and its result; how much that was."""
        return {"jobs": 1, "results": self._erase_job(self._own_job(user_id, job_id))}

    def subscribe(self, user_id: str, job_id: str, connection_id: str) -> Job:
        """Send what happens to a job from now on to a connection; the job as it is now."""
        job = self._jobs.attach(self._own_job(user_id, job_id).id, user_id, connection_id)
        if job is None:
            raise refuse_missing("try-on")
        return job

    def _erase_job(self, job: Job) -> int:
        """The row goes last, so that a deletion that failed half-way finds the rest when it is repeated."""
        self._jobs.fail(job.id, "It was deleted.")  # whoever works on it may not write its result any more
        files = JobFiles.of(self._results, job.user_id, job.id)
        erased = self._results.erase(files.look)
        self._results.erase(files.folder)
        self._jobs.delete(job.id)
        return erased

    def _own_photo(self, user_id: str, model_id: str) -> Photo:
        photo = self._photos.get(model_id)
        if photo is None or photo.user_id != user_id or photo.ttl <= self._clock():
            raise refuse_missing("photo")
        return photo

    def _own_job(self, user_id: str, job_id: str) -> Job:
        job = self._jobs.get(job_id)
        if job is None or job.user_id != user_id or job.ttl <= self._clock():
            raise refuse_missing("try-on")
        return job

    def _describe_photo(self, photo: Photo) -> dict[str, Any]:
        ready = photo.status == PhotoStatus.READY
        key = self._photos_bucket.key(photo.model_picture_s3_url)
        return {
            "model_id": photo.model_id,
            "name": photo.name,
            "status": photo.status,
            "advice": list(photo.advice),
            "image_url": self._photos_bucket.link(key) if ready else None,
            "created_at": photo.created_at,
            "expires_at": write_moment(photo.ttl),
        }
