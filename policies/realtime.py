"""Rules about WebSocket APIs."""

from collections.abc import Iterator

from policies.stack import (
    PERMISSION,
    SOCKET_API,
    SOCKET_AUTHORIZER,
    SOCKET_DEPLOYMENT,
    SOCKET_INTEGRATION,
    SOCKET_ROUTE,
    SOCKET_STAGE,
    Resource,
    Stack,
    Violation,
    invoked_function,
    of_type,
)

_TOKEN_SOURCES = ("route.request.querystring.", "route.request.header.")


def authorize_every_connect(stack: Stack) -> Iterator[Violation]:
    """Nobody connects to a WebSocket API without an authorizer that looks at a token of this very request."""
    authorizers = {each.text("id"): each for each in of_type(stack, SOCKET_AUTHORIZER)}
    for api in of_type(stack, SOCKET_API):
        connects = [each for each in _routes(stack, api) if each.text("routeKey") == "$connect"]
        if not connects:
            yield Violation(api.name, "has no $connect route, so everyone may connect")
        for route in connects:
            authorizer = authorizers.get(route.text("authorizerId"))
            if route.text("authorizationType") != "CUSTOM" or authorizer is None:
                yield Violation(route.name, "set authorizationType to CUSTOM and authorizerId")
                continue
            sources = authorizer.list("identitySources")
            if authorizer.text("authorizerType") != "REQUEST" or not any(
                str(source).startswith(_TOKEN_SOURCES) for source in sources
            ):
                yield Violation(authorizer.name, "make it a REQUEST authorizer with the token as source")
            if authorizer.properties.get("authorizerResultTtlInSeconds"):
                yield Violation(authorizer.name, "leave authorizerResultTtlInSeconds at 0")


def permit_every_message(stack: Stack) -> Iterator[Violation]:
    """For every WebSocket route and authorizer there is a permission to invoke exactly its function."""
    permitted = {(grant.text("function"), grant.text("sourceArn")) for grant in of_type(stack, PERMISSION)}
    integrations = {f"integrations/{each.text('id')}": each for each in of_type(stack, SOCKET_INTEGRATION)}
    stages = {stage.text("apiId"): stage.text("name") for stage in of_type(stack, SOCKET_STAGE)}
    for api in of_type(stack, SOCKET_API):
        base, stage = api.text("executionArn"), stages.get(api.text("id"), "")
        for route in _routes(stack, api):
            integration = integrations.get(route.text("target"))
            function = invoked_function(integration.text("integrationUri")) if integration else ""
            if (function, f"{base}/{stage}/{route.text('routeKey')}") not in permitted:
                yield Violation(route.name, "has no permission to invoke its function")
        for authorizer in of_type(stack, SOCKET_AUTHORIZER):
            function = invoked_function(authorizer.text("authorizerUri"))
            if (function, f"{base}/authorizers/{authorizer.text('id')}") not in permitted:
                yield Violation(authorizer.name, "has no permission to invoke its function")


def redeploy_messages_on_change(stack: Stack) -> Iterator[Violation]:
    """A deployment of a WebSocket API has triggers, or changed routes would never go live."""
    for deployment in of_type(stack, SOCKET_DEPLOYMENT):
        if not deployment.map("triggers"):
            yield Violation(deployment.name, "set triggers to a digest of the routes")


def limit_every_message(stack: Stack) -> Iterator[Violation]:
    """Every WebSocket stage limits its rate and keeps what is said out of the logs."""
    for stage in of_type(stack, SOCKET_STAGE):
        settings = stage.map("defaultRouteSettings")
        if not (settings.get("throttlingRateLimit", 0) > 0 and settings.get("throttlingBurstLimit", 0) > 0):
            yield Violation(stage.name, "set throttlingRateLimit and throttlingBurstLimit for all routes")
        if settings.get("dataTraceEnabled") is not False:
            yield Violation(stage.name, "set dataTraceEnabled to false: it logs messages")


def _routes(stack: Stack, api: Resource) -> list[Resource]:
    return [route for route in of_type(stack, SOCKET_ROUTE) if route.text("apiId") == api.text("id")]
