"""The shop's REST API: one gateway in front of the functions."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components._lib import iam
from components._lib.access_log import create_access_log
from components._lib.alarm import Watch, of_api
from components._lib.contract import PUBLIC_ROUTES, REQUEST_SCHEMAS
from components._lib.firewall import FirewallSpec, Scope, firewall
from components._lib.openapi import ApiDescription, describe_api, parse_route, route_slug, source_path
from components._lib.operation import read_operation
from components._lib.package import VERSION, public_token
from components._lib.watched import Kind, describe_watched, watched

STAGE = "v1"
TITLE = "Virtual Stylist"
# No client address and no query string: the first is personal, the second holds what people search for.
_ACCESS_LOG_FIELDS = {
    "requestId": "$context.requestId",
    "time": "$context.requestTimeEpoch",
    "method": "$context.httpMethod",
    "route": "$context.resourcePath",
    "status": "$context.status",
    "latencyMs": "$context.responseLatency",
    "integrationLatencyMs": "$context.integrationLatency",
    "responseBytes": "$context.responseLength",
    "errorType": "$context.error.responseType",
    "traceId": "$context.xrayTraceId",
}


class ApiArgs(TypedDict):
    """Inputs of `Api`."""

    routes: Mapping[str, pulumi.Input[str]]
    """Function ARN by route; a route is a method, one space and a path: `GET /products/{id}`."""
    user_pool_arn: pulumi.Input[str]
    """ARN of the Cognito user pool whose access tokens are accepted."""
    scope: pulumi.Input[str]
    """Scope that an access token must carry."""
    public_routes: NotRequired[Sequence[str]]
    """Routes that need neither API key nor token. Default: `GET /health` and `GET /capabilities`."""
    schemas: NotRequired[Mapping[str, str]]
    """JSON schema (draft 4) text of the request body by route. Default: the shop's own contract."""
    allowed_origin: NotRequired[pulumi.Input[str]]
    """Site whose pages may call the API from a browser. Default: `*`; the API uses no cookies."""
    requests_per_second: NotRequired[int]
    """Sustained limit of requests; twice as many may come in a burst. Default: 50."""
    firewall: NotRequired[bool]
    """Put AWS WAF before the API. Default: false."""
    physical_name: NotRequired[pulumi.Input[str]]
    """Prefix, unique in account and region, of the firewall's log. Default: none; a firewall needs one."""
    requests_per_address: NotRequired[int]
    """Requests that one address may make in five minutes (with a firewall). Default: 20000."""
    access_log: NotRequired[bool]
    """Log every request; needs the account's logging role, see `manage_account_logging`. Default: false."""
    manage_account_logging: NotRequired[bool]
    """Create that role. It is one per account and region: let only one stack do it. Default: false."""
    log_retention_days: NotRequired[int]
    """Days for which logs are kept. Default: 30."""
    alarm_topic_arn: NotRequired[pulumi.Input[str]]
    """Topic that is told of alarms. Default: none, and no alarms."""
    tags: NotRequired[pulumi.Input[Mapping[str, pulumi.Input[str]]]]
    """Tags of every resource. Default: none."""


