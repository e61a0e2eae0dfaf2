"""What finds the clusters of products: the project's own K-Means, or the one that comes with SageMaker."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

import pulumi
import pulumi_aws as aws

from components._lib import iam
from components._lib.bedrock import Place, find_place

TRAINING = "clusters/training/"
"""Where in the lake a training job reads and writes."""
INSTANCE_TYPE = "ml.m5.large"
_SERVICE = "sagemaker.amazonaws.com"
_LOGS = "/aws/sagemaker/TrainingJobs"
_LONGEST_NAME = 40


class ClusterTrainer(StrEnum):
    """What groups products by look."""

    BUILTIN = "builtin"
    SAGEMAKER = "sagemaker"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainerRequest:
    """What a trainer is asked for, by the component `parent` called `name`."""

    name: str
    parent: pulumi.Resource
    lake_bucket: pulumi.Input[str] | None = None
    """Name of the bucket through which vectors and models go."""
    physical_name: str | None = None
    """What the names of training jobs begin with."""
    tags: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainerResult:
    """What a trainer adds to the function that groups products."""

    setting: Mapping[str, pulumi.Input[str]]
    """Member `trainer` of its variable GROUPING (`runtime.clusters.trainer`)."""
    statements: tuple[iam.Statement, ...]


CreateTrainer = Callable[[TrainerRequest], TrainerResult]


def _create_builtin(request: TrainerRequest) -> TrainerResult:
    return TrainerResult(setting={"kind": "builtin"}, statements=())


def _create_sagemaker(request: TrainerRequest) -> TrainerResult:
    """A role for the jobs, and leave to start them. Raises ValueError without a bucket or a name."""
    if request.lake_bucket is None:
        raise ValueError("lake_bucket: the trainer sagemaker needs a bucket; use output `bucket` of `Lake`")
    name = request.physical_name
    if name is None or not 1 <= len(name) <= _LONGEST_NAME - len("-clusters"):
        raise ValueError(
            f"physical_name: the trainer sagemaker needs a name of at most {_LONGEST_NAME - 9} characters, "
            "unique in account and region"
        )
    place = find_place(request.parent)
    jobs = pulumi.Output.concat(
        "arn:aws:sagemaker:", place.region, ":", place.account, f":training-job/{name}-clusters-*"
    )
    bucket = pulumi.Output.concat("arn:aws:s3:::", request.lake_bucket)
    role = _declare_role(request, place, jobs, bucket)
    image = aws.sagemaker.get_prebuilt_ecr_image_output(
        repository_name="kmeans", opts=pulumi.InvokeOptions(parent=request.parent)
    ).registry_path
    return TrainerResult(
        setting={
            "kind": "sagemaker",
            "name": f"{name}-clusters",
            "image": image,
            "role_arn": role.arn,
            "instance_type": INSTANCE_TYPE,
            "bucket": request.lake_bucket,
            "prefix": TRAINING,
        },
        statements=(
            iam.allow(["sagemaker:CreateTrainingJob", "sagemaker:DescribeTrainingJob"], [jobs]),
            iam.allow(["iam:PassRole"], [role.arn], {"StringEquals": {"iam:PassedToService": _SERVICE}}),
            iam.allow(["s3:DeleteObject"], [pulumi.Output.concat(bucket, "/", TRAINING, "*")]),
        ),
    )


def _declare_role(
    request: TrainerRequest, place: Place, jobs: pulumi.Output[str], bucket: pulumi.Output[str]
) -> aws.iam.Role:
    """What a job may do: read vectors, write its model and its log.

    Images of SageMaker's own algorithms are fetched with the service's rights, not with the role's:
    https://docs.aws.amazon.com/sagemaker/latest/dg-ecr-paths/sagemaker-algo-docker-registry-paths.html
    """
    opts = pulumi.ResourceOptions(parent=request.parent)
    role = aws.iam.Role(
        f"{request.name}-training-role",
        assume_role_policy=iam.trust_for(_SERVICE, jobs, place.account),
        tags=request.tags,
        opts=opts,
    )
    logs = pulumi.Output.concat("arn:aws:logs:", place.region, ":", place.account, f":log-group:{_LOGS}")
    objects = pulumi.Output.concat(bucket, "/", TRAINING, "*")
    aws.iam.RolePolicy(
        f"{request.name}-training-policy",
        role=role.name,
        policy=iam.document(
            [
                iam.allow(["s3:GetObject", "s3:PutObject"], [objects]),
                iam.allow(["s3:ListBucket"], [bucket], {"StringLike": {"s3:prefix": f"{TRAINING}*"}}),
                iam.allow(
                    ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams"],
                    [pulumi.Output.concat(logs, ":*")],
                ),
                iam.allow(["logs:PutLogEvents"], [pulumi.Output.concat(logs, ":log-stream:*")]),
            ]
        ),
        opts=opts,
    )
    return role


TRAINERS: Mapping[ClusterTrainer, CreateTrainer] = {
    ClusterTrainer.BUILTIN: _create_builtin,
    ClusterTrainer.SAGEMAKER: _create_sagemaker,
}
