"""Making pictures: within the limits, once per request, and kept as soon as they are there."""

import hashlib
import secrets
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from botocore.exceptions import BotoCoreError, ClientError

from runtime.images.album import Album, AlbumPage, Entry, Wish
from runtime.images.gallery import Gallery, GalleryUnavailable, Stored
from runtime.images.known import KnownLooks
from runtime.images.ledger import Claim, Done, Ledger
from runtime.images.port import ImageError, ImageFailed, ImageFiltered, ImageModel, ImageThrottled, Words
from runtime.images.prompt import build_words
from runtime.images.request import ImageRequest
from runtime.shared.observability import describe_error, get_logger
from runtime.shared.problems import Problem, refuse_missing
from runtime.shared.quotas import Quotas, QuotasUnavailable, day_of

_SEED_STEP = 0x9E3779B1
_TELLING = (ImageFiltered, ImageThrottled, ImageFailed)


@dataclass(frozen=True, slots=True)
class Made:
    """The pictures of a request and the seed of the first one."""

    pictures: tuple[Stored, ...]
    seed: int

    def to_json(self) -> dict[str, Any]:
        pictures = [{"key": each.key, "content_type": each.content_type} for each in self.pictures]
        return {"pictures": pictures, "seed": self.seed}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Made":
        pictures = tuple(Stored(each["key"], each["content_type"]) for each in data["pictures"])
        return cls(pictures, data["seed"])


@dataclass(frozen=True, slots=True)
class Job:
    """One request on its way: `name` begins the ids of its pictures, `claim` is there if it has an id."""

    user_id: str
    request: ImageRequest
    words: Words
    name: str
    seed: int
    claim: Claim | None
    product_ids: tuple[str, ...]


