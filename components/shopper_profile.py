"""What is kept of a shopper, for the shopper: to see, change, take away and erase."""

from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi

from components._lib import iam
from components._lib.function import Function, FunctionSpec
from components._lib.kept import merge_kept
from components._lib.operation import read_operation
from components._lib.package import public_token
from components._lib.watched import describe_watched

_GATEWAY_LIMIT_SECONDS = 29


class ProfileArgs(TypedDict):
    """Inputs of `Profile`."""

    layers: Sequence[pulumi.Input[str]]
    """ARNs of the Lambda layers that hold the runtime's dependencies, without numpy."""
    chat_environment: pulumi.Input[Mapping[str, pulumi.Input[str]]]
    """Output `environment` of `ChatAgent`."""
    kept: Sequence[pulumi.Input[str]]
    """Outputs `kept` of all components that keep something of shoppers, `ChatAgent` first."""
    kept_policies: Sequence[pulumi.Input[str]]
    """Outputs `owner_policy` of the same components."""
    log_retention_days: NotRequired[int]
    """Days for which logs are kept. Default: 30."""
    alarm_topic_arn: NotRequired[pulumi.Input[str]]
    """Topic that is told of alarms. Default: none, and no alarms."""
    tags: NotRequired[pulumi.Input[Mapping[str, pulumi.Input[str]]]]
    """Tags of every resource. Default: none."""


class Profile(pulumi.ComponentResource):
    """The function behind `/me`."""

    function_arn: pulumi.Output[str]
    """Function that answers `GET`, `PATCH` and `DELETE /me` and `GET /me/export`."""
    watched: pulumi.Output[str]
    """Parts to look at (JSON text), for `Dashboard`."""

    def __init__(self, name: str, args: ProfileArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(public_token("Profile"), name, {}, opts)
        function = Function(
            name,
            FunctionSpec(
                service="privacy",
                handler="runtime.privacy.handler.handler",
                packages=("privacy", "shared"),
                layers=args["layers"],
                timeout=_GATEWAY_LIMIT_SECONDS,
                memory_mb=512,
                operation=read_operation(args),
                environment={"KEPT": merge_kept(args["kept"])},
                bound_environments=(args["chat_environment"],),
                bound_policies=(iam.merge(args["kept_policies"]),),
            ),
            pulumi.ResourceOptions(parent=self),
        )
        self.function_arn = function.arn
        self.watched = describe_watched(function.watched)
        self.register_outputs(
            {
                "function_arn": self.function_arn,
                "watched": self.watched,
            }
        )
