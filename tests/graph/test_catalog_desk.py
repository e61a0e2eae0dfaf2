"""The desk: one function with what the others hand out, and nothing of its own."""

import json

import pytest

from components import CatalogDesk
from components._lib import iam
from tests.graph.recorder import Graph, record

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:clusters-function-1a2b3c4"
SNAPSHOTS = "arn:aws:s3:::vectors-snapshots-1a2b3c4"


def test_it_is_told_where_things_are_and_may_do_what_it_is_handed() -> None:
    def program() -> None:
        CatalogDesk(
            "desk",
            {
                "layers": ["arn:core", "arn:arrays"],
                "catalog_environment": {"CATALOG": "c"},
                "desk_environment": {"DESK": "d"},
                "vector_environment": {"VECTOR_STORE": "v", "EMBEDDER": "e"},
                "lake_environment": {"CLUSTERS": "l"},
                "clusters_environment": {"GROUPER": "g"},
                "policies": [
                    iam.document([iam.allow(["sqs:ReceiveMessage"], ["arn:letters"])]),
                    iam.document([iam.allow(["lambda:InvokeFunction"], ["arn:grouper"])]),
                ],
            },
        )

    graph = record(program)
    function = graph.get("desk-function").inputs
    assert (function["handler"], function["timeout"]) == ("runtime.desk.handler.handler", 29)
    variables = function["environment"]["variables"]
    names = ("CATALOG", "DESK", "VECTOR_STORE", "EMBEDDER", "CLUSTERS", "GROUPER")
    assert [variables[name] for name in names] == ["c", "d", "v", "e", "l", "g"]
    statements = json.loads(graph.get("desk-policy").inputs["policy"])["Statement"]
    assert [each["Resource"] for each in statements[-2:]] == [["arn:letters"], ["arn:grouper"]]


def granted(graph: Graph) -> set[tuple[str, str]]:
    statements = json.loads(graph.get("desk-policy").inputs["policy"])["Statement"]
    return {
        (action, resource)
        for each in statements
        for action in each["Action"]
        for resource in each["Resource"]
    }


def test_in_the_program_it_reads_of_the_index_only_what_tells_its_state(dev: Graph) -> None:
    allowed = granted(dev)
    assert {resource for _, resource in allowed if resource.startswith(SNAPSHOTS)} == {
        SNAPSHOTS,
        f"{SNAPSHOTS}/indexes/*/latest",
        f"{SNAPSHOTS}/indexes/*/manifest.json",
    }
    assert {resource for action, resource in allowed if action == "lambda:InvokeFunction"} == {FUNCTION}
    changing = {action for action, _ in allowed if action.startswith(("dynamodb:", "s3:"))}
    assert changing == {
        "dynamodb:BatchGetItem",
        "dynamodb:Scan",
        "s3:GetObject",
        "s3:ListBucket",
        "s3:PutObject",
    }


@pytest.mark.parametrize(
    "route",
    [
        "POST /catalog/uploads",
        "GET /catalog/files",
        "GET /catalog/status",
        "GET /catalog/dead-letters",
        "POST /catalog/dead-letters/retry",
        "DELETE /catalog/dead-letters/{id}",
        "POST /catalog/clusters",
    ],
)
def test_no_route_is_open_to_who_is_not_signed_in(dev: Graph, route: str) -> None:
    method, path = route.split()
    document = json.loads(dev.of_type("aws:apigateway/restApi:RestApi")[0].inputs["body"])
    operation = document["paths"][path][method.lower()]
    assert any(
        "user-pool" in name or "cognito" in name.lower() for each in operation["security"] for name in each
    )
