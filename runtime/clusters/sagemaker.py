"""The K-Means that comes with Amazon SageMaker: vectors to S3, a training job, its model back as centroids.

    <prefix>pending.json        the job under way: its name and the space of its vectors
    <prefix>vectors.pbr         what it learns from, in RecordIO (runtime/clusters/recordio.py)
    <prefix><job>/output/model.tar.gz   what it has learned: `model_algo-1`, arrays of MXNet

https://docs.aws.amazon.com/sagemaker/latest/dg/k-means.html
"""

import io
import json
import tarfile
import time
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError
from pydantic import BaseModel, ConfigDict, ValidationError

from runtime.clusters.means import Vectors
from runtime.clusters.ndarray import Unreadable, read_arrays
from runtime.clusters.recordio import CONTENT_TYPE, write_records
from runtime.clusters.trainer import SageMakerTrainerSettings, TrainingFailed
from runtime.shared.aws import read_code
from runtime.shared.observability import get_logger

MODEL = "model_algo-1"
LARGEST_MODEL = 64 * 1024 * 1024
LONGEST_WAIT_S = 480.0
"""What is left of a run of a quarter of an hour is for reading the products and writing their labels."""
_LONGEST_PAUSE_S = 10.0
_LONGEST_JOB_S = 3600
_VOLUME_GB = 10
_BATCH_ROWS = 5_000
_EPOCHS = 5
_PENDING, _DATA = "pending.json", "vectors.pbr"
_MISSING = frozenset({"404", "NoSuchKey", "NotFound"})
_NO_SUCH_JOB = "ValidationException"  # SageMaker's answer to the description of a job that is not there
_RUNNING = frozenset({"InProgress", "Stopping"})


