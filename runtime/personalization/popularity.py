"""How popular products are just now: interactions add up, and what is longer ago counts less.

Forward decay, after Cormode, Shkapenyuk, Srivastava and Xu, "Forward Decay: A Practical Time Decay Model for
Streaming Systems", ICDE 2009: instead of letting all scores fall with time, an interaction of the value v at
the time t adds

    v * 2 ** ((t - landmark) / half-life)

to its product's score. So scores only grow, an addition is one write whatever else there is, and the order
of scores is that of the decayed ones at any time; divided by 2 ** ((now - landmark) / half-life) they are
those. The landmark is the beginning of the year. Each year has a board of its own, on which numbers stay
below 2 ** 53 times the values added up; in the first weeks of a year the last board still counts.

Nothing here says who did what. A dislike counts nothing: it tells of one shopper's taste and not that others
turn away, and subtracted it would let a few bury what competes with theirs.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from runtime.personalization.port import EVENT_VALUES, Interaction
from runtime.shared.aws import is_transient
from runtime.shared.observability import describe_error, get_logger

HALF_LIFE_DAYS = 7
BY_SCORE, BY_SHELF = "by-score", "by-shelf"
_DAY_S = 86_400
_HALF_LIFE_S = HALF_LIFE_DAYS * _DAY_S
_CARRIED_S = 8 * _HALF_LIFE_S
"""So long into a year the last board counts: then what stands there is a 256th of what it was."""
_KEPT_S = _CARRIED_S + _DAY_S
_FAINT = 0.02
"""Below it nothing is told any more: a product saved once is there for six weeks."""
_MOST_LOST = 3
_PATIENCE_S = 20.0
"""A third of the time in which a batch has to be recorded."""


class TrendsUnavailable(Exception):
    """The boards are out of reach or throttled; worth another attempt."""


@dataclass(frozen=True, slots=True)
class Addition:
    """What a batch adds to a product's score on the board of a year."""

    product_id: str
    year: int
    weight: float
    category: str | None


class Popularity:
    """An `InteractionSink` that nothing depends on: what cannot be added is logged and forgotten.

    A batch that is handed out twice is counted twice, which no order of products hangs on.
    """

    def __init__(self, client: Any, table: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._table = table
        self._clock = clock

    def write(self, interactions: Sequence[Interaction]) -> None:
        """Add them up, one write for each product, the weightiest first as long as there is time."""
        additions = sorted(add_up(interactions), key=lambda each: -each.weight)
        end = self._clock() + _PATIENCE_S
        lost: list[Exception] = []
        written = 0
        for addition in additions:
            if len(lost) >= _MOST_LOST or self._clock() > end:
                break
            try:
                self._client.update_item(TableName=self._table, **_update(addition))
                written += 1
            except (ClientError, BotoCoreError) as error:
                lost.append(error)
        if written < len(additions):
            why = describe_error(lost[-1]) if lost else {}
            get_logger().warning("popularity is not all counted", lost=len(additions) - written, **why)


class Trends:
    """The boards, for reading. Raises TrendsUnavailable."""

    def __init__(self, client: Any, table: str, clock: Callable[[], float] = time.time) -> None:
        self._client = client
        self._table = table
        self._clock = clock

    def read(self, category: str | None, limit: int) -> list[str]:
        """Ids of up to `limit` products, the most popular first; of a category, or of all (None)."""
        now = self._clock()
        year = datetime.fromtimestamp(now, UTC).year
        years = (year, year - 1) if now - _landmark(year) < _CARRIED_S else (year,)
        scores: dict[str, float] = {}
        for each in years:
            for product_id, score in self._query(each, category, limit):
                scores[product_id] = scores.get(product_id, 0.0) + score / _growth(now, each)
        ordered = sorted(scores, key=lambda product_id: (-scores[product_id], product_id))
        return [product_id for product_id in ordered if scores[product_id] >= _FAINT][:limit]

    def _query(self, year: int, category: str | None, limit: int) -> Iterator[tuple[str, float]]:
        index, key, value = (
            (BY_SCORE, "board", _board(year))
            if category is None
            else (BY_SHELF, "shelf", _shelf(year, category))
        )
        try:
            answer = self._client.query(
                TableName=self._table,
                IndexName=index,
                KeyConditionExpression="#place = :place",
                ExpressionAttributeNames={"#place": key},
                ExpressionAttributeValues={":place": {"S": value}},
                ScanIndexForward=False,
                Limit=limit,
            )
        except (ClientError, BotoCoreError) as error:
            if is_transient(error):
                raise TrendsUnavailable("the boards did not answer") from error
            raise
        for row in answer["Items"]:
            yield row["product_id"]["S"], float(row["score"]["N"])


def add_up(interactions: Sequence[Interaction]) -> list[Addition]:
    """What interactions add to each product's score; an `event_id` counts once."""
    added: dict[tuple[str, int], Addition] = {}
    for each in {each.event_id: each for each in interactions}.values():
        value = EVENT_VALUES[each.event_type]
        if value <= 0:
            continue
        year = datetime.fromtimestamp(each.timestamp, UTC).year
        place = (each.product_id, year)
        before = added[place].weight if place in added else 0.0
        weight = before + value * _growth(each.timestamp, year)
        added[place] = Addition(each.product_id, year, weight, each.category)
    return list(added.values())


def _update(addition: Addition) -> Mapping[str, Any]:
    year = addition.year
    values = {
        ":weight": {"N": f"{Decimal(str(addition.weight)):.6f}"},
        ":end": {"N": str(int(_landmark(year + 1) + _KEPT_S))},
    }
    change = "SET expires_at = :end"
    if addition.category:
        values[":shelf"] = {"S": _shelf(year, addition.category)}
        change += ", shelf = :shelf"
    return {
        "Key": {"product_id": {"S": addition.product_id}, "board": {"S": _board(year)}},
        "UpdateExpression": f"{change} ADD score :weight",
        "ExpressionAttributeValues": values,
    }


def _landmark(year: int) -> float:
    return datetime(year, 1, 1, tzinfo=UTC).timestamp()


def _growth(moment: float, year: int) -> float:
    """What a value of that time is multiplied by on the board of a year."""
    return 2.0 ** ((moment - _landmark(year)) / _HALF_LIFE_S)


def _board(year: int) -> str:
    return str(year)


def _shelf(year: int, category: str) -> str:
    return f"{year}#{category}"
