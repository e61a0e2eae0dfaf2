"""Is the target as good as the source? Everything there, nothing else, and found as it should be.

Between two stores of one model a search of the target is held against comparing all vectors of the source:
recall@10 says what a shopper would miss. Between two models there is no such truth. Then recall@10 is that of
the target against comparing all vectors of the target, which says that the store finds what it holds; how
often a picture finds its own product, and how much of the old neighbourhood is in the new one, is told
beside it and decides nothing.
"""

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from runtime.migration.backfill import fingerprint, settling_s
from runtime.migration.nearest import Floats, Nearest
from runtime.vectors.port import VectorItem, VectorStore

K = 10
DEFAULT_MIN_RECALL = 0.99
DEFAULT_QUERIES = 100
_PAGE = 500
_SAMPLED_PAGES = 10
_MOST_LOOKED_AT_AGAIN = 2_000
_LOOKS = 3
_PAUSE_S = 2.0
_AS_GOOD = 2e-3
"""Stores keep vectors in half precision: a hit this close to the tenth best is as good as it."""

AskFor = Callable[[VectorItem], Floats | None]
"""The query that stands for a product in the target's space; None when there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What was found. `missing`, `surplus` and `outdated` count products of the target; `reason` is empty
    when it passed."""

    passed: bool
    reason: str
    recall: float
    min_recall: float
    queries: int
    against: str
    """What recall was measured against: comparing all vectors of the `source`, or of the `target`."""
    self_found: float
    """Share of sampled products among the ten nearest to their own picture."""
    overlap: float
    """Share of the ten nearest by the source that are among the ten nearest by the target."""
    source: int
    target: int
    missing: int
    surplus: int
    outdated: int
    skipped: int
    took_s: float

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class _Queries:
    """Queries (n, d) as the target takes them; of those that stand for a product, its id."""

    source: Floats
    target: Floats
    products: tuple[str | None, ...]


