"""The REST API: its document, its limits, its permissions and its refusals of wrong inputs."""

import hashlib
import importlib
import json
from typing import Any

import pytest

from components import Api, ApiArgs
from components._lib.contract import PUBLIC_ROUTES, REQUEST_SCHEMAS
from components._lib.openapi import PROBLEMS, parse_route, route_slug, source_path
from tests.graph.recorder import Graph, Secret, record

FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:f"
POOL = "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/p"


def args(**changes: Any) -> ApiArgs:
    base: dict[str, Any] = {
        "routes": {"GET /health": FUNCTION, "POST /search": FUNCTION, "GET /products/{id}": FUNCTION},
        "user_pool_arn": POOL,
        "scope": "stylist/shop",
    }
    return {**base, **changes}  # pyright: ignore[reportReturnType]


def record_api(**changes: Any) -> Graph:
    return record(lambda: Api("api", args(**changes)))


@pytest.fixture(scope="module")
def api() -> Graph:
    return record_api()


def document(graph: Graph) -> dict[str, Any]:
    return json.loads(graph.get("api-rest").inputs["body"])


def test_each_route_is_proxied_to_its_function_in_the_functions_region(api: Graph) -> None:
    operation = document(api)["paths"]["/products/{id}"]["get"]
    assert operation["x-amazon-apigateway-integration"] == {
        "type": "aws_proxy",
        "httpMethod": "POST",
        "uri": f"arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/{FUNCTION}/invocations",
        "passthroughBehavior": "when_no_match",
        "timeoutInMillis": 29_000,
    }
    assert operation["parameters"] == [
        {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
    ]


def test_a_route_asks_for_key_and_scope_unless_it_is_public(api: Graph) -> None:
    paths = document(api)["paths"]
    assert paths["/products/{id}"]["get"]["security"] == [{"api_key": []}, {"cognito": ["stylist/shop"]}]
    assert "security" not in paths["/health"]["get"]
    assert "security" not in paths["/products/{id}"]["options"]


def test_tokens_are_checked_against_the_pool(api: Graph) -> None:
    schemes = document(api)["components"]["securitySchemes"]
    assert schemes["cognito"]["x-amazon-apigateway-authorizer"] == {
        "type": "cognito_user_pools",
        "providerARNs": [POOL],
    }
    assert schemes["cognito"]["name"] == "Authorization"
    assert schemes["api_key"] == {"type": "apiKey", "name": "x-api-key", "in": "header"}


def test_only_routes_with_a_contract_are_validated_and_only_as_far_as_the_contract_goes(api: Graph) -> None:
    body = document(api)
    search, health = body["paths"]["/search"]["post"], body["paths"]["/health"]["get"]
    assert search["x-amazon-apigateway-request-validator"] == "body"
    reference = search["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    schema = body["components"]["schemas"][reference.rsplit("/", 1)[1]]
    assert schema["type"] == "object" and schema["additionalProperties"] is False
    assert "requestBody" not in health
    validators = body["x-amazon-apigateway-request-validators"]
    assert validators == {"body": {"validateRequestBody": True, "validateRequestParameters": False}}


@pytest.mark.parametrize(
    ("route", "model"),
    [
        ("PATCH /me", "runtime.privacy.handler.ProfileChange"),
        ("POST /feedback", "runtime.chat.handler.FeedbackRequest"),
        ("POST /image", "runtime.images.request.ImageRequest"),
        ("POST /search", "runtime.search.request.SearchRequest"),
        ("POST /text", "runtime.chat.handler.TextRequest"),
        ("POST /try-on", "runtime.tryon.request.TryOnRequest"),
        ("POST /uploads", "runtime.tryon.request.UploadRequest"),
        ("PUT /me/closet/{kind}/{id}", "runtime.closet.request.KeepRequest"),
    ],
)
def test_the_gateway_accepts_every_field_of_a_handler_and_refuses_no_null(route: str, model: str) -> None:
    module, _, name = model.rpartition(".")
    fields = getattr(importlib.import_module(module), name).model_fields
    schema = json.loads(REQUEST_SCHEMAS[route])
    assert set(schema["properties"]) == set(fields)
    assert "required" not in schema
    for name, rules in schema["properties"].items():
        assert set(rules) == {"description"}, f"{name}: a type would refuse null, which the handler accepts"


def test_every_contract_is_checked() -> None:
    assert set(REQUEST_SCHEMAS) == {
        "PATCH /me",
        "PATCH /me/style",
        "POST /catalog/dead-letters/retry",
        "POST /catalog/uploads",
        "POST /feedback",
        "POST /image",
        "POST /interactions",
        "POST /search",
        "POST /text",
        "POST /try-on",
        "POST /uploads",
        "PUT /me/closet/{kind}/{id}",
    }


def test_a_preflight_answers_with_the_methods_of_its_path() -> None:
    graph = record_api(
        routes={"GET /search": FUNCTION, "POST /search": FUNCTION}, allowed_origin="https://shop.example"
    )
    integration = document(graph)["paths"]["/search"]["options"]["x-amazon-apigateway-integration"]
    assert integration["type"] == "mock"
    answer = integration["responses"]["default"]
    assert answer["statusCode"] == "204"
    headers = answer["responseParameters"]
    assert headers["method.response.header.Access-Control-Allow-Methods"] == "'GET,POST,OPTIONS'"
    assert headers["method.response.header.Access-Control-Allow-Origin"] == "'https://shop.example'"
    assert (
        headers["method.response.header.Access-Control-Allow-Headers"]
        == "'authorization,content-type,x-api-key'"
    )


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("UNAUTHORIZED", 401),
        ("EXPIRED_TOKEN", 401),
        ("INVALID_API_KEY", 403),
        ("ACCESS_DENIED", 403),
        ("MISSING_AUTHENTICATION_TOKEN", 404),
        ("BAD_REQUEST_BODY", 400),
        ("BAD_REQUEST_PARAMETERS", 400),
        ("REQUEST_TOO_LARGE", 413),
        ("UNSUPPORTED_MEDIA_TYPE", 415),
        ("THROTTLED", 429),
        ("INTEGRATION_FAILURE", 429),
        ("QUOTA_EXCEEDED", 429),
        ("INTEGRATION_TIMEOUT", 504),
        ("DEFAULT_4XX", 400),
        ("DEFAULT_5XX", 500),
    ],
)
def test_the_gateways_own_refusals_are_problem_documents(kind: str, status: int, api: Graph) -> None:
    response = document(api)["x-amazon-apigateway-gateway-responses"][kind]
    assert response["statusCode"] == str(status)
    problem = json.loads(response["responseTemplates"]["application/json"])
    assert set(problem) == {"type", "title", "status", "detail"}
    assert problem["status"] == status and problem["title"] and problem["detail"]
    headers = response["responseParameters"]
    assert headers["gatewayresponse.header.Content-Type"] == "'application/problem+json'"
    assert headers["gatewayresponse.header.Access-Control-Allow-Origin"] == "'*'"
    assert ("gatewayresponse.header.Retry-After" in headers) == (status == 429)


