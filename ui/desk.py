"""The catalogue's desk of this session: what was sent, what became of it, and what could not be taken in."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import streamlit as st

from ui.bodies import read_pages
from ui.client import StylistClient
from ui.desk_answers import MOST_FILES, CatalogFile, CatalogStatus, DeadLetter, UploadForm
from ui.desk_checks import ChosenFile
from ui.problems import ApiProblem, unless_gone
from ui.storage import Storage
from ui.words import later, say

_STATE = "desk"
_FRESH = timedelta(seconds=1)
_LONGEST_START = timedelta(minutes=2)
"""For how long groups are waited for that nobody seems to make."""
_AT_ONCE = 4
_KEYS_AT_ONCE = 20
"""An address with more keys than that would be too long for the gateway."""
_MOST_PAGES = 10
_CONFLICT = 409
_REFUSED = later("The catalogue did not take that.")
_TEXTS = {
    403: later("Only people who look after the catalogue may do this."),
    409: later("The pieces are being grouped already."),
    503: later("The catalogue is busy right now. Please try again in a moment."),
}

Report = Callable[[int, int], object]
"""Told how many of how many files are through."""


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True)
class Sent:
    """A file that was sent, or could not be; `told` is what the API last said of it."""

    name: str
    category: str | None
    sent_at: datetime
    told: CatalogFile | None
    failed: bool = False

    @property
    def waits(self) -> bool:
        """Whether something will still become of it."""
        return not self.failed and self.told is not None and self.told.status == "waiting"


@dataclass(slots=True)
class Desk:
    """What the page shows; `problem` tells in words what went wrong last, `done` what went well."""

    sent: list[Sent] = field(default_factory=list[Sent])
    status: CatalogStatus | None = None
    letters: list[DeadLetter] | None = None
    """None until they were asked for."""
    letters_known: int = 0
    """How many there were, about, when they were asked for."""
    more_letters: bool = False
    read_at: datetime | None = None
    groups_replaced: datetime | None = None
    """When the groups were made that are to be made anew."""
    asked_to_group_at: datetime | None = None
    problem: str | None = None
    done: str | None = None

    @property
    def waiting(self) -> list[Sent]:
        """The files that something will still become of."""
        return [each for each in self.sent if each.waits]

    @property
    def is_grouping(self) -> bool:
        """Whether the products are being grouped, or soon will be."""
        running = self.status is not None and self.status.clusters.running
        return running or self.asked_to_group_at is not None

    @property
    def is_busy(self) -> bool:
        """Whether it is worth looking again soon."""
        return bool(self.waiting) or self.is_grouping or bool(self.status and self.status.is_busy)

    @property
    def are_letters_stale(self) -> bool:
        """Whether there may be other dead letters than those that are known."""
        return self.letters is None or (
            self.status is not None and self.status.dead_letters != self.letters_known
        )

    def seconds_left(self) -> int | None:
        """About how long what waits will take, by how fast it went so far; None while that is not known."""
        waiting = self.waiting
        settled = [each for each in self.sent if each.told and each.told.settled_at and not each.waits]
        begun = min((each.sent_at for each in waiting), default=None)
        if begun is None:
            return None
        recent = [each for each in settled if each.sent_at >= begun]
        if not recent:
            return None
        return max(1, round((_now() - begun).total_seconds() / len(recent) * len(waiting)))

    def send(
        self,
        client: StylistClient,
        storage: Storage,
        files: Sequence[ChosenFile],
        category: str | None,
        report: Report,
    ) -> None:
        """Sends files, several at once. Raises ApiProblem when the sign-in has ended."""
        self.problem = self.done = self.read_at = None
        through = 0
        for start in range(0, len(files), MOST_FILES):
            part = files[start : start + MOST_FILES]
            try:
                forms = client.begin_catalog_uploads([file.announce(category) for file in part]).uploads
            except ApiProblem as problem:
                self._tell(problem)
                return
            for sent in _send_all(storage, part, forms, category):
                self._take(sent)
                through += 1
                report(through, len(files))

    def refresh(self, client: StylistClient) -> None:
        """Asks what became of what waits, and for the state of the catalogue, unless that was just done.

        Raises ApiProblem.
        """
        if self.read_at and _now() - self.read_at < _FRESH:
            return
        by_key = {each.told.key: each for each in self.waiting if each.told}
        keys = list(by_key)
        for start in range(0, len(keys), _KEYS_AT_ONCE):
            for told in client.catalog_files(keys[start : start + _KEYS_AT_ONCE]).files:
                if told.key in by_key:
                    by_key[told.key].told = told
        self.status = client.catalog_status()
        self.read_at = _now()
        if self.asked_to_group_at and (
            self.status.clusters.made_at != self.groups_replaced
            or self.read_at - self.asked_to_group_at > _LONGEST_START
        ):
            self.asked_to_group_at = None

    def read_letters(self, client: StylistClient) -> None:
        """Asks for all that could not be taken in. Raises ApiProblem when the sign-in has ended."""
        try:
            self._read_letters(client)
        except ApiProblem as problem:
            self._tell(problem)

    def retry(self, client: StylistClient, ids: Sequence[str] | None = None) -> None:
        """Has dead letters (None: all) tried again."""
        letters = [each for each in self.letters or () if ids is None or each.id in ids]
        if self._call(lambda: client.retry_dead_letters(ids)):
            self._drop_letters({each.id for each in letters})
            for sent in self.sent:
                if sent.told and sent.told.key in {each.key for each in letters}:
                    sent.told, sent.sent_at = CatalogFile(key=sent.told.key), _now()
            self.done = say("It is being tried again.")

    def delete(self, client: StylistClient, letter_id: str) -> None:
        """Throws a dead letter away."""
        if self._call(lambda: client.delete_dead_letter(letter_id)):
            self._drop_letters({letter_id})

    def group(self, client: StylistClient) -> None:
        """Has the products grouped anew."""
        if self._call(client.group_products):
            self.groups_replaced = self.status.clusters.made_at if self.status else None
            self.asked_to_group_at = _now()

    def clear(self) -> None:
        """Forgets the files of which nothing more will become."""
        self.sent = self.waiting

    def _read_letters(self, client: StylistClient) -> None:
        pages = list(read_pages(lambda cursor: client.dead_letters(cursor=cursor), _MOST_PAGES))
        letters = [letter for page in pages for letter in page.dead_letters]
        self.letters, self.more_letters = letters, pages[-1].cursor is not None
        self.letters_known = self.status.dead_letters if self.status else len(letters)

    def _take(self, sent: Sent) -> None:
        key = sent.told.key if sent.told else None
        self.sent = [
            sent,
            *(each for each in self.sent if key is None or not each.told or each.told.key != key),
        ]

    def _drop_letters(self, ids: set[str]) -> None:
        self.letters = [each for each in self.letters or () if each.id not in ids]

    def _call(self, call: Callable[[], object]) -> bool:
        self.problem = self.done = self.read_at = None
        try:
            unless_gone(call)
        except ApiProblem as problem:
            self._tell(problem)
            return False
        return True

    def _tell(self, problem: ApiProblem) -> None:
        if problem.session_ended:
            raise problem
        self.problem = problem.describe(_REFUSED, _TEXTS)


def _send_all(
    storage: Storage, files: Sequence[ChosenFile], forms: Sequence[UploadForm], category: str | None
) -> Iterator[Sent]:
    """The files as they are through, in whatever order."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        going = [
            pool.submit(_send, storage, file, form, category) for file, form in zip(files, forms, strict=True)
        ]
        for done in as_completed(going):
            yield done.result()


def _send(storage: Storage, file: ChosenFile, form: UploadForm, category: str | None) -> Sent:
    told = CatalogFile(key=form.key)
    try:
        storage.send_file(form.url, form.fields, file.name, file.data, file.content_type or "")
    except ApiProblem:
        return Sent(file.name, category, _now(), told, failed=True)
    return Sent(file.name, category, _now(), told)


def open_desk() -> Desk:
    """The desk of this browser session."""
    return st.session_state.setdefault(_STATE, Desk())
