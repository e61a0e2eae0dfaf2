"""The stand-in for SageMaker's training jobs: its own K-Means, which really learns from what lies in S3.

Wire format: `sagemaker`, version 2017-07-24. The input's and the model's forms are read and written here from
their own descriptions, without the product's code, so that the two check each other:
https://docs.aws.amazon.com/sagemaker/latest/dg/cdf-training.html (records) and `NDArray::Save` of
https://github.com/apache/mxnet/blob/1.9.1/src/ndarray/ndarray.cc (models).
"""

import io
import json
import struct
import tarfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.ai.gate import AccessDenied
from local.ai.wire import Call, Check, Json, ServiceError, TargetRoute, invalid, read_call
from runtime.vectors.engine.kmeans import kmeans

ReadObject = Callable[[str, str], bytes]
WriteObject = Callable[[str, str, bytes], None]
_TARGET = "SageMaker."
_RECORDS = "application/x-recordio-protobuf"
_RECORD_MAGIC = 0xCED7230A
_LIST_MAGIC, _ARRAY_MAGIC = 0x112, 0xF993FAC9
_REQUIRED = ("TrainingJobName", "RoleArn", "AlgorithmSpecification", "OutputDataConfig", "ResourceConfig")


class Unusable(Exception):
    """Why a job fails, in the words that its description then has."""


@dataclass(slots=True)
class Jobs:
    """The training jobs of one account, by name, as they are described."""

    region: str
    account: str
    described: dict[str, Json] = field(default_factory=dict[str, Json])
    lock: threading.Lock = field(default_factory=threading.Lock)

    def arn(self, name: str) -> str:
        return f"arn:aws:sagemaker:{self.region}:{self.account}:training-job/{name}"


def routes(jobs: Jobs, read: ReadObject, write: WriteObject, check: Check) -> list[Route]:
    """The operations, each behind the caller's permissions."""

    def create(call: Call) -> Json:
        missing = [name for name in (*_REQUIRED, "StoppingCondition") if not call.body.get(name)]
        if missing:
            raise invalid(f"{missing[0]} is missing.")
        name = call.need("TrainingJobName")
        check(call.authorization, "sagemaker:CreateTrainingJob", jobs.arn(name))
        # The emulator judges no statement with a condition, as that of iam:PassRole has one.
        with jobs.lock:
            if name in jobs.described:
                raise ServiceError("ResourceInUse", 400, f"A training job {name} is there already.")
            now = time.time()
            begun: Json = {"TrainingJobStatus": "InProgress", "SecondaryStatus": "Training"}
            jobs.described[name] = {
                **call.body,
                **begun,
                "TrainingJobArn": jobs.arn(name),
                "CreationTime": now,
                "LastModifiedTime": now,
            }
        threading.Thread(target=_run, args=(jobs, name, read, write), daemon=True).start()
        return {"TrainingJobArn": jobs.arn(name)}

    def describe(call: Call) -> Json:
        name = call.need("TrainingJobName")
        check(call.authorization, "sagemaker:DescribeTrainingJob", jobs.arn(name))
        with jobs.lock:
            if name not in jobs.described:
                raise invalid("Requested resource not found.")
            return jobs.described[name]

    operations = {"CreateTrainingJob": create, "DescribeTrainingJob": describe}

    async def answer(request: Request) -> Response:
        name = request.headers.get("x-amz-target", "").removeprefix(_TARGET)
        if name not in operations:
            return _refuse("UnknownOperationException", f"This stand-in has no operation {name}.")
        try:
            body = await run_in_threadpool(operations[name], await read_call(request))
        except ServiceError as error:
            return _refuse(error.name, str(error), error.status)
        except AccessDenied as error:
            return _refuse("AccessDeniedException", str(error))
        return Response(json.dumps(body), media_type="application/x-amz-json-1.1")

    return [TargetRoute(_TARGET, answer)]


def _refuse(name: str, message: str, status: int = 400) -> Response:
    return JSONResponse({"__type": name, "message": message}, status)


def _run(jobs: Jobs, name: str, read: ReadObject, write: WriteObject) -> None:
    """Do a job and describe how it ended."""
    job = jobs.described[name]
    try:
        bucket, key = _find_model(job["OutputDataConfig"]["S3OutputPath"], name)
        write(bucket, key, pack_model(_learn(job, read)))
        ended: Json = {
            "TrainingJobStatus": "Completed",
            "SecondaryStatus": "Completed",
            "ModelArtifacts": {"S3ModelArtifacts": f"s3://{bucket}/{key}"},
        }
    except Exception as error:  # as there, whatever goes wrong ends the job and is told in its description
        reason = str(error) if isinstance(error, Unusable) else f"InternalServerError: {type(error).__name__}"
        ended = {"TrainingJobStatus": "Failed", "SecondaryStatus": "Failed", "FailureReason": reason}
    with jobs.lock:
        jobs.described[name] = {**job, **ended, "LastModifiedTime": time.time()}