class Verification:
    """Compares two stores that are in use.

    Where they are of two models, `embed` gives the vector by which the target is asked for a product.
    """

    def __init__(
        self,
        source: VectorStore,
        target: VectorStore,
        *,
        embed: AskFor | None = None,
        seed: int = 0,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._source = source
        self._target = target
        self._embed = embed
        self._random = random.Random(seed)
        self._clock = clock
        self._pause = pause

    def run(
        self,
        skipped: Mapping[str, str],
        *,
        min_recall: float = DEFAULT_MIN_RECALL,
        queries: int = DEFAULT_QUERIES,
    ) -> Report:
        """Compare everything stored, and search by a sample of it; `skipped` may be missing.

        Raises what the stores, the model and the catalogue raise.
        """
        began = self._clock()
        asked = self._make_queries(self._sample(queries))
        here, old = _read_all(self._source, asked.source)
        there, new = _read_all(self._target, asked.target)
        truth, truth_store = (old, self._source) if self._embed is None else (new, self._target)
        wrong = self._differences(here, there, skipped)
        hits = [[hit.product_id for hit in self._target.search(each, K).hits] for each in asked.target]
        recall = _recall(hits, truth, truth_store, asked.target)
        reason = _judge(recall, min_recall, wrong, len(here), len(hits))
        return Report(
            passed=not reason,
            reason=reason,
            recall=round(recall, 4),
            min_recall=min_recall,
            queries=len(hits),
            against="source" if self._embed is None else "target",
            self_found=_share(
                [each in found for each, found in zip(asked.products, hits, strict=True) if each]
            ),
            overlap=_share([each in found for n, found in enumerate(hits) for each in old.ids(n)]),
            source=len(here),
            target=len(there),
            **wrong,
            skipped=len(skipped),
            took_s=round(self._clock() - began, 2),
        )

    def _sample(self, size: int) -> list[VectorItem]:
        """Some products of the source; ids are hashes, so its first pages are as good as any."""
        items: dict[str, VectorItem] = {}
        cursor = None
        for _ in range(_SAMPLED_PAGES):
            page = self._source.scan(cursor, _PAGE)
            items |= {item.product_id: item for item in page.items}
            cursor = page.cursor
            if cursor is None:
                break
        return self._random.sample(list(items.values()), min(size, len(items)))

    def _make_queries(self, sample: Sequence[VectorItem]) -> _Queries:
        if self._embed is None:
            return _mix(sample)
        embedded = [(item, vector) for item in sample if (vector := self._embed(item)) is not None]
        return _Queries(
            np.array([item.vector for item, _ in embedded], np.float32),
            np.array([vector for _, vector in embedded], np.float32),
            tuple(item.product_id for item, _ in embedded),
        )

    def _differences(
        self, here: Mapping[str, object], there: Mapping[str, object], skipped: Mapping[str, str]
    ) -> dict[str, int]:
        """How many products differ, once those that changed while the stores were read have been let go."""
        suspects = {each for each in {*here, *there} if here.get(each) != there.get(each)}
        for _ in range(_LOOKS):
            suspects = {each for each in suspects if each not in skipped or each in there}
            if not suspects or len(suspects) > _MOST_LOOKED_AT_AGAIN:
                break
            self._pause(settling_s(self._source, self._target))
            here, there = _look_again(self._source, suspects), _look_again(self._target, suspects)
            suspects = {each for each in suspects if here.get(each) != there.get(each)}
            if suspects:
                self._pause(_PAUSE_S)
        missing = sum(each not in there for each in suspects)
        surplus = sum(each not in here for each in suspects)
        return {"missing": missing, "surplus": surplus, "outdated": len(suspects) - missing - surplus}


def _mix(sample: Sequence[VectorItem]) -> _Queries:
    """Half of the sample as it is, half turned into points between two products."""
    half = (len(sample) + 1) // 2
    own, rest = sample[:half], sample[half:]
    between = [_unit(item.vector + other.vector) for item, other in zip(rest, own, strict=False)]
    vectors = np.array([*(item.vector for item in own), *between], np.float32)
    return _Queries(vectors, vectors, (*(item.product_id for item in own), *([None] * len(between))))


def _unit(vector: Floats) -> Floats:
    length = float(np.linalg.norm(vector))
    return vector / length if length > 1e-6 else vector


def _read_all(store: VectorStore, queries: Floats) -> tuple[dict[str, object], Nearest]:
    """The state of each product in the store, and the nearest of the queries among all of them."""
    states: dict[str, object] = {}
    nearest = Nearest(queries, K)
    for items in _pages(store):
        fresh = {item.product_id: item for item in items if item.product_id not in states}
        nearest.feed(list(fresh), [item.vector for item in fresh.values()])
        states.update({each: fingerprint(item) for each, item in fresh.items()})
    return states, nearest


def _pages(store: VectorStore) -> Iterator[Sequence[VectorItem]]:
    page = store.scan(None, _PAGE)
    while True:
        yield page.items
        if page.cursor is None:
            return
        page = store.scan(page.cursor, _PAGE)


def _look_again(store: VectorStore, product_ids: set[str]) -> dict[str, object]:
    return {each: fingerprint(item) for each, item in store.read(sorted(product_ids)).items()}


def _recall(hits: Sequence[Sequence[str]], truth: Nearest, store: VectorStore, queries: Floats) -> float:
    """Share of the best that were found; another product that is as near as the last of them counts too."""
    shares: list[float] = []
    for number, found in enumerate(hits):
        best = truth.ids(number)
        if not best:
            continue
        others = store.read([each for each in found if each not in best])
        least = truth.worst_score(number) - _AS_GOOD
        as_good = sum(float(queries[number] @ item.vector) >= least for item in others.values())
        shares.append(min(1.0, (sum(each in best for each in found) + as_good) / len(best)))
    return float(np.mean(shares)) if shares else 1.0


def _judge(recall: float, min_recall: float, wrong: Mapping[str, int], stored: int, queries: int) -> str:
    """Why the target is not good enough; empty when it is."""
    reasons = [f"{count} products are {name}" for name, count in wrong.items() if count]
    if stored and not queries:
        reasons.append("there was nothing to search by")
    if recall < min_recall:
        reasons.append(f"recall@{K} is {recall:.4f}, below {min_recall:g}")
    return "; ".join(reasons)


def _share(found: Sequence[bool]) -> float:
    return round(sum(found) / len(found), 4) if found else 1.0
