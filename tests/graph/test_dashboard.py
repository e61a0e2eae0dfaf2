"""The dashboard: everything that runs is on it, and every graph has something to show."""

import json
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest

from components import Dashboard
from components._lib.alarm import METRICS_NAMESPACE
from components._lib.board import MEASURES, SPENDERS, draw_board
from tests.graph.recorder import ROOT, Graph, record, record_stack

BOARD = "aws:cloudwatch/dashboard:Dashboard"
# Functions that run while a stack is deployed, and never again.
_DEPLOYING = {"knowledge-index-maker-function", "vectors-index-maker-function", "web-builder-function"}
# Metrics and dimensions as AWS documents them: the User Guides' pages "CloudWatch metrics" of each service.
_OF_AWS: dict[str, tuple[set[str], set[tuple[str, ...]]]] = {
    "AWS/ApiGateway": (
        {
            "4XXError",
            "5XXError",
            "ClientError",
            "ConnectCount",
            "Count",
            "ExecutionError",
            "IntegrationError",
            "IntegrationLatency",
            "Latency",
            "MessageCount",
        },
        {("ApiName", "Stage"), ("ApiId", "Stage")},
    ),
    "AWS/ApplicationELB": (
        {"HTTPCode_Target_5XX_Count", "HealthyHostCount", "RequestCount", "TargetResponseTime"},
        {("LoadBalancer", "TargetGroup")},
    ),
    "AWS/DynamoDB": (
        {
            "ConsumedReadCapacityUnits",
            "ConsumedWriteCapacityUnits",
            "ReadThrottleEvents",
            "WriteThrottleEvents",
        },
        {("TableName",)},
    ),
    "AWS/ECS": ({"CPUUtilization", "MemoryUtilization"}, {("ClusterName", "ServiceName")}),
    "AWS/Lambda": (
        {"ConcurrentExecutions", "Duration", "Errors", "Invocations", "Throttles"},
        {("FunctionName",)},
    ),
    "AWS/SQS": (
        {"ApproximateAgeOfOldestMessage", "ApproximateNumberOfMessagesVisible"},
        {("QueueName",)},
    ),
    "AWS/States": (
        {"ExecutionTime", "ExecutionsFailed", "ExecutionsStarted", "ExecutionsTimedOut"},
        {("StateMachineArn",)},
    ),
}


def widgets(graph: Graph) -> list[dict[str, Any]]:
    (board,) = graph.of_type(BOARD)
    return json.loads(board.inputs["dashboardBody"])["widgets"]


def lines(graph: Graph) -> Iterator[tuple[str, str, dict[str, str], dict[str, str]]]:
    """Namespace, metric, dimensions and options of every line of every graph."""
    for widget in widgets(graph):
        for line in widget["properties"].get("metrics", []):
            namespace, metric, *named = line[:-1]
            yield namespace, metric, dict(zip(named[::2], named[1::2], strict=True)), line[-1]


@pytest.mark.parametrize(
    ("type_", "dimension", "key"),
    [
        ("aws:lambda/function:Function", "FunctionName", "name"),
        ("aws:sqs/queue:Queue", "QueueName", "name"),
        ("aws:dynamodb/table:Table", "TableName", "name"),
        ("aws:sfn/stateMachine:StateMachine", "StateMachineArn", "arn"),
        ("aws:apigateway/restApi:RestApi", "ApiName", "name"),
        ("aws:apigatewayv2/api:Api", "ApiId", "id"),
        ("aws:lb/targetGroup:TargetGroup", "TargetGroup", "arnSuffix"),
        ("aws:ecs/service:Service", "ServiceName", "name"),
    ],
)
@pytest.mark.parametrize("variant", ["prod", "moving"])
def test_whatever_runs_is_on_the_dashboard(
    request: pytest.FixtureRequest, variant: str, type_: str, dimension: str, key: str
) -> None:
    graph: Graph = request.getfixturevalue(variant)
    shown = {dimensions.get(dimension) for _, _, dimensions, _ in lines(graph)}
    there = {
        f"{each.name}-id" if key == "id" else each.state[key]
        for each in graph.of_type(type_)
        if each.name not in _DEPLOYING
    }
    assert shown - {None} == there


