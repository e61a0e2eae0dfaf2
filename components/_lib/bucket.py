"""A private S3 bucket, the only kind this project has."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

from components._lib import iam

Writer = Callable[[pulumi.Output[str]], iam.Statement]
"""Given the bucket's ARN, the statement of its policy that lets an AWS service write into it."""
_KEEP_OLD_VERSIONS_DAYS = 30
_ABORT_UPLOAD_DAYS = 7


def private_bucket(
    name: str,
    parent: pulumi.Resource,
    *,
    versioned: bool,
    protect_data: bool,
    tags: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None,
    expire_days: int | None = None,
    writers: Sequence[Writer] = (),
) -> aws.s3.Bucket:
    """Declare a bucket that is encrypted, closed to the public, reachable over TLS only, and tidies itself.

    With `protect_data` it survives `pulumi destroy`; without, destroying the stack empties it. Objects are
    kept for `expire_days`, for ever without it. Besides the account's own roles only `writers` get in.
    """
    opts = pulumi.ResourceOptions(parent=parent)
    bucket = aws.s3.Bucket(
        name,
        force_destroy=not protect_data,
        tags=tags,
        opts=pulumi.ResourceOptions(parent=parent, protect=protect_data, retain_on_delete=protect_data),
    )
    aws.s3.BucketServerSideEncryptionConfiguration(
        f"{name}-encryption",
        bucket=bucket.bucket,
        rules=[{"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}],
        opts=opts,
    )
    access = aws.s3.BucketPublicAccessBlock(
        f"{name}-access",
        bucket=bucket.bucket,
        block_public_acls=True,
        block_public_policy=True,
        ignore_public_acls=True,
        restrict_public_buckets=True,
        opts=opts,
    )
    aws.s3.BucketPolicy(
        f"{name}-policy",
        bucket=bucket.bucket,
        policy=iam.document([iam.deny_plain_http(bucket.arn), *(let(bucket.arn) for let in writers)]),
        # S3 refuses two concurrent changes of one bucket's access settings.
        opts=pulumi.ResourceOptions(parent=parent, depends_on=[access]),
    )
    before_lifecycle: list[pulumi.Resource] = []
    if versioned:
        versioning = aws.s3.BucketVersioning(
            f"{name}-versioning",
            bucket=bucket.bucket,
            versioning_configuration={"status": "Enabled"},
            opts=opts,
        )
        before_lifecycle.append(versioning)
    aws.s3.BucketLifecycleConfiguration(
        f"{name}-lifecycle",
        bucket=bucket.bucket,
        rules=lifecycle_rules(versioned, expire_days),
        opts=pulumi.ResourceOptions(parent=parent, depends_on=before_lifecycle),
    )
    return bucket


def lifecycle_rules(versioned: bool, expire_days: int | None = None) -> list[Any]:
    """Rules that drop abandoned uploads, replaced versions where there are any, and what is too old."""
    rules: list[Any] = [
        {
            "id": "abort-abandoned-uploads",
            "status": "Enabled",
            "filter": {"prefix": ""},
            "abort_incomplete_multipart_upload": {"days_after_initiation": _ABORT_UPLOAD_DAYS},
        }
    ]
    if versioned:
        rules.append(
            {
                "id": "expire-replaced-versions",
                "status": "Enabled",
                "filter": {"prefix": ""},
                "noncurrent_version_expiration": {"noncurrent_days": _KEEP_OLD_VERSIONS_DAYS},
                "expiration": {"expired_object_delete_marker": True},
            }
        )
    if expire_days is not None:
        rules.append(
            {
                "id": "expire-objects",
                "status": "Enabled",
                "filter": {"prefix": ""},
                "expiration": {"days": expire_days},
            }
        )
    return rules
