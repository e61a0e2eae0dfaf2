"""Queues that feed functions: what their messages tell of, and when one comes back."""

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import unquote_plus

from botocore.exceptions import BotoCoreError, ClientError

from runtime.shared.observability import describe_error, get_logger

_AT_ONCE = 10  # most entries of one batch request of SQS


def read_object_events(content: Mapping[str, Any], bucket: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """URL-decoded key and record of each S3 event in a message; S3's test message has none.

    Raises ValueError, KeyError, TypeError or AttributeError for what is no event of `bucket`.
    """
    if content.get("Event") == "s3:TestEvent":
        return
    for record in content["Records"]:
        if record["s3"]["bucket"]["name"] != bucket:
            raise ValueError("an event of another bucket")
        yield unquote_plus(record["s3"]["object"]["key"], errors="strict"), record


def read_keys(record: Mapping[str, Any], bucket: str) -> list[str]:
    """Keys of the objects that an SQS record tells of. Raises ValueError for any other message."""
    try:
        return [key for key, _ in read_object_events(json.loads(record["body"]), bucket)]
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("the message is not an S3 event of the bucket") from error


def attempts_of(record: Mapping[str, Any]) -> int:
    """How often an SQS record has been handed out, this time included."""
    return int((record.get("attributes") or {}).get("ApproximateReceiveCount", 1))


class Pause:
    """Brings failed messages back after a growing pause with jitter instead of the queue's long one.

    The queue keeps a message hidden for six times the function's timeout; after a failure that is known,
    waiting that long would serve nobody.
    """

    def __init__(self, client: Any, url: str) -> None:
        self._client = client
        self._url = url

    def give(self, records: Sequence[Mapping[str, Any]]) -> None:
        """Set when these SQS records come back; one that cannot be set comes back when the queue says."""
        for start in range(0, len(records), _AT_ONCE):
            part = records[start : start + _AT_ONCE]
            entries = [
                {
                    "Id": str(index),
                    "ReceiptHandle": record["receiptHandle"],
                    "VisibilityTimeout": pause_seconds(attempts_of(record)),
                }
                for index, record in enumerate(part)
            ]
            try:
                self._client.change_message_visibility_batch(QueueUrl=self._url, Entries=entries)
            except (BotoCoreError, ClientError) as error:
                get_logger().warning("pause not set", **describe_error(error))


def pause_seconds(attempts: int) -> int:
    """Seconds until the next attempt: 2, 4, 8 ... at most 300, and up to half of that more."""
    base = min(300, 2**attempts)
    return base + random.randint(0, base // 2)
