"""The fitting room of this session: photos and looks as the API last told them, and what is under way."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import streamlit as st

from ui.bodies import read_pages
from ui.client import StylistClient
from ui.fitting_answers import Job, ShopperPhoto, TryOnRequest, just_begun
from ui.photos import Photo
from ui.problems import ApiProblem, unless_gone
from ui.storage import Storage
from ui.words import later, say

_STATE = "fitting_room"
_FRESH = timedelta(seconds=60)
_MOST_PAGES = 5
_REFUSED = later("We could not do that.")
_TEXTS = {
    404: later("That photo or piece is gone. Please choose again."),
    409: later("This photo is still being checked. Please try again in a moment."),
    429: later("You have tried on a lot in a short time. Please try again later."),
    503: later("The fitting room is busy right now. Please try again in a minute."),
}


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True)
class Unsent:
    """A photo that was chosen and is not sent yet; with advice it waits for the shopper's word."""

    photo: Photo
    advice: tuple[str, ...]
    confirmed: bool
    name: str | None = None


@dataclass(slots=True)
class FittingRoom:
    """What the page shows; `problem` tells in words what went wrong last."""

    photos: list[ShopperPhoto] = field(default_factory=list[ShopperPhoto])
    jobs: list[Job] = field(default_factory=list[Job])
    cursor: str | None = None
    loaded_at: datetime | None = None
    unsent: Unsent | None = None
    refused_request: TryOnRequest | None = None
    problem: str | None = None
    wanted: tuple[str, ...] = ()
    """Pieces to be put on as soon as the photo that was chosen for them is ready."""
    wanted_on: str | None = None
    """That photo, once it has been sent."""

    @property
    def ready_photos(self) -> list[ShopperPhoto]:
        """The photos that pieces can be put on."""
        return [photo for photo in self.photos if photo.status == "ready"]

    @property
    def waiting_photos(self) -> list[ShopperPhoto]:
        """The photos that are being checked."""
        return [photo for photo in self.photos if photo.status == "waiting"]

    @property
    def going(self) -> list[Job]:
        """The try-ons that have not ended."""
        return [job for job in self.jobs if not job.has_ended]

    def find_photo(self, model_id: str | None) -> ShopperPhoto | None:
        """A photo by its id."""
        return next((photo for photo in self.photos if photo.model_id == model_id), None)

    def find_job(self, job_id: str | None) -> Job | None:
        """A try-on by its id."""
        return next((job for job in self.jobs if job.job_id == job_id), None)

    def refresh(self, client: StylistClient) -> None:
        """Asks for photos and looks, unless they were told within the last minute. Raises ApiProblem."""
        if self.loaded_at and _now() - self.loaded_at < _FRESH:
            return
        pages = read_pages(lambda cursor: client.photos(cursor=cursor), _MOST_PAGES)
        photos = [photo for page in pages for photo in page.models]
        jobs = client.jobs()
        self.photos, self.jobs, self.cursor, self.loaded_at = photos, list(jobs.jobs), jobs.cursor, _now()

    def show_more(self, client: StylistClient) -> None:
        """Asks for older looks."""
        if self.cursor:
            page = client.jobs(cursor=self.cursor)
            known = {job.job_id for job in self.jobs}
            self.jobs += [job for job in page.jobs if job.job_id not in known]
            self.cursor = page.cursor

    def take_photo(self, photo: ShopperPhoto) -> None:
        """What the API says of a photo now."""
        known = [photo if each.model_id == photo.model_id else each for each in self.photos]
        self.photos = known if self.find_photo(photo.model_id) else [photo, *self.photos]

    def take_job(self, job: Job) -> None:
        """What the API says of a try-on now."""
        known = [job if each.job_id == job.job_id else each for each in self.jobs]
        self.jobs = known if self.find_job(job.job_id) else [job, *self.jobs]

    def send_photo(self, client: StylistClient, storage: Storage) -> ShopperPhoto | None:
        """Sends the chosen photo; None when that failed. Raises ApiProblem when the sign-in has ended."""
        if self.unsent is None:
            return None
        photo, name, self.unsent = self.unsent.photo, self.unsent.name, None
        try:
            upload = client.begin_upload(photo.content_type, len(photo.data), name=name)
            storage.send(upload, photo)
        except ApiProblem as problem:
            self._tell(problem)
            return None
        sent = ShopperPhoto(model_id=upload.model_id, name=name, created_at=_now())
        self.take_photo(sent)
        self.wanted_on = sent.model_id
        return sent

    def begin_wanted(
        self, client: StylistClient, photo: ShopperPhoto, parameters: Mapping[str, Any]
    ) -> Job | None:
        """Has the wanted pieces put on a photo that is ready; None when there are none, or that failed."""
        pieces, self.wanted, self.wanted_on = self.wanted, (), None
        if not pieces:
            return None
        request = TryOnRequest(model_id=photo.model_id, product_ids=pieces, parameters=dict(parameters))
        return self.begin(client, request)

    def begin(self, client: StylistClient, request: TryOnRequest) -> Job | None:
        """Has pieces put on; the same wish after a failure is the same request, so that it is paid once."""
        earlier = self.refused_request
        if earlier and earlier.model_copy(update={"request_id": request.request_id}) == request:
            request = earlier
        self.refused_request, self.problem = request, None
        try:
            job = just_begun(client.begin_try_on(request), request)
        except ApiProblem as problem:
            self._tell(problem)
            return None
        self.refused_request = None
        self.take_job(job)
        return job

    def delete_photo(self, client: StylistClient, model_id: str) -> None:
        """Takes away a photo with its looks."""
        if self._delete(lambda: client.delete_photo(model_id)):
            self.photos = [photo for photo in self.photos if photo.model_id != model_id]
            self.jobs = [job for job in self.jobs if job.model_id != model_id]

    def delete_all_photos(self, client: StylistClient) -> None:
        """Takes away all photos with their looks."""
        for photo in list(self.photos):
            self.delete_photo(client, photo.model_id)

    def delete_job(self, client: StylistClient, job_id: str) -> None:
        """Takes away a look."""
        if self._delete(lambda: client.delete_job(job_id)):
            self.jobs = [job for job in self.jobs if job.job_id != job_id]

    def _delete(self, call: Callable[[], object]) -> bool:
        self.problem = None
        try:
            unless_gone(call)
        except ApiProblem as problem:
            self._tell(problem)
            return False
        return True

    def _tell(self, problem: ApiProblem) -> None:
        if problem.session_ended:
            raise problem
        if problem.status in (409, 422, 429, 503) and problem.detail:
            self.problem = problem.detail
        else:
            texts = {status: say(text) for status, text in _TEXTS.items()}
            self.problem = problem.describe(say(_REFUSED), texts)


def open_room() -> FittingRoom:
    """The fitting room of this browser session."""
    return st.session_state.setdefault(_STATE, FittingRoom())


def close_room() -> None:
    """Forgets what this session knows of photos and looks."""
    st.session_state.pop(_STATE, None)
