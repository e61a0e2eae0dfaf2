"""Groups of products that look alike, made anew as the catalogue changes."""

from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi

from components._lib import iam
from components._lib.event_queue import failures_queue
from components._lib.function import Function, FunctionSpec
from components._lib.operation import read_operation
from components._lib.package import public_token
from components._lib.schedule import run_on_schedule
from components._lib.trainer import TRAINERS, ClusterTrainer, TrainerRequest
from components._lib.watched import describe_watched, watched_letters

_TIMEOUT = 900
_EVERY = "rate(1 hour)"


class ProductClustersArgs(TypedDict):
    """Inputs of `ProductClusters`."""

    layers: Sequence[pulumi.Input[str]]
    """ARNs of the Lambda layers that hold the runtime's dependencies, numpy among them."""
    vector_environment: pulumi.Input[Mapping[str, pulumi.Input[str]]]
    """Output `environment` of `VectorSearch`."""
    catalog_environment: pulumi.Input[Mapping[str, pulumi.Input[str]]]
    """Output `environment` of `Catalog`."""
    lake_environment: pulumi.Input[Mapping[str, pulumi.Input[str]]]
    """Output `clusters_environment` of `Lake`."""
    policies: Sequence[pulumi.Input[str]]
    """Outputs `label_policy` of `VectorSearch` and `Catalog`, and `clusters_policy` and
    `clusters_write_policy` of `Lake`."""
    clusters: NotRequired[int]
    """How many clusters there are at most, 1 to 1000; a small catalogue has fewer. Default: 100."""
    trainer: NotRequired[ClusterTrainer]
    """What finds the clusters: the function itself, or a training job of SageMaker. Default: builtin."""
    lake_bucket: NotRequired[pulumi.Input[str]]
    """Output `bucket` of `Lake`; needed with the trainer sagemaker. Default: none."""
    physical_name: NotRequired[str]
    """What the names of training jobs begin with, unique in account and region, at most 31 characters;
    needed with the trainer sagemaker. Default: none."""
    vector_layers: NotRequired[pulumi.Input[Sequence[pulumi.Input[str]]]]
    """Output `layers` of `VectorSearch`: what its backend needs. Default: none."""
    memory_mb: NotRequired[int]
    """Memory of the function; 50,000 products of 1024 numbers take 1 GB. Default: 3008."""
    log_retention_days: NotRequired[int]
    """Days for which logs are kept. Default: 30."""
    alarm_topic_arn: NotRequired[pulumi.Input[str]]
    """Topic that is told of alarms. Default: none, and no alarms."""
    tags: NotRequired[pulumi.Input[Mapping[str, pulumi.Input[str]]]]
    """Tags of every resource. Default: none."""


class ProductClusters(pulumi.ComponentResource):
    """A function that looks every hour whether products are to be grouped anew, and does it."""

    role_arn: pulumi.Output[str]
    """Role of the function, for `VectorAccess`."""
    function_name: pulumi.Output[str]
    """Function that groups the products; `{"force": true}` has it do so at once."""
    environment: pulumi.Output[Mapping[str, str]]
    """Setting GROUPER (JSON text) for functions that have the products grouped."""
    policy: pulumi.Output[str]
    """IAM policy document (JSON text) for calling exactly this function."""
    dead_letter_url: pulumi.Output[str]
    """Queue of the scheduled runs that failed for good."""
    watched: pulumi.Output[str]
    """Parts to look at (JSON text), for `Dashboard`."""

    def __init__(
        self, name: str, args: ProductClustersArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(public_token("ProductClusters"), name, {}, opts)
        clusters = int(args.get("clusters", 100))
        _check_clusters(clusters)
        trainer = TRAINERS[ClusterTrainer(args.get("trainer", ClusterTrainer.BUILTIN))](
            TrainerRequest(
                name=name,
                parent=self,
                lake_bucket=args.get("lake_bucket"),
                physical_name=args.get("physical_name"),
                tags=args.get("tags"),
            )
        )

        operation = read_operation(args)
        failures = failures_queue(name, self, operation)
        function = Function(
            name,
            FunctionSpec(
                service="clusters",
                handler="runtime.clusters.handler.handler",
                packages=("clusters", "catalog", "vectors", "shared"),
                layers=args["layers"],
                bound_layers=args.get("vector_layers"),
                timeout=_TIMEOUT,
                memory_mb=int(args.get("memory_mb", 3008)),
                operation=operation,
                environment={
                    "GROUPING": pulumi.Output.json_dumps(
                        {"clusters": clusters, "trainer": trainer.setting}, sort_keys=True
                    )
                },
                statements=trainer.statements,
                bound_environments=(
                    args["vector_environment"],
                    args["catalog_environment"],
                    args["lake_environment"],
                ),
                bound_policies=tuple(args["policies"]),
                dead_letter_arn=failures.arn,
            ),
            pulumi.ResourceOptions(parent=self),
        )
        run_on_schedule(name, self, function, "Groups products by look.", _EVERY, args.get("tags"))
        self.role_arn = function.role_arn
        self.function_name = function.name
        setting = pulumi.Output.json_dumps({"function": function.name}, sort_keys=True)
        self.environment = pulumi.Output.all(GROUPER=setting)
        self.policy = iam.document([iam.allow(["lambda:InvokeFunction"], [function.arn])])
        self.dead_letter_url = failures.url
        self.watched = describe_watched(function.watched, watched_letters(f"{name}-failures", failures))
        self.register_outputs(
            {
                "role_arn": self.role_arn,
                "function_name": self.function_name,
                "environment": self.environment,
                "policy": self.policy,
                "dead_letter_url": self.dead_letter_url,
                "watched": self.watched,
            }
        )


def _check_clusters(clusters: int) -> None:
    if not 1 <= clusters <= 1000:
        raise ValueError(f"clusters: {clusters} is out of range; use 1 to 1000")
