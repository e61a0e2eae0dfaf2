"""Photos of shoppers, on whom clothes are tried: uploaded, checked, cleaned, and gone after some days."""

from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components._lib import iam
from components._lib.bucket import private_bucket
from components._lib.event_queue import EventQueue, feed_function, queue_bucket_events
from components._lib.function import Function, FunctionSpec
from components._lib.kept import describe_kept, kept_objects, kept_rows, own_objects, own_rows
from components._lib.operation import read_operation
from components._lib.package import public_token
from components._lib.table import Index, data_table
from components._lib.watched import describe_watched, watched_table

PREFIX = "models/"
BY_USER = "by_user"
EXPIRY_ATTRIBUTE = "ttl"
_TIMEOUT = 60
_RECEIVES_BEFORE_DEAD_LETTER = 6
_CONCURRENCY = 5
_HIDDEN = ("clean_token", "model_picture_s3_url")
_PREFLIGHT_SECONDS = 600


class ShopperPhotosArgs(TypedDict):
    """Inputs of `ShopperPhotos`."""

    layers: Sequence[pulumi.Input[str]]
    """ARNs of the Lambda layers that hold the runtime's dependencies, numpy and Pillow among them."""
    allowed_origin: NotRequired[pulumi.Input[str]]
    """Site from which browsers may upload, scheme and host. Default: any; an upload needs a signed form."""
    retention_days: NotRequired[int]
    """Days for which a photo is kept. Default: 30."""
    log_retention_days: NotRequired[int]
    """Days for which logs are kept. Default: 30."""
    alarm_topic_arn: NotRequired[pulumi.Input[str]]
    """Topic that is told of alarms. Default: none, and no alarms."""
    protect_data: NotRequired[bool]
    """Keep data when the stack goes: deletion protection, recovery, retention. Default: true."""
    tags: NotRequired[pulumi.Input[Mapping[str, pulumi.Input[str]]]]
    """Tags of every resource. Default: none."""


