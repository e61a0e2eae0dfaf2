"""Relevance and taste in one order: the weighted mean of two scores on one scale, among what is relevant.

Taste chooses between products that answer the question; it does not change the question. So only those whose
similarity is near that of the best are put into another order, the others keep their places behind them:

    floor = best - max(NEAR * best, LEAST),   relevance = (similarity - floor) / (best - floor)

The scale hangs on the best similarity alone. Scaled by the least and the largest one of the candidates, a
thousandth between twenty dresses would count as much as all that lies between a dress and a shoe.

Where the best ten are all of one category, that is what was asked for: what is of another one stays behind
too. A skirt and shorts may look alike, but whoever wants a skirt wants no shorts, in whatever style.

A ranker's scores have no scale that means anything: Personalize's add up to one over a list, the built-in
ranker's lie around zero. They are put on 0..1 by their least and largest value (min-max normalisation: Lee,
"Analyses of Multiple Evidence Combination", SIGIR 1997). Then

    score = (1 - weight) * relevance + weight * affinity

Candidates that the ranker says nothing of have the affinity 0, and those it ranks start above that, at
1 / (n + 1) for n ranked ones: so at equal relevance an unranked candidate comes behind every ranked one.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

NEAR = 0.2
"""As a share of the best similarity. Texts and pictures of one thing lie within a fifth of it, in models with
large cosines (0.56 to 0.45) and in those with small ones (0.32 to 0.26)."""
UNANIMOUS = 10
"""So many of the best say by their category what was asked for, if they agree."""
LEAST = 0.05
"""Cosines that lie closer tell nothing apart: "something nice" is as near to everything."""


@dataclass(frozen=True, slots=True)
class Blended:
    """A candidate's scores, all 0..1; `affinity` is None when the ranker said nothing of it."""

    product_id: str
    score: float
    affinity: float | None


def count_near(similarities: Sequence[float]) -> int:
    """How many of the similarities (cosines, the best first) are near enough to the best."""
    floor = _find_floor(similarities)
    return sum(each >= floor for each in similarities)


def find_strays(categories: Mapping[str, str | None]) -> frozenset[str]:
    """Which candidates (the best first, with their categories) are of another category than was asked for."""
    first = list(categories.values())[:UNANIMOUS]
    if len(first) < UNANIMOUS or len({*first}) > 1:
        return frozenset()
    return frozenset(each for each, category in categories.items() if category != first[0])


def blend(
    similarities: Mapping[str, float],
    scores: Mapping[str, float],
    weight: float,
    strays: Set[str] = frozenset(),
) -> list[Blended]:
    """All candidates of `similarities` (cosines, the best first), best first, equals in the given order.

    Without a weight or without any score that is the given order. What is not near the best follows with the
    score 0, whatever the ranker says of it; so do the `strays`.
    """
    behind = strays if weight and scores else frozenset[str]()
    count = count_near(list(similarities.values()))
    near = [each for each in list(similarities)[:count] if each not in behind]
    far = [each for place, each in enumerate(similarities) if place >= count or each in behind]
    relevance = _scale_relevance([similarities[each] for each in near])
    ranked = [each for each in near if each in scores]
    scaled = _scale([scores[each] for each in ranked], floor=1 / (len(ranked) + 1))
    affinity = dict(zip(ranked, scaled, strict=True)) if weight else {}
    weight = weight if affinity else 0.0
    blended = [
        Blended(each, (1 - weight) * own + weight * affinity.get(each, 0.0), affinity.get(each))
        for each, own in zip(near, relevance, strict=True)
    ]
    blended.sort(key=lambda each: -each.score)
    return blended + [Blended(each, 0.0, None) for each in far]


def _find_floor(similarities: Sequence[float]) -> float:
    best = max(similarities, default=0.0)
    return best - max(NEAR * best, LEAST)


def _scale_relevance(similarities: Sequence[float]) -> list[float]:
    """The similarities from 0 (the floor) to 1 (the best)."""
    best, floor = max(similarities, default=0.0), _find_floor(similarities)
    return [(each - floor) / (best - floor) for each in similarities]


def _scale(values: Sequence[float], *, floor: float) -> list[float]:
    """The values from `floor` (the least) to 1 (the most); all 1 when they are equal."""
    least, most = min(values, default=0.0), max(values, default=0.0)
    if most - least < 1e-12:
        return [1.0 for _ in values]
    return [floor + (1 - floor) * (each - least) / (most - least) for each in values]
