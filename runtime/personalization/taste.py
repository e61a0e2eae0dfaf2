"""What a shopper's interactions say of taste: the weight of each, and what follows for a product.

An interaction i says value(i) = EVENT_VALUES of its type, and counts with the weight

    w(i) = m * RECALL^p(i) / S  +  (1 - m) * 2^(-age(i) / HALF_LIFE_S) / L

The first term is the taste of the moment: p(i) is how many interactions of the current session came after it,
S the sum of RECALL^p over the session, and m = n / (n + STEADINESS) for a session of n interactions. The
second is the lasting one: L is the sum over all interactions. So the weights of a shopper add up to one, the
last three interactions of a session are seven eighths of it (1 - RECALL^3), and a first visitor is known by
the session alone.

The affinity of a product is the sum over its traits t (cluster, colour, category, price band) of

    TRAIT_WEIGHTS[t] * sum of w(i) * value(i) over the interactions whose product shares the trait

which lies between -1.2 and 1.2; a product that the shopper disliked loses DISLIKED on top. Clusters are more
or less alike: what is said of one is said of every other, times their kinship (-1..1). The form is that of
content-based profiles with gradual forgetting: Koychev and Schwab, "Adaptation to Drifting User's Interests"
(2000).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Protocol

from runtime.personalization.port import EVENT_VALUES, Candidate, EventType

RECALL = 0.5
STEADINESS = 1.0
HALF_LIFE_S = 14 * 86_400.0
DISLIKED = 0.5
LOWEST_BAND = 12.5
"""Price bands double: below 12.5, 12.5 to 25, 25 to 50, ... in the shop's currency."""
SESSION_GAP_S = 1_800
"""Without a session id, interactions less than half an hour apart are of one session."""


class Trait(StrEnum):
    """What a taste is for."""

    CLUSTER = "cluster"
    COLOR = "color"
    CATEGORY = "category"
    PRICE = "price"


TRAIT_WEIGHTS: Mapping[Trait, float] = {
    Trait.CLUSTER: 0.6,
    Trait.COLOR: 0.2,
    Trait.CATEGORY: 0.1,
    Trait.PRICE: 0.1,
}
_ALL_TRAITS = sum(TRAIT_WEIGHTS.values())
_TIE = 1e-12


@dataclass(frozen=True, slots=True)
class Event:
    """An interaction as the style profile keeps it; `at` is in seconds since 1970."""

    product_id: str
    event_type: EventType
    at: int
    session: str = ""
    cluster: int | None = None
    category: str | None = None
    color: str | None = None
    price: float | None = None
    currency: str | None = None

    @property
    def value(self) -> float:
        return EVENT_VALUES[self.event_type]


def traits_of(product: Event | Candidate) -> dict[Trait, str]:
    """The traits of a product that are known, in the form in which tastes are kept and told."""
    # Asked for every product and every event of a search: four tests are half the time of a comprehension.
    known: dict[Trait, str] = {}
    if product.cluster is not None:
        known[Trait.CLUSTER] = str(product.cluster)
    if product.color:
        known[Trait.COLOR] = product.color
    if product.category:
        known[Trait.CATEGORY] = product.category
    if product.price is not None:
        known[Trait.PRICE] = price_band(product.price)
    return known


@lru_cache(maxsize=4096)
def price_band(price: float) -> str:
    """The band of a price, such as "25-50"."""
    if price < LOWEST_BAND:
        return f"0-{LOWEST_BAND:g}"
    floor = LOWEST_BAND * 2 ** math.floor(math.log2(price / LOWEST_BAND))
    return f"{floor:g}-{2 * floor:g}"


def weigh(events: Sequence[Event], now: float) -> list[float]:
    """The weight of each event, of a list in the order of time; they add up to one."""
    if not events:
        return []
    start = _session_start(events)
    moment = [RECALL**back for back in range(len(events) - 1 - start, -1, -1)]
    lasting = [2.0 ** (-max(0.0, now - event.at) / HALF_LIFE_S) for event in events]
    share = len(moment) / (len(moment) + STEADINESS) if start else 1.0
    of_moment, of_lasting = share / sum(moment), (1 - share) / (sum(lasting) or 1.0)
    weights = [of_lasting * each for each in lasting]
    for place, each in enumerate(moment, start=start):
        weights[place] += of_moment * each
    return weights


