"""Which model of Amazon Personalize is live: one small object in S3, written by the training workflow.

A campaign comes, changes and goes without a deployment; whoever needs it looks here.
"""

import threading
import time
from collections.abc import Callable
from typing import Any, Literal

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import BaseModel, ConfigDict, ValidationError

from runtime.shared.aws import read_code
from runtime.shared.observability import describe_error, get_logger
from runtime.shared.settings import SettingsModel

POINTER_KEY = "live/ranker.json"
_REMEMBER_S = 30.0
_LOOK_AGAIN_S = 5.0  # while nothing is known, or S3 does not answer
_ABSENT = ("NoSuchKey", "404")


class PersonalizeSettings(SettingsModel):
    """Variable RANKER where Amazon Personalize ranks: the bucket that says which model is live."""

    kind: Literal["personalize"]
    bucket: str


class LiveModel(BaseModel):
    """The model that answers; `metrics` are those that Personalize measured when it was trained."""

    model_config = ConfigDict(frozen=True)  # a newer workflow may say more than this code knows

    campaign_arn: str
    solution_version_arn: str
    tracking_id: str
    metrics: dict[str, float]
    switched_at: int


class Pointer:
    """The live model as a request path reads it: remembered for half a minute, never a reason to fail."""

    def __init__(self, s3: Any, bucket: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._s3 = s3
        self._bucket = bucket
        self._clock = clock
        self._live: LiveModel | None = None
        self._fresh_until = float("-inf")
        self._lock = threading.Lock()

    def current(self) -> LiveModel | None:
        """The live model; None when there is none, or none is known and S3 does not answer."""
        if self._clock() >= self._fresh_until and self._lock.acquire(blocking=self._live is None):
            try:
                if self._clock() >= self._fresh_until:
                    self._refresh()
            finally:
                self._lock.release()
        return self._live

    def _refresh(self) -> None:
        try:
            self._live = read_live(self._s3, self._bucket)
            remember = _REMEMBER_S if self._live else _LOOK_AGAIN_S
        except (ClientError, BotoCoreError, ValidationError) as error:
            get_logger().warning("the live ranker cannot be looked up", **describe_error(error))
            remember = _LOOK_AGAIN_S  # what was live is most likely still live
        self._fresh_until = self._clock() + remember


def read_live(s3: Any, bucket: str) -> LiveModel | None:
    """The live model as S3 has it now. Raises client errors, and ValidationError for another content."""
    try:
        body = s3.get_object(Bucket=bucket, Key=POINTER_KEY)["Body"].read()
    except ClientError as error:
        if read_code(error) in _ABSENT:
            return None
        raise
    return LiveModel.model_validate_json(body)


def write_live(s3: Any, bucket: str, live: LiveModel) -> None:
    """Make `live` the model that answers, within half a minute everywhere. Raises client errors."""
    s3.put_object(
        Bucket=bucket,
        Key=POINTER_KEY,
        Body=live.model_dump_json().encode(),
        ContentType="application/json",
    )


def clear_live(s3: Any, bucket: str) -> None:
    """Let no model answer any more. Raises client errors."""
    s3.delete_object(Bucket=bucket, Key=POINTER_KEY)