@pytest.fixture(scope="module")
def moving() -> Graph:
    """A stack with everything that can be there beside the usual: a migration and a trained ranker."""
    return record_stack(
        "dev",
        dashboard="true",
        canaryMinutes=5,
        clusterTrainer="sagemaker",
        ranker="personalize",
        migrateToBackend="opensearch",
        hostSite="true",
    )


def test_every_line_is_a_metric_of_awss_or_of_a_function_of_the_stack(prod: Graph) -> None:
    functions = prod.of_type("aws:lambda/function:Function")
    services = {
        (each.inputs["environment"]["variables"]["POWERTOOLS_SERVICE_NAME"], each.state["name"])
        for each in functions
    }
    for namespace, metric, dimensions, options in lines(prod):
        assert re.fullmatch(r"Sum|Average|Minimum|Maximum|p\d\d", options["stat"]), metric
        if namespace == METRICS_NAMESPACE:
            assert set(dimensions) <= {"service", "function", "route"}
            assert (dimensions["service"], dimensions["function"]) in services
            continue
        metrics, known = _OF_AWS[namespace]
        assert metric in metrics and tuple(dimensions) in known, (namespace, metric, dimensions)


def test_what_functions_measure_is_what_their_code_writes(moving: Graph) -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "runtime").rglob("*.py"))
    own = {metric for namespace, metric, _, _ in lines(moving) if namespace == METRICS_NAMESPACE}
    assert own == {metric for measure in MEASURES for metric in measure.metrics} | {"SpentTodayUsd"}
    for metric in own:
        assert f'"{metric}"' in code, f"no function writes {metric}"


def test_no_graph_is_empty_twice_or_on_top_of_another(prod: Graph) -> None:
    shown = [each for each in widgets(prod) if each["type"] == "metric"]
    assert all(each["properties"]["metrics"] for each in shown)
    titled = [json.dumps(each["properties"]["metrics"]) for each in shown]
    assert len(titled) == len(set(titled))
    taken: set[tuple[int, int]] = set()
    for each in widgets(prod):
        cells = {
            (x, y)
            for x in range(each["x"], each["x"] + each["width"])
            for y in range(each["y"], each["y"] + each["height"])
        }
        assert not cells & taken and max(x for x, _ in cells) < 24
        taken |= cells
    assert all(above["y"] <= below["y"] for above, below in pairwise(widgets(prod)))


def test_what_was_spent_is_shown_against_the_limit(prod: Graph) -> None:
    (graph,) = (
        each["properties"]
        for each in widgets(prod)
        if each["properties"].get("title", "").startswith("Spent on pictures")
    )
    settings = json.loads(prod.get("images-function").inputs["environment"]["variables"]["IMAGES"])
    assert [each["value"] for each in graph["annotations"]["horizontal"]] == [settings["daily_spend_usd"]]
    assert [line[3] for line in graph["metrics"]] == list(SPENDERS)


def test_more_lines_than_a_graph_takes_become_more_graphs() -> None:
    rows = [
        {"kind": "function", "label": f"f{number}", "dimensions": {"FunctionName": f"f{number}"}}
        for number in range(501)
    ]
    board = draw_board(rows, "us-east-1", 10)
    calls = [each["properties"] for each in board["widgets"] if each["properties"].get("title") == "Calls"]
    assert [len(each["metrics"]) for each in calls] == [500, 1]


def test_without_it_nothing_is_declared_and_the_parts_are_told_all_the_same(dev: Graph) -> None:
    assert not dev.of_type(BOARD)
    assert dev.exports["dashboard"] == ""
    assert {row["kind"] for row in json.loads(dev.exports["watched"])} >= {"api", "dead-letters", "function"}


def test_a_limit_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="daily_spend_usd: 0 is no limit"):
        record(lambda: Dashboard("it", {"physical_name": "a", "watched": [], "daily_spend_usd": 0}))
