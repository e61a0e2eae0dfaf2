"""The work on one job: read person and garments, have the person dressed, keep the result.

A job is worked on by whoever has its claim. The claim is a lease that a thread keeps renewing, so that the
job of a process that died is free again after seconds; and everything is arranged so that working on a job
again does nothing twice: a result that is there is only reported, a rendering that is there is only read.
"""

import base64
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from uuid import uuid4

from runtime.fitting.garments import garment_class_for
from runtime.fitting.outfit import Look, dress
from runtime.fitting.parameters import MOST_SEED, TryOnParameters
from runtime.fitting.port import Garment, TryOnModel
from runtime.fitting.told import Step
from runtime.shared.product_table import ProductTable
from runtime.shared.quotas import cost_micros
from runtime.tryon.bucket import Bucket, JobFiles
from runtime.tryon.job import JOB_ID, Job
from runtime.tryon.jobs import JobTable
from runtime.tryon.photo import CLEAN, PhotoStatus, PhotoTable
from runtime.tryon.request import MAX_PHOTO_BYTES
from runtime.tryon.steps import ClaimLost, NotMade, PaidOnce
from runtime.tryon.table import StoreUnavailable
from runtime.tryon.telling import Pusher

_BEGUN, _DRESSED = 5, 95
_MAX_GARMENT_BYTES = 20 * 1024 * 1024

Keeping = Callable[[str, str], AbstractContextManager[None]]
"""Keeps the claim on a job while its block runs: job id and claim."""


@dataclass(frozen=True, slots=True)
class Stores:
    """What a job is made from and what it is kept in."""

    jobs: JobTable
    photos: PhotoTable
    products: ProductTable
    photos_bucket: Bucket
    results: Bucket
    catalog: Bucket


class Fitter:
    """Works on jobs. Raises NotMade, a TryOnError, ClaimLost, and StoreUnavailable or ProductsUnavailable."""

    def __init__(
        self, stores: Stores, model: TryOnModel, pusher: Pusher, keep: Keeping, lease_s: int
    ) -> None:
        self._stores = stores
        self._model = model
        self._pusher = pusher
        self._keep = keep
        self._lease_s = lease_s

    def work(self, job_id: str) -> None:
        """Bring a job to its result in the bucket; nothing for a job that is over, gone or has its result."""
        jobs, results = self._stores.jobs, self._stores.results
        job = jobs.get(job_id)
        if job is None or not job.is_open:
            return
        files = JobFiles.of(results, job.user_id, job.id)
        if results.read_metadata(files.look) is not None:
            return
        claim = uuid4().hex
        job = jobs.claim(job_id, claim, self._lease_s)
        if job is None:
            raise ClaimLost(job_id)
        try:
            with self._keep(job_id, claim):
                self._make(job, claim, files)
        finally:
            with suppress(StoreUnavailable):  # then it is free when the lease ends
                jobs.release(job_id, claim)

    def _make(self, job: Job, claim: str, files: JobFiles) -> None:
        progress = Progress(self._stores.jobs, self._pusher, job, claim)
        progress.tell(_BEGUN, Step("looking"))
        person = self._read_person(job)
        garments = self._read_garments(job)
        parameters = self._read_parameters(job, files)
        model = PaidOnce(self._model, self._stores.jobs, self._stores.results, files, job.id, claim)
        look = dress(person, garments, parameters, model, _choose_seed(job, parameters), progress.report)
        self._store(job, claim, files, look)

    def _read_person(self, job: Job) -> bytes:
        photo = self._stores.photos.get(job.model_id)
        if photo is None or photo.user_id != job.user_id or photo.status != PhotoStatus.READY:
            raise NotMade("The photo is not there any more.")
        found = self._stores.photos_bucket.open(self._stores.photos_bucket.key(job.model_picture_s3_url))
        # Only what was checked and cleaned is passed on, whatever was uploaded over it since.
        if found is None or found.metadata.get(CLEAN) != photo.clean_token or found.size > MAX_PHOTO_BYTES:
            raise NotMade("The photo is not there any more.")
        return found.read()

    def _read_garments(self, job: Job) -> list[Garment]:
        products = self._stores.products.get_many(job.product_ids)
        garments: list[Garment] = []
        for product_id in job.product_ids:
            product = products.get(product_id)
            catalog = self._stores.catalog
            found = catalog.open(catalog.key(product.product_picture_s3_url)) if product else None
            if product is None or found is None or found.size > _MAX_GARMENT_BYTES:
                raise NotMade("A product is not in the shop any more.")
            garments.append(Garment(found.read(), garment_class_for(product.category), product.name))
        return garments

    def _read_parameters(self, job: Job, files: JobFiles) -> TryOnParameters:
        given = dict(job.parameters)
        if given.get("maskType") == "IMAGE":
            mask = self._stores.results.open(files.given_mask)
            if mask is None:
                raise NotMade("The mask is not there any more.")
            given["maskImage"] = base64.b64encode(mask.read()).decode()
        return TryOnParameters.model_validate(given)

    def _store(self, job: Job, claim: str, files: JobFiles, look: Look) -> None:
        results, jobs = self._stores.results, self._stores.jobs
        if look.mask is not None:
            results.put(files.mask, look.mask, "image/png", {})
        mask_url = results.url(files.mask) if look.mask is not None else None
        spent = cost_micros(look.cost_usd)
        noted = jobs.note_result(job.id, claim, look.notes, look.model, look.seed, spent, mask_url)
        if noted is None:
            raise ClaimLost(job.id)
        results.put(files.look, look.image, "image/jpeg", {JOB_ID: job.id})


class Progress:
    """Says how far a job is, in its row and to whoever hears. Raises ClaimLost and StoreUnavailable."""

    def __init__(
        self,
        jobs: JobTable,
        pusher: Pusher,
        job: Job,
        claim: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._jobs = jobs
        self._pusher = pusher
        self._job = job
        self._claim = claim
        self._clock = clock
        self._began = clock()
        self._percent = job.progress

    def report(self, share: float, step: Step) -> None:
        """Take what the dressing says of itself: the share that is done, 0..1, and what is being done."""
        share = min(max(share, 0.0), 1.0)
        self.tell(round(_BEGUN + share * (_DRESSED - _BEGUN)), step, share)

    def tell(self, percent: int, step: Step, share: float = 0.0) -> None:
        """Write and send one change; a second attempt begins where the first one ended."""
        self._percent = max(self._percent, percent)
        job = self._jobs.advance(self._job.id, self._claim, self._percent, step, self._estimate(share))
        if job is None:
            raise ClaimLost(self._job.id)
        self._pusher.push(job)

    def _estimate(self, share: float) -> int | None:
        """Seconds that are left, if it goes on as it went so far."""
        if share < 0.05:
            return None
        return max(1, round((self._clock() - self._began) * (1 - share) / share))


def _choose_seed(job: Job, parameters: TryOnParameters) -> int:
    """The seed asked for, or one that is the same at every attempt."""
    return int(job.id[:8], 16) % (MOST_SEED + 1) if parameters.seed is None else parameters.seed
