"""Full-text search by Okapi BM25 (Robertson and Zaragoza, The Probabilistic Relevance Framework, 2009)."""

import heapq
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from local.ai.knowledge.words import index_words

SATURATION = 1.2  # k1
LENGTH_WEIGHT = 0.75  # b
_HALF = 6.0  # the score that becomes 0.5


class Bm25Index:
    """An immutable index of texts, which are known by their position."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._postings: dict[str, list[tuple[int, int]]] = defaultdict(list)
        self._lengths: list[int] = []
        for position, text in enumerate(texts):
            words = index_words(text)
            self._lengths.append(len(words))
            for word, count in Counter(words).items():
                self._postings[word].append((position, count))
        self._mean_length = sum(self._lengths) / max(1, len(texts)) or 1.0

    def search(self, query: str, most: int, among: Iterable[int] | None = None) -> list[tuple[int, float]]:
        """The best texts, best first, with scores in 0..1 that grow with the BM25 score."""
        allowed = None if among is None else set(among)
        scores: dict[int, float] = defaultdict(float)
        for word in set(index_words(query)):
            found = self._postings.get(word, ())
            weight = math.log(1 + (len(self._lengths) - len(found) + 0.5) / (len(found) + 0.5))
            for position, count in found:
                scores[position] += weight * self._saturate(count, self._lengths[position])
        candidates = ((score, -position) for position, score in scores.items() if _is_in(position, allowed))
        best = heapq.nlargest(most, candidates)
        return [(-position, round(score / (score + _HALF), 6)) for score, position in best]

    def _saturate(self, count: int, length: int) -> float:
        shrink = 1 - LENGTH_WEIGHT + LENGTH_WEIGHT * length / self._mean_length
        return count * (SATURATION + 1) / (count + SATURATION * shrink)


def _is_in(position: int, allowed: set[int] | None) -> bool:
    return allowed is None or position in allowed
