"""The shopper's site: its image, and the service that runs it behind the way in."""

import json
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components._lib import iam
from components._lib.alarm import Watch, of_service
from components._lib.image import codebuild, docker
from components._lib.image.builder import BuildImage, ImageRequest, source_digest
from components._lib.operation import read_operation
from components._lib.package import public_token
from components._lib.watched import Kind, describe_watched, watched
from components.web_edge import HEALTH_PATH, SITE_PORT

# Sizes of Fargate tasks, MB of memory by CPU units:
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html
_SIZES = {256: (512, 2048), 512: (1024, 4096), 1024: (2048, 8192), 2048: (4096, 16384)}
_USER = "10001"
_CPU_PERCENT = 60
_START_SECONDS = 90
_IMAGES_KEPT = 10
_CONTAINER = "site"


class ImageBuilder(StrEnum):
    """What builds the site's image."""

    CODEBUILD = "codebuild"
    DOCKER = "docker"


BUILDERS: dict[ImageBuilder, BuildImage] = {
    ImageBuilder.CODEBUILD: codebuild.build,
    ImageBuilder.DOCKER: docker.build,
}


class WebAppArgs(TypedDict):
    """Inputs of `WebApp`."""

    site_environment: pulumi.Input[Mapping[str, pulumi.Input[str]]]
    """Output `environment` of `SiteConfig`."""
    site_policy: pulumi.Input[str]
    """Output `policy` of `SiteConfig`."""
    vpc_id: pulumi.Input[str]
    """VPC of the tasks."""
    private_subnet_ids: pulumi.Input[Sequence[pulumi.Input[str]]]
    """Subnets of the tasks; from there AWS's public addresses must be reachable."""
    target_group_arn: pulumi.Input[str]
    """Output `target_group_arn` of `WebEdge`."""
    load_balancer_group_id: pulumi.Input[str]
    """Output `security_group_id` of `WebEdge`: the only one that reaches the tasks."""
    layers: Sequence[pulumi.Input[str]]
    """ARNs of the Lambda layers of the function that has the image built (builder `codebuild`)."""
    hosted: NotRequired[bool]
    """Whether the site runs here; false declares nothing. Default: true."""
    builder: NotRequired[ImageBuilder]
    """What builds the image; `docker` needs Docker where `pulumi up` runs. Default: `codebuild`."""
    cpu: NotRequired[int]
    """CPU units of a task: 256, 512, 1024 or 2048. Default: 512."""
    memory_mb: NotRequired[int]
    """Memory of a task, within what Fargate offers for `cpu`. Default: 1024."""
    min_tasks: NotRequired[int]
    """Tasks that always run. Default: 2."""
    max_tasks: NotRequired[int]
    """Tasks that run at most. Default: 6."""
    log_retention_days: NotRequired[int]
    """Days for which logs are kept. Default: 30."""
    alarm_topic_arn: NotRequired[pulumi.Input[str]]
    """Topic that is told of alarms. Default: none, and no alarms."""
    protect_data: NotRequired[bool]
    """Keep the images when the stack goes. Default: true."""
    tags: NotRequired[pulumi.Input[Mapping[str, pulumi.Input[str]]]]
    """Tags of every resource. Default: none."""