class ShopperPhotos(pulumi.ComponentResource):
    """A bucket of photos, the table that tells of them, and the function that checks and cleans them."""

    environment: pulumi.Output[Mapping[str, str]]
    """Setting PHOTOS (JSON text) for functions that take, show or read photos."""
    manage_policy: pulumi.Output[str]
    """IAM policy document (JSON text) for announcing, listing, showing and erasing photos."""
    read_policy: pulumi.Output[str]
    """IAM policy document (JSON text) for looking up a photo and reading it."""
    show_policy: pulumi.Output[str]
    """IAM policy document (JSON text) for handing out addresses of photos."""
    kept: pulumi.Output[str]
    """What is kept of shoppers (JSON text), for the function that shows and erases it."""
    owner_policy: pulumi.Output[str]
    """IAM policy document (JSON text) for that function."""
    bucket: pulumi.Output[str]
    """Name of the bucket of the photos."""
    dead_letter_url: pulumi.Output[str]
    """Queue of events that could not be worked through."""
    watched: pulumi.Output[str]
    """Parts to look at (JSON text), for `Dashboard`."""

    def __init__(
        self, name: str, args: ShopperPhotosArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(public_token("ShopperPhotos"), name, {}, opts)
        days = int(args.get("retention_days", 30))
        if days < 1:
            raise ValueError(f"retention_days: {days} would keep no photo; use at least 1")

        bucket = private_bucket(
            f"{name}-bucket",
            self,
            # A photo that is replaced by its cleaned self, or erased, must be gone.
            versioned=False,
            protect_data=args.get("protect_data", True),
            tags=args.get("tags"),
            expire_days=days,
        )
        _let_browsers_upload(name, self, bucket, args)
        table = _table(name, self, args)
        events = queue_bucket_events(
            name,
            self,
            bucket,
            notification_id="photos",
            prefix=PREFIX,
            removals=False,
            consumer_timeout=_TIMEOUT,
            receives=_RECEIVES_BEFORE_DEAD_LETTER,
            operation=read_operation(args),
        )
        setting = pulumi.Output.json_dumps(
            {"table": table.name, "bucket": bucket.bucket, "prefix": PREFIX, "retention_days": days},
            sort_keys=True,
        )
        intake = _intake(name, self, args, setting, bucket, table, events)
        feed_function(
            f"{name}-intake-source",
            self,
            events,
            intake,
            batch_size=1,
            concurrency=_CONCURRENCY,
            tags=args.get("tags"),
        )

        objects = pulumi.Output.concat(bucket.arn, "/", PREFIX, "*")
        self.environment = pulumi.Output.all(PHOTOS=setting)
        self.manage_policy = iam.document(
            [
                _on(table, "DeleteItem", "GetItem", "PutItem"),
                iam.allow(["dynamodb:Query"], [pulumi.Output.concat(table.arn, "/index/", BY_USER)]),
                iam.allow(
                    ["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:GetObject", "s3:PutObject"], [objects]
                ),
                iam.allow(["s3:ListBucketVersions"], [bucket.arn]),
            ]
        )
        self.read_policy = iam.document(
            [
                _on(table, "GetItem"),
                iam.allow(["s3:GetObject"], [objects]),
                _tell_what_is_missing(bucket),
            ]
        )
        self.show_policy = iam.document([iam.allow(["s3:GetObject"], [objects])])
        self.kept = describe_kept(
            kept_objects("photos", bucket, PREFIX),
            kept_rows("photo_details", table, keys=["model_id"], index=BY_USER, hidden=_HIDDEN),
        )
        self.owner_policy = iam.document([*own_objects(bucket, PREFIX), *own_rows(table, BY_USER)])
        self.bucket = bucket.bucket
        self.dead_letter_url = events.dead_letters.url
        self.watched = describe_watched(
            intake.watched, *events.watched, watched_table(f"{name}-models", table)
        )
        self.register_outputs(
            {
                "environment": self.environment,
                "manage_policy": self.manage_policy,
                "read_policy": self.read_policy,
                "show_policy": self.show_policy,
                "kept": self.kept,
                "owner_policy": self.owner_policy,
                "bucket": self.bucket,
                "dead_letter_url": self.dead_letter_url,
                "watched": self.watched,
            }
        )


def _let_browsers_upload(
    name: str, parent: pulumi.Resource, bucket: aws.s3.Bucket, args: ShopperPhotosArgs
) -> None:
    aws.s3.BucketCorsConfiguration(
        f"{name}-bucket-cors",
        bucket=bucket.bucket,
        cors_rules=[
            {
                "allowed_methods": ["GET", "POST"],
                "allowed_origins": [args.get("allowed_origin", "*")],
                "allowed_headers": ["*"],
                "max_age_seconds": _PREFLIGHT_SECONDS,
            }
        ],
        opts=pulumi.ResourceOptions(parent=parent),
    )


def _table(name: str, parent: pulumi.Resource, args: ShopperPhotosArgs) -> aws.dynamodb.Table:
    return data_table(
        f"{name}-models",
        parent,
        hash_key="model_id",
        indexes=[Index(name=BY_USER, hash_key="user_id", range_key="created_at")],
        expires_by=EXPIRY_ATTRIBUTE,
        protect_data=args.get("protect_data", True),
        tags=args.get("tags"),
    )


def _intake(
    name: str,
    parent: pulumi.Resource,
    args: ShopperPhotosArgs,
    setting: pulumi.Output[str],
    bucket: aws.s3.Bucket,
    table: aws.dynamodb.Table,
    events: EventQueue,
) -> Function:
    queue = pulumi.Output.json_dumps(
        {"queue_url": events.queue.url, "max_attempts": _RECEIVES_BEFORE_DEAD_LETTER}, sort_keys=True
    )
    objects = pulumi.Output.concat(bucket.arn, "/", PREFIX, "*")
    return Function(
        f"{name}-intake",
        FunctionSpec(
            service="photos",
            handler="runtime.tryon.photos.handler",
            packages=("tryon", "fitting", "shared"),
            layers=args["layers"],
            timeout=_TIMEOUT,
            memory_mb=1769,  # one whole processor
            operation=read_operation(args),
            environment={"PHOTOS": setting, "TRYON_QUEUE": queue},
            statements=(
                _on(table, "GetItem", "PutItem", "UpdateItem"),
                iam.allow(
                    ["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:GetObject", "s3:PutObject"], [objects]
                ),
                iam.allow(["s3:ListBucketVersions"], [bucket.arn]),
                _tell_what_is_missing(bucket),
                events.receive_statement(),
                iam.allow(["sqs:ChangeMessageVisibility"], [events.queue.arn]),
            ),
        ),
        pulumi.ResourceOptions(parent=parent),
    )


def _tell_what_is_missing(bucket: aws.s3.Bucket) -> iam.Statement:
    """Without it S3 answers "forbidden" instead of "not there" for a photo that is gone again."""
    return iam.allow(["s3:ListBucket"], [bucket.arn])


def _on(table: aws.dynamodb.Table, *operations: str) -> iam.Statement:
    return iam.allow([f"dynamodb:{operation}" for operation in operations], [table.arn])