class Studio:
    """Makes pictures. Raises Problem, ImageError, and Quotas-, Gallery- or SessionsUnavailable."""

    def __init__(
        self,
        model: ImageModel,
        looks: KnownLooks,
        quotas: Quotas,
        price_micros: int,
        ledger: Ledger,
        gallery: Gallery,
        album: Album,
    ) -> None:
        self._model = model
        self._looks = looks
        self._quotas = quotas
        self._price_micros = price_micros
        self._ledger = ledger
        self._gallery = gallery
        self._album = album

    @property
    def model_id(self) -> str:
        return self._model.model_id

    def make(self, user_id: str, request: ImageRequest) -> Made:
        """The pictures of a request: new ones, or those that were made when it came before.

        There are fewer than asked for when the model made only some of them.
        """
        if request.request_id is None:
            return self._make(self._plan(user_id, request, None))
        claim = self._ledger.claim(user_id, request.request_id, fingerprint(request))
        if isinstance(claim, Done):
            return Made.from_json(claim.answer)
        try:
            made = self._make(self._plan(user_id, request, claim))
        except BaseException:
            self._settle(lambda: self._ledger.fail(claim))
            raise
        self._settle(lambda: self._ledger.finish(claim, made.to_json()))
        return made

    def show(self, user_id: str, cursor: str | None, limit: int) -> AlbumPage:
        """The pictures that a shopper has, newest first."""
        return self._album.read(user_id, cursor, limit)

    def discard(self, user_id: str, image_id: str) -> None:
        """Delete a picture. Raises a 404 Problem when the shopper has no such picture."""
        entry = self._album.find(user_id, image_id)
        if entry is None:
            raise refuse_missing("picture")
        self._gallery.remove(entry.stored)
        self._album.remove(user_id, image_id)

    def _plan(self, user_id: str, request: ImageRequest, claim: Claim | None) -> Job:
        look = self._looks.find(user_id, request.session_id)
        words = build_words(request.prompt, look, self._model.prompt_limit)
        if claim is None:
            name = f"{int(1000 * self._quotas.now()):013d}-{uuid4().hex}"
            seed = 1 + secrets.randbelow(self._model.most_seed)
            return Job(user_id, request, words, name, seed, None, look.product_ids)
        # The same names and seeds at every attempt: what a dead attempt left behind is found again.
        digest = hashlib.sha256(f"{user_id}\n{claim.request_id}".encode()).digest()
        seed = 1 + int.from_bytes(digest[:8], "big") % self._model.most_seed
        name = f"{claim.asked_at:013d}-{digest[8:24].hex()}"
        return Job(user_id, request, words, name, seed, claim, look.product_ids)

    def _make(self, job: Job) -> Made:
        kept = self._find_kept(job)
        missing = [index for index in range(job.request.count) if index not in kept]
        day = self._reserve(job, len(missing))
        self._promise(job, day, missing)
        with ThreadPoolExecutor(max_workers=job.request.count) as threads:
            results = dict(
                zip(missing, threads.map(lambda index: self._try_one(job, index), missing), strict=True)
            )
        failed = {index: one for index, one in results.items() if isinstance(one, ImageError)}
        if failed:
            self._give_up(job, day, failed)
        new = {index: one for index, one in results.items() if isinstance(one, Stored)}
        pictures = {**kept, **new}
        if not pictures:
            raise choose_failure([*failed.values()])
        for index, stored in pictures.items():
            self._note(job, index, stored)
        return Made(tuple(pictures[index] for index in sorted(pictures)), job.seed)

    def _find_kept(self, job: Job) -> dict[int, Stored]:
        """What an attempt that died has already paid for and kept."""
        if job.claim is None or not job.claim.taken_over:
            return {}
        found = {
            index: self._gallery.find(job.user_id, _name(job, index)) for index in range(job.request.count)
        }
        return {index: stored for index, stored in found.items() if stored is not None}

    def _reserve(self, job: Job, count: int) -> str:
        """The day on whose account the pictures go."""
        claim = job.claim
        today = day_of(self._quotas.now())
        if not count or (claim and claim.reserved_on == today):
            return today
        day = self._quotas.reserve(job.user_id, count, count * self._price_micros)
        if claim and not self._ledger.note_reserved(claim, day):
            self._quotas.give_back(job.user_id, day, count, count * self._price_micros)
            raise Problem(409, "In progress", "This picture is being made; ask again.", retry_after=3)
        return day

    def _try_one(self, job: Job, index: int) -> Stored | ImageError:
        """A picture made and kept, or why there is none."""
        seed = derive_seed(job.seed, index, self._model.most_seed)
        try:
            data = self._model.make(job.words, job.request.aspect_ratio, seed)
        except ImageError as error:
            return error
        metadata = {"model": self._model.model_id, "seed": str(seed), "request": job.name}
        try:
            return self._gallery.save(job.user_id, _name(job, index), data, metadata)
        except (GalleryUnavailable, ClientError, BotoCoreError) as error:
            get_logger().error("picture not kept", **describe_error(error))
            failure = ImageFailed("the picture could not be kept", billed=True)
            failure.__cause__ = error
            return failure

    def _promise(self, job: Job, day: str, missing: Sequence[int]) -> None:
        """Note what is going to be made, or pay for nothing."""
        try:
            for index in missing:
                self._album.promise(job.user_id, self._wish(job, index))
        except (QuotasUnavailable, ClientError, BotoCoreError):
            self._give_back(job, day, len(missing), len(missing) * self._price_micros)
            raise

    def _give_up(self, job: Job, day: str, failed: Mapping[int, ImageError]) -> None:
        """Take back the promise of pictures that were not made, and the room that was taken for them."""
        unbilled = sum(not failure.billed for failure in failed.values())
        self._give_back(job, day, len(failed), unbilled * self._price_micros)
        for index in failed:
            self._settle(lambda index=index: self._album.remove(job.user_id, _name(job, index)))

    def _note(self, job: Job, index: int, stored: Stored) -> None:
        """Put a picture into the shopper's album, also one that a dead attempt has kept."""
        self._settle(lambda: self._album.add(job.user_id, Entry(self._wish(job, index), stored)))

    def _wish(self, job: Job, index: int) -> Wish:
        return Wish(
            _name(job, index),
            job.request.prompt,
            job.request.aspect_ratio.value,
            job.request.session_id,
            self._model.model_id,
            derive_seed(job.seed, index, self._model.most_seed),
            job.product_ids,
        )

    def _give_back(self, job: Job, day: str, count: int, micros: int) -> None:
        self._settle(lambda: self._quotas.give_back(job.user_id, day, count, micros))

    def _settle(self, write: Callable[[], object]) -> None:
        """Write down how it went. That this fails must not cost the shopper the answer they have coming."""
        try:
            write()
        except (QuotasUnavailable, ClientError, BotoCoreError) as error:
            get_logger().warning("not settled", **describe_error(error))


def fingerprint(request: ImageRequest) -> str:
    """What a request asks for, as a hash; how the answer is wanted does not matter."""
    asked = request.model_dump_json(exclude={"request_id", "response_format"})
    return hashlib.sha256(asked.encode("utf-8", "surrogatepass")).hexdigest()


def derive_seed(seed: int, index: int, most: int) -> int:
    """The seed of picture `index`, 1..most: that of the first is `seed` itself, the others lie far apart."""
    return (seed - 1 + index * _SEED_STEP) % most + 1


def choose_failure(failures: Sequence[ImageError]) -> ImageError:
    """The failure to tell: what the shopper can change comes first, then what passes by itself."""
    return min(failures, key=lambda failure: [isinstance(failure, kind) for kind in _TELLING].index(True))


def _name(job: Job, index: int) -> str:
    return f"{job.name}-{index}"