def test_every_response_type_is_covered_once(api: Graph) -> None:
    assert set(document(api)["x-amazon-apigateway-gateway-responses"]) == set(PROBLEMS)


def test_a_changed_document_makes_a_new_deployment(api: Graph) -> None:
    before, after = api, record_api(scope="stylist/other")
    triggers = [graph.get("api-deployment").inputs["triggers"]["body"] for graph in (before, after)]
    assert triggers[0] != triggers[1]
    assert triggers[0] == hashlib.sha256(before.get("api-rest").inputs["body"].encode()).hexdigest()
    assert "api-rest" in before.get("api-deployment").dependencies


def test_the_stage_is_limited_traced_and_does_not_log_bodies() -> None:
    graph = record_api(requests_per_second=7)
    assert graph.get("api-stage").inputs["xrayTracingEnabled"] is True
    assert graph.get("api-settings").inputs["methodPath"] == "*/*"
    assert graph.get("api-settings").inputs["settings"] == {
        "metricsEnabled": True,
        "loggingLevel": "OFF",
        "dataTraceEnabled": False,
        "throttlingRateLimit": 7,
        "throttlingBurstLimit": 14,
    }
    plan = graph.get("api-plan").inputs
    assert plan["apiStages"] == [{"apiId": "api-rest-id", "stage": "v1"}]
    assert plan["throttleSettings"] == {"rateLimit": 7, "burstLimit": 14}


