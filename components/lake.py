"""The lake: what the shop learns from, in one bucket."""

from collections.abc import Mapping
from typing import NotRequired, TypedDict

import pulumi

from components._lib import iam
from components._lib.bucket import private_bucket
from components._lib.package import public_token

INTERACTIONS = "interactions/"
CLUSTERS = "clusters/"
DEFAULT_INTERACTION_DAYS = 365


class LakeArgs(TypedDict):
    """Inputs of `Lake`."""

    interaction_days: NotRequired[int]
    """Days for which recorded interactions are kept. Default: 365."""
    protect_data: NotRequired[bool]
    """Keep data when the stack goes: protection and retention. Default: true."""
    tags: NotRequired[pulumi.Input[Mapping[str, pulumi.Input[str]]]]
    """Tags of every resource. Default: none."""


class Lake(pulumi.ComponentResource):
    """A bucket with the interactions of all shoppers, under pseudonyms, and the clusters of the catalogue."""

    bucket: pulumi.Output[str]
    """Name of the bucket: interactions lie below `interactions/`, centroids below `clusters/`."""
    interactions_environment: pulumi.Output[Mapping[str, str]]
    """Setting LAKE (JSON text) for the function that records interactions."""
    interactions_policy: pulumi.Output[str]
    """IAM policy document (JSON text) for recording interactions."""
    clusters_environment: pulumi.Output[Mapping[str, str]]
    """Setting CLUSTERS (JSON text) for functions that read or write centroids."""
    clusters_policy: pulumi.Output[str]
    """IAM policy document (JSON text) for reading centroids."""
    clusters_write_policy: pulumi.Output[str]
    """IAM policy document (JSON text) for writing centroids."""

    def __init__(self, name: str, args: LakeArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(public_token("Lake"), name, {}, opts)
        days = int(args.get("interaction_days", DEFAULT_INTERACTION_DAYS))
        _check_days(days)

        bucket = private_bucket(
            f"{name}-bucket",
            self,
            versioned=False,
            protect_data=args.get("protect_data", True),
            tags=args.get("tags"),
            expire_days=days,
            expire_prefix=INTERACTIONS,
        )

        def setting(prefix: str) -> pulumi.Output[str]:
            return pulumi.Output.json_dumps({"bucket": bucket.bucket, "prefix": prefix}, sort_keys=True)

        def objects(action: str, prefix: str) -> iam.Statement:
            return iam.allow([action], [pulumi.Output.concat(bucket.arn, "/", prefix, "*")])

        self.bucket = bucket.bucket
        self.interactions_environment = pulumi.Output.all(LAKE=setting(INTERACTIONS))
        self.interactions_policy = iam.document([objects("s3:PutObject", INTERACTIONS)])
        self.clusters_environment = pulumi.Output.all(CLUSTERS=setting(CLUSTERS))
        # Without listing S3 answers "forbidden" instead of "not there" while there are no clusters yet.
        self.clusters_policy = iam.document(
            [objects("s3:GetObject", CLUSTERS), iam.allow(["s3:ListBucket"], [bucket.arn])]
        )
        self.clusters_write_policy = iam.document([objects("s3:PutObject", CLUSTERS)])
        self.register_outputs(
            {
                "bucket": self.bucket,
                "interactions_environment": self.interactions_environment,
                "interactions_policy": self.interactions_policy,
                "clusters_environment": self.clusters_environment,
                "clusters_policy": self.clusters_policy,
                "clusters_write_policy": self.clusters_write_policy,
            }
        )


def _check_days(days: int) -> None:
    if not 1 <= days <= 3650:
        raise ValueError(f"interaction_days: {days} is out of range; use 1 to 3650")