class WebApp(pulumi.ComponentResource):
    """A Fargate service that takes back a deployment which does not become healthy.

    Where the site is not hosted, every output is empty.
    """

    image: pulumi.Output[str]
    """The image that runs, by digest."""
    cluster_name: pulumi.Output[str]
    """Name of the ECS cluster."""
    service_name: pulumi.Output[str]
    """Name of the ECS service."""
    log_group: pulumi.Output[str]
    """Log group of the tasks."""
    watched: pulumi.Output[str]
    """Parts to look at (JSON text), for `Dashboard`."""

    def __init__(self, name: str, args: WebAppArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(public_token("WebApp"), name, {}, opts)
        builder = ImageBuilder(args.get("builder", ImageBuilder.CODEBUILD))
        cpu, memory = int(args.get("cpu", 512)), int(args.get("memory_mb", 1024))
        least, most = int(args.get("min_tasks", 2)), int(args.get("max_tasks", 6))
        _check_size(cpu, memory)
        _check_tasks(least, most)

        if args.get("hosted", True):
            self._host(name, args, builder, cpu, memory, least, most)
        else:
            self.image = self.cluster_name = self.service_name = self.log_group = pulumi.Output.from_input("")
            self.watched = describe_watched()
        self.register_outputs(
            {
                "image": self.image,
                "cluster_name": self.cluster_name,
                "service_name": self.service_name,
                "log_group": self.log_group,
                "watched": self.watched,
            }
        )

    def _host(
        self,
        name: str,
        args: WebAppArgs,
        builder: ImageBuilder,
        cpu: int,
        memory: int,
        least: int,
        most: int,
    ) -> None:
        operation = read_operation(args)
        repository = _repository(name, self, args)
        image = BUILDERS[builder](
            ImageRequest(
                name=name,
                parent=self,
                repository=repository,
                tag=source_digest(),
                layers=args["layers"],
                operation=operation,
                protect_data=args.get("protect_data", True),
            )
        )
        logs = aws.cloudwatch.LogGroup(
            f"{name}-logs",
            retention_in_days=operation.log_retention_days,
            tags=operation.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )
        task = _task(name, self, args, image, logs, repository, cpu, memory)
        cluster = aws.ecs.Cluster(
            f"{name}-cluster",
            settings=[{"name": "containerInsights", "value": "enabled"}],
            tags=args.get("tags"),
            opts=pulumi.ResourceOptions(parent=self),
        )
        service = _service(name, self, args, cluster, task, least)
        _scale(name, self, args, cluster, service, least, most)
        Watch(parent=self, operation=operation).add(name, of_service(cluster.name, service.name))

        self.image = image
        self.cluster_name = cluster.name
        self.service_name = service.name
        self.log_group = logs.name
        self.watched = describe_watched(
            watched(Kind.SERVICE, name, {"ClusterName": cluster.name, "ServiceName": service.name})
        )


def _check_size(cpu: int, memory: int) -> None:
    if cpu not in _SIZES:
        raise ValueError(f"cpu: Fargate has no {cpu} units; use one of {', '.join(map(str, _SIZES))}")
    least, most = _SIZES[cpu]
    if not least <= memory <= most or (memory % 1024 and memory != 512):
        raise ValueError(
            f"memory_mb: {memory} does not go with cpu {cpu}; use {least} to {most} in steps of 1024"
        )


def _check_tasks(least: int, most: int) -> None:
    if not 1 <= least <= most:
        raise ValueError(
            f"min_tasks: {least} and max_tasks: {most} leave no room; use 1 <= min_tasks <= max_tasks"
        )


def _repository(name: str, parent: pulumi.Resource, args: WebAppArgs) -> aws.ecr.Repository:
    protect = args.get("protect_data", True)
    repository = aws.ecr.Repository(
        f"{name}-images",
        image_tag_mutability="IMMUTABLE",
        image_scanning_configuration={"scan_on_push": True},
        encryption_configurations=[{"encryption_type": "AES256"}],
        force_delete=not protect,
        tags=args.get("tags"),
        opts=pulumi.ResourceOptions(parent=parent, protect=protect, retain_on_delete=protect),
    )
    rule = {
        "rulePriority": 1,
        "description": "Keep what a rollback may need.",
        "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": _IMAGES_KEPT},
        "action": {"type": "expire"},
    }
    aws.ecr.LifecyclePolicy(
        f"{name}-images-expire",
        repository=repository.name,
        policy=json.dumps({"rules": [rule]}, sort_keys=True),
        opts=pulumi.ResourceOptions(parent=parent),
    )
    return repository