def test_without_access_log_nothing_needs_the_accounts_logging_role(api: Graph) -> None:
    assert "accessLogSettings" not in api.get("api-stage").inputs
    assert not api.of_type("aws:apigateway/account:Account")
    assert not api.of_type("aws:cloudwatch/logGroup:LogGroup")


def test_the_access_log_holds_no_address_and_no_query() -> None:
    graph = record_api(access_log=True, log_retention_days=90)
    assert not graph.of_type("aws:apigateway/account:Account")
    assert graph.get("api-access-logs").inputs["retentionInDays"] == 90
    log = graph.get("api-stage").inputs["accessLogSettings"]
    assert log["destinationArn"].endswith(":log-group:api-access-logs-1a2b3c4")
    fields = json.loads(log["format"])
    assert {"requestId", "route", "status", "latencyMs"} <= set(fields)
    for revealing in ("identity.sourceIp", "path}", "$context.path", "querystring", "claims"):
        assert revealing not in log["format"]


def test_the_logging_role_is_ready_before_the_stage() -> None:
    graph = record_api(access_log=True, manage_account_logging=True)
    assert graph.get("api-account").inputs["cloudwatchRoleArn"].endswith(":role/api-logging-role-1a2b3c4")
    assert "api-account" in graph.get("api-stage").dependencies
    assert "api-logging-role-policy" in graph.get("api-account").dependencies


def test_each_route_may_invoke_its_function_and_no_other_route_may(api: Graph) -> None:
    permissions = {
        resource.name: resource.inputs["sourceArn"]
        for resource in api.of_type("aws:lambda/permission:Permission")
    }
    base = "arn:aws:execute-api:us-east-1:123456789012:api12345/v1"
    assert permissions == {
        "api-invoke-get-health": f"{base}/GET/health",
        "api-invoke-get-products-id": f"{base}/GET/products/*",
        "api-invoke-post-search": f"{base}/POST/search",
    }


def test_the_api_keys_value_is_a_secret_made_by_aws() -> None:
    outputs: list[Any] = []

    def program() -> None:
        import pulumi

        api = Api("api", args())
        pulumi.export("key", api.api_key)
        outputs.append(api)

    graph = record(program)
    assert "value" not in graph.get("api-key").inputs
    assert graph.exports["key"] == Secret("api-key-value-of-forty-characters")


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"routes": {}}, "routes: an API needs at least one route"),
        ({"routes": {"/search": FUNCTION}}, "routes: '/search' is not a route"),
        ({"routes": {"FETCH /search": FUNCTION}}, "'FETCH /search' is not a route"),
        ({"routes": {"GET /search/": FUNCTION}}, "'GET /search/' is not a route"),
        ({"public_routes": ["GET /nothing"]}, "public_routes: GET /nothing is not in routes"),
        ({"schemas": {"POST /nothing": "{}"}}, "schemas: POST /nothing is not in routes"),
        (
            {"schemas": {"POST /search": "no json"}},
            "schemas: the schema of POST /search is not the JSON text",
        ),
        ({"requests_per_second": 0}, "requests_per_second: 0 would refuse every request"),
    ],
)
def test_wrong_inputs_are_named_before_anything_is_declared(changes: dict[str, Any], text: str) -> None:
    def program() -> None:
        with pytest.raises(ValueError, match=text.replace("(", r"\(")):
            Api("api", args(**changes))

    graph = record(program)
    assert [resource.type for resource in graph.resources] == ["virtual-stylist:index:Api"]


def test_routes_are_read_and_named() -> None:
    assert parse_route("GET /products/{id}/similar") == ("GET", "/products/{id}/similar")
    assert route_slug("GET /products/{id}") == "get-products-id"
    assert source_path("GET /products/{id}/similar") == "GET/products/*/similar"


def test_public_routes_are_health_and_capabilities() -> None:
    assert set(PUBLIC_ROUTES) == {"GET /health", "GET /capabilities"}
