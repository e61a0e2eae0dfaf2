"""Requests to an OpenSearch Serverless collection: signed, repeated for a while, and creating indexes.

What the service takes and refuses:
https://docs.aws.amazon.com/opensearch-service/latest/developerguide/serverless-genref.html and
https://docs.aws.amazon.com/opensearch-service/latest/developerguide/serverless-vector-search.html
"""

import json
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from opensearchpy import OpenSearch

PATIENCE_S = 15.0
"""How long a request is repeated in all. A collection that has scaled to zero wakes in 10 to 30 seconds, and
an API call has 29: who comes first is asked to come back, who comes back finds it awake."""
SERVICE = "aoss"
_FIRST_PAUSE_S = 0.1
_LONGEST_PAUSE_S = 2.0
_SHORTEST_TIMEOUT_S = 0.5
_BUSY = frozenset({429, 500, 502, 503, 504})

Json = dict[str, Any]


class Generation(StrEnum):
    """Which OpenSearch Serverless a collection belongs to; they differ in what an index may say."""

    NEXTGEN = "nextgen"
    CLASSIC = "classic"


class CollectionUnavailable(Exception):
    """The collection could not be reached, is busy, asleep or refuses the caller; worth another attempt."""


class CollectionRefused(Exception):
    """The collection will never take this request; the text is the service's kind of error."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(f"{status} {reason}")
        self.status = status
        self.reason = reason


class Collection:
    """One collection. Calls raise CollectionUnavailable and CollectionRefused.

    `passing` are statuses beyond the busy ones that pass by themselves: 403 is one while a collection is new,
    as access policies take up to a minute to work.
    """

    def __init__(
        self,
        client: "OpenSearch",
        *,
        patience_s: float = PATIENCE_S,
        passing: frozenset[int] = frozenset(),
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._patience_s = patience_s
        self._passing = _BUSY | passing
        self._clock = clock
        self._sleep = sleep

    def search(self, index: str, body: Json, *, patience_s: float | None = None) -> Json | None:
        """The answer of `_search`; None when there is no such index. `patience_s` is for this call alone."""
        deadline = None if patience_s is None else self._clock() + patience_s
        return self._send_if_there("POST", f"/{index}/_search", body, deadline)

    def count(self, index: str, query: Json) -> int:
        """How many documents match; 0 when there is no such index."""
        answer = self._send_if_there("POST", f"/{index}/_count", {"query": query})
        return 0 if answer is None else int(answer["count"])

    def bulk(self, index: str, actions: Sequence[Json]) -> None:
        """Send lines of `_bulk`. Lines that were throttled are sent again, others that failed are refused."""
        deadline = self._clock() + self._patience_s
        waiting = _pair(actions)
        for _ in self._attempts(deadline):
            body = "".join(json.dumps(line) + "\n" for pair in waiting for line in pair)
            answer = self._send("POST", f"/{index}/_bulk", body, deadline)
            waiting = _unfinished(waiting, answer)
            if not waiting:
                return
        raise CollectionUnavailable("writes were throttled")

    def create_index(self, index: str, body: Json) -> bool:
        """Create an index unless it is there, whoever creates it; whether it was this call."""
        if self._send_if_there("HEAD", f"/{index}") is not None:
            return False
        try:
            self._send("PUT", f"/{index}", body)
        except CollectionRefused as refused:
            if refused.reason != "resource_already_exists_exception":
                raise
            return False
        return True

    def _send_if_there(
        self, method: str, path: str, body: Json | None = None, deadline: float | None = None
    ) -> Any:
        try:
            answer = self._send(method, path, body, deadline)
        except CollectionRefused as refused:
            if refused.status == 404:
                return None
            raise
        # A HEAD request has only yes and no for an answer.
        return None if answer is False else answer

    def _send(self, method: str, path: str, body: Any = None, deadline: float | None = None) -> Any:
        from opensearchpy.exceptions import ConnectionError as Unreachable
        from opensearchpy.exceptions import TransportError

        last = self._clock() + self._patience_s if deadline is None else deadline
        reason = "there was no time left"
        for _ in self._attempts(last):
            timeout = max(_SHORTEST_TIMEOUT_S, last - self._clock())
            try:
                return self._client.transport.perform_request(
                    method, path, params={"request_timeout": timeout}, body=body
                )
            except Unreachable as error:
                reason = type(error).__name__
            except TransportError as error:
                status = error.status_code
                reason = f"{status} {error.error}"
                if status not in self._passing:
                    if status in (401, 403):
                        raise CollectionUnavailable(reason) from error
                    raise CollectionRefused(int(status), str(error.error)) from error
        raise CollectionUnavailable(reason)

    def _attempts(self, deadline: float) -> Iterator[None]:
        """One attempt, and more after growing pauses with jitter as long as one fits before the deadline."""
        pause = _FIRST_PAUSE_S
        while True:
            yield
            wait = pause * random.uniform(0.5, 1.0)
            if self._clock() + wait >= deadline:
                return
            self._sleep(wait)
            pause = min(2 * pause, _LONGEST_PAUSE_S)


def _pair(actions: Sequence[Json]) -> list[tuple[Json, ...]]:
    """Each action with its document; a deletion has none."""
    lines = iter(actions)
    return [(action,) if "delete" in action else (action, next(lines)) for action in lines]


def _unfinished(pairs: list[tuple[Json, ...]], answer: Mapping[str, Any]) -> list[tuple[Json, ...]]:
    """What has to be sent again. Raises CollectionRefused for what never will be taken."""
    if not answer.get("errors"):
        return []
    again: list[tuple[Json, ...]] = []
    for pair, item in zip(pairs, answer["items"], strict=True):
        (name, result) = next(iter(item.items()))
        status = int(result["status"])
        if status in _BUSY:
            again.append(pair)
        elif status >= 400 and not (name == "delete" and status == 404):
            raise CollectionRefused(status, str(result.get("error", {}).get("type", "unknown")))
    return again


def open_collection(
    endpoint: str, region: str, *, patience_s: float = PATIENCE_S, passing: frozenset[int] = frozenset()
) -> Collection:
    """The collection behind an address, called under the function's own role."""
    import boto3
    from opensearchpy import OpenSearch, Urllib3AWSV4SignerAuth, Urllib3HttpConnection

    client = OpenSearch(
        hosts=[endpoint],
        http_auth=Urllib3AWSV4SignerAuth(boto3.Session().get_credentials(), region, SERVICE),
        connection_class=Urllib3HttpConnection,
        # Repeating is this module's own matter: the client's would know neither pauses nor a deadline.
        max_retries=0,
        pool_maxsize=16,
    )
    return Collection(client, patience_s=patience_s, passing=passing)


def vector_field(
    generation: Generation, dimensions: int, *, space: str, m: int, ef_construction: int
) -> Json:
    """Mapping of a vector field: HNSW over full float32 values.

    The classic generation knows faiss only and wants it named; the next one chooses the engine by itself, and
    compresses vectors 32 times unless told otherwise, which would cost recall.
    """
    parameters = {"m": m, "ef_construction": ef_construction}
    if generation is Generation.CLASSIC:
        method: Json = {"name": "hnsw", "engine": "faiss", "space_type": space, "parameters": parameters}
        return {"type": "knn_vector", "dimension": dimensions, "method": method}
    return {
        "type": "knn_vector",
        "dimension": dimensions,
        "space_type": space,
        "compression_level": "1x",
        "method": {"name": "hnsw", "parameters": parameters},
    }


def vector_index(properties: Json) -> Json:
    """Settings and mappings of an index with vectors; what is not declared is not accepted."""
    return {
        "settings": {"index": {"knn": True}},
        "mappings": {"dynamic": "strict", "properties": properties},
    }
