"""The shop's catalogue: pictures in, products out."""

from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components._lib import iam
from components._lib.bucket import private_bucket
from components._lib.event_queue import EventQueue, feed_function, queue_bucket_events
from components._lib.function import Function, FunctionSpec, check_pair
from components._lib.operation import read_operation
from components._lib.package import public_token
from components._lib.table import Index, data_table
from components._lib.watched import describe_watched, watched_table

PREFIX = "products/"
CATEGORY_INDEX = "by-category"
EXPIRY_ATTRIBUTE = "expires_at"
_INGEST_TIMEOUT = 300  # a catalogue file of many thousand rows takes minutes
_INGEST_ATTEMPTS = 3
_RECEIVES_BEFORE_DEAD_LETTER = 5
_BATCH = 10


class CatalogArgs(TypedDict):
    """Inputs of `Catalog`."""

    vector_environment: pulumi.Input[Mapping[str, pulumi.Input[str]]]
    """Output `environment` of `VectorSearch`."""
    vector_index_policy: pulumi.Input[str]
    """Output `index_policy` of `VectorSearch`."""
    layers: Sequence[pulumi.Input[str]]
    """ARNs of the Lambda layers that hold the runtime's dependencies, without numpy."""
    array_layers: Sequence[pulumi.Input[str]]
    """ARNs of the layers that hold numpy and Pillow; the ingestion needs them as well."""
    cluster_environment: NotRequired[pulumi.Input[Mapping[str, pulumi.Input[str]]]]
    """Output `clusters_environment` of `Lake`. Default: new products belong to no cluster."""
    cluster_policy: NotRequired[pulumi.Input[str]]
    """Output `clusters_policy` of `Lake`; belongs to `cluster_environment`. Default: none."""
    capabilities: NotRequired[pulumi.Input[str]]
    """What `GET /capabilities` answers, a JSON text. Default: `{}`."""
    ingest_concurrency: NotRequired[int]
    """How many ingestions run at once, 2 to 1000; bounds the calls to the embedding model. Default: 10."""
    vector_layers: NotRequired[pulumi.Input[Sequence[pulumi.Input[str]]]]
    """Output `layers` of `VectorSearch`: what its backend needs. Default: none."""
    log_retention_days: NotRequired[int]
    """Days for which logs are kept. Default: 30."""
    alarm_topic_arn: NotRequired[pulumi.Input[str]]
    """Topic that is told of alarms. Default: none, and no alarms."""
    protect_data: NotRequired[bool]
    """Keep data when the stack goes: deletion protection, recovery, retention. Default: true."""
    tags: NotRequired[pulumi.Input[Mapping[str, pulumi.Input[str]]]]
    """Tags of every resource. Default: none."""


