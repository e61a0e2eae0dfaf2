"""A visitor who comes on a schedule and says whether the shop works."""

from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components._lib import iam
from components._lib.alarm import MINUTE, Watch, of_visits
from components._lib.function import Function, FunctionSpec
from components._lib.operation import read_operation
from components._lib.package import public_token
from components._lib.schedule import every_minutes, run_on_schedule
from components._lib.watched import describe_watched

_TOKEN_HOURS = 24
_TIMEOUT = 120
_RECOVERY_DAYS = 30
_SERVICE = "canary"


class CanaryArgs(TypedDict):
    """Inputs of `Canary`."""

    api_url: pulumi.Input[str]
    """Output `url` of `Api`."""
    api_key: pulumi.Input[str]
    """Output `api_key` of `Api`."""
    user_pool_id: pulumi.Input[str]
    """Output `user_pool_id` of `Auth`."""
    domain_url: pulumi.Input[str]
    """Output `domain_url` of `Auth`: the visitor signs in there, as a machine."""
    scope: pulumi.Input[str]
    """Output `scope` of `Auth`."""
    layers: Sequence[pulumi.Input[str]]
    """ARNs of the Lambda layers that hold the runtime's dependencies."""
    minutes: NotRequired[int]
    """Minutes between two visits, 1 to 60; 0 declares nothing. Default: 5."""
    searches: NotRequired[bool]
    """Search as well, which keeps a vector store awake that would scale to zero; else it looks at a product.
    Default: true."""
    log_retention_days: NotRequired[int]
    """Days for which logs are kept. Default: 30."""
    alarm_topic_arn: NotRequired[pulumi.Input[str]]
    """Topic that is told of alarms. Default: none, and no alarms."""
    protect_data: NotRequired[bool]
    """Let a deleted secret be recovered for 30 days. Default: true."""
    tags: NotRequired[pulumi.Input[Mapping[str, pulumi.Input[str]]]]
    """Tags of every resource. Default: none."""


class Canary(pulumi.ComponentResource):
    """A function that uses the shop every few minutes, and an alarm for when it cannot.

    It signs in by a client of its own, which Cognito charges for by the month.
    """

    function_name: pulumi.Output[str]
    """The function; empty without visits."""
    watched: pulumi.Output[str]
    """Parts to look at (JSON text), for `Dashboard`."""

    def __init__(self, name: str, args: CanaryArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(public_token("Canary"), name, {}, opts)
        minutes = int(args.get("minutes", 5))
        if not 0 <= minutes <= 60:
            raise ValueError(f"minutes: {minutes} is out of range; use 1 to 60, or 0 for no visits")

        self.function_name = pulumi.Output.from_input("")
        self.watched = describe_watched()
        if minutes:
            self._fly(name, args, minutes)
        self.register_outputs({"function_name": self.function_name, "watched": self.watched})

    def _fly(self, name: str, args: CanaryArgs, minutes: int) -> None:
        client = _client(name, self, args)
        secret = _secret(name, self, args, client)
        function = _function(name, self, args, client, secret)
        run_on_schedule(name, self, function, "Visits the shop.", every_minutes(minutes), args.get("tags"))
        Watch(parent=self, operation=read_operation(args)).add(
            name, of_visits(_SERVICE, function.name, minutes * MINUTE)
        )
        self.function_name = function.name
        self.watched = describe_watched(function.watched)


def _client(name: str, parent: pulumi.Resource, args: CanaryArgs) -> aws.cognito.UserPoolClient:
    return aws.cognito.UserPoolClient(
        f"{name}-client",
        user_pool_id=args["user_pool_id"],
        generate_secret=True,
        allowed_oauth_flows_user_pool_client=True,
        allowed_oauth_flows=["client_credentials"],
        allowed_oauth_scopes=[args["scope"]],
        explicit_auth_flows=["ALLOW_REFRESH_TOKEN_AUTH"],
        prevent_user_existence_errors="ENABLED",
        enable_token_revocation=True,
        # Each token is paid for.
        access_token_validity=_TOKEN_HOURS,
        token_validity_units={"access_token": "hours"},
        opts=pulumi.ResourceOptions(parent=parent),
    )


def _secret(
    name: str, parent: pulumi.Resource, args: CanaryArgs, client: aws.cognito.UserPoolClient
) -> aws.secretsmanager.Secret:
    opts = pulumi.ResourceOptions(parent=parent)
    secret = aws.secretsmanager.Secret(
        f"{name}-secret",
        description="How the visitor of the Virtual Stylist signs in.",
        # A deleted secret keeps its name during the recovery window; without protection it goes at once.
        recovery_window_in_days=_RECOVERY_DAYS if args.get("protect_data", True) else 0,
        tags=args.get("tags"),
        opts=opts,
    )
    content = pulumi.Output.json_dumps(
        {"api_key": args["api_key"], "client_secret": client.client_secret}, sort_keys=True
    )
    aws.secretsmanager.SecretVersion(
        f"{name}-secret-value",
        secret_id=secret.id,
        secret_string=pulumi.Output.secret(content),
        opts=opts,
    )
    return secret


def _function(
    name: str,
    parent: pulumi.Resource,
    args: CanaryArgs,
    client: aws.cognito.UserPoolClient,
    secret: aws.secretsmanager.Secret,
) -> Function:
    setting = pulumi.Output.json_dumps(
        {
            "api_url": args["api_url"],
            "token_url": pulumi.Output.concat(args["domain_url"], "/oauth2/token"),
            "client_id": client.id,
            "scope": args["scope"],
            "secret_arn": secret.arn,
            "searches": args.get("searches", True),
        },
        sort_keys=True,
    )
    return Function(
        name,
        FunctionSpec(
            service=_SERVICE,
            handler="runtime.canary.handler.handler",
            packages=("canary", "shared"),
            layers=args["layers"],
            timeout=_TIMEOUT,
            memory_mb=256,
            operation=read_operation(args),
            environment={"CANARY": setting},
            statements=(iam.allow(["secretsmanager:GetSecretValue"], [secret.arn]),),
        ),
        pulumi.ResourceOptions(parent=parent),
    )