def _task(
    name: str,
    parent: pulumi.Resource,
    args: WebAppArgs,
    image: pulumi.Output[str],
    logs: aws.cloudwatch.LogGroup,
    repository: aws.ecr.Repository,
    cpu: int,
    memory: int,
) -> aws.ecs.TaskDefinition:
    execution = _role(
        f"{name}-execution",
        parent,
        args,
        iam.document(
            [
                iam.allow(
                    ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
                    [repository.arn],
                ),
                # Signing in to ECR is for the account's registry as a whole: it accepts only *.
                iam.allow(["ecr:GetAuthorizationToken"], ["*"]),
                iam.allow(
                    ["logs:CreateLogStream", "logs:PutLogEvents"], [pulumi.Output.concat(logs.arn, ":*")]
                ),
            ]
        ),
    )
    own = _role(f"{name}-task", parent, args, pulumi.Output.from_input(args["site_policy"]))
    return aws.ecs.TaskDefinition(
        f"{name}-definition",
        family=name,
        cpu=str(cpu),
        memory=str(memory),
        network_mode="awsvpc",
        requires_compatibilities=["FARGATE"],
        runtime_platform={"cpu_architecture": "ARM64", "operating_system_family": "LINUX"},
        execution_role_arn=execution.arn,
        task_role_arn=own.arn,
        volumes=[{"name": "tmp"}],
        container_definitions=_containers(parent, args, image, logs),
        tags=args.get("tags"),
        opts=pulumi.ResourceOptions(parent=parent),
    )


def _role(name: str, parent: pulumi.Resource, args: WebAppArgs, policy: pulumi.Output[str]) -> aws.iam.Role:
    opts = pulumi.InvokeOptions(parent=parent)
    account = aws.get_caller_identity_output(opts=opts).account_id
    region = aws.get_region_output(opts=opts).region
    role = aws.iam.Role(
        f"{name}-role",
        # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html
        assume_role_policy=iam.trust_for(
            "ecs-tasks.amazonaws.com",
            pulumi.Output.concat("arn:aws:ecs:", region, ":", account, ":*"),
            account,
        ),
        tags=args.get("tags"),
        opts=pulumi.ResourceOptions(parent=parent),
    )
    aws.iam.RolePolicy(
        f"{name}-policy", role=role.name, policy=policy, opts=pulumi.ResourceOptions(parent=parent)
    )
    return role


def _containers(
    parent: pulumi.Resource, args: WebAppArgs, image: pulumi.Output[str], logs: aws.cloudwatch.LogGroup
) -> pulumi.Output[str]:
    region = aws.get_region_output(opts=pulumi.InvokeOptions(parent=parent)).region
    environment = pulumi.Output.from_input(args["site_environment"]).apply(_variables)
    site = {
        "name": _CONTAINER,
        "image": image,
        "essential": True,
        "user": _USER,
        "readonlyRootFilesystem": True,
        "linuxParameters": {"initProcessEnabled": True, "capabilities": {"drop": ["ALL"]}},
        # The one place that can be written to: the private file with which the site hands itself its secret.
        "mountPoints": [{"sourceVolume": "tmp", "containerPath": "/tmp", "readOnly": False}],  # noqa: S108
        "portMappings": [{"containerPort": SITE_PORT, "protocol": "tcp"}],
        "environment": environment,
        "healthCheck": {
            "command": [
                "CMD",
                "python",
                "-c",
                "import urllib.request as u; "
                f"u.urlopen('http://127.0.0.1:{SITE_PORT}{HEALTH_PATH}', timeout=2)",
            ],
            "interval": 15,
            "timeout": 5,
            "retries": 3,
            "startPeriod": 30,
        },
        "logConfiguration": {
            "logDriver": "awslogs",
            "options": {
                "awslogs-group": logs.name,
                "awslogs-region": region,
                "awslogs-stream-prefix": _CONTAINER,
                "mode": "non-blocking",
            },
        },
    }
    return pulumi.Output.json_dumps([site], sort_keys=True)


def _variables(environment: Mapping[str, Any]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in sorted(environment.items())]


