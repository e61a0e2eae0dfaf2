"""Vectors kept in DynamoDB, searched in memory; snapshots of the index in S3 make cold starts short."""

import pulumi
import pulumi_aws as aws

from components._lib import iam
from components._lib.bucket import private_bucket
from components._lib.event_queue import failures_queue
from components._lib.function import Function, FunctionSpec
from components._lib.schedule import every_minutes, run_on_schedule
from components._lib.table import Index, data_table
from components._lib.vector.backend import BackendRequest, BackendResult
from components._lib.watched import Row, watched_letters, watched_table

CHANGES_INDEX = "changes"
_COMPACTOR_TIMEOUT = 900


def create(request: BackendRequest) -> BackendResult:
    """Declare the embeddings table, the snapshots bucket and the compactor that fills it on a schedule."""
    table = _embeddings_table(request)
    snapshots = private_bucket(
        f"{request.name}-snapshots",
        request.parent,
        versioned=False,
        protect_data=request.protect_data,
        tags=request.operation.tags,
    )
    setting = pulumi.Output.json_dumps(
        {
            "backend": "dynamodb",
            "table": table.name,
            "changes_index": CHANGES_INDEX,
            "snapshots": snapshots.bucket,
        },
        sort_keys=True,
    )
    compactor = _compactor(request, setting, table, snapshots)
    return BackendResult(
        setting=setting,
        query_statements=(*_read_table(table), *_read_snapshots(snapshots)),
        index_statements=(_write_table(table),),
        label_statements=(
            *_read_table(table),
            *_read_snapshots(snapshots),
            iam.allow(["dynamodb:UpdateItem"], [table.arn]),
        ),
        scan_statements=(iam.allow(["dynamodb:BatchGetItem", "dynamodb:Scan"], [table.arn]),),
        state_statements=tuple(_read_manifests(snapshots)),
        watched=(*compactor, watched_table(f"{request.name}-embeddings", table)),
    )


def _embeddings_table(request: BackendRequest) -> aws.dynamodb.Table:
    return data_table(
        f"{request.name}-embeddings",
        request.parent,
        hash_key="product_id",
        indexes=[Index(name=CHANGES_INDEX, hash_key="change_shard", range_key="updated_at")],
        numbers=["updated_at"],
        expires_by="expires_at",
        protect_data=request.protect_data,
        tags=request.operation.tags,
    )


def _compactor(
    request: BackendRequest, setting: pulumi.Output[str], table: aws.dynamodb.Table, snapshots: aws.s3.Bucket
) -> tuple[Row, Row]:
    opts = pulumi.ResourceOptions(parent=request.parent)
    failures = failures_queue(f"{request.name}-compactor", request.parent, request.operation)
    compactor = Function(
        f"{request.name}-compactor",
        FunctionSpec(
            service="compactor",
            handler="runtime.vectors.compactor.handler",
            packages=("vectors", "shared"),
            layers=request.layers,
            timeout=_COMPACTOR_TIMEOUT,
            memory_mb=request.memory_mb,
            operation=request.operation,
            environment={"VECTOR_STORE": setting, "EMBEDDER": request.embedder},
            statements=(*_read_table(table), *_read_snapshots(snapshots), _write_snapshots(snapshots)),
            dead_letter_arn=failures.arn,
        ),
        opts,
    )
    run_on_schedule(
        f"{request.name}-compactor",
        request.parent,
        compactor,
        "Snapshots the vector index.",
        every_minutes(request.snapshot_minutes),
        request.operation.tags,
    )
    return compactor.watched, watched_letters(f"{request.name}-compactor-failures", failures)


def _read_table(table: aws.dynamodb.Table) -> list[iam.Statement]:
    return [
        iam.allow(["dynamodb:Scan"], [table.arn]),
        iam.allow(["dynamodb:Query"], [pulumi.Output.concat(table.arn, "/index/", CHANGES_INDEX)]),
    ]


def _write_table(table: aws.dynamodb.Table) -> iam.Statement:
    # A deletion leaves a tombstone, so that running functions notice it; DynamoDB expires it later.
    return iam.allow(["dynamodb:PutItem", "dynamodb:UpdateItem"], [table.arn])


def _read_snapshots(bucket: aws.s3.Bucket) -> list[iam.Statement]:
    return [
        iam.allow(["s3:GetObject"], [pulumi.Output.concat(bucket.arn, "/*")]),
        # Without it S3 answers "forbidden" instead of "not there" for a snapshot that does not exist yet.
        iam.allow(["s3:ListBucket"], [bucket.arn]),
    ]


def _read_manifests(bucket: aws.s3.Bucket) -> list[iam.Statement]:
    return [
        iam.allow(
            ["s3:GetObject"],
            [pulumi.Output.concat(bucket.arn, "/indexes/*/", name) for name in ("latest", "manifest.json")],
        ),
        iam.allow(["s3:ListBucket"], [bucket.arn]),
    ]


def _write_snapshots(bucket: aws.s3.Bucket) -> iam.Statement:
    return iam.allow(
        ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:PutObject"],
        [pulumi.Output.concat(bucket.arn, "/*")],
    )
