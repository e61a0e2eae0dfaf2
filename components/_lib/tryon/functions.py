"""The functions of the try-on, each with the rights that it needs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components._lib import iam
from components._lib.event_queue import EventQueue, failures_queue, feed_function
from components._lib.function import Function, FunctionSpec
from components._lib.operation import Operation
from components._lib.schedule import every_minutes, run_on_schedule
from components._lib.tryon.provider import ProviderResult
from components._lib.tryon.workflow import MACHINE_TIMEOUT_S
from components._lib.watched import Row, watched_letters
from components._lib.workflow import Workflow

WORKER_TIMEOUT_S = 300
DELIVERY_TIMEOUT_S = 30
_LEASE_S = 30
"""After this a job whose worker died is free for another one."""
RECEIVES = 8
_ATTEMPTS = 6
"""After so many the worker gives a job up itself, with words for the shopper; poison takes `RECEIVES`."""
_GATEWAY_LIMIT_S = 29
_SHORT_S = 30
_SWEEP_S = 120
_SWEEP_MINUTES = 1
_QUIET_S = 60
_GIVE_UP_S = MACHINE_TIMEOUT_S + 300
_STREAM_BATCH = 10
_STREAM_RETRIES = 10
_STREAM_AGE_S = 900
_DELIVERIES_AT_ONCE = 10

Environment = pulumi.Input[Mapping[str, pulumi.Input[str]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bindings:
    """What other components hand out, see `TryOnArgs`."""

    layers: Sequence[pulumi.Input[str]]
    photos_environment: Environment
    photos_manage_policy: pulumi.Input[str]
    photos_read_policy: pulumi.Input[str]
    photos_show_policy: pulumi.Input[str]
    catalog_environment: Environment
    catalog_policy: pulumi.Input[str]
    catalog_lookup_policy: pulumi.Input[str]
    connections_environment: Environment
    connections_policy: pulumi.Input[str]
    connections_send_policy: pulumi.Input[str]
    quotas_environment: Environment
    quotas_policy: pulumi.Input[str]
    operation: Operation

    @property
    def telling(self) -> tuple[Environment, ...]:
        """Environments of whatever ends jobs and tells of it."""
        return (self.photos_environment, self.connections_environment, self.quotas_environment)

    @property
    def telling_policies(self) -> tuple[pulumi.Input[str], ...]:
        return (self.photos_show_policy, self.connections_send_policy, self.quotas_policy)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobStore:
    """Where jobs and results are."""

    table: aws.dynamodb.Table
    bucket: aws.s3.Bucket
    prefix: str
    setting: pulumi.Output[str]
    """JSON text of variable TRYON."""
    limits: pulumi.Output[str]
    """JSON text of variable TRYON_LIMITS."""

    def on_table(self, *operations: str) -> iam.Statement:
        return iam.allow([f"dynamodb:{operation}" for operation in operations], [self.table.arn])

    def on_index(self, index: str) -> iam.Statement:
        return iam.allow(["dynamodb:Query"], [pulumi.Output.concat(self.table.arn, "/index/", index)])

    def on_objects(self, *operations: str) -> iam.Statement:
        objects = pulumi.Output.concat(self.bucket.arn, "/", self.prefix, "*")
        return iam.allow([f"s3:{operation}" for operation in operations], [objects])

    def on_bucket(self, *operations: str) -> iam.Statement:
        """To erase takes ListBucketVersions; without ListBucket S3 calls forbidden what is not there."""
        return iam.allow([f"s3:{operation}" for operation in operations], [self.bucket.arn])


def add_routes(name: str, parent: pulumi.Resource, bindings: Bindings, store: JobStore) -> Function:
    """The function behind the routes and the actions."""
    return _function(
        name,
        "routes",
        parent,
        bindings,
        handler="runtime.tryon.handler.handler",
        timeout=_GATEWAY_LIMIT_S,
        memory_mb=1024,
        environment={"TRYON": store.setting, "TRYON_LIMITS": store.limits},
        bound_environments=(*bindings.telling, bindings.catalog_environment),
        statements=(
            store.on_table("DeleteItem", "GetItem", "PutItem", "UpdateItem"),
            store.on_index("by_user"),
            store.on_objects("DeleteObject", "DeleteObjectVersion", "GetObject", "PutObject"),
            store.on_bucket("ListBucketVersions"),
        ),
        bound_policies=(
            bindings.photos_manage_policy,
            bindings.catalog_lookup_policy,
            bindings.connections_policy,
            bindings.quotas_policy,
        ),
    )


def add_starter(
    name: str,
    parent: pulumi.Resource,
    bindings: Bindings,
    store: JobStore,
    machine: Workflow,
) -> tuple[Row, ...]:
    """New rows of the jobs table start executions. What there is to look at."""
    opts = pulumi.ResourceOptions(parent=parent)
    lost = failures_queue(f"{name}-starter", parent, bindings.operation)
    starter = _function(
        name,
        "starter",
        parent,
        bindings,
        handler="runtime.tryon.starter.handler",
        timeout=_SHORT_S,
        memory_mb=512,
        environment={"TRYON_WORKFLOW": _workflow(machine)},
        statements=(
            iam.allow(["states:StartExecution"], [machine.arn]),
            iam.allow(
                ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"],
                [store.table.stream_arn],
            ),
            # To list streams is not about one of them: it accepts only "*".
            iam.allow(["dynamodb:ListStreams"], ["*"]),
            iam.allow(["sqs:SendMessage"], [lost.arn]),
        ),
    )
    aws.lambda_.EventSourceMapping(
        f"{name}-starter-source",
        event_source_arn=store.table.stream_arn,
        function_name=starter.name,
        # A stack that is updated must not miss what was written meanwhile.
        starting_position="TRIM_HORIZON",
        batch_size=_STREAM_BATCH,
        # Rows change often while a job is worked on; only that one is new starts anything.
        filter_criteria={"filters": [{"pattern": '{"eventName":["INSERT"]}'}]},
        function_response_types=["ReportBatchItemFailures"],
        bisect_batch_on_function_error=True,
        maximum_retry_attempts=_STREAM_RETRIES,
        maximum_record_age_in_seconds=_STREAM_AGE_S,
        destination_config={"on_failure": {"destination_arn": lost.arn}},
        tags=bindings.operation.tags,
        opts=opts,
    )
    return starter.watched, watched_letters(f"{name}-starter-failures", lost)


def add_worker(
    name: str,
    parent: pulumi.Resource,
    bindings: Bindings,
    store: JobStore,
    machine: Workflow,
    work: EventQueue,
    provider: ProviderResult,
    concurrency: int,
) -> Function:
    """The function that works on jobs, as many at once as its event source lets through."""
    worker = _function(
        name,
        "worker",
        parent,
        bindings,
        handler="runtime.tryon.worker.handler",
        timeout=WORKER_TIMEOUT_S,
        memory_mb=2048,
        environment={
            "TRYON": store.setting,
            "TRYON_MODEL": provider.setting,
            "TRYON_QUEUE": _queue(work, lease_s=_LEASE_S),
        },
        bound_environments=(
            bindings.photos_environment,
            bindings.connections_environment,
            bindings.catalog_environment,
        ),
        statements=(
            *provider.statements,
            store.on_table("GetItem", "UpdateItem"),
            store.on_objects("GetObject", "PutObject"),
            store.on_bucket("ListBucket"),
            # The one who is waited for says how it went; its tokens are the machine's.
            iam.allow(["states:SendTaskFailure", "states:SendTaskSuccess"], [machine.arn]),
            work.receive_statement(),
            iam.allow(["sqs:ChangeMessageVisibility"], [work.queue.arn]),
        ),
        bound_policies=(
            bindings.photos_read_policy,
            bindings.catalog_policy,
            bindings.connections_send_policy,
        ),
    )
    feed_function(
        f"{name}-worker-source",
        parent,
        work,
        worker,
        batch_size=1,
        concurrency=concurrency,
        tags=bindings.operation.tags,
    )
    return worker


def add_delivery(
    name: str, parent: pulumi.Resource, bindings: Bindings, store: JobStore, results: EventQueue
) -> Function:
    """The function that results in the bucket call."""
    delivery = _function(
        name,
        "delivery",
        parent,
        bindings,
        handler="runtime.tryon.delivery.handler",
        timeout=DELIVERY_TIMEOUT_S,
        memory_mb=512,
        environment={"TRYON": store.setting, "TRYON_LIMITS": store.limits, "TRYON_QUEUE": _queue(results)},
        bound_environments=bindings.telling,
        statements=(
            store.on_table("GetItem", "UpdateItem"),
            store.on_objects("DeleteObject", "DeleteObjectVersion", "GetObject"),
            store.on_bucket("ListBucket", "ListBucketVersions"),
            results.receive_statement(),
            iam.allow(["sqs:ChangeMessageVisibility"], [results.queue.arn]),
        ),
        bound_policies=bindings.telling_policies,
    )
    feed_function(
        f"{name}-delivery-source",
        parent,
        results,
        delivery,
        batch_size=5,
        concurrency=_DELIVERIES_AT_ONCE,
        tags=bindings.operation.tags,
    )
    return delivery


def add_closer(name: str, parent: pulumi.Resource, bindings: Bindings, store: JobStore) -> Function:
    """The function that the workflow calls for a job without a result."""
    return _function(
        name,
        "closer",
        parent,
        bindings,
        handler="runtime.tryon.closer.handler",
        timeout=_SHORT_S,
        memory_mb=512,
        environment={"TRYON": store.setting, "TRYON_LIMITS": store.limits},
        bound_environments=bindings.telling,
        statements=(
            store.on_table("UpdateItem"),
            store.on_objects("DeleteObject", "DeleteObjectVersion"),
            store.on_bucket("ListBucketVersions"),
        ),
        bound_policies=bindings.telling_policies,
    )


def add_sweeper(
    name: str,
    parent: pulumi.Resource,
    bindings: Bindings,
    store: JobStore,
    machine: Workflow,
) -> tuple[Function, tuple[Row, ...]]:
    """The function that looks after stuck jobs every minute, and what there is to look at."""
    failures = failures_queue(f"{name}-sweeper", parent, bindings.operation)
    sweep = pulumi.Output.json_dumps({"quiet_s": _QUIET_S, "give_up_s": _GIVE_UP_S}, sort_keys=True)
    executions = machine.arn.apply(lambda arn: arn.replace(":stateMachine:", ":execution:") + ":*")
    sweeper = _function(
        name,
        "sweeper",
        parent,
        bindings,
        handler="runtime.tryon.sweeper.handler",
        timeout=_SWEEP_S,
        memory_mb=512,
        environment={
            "TRYON": store.setting,
            "TRYON_LIMITS": store.limits,
            "TRYON_WORKFLOW": _workflow(machine),
            "TRYON_SWEEP": sweep,
        },
        bound_environments=bindings.telling,
        statements=(
            store.on_table("GetItem", "UpdateItem"),
            store.on_index("unfinished"),
            store.on_objects("DeleteObject", "DeleteObjectVersion", "GetObject"),
            store.on_bucket("ListBucket", "ListBucketVersions"),
            iam.allow(["states:StartExecution"], [machine.arn]),
            # The executions of one machine: they are named after the jobs.
            iam.allow(["states:DescribeExecution"], [executions]),
        ),
        bound_policies=bindings.telling_policies,
        dead_letter_arn=failures.arn,
    )
    run_on_schedule(
        f"{name}-sweeper",
        parent,
        sweeper,
        "Looks after try-ons that got stuck.",
        every_minutes(_SWEEP_MINUTES),
        bindings.operation.tags,
    )
    return sweeper, (sweeper.watched, watched_letters(f"{name}-sweeper-failures", failures))


def _function(name: str, role: str, parent: pulumi.Resource, bindings: Bindings, **spec: Any) -> Function:
    return Function(
        f"{name}-{role}",
        FunctionSpec(
            service=f"tryon-{role}",
            packages=("tryon", "fitting", "shared"),
            layers=bindings.layers,
            operation=bindings.operation,
            **spec,
        ),
        pulumi.ResourceOptions(parent=parent),
    )


def _workflow(machine: Workflow) -> pulumi.Output[str]:
    return pulumi.Output.json_dumps({"state_machine_arn": machine.arn}, sort_keys=True)


def _queue(events: EventQueue, **more: int) -> pulumi.Output[str]:
    return pulumi.Output.json_dumps(
        {"queue_url": events.queue.url, "max_attempts": _ATTEMPTS, **more}, sort_keys=True
    )