def _service(
    name: str,
    parent: pulumi.Resource,
    args: WebAppArgs,
    cluster: aws.ecs.Cluster,
    task: aws.ecs.TaskDefinition,
    tasks: int,
) -> aws.ecs.Service:
    group = _task_group(name, parent, args)
    return aws.ecs.Service(
        f"{name}-service",
        cluster=cluster.arn,
        task_definition=task.arn,
        launch_type="FARGATE",
        desired_count=tasks,
        deployment_circuit_breaker={"enable": True, "rollback": True},
        deployment_minimum_healthy_percent=100,
        deployment_maximum_percent=200,
        health_check_grace_period_seconds=_START_SECONDS,
        network_configuration={
            "subnets": args["private_subnet_ids"],
            "security_groups": [group.id],
            "assign_public_ip": False,
        },
        load_balancers=[
            {
                "target_group_arn": args["target_group_arn"],
                "container_name": _CONTAINER,
                "container_port": SITE_PORT,
            }
        ],
        propagate_tags="SERVICE",
        wait_for_steady_state=True,
        tags=args.get("tags"),
        # How many tasks run is the scaling policy's business after the first deployment.
        opts=pulumi.ResourceOptions(parent=parent, ignore_changes=["desiredCount"]),
    )


def _task_group(name: str, parent: pulumi.Resource, args: WebAppArgs) -> aws.ec2.SecurityGroup:
    """The tasks' group: in from the load balancer, out to AWS over TLS."""
    opts = pulumi.ResourceOptions(parent=parent)
    group = aws.ec2.SecurityGroup(
        f"{name}-tasks",
        description="The site's tasks: in from the load balancer, out to AWS over TLS.",
        vpc_id=args["vpc_id"],
        tags=args.get("tags"),
        opts=opts,
    )
    aws.vpc.SecurityGroupIngressRule(
        f"{name}-from-balancer",
        security_group_id=group.id,
        description="The load balancer.",
        referenced_security_group_id=args["load_balancer_group_id"],
        ip_protocol="tcp",
        from_port=SITE_PORT,
        to_port=SITE_PORT,
        opts=opts,
    )
    aws.vpc.SecurityGroupEgressRule(
        f"{name}-from-balancer-out",
        security_group_id=args["load_balancer_group_id"],
        description="The site's tasks.",
        referenced_security_group_id=group.id,
        ip_protocol="tcp",
        from_port=SITE_PORT,
        to_port=SITE_PORT,
        opts=opts,
    )
    aws.vpc.SecurityGroupEgressRule(
        f"{name}-to-aws",
        security_group_id=group.id,
        description="AWS's addresses, which are not listed anywhere as a whole.",
        cidr_ipv4="0.0.0.0/0",
        ip_protocol="tcp",
        from_port=443,
        to_port=443,
        opts=opts,
    )
    return group


def _scale(
    name: str,
    parent: pulumi.Resource,
    args: WebAppArgs,
    cluster: aws.ecs.Cluster,
    service: aws.ecs.Service,
    least: int,
    most: int,
) -> None:
    opts = pulumi.ResourceOptions(parent=parent)
    target = aws.appautoscaling.Target(
        f"{name}-tasks-range",
        service_namespace="ecs",
        scalable_dimension="ecs:service:DesiredCount",
        resource_id=pulumi.Output.concat("service/", cluster.name, "/", service.name),
        min_capacity=least,
        max_capacity=most,
        tags=args.get("tags"),
        opts=opts,
    )
    aws.appautoscaling.Policy(
        f"{name}-tasks-by-load",
        policy_type="TargetTrackingScaling",
        service_namespace=target.service_namespace,
        scalable_dimension=target.scalable_dimension,
        resource_id=target.resource_id,
        target_tracking_scaling_policy_configuration={
            "predefined_metric_specification": {"predefined_metric_type": "ECSServiceAverageCPUUtilization"},
            "target_value": _CPU_PERCENT,
            "scale_out_cooldown": 60,
            # A task that goes takes open pages with it, so the service shrinks slowly.
            "scale_in_cooldown": 900,
        },
        opts=opts,
    )
