"""The dead letters of the ingestion: looked at without being taken, tried again, or thrown away.

A queue hands a message out and hides it for a while; there is no other way to look at it. So everything here
takes what there is, keeps what was asked about, and gives the rest back at once. Should the function die in
between, the messages come back by themselves: none is deleted before it lies in the other queue.
"""

import json
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from runtime.shared.aws import is_transient
from runtime.shared.queues import read_object_events

HIDDEN_S = 30
"""For how long a letter stays hidden should nobody give it back."""
MOST_READ = 1_000
_PATIENCE_S = 15.0
_WAIT_S = 1
"""A call that waits asks all of the queue's servers; one that does not may miss some messages."""
_AT_ONCE = 10  # most messages or entries of one call of SQS

T = TypeVar("T")


class QueueUnavailable(Exception):
    """A queue is out of reach or throttled; worth another attempt."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A dead letter: what could not be ingested, why, since when (ms since 1970), after how many attempts.

    A message that the ingestion could not even answer for has neither reason nor attempts.
    """

    id: str
    sent_ms: int
    key: str
    reason: str | None
    kind: str | None
    row: int | None
    column: str | None
    attempts: int | None
    body: str = field(repr=False)
    handle: str = field(repr=False)

    @property
    def place(self) -> tuple[int, str]:
        """By which letters are in order."""
        return self.sent_ms, self.id


@dataclass(frozen=True, slots=True)
class Depth:
    """How many messages wait in a queue and how many are being worked on, about."""

    waiting: int
    in_work: int


@dataclass(frozen=True, slots=True)
class Look:
    """The letters that were seen, oldest first; `is_whole` unless others held some or there were too many."""

    letters: tuple[Letter, ...]
    is_whole: bool


class Letters:
    """The dead letters of one queue, and the queue that they came from. Methods raise QueueUnavailable."""

    def __init__(
        self,
        client: Any,
        queue_url: str,
        dead_letter_url: str,
        bucket: str,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._client = client
        self._queue_url = queue_url
        self._url = dead_letter_url
        self._bucket = bucket
        self._clock = clock

    def queue_depth(self) -> Depth:
        """Of the queue that feeds the ingestion."""
        return self._depth(self._queue_url)

    def count(self) -> int:
        """How many dead letters there are, about."""
        depth = self._depth(self._url)
        return depth.waiting + depth.in_work

    def look(self) -> Look:
        """All letters, each of which is still there afterwards."""
        seen = self._take(None)
        self._give_back(seen)
        letters = sorted(seen, key=lambda letter: letter.place)
        return Look(tuple(letters), self.count() <= len(letters))

    def retry(self, ids: Collection[str] | None) -> tuple[int, Sequence[str]]:
        """Put letters (None: all there are now) back into the queue; how many, and the ids not found."""
        wanted = self._take_wanted(ids)
        try:
            # Many rows of one file are one event: once is enough.
            self._send([*dict.fromkeys(letter.body for letter in wanted)])
        except QueueUnavailable:
            self._give_back(wanted)
            raise
        self._delete(wanted)
        return len(wanted), sorted({*(ids or ())} - {letter.id for letter in wanted})

    def delete(self, letter_id: str) -> bool:
        """Throw a letter away for good; False when it was not found."""
        wanted = self._take_wanted({letter_id})
        self._delete(wanted)
        return bool(wanted)

    def are_held(self) -> bool:
        """Whether somebody else is looking at letters right now, which hides them."""
        return self._depth(self._url).in_work > 0

    def _take_wanted(self, ids: Collection[str] | None) -> list[Letter]:
        begun_ms = int(1000 * self._clock())
        seen = self._take(ids)
        # What has failed again since is not tried for ever.
        kept = [each for each in seen if (each.sent_ms <= begun_ms if ids is None else each.id in ids)]
        taken = {letter.id for letter in kept}
        self._give_back([letter for letter in seen if letter.id not in taken])
        return kept

    def _take(self, ids: Collection[str] | None) -> list[Letter]:
        """Letters that are hidden from now on: all (None), or until these are among them."""
        taken: dict[str, Letter] = {}
        deadline = self._clock() + _PATIENCE_S
        while len(taken) < MOST_READ and self._clock() < deadline:
            answer = self._call(
                "receive_message",
                QueueUrl=self._url,
                MaxNumberOfMessages=_AT_ONCE,
                VisibilityTimeout=HIDDEN_S,
                WaitTimeSeconds=_WAIT_S,
                AttributeNames=["SentTimestamp"],
                MessageAttributeNames=["All"],
            )
            batch = [_read_letter(message, self._bucket) for message in answer.get("Messages", ())]
            taken.update((letter.id, letter) for letter in batch)
            if not batch or (ids is not None and taken.keys() >= set(ids)):
                break
        return [*taken.values()]

    def _give_back(self, letters: Sequence[Letter]) -> None:
        for part in _parts(letters):
            entries = [
                {"Id": str(index), "ReceiptHandle": letter.handle, "VisibilityTimeout": 0}
                for index, letter in enumerate(part)
            ]
            # What is not given back comes back by itself, a little later.
            self._call("change_message_visibility_batch", QueueUrl=self._url, Entries=entries)

    def _send(self, bodies: Sequence[str]) -> None:
        for part in _parts(bodies):
            entries = [{"Id": str(index), "MessageBody": body} for index, body in enumerate(part)]
            answer = self._call("send_message_batch", QueueUrl=self._queue_url, Entries=entries)
            if answer.get("Failed"):
                raise QueueUnavailable("the queue did not take every message")

    def _delete(self, letters: Sequence[Letter]) -> None:
        for part in _parts(letters):
            entries = [
                {"Id": str(index), "ReceiptHandle": letter.handle} for index, letter in enumerate(part)
            ]
            answer = self._call("delete_message_batch", QueueUrl=self._url, Entries=entries)
            if answer.get("Failed"):
                raise QueueUnavailable("some letters were not deleted")

    def _depth(self, url: str) -> Depth:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self._call("get_queue_attributes", QueueUrl=url, AttributeNames=names)["Attributes"]
        return Depth(*(int(found[name]) for name in names))

    def _call(self, operation: str, **arguments: Any) -> Any:
        try:
            return getattr(self._client, operation)(**arguments)
        except (ClientError, BotoCoreError) as error:
            if is_transient(error):
                raise QueueUnavailable("a queue did not answer") from error
            raise


def _read_letter(message: Mapping[str, Any], bucket: str) -> Letter:
    attributes = {
        name: value.get("StringValue") for name, value in message.get("MessageAttributes", {}).items()
    }
    return Letter(
        id=message["MessageId"],
        sent_ms=int(message.get("Attributes", {}).get("SentTimestamp", 0)),
        key=attributes.get("key") or _find_key(message["Body"], bucket),
        reason=attributes.get("reason"),
        kind=attributes.get("kind"),
        row=_number(attributes.get("row")),
        column=attributes.get("column"),
        attempts=_number(attributes.get("attempts")),
        body=message["Body"],
        handle=message["ReceiptHandle"],
    )


def _find_key(body: str, bucket: str) -> str:
    """The key of the first event in a message; empty when it is not the catalogue's."""
    try:
        return next((key for key, _ in read_object_events(json.loads(body), bucket)), "")
    except (ValueError, KeyError, TypeError, AttributeError):
        return ""


def _number(text: str | None) -> int | None:
    return None if text is None else int(text)


def _parts(items: Sequence[T]) -> list[Sequence[T]]:
    return [items[start : start + _AT_ONCE] for start in range(0, len(items), _AT_ONCE)]
