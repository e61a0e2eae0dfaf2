"""The routes of taste: POST /interactions, and GET, PATCH and DELETE /me/style."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Annotated, Any, Protocol, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from runtime.personalization.port import EventType, Interaction
from runtime.personalization.queue import InteractionQueue, QueueUnavailable
from runtime.personalization.settings import RecorderSettings, StyleSettings
from runtime.personalization.style import Reported, Style, forget, mute, record, to_interaction
from runtime.personalization.style_table import StyleTable, StyleUnavailable
from runtime.personalization.taste import Event, Taste, Trait, traits_of
from runtime.shared.aws import Clients
from runtime.shared.http import Api, Request, Route, read_body, subject_of
from runtime.shared.problems import refuse_catalogue, refuse_fields, refuse_for_now
from runtime.shared.product_table import ProductsUnavailable, ProductTable
from runtime.shared.products import CatalogSettings, Product
from runtime.shared.settings import read_setting

MOST_AT_ONCE = 50
_MOST_LIKES = 40
_FAINT = 0.02
"""Tastes weaker than this are not worth telling."""

ProductId = Annotated[str, StringConstraints(pattern=r"^[a-z2-7]{20}$")]


def _check_moment(text: str) -> str:
    """An ISO 8601 time with its zone. Raises ValueError for any other text."""
    if datetime.fromisoformat(text).tzinfo is None:
        raise ValueError("a time needs its zone, such as 2026-11-20T17:00:00Z")
    return text


Moment = Annotated[str, StringConstraints(max_length=40), AfterValidator(_check_moment)]
SessionId = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]


class ReportedInteraction(BaseModel):
    """One interaction; `occurred_at` carries a time zone, and is now where it is left out."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    product_id: ProductId
    event_type: EventType
    session_id: SessionId | None = None
    occurred_at: Moment | None = None


class InteractionsRequest(BaseModel):
    """The body of POST /interactions: `events`, or the fields of one interaction."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    events: Annotated[list[ReportedInteraction], Field(min_length=1, max_length=MOST_AT_ONCE)]

    @model_validator(mode="before")
    @classmethod
    def _wrap_single(cls, data: Any) -> Any:
        return {"events": [data]} if isinstance(data, dict) and "events" not in data else data


class LikedTrait(BaseModel):
    """A trait in the profile, as GET /me/style tells it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Trait
    value: Annotated[str, StringConstraints(min_length=1, max_length=100)]


class StyleChange(BaseModel):
    """The body of PATCH /me/style; a null weight leaves it to the shop."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    weight: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] | None = None
    opted_out: bool | None = None
    remove: Annotated[list[LikedTrait], Field(max_length=50)] = []

    @model_validator(mode="after")
    def _check_something_is_asked(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("give weight, opted_out or remove")
        return self


class Products(Protocol):
    """Reads products by id; ids without a product are absent from the answer."""

    def get_many(self, product_ids: Sequence[str]) -> dict[str, Product]: ...


class Queue(Protocol):
    """Takes accepted interactions that are to be recorded. Raises QueueUnavailable."""

    def send(self, interactions: Sequence[Interaction]) -> None: ...


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda entry point."""
    return _open_api()(event, context)


@cache
def _open_api() -> Api:
    styles: StyleSettings = read_setting("STYLES", StyleSettings)
    catalog: CatalogSettings = read_setting("CATALOG", CatalogSettings)
    recorder: RecorderSettings = read_setting("INTERACTIONS", RecorderSettings)
    clients = Clients()
    return create_api(
        StyleTable(clients.get("dynamodb"), styles.table),
        ProductTable(clients.get("dynamodb"), catalog.table),
        InteractionQueue(clients.get("sqs"), recorder.queue_url),
        styles.weight,
    )


def create_api(
    styles: StyleTable,
    products: Products,
    queue: Queue,
    weight: float,
    clock: Callable[[], float] = time.time,
) -> Api:
    """The routes over the style profiles; `weight` is that of shoppers who set none."""

    def post_interactions(request: Request) -> dict[str, Any]:
        asked = read_body(request, InteractionsRequest)
        now = clock()
        reported = [_read_interaction(each, now) for each in asked.events]
        accepted = _record(styles, products, queue, subject_of(request), reported, now)
        request.counts.update(Accepted=accepted, Ignored=len(reported) - accepted)
        return {"accepted": accepted, "ignored": len(reported) - accepted}

    def get_style(request: Request) -> dict[str, Any]:
        return describe(styles.read(subject_of(request)), weight, clock())

    def change_style(request: Request) -> dict[str, Any]:
        asked = read_body(request, StyleChange)
        now = clock()
        stored = styles.change(subject_of(request), lambda style: _change(style, asked, now))
        return describe(stored, weight, now)

    def reset_style(request: Request) -> dict[str, Any]:
        return describe(styles.change(subject_of(request), forget), weight, clock())

    return Api(
        [
            Route("POST", "/interactions", post_interactions, status=202),
            Route("GET", "/me/style", get_style),
            Route("PATCH", "/me/style", change_style),
            Route("DELETE", "/me/style", reset_style),
        ],
        answers={
            ProductsUnavailable: refuse_catalogue,
            QueueUnavailable: lambda _: refuse_for_now(
                "Interactions cannot be recorded just now; try again.", retry_after=5
            ),
            StyleUnavailable: lambda _: refuse_for_now(
                "Your style is not available just now; try again.", retry_after=2
            ),
        },
    )


