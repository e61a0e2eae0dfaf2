"""A ranker that may fail, with one behind it that does not."""

import threading
import time
from collections.abc import Callable, Sequence

from runtime.personalization.port import NOTHING_KNOWN, Candidate, Ranker, RankerUnavailable, Ranking
from runtime.personalization.rankers.personalize import NoCampaign
from runtime.shared.observability import describe_error, get_logger

SOURCE = "builtin (personalize unavailable)"
_FAILURES = 3
_FIRST_PAUSE_S = 2.0
_LONGEST_PAUSE_S = 60.0


class Breaker:
    """Stops asking a service that fails: after three failures in a row it pauses, then tries one request.

    Each trial that fails doubles the pause, up to a minute; one that succeeds ends it.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures = 0
        self._closed_until = float("-inf")
        self._lock = threading.Lock()

    def admits(self) -> bool:
        """Whether a request may be made now; while the service is on trial, only one at a time may."""
        with self._lock:
            if self._failures < _FAILURES:
                return True
            if self._clock() < self._closed_until:
                return False
            self._closed_until = self._clock() + self._pause()
            return True

    def succeeded(self) -> None:
        with self._lock:
            self._failures = 0

    def failed(self) -> None:
        with self._lock:
            self._failures += 1
            if self._failures >= _FAILURES:
                self._closed_until = self._clock() + self._pause()

    def _pause(self) -> float:
        doublings = min(self._failures - _FAILURES, 10)
        return min(_FIRST_PAUSE_S * 2.0**doublings, _LONGEST_PAUSE_S)


class FallbackRanker:
    """Scores of the first ranker; of the built-in one while the first is missing, slow or down.

    The built-in ranker is asked every time: it costs next to nothing, it is then at hand, and it alone can
    say which liked thing a result comes from.
    """

    def __init__(self, first: Ranker, builtin: Ranker, breaker: Breaker | None = None) -> None:
        self._first = first
        self._builtin = builtin
        self._breaker = breaker or Breaker()

    def rank(self, user_id: str, session_id: str | None, candidates: Sequence[Candidate]) -> Ranking:
        """As `Ranker.rank`; raises RankerUnavailable only when neither ranker answers."""
        try:
            behind = self._builtin.rank(user_id, session_id, candidates)
        except RankerUnavailable as error:
            ranking = self._ask_first(user_id, session_id, candidates)
            if ranking is None:
                raise
            get_logger().warning("the built-in ranker is unavailable", **describe_error(error))
            behind = NOTHING_KNOWN
        else:
            ranking = self._ask_first(user_id, session_id, candidates)
        if ranking is None:
            return Ranking(behind.scores, behind.why, SOURCE)
        return Ranking(ranking.scores, behind.why, ranking.source)

    def _ask_first(
        self, user_id: str, session_id: str | None, candidates: Sequence[Candidate]
    ) -> Ranking | None:
        if not self._breaker.admits():
            return None
        try:
            ranking = self._first.rank(user_id, session_id, candidates)
        except NoCampaign:
            return None
        except RankerUnavailable as error:
            self._breaker.failed()
            get_logger().warning("the ranker is unavailable", **describe_error(error))
            return None
        self._breaker.succeeded()
        return ranking
