"""Functions that a queue feeds: a batch in; counts, a log line and the messages to come again out."""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from runtime.shared.observability import describe_error, emit_metrics, get_logger
from runtime.shared.queues import Pause, read_keys

Record = Mapping[str, Any]
"""One message of SQS as Lambda hands it over."""


@dataclass(frozen=True, slots=True)
class BatchResult:
    """Ids of the messages that are to come back, and how often each thing happened."""

    failed: tuple[str, ...]
    counts: Mapping[str, int]


class Work(Protocol):
    """What is done with a batch; it raises only what should bring the whole batch back."""

    def run(self, records: Sequence[Record]) -> BatchResult: ...


class Consumer:
    """The Lambda side of a queue's function. What failed comes back after a growing pause."""

    def __init__(self, work: Work, pause: Pause) -> None:
        self._work = work
        self._pause = pause

    def handle(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Work through an SQS batch; Lambda's partial batch response."""
        started = time.perf_counter()
        records: Sequence[Record] = event.get("Records") or []
        result = self._work.run(records)
        self._pause.give([each for each in records if each["messageId"] in result.failed])
        took = 1000 * (time.perf_counter() - started)
        get_logger().info("batch done", took_ms=round(took, 1), counts=dict(result.counts))
        emit_metrics({}, {name: float(count) for name, count in result.counts.items()}, {"Batch": took})
        return {"batchItemFailures": [{"itemIdentifier": each} for each in result.failed]}


class KeyByKey:
    """Work on the objects that a bucket's events tell of, one key after another.

    `take` says in a word what became of an object, which is counted; `troubles` are the errors upon which
    its message has to come again.
    """

    def __init__(
        self, bucket: str, take: Callable[[str], str], troubles: tuple[type[Exception], ...]
    ) -> None:
        self._bucket = bucket
        self._take = take
        self._troubles = (*troubles, ValueError)

    def run(self, records: Sequence[Record]) -> BatchResult:
        """Work through the records of one SQS event; a message of anything but the bucket's events fails."""
        counts: Counter[str] = Counter(MessagesFailed=0)
        failed: list[str] = []
        for record in records:
            try:
                for key in read_keys(record, self._bucket):
                    counts[self._take(key)] += 1
            except self._troubles as error:
                get_logger().warning("message not worked through", **describe_error(error))
                failed.append(record["messageId"])
        counts["MessagesFailed"] = len(failed)
        return BatchResult(tuple(failed), counts)