def _read_interaction(told: ReportedInteraction, now: float) -> Reported:
    at = now if told.occurred_at is None else datetime.fromisoformat(told.occurred_at).timestamp()
    return Reported(told.product_id, told.event_type, int(at), told.session_id or "")


def _record(
    styles: StyleTable,
    products: Products,
    queue: Queue,
    user_id: str,
    reported: Sequence[Reported],
    now: float,
) -> int:
    """Put what counts into the profile and on the queue; how many those are.

    The queue comes before the profile: a call that fails in between is made again and tells the queue the
    same ids, while one that the profile knew already would not be told again.
    """
    known = products.get_many(list(dict.fromkeys(each.product_id for each in reported)))
    told: set[str] = set()
    counted: list[Event] = []

    def alter(style: Style) -> Style:
        after, accepted = record(style, reported, known, now)
        fresh = [to_interaction(after, event) for event in accepted]
        if fresh := [each for each in fresh if each.event_id not in told]:
            queue.send(fresh)
            told.update(each.event_id for each in fresh)
        counted[:] = accepted
        return after

    styles.change(user_id, alter)
    return len(counted)


def _change(style: Style, asked: StyleChange, now: float) -> Style:
    if "weight" in asked.model_fields_set:
        style = replace(style, weight=asked.weight)
    if asked.opted_out is not None:
        # Who opts out wants nothing kept, so what is there goes as well.
        style = replace(forget(style) if asked.opted_out else style, opted_out=asked.opted_out)
    if asked.remove:
        known = Taste(style.events, now, style.muted).strengths
        traits = [(each.kind, each.value) for each in asked.remove]
        unknown = [place for place, trait in enumerate(traits) if trait not in known]
        if unknown:
            raise refuse_fields(*((f"remove.{place}", "is not in the profile") for place in unknown))
        style = mute(style, traits, now)
    return style


def describe(style: Style, weight: float, now: float) -> dict[str, Any]:
    """The profile as its shopper reads it, the strongest tastes first."""
    strengths = Taste(style.events, now, style.muted).strengths
    told = sorted(strengths.items(), key=lambda each: (-abs(each[1]), each[0]))[:_MOST_LIKES]
    return {
        "weight": weight if style.weight is None else style.weight,
        "opted_out": style.opted_out,
        "interactions": len(style.events),
        "likes": [
            {
                "kind": trait.value,
                "value": value,
                "label": _label(style.events, trait, value),
                "about": _about(style.events, trait, value),
                "strength": round(max(-1.0, min(1.0, strength)), 4),
            }
            for (trait, value), strength in told
            if abs(strength) >= _FAINT
        ],
        "updated_at": style.updated_at,
    }


def _label(events: Sequence[Event], trait: Trait, value: str) -> str:
    """A trait in words. A cluster has no name of its own: it is told by what was seen of it."""
    about = _about(events, trait, value)
    if trait is Trait.PRICE:
        return " ".join([value.replace("-", " to "), *about.values()])
    if trait is not Trait.CLUSTER:
        return value
    return "pieces like a " + " ".join(about.values()) if about else "pieces of one look"


def _about(events: Sequence[Event], trait: Trait, value: str) -> dict[str, str]:
    """What a trait is told by, as far as it is known: the currency of a price, what was seen of a cluster."""
    seen = [event for event in events if traits_of(event).get(trait) == value]
    if trait is Trait.PRICE:
        told = {"currency": _most_common([event.currency for event in seen])}
    elif trait is Trait.CLUSTER:
        told = {
            "color": _most_common([event.color for event in seen]),
            "category": _most_common([event.category for event in seen]),
        }
    else:
        told = {}
    return {name: word for name, word in told.items() if word}


def _most_common(words: Sequence[str | None]) -> str | None:
    known = [word for word in words if word]
    return max(sorted(set(known)), key=known.count) if known else None
