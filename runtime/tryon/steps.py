"""Renderings, each paid for once: what the model made is kept until the job is over.

A rendering is noted in the job's row before it is asked for. If it is noted but not kept, whoever asked for
it died meanwhile; it may have been paid for, so it is not asked for again and the job ends with that reason.
"""

import base64
import json

from runtime.fitting.port import Rendered, RenderRequest, TryOnError, TryOnModel, TryOnRefused
from runtime.shared.quotas import cost_micros
from runtime.tryon.bucket import Bucket, JobFiles, digest
from runtime.tryon.jobs import JobTable

_INTERRUPTED = "The making of the picture was interrupted. It was not started again by itself; try again."
_UNUSABLE = "The picture could not be made; try again."


class NotMade(Exception):
    """There will be no result; the text is for the shopper."""


class ClaimLost(Exception):
    """The job is over, gone or someone else's by now."""


class PaidOnce:
    """A model whose renderings are kept for one job. Raises NotMade and ClaimLost beside a model's errors."""

    def __init__(
        self,
        model: TryOnModel,
        jobs: JobTable,
        results: Bucket,
        files: JobFiles,
        job_id: str,
        claim: str,
    ) -> None:
        self._model = model
        self._jobs = jobs
        self._results = results
        self._files = files
        self._job_id = job_id
        self._claim = claim
        self.model_id = model.model_id

    def render(self, request: RenderRequest) -> Rendered:
        """The rendering that was made before, or a new one."""
        name = name_rendering(request)
        kept = self._find(name)
        if kept is not None:
            return kept
        if not self._jobs.mark_paid(self._job_id, self._claim, name):
            job = self._jobs.get(self._job_id)
            if job is None or job.claim != self._claim:
                raise ClaimLost(self._job_id)
            raise NotMade(_INTERRUPTED)
        rendered = self._ask(name, request)
        self._keep(name, rendered)
        self._jobs.add_spend(self._job_id, self._claim, cost_micros(rendered.cost_usd))
        return rendered

    def _ask(self, name: str, request: RenderRequest) -> Rendered:
        try:
            return self._model.render(request)
        except TryOnError as error:
            if error.cost_usd:
                self._jobs.add_spend(self._job_id, self._claim, cost_micros(error.cost_usd))
            if isinstance(error, TryOnRefused):
                raise
            if error.cost_usd:
                raise NotMade(_UNUSABLE) from error
            self._jobs.unmark_paid(self._job_id, self._claim, name)
            raise

    def _find(self, name: str) -> Rendered | None:
        found = self._results.open(self._files.step(name))
        return read_rendered(found.read()) if found else None

    def _keep(self, name: str, rendered: Rendered) -> None:
        self._results.put(self._files.step(name), write_rendered(rendered), "application/json", {})


def name_rendering(request: RenderRequest) -> str:
    """A name for exactly what is asked for."""
    garment = request.garment
    return digest(
        request.person,
        garment.picture,
        garment.garment_class.value.encode(),
        garment.description.encode(),
        request.parameters.model_dump_json().encode(),
        str(request.seed).encode(),
        request.keep or b"",
    )


def write_rendered(rendered: Rendered) -> bytes:
    """A rendering as a JSON text."""
    return json.dumps(
        {
            "image": base64.b64encode(rendered.image).decode(),
            "mask": base64.b64encode(rendered.mask).decode(),
            "model": rendered.model,
            "seed": rendered.seed,
            "cost_usd": rendered.cost_usd,
        }
    ).encode()


def read_rendered(data: bytes) -> Rendered:
    """What `write_rendered` wrote."""
    kept = json.loads(data)
    image, mask = base64.b64decode(kept["image"]), base64.b64decode(kept["mask"])
    return Rendered(image, mask, kept["model"], kept["seed"], kept["cost_usd"])
