"""SageMaker's K-Means: what is sent and read, jobs that last, fail or vanish, and the stand-in over HTTP."""

import io
import json
import struct
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import boto3
import numpy as np
import pytest
from botocore.exceptions import ClientError
from botocore.validate import ParamValidator
from numpy.typing import NDArray
from starlette.applications import Starlette

from local.ai.gate import AccessDenied
from local.ai.training_jobs import Jobs, Unusable, pack_model, read_records, routes
from runtime.clusters.factory import open_trainer
from runtime.clusters.ndarray import Unreadable, read_arrays
from runtime.clusters.recordio import write_records
from runtime.clusters.sagemaker import LONGEST_WAIT_S, SageMakerTrainer
from runtime.clusters.trainer import (
    BuiltinTrainer,
    GroupingSettings,
    SageMakerTrainerSettings,
    TrainingFailed,
)
from tests.contract.vector_backends import serve
from tests.support.personalize import MemoryS3
from tests.unit.test_clusters import Shop

BUCKET, PREFIX = "lake", "clusters/training/"
ROLE = "arn:aws:iam::123456789012:role/training"
IMAGE = "382416733822.dkr.ecr.us-east-1.amazonaws.com/kmeans:1"
SETTINGS = SageMakerTrainerSettings(
    kind="sagemaker",
    name="shop-clusters",
    image=IMAGE,
    role_arn=ROLE,
    instance_type="ml.m5.large",
    bucket=BUCKET,
    prefix=PREFIX,
)


def looks(count: int = 60, dimensions: int = 16) -> NDArray[np.float32]:
    rng = np.random.default_rng(1)
    centres = np.eye(dimensions, dtype=np.float32)[:4]
    noise = rng.standard_normal((count, dimensions)).astype(np.float32)
    return (centres[np.arange(count) % 4] + np.float32(0.05) * noise).astype(np.float32)


@dataclass
class Clock:
    now: float = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@dataclass
class Service:
    """The service with jobs that end when the test says so."""

    s3: MemoryS3
    status: str = "Completed"
    jobs: dict[str, Any] = field(default_factory=dict[str, Any])
    model: bytes = b""
    reason: str = "ClientError: the disk is full"

    def create_training_job(self, **request: Any) -> dict[str, Any]:
        name = request["TrainingJobName"]
        self.jobs[name] = request
        self.s3.objects[BUCKET, f"{PREFIX}{name}/output/model.tar.gz"] = self.model
        return {"TrainingJobArn": name}

    def describe_training_job(self, *, TrainingJobName: str) -> dict[str, Any]:
        if TrainingJobName not in self.jobs:
            raise ClientError({"Error": {"Code": "ValidationException"}}, "DescribeTrainingJob")
        return {"TrainingJobStatus": self.status, "FailureReason": self.reason}


@dataclass
class Stage:
    service: Service
    clock: Clock = field(default_factory=Clock)

    @property
    def s3(self) -> MemoryS3:
        return self.service.s3

    def trainer(self, key: str = "model@16") -> SageMakerTrainer:
        return SageMakerTrainer(
            self.service, self.s3, SETTINGS, key, clock=self.clock, sleep=self.clock.sleep
        )


@pytest.fixture
def stage() -> Stage:
    return Stage(Service(MemoryS3(), model=pack_model(np.eye(4, 16, dtype=np.float32))))


def test_a_job_is_asked_for_and_its_centroids_come_back(stage: Stage) -> None:
    centroids = stage.trainer().train(looks(), 4)
    np.testing.assert_array_equal(centroids, np.eye(4, 16, dtype=np.float32))
    ((name, request),) = stage.service.jobs.items()
    assert name == "shop-clusters-1800000000000"
    assert request["HyperParameters"] == {
        "k": "4",
        "feature_dim": "16",
        "mini_batch_size": "60",
        "init_method": "kmeans++",
        "epochs": "5",
    }
    assert request["OutputDataConfig"] == {"S3OutputPath": "s3://lake/clusters/training"}
    assert (request["RoleArn"], request["AlgorithmSpecification"]["TrainingImage"]) == (ROLE, IMAGE)
    assert stage.s3.objects == {}, "what the job was for is removed"


def test_the_request_is_one_that_sagemaker_takes(stage: Stage) -> None:
    stage.trainer().train(looks(), 4)
    client = boto3.client(
        "sagemaker", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x"
    )
    (request,) = stage.service.jobs.values()
    shape = client.meta.service_model.operation_model("CreateTrainingJob").input_shape
    report = ParamValidator().validate(request, shape)
    assert not report.has_errors(), report.generate_report()
    assert (
        request["ResourceConfig"]["InstanceType"]
        in shape.members["ResourceConfig"].members["InstanceType"].enum
    )


