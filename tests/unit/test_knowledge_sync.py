"""Uploads become ingestion jobs: one at a time, never forgotten, each with its outcome on record."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from botocore.stub import Stubber
from moto import mock_aws

from runtime.knowledge import handler as knowledge
from runtime.knowledge.handler import IngestionJobs, KnowledgeSettings, Queue
from runtime.knowledge.logic import Busy, Job, JobState, Sync
from tests.unit.shop import ENVIRONMENT, read_logs, s3_message, sqs_record, start_logs

SETTINGS = KnowledgeSettings(knowledge_base_id="BASE123456", data_source_id="SOURCE1234", region="us-west-2")


@dataclass
class FakeJobs:
    """One data source: refuses a second job while one runs."""

    running: set[str] = field(default_factory=set)
    failed: set[str] = field(default_factory=set)
    started: list[str] = field(default_factory=list)
    busy: bool = False
    fail: Exception | None = None

    def start(self) -> str:
        if self.fail:
            raise self.fail
        if self.busy or self.running:
            raise Busy("running")
        job_id = f"JOB{len(self.started)}"
        self.started.append(job_id)
        self.running.add(job_id)
        return job_id

    def describe(self, job_id: str) -> Job | None:
        if self.busy:
            raise Busy("slow down")
        if job_id not in self.started:
            return None
        if job_id in self.running:
            return Job(job_id, JobState.RUNNING, {})
        state = JobState.FAILED if job_id in self.failed else JobState.COMPLETE
        return Job(job_id, state, {"numberOfDocumentsScanned": 3})


@dataclass
class FakeReminders:
    bodies: list[str] = field(default_factory=list)

    def remind(self, body: str) -> None:
        self.bodies.append(body)


@pytest.fixture
def jobs() -> FakeJobs:
    return FakeJobs()


@pytest.fixture
def reminders() -> FakeReminders:
    return FakeReminders()


@pytest.fixture
def sync(jobs: FakeJobs, reminders: FakeReminders) -> Sync:
    return Sync(jobs, reminders)


def upload(number: int) -> dict[str, Any]:
    return s3_message(f"outfits/{number}.csv", bucket="documents", id_=f"m{number}")


def reminder(job_id: str, id_: str = "r1") -> dict[str, Any]:
    return sqs_record(json.dumps({"job": job_id}), id_=id_)


def test_any_number_of_uploads_is_one_job(sync: Sync, jobs: FakeJobs, reminders: FakeReminders) -> None:
    result = sync.run([upload(number) for number in range(500)])
    assert (result.started, result.failed) == ("JOB0", ())
    assert jobs.started == ["JOB0"]
    assert [json.loads(body) for body in reminders.bodies] == [{"job": "JOB0"}]


def test_uploads_during_a_job_come_again_and_are_brought_in_after_it(sync: Sync, jobs: FakeJobs) -> None:
    sync.run([upload(1)])
    result = sync.run([upload(2), upload(3)])
    assert (result.started, result.failed) == (None, ("m2", "m3"))
    jobs.running.clear()
    assert sync.run([upload(2), upload(3)]).started == "JOB1"


def test_a_job_is_looked_after_until_it_has_ended(sync: Sync, jobs: FakeJobs) -> None:
    sync.run([upload(1)])
    assert sync.run([reminder("JOB0")]).failed == ("r1",)
    jobs.running.clear()
    result = sync.run([reminder("JOB0")])
    assert result.failed == ()
    assert [(job.id, job.state) for job in result.ended] == [("JOB0", JobState.COMPLETE)]


def test_a_failed_or_vanished_job_is_on_record_too(sync: Sync, jobs: FakeJobs) -> None:
    sync.run([upload(1)])
    jobs.running.clear()
    jobs.failed.add("JOB0")
    result = sync.run([reminder("JOB0"), reminder("GONE", "r2")])
    assert [(job.id, job.state) for job in result.ended] == [
        ("JOB0", JobState.FAILED),
        ("GONE", JobState.FAILED),
    ]


def test_an_end_and_a_change_in_one_batch_are_both_dealt_with(sync: Sync, jobs: FakeJobs) -> None:
    sync.run([upload(1)])
    jobs.running.clear()
    result = sync.run([reminder("JOB0"), upload(2)])
    assert (len(result.ended), result.started, result.failed) == (1, "JOB1", ())


def test_a_busy_service_gets_everything_again_later(sync: Sync, jobs: FakeJobs) -> None:
    jobs.busy = True
    assert sync.run([upload(1), reminder("JOB0")]).failed == ("r1", "m1")


def test_any_other_error_ends_the_batch_so_that_it_is_seen(sync: Sync, jobs: FakeJobs) -> None:
    jobs.fail = ClientError({"Error": {"Code": "AccessDeniedException"}}, "StartIngestionJob")
    with pytest.raises(ClientError):
        sync.run([upload(1)])


def test_the_test_message_of_s3_starts_nothing(sync: Sync, jobs: FakeJobs) -> None:
    test = sqs_record(json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent"}))
    assert sync.run([test]).failed == ()
    assert jobs.started == []


@pytest.mark.parametrize("body", ["", "no json", "[]", "7", "{}", '{"job": 7}'])
def test_what_is_not_understood_may_be_a_change(sync: Sync, jobs: FakeJobs, body: str) -> None:
    assert sync.run([sqs_record(body)]).failed == ()
    assert jobs.started == ["JOB0"]


def test_an_empty_batch_does_nothing(sync: Sync, jobs: FakeJobs) -> None:
    result = sync.run([])
    assert (result.started, result.ended, result.failed, jobs.started) == (None, (), (), [])


@pytest.fixture
def service() -> Iterator[tuple[Stubber, IngestionJobs]]:
    client = boto3.client(
        "bedrock-agent", region_name="us-west-2", aws_access_key_id="a", aws_secret_access_key="b"
    )
    with Stubber(client) as stubber:
        yield stubber, IngestionJobs(client, SETTINGS)
        stubber.assert_no_pending_responses()


PLACE = {"knowledgeBaseId": "BASE123456", "dataSourceId": "SOURCE1234"}
TIMES = {"startedAt": 1_800_000_000, "updatedAt": 1_800_000_000}


def describe_job(status: str, **more: Any) -> dict[str, Any]:
    return {"ingestionJob": {**PLACE, **TIMES, "ingestionJobId": "JOB1234567", "status": status, **more}}


def test_a_job_is_started_on_the_data_source(service: tuple[Stubber, IngestionJobs]) -> None:
    stubber, jobs = service
    stubber.add_response("start_ingestion_job", describe_job("STARTING"), PLACE)
    assert jobs.start() == "JOB1234567"


@pytest.mark.parametrize(
    "code", ["ConflictException", "ThrottlingException", "ServiceQuotaExceededException"]
)
def test_only_what_passes_is_busy(service: tuple[Stubber, IngestionJobs], code: str) -> None:
    stubber, jobs = service
    stubber.add_client_error("start_ingestion_job", code, http_status_code=400)
    with pytest.raises(ClientError if code.startswith("ServiceQuota") else Busy):
        jobs.start()


def test_an_unreachable_service_is_busy() -> None:
    class Unreachable:
        def start_ingestion_job(self, **_: str) -> None:
            raise EndpointConnectionError(endpoint_url="https://bedrock")

    with pytest.raises(Busy):
        IngestionJobs(Unreachable(), SETTINGS).start()


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("STARTING", JobState.RUNNING),
        ("IN_PROGRESS", JobState.RUNNING),
        ("STOPPING", JobState.RUNNING),
        ("COMPLETE", JobState.COMPLETE),
        ("FAILED", JobState.FAILED),
        ("STOPPED", JobState.FAILED),
    ],
)
def test_every_status_is_understood(
    service: tuple[Stubber, IngestionJobs], status: str, state: JobState
) -> None:
    stubber, jobs = service
    answer = describe_job(status, statistics={"numberOfDocumentsScanned": 3}, failureReasons=["x" * 999] * 9)
    stubber.add_response("get_ingestion_job", answer, {**PLACE, "ingestionJobId": "JOB1234567"})
    job = jobs.describe("JOB1234567")
    assert job is not None and job.state is state
    assert job.counts == {"numberOfDocumentsScanned": 3}
    assert [len(reason) for reason in job.reasons] == [300, 300, 300]


def test_a_job_that_is_not_there_is_none(service: tuple[Stubber, IngestionJobs]) -> None:
    stubber, jobs = service
    stubber.add_client_error("get_ingestion_job", "ResourceNotFoundException", http_status_code=404)
    assert jobs.describe("JOB1234567") is None


def test_a_reminder_comes_back_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        sqs = boto3.client("sqs")
        url = sqs.create_queue(QueueName="events")["QueueUrl"]
        Queue(sqs, url).remind('{"job": "JOB0"}')
        counts = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessagesDelayed"])
    assert counts["Attributes"] == {"ApproximateNumberOfMessagesDelayed": "1"}


def test_the_handler_reports_what_has_to_come_again_and_records_what_ended(
    sync: Sync, jobs: FakeJobs, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    start_logs(monkeypatch)
    monkeypatch.setattr(knowledge, "_open_sync", lambda: sync)
    assert knowledge.handler({"Records": [upload(1)]}, None) == {"batchItemFailures": []}
    answer = knowledge.handler({"Records": [reminder("JOB0"), upload(2)]}, None)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "r1"}, {"itemIdentifier": "m2"}]}
    jobs.running.clear()
    knowledge.handler({"Records": [reminder("JOB0")]}, None)
    (ended,) = read_logs(capsys.readouterr().out, "job ended")
    assert (ended["job"], ended["state"], ended["level"]) == ("JOB0", "complete", "INFO")
    assert ended["counts"] == {"numberOfDocumentsScanned": 3}


def test_the_handler_reads_its_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("KNOWLEDGE", SETTINGS.model_dump_json())
    monkeypatch.setenv("SYNC", json.dumps({"queue_url": "https://queue"}))
    knowledge._open_sync.cache_clear()
    try:
        assert knowledge._open_sync()._jobs._client.meta.region_name == "us-west-2"
    finally:
        knowledge._open_sync.cache_clear()
