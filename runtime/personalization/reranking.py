"""Search results in a shopper's own order: whose taste, how much of it, and what to do without."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from runtime.personalization.blend import blend, count_near, find_strays
from runtime.personalization.port import Candidate, Ranker, RankerUnavailable
from runtime.personalization.style import Style
from runtime.personalization.style_table import StyleUnavailable
from runtime.shared.observability import describe_error, get_logger
from runtime.shared.reasons import Reason

NOBODY = "none"
UNAVAILABLE = "none (unavailable)"


class Styles(Protocol):
    """Reads style profiles. Raises StyleUnavailable."""

    def read(self, user_id: str) -> Style: ...


class OpenStyles:
    """The profile that the current search has read, by its pseudonym: a ranker need not read it again.

    A function answers one request at a time, so there is one at most.
    """

    def __init__(self, styles: Styles) -> None:
        self._styles = styles
        self._open: Style | None = None

    def read(self, user_id: str) -> Style:
        """The profile of a shopper, read anew: what was done a moment ago counts already."""
        self._open = self._styles.read(user_id)
        return self._open

    def find(self, pseudonym: str) -> Style:
        """The profile read last, if it has this pseudonym. Raises RankerUnavailable otherwise."""
        if self._open is None or self._open.pseudonym != pseudonym:
            raise RankerUnavailable("the profile has not been read")
        return self._open


@dataclass(frozen=True, slots=True)
class Placed:
    """A candidate in its place: the score it got it by, the affinity in that (0..1), and the reasons."""

    product_id: str
    score: float
    affinity: float | None = None
    why: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Order:
    """The order of the candidates, and which ranker made it."""

    placed: tuple[Placed, ...] = field(default=())
    ranker: str = NOBODY


@dataclass(frozen=True, slots=True)
class Shopper:
    """Whose taste counts in a search and how much, 0..1."""

    style: Style
    weight: float


class Reranker:
    """Puts search results into a shopper's own order. No method raises: a search goes on without taste."""

    def __init__(self, styles: OpenStyles, ranker: Ranker, weight: float) -> None:
        self._styles = styles
        self._ranker = ranker
        self._weight = weight

    def find_shopper(self, user_id: str, weight: float | None) -> Shopper | str:
        """Whose taste counts, by the request's weight, else the shopper's own, else the shop's.

        Where nobody's does, the name for that: NOBODY, or UNAVAILABLE when the profile could not be read.
        """
        if weight == 0:
            return NOBODY
        try:
            style = self._styles.read(user_id)
        except StyleUnavailable as error:
            get_logger().warning("searched without taste", **describe_error(error))
            return UNAVAILABLE
        own = self._weight if style.weight is None else style.weight
        weight = own if weight is None else weight
        return NOBODY if style.opted_out or not style.events or weight == 0 else Shopper(style, weight)

    def order(
        self, shopper: Shopper, candidates: Sequence[Candidate], relevances: Sequence[float]
    ) -> Order | None:
        """The candidates (best first by relevance) in the shopper's order; None when the ranker failed."""
        style = shopper.style
        strays = find_strays({candidate.product_id: candidate.category for candidate in candidates})
        near = [each for each in candidates[: count_near(relevances)] if each.product_id not in strays]
        try:
            ranking = self._ranker.rank(style.pseudonym, style.events[-1].session or None, near)
        except RankerUnavailable as error:
            get_logger().warning("searched without taste", **describe_error(error))
            return None
        ids = [candidate.product_id for candidate in candidates]
        blended = blend(dict(zip(ids, relevances, strict=True)), ranking.scores, shopper.weight, strays)
        placed = [
            Placed(
                each.product_id,
                each.score,
                each.affinity,
                tuple(ranking.why.get(each.product_id, ())),
            )
            for each in blended
        ]
        return Order(tuple(placed), ranking.source)
