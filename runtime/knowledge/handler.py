"""The knowledge base's follower: S3 events from a queue in, ingestion jobs out."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from runtime.knowledge.logic import Busy, Job, JobState, Sync
from runtime.shared.aws import Clients, is_transient, read_code
from runtime.shared.observability import emit_metrics, get_logger
from runtime.shared.settings import SettingsModel, read_setting

_LOOK_AGAIN_SECONDS = 60
_MOST_REASONS = 3
_LONGEST_REASON = 300
_STATES = {"COMPLETE": JobState.COMPLETE, "FAILED": JobState.FAILED, "STOPPED": JobState.FAILED}


class KnowledgeSettings(SettingsModel):
    """Variable KNOWLEDGE: the knowledge base, its data source and their region."""

    knowledge_base_id: str
    data_source_id: str
    region: str


class SyncSettings(SettingsModel):
    """Variable SYNC: the queue that feeds this function."""

    queue_url: str


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda entry point: an SQS batch in, the messages that have to come again out."""
    records = event.get("Records") or []
    result = _open_sync().run(records)
    for job in result.ended:
        _record(job)
    if records and not result.ended:
        get_logger().info(
            "batch done", started=result.started, messages=len(records), again=len(result.failed)
        )
    emit_metrics({}, {"JobsStarted": float(result.started is not None), "Again": len(result.failed)}, {})
    return {"batchItemFailures": [{"itemIdentifier": each} for each in result.failed]}


@cache
def _open_sync() -> Sync:
    knowledge: KnowledgeSettings = read_setting("KNOWLEDGE", KnowledgeSettings)
    sync: SyncSettings = read_setting("SYNC", SyncSettings)
    clients = Clients()
    jobs = IngestionJobs(clients.get("bedrock-agent", knowledge.region), knowledge)
    return Sync(jobs, Queue(clients.get("sqs"), sync.queue_url))


def _record(job: Job) -> None:
    failed = job.state is JobState.FAILED
    log = get_logger().error if failed else get_logger().info
    log("job ended", job=job.id, state=job.state.value, counts=dict(job.counts), reasons=list(job.reasons))
    emit_metrics({"state": job.state.value}, {"JobsEnded": 1.0, **job.counts}, {})


class IngestionJobs:
    """The jobs of one data source of a Bedrock knowledge base."""

    def __init__(self, client: Any, settings: KnowledgeSettings) -> None:
        self._client = client
        self._place = {
            "knowledgeBaseId": settings.knowledge_base_id,
            "dataSourceId": settings.data_source_id,
        }

    def start(self) -> str:
        """Start a job; its id. Raises Busy, and client errors for anything else."""
        try:
            return self._client.start_ingestion_job(**self._place)["ingestionJob"]["ingestionJobId"]
        except (ClientError, BotoCoreError) as error:
            raise _explain(error) from error

    def describe(self, job_id: str) -> Job | None:
        """A job as it is now; None when there is none of that id. Raises as `start` does."""
        try:
            found = self._client.get_ingestion_job(**self._place, ingestionJobId=job_id)["ingestionJob"]
        except (ClientError, BotoCoreError) as error:
            if isinstance(error, ClientError) and read_code(error) == "ResourceNotFoundException":
                return None
            raise _explain(error) from error
        counts = {str(name): int(count) for name, count in (found.get("statistics") or {}).items()}
        reasons = tuple(str(each)[:_LONGEST_REASON] for each in found.get("failureReasons") or ())
        return Job(job_id, _STATES.get(found["status"], JobState.RUNNING), counts, reasons[:_MOST_REASONS])


def _explain(error: ClientError | BotoCoreError) -> Exception:
    if isinstance(error, ClientError) and read_code(error) == "ConflictException":
        return Busy("a job is running")
    return Busy("the service did not answer") if is_transient(error) else error


class Queue:
    """The queue that feeds this function, for messages to itself."""

    def __init__(self, client: Any, url: str) -> None:
        self._client = client
        self._url = url

    def remind(self, body: str) -> None:
        """Put a message into the queue, to come back in a minute. Raises client errors."""
        self._client.send_message(QueueUrl=self._url, MessageBody=body, DelaySeconds=_LOOK_AGAIN_SECONDS)
