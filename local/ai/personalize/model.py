"""What the stand-in learns from interactions: which items go together, and which are liked by many.

An item's vector is the normalised row of the item-item co-occurrence over users, weighted by event value and
damped by popularity, as in classic item-based collaborative filtering (Sarwar et al., WWW 2001). A user's
score of an item is its similarity to what the user did, newer events counting more, plus a little popularity.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

HISTORY = 50
"""Newest events of a user that a ranking looks at."""
_DECAY = 0.8  # of an event's weight with each newer one
_POPULARITY = 0.05
_HELD_BACK = 0.1


@dataclass(frozen=True, slots=True)
class Event:
    """One interaction; `timestamp` is in seconds since 1970."""

    user: str
    item: str
    value: float
    timestamp: float


@dataclass(frozen=True, slots=True)
class Model:
    """What a training learned. `likeness` is (n, n) over `items`; `popularity` is (n,) and adds up to 1."""

    items: tuple[str, ...]
    likeness: NDArray[np.float64]
    popularity: NDArray[np.float64]
    histories: dict[str, tuple[tuple[str, float], ...]] = field(
        default_factory=dict[str, tuple[tuple[str, float], ...]]
    )
    """Each user's newest (item, value), oldest first."""

    def rank(
        self, user: str, items: Sequence[str], recent: Iterable[Event] = ()
    ) -> list[tuple[str, float | None]]:
        """The items by falling score, scores adding up to 1; those the model never saw last, with None."""
        place = {item: index for index, item in enumerate(self.items)}
        history = [*self.histories.get(user, ()), *((each.item, each.value) for each in recent)][-HISTORY:]
        wish = np.zeros(len(self.items))
        for age, (item, value) in enumerate(reversed(history)):
            if item in place:
                wish += value * _DECAY**age * self.likeness[place[item]]
        scores = wish / max(wish.sum(), 1e-12) + _POPULARITY * self.popularity
        known = [(item, float(scores[place[item]])) for item in items if item in place]
        total = sum(score for _, score in known) or 1.0
        ranked = sorted(((item, score / total) for item, score in known), key=lambda pair: -pair[1])
        return [*ranked, *((item, None) for item in items if item not in place)]

    def dump(self) -> dict[str, Any]:
        """The model as JSON values."""
        return {
            "items": list(self.items),
            "likeness": self.likeness.tolist(),
            "popularity": self.popularity.tolist(),
            "histories": self.histories,
        }


def restore(dumped: dict[str, Any]) -> Model:
    """A model from what `dump` made of it."""
    histories = {
        user: tuple((item, value) for item, value in events) for user, events in dumped["histories"].items()
    }
    return Model(
        tuple(dumped["items"]), np.array(dumped["likeness"]), np.array(dumped["popularity"]), histories
    )


def train(events: Sequence[Event]) -> Model:
    """Learn from all events."""
    ordered = sorted(events, key=lambda each: each.timestamp)
    items = tuple(sorted({each.item for each in ordered}))
    users = sorted({each.user for each in ordered})
    place, row = {item: i for i, item in enumerate(items)}, {user: i for i, user in enumerate(users)}
    liked = np.zeros((len(users), len(items)))
    histories: dict[str, list[tuple[str, float]]] = {}
    for each in ordered:
        liked[row[each.user], place[each.item]] += max(each.value, 0.0)
        histories.setdefault(each.user, []).append((each.item, each.value))
    strength = np.log1p(liked)
    together = strength.T @ strength
    size = np.sqrt(np.maximum(np.diag(together), 1e-12))
    counts = liked.sum(axis=0)
    return Model(
        items,
        together / np.outer(size, size),
        counts / max(counts.sum(), 1e-12),
        {user: tuple(history[-HISTORY:]) for user, history in histories.items()},
    )


def measure(events: Sequence[Event]) -> dict[str, float]:
    """Quality on the newest tenth of the interactions, by a model of the others, in Personalize's terms.

    Metrics: https://docs.aws.amazon.com/personalize/latest/dg/working-with-training-metrics.html
    """
    ordered = sorted(events, key=lambda each: each.timestamp)
    split = max(1, int(len(ordered) * (1 - _HELD_BACK)))
    model = train(ordered[:split])
    wanted: dict[str, set[str]] = {}
    for each in ordered[split:]:
        wanted.setdefault(each.user, set()).add(each.item)
    rankings = {user: [item for item, _ in model.rank(user, model.items)] for user in wanted}
    shown = {item for ranking in rankings.values() for item in ranking[:10]}
    metrics = {"coverage": len(shown) / max(len(model.items), 1)}
    for k in (5, 10, 25):
        gains = [_ndcg(rankings[user][:k], items) for user, items in wanted.items()]
        hits = [len(items.intersection(rankings[user][:k])) / k for user, items in wanted.items()]
        metrics[f"normalized_discounted_cumulative_gain_at_{k}"] = _mean(gains)
        metrics[f"precision_at_{k}"] = _mean(hits)
    firsts = [
        next((1 / (place + 1) for place, item in enumerate(rankings[user][:25]) if item in items), 0.0)
        for user, items in wanted.items()
    ]
    return metrics | {"mean_reciprocal_rank_at_25": _mean(firsts)}


def _ndcg(ranking: Sequence[str], wanted: set[str]) -> float:
    gain = sum(1 / np.log2(place + 2) for place, item in enumerate(ranking) if item in wanted)
    best = sum(1 / np.log2(place + 2) for place in range(min(len(wanted), len(ranking))))
    return float(gain / best) if best else 0.0


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else 0.0
