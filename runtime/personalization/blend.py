"""Relevance and taste in one order: the weighted mean of two scores on one scale.

A cosine and a ranker's score are not comparable: Personalize's scores add up to one over a list, the built-in
ranker's lie around zero. Each is therefore put on 0..1 by its smallest and largest value among the candidates
(min-max normalisation: Lee, "Analyses of Multiple Evidence Combination", SIGIR 1997), then

    score = (1 - weight) * relevance + weight * affinity

Candidates that the ranker says nothing of have the affinity 0, and those it ranks start above that, at
1 / (n + 1) for n ranked ones: so at equal relevance an unranked candidate comes behind every ranked one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Blended:
    """A candidate's scores, all 0..1; `affinity` is None when the ranker said nothing of it."""

    product_id: str
    score: float
    affinity: float | None


def blend(relevances: Mapping[str, float], scores: Mapping[str, float], weight: float) -> list[Blended]:
    """All candidates of `relevances`, best first, equals in the given order (that of relevance).

    Without a weight or without any score that is the given order.
    """
    ids = list(relevances)
    relevance = _scale([relevances[each] for each in ids], floor=0.0)
    ranked = [each for each in ids if each in scores]
    scaled = _scale([scores[each] for each in ranked], floor=1 / (len(ranked) + 1))
    affinity = dict(zip(ranked, scaled, strict=True))
    if weight == 0 or not ranked:
        return [Blended(each, own, None) for each, own in zip(ids, relevance, strict=True)]
    blended = [
        Blended(each, (1 - weight) * own + weight * affinity.get(each, 0.0), affinity.get(each))
        for each, own in zip(ids, relevance, strict=True)
    ]
    return sorted(blended, key=lambda each: -each.score)


def _scale(values: Sequence[float], *, floor: float) -> list[float]:
    """The values from `floor` (the least) to 1 (the most); all 1 when they are equal."""
    least, most = min(values, default=0.0), max(values, default=0.0)
    if most - least < 1e-12:
        return [1.0 for _ in values]
    return [floor + (1 - floor) * (each - least) / (most - least) for each in values]
