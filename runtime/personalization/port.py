"""The ports of personalisation: something that ranks for a shopper, and something that hears of interactions.

Every `user_id` here is the shopper's pseudonym: a random id kept in the style profile and nowhere else, so
that deleting the profile cuts the last tie between the shopper and what was recorded.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from runtime.shared.reasons import Reason

CLUSTER_ITEM = "cluster-"
"""Rankers that learn from clusters know cluster 7 as the item `cluster-7`."""


class EventType(StrEnum):
    """What a shopper did with a product."""

    VIEW = "view"
    FAVORITE = "favorite"
    DOWNLOAD = "download"
    HIRES_VIEW = "hires_view"
    CART = "cart"
    PURCHASE = "purchase"
    DISLIKE = "dislike"


EVENT_VALUES: Mapping[EventType, float] = {
    EventType.VIEW: 0.25,
    EventType.HIRES_VIEW: 0.4,
    EventType.DOWNLOAD: 0.6,
    EventType.FAVORITE: 1.0,
    EventType.CART: 1.0,
    EventType.PURCHASE: 1.2,
    EventType.DISLIKE: -1.0,
}
"""How much an interaction says of taste: a saved product is one, a look at it a quarter of that."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A found product, as far as taste can judge it. The price is in the shop's currency."""

    product_id: str
    cluster: int | None = None
    category: str | None = None
    color: str | None = None
    price: float | None = None


@dataclass(frozen=True, slots=True)
class Ranking:
    """What a ranker says of candidates: raw scores on any scale, more is better.

    Ids may be missing: the ranker has nothing to say of them, and they rank last. `source` names the ranker
    as the search answers it: "builtin", "personalize", "builtin (personalize unavailable)".
    """

    scores: Mapping[str, float]
    why: Mapping[str, Sequence[Reason]] = field(default_factory=dict[str, Sequence[Reason]])
    source: str = "builtin"


NOTHING_KNOWN = Ranking({})


class RankerUnavailable(Exception):
    """The ranker is missing, slow, throttled or down; the search goes on without it."""


class Ranker(Protocol):
    """Scores candidates for one shopper; safe to use from several threads."""

    def rank(self, user_id: str, session_id: str | None, candidates: Sequence[Candidate]) -> Ranking:
        """Scores of the candidates (distinct ids, any order). Raises RankerUnavailable."""
        ...


@dataclass(frozen=True, slots=True)
class Interaction:
    """One accepted interaction as the lake keeps it, one JSON object a line.

    `event_id` identifies it: the same interaction sent twice has the same. `cluster` and `category` are the
    product's at that time. `session_id` is a hash that is unlike for two shoppers. `timestamp` is in seconds
    since 1970.
    """

    event_id: str
    user_id: str
    product_id: str
    event_type: EventType
    session_id: str
    timestamp: int
    cluster: int | None = None
    category: str | None = None

    def to_row(self) -> dict[str, Any]:
        """The line's members; `event_value` is what EVENT_VALUES says of the type."""
        return {
            "event_id": self.event_id,
            "user_id": self.user_id,
            "product_id": self.product_id,
            "cluster": self.cluster,
            "category": self.category,
            "event_type": self.event_type.value,
            "event_value": EVENT_VALUES[self.event_type],
            "session_id": self.session_id,
            "timestamp": self.timestamp,
        }


class InteractionSink(Protocol):
    """Somewhere that accepted interactions are told to: the lake, an event tracker."""

    def write(self, interactions: Sequence[Interaction]) -> None:
        """Keep them; telling the same `event_id` twice does no harm. Raises whatever is worth a retry."""
        ...
