"""One run at a time: whoever groups the products holds a small object in S3 meanwhile.

Two runs at once would each make centroids of their own and give some products the labels of one, some those
of the other. The object is written on condition that nobody else has written it:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html. It says until when it counts,
so a run that was killed keeps others away no longer than it might itself have run.
"""

import json
import secrets
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from runtime.shared.aws import read_code

_NAME = "lease.json"
_MISSING = frozenset({"404", "NoSuchKey", "NotFound"})
_OTHER_WAS_FIRST = frozenset({"409", "412", "ConditionalRequestConflict", "PreconditionFailed"})
_SPARE_S = 5.0
"""What the clocks of two machines may differ by."""
_LOOK_AGAIN_S = 1.0


@dataclass(frozen=True, slots=True)
class _Held:
    until: float
    etag: str


class Lease:
    """The right to group the products. Methods raise the client's errors."""

    def __init__(
        self,
        client: Any,
        bucket: str,
        prefix: str,
        *,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._target = {"Bucket": bucket, "Key": prefix + _NAME}
        self._clock = clock
        self._sleep = sleep

    @contextmanager
    def hold(self, seconds: float, *, patience_s: float = 0.0) -> Generator[bool, None, None]:
        """Whether the right is the caller's until it leaves, or for `seconds` if it never does.

        Somebody else's is waited for as long as `patience_s`.
        """
        etag = self._take(seconds, patience_s)
        try:
            yield etag is not None
        finally:
            if etag is not None:
                self._write(0.0, {"IfMatch": etag})

    def is_held(self) -> bool:
        """Whether somebody is at work now."""
        held = self._read()
        return held is not None and held.until > self._clock()

    def _take(self, seconds: float, patience_s: float) -> str | None:
        deadline = self._clock() + patience_s
        while True:
            held = self._read()
            if held is None or held.until <= self._clock():
                condition = {"IfNoneMatch": "*"} if held is None else {"IfMatch": held.etag}
                etag = self._write(self._clock() + seconds + _SPARE_S, condition)
                if etag is not None:
                    return etag
            if self._clock() >= deadline:
                return None
            self._sleep(_LOOK_AGAIN_S)

    def _read(self) -> _Held | None:
        try:
            answer = self._client.get_object(**self._target)
        except ClientError as error:
            if read_code(error) in _MISSING:
                return None
            raise
        return _Held(_read_until(answer["Body"].read()), answer["ETag"])

    def _write(self, until: float, condition: dict[str, str]) -> str | None:
        """The object's new ETag; None when somebody else has written it."""
        # With something of its own, or the same moment written twice would have the same ETag.
        body = json.dumps({"until": until, "holder": secrets.token_hex(8)}).encode()
        try:
            answer = self._client.put_object(
                **self._target, Body=body, ContentType="application/json", **condition
            )
        except ClientError as error:
            if read_code(error) in _OTHER_WAS_FIRST | _MISSING:
                return None
            raise
        return answer["ETag"]


def _read_until(body: bytes) -> float:
    """Until when it counts; what cannot be understood keeps nobody away."""
    try:
        return float(json.loads(body)["until"])
    except (ValueError, KeyError, TypeError):
        return 0.0
