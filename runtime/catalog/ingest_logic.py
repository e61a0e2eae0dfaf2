"""Working through a batch of queued S3 events: settle each key once, then close each message in one way.

A message is closed as done, as failed for now (it comes back), or as given up: then everything that was
wrong with it goes to the dead-letter queue, each with its reason and an event that can be replayed. What
became of each key is noted for the people who ask.
"""

import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol

from runtime.catalog.outcomes import MOST_REASONS, Noted, Reason
from runtime.catalog.reconcile import Refused, Settled
from runtime.shared.consumer import BatchResult
from runtime.shared.observability import describe_error, get_logger
from runtime.shared.queues import attempts_of, read_object_events

GIVEN_UP = "GivenUp"
"""The outcome of a key that kept failing."""
_WORKERS = 6


class Settler(Protocol):
    """Makes the products agree with the object of a key; raises whatever is worth another attempt."""

    def settle(self, key: str, *, retried: bool = False) -> Settled: ...


class DeadLetters(Protocol):
    """Takes what was given up. Raises when it could not take all of it."""

    def send(self, letters: Sequence["DeadLetter"]) -> None: ...


class Outcomes(Protocol):
    """Keeps what became of keys. Raises when it could not."""

    def note(self, noted: Noted) -> None: ...


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """Something given up: why, after how many attempts, and the message with which to try it again."""

    refused: Refused
    key: str
    attempts: int
    body: str


@dataclass(frozen=True, slots=True)
class Event:
    """One S3 event: the URL-decoded key, and the record as it came."""

    key: str
    record: Mapping[str, Any]

    @property
    def etag(self) -> str:
        """The ETag of the object that the event tells of; empty where it tells none."""
        return str(self.record["s3"]["object"].get("eTag") or "")

    def as_message(self) -> str:
        """A message with this event alone."""
        return json.dumps({"Records": [self.record]}, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Message:
    """A queued message: how often it was received so far, its text, and the events in it."""

    id: str
    attempts: int
    body: str
    events: tuple[Event, ...]
    unreadable: str | None = None
    """Why there are no events in it."""


class Ingestion:
    """Ingests batches. A message fails for now until it has been received `max_attempts` times."""

    def __init__(
        self,
        settler: Settler,
        letters: DeadLetters,
        outcomes: Outcomes,
        bucket: str,
        max_attempts: int,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._settler = settler
        self._letters = letters
        self._outcomes = outcomes
        self._bucket = bucket
        self._max_attempts = max_attempts
        self._clock = clock

    def run(self, records: Sequence[Mapping[str, Any]]) -> BatchResult:
        """Work through the records of one SQS event."""
        messages = [read_message(record, self._bucket) for record in records]
        retried: dict[str, bool] = {}
        for message in messages:
            for event in message.events:
                retried[event.key] = retried.get(event.key, False) or message.attempts > 1
        with ThreadPoolExecutor(_WORKERS) as pool:
            settled = dict(zip(retried, pool.map(self._settle, retried, retried.values()), strict=True))
        told: set[str] = set()
        failed = [message.id for message in messages if not self._close(message, settled, told)]
        return BatchResult(tuple(failed), _count(settled.values(), len(failed)))

    def _settle(self, key: str, retried: bool) -> Settled | Exception:
        try:
            settled = self._settler.settle(key, retried=retried)
        except Exception as error:
            get_logger().warning("key not settled", **describe_error(error))
            return error
        self._note(key, settled.etag, settled.outcome.value, settled.refusals, settled.rows_changed)
        return settled

    def _note(
        self, key: str, etag: str, outcome: str, refusals: Sequence[Refused], rows_changed: int = 0
    ) -> None:
        """Say what became of a key; the catalogue is right without that, so a failure is only logged."""
        reasons = tuple(Reason(each.reason, each.row, each.column) for each in refusals[:MOST_REASONS])
        noted = Noted(key, etag, outcome, self._clock(), reasons, len(refusals), rows_changed)
        try:
            self._outcomes.note(noted)
        except Exception as error:
            get_logger().warning("outcome not noted", **describe_error(error))

    def _close(self, message: Message, settled: Mapping[str, Settled | Exception], told: set[str]) -> bool:
        """Give a message up or let it go; False when it is to come back."""
        letters: list[DeadLetter] = []
        if message.unreadable:
            refused = Refused("unreadable-message", message.unreadable)
            letters.append(DeadLetter(refused, "", message.attempts, message.body))
        for event in message.events:
            result = settled[event.key]
            if isinstance(result, Settled):
                refusals = () if event.key in told else result.refusals
            elif message.attempts < self._max_attempts:
                return False
            else:
                refusals = (_give_up(result, message.attempts),)
                self._note(event.key, event.etag, GIVEN_UP, refusals)
            letters += [
                DeadLetter(each, event.key, message.attempts, event.as_message()) for each in refusals
            ]
        if letters and not self._send(letters):
            return False
        told.update(event.key for event in message.events)
        return True

    def _send(self, letters: Sequence[DeadLetter]) -> bool:
        try:
            self._letters.send(letters)
        except Exception as error:
            get_logger().error("dead letters not sent", letters=len(letters), **describe_error(error))
            return False
        for letter in letters:
            get_logger().warning("given up", kind=letter.refused.kind, attempts=letter.attempts)
        return True


def read_message(record: Mapping[str, Any], bucket: str) -> Message:
    """The message in an SQS record. S3's test message has no events; neither has one that is unreadable."""
    body = str(record.get("body") or "")
    attempts = attempts_of(record)
    try:
        found = read_object_events(json.loads(body), bucket)
        events, unreadable = tuple(Event(key, event) for key, event in found), None
    except (ValueError, KeyError, TypeError, AttributeError):
        events, unreadable = (), "The message is not an S3 event of the catalogue bucket."
    return Message(str(record["messageId"]), attempts, body, events, unreadable)


def _give_up(error: Exception, attempts: int) -> Refused:
    # The kinds of errors say enough; their texts may quote whatever was sent.
    described = describe_error(error)
    causes = " <- ".join([described["error"], *described["caused_by"]])
    return Refused("failed-repeatedly", f"Failed {attempts} times, the last time with {causes}.")


def _count(results: Iterable[Settled | Exception], failed: int) -> dict[str, int]:
    counts: dict[str, int] = {"MessagesFailed": failed}
    for result in results:
        names = {"KeysFailed": 1} if isinstance(result, Exception) else _count_settled(result)
        for name, value in names.items():
            counts[name] = counts.get(name, 0) + value
    return counts


def _count_settled(settled: Settled) -> dict[str, int]:
    counts = {settled.outcome.value: 1}
    if settled.rows_changed:
        counts["RowsChanged"] = settled.rows_changed
    if settled.refusals:
        counts["Refusals"] = len(settled.refusals)
    return counts
