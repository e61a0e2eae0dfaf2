"""Trying clothes on: jobs that are queued, worked on once, and told of as they go."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components._lib import iam
from components._lib.alarm import Watch, of_jobs, of_spending
from components._lib.bedrock import find_place
from components._lib.bucket import private_bucket
from components._lib.event_queue import queue_bucket_events, queue_messages
from components._lib.kept import describe_kept, kept_objects, kept_rows, own_objects, own_rows
from components._lib.models import load_models
from components._lib.operation import Operation, read_operation
from components._lib.package import public_token
from components._lib.table import Index, data_table
from components._lib.tryon import compose, nova_canvas, sagemaker
from components._lib.tryon.functions import (
    DELIVERY_TIMEOUT_S,
    RECEIVES,
    WORKER_TIMEOUT_S,
    Bindings,
    JobStore,
    add_closer,
    add_delivery,
    add_routes,
    add_starter,
    add_sweeper,
    add_worker,
)
from components._lib.tryon.provider import CreateProvider, ProviderRequest
from components._lib.tryon.workflow import LeadingSpec, lead_jobs
from components._lib.watched import describe_watched, watched_table

PREFIX = "results/"
RESULT = "/look.jpg"
BY_USER = "by_user"
UNFINISHED = "unfinished"
EXPIRY_ATTRIBUTE = "ttl"
_PATIENCE_S = 1200
_HIDDEN = (
    "claim",
    "connection_id",
    "lease_until",
    "model_picture_s3_url",
    "open",
    "paid",
    "request_hash",
    "reserved_micros",
    "reserved_on",
    "spent_micros",
)


class TryOnProvider(StrEnum):
    """Who makes the pictures."""

    COMPOSE = "compose"
    """Active Bedrock models, composed."""
    SAGEMAKER = "sagemaker"
    """A model on a SageMaker endpoint of your own."""
    NOVA_CANVAS = "nova-canvas"
    """Whatever speaks the wire format of Nova Canvas."""


PROVIDERS: dict[TryOnProvider, CreateProvider] = {
    TryOnProvider.COMPOSE: compose.create,
    TryOnProvider.SAGEMAKER: sagemaker.create,
    TryOnProvider.NOVA_CANVAS: nova_canvas.create,
}


class TryOnArgs(TypedDict):
    """Inputs of `TryOn`."""

    layers: Sequence[pulumi.Input[str]]
    """ARNs of the Lambda layers that hold the runtime's dependencies, numpy and Pillow among them."""
    photos_environment: pulumi.Input[Mapping[str, pulumi.Input[str]]]
    """Output `environment` of `ShopperPhotos`."""
    photos_manage_policy: pulumi.Input[str]
    """Output `manage_policy` of `ShopperPhotos`."""
    photos_read_policy: pulumi.Input[str]
    """Output `read_policy` of `ShopperPhotos`."""
    photos_show_policy: pulumi.Input[str]
    """Output `show_policy` of `ShopperPhotos`."""
    catalog_environment: pulumi.Input[Mapping[str, pulumi.Input[str]]]
    """Output `environment` of `Catalog`."""
    catalog_policy: pulumi.Input[str]
    """Output `policy` of `Catalog`."""
    catalog_lookup_policy: pulumi.Input[str]
    """Output `lookup_policy` of `Catalog`."""
    connections_environment: pulumi.Input[Mapping[str, pulumi.Input[str]]]
    """Output `environment` of `Connections`."""
    connections_policy: pulumi.Input[str]
    """Output `policy` of `Connections`."""
    connections_send_policy: pulumi.Input[str]
    """Output `send_policy` of `Connections`."""
    quotas_environment: pulumi.Input[Mapping[str, pulumi.Input[str]]]
    """Output `quotas_environment` of `ImageGeneration`: pictures and try-ons have one limit of money."""
    quotas_policy: pulumi.Input[str]
    """Output `quotas_policy` of `ImageGeneration`."""
    provider: NotRequired[TryOnProvider]
    """Who makes the pictures. Default: `compose`."""
    endpoint: NotRequired[pulumi.Input[str]]
    """Name of the endpoint, for the provider `sagemaker`. Default: none."""
    price_usd: NotRequired[str]
    """US dollars for one garment, such as `0.05`, where the catalogue of models cannot know it.
    Default: the catalogue's."""
    daily_per_user: NotRequired[int]
    """Try-ons that one shopper may have in a day. Default: 20."""
    daily_spend_usd: NotRequired[int]
    """US dollars that the stack may spend on pictures and try-ons in a day. Default: 10."""
    concurrency: NotRequired[int]
    """Jobs that are worked on at once, 2 to 1,000; the others wait. Default: 10."""
    retention_days: NotRequired[int]
    """Days for which jobs and results are kept. Default: 30."""
    log_retention_days: NotRequired[int]
    """Days for which logs are kept. Default: 30."""
    alarm_topic_arn: NotRequired[pulumi.Input[str]]
    """Topic that is told of alarms. Default: none, and no alarms."""
    protect_data: NotRequired[bool]
    """Keep data when the stack goes: deletion protection, recovery, retention. Default: true."""
    tags: NotRequired[pulumi.Input[Mapping[str, pulumi.Input[str]]]]
    """Tags of every resource. Default: none."""