def test_a_job_that_lasts_is_taken_up_by_the_next_run(stage: Stage) -> None:
    stage.service.status = "InProgress"
    began = stage.clock.now
    assert stage.trainer().train(looks(), 4) is None
    assert LONGEST_WAIT_S <= stage.clock.now - began < LONGEST_WAIT_S + 10
    stage.service.status = "Completed"
    assert stage.trainer().train(looks(), 4) is not None
    assert len(stage.service.jobs) == 1, "one job, not one a run"
    assert stage.s3.objects == {}


def test_a_job_of_another_vector_space_is_left_to_end(stage: Stage) -> None:
    stage.service.status = "InProgress"
    stage.trainer().train(looks(), 4)
    stage.service.status = "Completed"
    stage.clock.now += 3600
    assert stage.trainer("other@16").train(looks(), 4) is not None
    assert len(stage.service.jobs) == 2


def test_what_was_never_started_is_started(stage: Stage) -> None:
    pending = {"job": "shop-clusters-1", "embedding_key": "model@16"}
    stage.s3.objects[BUCKET, PREFIX + "pending.json"] = json.dumps(pending).encode()
    assert stage.trainer().train(looks(), 4) is not None
    assert list(stage.service.jobs) == ["shop-clusters-1800000000000"]


@pytest.mark.parametrize(
    ("trouble", "message"),
    [
        (lambda service: setattr(service, "status", "Failed"), "Failed: ClientError: the disk is full"),
        (lambda service: setattr(service, "model", b"no archive"), "no compressed archive"),
        (lambda service: setattr(service, "model", pack_model(np.eye(4, 8, dtype=np.float32))), r"\(4, 8\)"),
        (lambda service: setattr(service, "model", archive("other", b"")), "no file model_algo-1"),
        (lambda service: setattr(service, "model", archive("model_algo-1", b"x" * 40)), "does not begin"),
    ],
)
def test_a_job_that_failed_is_told_and_forgotten(
    stage: Stage, trouble: Callable[[Service], None], message: str
) -> None:
    trouble(stage.service)
    with pytest.raises(TrainingFailed, match=message):
        stage.trainer().train(looks(), 4)
    assert stage.s3.objects == {}
    stage.service.status, stage.service.model = "Completed", pack_model(np.eye(4, 16, dtype=np.float32))
    stage.clock.now += 3600
    assert stage.trainer().train(looks(), 4) is not None


def archive(name: str, content: bytes) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as files:
        member = tarfile.TarInfo(name)
        member.size = len(content)
        files.addfile(member, io.BytesIO(content))
    return packed.getvalue()


# ---- the forms


@pytest.mark.parametrize("dimensions", [1, 3, 16, 1024])
def test_records_are_read_as_they_were_written(dimensions: int) -> None:
    vectors = np.random.default_rng(0).standard_normal((5, dimensions)).astype(np.float32)
    np.testing.assert_array_equal(np.array(list(read_records(write_records(vectors)))), vectors)


def test_a_record_byte_by_byte() -> None:
    values = struct.pack("<2f", 1.5, -2.0)
    tensor = b"\x0a\x08" + values
    value = b"\x12" + bytes([len(tensor)]) + tensor
    entry = b"\x0a\x06values\x12" + bytes([len(value)]) + value
    record = b"\x0a" + bytes([len(entry)]) + entry
    expected = struct.pack("<II", 0xCED7230A, len(record)) + record + bytes(-len(record) % 4)
    assert write_records(np.array([[1.5, -2.0]], dtype=np.float32)) == expected


ARRAY = np.arange(6, dtype=np.float32).reshape(2, 3)


@pytest.mark.parametrize(
    "body",
    [
        struct.pack("<IIIiii", 2, 2, 3, 1, 0, 0) + ARRAY.tobytes(),
        struct.pack("<IIqqiii", 0xF993FAC8, 2, 2, 3, 1, 0, 0) + ARRAY.tobytes(),
        struct.pack("<IiIqqiii", 0xF993FAC9, 0, 2, 2, 3, 2, 1, 0) + ARRAY.tobytes(),
        struct.pack("<IiIqqiii", 0xF993FACA, 0, 2, 2, 3, 1, 0, 0) + ARRAY.tobytes(),
        struct.pack("<IiIqqiii", 0xF993FAC9, 0, 2, 2, 3, 1, 0, 1) + ARRAY.astype("<f8").tobytes(),
        struct.pack("<IiIqqiii", 0xF993FAC9, 0, 2, 2, 3, 1, 0, 2) + ARRAY.astype("<f2").tobytes(),
    ],
    ids=["version 0", "version 1", "version 2", "version 3", "double", "half"],
)
def test_arrays_of_every_version_are_read(body: bytes) -> None:
    names = struct.pack("<QQ", 1, 9) + b"centroids"
    (array,) = read_arrays(struct.pack("<QQQ", 0x112, 0, 1) + body + names)
    np.testing.assert_array_equal(array, ARRAY)
    assert array.dtype == np.float32


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "ends too early"),
        (struct.pack("<QQQ", 0x113, 0, 1), "does not begin"),
        (struct.pack("<QQQ", 0x112, 0, 1 << 60), "more arrays"),
        (struct.pack("<QQQIi", 0x112, 0, 1, 0xF993FAC9, 1), "storage 1"),
        (struct.pack("<QQQII", 0x112, 0, 1, 0xF993FAC8, 99), "99 axes"),
        (struct.pack("<QQQIIq", 0x112, 0, 1, 0xF993FAC8, 1, -1), "below 0"),
        (struct.pack("<QQQIIqiii", 0x112, 0, 1, 0xF993FAC8, 1, 1, 1, 0, 12), "type 12"),
        (struct.pack("<QQQIIqiii", 0x112, 0, 1, 0xF993FAC8, 1, 1 << 50, 1, 0, 0), "ends too early"),
    ],
)
def test_other_files_are_refused(content: bytes, message: str) -> None:
    with pytest.raises(Unreadable, match=message):
        read_arrays(content)


