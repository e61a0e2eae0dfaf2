"""The routes of the WebSocket API: who may connect, and which function answers which action."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any, NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components._lib.access_log import create_access_log
from components._lib.function import Function, FunctionSpec
from components._lib.openapi import integration_uri
from components._lib.operation import read_operation
from components._lib.package import public_token
from components._lib.watched import Kind, describe_watched, watched
from components.connections import STAGE

_OWN_ROUTES = ("$connect", "$disconnect", "$default", "ping")
_ACTION = re.compile(r"[A-Za-z][A-Za-z0-9._]*")
_INTEGRATION_MS = 29_000
_TOKEN = "route.request.querystring.token"  # noqa: S105 - where the token is, not a token
# No client address, no user and no token: the query string of $connect holds one.
_ACCESS_LOG_FIELDS = {
    "requestId": "$context.requestId",
    "time": "$context.requestTimeEpoch",
    "route": "$context.routeKey",
    "event": "$context.eventType",
    "status": "$context.status",
    "integrationLatencyMs": "$context.integrationLatency",
    "errorType": "$context.error.responseType",
}


class RealtimeArgs(TypedDict):
    """Inputs of `Realtime`."""

    api_id: pulumi.Input[str]
    """Output `api_id` of `Connections`."""
    execution_arn: pulumi.Input[str]
    """Output `execution_arn` of `Connections`."""
    connections_environment: pulumi.Input[Mapping[str, pulumi.Input[str]]]
    """Output `environment` of `Connections`."""
    connections_policy: pulumi.Input[str]
    """Output `manage_policy` of `Connections`."""
    metadata_url: pulumi.Input[str]
    """OpenID Connect discovery document of the user pool."""
    client_id: pulumi.Input[str]
    """The client whose access tokens are accepted."""
    scope: pulumi.Input[str]
    """Scope that an access token must carry."""
    layers: Sequence[pulumi.Input[str]]
    """ARNs of the Lambda layers that hold the runtime's dependencies."""
    token_layers: Sequence[pulumi.Input[str]]
    """ARNs of the layers that hold PyJWT; the authorizer needs them as well."""
    routes: NotRequired[Mapping[str, pulumi.Input[str]]]
    """Function ARN by action, the member `action` of a message. Default: no action but `ping`."""
    requests_per_second: NotRequired[int]
    """Sustained limit of connects and messages; twice as many may come in a burst. Default: 50."""
    access_log: NotRequired[bool]
    """Log every message; the account must have its API Gateway logging role by then. Default: false."""
    log_retention_days: NotRequired[int]
    """Days for which logs are kept. Default: 30."""
    alarm_topic_arn: NotRequired[pulumi.Input[str]]
    """Topic that is told of alarms. Default: none, and no alarms."""
    tags: NotRequired[pulumi.Input[Mapping[str, pulumi.Input[str]]]]
    """Tags of every resource. Default: none."""


