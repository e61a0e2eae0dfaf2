"""Connections: opened, closed, answered, and what happens when a service does not."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from runtime.realtime import handler as realtime
from runtime.realtime.connections import LONGEST_CONNECTION, ConnectionTable, Sender
from runtime.realtime.handler import Lifecycle
from runtime.shared.aws import Clients
from tests.unit.shop import ENVIRONMENT

NOW = 1_800_000_000.0


@dataclass
class FakeManagement:
    """API Gateway's management address."""

    gone: set[str] = field(default_factory=set)
    fail: str = ""
    sent: list[tuple[str, Any]] = field(default_factory=list)

    def post_to_connection(self, ConnectionId: str, Data: bytes) -> None:
        if self.fail:
            raise ClientError({"Error": {"Code": self.fail}}, "PostToConnection")
        if ConnectionId in self.gone:
            raise ClientError({"Error": {"Code": "GoneException"}}, "PostToConnection")
        self.sent.append((ConnectionId, json.loads(Data)))


@pytest.fixture
def dynamodb(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        client = Clients().get("dynamodb")
        client.create_table(
            TableName="connections",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "connection_id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "connection_id", "AttributeType": "S"}],
        )
        yield client


@pytest.fixture
def management() -> FakeManagement:
    return FakeManagement()


@pytest.fixture
def lifecycle(dynamodb: Any, management: FakeManagement) -> Lifecycle:
    return Lifecycle(ConnectionTable(dynamodb, "connections"), Sender(management), lambda: NOW)


def event(route: str, connection: str = "c1", **authorizer: str) -> dict[str, Any]:
    return {"requestContext": {"routeKey": route, "connectionId": connection, "authorizer": authorizer}}


def rows(dynamodb: Any) -> list[dict[str, Any]]:
    return dynamodb.scan(TableName="connections")["Items"]


def test_a_connect_is_noted_with_its_shopper_and_an_expiry(lifecycle: Lifecycle, dynamodb: Any) -> None:
    assert lifecycle.answer(event("$connect", principalId="user")) == {"statusCode": 200}
    (row,) = rows(dynamodb)
    assert row == {
        "connection_id": {"S": "c1"},
        "user_id": {"S": "user"},
        "connected_at": {"S": "2027-01-15T08:00:00+00:00"},
        "ttl": {"N": str(int(NOW) + LONGEST_CONNECTION + 600)},
    }


@pytest.mark.parametrize("authorizer", [{}, {"principalId": ""}])
def test_a_connect_that_nobody_has_authorized_is_refused(
    lifecycle: Lifecycle, dynamodb: Any, authorizer: dict[str, str]
) -> None:
    assert lifecycle.answer(event("$connect", **authorizer)) == {"statusCode": 401}
    assert rows(dynamodb) == []


def test_a_disconnect_removes_the_connection_known_or_not(lifecycle: Lifecycle, dynamodb: Any) -> None:
    lifecycle.answer(event("$connect", principalId="user"))
    for _ in range(2):
        assert lifecycle.answer(event("$disconnect")) == {"statusCode": 200}
    assert rows(dynamodb) == []


def test_a_ping_is_answered(lifecycle: Lifecycle, management: FakeManagement) -> None:
    assert lifecycle.answer(event("ping", principalId="user")) == {"statusCode": 200}
    assert management.sent == [("c1", {"type": "pong"})]


def test_what_no_action_takes_is_answered_with_a_problem(
    lifecycle: Lifecycle, management: FakeManagement
) -> None:
    assert lifecycle.answer(event("$default", principalId="user")) == {"statusCode": 200}
    ((_, message),) = management.sent
    assert message["type"] == "error"
    assert message["problem"]["status"] == 400 and "action" in message["problem"]["detail"]


def test_a_connection_found_gone_is_forgotten(
    lifecycle: Lifecycle, management: FakeManagement, dynamodb: Any
) -> None:
    lifecycle.answer(event("$connect", principalId="user"))
    management.gone.add("c1")
    assert lifecycle.answer(event("ping", principalId="user")) == {"statusCode": 200}
    assert rows(dynamodb) == []


def test_a_service_that_fails_refuses_the_connect(management: FakeManagement, dynamodb: Any) -> None:
    lifecycle = Lifecycle(ConnectionTable(dynamodb, "no-such-table"), Sender(management))
    assert lifecycle.answer(event("$connect", principalId="user")) == {"statusCode": 503}
    management.fail = "ForbiddenException"
    assert lifecycle.answer(event("ping", principalId="user")) == {"statusCode": 503}


def test_the_handler_reads_its_settings(dynamodb: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    setting = {"table": "connections", "endpoint": "https://socket.example/v1"}
    monkeypatch.setenv("CONNECTIONS", json.dumps(setting))
    realtime._open_lifecycle.cache_clear()
    try:
        assert realtime.handler(event("$connect", principalId="user"), None) == {"statusCode": 200}
        assert len(rows(dynamodb)) == 1
        sender = realtime._open_lifecycle()._sender
        assert sender._client.meta.endpoint_url == "https://socket.example/v1"
    finally:
        realtime._open_lifecycle.cache_clear()


@pytest.mark.parametrize(
    ("module", "unused"),
    [("authorizer", {"boto3", "runtime.realtime.handler"}), ("handler", {"jwt", "cryptography"})],
)
def test_only_the_authorizer_needs_the_layer_of_tokens_and_nothing_else_does(
    module: str, unused: set[str]
) -> None:
    program = f"import json, sys, runtime.realtime.{module}; print(json.dumps(sorted(sys.modules)))"
    answer = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        cwd=Path(__file__).resolve().parents[2],
        env={"PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    assert unused.isdisjoint(json.loads(answer.stdout))