class Catalog(pulumi.ComponentResource):
    """A bucket for pictures and CSV files, a table of products, and the function that keeps them in step."""

    environment: pulumi.Output[Mapping[str, str]]
    """Setting CATALOG (JSON text) for functions that read products."""
    policy: pulumi.Output[str]
    """IAM policy document (JSON text) for reading products and their pictures."""
    lookup_policy: pulumi.Output[str]
    """IAM policy document (JSON text) for reading products by id, without their pictures."""
    search_policy: pulumi.Output[str]
    """IAM policy document (JSON text) for searching: as `policy`, and reading products by category."""
    label_policy: pulumi.Output[str]
    """IAM policy document (JSON text) for grouping: read all products and write their clusters."""
    desk_environment: pulumi.Output[Mapping[str, str]]
    """Setting DESK (JSON text) for the function by which people fill the catalogue, beside `environment`."""
    desk_policy: pulumi.Output[str]
    """IAM policy document (JSON text) for that: upload, see what became of uploads, work on dead letters."""
    bucket: pulumi.Output[str]
    """Name of the bucket; pictures and CSV files go below `products/`."""
    table: pulumi.Output[str]
    """Name of the products table."""
    queue_url: pulumi.Output[str]
    """Queue of the bucket's events."""
    dead_letter_url: pulumi.Output[str]
    """Queue of what could not be ingested."""
    browse_function_arn: pulumi.Output[str]
    """Function that answers for products, health and capabilities."""
    ingest_function_arn: pulumi.Output[str]
    """Function that turns pictures and CSV rows into products."""
    ingest_role_arn: pulumi.Output[str]
    """Role of that function, for `VectorAccess`."""
    watched: pulumi.Output[str]
    """Parts to look at (JSON text), for `Dashboard`."""

    def __init__(self, name: str, args: CatalogArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(public_token("Catalog"), name, {}, opts)
        protect = args.get("protect_data", True)
        concurrency = int(args.get("ingest_concurrency", 10))
        _check_concurrency(concurrency)
        check_pair(args, "cluster_environment", "cluster_policy")

        bucket = private_bucket(
            f"{name}-bucket", self, versioned=True, protect_data=protect, tags=args.get("tags")
        )
        table = _products_table(name, self, args)
        outcomes = _outcomes_table(name, self, args)
        events = queue_bucket_events(
            name,
            self,
            bucket,
            notification_id="products",
            prefix=PREFIX,
            consumer_timeout=_INGEST_TIMEOUT,
            receives=_RECEIVES_BEFORE_DEAD_LETTER,
            operation=read_operation(args),
        )
        setting = pulumi.Output.json_dumps(
            {"bucket": bucket.bucket, "table": table.name, "prefix": PREFIX}, sort_keys=True
        )
        look_up = iam.allow(["dynamodb:BatchGetItem"], [table.arn])
        label = iam.allow(["dynamodb:GetItem", "dynamodb:Scan", "dynamodb:UpdateItem"], [table.arn])
        ingest = _ingest(name, self, args, setting, bucket, table, outcomes, events)
        feed_function(
            f"{name}-ingest-source",
            self,
            events,
            ingest,
            batch_size=_BATCH,
            concurrency=concurrency,
            tags=args.get("tags"),
        )
        browse = _browse(name, self, args, setting, bucket, table)

        self.environment = pulumi.Output.all(CATALOG=setting)
        self.policy = iam.document([look_up, _read_pictures(bucket)])
        self.lookup_policy = iam.document([look_up])
        by_category = pulumi.Output.concat(table.arn, "/index/", CATEGORY_INDEX)
        self.search_policy = iam.document(
            [look_up, iam.allow(["dynamodb:Query"], [by_category]), _read_pictures(bucket)]
        )
        self.label_policy = iam.document([label])
        desk = pulumi.Output.json_dumps(
            {
                "queue_url": events.queue.url,
                "dead_letter_url": events.dead_letters.url,
                "outcomes_table": outcomes.name,
            },
            sort_keys=True,
        )
        self.desk_environment = pulumi.Output.all(DESK=desk)
        self.desk_policy = iam.document(_fill(bucket, table, outcomes, events))
        self.bucket = bucket.bucket
        self.table = table.name
        self.queue_url = events.queue.url
        self.dead_letter_url = events.dead_letters.url
        self.browse_function_arn = browse.arn
        self.ingest_function_arn = ingest.arn
        self.ingest_role_arn = ingest.role_arn
        self.watched = describe_watched(
            ingest.watched,
            browse.watched,
            *events.watched,
            watched_table(f"{name}-products", table),
            watched_table(f"{name}-outcomes", outcomes),
        )
        self.register_outputs(
            {
                "environment": self.environment,
                "policy": self.policy,
                "lookup_policy": self.lookup_policy,
                "search_policy": self.search_policy,
                "label_policy": self.label_policy,
                "desk_environment": self.desk_environment,
                "desk_policy": self.desk_policy,
                "bucket": self.bucket,
                "table": self.table,
                "queue_url": self.queue_url,
                "dead_letter_url": self.dead_letter_url,
                "browse_function_arn": self.browse_function_arn,
                "ingest_function_arn": self.ingest_function_arn,
                "ingest_role_arn": self.ingest_role_arn,
                "watched": self.watched,
            }
        )


def _check_concurrency(concurrency: int) -> None:
    if not 2 <= concurrency <= 1000:
        raise ValueError(f"ingest_concurrency: {concurrency} is out of range; Lambda takes 2 to 1000")


def _products_table(name: str, parent: pulumi.Resource, args: CatalogArgs) -> aws.dynamodb.Table:
    return data_table(
        f"{name}-products",
        parent,
        hash_key="product_id",
        indexes=[Index(name=CATEGORY_INDEX, hash_key="category", range_key="product_id")],
        protect_data=args.get("protect_data", True),
        tags=args.get("tags"),
    )


def _outcomes_table(name: str, parent: pulumi.Resource, args: CatalogArgs) -> aws.dynamodb.Table:
    return data_table(
        f"{name}-outcomes",
        parent,
        hash_key="key",
        expires_by=EXPIRY_ATTRIBUTE,
        protect_data=args.get("protect_data", True),
        tags=args.get("tags"),
    )


def _ingest(
    name: str,
    parent: pulumi.Resource,
    args: CatalogArgs,
    setting: pulumi.Output[str],
    bucket: aws.s3.Bucket,
    table: aws.dynamodb.Table,
    outcomes: aws.dynamodb.Table,
    events: EventQueue,
) -> Function:
    failures = pulumi.Output.json_dumps(
        {
            "queue_url": events.queue.url,
            "dead_letter_url": events.dead_letters.url,
            "max_attempts": _INGEST_ATTEMPTS,
            "outcomes_table": outcomes.name,
        },
        sort_keys=True,
    )
    return Function(
        f"{name}-ingest",
        FunctionSpec(
            service="ingest",
            handler="runtime.catalog.ingest.handler",
            packages=("catalog", "clusters", "vectors", "shared"),
            layers=[*args["layers"], *args["array_layers"]],
            bound_layers=args.get("vector_layers"),
            timeout=_INGEST_TIMEOUT,
            memory_mb=1769,  # one whole processor
            operation=read_operation(args),
            environment={"CATALOG": setting, "INGEST": failures},
            bound_environments=(args["vector_environment"], args.get("cluster_environment", {})),
            statements=(
                _read_pictures(bucket),
                # Without it S3 answers "forbidden" instead of "not there" for a picture that is gone again.
                iam.allow(["s3:ListBucket"], [bucket.arn]),
                iam.allow(
                    [
                        "dynamodb:BatchGetItem",
                        "dynamodb:DeleteItem",
                        "dynamodb:GetItem",
                        "dynamodb:UpdateItem",
                    ],
                    [table.arn],
                ),
                iam.allow(["dynamodb:PutItem"], [outcomes.arn]),
                events.receive_statement(),
                iam.allow(["sqs:ChangeMessageVisibility"], [events.queue.arn]),
                iam.allow(["sqs:SendMessage"], [events.dead_letters.arn]),
            ),
            bound_policies=(
                args["vector_index_policy"],
                *([args["cluster_policy"]] if "cluster_policy" in args else []),
            ),
        ),
        pulumi.ResourceOptions(parent=parent),
    )


def _browse(
    name: str,
    parent: pulumi.Resource,
    args: CatalogArgs,
    setting: pulumi.Output[str],
    bucket: aws.s3.Bucket,
    table: aws.dynamodb.Table,
) -> Function:
    return Function(
        f"{name}-browse",
        FunctionSpec(
            service="catalog",
            handler="runtime.catalog.handler.handler",
            packages=("catalog", "shared"),
            layers=args["layers"],
            timeout=15,
            memory_mb=512,
            operation=read_operation(args),
            environment={"CATALOG": setting, "CAPABILITIES": args.get("capabilities", "{}")},
            statements=(
                iam.allow(["dynamodb:GetItem", "dynamodb:Scan"], [table.arn]),
                iam.allow(["dynamodb:Query"], [pulumi.Output.concat(table.arn, "/index/", CATEGORY_INDEX)]),
                _read_pictures(bucket),
            ),
        ),
        pulumi.ResourceOptions(parent=parent),
    )


def _fill(
    bucket: aws.s3.Bucket, table: aws.dynamodb.Table, outcomes: aws.dynamodb.Table, events: EventQueue
) -> list[iam.Statement]:
    return [
        iam.allow(["s3:GetObject", "s3:PutObject"], [pulumi.Output.concat(bucket.arn, "/", PREFIX, "*")]),
        # Without it S3 answers "forbidden" instead of "not there" for what was never uploaded.
        iam.allow(["s3:ListBucket"], [bucket.arn]),
        iam.allow(["dynamodb:BatchGetItem", "dynamodb:Scan"], [table.arn]),
        iam.allow(["dynamodb:BatchGetItem"], [outcomes.arn]),
        iam.allow(["sqs:GetQueueAttributes", "sqs:SendMessage"], [events.queue.arn]),
        iam.allow(
            [
                "sqs:ChangeMessageVisibility",
                "sqs:DeleteMessage",
                "sqs:GetQueueAttributes",
                "sqs:ReceiveMessage",
            ],
            [events.dead_letters.arn],
        ),
    ]


def _read_pictures(bucket: aws.s3.Bucket) -> iam.Statement:
    return iam.allow(["s3:GetObject"], [pulumi.Output.concat(bucket.arn, "/", PREFIX, "*")])