class Pending(BaseModel):
    """A job that was asked for, and the vector space of what it learns from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    job: str
    embedding_key: str


class SageMakerTrainer:
    """Trains by one job at a time, which outlasts the run that began it."""

    def __init__(
        self,
        client: Any,
        s3: Any,
        settings: SageMakerTrainerSettings,
        embedding_key: str,
        *,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._s3 = s3
        self._settings = settings
        self._embedding_key = embedding_key
        self._clock = clock
        self._sleep = sleep

    def train(self, vectors: Vectors, k: int) -> Vectors | None:
        """As `Trainer.train`. A job that was under way answers for vectors as they were when it began."""
        pending = self._read_pending()
        described = self._describe(pending.job) if pending else None
        if pending is None or described is None or pending.embedding_key != self._embedding_key:
            pending = self._begin(vectors, k)
        described = self._wait(pending.job)
        if described["TrainingJobStatus"] in _RUNNING:
            return None
        try:
            centroids = self._finish(pending.job, described, vectors.shape[1])
        except TrainingFailed:
            self._forget(pending.job)
            raise
        self._forget(pending.job)
        return centroids

    def _begin(self, vectors: Vectors, k: int) -> Pending:
        job = f"{self._settings.name}-{int(1000 * self._clock())}"
        # Written before the job is asked for: else this process could end between, and the job be paid twice.
        pending = Pending(job=job, embedding_key=self._embedding_key)
        self._put(_DATA, write_records(vectors))
        self._put(_PENDING, json.dumps(pending.model_dump(), sort_keys=True).encode())
        self._client.create_training_job(**self._describe_job(job, vectors, k))
        get_logger().info("training began", job=job, rows=len(vectors), clusters=k)
        return pending

    def _describe_job(self, job: str, vectors: Vectors, k: int) -> dict[str, Any]:
        settings = self._settings
        place = f"s3://{settings.bucket}/{settings.prefix}"
        return {
            "TrainingJobName": job,
            "AlgorithmSpecification": {"TrainingImage": settings.image, "TrainingInputMode": "File"},
            "RoleArn": settings.role_arn,
            # https://docs.aws.amazon.com/sagemaker/latest/dg/k-means-api-config.html
            "HyperParameters": {
                "k": str(k),
                "feature_dim": str(vectors.shape[1]),
                "mini_batch_size": str(min(_BATCH_ROWS, len(vectors))),
                "init_method": "kmeans++",
                "epochs": str(_EPOCHS),
            },
            "InputDataConfig": [
                {
                    "ChannelName": "train",
                    "ContentType": CONTENT_TYPE,
                    "DataSource": {
                        "S3DataSource": {
                            "S3DataType": "S3Prefix",
                            "S3Uri": place + _DATA,
                            "S3DataDistributionType": "FullyReplicated",
                        }
                    },
                }
            ],
            "OutputDataConfig": {"S3OutputPath": place.rstrip("/")},
            "ResourceConfig": {
                "InstanceType": settings.instance_type,
                "InstanceCount": 1,
                "VolumeSizeInGB": _VOLUME_GB,
            },
            "StoppingCondition": {"MaxRuntimeInSeconds": _LONGEST_JOB_S},
        }

    def _wait(self, job: str) -> Mapping[str, Any]:
        """The job's description when it has ended, or when this run cannot wait any longer."""
        until, pause = self._clock() + LONGEST_WAIT_S, 1.0
        while True:
            described = self._describe(job)
            if described is None:
                raise TrainingFailed(f"the training job {job} is gone")
            if described["TrainingJobStatus"] not in _RUNNING or self._clock() >= until:
                return described
            self._sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_S)

    def _describe(self, job: str) -> Mapping[str, Any] | None:
        try:
            return self._client.describe_training_job(TrainingJobName=job)
        except ClientError as error:
            if read_code(error) == _NO_SUCH_JOB:
                return None
            raise

    def _finish(self, job: str, described: Mapping[str, Any], dimensions: int) -> Vectors:
        status = described["TrainingJobStatus"]
        if status != "Completed":
            reason = described.get("FailureReason") or "no reason given"
            raise TrainingFailed(f"the training job {job} ended as {status}: {reason}")
        try:
            arrays = read_arrays(_unpack(self._get(self._model_key(job))))
        except Unreadable as error:
            raise TrainingFailed(f"the model of the training job {job} cannot be read: {error}") from error
        for array in arrays:
            if array.ndim == 2 and array.shape[1] == dimensions and len(array):
                return array
        shapes = ", ".join(str(array.shape) for array in arrays)
        raise TrainingFailed(f"the model of the training job {job} has no centroids, only {shapes}")

    def _forget(self, job: str) -> None:
        """Remove what the job was for; without the first of these it is never looked at again."""
        for key in (_PENDING, _DATA):
            self._s3.delete_object(Bucket=self._settings.bucket, Key=self._settings.prefix + key)
        self._s3.delete_object(Bucket=self._settings.bucket, Key=self._model_key(job))

    def _model_key(self, job: str) -> str:
        return f"{self._settings.prefix}{job}/output/model.tar.gz"

    def _read_pending(self) -> Pending | None:
        try:
            return Pending.model_validate_json(self._get(self._settings.prefix + _PENDING))
        except ClientError as error:
            if read_code(error) in _MISSING:
                return None
            raise
        except ValidationError:
            get_logger().warning("the training under way is not readable")
            return None

    def _get(self, key: str) -> bytes:
        return self._s3.get_object(Bucket=self._settings.bucket, Key=key)["Body"].read()

    def _put(self, name: str, body: bytes) -> None:
        self._s3.put_object(Bucket=self._settings.bucket, Key=self._settings.prefix + name, Body=body)


def _unpack(archive: bytes) -> bytes:
    """The file MODEL of a compressed archive. Raises Unreadable."""
    try:
        with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as files:
            member = next((each for each in files if each.name.removeprefix("./") == MODEL), None)
            opened = None if member is None else files.extractfile(member)
            if member is None or opened is None:
                raise Unreadable(f"the archive has no file {MODEL}")
            if member.size > LARGEST_MODEL:
                raise Unreadable(f"{MODEL} has {member.size:,} bytes, more than {LARGEST_MODEL:,}")
            return opened.read()
    except (tarfile.TarError, EOFError, OSError) as error:
        raise Unreadable("it is no compressed archive") from error
