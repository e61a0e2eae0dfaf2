"""What the stylist has read: documents in a bucket, found by meaning."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components._lib import iam
from components._lib.bedrock import Place, find_place, invoke_statement, model_reference, trust_statement
from components._lib.bucket import private_bucket
from components._lib.event_queue import EventQueue, feed_function, queue_bucket_events
from components._lib.function import Function, FunctionSpec
from components._lib.knowledge import opensearch, s3vectors
from components._lib.knowledge.storage import CreateStorage, StorageRequest, StorageResult
from components._lib.models import Model, load_models
from components._lib.opensearch import OpenSearchGeneration
from components._lib.operation import read_operation
from components._lib.package import public_token
from components._lib.watched import describe_watched

TEXT_EMBEDDING_MODEL = "amazon.titan-embed-text-v2:0"
DIMENSIONS = 1024
_CHUNK_TOKENS = 300
_CHUNK_OVERLAP_PERCENT = 20
_SYNC_TIMEOUT = 20
# While a job runs the next has to wait; with two minutes between two attempts this is half a day.
_RECEIVES_BEFORE_DEAD_LETTER = 360
_BATCH = 1000
_WINDOW_SECONDS = 20


class KnowledgeStorage(StrEnum):
    """Where the vectors of documents are kept."""

    S3VECTORS = "s3vectors"
    OPENSEARCH = "opensearch"


STORAGES: dict[KnowledgeStorage, CreateStorage] = {
    KnowledgeStorage.OPENSEARCH: opensearch.create,
    KnowledgeStorage.S3VECTORS: s3vectors.create,
}


class KnowledgeBaseArgs(TypedDict):
    """Inputs of `KnowledgeBase`."""

    layers: Sequence[pulumi.Input[str]]
    """ARNs of the Lambda layers that hold the runtime's dependencies, without numpy."""
    physical_name: pulumi.Input[str]
    """Prefix, unique in account and region, for what AWS does not name by itself (S3 Vectors bucket,
    OpenSearch collection)."""
    storage: NotRequired[KnowledgeStorage]
    """Where vectors are kept. Default: `s3vectors`."""
    opensearch_layers: NotRequired[Sequence[pulumi.Input[str]]]
    """ARNs of the layers with the OpenSearch client; storage `opensearch` needs them. Default: none."""
    opensearch_generation: NotRequired[OpenSearchGeneration]
    """Which OpenSearch Serverless (storage `opensearch`): `nextgen` scales to zero. Default: `nextgen`."""
    log_retention_days: NotRequired[int]
    """Days for which logs are kept. Default: 30."""
    alarm_topic_arn: NotRequired[pulumi.Input[str]]
    """Topic that is told of alarms. Default: none, and no alarms."""
    protect_data: NotRequired[bool]
    """Keep data when the stack goes: protection and retention. Default: true."""
    tags: NotRequired[pulumi.Input[Mapping[str, pulumi.Input[str]]]]
    """Tags of every resource. Default: none."""