class Realtime(pulumi.ComponentResource):
    """The authorizer, the routes and the stage of a WebSocket API."""

    url: pulumi.Output[str]
    """Address (wss) to connect to; the access token goes into the query parameter `token`."""
    stage_arn: pulumi.Output[str]
    """ARN of the stage."""
    watched: pulumi.Output[str]
    """Parts to look at (JSON text), for `Dashboard`."""

    def __init__(self, name: str, args: RealtimeArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(public_token("Realtime"), name, {}, opts)
        actions = args.get("routes", {})
        rate = int(args.get("requests_per_second", 50))
        _check_actions(actions)
        _check_rate(rate)

        checker = _token_checker(name, self, args)
        authorizer = _authorizer(name, self, args, checker)
        lifecycle = _lifecycle(name, self, args)
        targets: dict[str, pulumi.Input[str]] = dict.fromkeys(_OWN_ROUTES, lifecycle.arn)
        targets.update(actions)
        routes = [
            _route(name, self, args, route, target, authorizer) for route, target in sorted(targets.items())
        ]
        deployment = aws.apigatewayv2.Deployment(
            f"{name}-deployment",
            api_id=args["api_id"],
            triggers={"routes": _digest(targets, authorizer)},
            opts=pulumi.ResourceOptions(parent=self, depends_on=routes),
        )
        stage = _stage(name, self, args, deployment, rate)

        self.url = stage.invoke_url
        self.stage_arn = stage.arn
        self.watched = describe_watched(
            checker.watched,
            lifecycle.watched,
            watched(Kind.SOCKET, name, {"ApiId": args["api_id"], "Stage": STAGE}),
        )
        self.register_outputs(
            {
                "url": self.url,
                "stage_arn": self.stage_arn,
                "watched": self.watched,
            }
        )


def _check_actions(actions: Mapping[str, Any]) -> None:
    for action in actions:
        if action in _OWN_ROUTES:
            raise ValueError(f"routes: {action} is answered by the component itself; leave it out")
        if not _ACTION.fullmatch(action):
            raise ValueError(f"routes: {action!r} is no action; use a letter, then letters, digits, . and _")


def _check_rate(rate: int) -> None:
    if rate < 1:
        raise ValueError(f"requests_per_second: {rate} would refuse every message; use at least 1")


def _token_checker(name: str, parent: pulumi.Resource, args: RealtimeArgs) -> Function:
    """The function that looks at the token of whoever connects."""
    setting = pulumi.Output.json_dumps(
        {"metadata_url": args["metadata_url"], "client_id": args["client_id"], "scope": args["scope"]},
        sort_keys=True,
    )
    return Function(
        f"{name}-authorizer",
        FunctionSpec(
            service="authorizer",
            handler="runtime.realtime.authorizer.handler",
            packages=("realtime", "shared"),
            layers=[*args["layers"], *args["token_layers"]],
            timeout=10,
            memory_mb=512,
            operation=read_operation(args),
            environment={"AUTHORIZER": setting},
        ),
        pulumi.ResourceOptions(parent=parent),
    )


def _authorizer(
    name: str, parent: pulumi.Resource, args: RealtimeArgs, function: Function
) -> aws.apigatewayv2.Authorizer:
    authorizer = aws.apigatewayv2.Authorizer(
        f"{name}-token",
        api_id=args["api_id"],
        authorizer_type="REQUEST",
        authorizer_uri=function.arn.apply(integration_uri),
        # Without a token API Gateway refuses by itself; for a WebSocket it never keeps an answer.
        identity_sources=[_TOKEN],
        opts=pulumi.ResourceOptions(parent=parent),
    )
    _permit(f"{name}-authorizer-permission", parent, args, function.arn, "authorizers", authorizer.id)
    return authorizer


def _lifecycle(name: str, parent: pulumi.Resource, args: RealtimeArgs) -> Function:
    """The function that keeps the table of connections and answers what no other function does."""
    return Function(
        f"{name}-lifecycle",
        FunctionSpec(
            service="realtime",
            handler="runtime.realtime.handler.handler",
            packages=("realtime", "shared"),
            layers=args["layers"],
            timeout=10,
            memory_mb=512,
            operation=read_operation(args),
            bound_environments=(args["connections_environment"],),
            bound_policies=(args["connections_policy"],),
        ),
        pulumi.ResourceOptions(parent=parent),
    )


def _route(
    name: str,
    parent: pulumi.Resource,
    args: RealtimeArgs,
    route_key: str,
    function_arn: pulumi.Input[str],
    authorizer: aws.apigatewayv2.Authorizer,
) -> aws.apigatewayv2.Route:
    opts = pulumi.ResourceOptions(parent=parent)
    slug = route_key.replace("$", "on-")
    integration = aws.apigatewayv2.Integration(
        f"{name}-{slug}-integration",
        api_id=args["api_id"],
        integration_type="AWS_PROXY",
        integration_method="POST",
        integration_uri=pulumi.Output.from_input(function_arn).apply(integration_uri),
        content_handling_strategy="CONVERT_TO_TEXT",
        passthrough_behavior="WHEN_NO_MATCH",
        timeout_milliseconds=_INTEGRATION_MS,
        opts=opts,
    )
    _permit(f"{name}-invoke-{slug}", parent, args, function_arn, STAGE, route_key)
    connects = route_key == "$connect"
    return aws.apigatewayv2.Route(
        f"{name}-{slug}-route",
        api_id=args["api_id"],
        route_key=route_key,
        # Only a connect can be authorized; what comes over the connection is the same shopper's.
        authorization_type="CUSTOM" if connects else "NONE",
        authorizer_id=authorizer.id if connects else None,
        target=pulumi.Output.concat("integrations/", integration.id),
        opts=opts,
    )


def _permit(
    name: str,
    parent: pulumi.Resource,
    args: RealtimeArgs,
    function_arn: pulumi.Input[str],
    place: str,
    caller: pulumi.Input[str],
) -> None:
    aws.lambda_.Permission(
        name,
        action="lambda:InvokeFunction",
        function=function_arn,
        principal="apigateway.amazonaws.com",
        source_arn=pulumi.Output.concat(args["execution_arn"], f"/{place}/", caller),
        opts=pulumi.ResourceOptions(parent=parent),
    )


def _digest(
    targets: Mapping[str, pulumi.Input[str]], authorizer: aws.apigatewayv2.Authorizer
) -> pulumi.Output[str]:
    """A text that changes whenever a deployment is due."""
    parts = pulumi.Output.json_dumps(
        {"routes": dict(targets), "authorizer": authorizer.id, "token": _TOKEN}, sort_keys=True
    )
    return parts.apply(lambda text: hashlib.sha256(text.encode()).hexdigest())


def _stage(
    name: str,
    parent: pulumi.Resource,
    args: RealtimeArgs,
    deployment: aws.apigatewayv2.Deployment,
    rate: int,
) -> aws.apigatewayv2.Stage:
    return aws.apigatewayv2.Stage(
        f"{name}-stage",
        api_id=args["api_id"],
        name=STAGE,
        deployment_id=deployment.id,
        default_route_settings={
            "throttling_rate_limit": rate,
            "throttling_burst_limit": 2 * rate,
            "detailed_metrics_enabled": True,
            # A trace of the data would write what people say into the logs.
            "data_trace_enabled": False,
            "logging_level": "OFF",
        },
        access_log_settings=create_access_log(
            name, parent, _ACCESS_LOG_FIELDS, read_operation(args), wanted=args.get("access_log", False)
        ),
        tags=args.get("tags"),
        opts=pulumi.ResourceOptions(parent=parent),
    )
