"""Rules about the REST API and about sign-in."""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from policies.stack import (
    DEPLOYMENT,
    FUNCTION,
    PERMISSION,
    REST_API,
    STAGE,
    USER_POOL,
    USER_POOL_CLIENT,
    Resource,
    Stack,
    Violation,
    of_type,
)

_OPEN_ROUTES = frozenset({("/health", "get"), ("/capabilities", "get")})
_SETTINGS = "aws:apigateway/methodSettings:MethodSettings"
_USAGE_PLAN = "aws:apigateway/usagePlan:UsagePlan"
_REQUIRED_RESPONSES = ("DEFAULT_4XX", "DEFAULT_5XX", "UNAUTHORIZED", "INVALID_API_KEY", "THROTTLED")


def _operations(api: Resource) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for path, methods in api.map("body").get("paths", {}).items():
        for method, operation in methods.items():
            yield path, method, operation


def permit_every_route(stack: Stack) -> Iterator[Violation]:
    """For every route there is a permission for exactly that route to invoke exactly its function."""
    permitted = {(grant.text("function"), grant.text("sourceArn")) for grant in of_type(stack, PERMISSION)}
    stages = {stage.text("restApi"): stage.text("stageName") for stage in of_type(stack, STAGE)}
    for api in of_type(stack, REST_API):
        stage = stages.get(api.text("id"), "")
        for path, method, operation in _operations(api):
            uri = operation["x-amazon-apigateway-integration"].get("uri", "")
            if not uri:
                continue
            function = uri.split("/functions/")[1].removesuffix("/invocations")
            tail = re.sub(r"{[^}]+}", "*", path)
            source = f"{api.text('executionArn')}/{stage}/{method.upper()}{tail}"
            if (function, source) not in permitted:
                yield Violation(api.name, f"{method.upper()} {path} has no permission to invoke its function")


def route_only_to_own_functions(stack: Stack) -> Iterator[Violation]:
    """Every route leads to a function of this stack."""
    functions = {function.text("arn") for function in of_type(stack, FUNCTION)}
    for api in of_type(stack, REST_API):
        for path, method, operation in _operations(api):
            uri = operation["x-amazon-apigateway-integration"].get("uri", "")
            if uri and uri.split("/functions/")[1].removesuffix("/invocations") not in functions:
                yield Violation(api.name, f"{method.upper()} {path} leads to a function outside the stack")


def ask_for_key_and_token(stack: Stack) -> Iterator[Violation]:
    """Every route but health and capabilities asks for the API key and for a token with a scope."""
    for api in of_type(stack, REST_API):
        for path, method, operation in _operations(api):
            if method == "options" or (path, method) in _OPEN_ROUTES:
                continue
            asked = {
                name: scopes for entry in operation.get("security", []) for name, scopes in entry.items()
            }
            if "api_key" not in asked or not asked.get("cognito"):
                yield Violation(api.name, f"{method.upper()} {path} must ask for the key and for a scope")


def answer_problems_everywhere(stack: Stack) -> Iterator[Violation]:
    """The gateway's own refusals are problem documents that a browser may read."""
    for api in of_type(stack, REST_API):
        responses = api.map("body").get("x-amazon-apigateway-gateway-responses", {})
        for kind in sorted({*_REQUIRED_RESPONSES, *responses}):
            headers = responses.get(kind, {}).get("responseParameters", {})
            if headers.get("gatewayresponse.header.Content-Type") != "'application/problem+json'":
                yield Violation(api.name, f"{kind} must be answered as application/problem+json")
            if "gatewayresponse.header.Access-Control-Allow-Origin" not in headers:
                yield Violation(api.name, f"{kind} must carry Access-Control-Allow-Origin")


def redeploy_on_change(stack: Stack) -> Iterator[Violation]:
    """A deployment has triggers, or changes of the API would never go live."""
    for deployment in of_type(stack, DEPLOYMENT):
        if not deployment.map("triggers"):
            yield Violation(deployment.name, "set triggers to a digest of the API's document")


