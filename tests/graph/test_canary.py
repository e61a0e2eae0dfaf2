"""The visitor: a client, a secret and a function, none of which can do more than a visit takes."""

import json
from typing import Any

import pytest

from components import Canary
from components._lib.function import bundle_files
from tests.graph.recorder import Graph, Secret, record, record_stack


def test_it_may_read_its_own_secret_and_nothing_else(prod: Graph) -> None:
    statements = json.loads(prod.get("canary-policy").inputs["policy"])["Statement"]
    own = [each for each in statements if not each["Action"][0].startswith(("logs:", "xray:"))]
    assert own == [
        {
            "Effect": "Allow",
            "Action": ["secretsmanager:GetSecretValue"],
            "Resource": [prod.get("canary-secret").state["arn"]],
        }
    ]


def test_its_client_is_a_machines_and_has_the_one_scope(prod: Graph) -> None:
    client = prod.get("canary-client").inputs
    assert client["allowedOauthFlows"] == ["client_credentials"]
    assert client["allowedOauthScopes"] == ["stylist/shop"]
    assert "callbackUrls" not in client


def test_key_and_secret_are_where_only_it_reads_them(prod: Graph) -> None:
    text = prod.get("canary-secret-value").inputs["secretString"]
    assert isinstance(text, Secret)
    assert set(json.loads(text.value)) == {"api_key", "client_secret"}
    environment = repr(prod.get("canary-function").inputs["environment"])
    for secret in json.loads(text.value).values():
        assert secret not in environment


def test_it_visits_the_stacks_own_shop(prod: Graph) -> None:
    setting = json.loads(prod.get("canary-function").inputs["environment"]["variables"]["CANARY"])
    assert setting["api_url"] == prod.exports["api_url"]
    assert setting["token_url"] == f"{prod.exports['domain_url']}/oauth2/token"
    assert setting["client_id"] == "canary-client-id"
    assert {path.split("/")[1] for path in bundle_files(("canary", "shared"))} == {
        "__init__.py",
        "canary",
        "shared",
    }


@pytest.mark.parametrize(("stack", "minutes"), [("prod", 5), ("staging", 15)])
def test_it_comes_as_often_as_the_stack_says(
    request: pytest.FixtureRequest, stack: str, minutes: int
) -> None:
    graph: Graph = request.getfixturevalue(stack)
    assert graph.get("canary-schedule").inputs["scheduleExpression"] == f"rate({minutes} minutes)"
    alarm = graph.get("canary-visits").inputs
    assert (alarm["period"], alarm["datapointsToAlarm"]) == (60 * minutes, 3)
    assert (alarm["comparisonOperator"], alarm["threshold"]) == ("LessThanThreshold", 1)
    assert alarm["dimensions"]["function"] == graph.get("canary-function").state["name"]


def test_it_does_not_keep_a_collection_awake_that_scales_to_zero(prod: Graph) -> None:
    def searches(graph: Graph) -> bool:
        variables = graph.get("canary-function").inputs["environment"]["variables"]
        return json.loads(variables["CANARY"])["searches"]

    assert not searches(prod)
    assert searches(record_stack("prod", opensearchGeneration="classic"))


def test_a_developers_stack_has_none(dev: Graph) -> None:
    assert [each.name for each in dev.resources if each.name.startswith("canary")] == ["canary"]


def test_a_visit_a_second_is_refused() -> None:
    args: Any = {
        "api_url": "https://api",
        "api_key": "key",
        "user_pool_id": "pool",
        "domain_url": "https://login",
        "scope": "s",
        "layers": [],
        "minutes": 61,
    }
    with pytest.raises(ValueError, match="minutes: 61 is out of range; use 1 to 60"):
        record(lambda: Canary("canary", args))
