"""What shoppers save: favourites, the bag and looks, on every device."""

from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi

from components._lib import iam
from components._lib.function import Function, FunctionSpec
from components._lib.kept import describe_kept, kept_rows, own_rows
from components._lib.operation import read_operation
from components._lib.package import public_token
from components._lib.table import data_table
from components._lib.watched import describe_watched, watched_table

_GATEWAY_LIMIT_SECONDS = 29


class ClosetArgs(TypedDict):
    """Inputs of `Closet`."""

    layers: Sequence[pulumi.Input[str]]
    """ARNs of the Lambda layers that hold the runtime's dependencies, without numpy."""
    catalog_environment: pulumi.Input[Mapping[str, pulumi.Input[str]]]
    """Output `environment` of `Catalog`: only its products can be saved."""
    catalog_policy: pulumi.Input[str]
    """Output `lookup_policy` of `Catalog`."""
    log_retention_days: NotRequired[int]
    """Days for which logs are kept. Default: 30."""
    alarm_topic_arn: NotRequired[pulumi.Input[str]]
    """Topic that is told of alarms. Default: none, and no alarms."""
    protect_data: NotRequired[bool]
    """Keep data when the stack goes: deletion protection, recovery, retention. Default: true."""
    tags: NotRequired[pulumi.Input[Mapping[str, pulumi.Input[str]]]]
    """Tags of every resource. Default: none."""


class Closet(pulumi.ComponentResource):
    """A table of what shoppers save, and the function that keeps it."""

    function_arn: pulumi.Output[str]
    """Function that answers `GET /me/closet`, and `PUT` and `DELETE /me/closet/{kind}/{id}`."""
    kept: pulumi.Output[str]
    """What is kept of shoppers (JSON text), for `Profile`."""
    owner_policy: pulumi.Output[str]
    """IAM policy document (JSON text) for showing and erasing that."""
    watched: pulumi.Output[str]
    """Parts to look at (JSON text), for `Dashboard`."""

    def __init__(self, name: str, args: ClosetArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(public_token("Closet"), name, {}, opts)
        table = data_table(
            f"{name}-items",
            self,
            hash_key="user_id",
            range_key="key",
            protect_data=args.get("protect_data", True),
            tags=args.get("tags"),
        )
        function = Function(
            name,
            FunctionSpec(
                service="closet",
                handler="runtime.closet.handler.handler",
                packages=("closet", "shared"),
                layers=args["layers"],
                timeout=_GATEWAY_LIMIT_SECONDS,
                memory_mb=512,
                operation=read_operation(args),
                environment={"CLOSET": pulumi.Output.json_dumps({"table": table.name}, sort_keys=True)},
                bound_environments=(args["catalog_environment"],),
                statements=(
                    iam.allow(
                        ["dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:Query", "dynamodb:UpdateItem"],
                        [table.arn],
                    ),
                ),
                bound_policies=(args["catalog_policy"],),
            ),
            pulumi.ResourceOptions(parent=self),
        )
        self.function_arn = function.arn
        self.kept = describe_kept(kept_rows("closet", table, keys=("key",)))
        self.owner_policy = iam.document(own_rows(table))
        self.watched = describe_watched(function.watched, watched_table(f"{name}-items", table))
        self.register_outputs(
            {
                "function_arn": self.function_arn,
                "kept": self.kept,
                "owner_policy": self.owner_policy,
                "watched": self.watched,
            }
        )
