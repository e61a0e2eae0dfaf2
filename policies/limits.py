"""Rules about sizes and names, which AWS checks only at deployment."""

import json
from collections.abc import Iterator

from policies.stack import (
    ACCESS_POLICY,
    BUCKET,
    COLLECTION,
    COLLECTION_GROUP,
    EVENT_RULE,
    FUNCTION,
    GUARDRAIL,
    KNOWLEDGE_BASE,
    LAYER,
    LOG_GROUP,
    QUEUE,
    ROLE,
    SECURITY_POLICY,
    SOCKET_API,
    SOCKET_INTEGRATION,
    STATE_MACHINE,
    TABLE,
    USER_POOL_DOMAIN,
    VECTOR_BUCKET,
    Resource,
    Stack,
    Violation,
    invoked_function,
    of_type,
)

_ENVIRONMENT_LIMIT = 4096
_GATEWAY_TIMEOUT = 29
_AUTONAME_SUFFIX = len("-1a2b3c4")
# Property that holds the physical name, and AWS's limit for it.
_NAMES = {
    ACCESS_POLICY: ("name", 32),
    BUCKET: ("bucket", 63),
    COLLECTION: ("name", 32),
    COLLECTION_GROUP: ("name", 32),
    EVENT_RULE: ("name", 64),
    FUNCTION: ("name", 64),
    GUARDRAIL: ("name", 50),
    KNOWLEDGE_BASE: ("name", 100),
    LAYER: ("layerName", 140),
    LOG_GROUP: ("name", 512),
    QUEUE: ("name", 80),
    ROLE: ("name", 64),
    SECURITY_POLICY: ("name", 32),
    SOCKET_API: ("name", 128),
    STATE_MACHINE: ("name", 80),
    TABLE: ("name", 255),
    USER_POOL_DOMAIN: ("domain", 63),
    VECTOR_BUCKET: ("vectorBucketName", 63),
}


def keep_names_short(stack: Stack) -> Iterator[Violation]:
    """Physical names, given or made from the logical name, stay within the service's limit."""
    for resource in of_type(stack, *_NAMES):
        key, limit = _NAMES[resource.type]
        length = len(resource.text(key)) or len(resource.name) + _AUTONAME_SUFFIX
        if length > limit:
            yield Violation(resource.name, f"gets a name of {length} characters; the service takes {limit}")


def keep_environments_small(stack: Stack) -> Iterator[Violation]:
    """The environment of a function has at most 4 KB, Lambda's limit."""
    for function in of_type(stack, FUNCTION):
        variables = function.map("environment").get("variables", {})
        size = len(json.dumps(variables, separators=(",", ":")).encode())
        if size > _ENVIRONMENT_LIMIT:
            yield Violation(function.name, f"environment has {size} bytes; Lambda takes {_ENVIRONMENT_LIMIT}")


def match_layers(stack: Stack) -> Iterator[Violation]:
    """Functions run on Graviton and Python 3.13, and every layer of the stack is built for that."""
    for function in of_type(stack, FUNCTION):
        if list(function.list("architectures")) != ["arm64"] or function.text("runtime") != "python3.13":
            yield Violation(function.name, "set architectures to arm64 and runtime to python3.13")
    for layer in of_type(stack, LAYER):
        built_for = (list(layer.list("compatibleArchitectures")), list(layer.list("compatibleRuntimes")))
        if built_for != (["arm64"], ["python3.13"]):
            yield Violation(layer.name, "is not built for arm64 and python3.13, which the functions run on")


def trace_every_function(stack: Stack) -> Iterator[Violation]:
    """Every function is traced."""
    for function in of_type(stack, FUNCTION):
        if function.map("tracingConfig").get("mode") != "Active":
            yield Violation(function.name, "set tracingConfig.mode to Active")


def reserve_no_concurrency(stack: Stack) -> Iterator[Violation]:
    """No function reserves concurrency: the account's pool, which pays for it, may be as small as 10."""
    for function in of_type(stack, FUNCTION):
        reserved = function.properties.get("reservedConcurrentExecutions")
        if reserved is not None and reserved >= 0:
            yield Violation(
                function.name, f"reserves {reserved:g} executions; leave the pool to all functions"
            )


def answer_before_the_gateway_gives_up(stack: Stack) -> Iterator[Violation]:
    """A function that serves a route ends within the gateway's 29 seconds."""
    apis = of_type(stack, "aws:apigateway/restApi:RestApi")
    sockets = {invoked_function(each.text("integrationUri")) for each in of_type(stack, SOCKET_INTEGRATION)}
    for function in of_type(stack, FUNCTION):
        serves = function.text("arn") in sockets or _serves(function, apis)
        if serves and int(function.properties.get("timeout") or 3) > _GATEWAY_TIMEOUT:
            yield Violation(function.name, f"serves a route; set timeout to {_GATEWAY_TIMEOUT} s or less")


def _serves(function: Resource, apis: list[Resource]) -> bool:
    return any(f"/functions/{function.text('arn')}/invocations" in api.text("body") for api in apis)
