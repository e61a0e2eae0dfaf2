"""Files that travel between the site and the shop's storage by addresses that the API hands out."""

import logging
from collections.abc import Mapping

import httpx

from ui.fitting_answers import Upload
from ui.photos import Photo
from ui.problems import ApiProblem

_LOG = logging.getLogger(__name__)
_LIMITS = httpx.Limits(max_connections=20, max_keepalive_connections=5)
_LARGEST_FILE = 25_000_000


class Storage:
    """Sends and fetches files. Every method raises ApiProblem."""

    def __init__(self, transport: httpx.BaseTransport | None = None) -> None:
        self._http = httpx.Client(timeout=30.0, limits=_LIMITS, transport=transport)

    def send(self, upload: Upload, photo: Photo) -> None:
        """A photo to where the API wants it."""
        self.send_file(upload.url, upload.fields, "photo", photo.data, photo.content_type)

    def send_file(
        self, url: str, fields: Mapping[str, str], name: str, data: bytes, content_type: str
    ) -> None:
        """A file by the form of a presigned POST, of which it is the last field."""
        self._check("POST", url, data=dict(fields), files={"file": (name, data, content_type)})

    def fetch(self, url: str) -> bytes:
        """The file behind an address that the API gave."""
        return self._check("GET", url)

    def _check(self, method: str, url: str, **content: object) -> bytes:
        try:
            response = self._http.request(method, url, **content)  # pyright: ignore[reportArgumentType]
        except httpx.HTTPError as error:
            _LOG.warning("storage, %s: %s", method, type(error).__name__)
            raise ApiProblem(0, "No answer") from error
        if response.is_error or len(response.content) > _LARGEST_FILE:
            _LOG.warning("storage, %s: %d", method, response.status_code)
            # Storage refuses an address that has run out; that has nothing to do with the sign-in.
            raise ApiProblem(502, "Storage refused")
        return response.content