def _session_start(events: Sequence[Event]) -> int:
    """Where the session of the newest event begins."""
    start = len(events) - 1
    while start > 0 and _continues(events[start - 1], events[start]):
        start -= 1
    return start


def _continues(earlier: Event, later: Event) -> bool:
    if earlier.session and later.session:
        return earlier.session == later.session
    return later.at - earlier.at <= SESSION_GAP_S


class Kinship(Protocol):
    """How alike clusters are."""

    def spread(self, strengths: Mapping[int, float]) -> Mapping[int, float]:
        """What a taste for some clusters says of all that are known."""
        ...

    def alike(self, cluster: int) -> frozenset[int]:
        """The clusters, itself among them, that a shopper would call like this one."""
        ...


class _Strangers:
    """No cluster says anything of another."""

    def spread(self, strengths: Mapping[int, float]) -> Mapping[int, float]:
        return strengths

    def alike(self, cluster: int) -> frozenset[int]:
        return frozenset({cluster})


STRANGERS = _Strangers()


@dataclass(frozen=True, slots=True)
class Cause:
    """The event that speaks most for a product, and the traits it shares with it."""

    event: Event
    shared: frozenset[Trait]


class Taste:
    """A shopper's taste at one moment. `muted` are the traits that the shopper took out of the profile."""

    def __init__(
        self,
        events: Sequence[Event],
        now: float,
        muted: Mapping[tuple[Trait, str], int] | None = None,
        kinship: Kinship = STRANGERS,
    ) -> None:
        said_by: list[tuple[Event, dict[Trait, str], float]] = []
        self._tastes: dict[tuple[Trait, str], float] = {}
        self._disliked: set[str] = set()
        muted = muted or {}
        for event, weight in zip(events, weigh(events, now), strict=True):
            traits = traits_of(event)
            if muted:
                traits = {
                    trait: value
                    for trait, value in traits.items()
                    if muted.get((trait, value), -1) < event.at
                }
            said = weight * event.value
            said_by.append((event, traits, said))
            for trait in traits.items():
                self._tastes[trait] = self._tastes.get(trait, 0.0) + said
            if event.value < 0:
                self._disliked.add(event.product_id)
            elif event.value >= EVENT_VALUES[EventType.FAVORITE]:
                self._disliked.discard(event.product_id)
        # Of equals the newest first.
        self._loudest = sorted(said_by, key=lambda each: (-each[2], -each[0].at))
        self._kinship = kinship
        self._clusters = kinship.spread(
            {int(value): said for (trait, value), said in self._tastes.items() if trait is Trait.CLUSTER}
        )

    @property
    def strengths(self) -> Mapping[tuple[Trait, str], float]:
        """How much each trait is liked (above 0) or disliked, about -1..1."""
        return self._tastes

    def judge(self, candidate: Candidate) -> float | None:
        """The affinity of a product; None when nothing is known of any of its traits."""
        found = [
            TRAIT_WEIGHTS[trait] * self._tastes[trait, value]
            for trait, value in traits_of(candidate).items()
            if trait is not Trait.CLUSTER and (trait, value) in self._tastes
        ]
        if candidate.cluster is not None and candidate.cluster in self._clusters:
            found.append(TRAIT_WEIGHTS[Trait.CLUSTER] * self._clusters[candidate.cluster])
        if candidate.product_id in self._disliked:
            found.append(-DISLIKED)
        return sum(found) if found else None

    def explain(self, candidate: Candidate) -> Cause | None:
        """What speaks most for a product; None when nothing does."""
        own = {*traits_of(candidate).items(), *self._alike(candidate.cluster)}
        best, cause = 0.0, None
        for event, traits, said in self._loudest:
            if said * _ALL_TRAITS <= best + _TIE:
                break  # neither this one nor those after it could say more
            if event.product_id == candidate.product_id:
                continue
            shared = own & traits.items()
            speaks = said * sum(TRAIT_WEIGHTS[trait] for trait, _ in shared)
            if speaks > best + _TIE:
                best, cause = speaks, Cause(event, frozenset(trait for trait, _ in shared))
        return cause

    def _alike(self, cluster: int | None) -> list[tuple[Trait, str]]:
        alike = frozenset[int]() if cluster is None else self._kinship.alike(cluster)
        return [(Trait.CLUSTER, str(each)) for each in alike]
