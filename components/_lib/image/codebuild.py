"""The image built by CodeBuild, for machines without Docker.

The sources go to a bucket; a function starts the build during the deployment and waits for it, so that what
follows gets the digest of an image that is there.
"""

import json

import pulumi
import pulumi_aws as aws

from components._lib import iam
from components._lib.bucket import private_bucket
from components._lib.function import REPOSITORY, Function, FunctionSpec
from components._lib.image.builder import DOCKERFILE, ImageRequest, source_files

_BUILD_MINUTES = 14
_LONGEST_FUNCTION_SECONDS = 900
_MACHINE = "aws/codebuild/amazonlinux-aarch64-standard:3.0"
_BUILDSPEC = {
    "version": 0.2,
    "phases": {
        "pre_build": {
            "commands": [
                "aws ecr get-login-password | docker login --username AWS --password-stdin ${REPOSITORY%%/*}"
            ]
        },
        "build": {
            "commands": [
                f"docker build --platform linux/arm64 --file {DOCKERFILE} --tag $REPOSITORY:$TAG .",
                "docker push $REPOSITORY:$TAG",
            ]
        },
    },
}
_PUSH = (
    "ecr:BatchCheckLayerAvailability",
    "ecr:CompleteLayerUpload",
    "ecr:InitiateLayerUpload",
    "ecr:PutImage",
    "ecr:UploadLayerPart",
)


def build(request: ImageRequest) -> pulumi.Output[str]:
    """Declare the sources, the project and the call that has the image built where it is not there yet."""
    bucket = private_bucket(
        f"{request.name}-sources",
        request.parent,
        versioned=False,
        protect_data=request.protect_data,
        tags=request.operation.tags,
        expire_days=30,
    )
    source = aws.s3.BucketObjectv2(
        f"{request.name}-source",
        bucket=bucket.bucket,
        key=f"{request.tag}.zip",
        source=pulumi.AssetArchive(
            {path: pulumi.FileAsset(str(REPOSITORY / path)) for path in source_files()}
        ),
        tags=request.operation.tags,
        opts=pulumi.ResourceOptions(parent=request.parent),
    )
    project = _project(request, bucket, source)
    builder = _builder(request, project)
    invocation = aws.lambda_.Invocation(
        f"{request.name}-build",
        function_name=builder.name,
        lifecycle_scope="CREATE_ONLY",
        triggers={"tag": request.tag},
        input=pulumi.Output.json_dumps({"tag": request.tag}, sort_keys=True),
        opts=pulumi.ResourceOptions(parent=request.parent, depends_on=[source]),
    )
    digest = invocation.result.apply(_read_digest)
    return pulumi.Output.concat(request.repository.repository_url, "@", digest)


def _read_digest(answer: str) -> str:
    """The digest in the function's answer. Raises ValueError for an answer without one."""
    digest = json.loads(answer or "{}").get("digest")
    if not digest:
        raise ValueError(f"the site's image was not built: {answer}")
    return digest


def _project(
    request: ImageRequest, bucket: aws.s3.Bucket, source: aws.s3.BucketObjectv2
) -> aws.codebuild.Project:
    opts = pulumi.ResourceOptions(parent=request.parent)
    logs = aws.cloudwatch.LogGroup(
        f"{request.name}-build-logs",
        retention_in_days=request.operation.log_retention_days,
        tags=request.operation.tags,
        opts=opts,
    )
    role = aws.iam.Role(
        f"{request.name}-build-role",
        assume_role_policy=_trust(request),
        tags=request.operation.tags,
        opts=opts,
    )
    policy = aws.iam.RolePolicy(
        f"{request.name}-build-policy",
        role=role.name,
        policy=iam.document(
            [
                iam.allow(["s3:GetObject"], [pulumi.Output.concat(bucket.arn, "/*")]),
                iam.allow(
                    ["logs:CreateLogStream", "logs:PutLogEvents"], [pulumi.Output.concat(logs.arn, ":*")]
                ),
                iam.allow(_PUSH, [request.repository.arn]),
                # Signing in to ECR is for the account's registry as a whole: it accepts only *.
                iam.allow(["ecr:GetAuthorizationToken"], ["*"]),
            ]
        ),
        opts=opts,
    )
    return aws.codebuild.Project(
        f"{request.name}-project",
        service_role=role.arn,
        build_timeout=_BUILD_MINUTES,
        artifacts={"type": "NO_ARTIFACTS"},
        environment={
            "type": "ARM_CONTAINER",
            "compute_type": "BUILD_GENERAL1_SMALL",
            "image": _MACHINE,
            # Docker needs a privileged container; it lives as long as one build.
            "privileged_mode": True,
            "environment_variables": [
                {"name": "REPOSITORY", "value": request.repository.repository_url},
            ],
        },
        source={
            "type": "S3",
            "location": pulumi.Output.concat(bucket.bucket, "/", source.key),
            "buildspec": json.dumps(_BUILDSPEC, sort_keys=True),
        },
        logs_config={"cloudwatch_logs": {"group_name": logs.name, "status": "ENABLED"}},
        tags=request.operation.tags,
        opts=pulumi.ResourceOptions(parent=request.parent, depends_on=[policy]),
    )


def _trust(request: ImageRequest) -> pulumi.Output[str]:
    """The project is named after its role, which it needs first: its prefix is as narrow as it gets."""
    opts = pulumi.InvokeOptions(parent=request.parent)
    account = aws.get_caller_identity_output(opts=opts).account_id
    region = aws.get_region_output(opts=opts).region
    project = pulumi.Output.concat(
        "arn:aws:codebuild:", region, ":", account, f":project/{request.name}-project-*"
    )
    return iam.trust_for("codebuild.amazonaws.com", project, account)


def _builder(request: ImageRequest, project: aws.codebuild.Project) -> Function:
    setting = pulumi.Output.json_dumps(
        {"project": project.name, "repository": request.repository.name, "minutes": _BUILD_MINUTES},
        sort_keys=True,
    )
    return Function(
        f"{request.name}-builder",
        FunctionSpec(
            service="site-image",
            handler="runtime.site_image.handler.handler",
            packages=("site_image", "shared"),
            layers=request.layers,
            timeout=_LONGEST_FUNCTION_SECONDS,
            memory_mb=256,
            operation=request.operation,
            environment={"SITE_IMAGE": setting},
            statements=(
                iam.allow(["codebuild:BatchGetBuilds", "codebuild:StartBuild"], [project.arn]),
                iam.allow(["ecr:DescribeImages"], [request.repository.arn]),
            ),
        ),
        pulumi.ResourceOptions(parent=request.parent),
    )
