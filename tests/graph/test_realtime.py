"""The WebSocket API: who may connect, which function answers what, and who may send."""

import json
from typing import Any

import pulumi
import pytest

from components import Connections, Realtime
from components.connections import management_url
from tests.graph.recorder import Graph, record

EXECUTION = "arn:aws:execute-api:us-east-1:123456789012:socket1234"
CHAT = "arn:aws:lambda:us-east-1:123456789012:function:chat"
ENDPOINT = "https://socket1234.execute-api.us-east-1.amazonaws.com/v1"


def record_realtime(**changes: Any) -> Graph:
    def program() -> None:
        connections = Connections("connections", {"protect_data": changes.pop("protect_data", True)})
        realtime = Realtime(
            "realtime",
            {
                "api_id": connections.api_id,
                "execution_arn": connections.execution_arn,
                "connections_environment": connections.environment,
                "connections_policy": connections.manage_policy,
                "metadata_url": "https://pool/.well-known/openid-configuration",
                "client_id": "client",
                "scope": "stylist/shop",
                "layers": ["arn:core"],
                "token_layers": ["arn:tokens"],
                "routes": {"chat": CHAT},
                **changes,
            },
        )
        for name in ("endpoint", "environment", "policy", "manage_policy"):
            pulumi.export(name, getattr(connections, name))
        pulumi.export("url", realtime.url)

    return record(program)


@pytest.fixture(scope="module")
def realtime() -> Graph:
    return record_realtime()


def allowed(text: str) -> set[tuple[str, str]]:
    return {
        (action, resource)
        for statement in json.loads(text)["Statement"]
        for action in statement["Action"]
        for resource in statement["Resource"]
    }


def test_a_message_names_its_action(realtime: Graph) -> None:
    api = realtime.get("connections-socket").inputs
    assert (api["protocolType"], api["routeSelectionExpression"]) == ("WEBSOCKET", "$request.body.action")


def test_only_a_token_in_the_query_string_opens_a_connection(realtime: Graph) -> None:
    authorizer = realtime.get("realtime-token").inputs
    assert authorizer["authorizerType"] == "REQUEST"
    assert authorizer["identitySources"] == ["route.request.querystring.token"]
    assert not authorizer.get("authorizerResultTtlInSeconds"), "an answer must not be kept for the next token"
    assert authorizer["authorizerUri"].endswith("function:realtime-authorizer-function-1a2b3c4/invocations")
    routes = {r.inputs["routeKey"]: r.inputs for r in realtime.of_type("aws:apigatewayv2/route:Route")}
    assert set(routes) == {"$connect", "$disconnect", "$default", "ping", "chat"}
    assert routes["$connect"]["authorizationType"] == "CUSTOM"
    assert routes["$connect"]["authorizerId"] == "realtime-token-id"
    assert {routes[key]["authorizationType"] for key in routes if key != "$connect"} == {"NONE"}


def test_each_route_reaches_its_function_and_may(realtime: Graph) -> None:
    own = "arn:aws:lambda:us-east-1:123456789012:function:realtime-lifecycle-function-1a2b3c4"
    integrations = {
        f"integrations/{r.name}-id": r.inputs
        for r in realtime.of_type("aws:apigatewayv2/integration:Integration")
    }
    permitted = {
        r.inputs["sourceArn"]: r.inputs["function"]
        for r in realtime.of_type("aws:lambda/permission:Permission")
    }
    for route in realtime.of_type("aws:apigatewayv2/route:Route"):
        key = route.inputs["routeKey"]
        target = CHAT if key == "chat" else own
        integration = integrations[route.inputs["target"]]
        assert integration["integrationType"] == "AWS_PROXY" and integration["integrationMethod"] == "POST"
        assert f"/functions/{target}/invocations" in integration["integrationUri"]
        assert permitted[f"{EXECUTION}/v1/{key}"] == target
    assert permitted[f"{EXECUTION}/authorizers/realtime-token-id"].endswith(
        "realtime-authorizer-function-1a2b3c4"
    )
    assert len(permitted) == 6


