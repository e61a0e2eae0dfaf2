"""The training bucket and the lake it is filled from."""

import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from runtime.personalization import pointer
from runtime.personalization.pointer import LiveModel
from runtime.personalization.training.export import Counts, read_rows, write_csv
from runtime.personalization.training.settings import TrainingBusy, TrainingSettings
from runtime.shared.aws import is_transient

T = TypeVar("T")


class Bucket:
    """`logic.Files` in S3."""

    def __init__(self, s3: Any, settings: TrainingSettings) -> None:
        self._s3 = s3
        self._settings = settings

    def export(self, key: str) -> Counts:
        """Rows pass through a file: the lake may be larger than the function's memory."""
        with tempfile.NamedTemporaryFile("w+", encoding="utf-8", newline="") as file:
            counts = write_csv(self._rows(), file)
            file.flush()
            with Path(file.name).open("rb") as content:
                self._try(
                    lambda: self._s3.put_object(
                        Bucket=self._settings.bucket, Key=key, Body=content, ContentType="text/csv"
                    )
                )
        return counts

    def address(self, key: str) -> str:
        return f"s3://{self._settings.bucket}/{key}"

    def live(self) -> LiveModel | None:
        return self._try(lambda: pointer.read_live(self._s3, self._settings.bucket))

    def switch(self, live: LiveModel) -> None:
        self._try(lambda: pointer.write_live(self._s3, self._settings.bucket, live))

    def clear(self) -> None:
        self._try(lambda: pointer.clear_live(self._s3, self._settings.bucket))

    def _rows(self) -> Iterator[Mapping[str, Any] | None]:
        bucket = self._settings.lake_bucket
        for key in self._keys():
            content: bytes = self._try(
                lambda key=key: self._s3.get_object(Bucket=bucket, Key=key)["Body"].read()
            )
            yield from read_rows(key, content)

    def _keys(self) -> Iterator[str]:
        place = {"Bucket": self._settings.lake_bucket, "Prefix": self._settings.lake_prefix}
        pages = self._s3.get_paginator("list_objects_v2").paginate(**place)
        try:
            for page in pages:
                yield from (each["Key"] for each in page.get("Contents", ()))
        except (ClientError, BotoCoreError) as error:
            raise _explain(error) from error

    def _try(self, call: Callable[[], T]) -> T:
        try:
            return call()
        except (ClientError, BotoCoreError) as error:
            raise _explain(error) from error


def _explain(error: ClientError | BotoCoreError) -> Exception:
    return TrainingBusy("S3 is busy") if is_transient(error) else error
