"""The examples: each is evaluated as a program, keeps every rule, and fits the schema."""

import json
import os
import re
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from policies.rules import RULES
from policies.stack import Resource
from tests.graph.recorder import ROOT, Graph, Secret, record

EXAMPLES = ROOT / "examples"
SCHEMA = ROOT / "tests" / "schema" / "schema.json"
POOL = {
    "userPoolId": "us-east-1_Pool12345",
    "userPoolArn": "arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_Pool12345",
    "clientId": "client",
    "clientSecret": "secret",
    "scope": "stylist/shop",
    "metadataUrl": "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Pool12345/.well-known/openid-configuration",
    "domainUrl": "https://shop.auth.us-east-1.amazoncognito.com",
}
CONFIG: dict[str, dict[str, str]] = {
    "search_only": {"siteUrl": "https://shop.example"},
    "try_on_only": {"siteUrl": "https://shop.example"},
    "existing_network": {
        **POOL,
        "vpcId": "vpc-1234",
        "privateSubnetIds": '["subnet-a", "subnet-b"]',
    },
    "foundation": {"siteUrl": "https://shop.example"},
    "application": {"foundation": "shop/stylist-foundation/prod"},
    "deployment_roles": {"repository": "shop/stylist"},
}
# Its routes lead to a function of the foundation as well, which is no function of this stack.
_ELSEWHERE = {
    "application": {"api.route_only_to_own_functions"},
    # Its roles are taken by workflows, which GitHub vouches for, and by no service of AWS.
    "deployment_roles": {"access.trust_only_one_service", "access.name_who_is_served"},
}


def program_of(example: str) -> Callable[[], None]:
    def run() -> None:
        before = Path.cwd()
        os.chdir(EXAMPLES / example)
        try:
            runpy.run_path("__main__.py", run_name="__main__")
        finally:
            os.chdir(before)

    return run


def evaluate(example: str, stacks: dict[str, dict[str, Any]] | None = None) -> Graph:
    project = f"stylist-{example.replace('_', '-')}"
    config = {f"{project}:{key}": value for key, value in CONFIG[example].items()}
    config["aws:region"] = "us-east-1"
    return record(program_of(example), config=config, project=project, stack="prod", stacks=stacks)


@pytest.fixture(scope="module")
def graphs() -> dict[str, Graph]:
    found = {example: evaluate(example) for example in CONFIG if example != "application"}
    exports = dict(found["foundation"].exports)
    return {**found, "application": evaluate("application", {CONFIG["application"]["foundation"]: exports})}


@pytest.mark.parametrize("example", CONFIG)
def test_an_example_keeps_every_rule(graphs: dict[str, Graph], example: str) -> None:
    stack = [
        Resource(each.type, each.name, {**each.state, "id": f"{each.name}-id"}, each.protect)
        for each in graphs[example].resources
        if each.custom
    ]
    assert len(stack) > 5
    for rule in RULES:
        if f"{rule.__module__.rpartition('.')[2]}.{rule.__name__}" in _ELSEWHERE.get(example, set()):
            continue
        assert list(rule(stack)) == [], rule.__name__


def test_every_example_is_evaluated_and_named_after_its_folder() -> None:
    folders = {path.parent.name for path in EXAMPLES.glob("*/__main__.py")}
    assert folders == set(CONFIG)
    for folder in folders:
        project = yaml.safe_load((EXAMPLES / folder / "Pulumi.yaml").read_text())
        assert project["name"] == f"stylist-{folder.replace('_', '-')}"


def test_the_existing_network_and_pool_are_used_and_none_is_made(graphs: dict[str, Graph]) -> None:
    graph = graphs["existing_network"]
    assert not graph.of_type("aws:ec2/vpc:Vpc") and not graph.of_type("aws:cognito/userPool:UserPool")
    (balancer,) = graph.of_type("aws:lb/loadBalancer:LoadBalancer")
    assert balancer.inputs["subnets"] == ["subnet-a", "subnet-b"]
    (api,) = graph.of_type("aws:apigateway/restApi:RestApi")
    assert POOL["userPoolArn"] in api.inputs["body"]
    value = graph.get("site-secret-value").inputs["secretString"]
    assert isinstance(value, Secret) and json.loads(value.value)["client_secret"] == "secret"


def test_the_application_keeps_nothing_and_uses_what_the_foundation_keeps(graphs: dict[str, Graph]) -> None:
    application, foundation = graphs["application"], graphs["foundation"]
    for kept in ("aws:s3/bucket:Bucket", "aws:dynamodb/table:Table", "aws:cognito/userPool:UserPool"):
        assert not application.of_type(kept) and foundation.of_type(kept)
    variables = application.get("search-function").inputs["environment"]["variables"]
    table = foundation.get("vectors-embeddings").state["name"]
    assert json.loads(variables["VECTOR_STORE"])["table"] == table
    assert len(application.get("search-function").inputs["layers"]) == 2
    (api,) = application.of_type("aws:apigateway/restApi:RestApi")
    assert foundation.get("catalog-browse-function").state["arn"] in api.inputs["body"]


def _types(rules: dict[str, Any]) -> set[str]:
    return {rules["$ref"] if "$ref" in rules else rules["type"]}


def test_the_yaml_program_fits_the_schema() -> None:
    schema = json.loads(SCHEMA.read_text())["resources"]
    program = yaml.safe_load((EXAMPLES / "yaml" / "Pulumi.yaml").read_text())
    assert (EXAMPLES / "yaml" / program["plugins"]["providers"][0]["path"] / "PulumiPlugin.yaml").is_file()
    resources = program["resources"]
    checked = 0
    for name, resource in resources.items():
        rules = schema[resource["type"]]
        given = resource["properties"]
        assert set(rules.get("requiredInputs", [])) <= set(given), name
        for key, value in given.items():
            wanted = rules["inputProperties"][key]
            _check(resources, schema, value, wanted, f"{name}.{key}")
            checked += 1
    assert checked > 20
    for value in program["outputs"].values():
        _check(resources, schema, value, {"type": "string"}, "outputs")


def _check(resources: Any, schema: Any, value: Any, wanted: dict[str, Any], place: str) -> None:
    match = re.fullmatch(r"\$\{(\w+)\.(\w+)\}", value) if isinstance(value, str) else None
    if match and match[1] != "pulumi":
        given = schema[resources[match[1]]["type"]]["properties"][match[2]]
        assert _types(given) == _types(wanted), place
    elif isinstance(value, list):
        assert wanted["type"] == "array", place
        for each in value:
            _check(resources, schema, each, wanted["items"], place)
    elif isinstance(value, dict):
        assert wanted["type"] == "object", place
        for each in value.values():
            _check(resources, schema, each, wanted["additionalProperties"], place)
    else:
        kinds = {"string": str, "integer": int, "boolean": bool}
        assert "$ref" in wanted or type(value) is kinds[wanted["type"]], place