def limit_every_stage(stack: Stack) -> Iterator[Violation]:
    """Every stage limits its rate, traces calls, and keeps request bodies out of the logs."""
    settings = {
        (each.text("restApi"), each.text("stageName")): each.map("settings")
        for each in of_type(stack, _SETTINGS)
        if each.text("methodPath") == "*/*"
    }
    for stage in of_type(stack, STAGE):
        found = settings.get((stage.text("restApi"), stage.text("stageName")), {})
        if not (found.get("throttlingRateLimit", 0) > 0 and found.get("throttlingBurstLimit", 0) > 0):
            yield Violation(stage.name, "set throttlingRateLimit and throttlingBurstLimit for */*")
        if found.get("dataTraceEnabled") is not False:
            yield Violation(stage.name, "set dataTraceEnabled to false: it logs bodies and headers")
        if stage.properties.get("xrayTracingEnabled") is not True:
            yield Violation(stage.name, "set xrayTracingEnabled")


def name_the_stage_in_usage_plans(stack: Stack) -> Iterator[Violation]:
    """Every stage is in a usage plan; without it an API key opens nothing."""
    planned = {
        (entry.get("apiId"), entry.get("stage"))
        for plan in of_type(stack, _USAGE_PLAN)
        for entry in plan.list("apiStages")
    }
    for stage in of_type(stack, STAGE):
        if (stage.text("restApi"), stage.text("stageName")) not in planned:
            yield Violation(stage.name, "is in no usage plan")


def keep_one_logging_role(stack: Stack) -> Iterator[Violation]:
    """At most one resource sets the account's API Gateway logging role."""
    accounts = of_type(stack, "aws:apigateway/account:Account")
    for account in accounts[1:]:
        yield Violation(account.name, f"{accounts[0].name} already sets the account's logging role")


def ask_for_strong_passwords(stack: Stack) -> Iterator[Violation]:
    """User pools ask for 12 characters of all kinds and treat e-mail addresses alike in any case."""
    kinds = ("requireLowercase", "requireUppercase", "requireNumbers", "requireSymbols")
    for pool in of_type(stack, USER_POOL):
        policy = pool.map("passwordPolicy")
        if policy.get("minimumLength", 0) < 12 or not all(policy.get(kind) for kind in kinds):
            yield Violation(pool.name, "ask for at least 12 characters of all four kinds")
        if pool.map("usernameConfiguration").get("caseSensitive") is not False:
            yield Violation(
                pool.name, "set usernameConfiguration.caseSensitive to false; it cannot change later"
            )


def sign_in_by_code_only(stack: Stack) -> Iterator[Violation]:
    """Clients use the code flow, or are a machine's; they hide who has an account and return to TLS only."""
    for client in of_type(stack, USER_POOL_CLIENT):
        if list(client.list("allowedOauthFlows")) not in (["code"], ["client_credentials"]):
            yield Violation(client.name, "allow the code flow only, or client_credentials to a machine")
        if client.properties.get("generateSecret") is not True:
            yield Violation(client.name, "set generateSecret; it cannot change later")
        if client.text("preventUserExistenceErrors") != "ENABLED":
            yield Violation(client.name, "set preventUserExistenceErrors to ENABLED")
        if client.properties.get("enableTokenRevocation") is not True:
            yield Violation(client.name, "set enableTokenRevocation")
        if set(client.list("explicitAuthFlows")) - {"ALLOW_REFRESH_TOKEN_AUTH"}:
            yield Violation(client.name, "allow no password flow: sign-in is on the hosted pages")
        for url in (*client.list("callbackUrls"), *client.list("logoutUrls")):
            if not _is_safe_return(url):
                yield Violation(client.name, f"{url} must be https, except on localhost")


def _is_safe_return(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == "https" or (
        parts.scheme == "http" and parts.hostname in ("localhost", "127.0.0.1")
    )