def test_a_deployment_follows_all_routes_and_every_change_of_them(realtime: Graph) -> None:
    deployment = realtime.get("realtime-deployment")
    routes = {f"{route.name}" for route in realtime.of_type("aws:apigatewayv2/route:Route")}
    assert routes <= set(deployment.dependencies)
    other = record_realtime(routes={"chat": CHAT, "tryon": CHAT})
    assert other.get("realtime-deployment").inputs["triggers"] != deployment.inputs["triggers"]
    assert realtime.get("realtime-stage").inputs["deploymentId"] == "realtime-deployment-id"


def test_the_stage_is_limited_and_does_not_log_what_is_said() -> None:
    stage = record_realtime(requests_per_second=7).get("realtime-stage").inputs
    assert stage["name"] == "v1"
    assert stage["defaultRouteSettings"] == {
        "throttlingRateLimit": 7,
        "throttlingBurstLimit": 14,
        "detailedMetricsEnabled": True,
        "dataTraceEnabled": False,
        "loggingLevel": "OFF",
    }
    assert "accessLogSettings" not in stage


def test_the_access_log_holds_neither_token_nor_address() -> None:
    graph = record_realtime(access_log=True, log_retention_days=90)
    log = graph.get("realtime-stage").inputs["accessLogSettings"]
    assert log["destinationArn"].endswith("log-group:realtime-access-logs-1a2b3c4")
    assert graph.get("realtime-access-logs").inputs["retentionInDays"] == 90
    for revealing in ("sourceIp", "querystring", "authorizer", "connectionId"):
        assert revealing not in log["format"]


def test_the_authorizer_knows_the_pool_and_may_do_nothing(realtime: Graph) -> None:
    function = realtime.get("realtime-authorizer-function").inputs
    assert function["layers"] == ["arn:core", "arn:tokens"]
    assert json.loads(function["environment"]["variables"]["AUTHORIZER"]) == {
        "metadata_url": "https://pool/.well-known/openid-configuration",
        "client_id": "client",
        "scope": "stylist/shop",
    }
    granted = allowed(realtime.get("realtime-authorizer-policy").inputs["policy"])
    assert {action.split(":")[0] for action, _ in granted} == {"logs", "xray"}


def test_only_the_lifecycle_function_opens_and_closes_connections(realtime: Graph) -> None:
    table = "arn:aws:dynamodb:us-east-1:123456789012:table/connections-table-1a2b3c4"
    send = ("execute-api:ManageConnections", f"{EXECUTION}/v1/POST/@connections/*")
    granted = allowed(realtime.get("realtime-lifecycle-policy").inputs["policy"])
    assert {pair for pair in granted if pair[0].split(":")[0] not in ("logs", "xray")} == {
        send,
        ("dynamodb:PutItem", table),
        ("dynamodb:DeleteItem", table),
    }
    assert allowed(realtime.exports["policy"]) == {send, ("dynamodb:GetItem", table)}
    assert realtime.get("realtime-lifecycle-function").inputs["layers"] == ["arn:core"]


def test_senders_are_told_the_https_address_and_clients_the_wss_one(realtime: Graph) -> None:
    assert realtime.exports["url"] == "wss://socket1234.execute-api.us-east-1.amazonaws.com/v1"
    assert realtime.exports["endpoint"] == ENDPOINT
    assert json.loads(realtime.exports["environment"]["CONNECTIONS"]) == {
        "endpoint": ENDPOINT,
        "table": "connections-table-1a2b3c4",
    }


def test_an_address_without_tls_stays_without() -> None:
    assert management_url("ws://127.0.0.1:4566/sockets/a") == "http://127.0.0.1:4566/sockets/a/v1"


def test_connections_expire(realtime: Graph) -> None:
    table = realtime.get("connections-table")
    assert table.inputs["ttl"] == {"attributeName": "ttl", "enabled": True}
    assert table.protect and not record_realtime(protect_data=False).get("connections-table").protect


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"routes": {"ping": CHAT}}, "routes: ping is answered by the component itself"),
        ({"routes": {"$default": CHAT}}, "routes: .default is answered by the component itself"),
        ({"routes": {"try on": CHAT}}, "routes: 'try on' is no action"),
        ({"requests_per_second": 0}, "requests_per_second: 0 would refuse every message"),
    ],
)
def test_wrong_inputs_are_named(changes: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        record_realtime(**changes)
