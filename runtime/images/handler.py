"""The routes of pictures: POST /image, GET /images, DELETE /images/{id}."""

import os
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any, TypeVar

from runtime.images.album import Album, Entry
from runtime.images.factory import open_model
from runtime.images.gallery import IMAGE_ID, Gallery, GalleryUnavailable, Stored
from runtime.images.known import KnownLooks, SessionsUnavailable
from runtime.images.ledger import Ledger
from runtime.images.logic import Made, Studio
from runtime.images.packing import pack
from runtime.images.port import ImageFailed, ImageFiltered, ImageModel, ImageThrottled
from runtime.images.request import AlbumQuery, ImageRequest
from runtime.images.settings import ImageSettings, ProfileSettings, SessionSettings
from runtime.shared.aws import Clients
from runtime.shared.http import Answers, Api, Request, Route, read_body, read_query, subject_of
from runtime.shared.problems import Problem, refuse_for_now, refuse_missing
from runtime.shared.quotas import Quotas, QuotasUnavailable
from runtime.shared.settings import read_setting

T = TypeVar("T")


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda entry point."""
    return _open_api()(event, context)


@cache
def _open_api() -> Api:
    settings: ImageSettings = read_setting("IMAGES", ImageSettings)
    return open_api(settings, Clients(), open_model(settings.model_id, settings.region), time.time)


def open_api(settings: ImageSettings, clients: Clients, model: ImageModel, clock: Callable[[], float]) -> Api:
    """The routes over real tables and a real bucket; `clock` gives seconds since 1970."""
    tables = clients.get("dynamodb")
    sessions = _read_optional("SESSIONS", SessionSettings)
    profiles = _read_optional("PROFILES", ProfileSettings)
    gallery = Gallery(clients.get("s3"), settings.bucket, settings.prefix, clock)
    quotas = Quotas(
        tables,
        settings.quotas_table,
        what="pictures",
        daily_per_user=settings.daily_per_user,
        spend_micros=settings.spend_micros,
        clock=clock,
    )
    looks = KnownLooks(
        tables, sessions.table if sessions else None, profiles.table if profiles else None, clock
    )
    ledger = Ledger(tables, settings.quotas_table, clock)
    album = Album(tables, settings.quotas_table, gallery.find, settings.keep_days, clock)
    studio = Studio(model, looks, quotas, settings.price_micros, ledger, gallery, album)
    return create_api(studio, gallery)


def create_api(studio: Studio, gallery: Gallery) -> Api:
    """The routes over a studio and the gallery that it fills."""

    def post_image(request: Request) -> dict[str, Any]:
        asked = read_body(request, ImageRequest)
        made = studio.make(subject_of(request), asked)
        request.counts["Pictures"] = len(made.pictures)
        request.counts["Missing"] = asked.count - len(made.pictures)
        images = _inline(gallery, made) if asked.response_format == "base64" else _link(gallery, made)
        return {"images": images, "model": studio.model_id, "seed": made.seed}

    def list_images(request: Request) -> dict[str, Any]:
        asked = read_query(request, AlbumQuery)
        page = studio.show(subject_of(request), asked.cursor, asked.limit)
        request.counts["Pictures"] = len(page.entries)
        return {"images": [_describe(gallery, entry) for entry in page.entries], "cursor": page.cursor}

    def delete_image(request: Request) -> dict[str, Any]:
        image_id = request.path["image_id"]
        if not IMAGE_ID.fullmatch(image_id):
            raise refuse_missing("picture")
        studio.discard(subject_of(request), image_id)
        return {"deleted": image_id}

    return Api(
        [
            Route("POST", "/image", post_image),
            Route("GET", "/images", list_images),
            Route("DELETE", "/images/<image_id>", delete_image),
        ],
        answers=_ANSWERS,
    )


def _link(gallery: Gallery, made: Made) -> list[dict[str, str]]:
    return [_place(gallery, stored) for stored in made.pictures]


def _inline(gallery: Gallery, made: Made) -> list[dict[str, str]]:
    packed = pack([(gallery.load(stored), stored.content_type) for stored in made.pictures])
    ids = [stored.image_id for stored in made.pictures]
    return [{"image_id": image_id, **image} for image_id, image in zip(ids, packed, strict=True)]


def _place(gallery: Gallery, stored: Stored) -> dict[str, str]:
    url, until = gallery.link(stored)
    return {
        "image_id": stored.image_id,
        "url": url,
        "content_type": stored.content_type,
        "expires_at": until,
    }


def _describe(gallery: Gallery, entry: Entry) -> dict[str, Any]:
    return {
        **_place(gallery, entry.stored),
        "prompt": entry.wish.prompt,
        "aspect_ratio": entry.wish.aspect_ratio,
        "session_id": entry.wish.session_id,
        "product_ids": list(entry.wish.product_ids),
        "model": entry.wish.model,
        "seed": entry.wish.seed,
        "made_at": datetime.fromtimestamp(entry.wish.asked_at, UTC).isoformat(timespec="seconds"),
    }


def _read_optional(name: str, kind: type[T]) -> T | None:
    return read_setting(name, kind) if os.environ.get(name) else None


_ANSWERS: Answers = {
    ImageThrottled: lambda _: refuse_for_now(
        "Many pictures are being made; try again shortly.", retry_after=5
    ),
    ImageFiltered: lambda _: Problem(
        422,
        "Picture refused",
        "The safety filter stopped this picture. Describe the clothes and the place in other words.",
    ),
    ImageFailed: lambda _: refuse_for_now("The picture could not be made; try again.", retry_after=10),
    SessionsUnavailable: lambda _: refuse_for_now(
        "The conversation cannot be read just now; try again.", retry_after=3
    ),
    QuotasUnavailable: lambda _: refuse_for_now("Pictures are not available; try again.", retry_after=3),
    GalleryUnavailable: lambda _: refuse_for_now("Pictures are not available; try again.", retry_after=3),
}
