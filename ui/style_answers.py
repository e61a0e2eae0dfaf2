"""What the API knows of a shopper's style, and what it is told of their interest."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Literal

from pydantic import AwareDatetime, Field

from ui.answers import Hit, Reason
from ui.bodies import Answer, Asked

EventType = Literal["view", "favorite", "download", "hires_view", "cart", "purchase", "dislike"]


def _now() -> str:
    return datetime.now(UTC).isoformat()


class Interaction(Asked):
    """Something that a shopper did with a product."""

    product_id: str
    event_type: EventType
    session_id: str
    occurred_at: str = Field(default_factory=_now)


class Noted(Answer):
    """How many interactions count, and how many do not (repeats, opted out)."""

    accepted: int = 0
    ignored: int = 0


class Liking(Answer):
    """Something that a shopper likes (up to 1) or dislikes (down to -1).

    `label` is English; `about` are the words of the data that it is made of.
    """

    kind: str
    value: str
    label: str | None = None
    about: Mapping[str, str] = Field(default_factory=dict[str, str])
    strength: float = 0.0


class Style(Answer):
    """The shopper's style: `weight` is how much it counts in searches, 0..1."""

    weight: float = 0.0
    opted_out: bool = False
    interactions: int = 0
    likes: tuple[Liking, ...] = ()
    updated_at: AwareDatetime | None = None


class OutfitPiece(Hit):
    """A piece of a complete look, and the place that it has in it."""

    slot: str | None = None


class Outfit(Answer):
    """What goes with a product; `total` is the price of all its pieces.

    `notes` are sentences in English, `remarks` the same ones in codes.
    """

    outfit: tuple[OutfitPiece, ...] = ()
    total: float | None = None
    currency: str | None = None
    notes: tuple[str, ...] = ()
    remarks: tuple[Reason, ...] = ()
