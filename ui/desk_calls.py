"""The part of the API for people of the shop who look after its catalogue."""

from collections.abc import Sequence
from urllib.parse import quote

import httpx

from ui.desk_answers import (
    CatalogFiles,
    CatalogStatus,
    DeadLetterPage,
    LetterDeleted,
    NewFile,
    Retried,
    Started,
    UploadForms,
)
from ui.problems import Patience
from ui.transport import Transport

_PATIENT = Patience(attempts=4, timeout_seconds=32.0)
"""Looking through a queue takes seconds, and has to be repeated while somebody else does."""


class DeskCalls(Transport):
    """Uploads, dead letters and groups. Every method raises ApiProblem, with 403 for everybody else."""

    def begin_catalog_uploads(self, files: Sequence[NewFile]) -> UploadForms:
        """Where to send up to 50 files."""
        body = {"files": [file.body for file in files]}
        return self.ask(UploadForms, "POST", "/catalog/uploads", json=body)

    def catalog_files(self, keys: Sequence[str]) -> CatalogFiles:
        """What became of up to 50 files."""
        query = str(httpx.QueryParams([("key", key) for key in keys]))
        return self.ask(CatalogFiles, "GET", f"/catalog/files?{query}")

    def catalog_status(self) -> CatalogStatus:
        """In what state the catalogue is."""
        return self.ask(CatalogStatus, "GET", "/catalog/status", patience=_PATIENT)

    def dead_letters(self, *, cursor: str | None = None) -> DeadLetterPage:
        """A page of what could not be taken in, oldest first."""
        return self.ask(
            DeadLetterPage, "GET", "/catalog/dead-letters", params={"cursor": cursor}, patience=_PATIENT
        )

    def retry_dead_letters(self, ids: Sequence[str] | None = None) -> Retried:
        """Has some (None: all) tried again; repeating it is safe."""
        body = {} if ids is None else {"ids": list(ids)}
        return self.ask(Retried, "POST", "/catalog/dead-letters/retry", json=body, patience=_PATIENT)

    def delete_dead_letter(self, letter_id: str) -> LetterDeleted:
        """Throws one away for good."""
        path = f"/catalog/dead-letters/{quote(letter_id, safe='')}"
        return self.ask(LetterDeleted, "DELETE", path, patience=_PATIENT)

    def group_products(self) -> Started:
        """Has products grouped anew; a 409 while that is being done."""
        return self.ask(Started, "POST", "/catalog/clusters")