def _find_model(output: str, name: str) -> tuple[str, str]:
    place = urlsplit(output)
    prefix = place.path.strip("/")
    return place.netloc, f"{prefix}/{name}/output/model.tar.gz" if prefix else f"{name}/output/model.tar.gz"


def _learn(job: Json, read: ReadObject) -> NDArray[np.float32]:
    """Centroids (k, d) of the job's only channel. Raises Unusable."""
    if not job["AlgorithmSpecification"].get("TrainingImage", "").partition(":")[0].endswith("/kmeans"):
        raise Unusable("ClientError: this machine has no algorithm but kmeans")
    k, dimensions = (_read_number(job.get("HyperParameters") or {}, name) for name in ("k", "feature_dim"))
    channels = job.get("InputDataConfig") or []
    if [each.get("ChannelName") for each in channels] != ["train"]:
        raise Unusable("ClientError: the channel train is missing")
    if channels[0].get("ContentType") != _RECORDS:
        raise Unusable(f"ClientError: the content type is not {_RECORDS}")
    source = urlsplit(channels[0]["DataSource"]["S3DataSource"]["S3Uri"])
    rows = list(read_records(read(source.netloc, source.path.lstrip("/"))))
    if len(rows) < k:
        raise Unusable(f"ClientError: {len(rows)} records are fewer than k = {k}")
    if any(len(row) != dimensions for row in rows):
        raise Unusable(f"ClientError: a record has not the {dimensions} values of feature_dim")
    return kmeans(np.array(rows, dtype=np.float32), k).centroids


def _read_number(parameters: Mapping[str, str], name: str) -> int:
    value = parameters.get(name)
    if not isinstance(value, str) or not value.isdigit() or int(value) < 1:
        raise Unusable(f"ClientError: hyperparameter {name} is no positive integer in a text")
    return int(value)


def read_records(content: bytes) -> Iterator[NDArray[np.float32]]:
    """The values of each record of a RecordIO file. Raises Unusable."""
    place = 0
    while place < len(content):
        if place + 8 > len(content):
            raise Unusable("ClientError: the file ends within a record")
        magic, length = struct.unpack_from("<II", content, place)
        record = content[place + 8 : place + 8 + length]
        if magic != _RECORD_MAGIC or len(record) < length:
            raise Unusable("ClientError: the file is no RecordIO")
        yield _read_values(record)
        place += 8 + length + -length % 4


def _read_values(record: bytes) -> NDArray[np.float32]:
    """`features["values"].float32_tensor.values` of a record."""
    for entry in _members(record, 1):
        if b"values" in _members(entry, 1):
            for value in _members(entry, 2):
                for tensor in _members(value, 2):
                    return np.frombuffer(b"".join(_members(tensor, 1)), dtype="<f4")
    raise Unusable("ClientError: a record has no feature `values` of float32")


def _members(message: bytes, wanted: int) -> list[bytes]:
    """The parts of a protobuf message that have a length and this number. Raises Unusable."""
    found: list[bytes] = []
    place = 0
    while place < len(message):
        tag, place = _read_varint(message, place)
        if tag & 7 != 2:
            raise Unusable("ClientError: a record has members of other types")
        length, place = _read_varint(message, place)
        if tag >> 3 == wanted:
            found.append(message[place : place + length])
        place += length
    return found


def _read_varint(message: bytes, place: int) -> tuple[int, int]:
    number = shift = 0
    while place < len(message):
        byte = message[place]
        number |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:
            return number, place
    raise Unusable("ClientError: a record ends too early")


def pack_model(centroids: NDArray[np.float32]) -> bytes:
    """An archive with the file `model_algo-1`: a list of one array of MXNet, without names."""
    rows, columns = centroids.shape
    body = struct.pack("<QQQ", _LIST_MAGIC, 0, 1)
    body += struct.pack("<IiIqqiii", _ARRAY_MAGIC, 0, 2, rows, columns, 1, 0, 0)
    body += centroids.astype("<f4").tobytes() + struct.pack("<Q", 0)
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        member = tarfile.TarInfo("model_algo-1")
        member.size = len(body)
        archive.addfile(member, io.BytesIO(body))
    return packed.getvalue()