class Api(pulumi.ComponentResource):
    """A REST API described by one OpenAPI document, with a key, tokens, limits and one stage."""

    url: pulumi.Output[str]
    """Address of the API, stage included, without a slash at the end."""
    api_key: pulumi.Output[str]
    """Value of the API key; a Pulumi secret."""
    api_id: pulumi.Output[str]
    """Id of the REST API."""
    stage_arn: pulumi.Output[str]
    """ARN of the stage, for a web application firewall."""
    execution_arn: pulumi.Output[str]
    """ARN under which the API invokes functions."""
    watched: pulumi.Output[str]
    """Parts to look at (JSON text), for `Dashboard`."""

    def __init__(self, name: str, args: ApiArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(public_token("Api"), name, {}, opts)
        routes = args["routes"]
        rate = int(args.get("requests_per_second", 50))
        public = _choose_public_routes(routes, args.get("public_routes"))
        schemas = _choose_schemas(routes, args.get("schemas"))
        _check_rate(rate)

        body = _body(args, public, schemas)
        api = aws.apigateway.RestApi(
            f"{name}-rest",
            body=body,
            endpoint_configuration={"types": "REGIONAL"},
            tags=args.get("tags"),
            opts=pulumi.ResourceOptions(parent=self),
        )
        deployment = aws.apigateway.Deployment(
            f"{name}-deployment",
            rest_api=api.id,
            # The document is the whole API, so its digest changes whenever a deployment is due.
            triggers={"body": body.apply(lambda text: hashlib.sha256(text.encode()).hexdigest())},
            opts=pulumi.ResourceOptions(parent=self, depends_on=[api]),
        )
        stage = _stage(name, self, args, api, deployment)
        _limit_methods(name, self, args, api, stage, rate)
        key = _key(name, self, args, api, stage, rate)
        for route, function_arn in sorted(routes.items()):
            _permit(f"{name}-invoke-{route_slug(route)}", self, api, route, function_arn)

        if args.get("firewall", False):
            _put_firewall(name, self, args, stage)

        Watch(parent=self, operation=read_operation(args)).add(name, *of_api(api.name, STAGE))
        self.url = stage.invoke_url.apply(lambda url: url.rstrip("/"))
        self.api_key = pulumi.Output.secret(key.value)
        self.api_id = api.id
        self.stage_arn = stage.arn
        self.execution_arn = api.execution_arn
        self.watched = describe_watched(watched(Kind.API, name, {"ApiName": api.name, "Stage": STAGE}))
        self.register_outputs(
            {
                "url": self.url,
                "api_key": self.api_key,
                "api_id": self.api_id,
                "stage_arn": self.stage_arn,
                "execution_arn": self.execution_arn,
                "watched": self.watched,
            }
        )


def _choose_public_routes(routes: Mapping[str, Any], public: Sequence[str] | None) -> frozenset[str]:
    """The routes open to all; raises ValueError for one that is not a route of this API."""
    if not routes:
        raise ValueError("routes: an API needs at least one route")
    for route in routes:
        parse_route(route)
    if public is None:
        return frozenset(PUBLIC_ROUTES) & frozenset(routes)
    _check_known("public_routes", public, routes)
    return frozenset(public)


def _choose_schemas(routes: Mapping[str, Any], schemas: Mapping[str, str] | None) -> dict[str, str]:
    """Request schemas by route; raises ValueError for an unknown route or a text that is no JSON object."""
    if schemas is None:
        return {route: text for route, text in REQUEST_SCHEMAS.items() if route in routes}
    _check_known("schemas", schemas, routes)
    for route, text in schemas.items():
        try:
            known = isinstance(json.loads(text), dict)
        except ValueError:
            known = False
        if not known:
            raise ValueError(f"schemas: the schema of {route} is not the JSON text of an object")
    return dict(schemas)


def _check_known(name: str, given: Sequence[str] | Mapping[str, str], routes: Mapping[str, Any]) -> None:
    if unknown := sorted(set(given) - set(routes)):
        raise ValueError(f"{name}: {', '.join(unknown)} is not in routes; add it there or drop it here")


def _check_rate(rate: int) -> None:
    if rate < 1:
        raise ValueError(f"requests_per_second: {rate} would refuse every request; use at least 1")


def _body(args: ApiArgs, public: frozenset[str], schemas: Mapping[str, str]) -> pulumi.Output[str]:
    def describe(known: Mapping[str, Any]) -> str:
        description = describe_api(
            ApiDescription(
                title=TITLE,
                version=VERSION,
                routes=known["routes"],
                public_routes=public,
                schemas=schemas,
                user_pool_arn=known["user_pool_arn"],
                scope=known["scope"],
                allowed_origin=known["allowed_origin"],
            )
        )
        return json.dumps(description, sort_keys=True)

    known = pulumi.Output.all(
        routes=args["routes"],
        user_pool_arn=args["user_pool_arn"],
        scope=args["scope"],
        allowed_origin=args.get("allowed_origin", "*"),
    )
    return known.apply(describe)


def _put_firewall(
    name: str,
    parent: pulumi.Resource,
    args: ApiArgs,
    stage: aws.apigateway.Stage,
) -> None:
    if "physical_name" not in args:
        raise ValueError("physical_name: a firewall needs a prefix for the name of its log; give one")
    acl = firewall(
        name,
        parent,
        FirewallSpec(
            scope=Scope.REGIONAL,
            physical_name=args["physical_name"],
            # The site calls for all of its shoppers, from a few addresses of its own.
            requests_per_address=int(args.get("requests_per_address", 20_000)),
            allowed_cidrs=(),
            operation=read_operation(args),
        ),
    )
    aws.wafv2.WebAclAssociation(
        f"{name}-firewall-association",
        resource_arn=stage.arn,
        web_acl_arn=acl.arn,
        opts=pulumi.ResourceOptions(parent=parent),
    )


def _stage(
    name: str,
    parent: pulumi.Resource,
    args: ApiArgs,
    api: aws.apigateway.RestApi,
    deployment: aws.apigateway.Deployment,
) -> aws.apigateway.Stage:
    needed_first: list[pulumi.Resource] = []
    if args.get("manage_account_logging", False):
        needed_first.append(_account_logging(name, parent, args))
    return aws.apigateway.Stage(
        f"{name}-stage",
        rest_api=api.id,
        deployment=deployment.id,
        stage_name=STAGE,
        xray_tracing_enabled=True,
        access_log_settings=create_access_log(
            name, parent, _ACCESS_LOG_FIELDS, read_operation(args), wanted=args.get("access_log", False)
        ),
        tags=args.get("tags"),
        opts=pulumi.ResourceOptions(parent=parent, depends_on=needed_first),
    )


def _account_logging(name: str, parent: pulumi.Resource, args: ApiArgs) -> aws.apigateway.Account:
    """The account-wide role with which API Gateway writes to CloudWatch."""
    opts = pulumi.ResourceOptions(parent=parent)
    role = aws.iam.Role(
        f"{name}-logging-role",
        assume_role_policy=iam.assume_role_policy("apigateway.amazonaws.com"),
        tags=args.get("tags"),
        opts=opts,
    )
    attachment = aws.iam.RolePolicyAttachment(
        f"{name}-logging-role-policy",
        role=role.name,
        policy_arn="arn:aws:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs",
        opts=opts,
    )
    return aws.apigateway.Account(
        f"{name}-account",
        cloudwatch_role_arn=role.arn,
        opts=pulumi.ResourceOptions(parent=parent, depends_on=[attachment]),
    )


def _limit_methods(
    name: str,
    parent: pulumi.Resource,
    args: ApiArgs,
    api: aws.apigateway.RestApi,
    stage: aws.apigateway.Stage,
    rate: int,
) -> None:
    aws.apigateway.MethodSettings(
        f"{name}-settings",
        rest_api=api.id,
        stage_name=stage.stage_name,
        method_path="*/*",
        settings={
            "metrics_enabled": True,
            "logging_level": "ERROR" if args.get("access_log", False) else "OFF",
            # A trace of the data would write what people search for into the logs.
            "data_trace_enabled": False,
            "throttling_rate_limit": rate,
            "throttling_burst_limit": 2 * rate,
        },
        opts=pulumi.ResourceOptions(parent=parent),
    )


def _key(
    name: str,
    parent: pulumi.Resource,
    args: ApiArgs,
    api: aws.apigateway.RestApi,
    stage: aws.apigateway.Stage,
    rate: int,
) -> aws.apigateway.ApiKey:
    opts = pulumi.ResourceOptions(parent=parent)
    key = aws.apigateway.ApiKey(f"{name}-key", tags=args.get("tags"), opts=opts)
    plan = aws.apigateway.UsagePlan(
        f"{name}-plan",
        api_stages=[{"api_id": api.id, "stage": stage.stage_name}],
        throttle_settings={"rate_limit": rate, "burst_limit": 2 * rate},
        tags=args.get("tags"),
        opts=opts,
    )
    aws.apigateway.UsagePlanKey(
        f"{name}-plan-key", key_id=key.id, key_type="API_KEY", usage_plan_id=plan.id, opts=opts
    )
    return key


def _permit(
    name: str,
    parent: pulumi.Resource,
    api: aws.apigateway.RestApi,
    route: str,
    function_arn: pulumi.Input[str],
) -> None:
    aws.lambda_.Permission(
        name,
        action="lambda:InvokeFunction",
        function=function_arn,
        principal="apigateway.amazonaws.com",
        source_arn=pulumi.Output.concat(api.execution_arn, f"/{STAGE}/{source_path(route)}"),
        opts=pulumi.ResourceOptions(parent=parent),
    )
