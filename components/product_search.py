"""The function behind the search routes."""

from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi

from components._lib import iam
from components._lib.function import Function, FunctionSpec, check_pair
from components._lib.operation import read_operation
from components._lib.package import public_token
from components._lib.watched import describe_watched

_GATEWAY_LIMIT_SECONDS = 29


class ProductSearchArgs(TypedDict):
    """Inputs of `ProductSearch`."""

    vector_environment: pulumi.Input[Mapping[str, pulumi.Input[str]]]
    """Output `environment` of `VectorSearch`."""
    vector_query_policy: pulumi.Input[str]
    """Output `query_policy` of `VectorSearch`."""
    catalog_environment: pulumi.Input[Mapping[str, pulumi.Input[str]]]
    """Output `environment` of `Catalog`."""
    catalog_policy: pulumi.Input[str]
    """Output `search_policy` of `Catalog`."""
    layers: Sequence[pulumi.Input[str]]
    """ARNs of the Lambda layers that hold the runtime's dependencies, numpy among them."""
    style_environment: NotRequired[pulumi.Input[Mapping[str, pulumi.Input[str]]]]
    """Output `environment` of `Personalization`. Default: all shoppers find the same."""
    style_policy: NotRequired[pulumi.Input[str]]
    """Output `policy` of `Personalization`; belongs to `style_environment`. Default: none."""
    cluster_environment: NotRequired[pulumi.Input[Mapping[str, pulumi.Input[str]]]]
    """Output `clusters_environment` of `Lake`: how alike clusters are. Default: no two are."""
    cluster_policy: NotRequired[pulumi.Input[str]]
    """Output `clusters_policy` of `Lake`; belongs to `cluster_environment`. Default: none."""
    memory_mb: NotRequired[int]
    """Memory, which also decides the share of a processor; the index lives in it. Default: 2048."""
    vector_layers: NotRequired[pulumi.Input[Sequence[pulumi.Input[str]]]]
    """Output `layers` of `VectorSearch`: what its backend needs. Default: none."""
    log_retention_days: NotRequired[int]
    """Days for which logs are kept. Default: 30."""
    alarm_topic_arn: NotRequired[pulumi.Input[str]]
    """Topic that is told of alarms. Default: none, and no alarms."""
    tags: NotRequired[pulumi.Input[Mapping[str, pulumi.Input[str]]]]
    """Tags of every resource. Default: none."""


class ProductSearch(pulumi.ComponentResource):
    """Search by words, by picture or by both, over any vector backend."""

    function_arn: pulumi.Output[str]
    """Function that answers the search routes."""
    role_arn: pulumi.Output[str]
    """Role of that function, for `VectorAccess`."""
    environment: pulumi.Output[Mapping[str, str]]
    """Setting SEARCH (JSON text) for functions that search through this one."""
    policy: pulumi.Output[str]
    """IAM policy document (JSON text) for calling exactly this function."""
    watched: pulumi.Output[str]
    """Parts to look at (JSON text), for `Dashboard`."""

    def __init__(
        self, name: str, args: ProductSearchArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(public_token("ProductSearch"), name, {}, opts)
        check_pair(args, "style_environment", "style_policy")
        check_pair(args, "cluster_environment", "cluster_policy")
        search = Function(
            name,
            FunctionSpec(
                service="search",
                handler="runtime.search.handler.handler",
                packages=("search", "personalization", "clusters", "vectors", "wardrobe", "shared"),
                layers=args["layers"],
                bound_layers=args.get("vector_layers"),
                timeout=_GATEWAY_LIMIT_SECONDS,
                memory_mb=int(args.get("memory_mb", 2048)),
                operation=read_operation(args),
                bound_environments=(
                    args["vector_environment"],
                    args["catalog_environment"],
                    args.get("style_environment", {}),
                    args.get("cluster_environment", {}),
                ),
                bound_policies=(
                    args["vector_query_policy"],
                    args["catalog_policy"],
                    *([args["style_policy"]] if "style_policy" in args else []),
                    *([args["cluster_policy"]] if "cluster_policy" in args else []),
                ),
            ),
            pulumi.ResourceOptions(parent=self),
        )
        self.function_arn = search.arn
        self.role_arn = search.role_arn
        setting = pulumi.Output.json_dumps({"function": search.name}, sort_keys=True)
        self.environment = pulumi.Output.all(SEARCH=setting)
        self.policy = iam.document([iam.allow(["lambda:InvokeFunction"], [search.arn])])
        self.watched = describe_watched(search.watched)
        self.register_outputs(
            {
                "function_arn": self.function_arn,
                "role_arn": self.role_arn,
                "environment": self.environment,
                "policy": self.policy,
                "watched": self.watched,
            }
        )