class TryOn(pulumi.ComponentResource):
    """The table of jobs, the workflow that its stream starts, the worker, and the delivery of results."""

    function_arn: pulumi.Output[str]
    """Function that answers for photos and try-ons, and the actions `tryon` and `subscribe`."""
    kept: pulumi.Output[str]
    """What is kept of shoppers (JSON text), for the function that shows and erases it."""
    owner_policy: pulumi.Output[str]
    """IAM policy document (JSON text) for that function."""
    bucket: pulumi.Output[str]
    """Name of the bucket of the results."""
    table: pulumi.Output[str]
    """Name of the table of the jobs."""
    state_machine_arn: pulumi.Output[str]
    """The workflow."""
    dead_letter_url: pulumi.Output[str]
    """Queue of jobs that the worker could not take."""
    watched: pulumi.Output[str]
    """Parts to look at (JSON text), for `Dashboard`."""

    def __init__(self, name: str, args: TryOnArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(public_token("TryOn"), name, {}, opts)
        days = int(args.get("retention_days", 30))
        limits = {
            "daily_per_user": int(args.get("daily_per_user", 20)),
            "daily_spend_usd": int(args.get("daily_spend_usd", 10)),
        }
        for key, value in {**limits, "retention_days": days}.items():
            if value < 1:
                raise ValueError(f"{key}: {value} would let nothing be tried on or kept; use at least 1")
        concurrency = int(args.get("concurrency", 10))
        if not 2 <= concurrency <= 1000:
            raise ValueError(f"concurrency: {concurrency} is out of range; Lambda takes 2 to 1000")
        provider = PROVIDERS[TryOnProvider(args.get("provider", TryOnProvider.COMPOSE))](
            ProviderRequest(
                place=find_place(self),
                models=load_models(),
                endpoint=args.get("endpoint"),
                price_usd=_read_price(args["price_usd"]) if "price_usd" in args else None,
            )
        )

        operation = read_operation(args)
        bucket = private_bucket(
            f"{name}-results",
            self,
            versioned=False,
            protect_data=args.get("protect_data", True),
            tags=args.get("tags"),
            expire_days=days,
        )
        jobs = _jobs(name, self, args)
        results = queue_bucket_events(
            f"{name}-results",
            self,
            bucket,
            notification_id="results",
            prefix=PREFIX,
            suffix=RESULT,
            removals=False,
            consumer_timeout=DELIVERY_TIMEOUT_S,
            receives=RECEIVES,
            operation=operation,
        )
        work = queue_messages(
            f"{name}-work",
            self,
            what="queue",
            consumer_timeout=WORKER_TIMEOUT_S,
            receives=RECEIVES,
            operation=operation,
        )
        store = JobStore(
            table=jobs,
            bucket=bucket,
            prefix=PREFIX,
            setting=pulumi.Output.json_dumps(
                {"table": jobs.name, "bucket": bucket.bucket, "prefix": PREFIX, "retention_days": days},
                sort_keys=True,
            ),
            limits=pulumi.Output.json_dumps({**limits, "price_usd": provider.price_usd}, sort_keys=True),
        )
        bindings = _bind(args, operation)
        closer = add_closer(name, self, bindings, store)
        machine = lead_jobs(name, self, LeadingSpec(queue=work.queue, closer=closer, operation=operation))
        started = add_starter(name, self, bindings, store, machine)
        worker = add_worker(name, self, bindings, store, machine, work, provider, concurrency)
        delivery = add_delivery(name, self, bindings, store, results)
        sweeper, swept = add_sweeper(name, self, bindings, store, machine)
        routes = add_routes(name, self, bindings, store)

        Watch(parent=self, operation=operation).add(
            name,
            of_jobs("tryon-sweeper", sweeper.name, _PATIENCE_S),
            of_spending("tryon-routes", routes.name, limits["daily_spend_usd"]),
        )
        self.function_arn = routes.arn
        self.kept = describe_kept(
            kept_objects("looks", bucket, PREFIX),
            kept_rows("try_ons", jobs, keys=["id"], index=BY_USER, hidden=_HIDDEN),
        )
        self.owner_policy = iam.document([*own_objects(bucket, PREFIX), *own_rows(jobs, BY_USER)])
        self.bucket = bucket.bucket
        self.table = jobs.name
        self.state_machine_arn = machine.arn
        self.dead_letter_url = work.dead_letters.url
        self.watched = describe_watched(
            *(each.watched for each in (routes, worker, delivery, closer)),
            *started,
            *swept,
            *results.watched,
            *work.watched,
            machine.watched,
            watched_table(f"{name}-jobs", jobs),
        )
        self.register_outputs(
            {
                "function_arn": self.function_arn,
                "kept": self.kept,
                "owner_policy": self.owner_policy,
                "bucket": self.bucket,
                "table": self.table,
                "state_machine_arn": self.state_machine_arn,
                "dead_letter_url": self.dead_letter_url,
                "watched": self.watched,
            }
        )


def _read_price(text: str) -> float:
    try:
        price = float(text)
    except ValueError:
        price = -1.0
    if not 0 < price < 1000:
        raise ValueError(f"price_usd: {text!r} is no price; write US dollars as in 0.05")
    return price


def _bind(args: TryOnArgs, operation: Operation) -> Bindings:
    return Bindings(
        layers=args["layers"],
        photos_environment=args["photos_environment"],
        photos_manage_policy=args["photos_manage_policy"],
        photos_read_policy=args["photos_read_policy"],
        photos_show_policy=args["photos_show_policy"],
        catalog_environment=args["catalog_environment"],
        catalog_policy=args["catalog_policy"],
        catalog_lookup_policy=args["catalog_lookup_policy"],
        connections_environment=args["connections_environment"],
        connections_policy=args["connections_policy"],
        connections_send_policy=args["connections_send_policy"],
        quotas_environment=args["quotas_environment"],
        quotas_policy=args["quotas_policy"],
        operation=operation,
    )


def _jobs(name: str, parent: pulumi.Resource, args: TryOnArgs) -> aws.dynamodb.Table:
    return data_table(
        f"{name}-jobs",
        parent,
        hash_key="id",
        indexes=[
            Index(name=BY_USER, hash_key="user_id", range_key="created_at"),
            # Only jobs that are not over have the attribute, so the index is as small as they are few.
            Index(name=UNFINISHED, hash_key="open", range_key="created_at", keys_only=True),
        ],
        expires_by=EXPIRY_ATTRIBUTE,
        # A start needs to know which job is new, and nothing of it.
        stream="KEYS_ONLY",
        protect_data=args.get("protect_data", True),
        tags=args.get("tags"),
    )
