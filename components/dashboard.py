"""One page that shows how a stack is."""

import json
from collections.abc import Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components._lib.bedrock import find_place
from components._lib.board import draw_board
from components._lib.package import public_token
from components._lib.watched import merge_watched


class DashboardArgs(TypedDict):
    """Inputs of `Dashboard`."""

    physical_name: pulumi.Input[str]
    """Name of the dashboard, unique in the account."""
    watched: Sequence[pulumi.Input[str]]
    """Outputs `watched` of all components that there is to look at."""
    daily_spend_usd: NotRequired[int]
    """US dollars that the stack may spend on pictures and try-ons in a day. Default: 10."""
    enabled: NotRequired[bool]
    """Whether there is a dashboard; false declares none, and none is paid for. Default: true."""


class Dashboard(pulumi.ComponentResource):
    """A CloudWatch dashboard with a graph for whatever the components have to show."""

    watched: pulumi.Output[str]
    """The parts of all components in one list (JSON text)."""
    dashboard_name: pulumi.Output[str]
    """Name of the dashboard; empty without one."""

    def __init__(self, name: str, args: DashboardArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(public_token("Dashboard"), name, {}, opts)
        cap = int(args.get("daily_spend_usd", 10))
        if cap < 1:
            raise ValueError(f"daily_spend_usd: {cap} is no limit; use at least 1")

        self.watched = merge_watched(args["watched"])
        self.dashboard_name = pulumi.Output.from_input("")
        if args.get("enabled", True):
            self.dashboard_name = _board(name, self, args, self.watched, cap).dashboard_name
        self.register_outputs({"watched": self.watched, "dashboard_name": self.dashboard_name})


def _board(
    name: str, parent: pulumi.Resource, args: DashboardArgs, watched: pulumi.Output[str], cap: int
) -> aws.cloudwatch.Dashboard:
    region = find_place(parent).region
    body = pulumi.Output.all(watched, region).apply(
        lambda known: json.dumps(draw_board(json.loads(known[0]), known[1], cap), sort_keys=True)
    )
    return aws.cloudwatch.Dashboard(
        f"{name}-board",
        dashboard_name=args["physical_name"],
        dashboard_body=body,
        opts=pulumi.ResourceOptions(parent=parent),
    )
