"""The part of the API that the fitting room uses."""

from typing import Any
from urllib.parse import quote

from ui.fitting_answers import Begun, Deleted, Job, JobPage, PhotoPage, ShopperPhoto, TryOnRequest, Upload
from ui.transport import Transport


class FittingCalls(Transport):
    """Photos and try-ons of one shopper. Every method raises ApiProblem."""

    def begin_upload(self, content_type: str, size: int, *, name: str | None = None) -> Upload:
        """Where to send a photo of `size` bytes."""
        body: dict[str, Any] = {"kind": "model", "content_type": content_type, "bytes": size}
        if name:
            body["name"] = name
        return self.ask(Upload, "POST", "/uploads", json=body)

    def photos(self, *, cursor: str | None = None) -> PhotoPage:
        """A page of the shopper's own photos."""
        return self.ask(PhotoPage, "GET", "/models", params={"cursor": cursor})

    def photo(self, model_id: str) -> ShopperPhoto:
        """One photo, and whether it can be used."""
        return self.ask(ShopperPhoto, "GET", _path("/models", model_id))

    def delete_photo(self, model_id: str) -> Deleted:
        """Takes away a photo with all that was made of it."""
        return self.ask(Deleted, "DELETE", _path("/models", model_id))

    def begin_try_on(self, request: TryOnRequest) -> Begun:
        """Has pieces put on a photo. Its request id makes repeating it safe."""
        return self.ask(Begun, "POST", "/try-on", json=request.body)

    def jobs(self, *, cursor: str | None = None, limit: int = 24) -> JobPage:
        """A page of the shopper's try-ons, newest first."""
        return self.ask(JobPage, "GET", "/try-on", params={"cursor": cursor, "limit": str(limit)})

    def job(self, job_id: str) -> Job:
        """One try-on as it is now."""
        return self.ask(Job, "GET", _path("/try-on", job_id))

    def delete_job(self, job_id: str) -> Deleted:
        """Takes away a try-on and its picture."""
        return self.ask(Deleted, "DELETE", _path("/try-on", job_id))


def _path(folder: str, name: str) -> str:
    return f"{folder}/{quote(name, safe='')}"
