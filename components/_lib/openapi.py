"""The OpenAPI 3.0 document of a REST API, with API Gateway's extensions.

Extensions: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions.html
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_SEGMENT = r"/(?:[A-Za-z0-9._-]+|{[A-Za-z0-9]+})"
_ROUTE = re.compile(rf"({'|'.join(_METHODS)}) ((?:{_SEGMENT})+)")
_CORS_HEADERS = "authorization,content-type,x-api-key"
_CORS_SECONDS = "600"
_RETRY_SECONDS = "1"
_INTEGRATION_MS = 29_000
_VALIDATOR = "body"


@dataclass(frozen=True, slots=True)
class Problem:
    """A refusal by the gateway itself: HTTP status, title and what to do, as the caller reads it."""

    status: int
    title: str
    detail: str


PROBLEMS: dict[str, Problem] = {
    "ACCESS_DENIED": Problem(403, "Forbidden", "This sign-in does not permit the request."),
    "API_CONFIGURATION_ERROR": Problem(500, "Internal Server Error", "The service is not set up correctly."),
    "AUTHORIZER_CONFIGURATION_ERROR": Problem(
        500, "Internal Server Error", "The sign-in could not be checked."
    ),
    "AUTHORIZER_FAILURE": Problem(500, "Internal Server Error", "The sign-in could not be checked."),
    "BAD_REQUEST_BODY": Problem(400, "Bad Request", "The body is not the JSON object asked for."),
    "BAD_REQUEST_PARAMETERS": Problem(400, "Bad Request", "The parameters are not those asked for."),
    "DEFAULT_4XX": Problem(400, "Bad Request", "The request was refused."),
    "DEFAULT_5XX": Problem(500, "Internal Server Error", "The request could not be answered."),
    "EXPIRED_TOKEN": Problem(401, "Unauthorized", "The access token has expired: sign in again."),
    # Lambda takes no more calls: the function's or the account's concurrency is used up.
    "INTEGRATION_FAILURE": Problem(429, "Too Many Requests", "Too many requests at once: try again."),
    "INTEGRATION_TIMEOUT": Problem(504, "Gateway Timeout", "The answer took too long: try again."),
    "INVALID_API_KEY": Problem(403, "Forbidden", "The header x-api-key is missing or wrong."),
    "INVALID_SIGNATURE": Problem(403, "Forbidden", "The request's signature is wrong."),
    "MISSING_AUTHENTICATION_TOKEN": Problem(404, "Not Found", "There is no such route."),
    "QUOTA_EXCEEDED": Problem(429, "Too Many Requests", "The API key's quota is used up: try again later."),
    "REQUEST_TOO_LARGE": Problem(413, "Content Too Large", "The request is larger than 10 MB."),
    "RESOURCE_NOT_FOUND": Problem(404, "Not Found", "There is no such route."),
    "THROTTLED": Problem(429, "Too Many Requests", "Too many requests at once: try again."),
    "UNAUTHORIZED": Problem(401, "Unauthorized", "A valid access token is needed: sign in."),
    "UNSUPPORTED_MEDIA_TYPE": Problem(
        415, "Unsupported Media Type", "Send JSON: content-type application/json."
    ),
    "WAF_FILTERED": Problem(403, "Forbidden", "The request was refused."),
}
"""Every response type of API Gateway, from its developer guide ("Gateway response types")."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiDescription:
    """What the document is made from; everything is known here, nothing is an Output."""

    title: str
    version: str
    routes: Mapping[str, str]
    """Function ARN by route, such as `GET /products/{id}`."""
    public_routes: frozenset[str]
    schemas: Mapping[str, str]
    """JSON schema text of the request body by route."""
    user_pool_arn: str
    scope: str
    allowed_origin: str


def parse_route(route: str) -> tuple[str, str]:
    """Method and path of a route such as `GET /products/{id}`; raises ValueError for any other form."""
    match = _ROUTE.fullmatch(route)
    if match is None:
        raise ValueError(
            f"routes: {route!r} is not a route; write one of {', '.join(_METHODS)}, one space and a path "
            "such as /products/{id}"
        )
    return match[1], match[2]


def route_slug(route: str) -> str:
    """A resource-name part for a route: `GET /products/{id}` becomes `get-products-id`."""
    return re.sub(r"[^a-z0-9]+", "-", route.lower()).strip("-")


def source_path(route: str) -> str:
    """Tail of the ARN with which the gateway invokes a route's function; a parameter is `*` there."""
    method, path = parse_route(route)
    return method + re.sub(r"{[^}]+}", "*", path)