# ---- settings, and the grouping with it


def test_settings_choose_the_trainer() -> None:
    assert isinstance(open_trainer(GroupingSettings(clusters=5), "m@16", lambda _: None), BuiltinTrainer)
    chosen = GroupingSettings.model_validate({"clusters": 5, "trainer": SETTINGS.model_dump()})
    assert isinstance(open_trainer(chosen, "m@16", lambda _: None), SageMakerTrainer)


# ---- the stand-in


@dataclass
class Stand:
    address: str
    s3: MemoryS3
    asked: list[tuple[str, str]]
    denied: set[str]

    def trainer(self) -> SageMakerTrainer:
        client = boto3.client(
            "sagemaker",
            region_name="us-east-1",
            endpoint_url=self.address,
            aws_access_key_id="x",
            aws_secret_access_key="x",
        )
        return SageMakerTrainer(client, self.s3, SETTINGS, "model@16", sleep=lambda _: None)


@pytest.fixture
def stand() -> Iterator[Stand]:
    s3, asked, denied = MemoryS3(), list[tuple[str, str]](), set[str]()

    def read(bucket: str, key: str) -> bytes:
        return s3.get_object(Bucket=bucket, Key=key)["Body"].read()

    def write(bucket: str, key: str, body: bytes) -> None:
        s3.put_object(Bucket=bucket, Key=key, Body=body)

    def check(_authorization: str, action: str, resource: str) -> None:
        asked.append((action, resource))
        if action in denied:
            raise AccessDenied(f"not allowed: {action}")

    jobs = Jobs("us-east-1", "123456789012")
    with serve(Starlette(routes=routes(jobs, read, write, check))) as address:
        yield Stand(address, s3, asked, denied)


def test_the_stand_in_learns_behind_the_permissions_of_the_real_one(stand: Stand) -> None:
    centroids = stand.trainer().train(looks(), 4)
    assert centroids is not None
    nearest = np.abs(centroids[:, None] - np.eye(4, 16)[None]).max(axis=2).argmin(axis=1)
    assert sorted(nearest.tolist()) == [0, 1, 2, 3]
    assert {action for action, _ in stand.asked} == {
        "sagemaker:CreateTrainingJob",
        "sagemaker:DescribeTrainingJob",
    }
    assert stand.s3.objects == {}


def test_the_stand_in_fails_jobs_as_the_real_one(stand: Stand) -> None:
    with pytest.raises(TrainingFailed, match="3 records are fewer than k = 4"):
        stand.trainer().train(looks(3), 4)
    stand.denied.add("sagemaker:CreateTrainingJob")
    with pytest.raises(ClientError, match="not allowed: sagemaker:CreateTrainingJob"):
        stand.trainer().train(looks(), 4)


@pytest.mark.parametrize("content", [b"\x00" * 12, b"\x0a", write_records(looks(1))[:-8]])
def test_the_stand_in_refuses_what_are_no_records(content: bytes) -> None:
    with pytest.raises(Unusable):
        list(read_records(content))


def test_products_are_grouped_by_it_and_keep_their_labels(stand: Stand) -> None:
    shop = Shop()
    made = [shop.add(look, 12) for look in range(3)]
    shop.trainer = stand.trainer()
    assert shop.run(k=3)["clusters"] == 3
    before = [shop.labels(look) for look in made]
    assert all(len(labels) == 1 for labels in before)
    assert shop.run(k=3, force=True)["kept_labels"] == 3
    assert [shop.labels(look) for look in made] == before


def test_a_run_that_only_waits_says_so(stage: Stage) -> None:
    shop = Shop()
    shop.add(0, 12)
    stage.service.status = "InProgress"
    shop.trainer = stage.trainer()
    assert shop.run(k=1) == {"grouped": False, "reason": "training"}
    assert shop.bucket().read() is None
