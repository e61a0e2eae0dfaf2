"""Placing try-ons: what is asked for is looked up, room is taken, and the job's row starts the rest."""

import base64
import binascii
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from runtime.shared.images import PictureRefused, check_picture
from runtime.shared.observability import get_logger
from runtime.shared.problems import FieldError, Problem, refuse_fields, refuse_missing
from runtime.shared.product_table import ProductTable
from runtime.shared.products import Product
from runtime.shared.quotas import Quotas
from runtime.tryon.bucket import Bucket, JobFiles
from runtime.tryon.job import Job, timestamp
from runtime.tryon.jobs import JobTable
from runtime.tryon.photo import Photo, PhotoStatus, PhotoTable
from runtime.tryon.request import TryOnRequest

RENDERINGS_PER_GARMENT = 2
"""A result that fails its checks is made once more."""
_DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class OrderTerms:
    """What a rendering costs in millionths of a dollar, and for how many days a job is kept."""

    price_micros: int
    retention_days: int


class Orders:
    """Takes orders. Raises Problem, and TryOn-, Products- and QuotasUnavailable."""

    def __init__(
        self,
        jobs: JobTable,
        photos: PhotoTable,
        products: ProductTable,
        results: Bucket,
        quotas: Quotas,
        terms: OrderTerms,
        clock: Callable[[], float],
    ) -> None:
        self._jobs = jobs
        self._photos = photos
        self._products = products
        self._results = results
        self._quotas = quotas
        self._terms = terms
        self._clock = clock

    def place(self, user_id: str, asked: TryOnRequest, connection_id: str | None = None) -> Job:
        """The job of a request: a new one, or the one that it made when it came before.

        The id of a job follows from the request's id, so that of two equal ones at once one makes the job.
        """
        job_id = name_job(user_id, asked.request_id)
        fingerprint = hash_request(asked)
        known = self._jobs.get(job_id) if asked.request_id else None
        if known is not None:
            return self._repeat(known, fingerprint, connection_id)
        photo = self._find_photo(user_id, asked.model_id)
        products = self._find_products(asked)
        parameters = self._keep_mask(user_id, job_id, asked)
        cost = len(products) * RENDERINGS_PER_GARMENT * self._terms.price_micros
        day = self._quotas.reserve(user_id, 1, cost)
        now = self._clock()
        job = Job(
            id=job_id,
            user_id=user_id,
            model_id=photo.model_id,
            product_id=products[0].product_id,
            product_ids=tuple(product.product_id for product in products),
            model_picture_s3_url=photo.model_picture_s3_url,
            product_picture_s3_url=products[0].product_picture_s3_url,
            parameters=parameters,
            connection_id=connection_id,
            created_at=timestamp(now),
            updated_at=timestamp(now),
            ttl=int(now) + self._terms.retention_days * _DAY_S,
            request_hash=fingerprint,
            reserved_on=day,
            reserved_micros=cost,
        )
        try:
            if self._jobs.create(job):
                # What becomes of it is logged under its own id.
                get_logger().info("job created", job_id=job_id)
                return job
        except BaseException:
            self._quotas.give_back(user_id, day, 1, cost)
            raise
        self._quotas.give_back(user_id, day, 1, cost)
        made = self._jobs.get(job_id)
        if made is None:
            raise Problem(409, "In progress", "This try-on is being made; ask again.", retry_after=2)
        return self._repeat(made, fingerprint, connection_id)

    def _repeat(self, job: Job, fingerprint: str, connection_id: str | None) -> Job:
        if job.request_hash != fingerprint:
            text = "was used for something else; take a new one"
            raise Problem(422, "Request id used", f"request_id: {text}", [FieldError("request_id", text)])
        if connection_id is None:
            return job
        return self._jobs.attach(job.id, job.user_id, connection_id) or job

    def _find_photo(self, user_id: str, model_id: str) -> Photo:
        photo = self._photos.get(model_id)
        if photo is None or photo.user_id != user_id:
            raise refuse_missing("photo")
        if photo.status == PhotoStatus.REFUSED:
            raise refuse_fields(("model_id", "this photo cannot be used; take another one"))
        if photo.status != PhotoStatus.READY:
            raise Problem(409, "Photo not ready", "The photo is still being checked.", retry_after=2)
        return photo

    def _find_products(self, asked: TryOnRequest) -> list[Product]:
        found = self._products.get_many(asked.products)
        products = [found.get(each) for each in asked.products]
        if any(product is None or not product.is_shown for product in products):
            raise refuse_missing("product")
        return [product for product in products if product is not None]

    def _keep_mask(self, user_id: str, job_id: str, asked: TryOnRequest) -> Mapping[str, Any]:
        """The parameters as the row holds them; a mask is too large for it."""
        parameters = asked.parameters.model_dump(mode="json", exclude_none=True)
        mask = parameters.pop("maskImage", None)
        if mask is not None:
            data = _read_mask(mask)
            self._results.put(
                JobFiles.of(self._results, user_id, job_id).given_mask, data, "application/octet-stream", {}
            )
        return parameters


def name_job(user_id: str, request_id: str | None) -> str:
    """The id of a request's job; one that nobody can guess for a request without an id."""
    if request_id is None:
        return uuid4().hex
    return hashlib.sha256(f"try-on\n{user_id}\n{request_id}".encode()).hexdigest()[:32]


def hash_request(asked: TryOnRequest) -> str:
    """What a request asks for, as a hash."""
    text = asked.model_dump_json(include={"model_id", "product_id", "product_ids", "parameters"})
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _read_mask(text: str) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
        check_picture(data)
    except binascii.Error:
        raise refuse_fields(("parameters.maskImage", "not valid base64")) from None
    except PictureRefused as refused:
        raise refuse_fields(("parameters.maskImage", refused.advice)) from None
    return data
