"""The style profile: what is kept of a shopper's taste, and how interactions get into it."""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from runtime.personalization.port import EventType, Interaction
from runtime.personalization.taste import Event, Trait
from runtime.shared.products import Product

MOST_EVENTS = 100
REPEAT_S = 600
"""The same interaction with the same product within ten minutes is one."""
MOST_A_MINUTE = 60
MOST_A_DAY = 2_000
"""Faster than any person: what is above is no sign of taste and is not kept."""
OLDEST_S = 86_400
LATEST_S = 300
"""How far the shopper's clock may be behind and ahead."""
_JUDGEMENTS = frozenset({EventType.FAVORITE, EventType.DISLIKE})


@dataclass(frozen=True, slots=True)
class Style:
    """One shopper's profile. `weight` is None where the shopper left it to the shop.

    `events` are in the order of time, the newest last. `muted` holds the traits that the shopper took out,
    and until when. `heard` holds the current minute and day (numbers since 1970), each with the count of what
    was sent in it. `pseudonym` stands for the shopper wherever taste is recorded beside this profile.
    """

    user_id: str
    pseudonym: str = ""
    weight: float | None = None
    opted_out: bool = False
    events: tuple[Event, ...] = ()
    muted: Mapping[tuple[Trait, str], int] = field(default_factory=dict[tuple[Trait, str], int])
    heard: tuple[int, int, int, int] = (0, 0, 0, 0)
    version: int = 0
    updated_at: str | None = None


@dataclass(frozen=True, slots=True)
class Reported:
    """An interaction as a shopper's browser tells it; `at` is in seconds since 1970."""

    product_id: str
    event_type: EventType
    at: int
    session: str = ""


def new_pseudonym() -> str:
    """A random name that nothing leads to and that leads to nobody; 128 bits."""
    return secrets.token_hex(16)


def record(
    style: Style, reported: Sequence[Reported], products: Mapping[str, Product], now: float
) -> tuple[Style, list[Event]]:
    """The profile with the interactions that count, and which ones those are.

    Left out are interactions with products that are not there, repeats, what comes faster than a person
    acts, and what happened at an impossible time. Telling the same again changes nothing.
    """
    if style.opted_out:
        return style, []
    accepted: list[Event] = []
    events = list(style.events)
    heard = style.heard
    for each in sorted(reported, key=lambda one: one.at):
        heard = _hear(heard, int(now))
        product = products.get(each.product_id)
        if product is None or not product.is_shown or not _is_plausible(each, heard, now):
            continue
        event = _describe(each, product, now)
        if _repeats(event, events):
            continue
        events.append(event)
        accepted.append(event)
    if not accepted:
        return replace(style, heard=heard), []
    events.sort(key=lambda event: event.at)
    pseudonym = style.pseudonym or new_pseudonym()
    return replace(style, pseudonym=pseudonym, events=tuple(events[-MOST_EVENTS:]), heard=heard), accepted


def forget(style: Style) -> Style:
    """The profile without any taste; what the shopper has set stays. A new pseudonym follows in time."""
    return replace(style, pseudonym="", events=(), muted={}, heard=(0, 0, 0, 0))


def mute(style: Style, traits: Sequence[tuple[Trait, str]], now: float) -> Style:
    """The profile in which what is known of these traits up to now no longer counts."""
    return replace(style, muted={**style.muted, **{trait: int(now) for trait in traits}})


def to_interaction(style: Style, event: Event) -> Interaction:
    """An event as it is recorded beside the profile, under the pseudonym."""
    told = (style.pseudonym, event.product_id, event.event_type, str(event.at))
    return Interaction(
        event_id=_digest(*told),
        user_id=style.pseudonym,
        product_id=event.product_id,
        event_type=event.event_type,
        session_id=_digest(style.pseudonym, event.session),
        timestamp=event.at,
        cluster=event.cluster,
        category=event.category,
    )


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


def _hear(heard: tuple[int, int, int, int], now: int) -> tuple[int, int, int, int]:
    minute, in_minute, day, in_day = heard
    same_minute, same_day = minute == now // 60, day == now // 86_400
    return now // 60, in_minute * same_minute + 1, now // 86_400, in_day * same_day + 1


def _is_plausible(reported: Reported, heard: tuple[int, int, int, int], now: float) -> bool:
    in_time = now - OLDEST_S <= reported.at <= now + LATEST_S
    return in_time and heard[1] <= MOST_A_MINUTE and heard[3] <= MOST_A_DAY


def _repeats(event: Event, earlier: Sequence[Event]) -> bool:
    """Whether the same was told before; a judgement that was reversed meanwhile may be made again."""
    rivals = _JUDGEMENTS if event.event_type in _JUDGEMENTS else {event.event_type}
    for other in sorted(earlier, key=lambda each: each.at, reverse=True):
        if other.product_id == event.product_id and other.event_type in rivals:
            return other.event_type == event.event_type and abs(event.at - other.at) < REPEAT_S
    return False


def _describe(reported: Reported, product: Product, now: float) -> Event:
    return Event(
        product_id=product.product_id,
        event_type=reported.event_type,
        at=min(reported.at, int(now)),
        session=reported.session,
        cluster=product.cluster,
        category=product.category or None,
        color=product.color,
        price=None if product.price is None else float(product.price),
        currency=None if product.price is None else product.currency,
    )