class KnowledgeBase(pulumi.ComponentResource):
    """A Bedrock knowledge base that follows a bucket of documents."""

    environment: pulumi.Output[Mapping[str, str]]
    """Setting KNOWLEDGE (JSON text) for functions that look things up."""
    policy: pulumi.Output[str]
    """IAM policy document (JSON text) for looking things up."""
    bucket: pulumi.Output[str]
    """Name of the bucket; a document is found a few minutes after its upload."""
    knowledge_base_id: pulumi.Output[str]
    """Id of the Bedrock knowledge base."""
    data_source_id: pulumi.Output[str]
    """Id of the bucket as its data source."""
    dead_letter_url: pulumi.Output[str]
    """Queue of uploads that could not be brought in."""
    sync_function_arn: pulumi.Output[str]
    """Function that starts ingestion jobs."""
    watched: pulumi.Output[str]
    """Parts to look at (JSON text), for `Dashboard`."""

    def __init__(
        self, name: str, args: KnowledgeBaseArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(public_token("KnowledgeBase"), name, {}, opts)
        storage = KnowledgeStorage(args.get("storage", KnowledgeStorage.S3VECTORS))
        protect = args.get("protect_data", True)

        operation = read_operation(args)
        place = find_place(self)
        bucket = private_bucket(
            f"{name}-documents", self, versioned=True, protect_data=protect, tags=args.get("tags")
        )
        stored = STORAGES[storage](
            StorageRequest(
                name=name,
                parent=self,
                physical_name=args["physical_name"],
                dimensions=DIMENSIONS,
                layers=args["layers"],
                opensearch_layers=args.get("opensearch_layers", []),
                opensearch_generation=OpenSearchGeneration(
                    args.get("opensearch_generation", OpenSearchGeneration.NEXTGEN)
                ),
                region=place.region,
                operation=operation,
                protect_data=protect,
            )
        )
        base = _knowledge_base(name, self, args, place, bucket, stored)
        source = _data_source(name, self, place, bucket, base)
        setting = pulumi.Output.json_dumps(
            {
                "knowledge_base_id": base.id,
                "data_source_id": source.data_source_id,
                "region": place.region,
            },
            sort_keys=True,
        )
        events = queue_bucket_events(
            name,
            self,
            bucket,
            notification_id="documents",
            prefix="",
            consumer_timeout=_SYNC_TIMEOUT,
            receives=_RECEIVES_BEFORE_DEAD_LETTER,
            window_seconds=_WINDOW_SECONDS,
            operation=operation,
        )
        sync = _sync(name, self, args, setting, base, events)

        self.environment = pulumi.Output.all(KNOWLEDGE=setting)
        self.policy = iam.document([iam.allow(["bedrock:Retrieve"], [base.arn])])
        self.bucket = bucket.bucket
        self.knowledge_base_id = base.id
        self.data_source_id = source.data_source_id
        self.dead_letter_url = events.dead_letters.url
        self.sync_function_arn = sync.arn
        self.watched = describe_watched(sync.watched, *events.watched)
        self.register_outputs(
            {
                "environment": self.environment,
                "policy": self.policy,
                "bucket": self.bucket,
                "knowledge_base_id": self.knowledge_base_id,
                "data_source_id": self.data_source_id,
                "dead_letter_url": self.dead_letter_url,
                "sync_function_arn": self.sync_function_arn,
                "watched": self.watched,
            }
        )


def _knowledge_base(
    name: str,
    parent: pulumi.Resource,
    args: KnowledgeBaseArgs,
    place: Place,
    bucket: aws.s3.Bucket,
    stored: StorageResult,
) -> aws.bedrock.AgentKnowledgeBase:
    opts = pulumi.ResourceOptions(parent=parent)
    model = load_models()[TEXT_EMBEDDING_MODEL]
    role = aws.iam.Role(
        f"{name}-role",
        assume_role_policy=trust_statement(place, "knowledge-base"),
        tags=args.get("tags"),
        opts=opts,
    )
    policy = aws.iam.RolePolicy(
        f"{name}-policy",
        role=role.name,
        policy=iam.document(_read_and_store(model, place, bucket, stored)),
        opts=opts,
    )
    return aws.bedrock.AgentKnowledgeBase(
        f"{name}-base",
        description="What the Virtual Stylist has read: outfits, reviews, orders.",
        role_arn=role.arn,
        knowledge_base_configuration={
            "type": "VECTOR",
            "vector_knowledge_base_configuration": {
                "embedding_model_arn": model_reference(model, place),
                "embedding_model_configuration": {
                    "bedrock_embedding_model_configuration": {
                        "dimensions": DIMENSIONS,
                        "embedding_data_type": "FLOAT32",
                    }
                },
            },
        },
        storage_configuration=stored.configuration,
        tags=args.get("tags"),
        # Bedrock tries the model and the index when the knowledge base is made.
        opts=pulumi.ResourceOptions(parent=parent, depends_on=[policy, *stored.prepare(role.arn)]),
    )


def _read_and_store(
    model: Model, place: Place, bucket: aws.s3.Bucket, stored: StorageResult
) -> list[iam.Statement]:
    ours = {"StringEquals": {"aws:ResourceAccount": place.account}}
    return [
        invoke_statement(model, place),
        iam.allow(["s3:GetObject"], [pulumi.Output.concat(bucket.arn, "/*")], ours),
        iam.allow(["s3:ListBucket"], [bucket.arn], ours),
        *stored.statements,
    ]


def _data_source(
    name: str,
    parent: pulumi.Resource,
    place: Place,
    bucket: aws.s3.Bucket,
    base: aws.bedrock.AgentKnowledgeBase,
) -> aws.bedrock.AgentDataSource:
    return aws.bedrock.AgentDataSource(
        f"{name}-source",
        knowledge_base_id=base.id,
        # The index goes, or stays, as a whole: taking documents out of it one by one can only fail.
        data_deletion_policy="RETAIN",
        data_source_configuration={
            "type": "S3",
            "s3_configuration": {
                "bucket_arn": bucket.arn,
                "bucket_owner_account_id": place.account,
            },
        },
        vector_ingestion_configuration={
            "chunking_configuration": {
                "chunking_strategy": "FIXED_SIZE",
                "fixed_size_chunking_configuration": {
                    "max_tokens": _CHUNK_TOKENS,
                    "overlap_percentage": _CHUNK_OVERLAP_PERCENT,
                },
            }
        },
        opts=pulumi.ResourceOptions(parent=parent),
    )


def _sync(
    name: str,
    parent: pulumi.Resource,
    args: KnowledgeBaseArgs,
    setting: pulumi.Output[str],
    base: aws.bedrock.AgentKnowledgeBase,
    events: EventQueue,
) -> Function:
    sync = Function(
        f"{name}-sync",
        FunctionSpec(
            service="knowledge",
            handler="runtime.knowledge.handler.handler",
            packages=("knowledge", "shared"),
            layers=args["layers"],
            timeout=_SYNC_TIMEOUT,
            memory_mb=512,
            operation=read_operation(args),
            environment={
                "KNOWLEDGE": setting,
                "SYNC": pulumi.Output.json_dumps({"queue_url": events.queue.url}, sort_keys=True),
            },
            statements=(
                iam.allow(["bedrock:GetIngestionJob", "bedrock:StartIngestionJob"], [base.arn]),
                events.receive_statement(),
                # It hands itself the job to look after.
                iam.allow(["sqs:SendMessage"], [events.queue.arn]),
            ),
        ),
        pulumi.ResourceOptions(parent=parent),
    )
    feed_function(
        f"{name}-sync-source",
        parent,
        events,
        sync,
        # All uploads of a while become one job.
        batch_size=_BATCH,
        window_seconds=_WINDOW_SECONDS,
        concurrency=2,
        tags=args.get("tags"),
    )
    return sync