def describe_api(api: ApiDescription) -> dict[str, Any]:
    """The whole document."""
    paths: dict[str, dict[str, Any]] = {}
    for route in sorted(api.routes):
        method, path = parse_route(route)
        paths.setdefault(path, {})[method.lower()] = _operation(api, route)
    for path, operations in paths.items():
        operations["options"] = _preflight(path, sorted(operations), api.allowed_origin)
    return {
        "openapi": "3.0.1",
        "info": {"title": api.title, "version": api.version},
        "paths": paths,
        "components": {
            "schemas": {_model_name(route): json.loads(text) for route, text in sorted(api.schemas.items())},
            "securitySchemes": _security_schemes(api.user_pool_arn),
        },
        "x-amazon-apigateway-api-key-source": "HEADER",
        "x-amazon-apigateway-request-validators": {
            _VALIDATOR: {"validateRequestBody": True, "validateRequestParameters": False}
        },
        "x-amazon-apigateway-gateway-responses": {
            kind: _gateway_response(problem, api.allowed_origin) for kind, problem in PROBLEMS.items()
        },
    }


def _operation(api: ApiDescription, route: str) -> dict[str, Any]:
    _, path = parse_route(route)
    operation: dict[str, Any] = {
        "responses": {"default": {"description": "See the API documentation."}},
        "x-amazon-apigateway-integration": {
            "type": "aws_proxy",
            "httpMethod": "POST",
            "uri": integration_uri(api.routes[route]),
            "passthroughBehavior": "when_no_match",
            "timeoutInMillis": _INTEGRATION_MS,
        },
    }
    if route not in api.public_routes:
        # API Gateway reads separate entries as "all of them", unlike the OpenAPI specification.
        operation["security"] = [{"api_key": []}, {"cognito": [api.scope]}]
    if parameters := _path_parameters(path):
        operation["parameters"] = parameters
    if route in api.schemas:
        reference = {"$ref": f"#/components/schemas/{_model_name(route)}"}
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": reference}}}
        operation["x-amazon-apigateway-request-validator"] = _VALIDATOR
    return operation


def integration_uri(function_arn: str) -> str:
    """The address under which API Gateway invokes a function; its region is the function's."""
    region = function_arn.split(":")[3]
    return f"arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/{function_arn}/invocations"


def _preflight(path: str, methods: Sequence[str], origin: str) -> dict[str, Any]:
    headers = {
        "Access-Control-Allow-Headers": _CORS_HEADERS,
        "Access-Control-Allow-Methods": ",".join([*(method.upper() for method in methods), "OPTIONS"]),
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Max-Age": _CORS_SECONDS,
    }
    operation: dict[str, Any] = {
        "responses": {
            "204": {
                "description": "What a browser may send.",
                "headers": {name: {"schema": {"type": "string"}} for name in headers},
            }
        },
        "x-amazon-apigateway-integration": {
            "type": "mock",
            "passthroughBehavior": "when_no_match",
            "requestTemplates": {"application/json": '{"statusCode": 204}'},
            "responses": {
                "default": {
                    "statusCode": "204",
                    "responseParameters": {
                        f"method.response.header.{name}": f"'{value}'" for name, value in headers.items()
                    },
                }
            },
        },
    }
    if parameters := _path_parameters(path):
        operation["parameters"] = parameters
    return operation


def _path_parameters(path: str) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"{([^}]+)}", path)
    ]


def _security_schemes(user_pool_arn: str) -> dict[str, Any]:
    return {
        "api_key": {"type": "apiKey", "name": "x-api-key", "in": "header"},
        "cognito": {
            "type": "apiKey",
            "name": "Authorization",
            "in": "header",
            "x-amazon-apigateway-authtype": "cognito_user_pools",
            "x-amazon-apigateway-authorizer": {
                "type": "cognito_user_pools",
                "providerARNs": [user_pool_arn],
            },
        },
    }


def _gateway_response(problem: Problem, origin: str) -> dict[str, Any]:
    headers = {"Access-Control-Allow-Origin": origin, "Content-Type": "application/problem+json"}
    if problem.status == 429:
        headers["Retry-After"] = _RETRY_SECONDS
    body = {
        "type": "about:blank",
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
    }
    return {
        "statusCode": str(problem.status),
        "responseParameters": {
            f"gatewayresponse.header.{name}": f"'{value}'" for name, value in headers.items()
        },
        "responseTemplates": {"application/json": json.dumps(body)},
    }


def _model_name(route: str) -> str:
    """API Gateway's model names are alphanumeric: `POST /search` becomes `PostSearch`."""
    return "".join(word.capitalize() for word in re.findall(r"[A-Za-z0-9]+", route))
