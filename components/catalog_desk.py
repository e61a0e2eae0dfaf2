"""The desk at which people of the shop fill its catalogue and see what becomes of what they bring."""

from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi

from components._lib import iam
from components._lib.function import Function, FunctionSpec
from components._lib.operation import read_operation
from components._lib.package import public_token
from components._lib.watched import describe_watched

_GATEWAY_LIMIT_SECONDS = 29


class CatalogDeskArgs(TypedDict):
    """Inputs of `CatalogDesk`."""

    layers: Sequence[pulumi.Input[str]]
    """ARNs of the Lambda layers that hold the runtime's dependencies, numpy among them."""
    catalog_environment: pulumi.Input[Mapping[str, pulumi.Input[str]]]
    """Output `environment` of `Catalog`."""
    desk_environment: pulumi.Input[Mapping[str, pulumi.Input[str]]]
    """Output `desk_environment` of `Catalog`."""
    vector_environment: pulumi.Input[Mapping[str, pulumi.Input[str]]]
    """Output `environment` of `VectorSearch`."""
    lake_environment: pulumi.Input[Mapping[str, pulumi.Input[str]]]
    """Output `clusters_environment` of `Lake`."""
    clusters_environment: pulumi.Input[Mapping[str, pulumi.Input[str]]]
    """Output `environment` of `ProductClusters`."""
    policies: Sequence[pulumi.Input[str]]
    """Outputs `desk_policy` of `Catalog`, `state_policy` of `VectorSearch`, `clusters_policy` of `Lake` and
    `policy` of `ProductClusters`."""
    log_retention_days: NotRequired[int]
    """Days for which logs are kept. Default: 30."""
    alarm_topic_arn: NotRequired[pulumi.Input[str]]
    """Topic that is told of alarms. Default: none, and no alarms."""
    tags: NotRequired[pulumi.Input[Mapping[str, pulumi.Input[str]]]]
    """Tags of every resource. Default: none."""


class CatalogDesk(pulumi.ComponentResource):
    """The function behind `/catalog`, for members of the group `merchandiser` only."""

    function_arn: pulumi.Output[str]
    """Function that answers the routes below `/catalog`."""
    watched: pulumi.Output[str]
    """Parts to look at (JSON text), for `Dashboard`."""

    def __init__(self, name: str, args: CatalogDeskArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(public_token("CatalogDesk"), name, {}, opts)
        function = Function(
            name,
            FunctionSpec(
                service="desk",
                handler="runtime.desk.handler.handler",
                packages=("desk", "catalog", "clusters", "vectors", "shared"),
                layers=args["layers"],
                timeout=_GATEWAY_LIMIT_SECONDS,
                memory_mb=1024,
                operation=read_operation(args),
                bound_environments=(
                    args["catalog_environment"],
                    args["desk_environment"],
                    args["vector_environment"],
                    args["lake_environment"],
                    args["clusters_environment"],
                ),
                bound_policies=(iam.merge(args["policies"]),),
            ),
            pulumi.ResourceOptions(parent=self),
        )
        self.function_arn = function.arn
        self.watched = describe_watched(function.watched)
        self.register_outputs({"function_arn": self.function_arn, "watched": self.watched})
