"""The body of a stack's dashboard, made from its parts.

Structure: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from components._lib.alarm import METRICS_NAMESPACE
from components._lib.watched import Kind, Row

_COLUMNS = 24
_WIDTH = 8
_HEIGHT = 6
_TITLE_HEIGHT = 1
_PERIOD = 300
_QUANTILES = ("p50", "p95", "p99")
# What a graph takes: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html
_MOST_LINES = 500


@dataclass(frozen=True, slots=True)
class Look:
    """One graph of a kind of part: which of AWS's metrics, and how they are summed up."""

    title: str
    namespace: str
    metrics: Mapping[str, Sequence[str]]
    """Statistics by metric."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One graph of what functions measure themselves, in the project's own namespace."""

    title: str
    service: str
    metrics: Mapping[str, Sequence[str]]
    """Statistics by metric."""
    routes: Sequence[str] = ()
    """Values of the dimension `route`; none where the function measures without it."""


LOOKS: Mapping[Kind, tuple[str, Sequence[Look]]] = {
    Kind.API: (
        "REST API",
        (
            Look("Requests", "AWS/ApiGateway", {"Count": ("Sum",)}),
            Look("Errors", "AWS/ApiGateway", {"4XXError": ("Sum",), "5XXError": ("Sum",)}),
            Look("Latency, ms", "AWS/ApiGateway", {"Latency": _QUANTILES}),
        ),
    ),
    Kind.SOCKET: (
        "WebSocket",
        (
            Look(
                "Connects and messages",
                "AWS/ApiGateway",
                {"ConnectCount": ("Sum",), "MessageCount": ("Sum",)},
            ),
            Look(
                "Errors",
                "AWS/ApiGateway",
                {"ClientError": ("Sum",), "ExecutionError": ("Sum",), "IntegrationError": ("Sum",)},
            ),
            Look("Latency, ms", "AWS/ApiGateway", {"IntegrationLatency": _QUANTILES}),
        ),
    ),
    Kind.FUNCTION: (
        "Functions",
        (
            Look("Calls", "AWS/Lambda", {"Invocations": ("Sum",)}),
            Look("Errors", "AWS/Lambda", {"Errors": ("Sum",)}),
            Look("Throttles", "AWS/Lambda", {"Throttles": ("Sum",)}),
            Look("Duration p95, ms", "AWS/Lambda", {"Duration": ("p95",)}),
            Look("At once", "AWS/Lambda", {"ConcurrentExecutions": ("Maximum",)}),
        ),
    ),
    Kind.QUEUE: (
        "Queues",
        (
            Look("Waiting", "AWS/SQS", {"ApproximateNumberOfMessagesVisible": ("Maximum",)}),
            Look("Age of the oldest, s", "AWS/SQS", {"ApproximateAgeOfOldestMessage": ("Maximum",)}),
        ),
    ),
    Kind.DEAD_LETTERS: (
        "Dead letters",
        (Look("Waiting for a person", "AWS/SQS", {"ApproximateNumberOfMessagesVisible": ("Maximum",)}),),
    ),
    Kind.WORKFLOW: (
        "Workflows",
        (
            Look(
                "Runs",
                "AWS/States",
                {
                    "ExecutionsStarted": ("Sum",),
                    "ExecutionsFailed": ("Sum",),
                    "ExecutionsTimedOut": ("Sum",),
                },
            ),
            Look("Time of a run, ms", "AWS/States", {"ExecutionTime": _QUANTILES}),
        ),
    ),
    Kind.TABLE: (
        "Tables",
        (
            Look("Read units", "AWS/DynamoDB", {"ConsumedReadCapacityUnits": ("Sum",)}),
            Look("Write units", "AWS/DynamoDB", {"ConsumedWriteCapacityUnits": ("Sum",)}),
            Look(
                "Throttles", "AWS/DynamoDB", {"ReadThrottleEvents": ("Sum",), "WriteThrottleEvents": ("Sum",)}
            ),
        ),
    ),
    Kind.TARGETS: (
        "Site",
        (
            Look("Requests", "AWS/ApplicationELB", {"RequestCount": ("Sum",)}),
            Look("Errors", "AWS/ApplicationELB", {"HTTPCode_Target_5XX_Count": ("Sum",)}),
            Look("Latency, s", "AWS/ApplicationELB", {"TargetResponseTime": _QUANTILES}),
            Look("Healthy tasks", "AWS/ApplicationELB", {"HealthyHostCount": ("Minimum",)}),
        ),
    ),
    Kind.SERVICE: (
        "Tasks of the site",
        (Look("Busy, %", "AWS/ECS", {"CPUUtilization": ("Average",), "MemoryUtilization": ("Average",)}),),
    ),
}
"""What is shown of each kind of part, in AWS's own metrics."""

_SEARCHES = ("GET /search", "POST /search")
_CHATS = ("chat", "POST /text")
MEASURES: Sequence[Measure] = (
    Measure("Visits that passed (1) or failed (0)", "canary", {"Passed": ("Minimum",)}),
    Measure("Visits, ms", "canary", {"Visit": ("p50", "p95")}),
    Measure("Searches, ms", "search", {"Latency": _QUANTILES}, _SEARCHES),
    Measure(
        "Searches: where the time goes, p95 ms",
        "search",
        {"Embedding": ("p95",), "VectorSearch": ("p95",), "Products": ("p95",)},
        _SEARCHES,
    ),
    Measure(
        "Searches: worse than usual, failed",
        "search",
        {"WithoutTaste": ("Sum",), "WordsOnly": ("Sum",), "Faults": ("Sum",), "Refusals": ("Sum",)},
        _SEARCHES,
    ),
    Measure("Conversations, ms", "chat", {"Latency": _QUANTILES}, _CHATS),
    Measure("Conversations: failed, refused", "chat", {"Faults": ("Sum",), "Refusals": ("Sum",)}, _CHATS),
    Measure("Pictures", "images", {"Pictures": ("Sum",), "Missing": ("Sum",)}, ("POST /image",)),
    Measure("Try-ons: what became of them", "tryon-worker", {"Done": ("Sum",)}),
    Measure("Try-ons: work, ms", "tryon-worker", {"Work": _QUANTILES}),
    Measure("Try-ons: age of the oldest job, s", "tryon-sweeper", {"OldestJobSeconds": ("Maximum",)}),
    Measure("Index: vectors", "compactor", {"IndexedVectors": ("Maximum",)}),
    Measure("Index: time of a snapshot, ms", "compactor", {"CompactionTime": ("p95",)}),
)
"""What functions say of themselves; those of services that the stack does not have are left out."""

SPENDERS = ("images", "tryon-routes")
SPENT = "SpentTodayUsd"


def draw_board(rows: Sequence[Row], region: str, cap_usd: float) -> dict[str, Any]:
    """The body of a dashboard; `cap_usd` is the daily limit of what is spent on pictures."""
    functions = {row["service"]: row["dimensions"]["FunctionName"] for row in rows if "service" in row}
    sections = [("The shop", [*_own(functions, cap_usd)])]
    for kind, (title, looks) in LOOKS.items():
        parts = [row for row in rows if row["kind"] == kind]
        graphs = [_graph(look.title, _lines(look, part)) for look in looks for part in _chunks(look, parts)]
        sections.append((title, graphs))
    return {"periodOverride": "inherit", "start": "-PT6H", "widgets": [*_place(sections, region)]}


def _own(functions: Mapping[str, str], cap_usd: float) -> Iterator[dict[str, Any]]:
    """Graphs of what functions measure; `functions` are their names by service."""
    for measure in MEASURES:
        if measure.service in functions:
            yield _graph(measure.title, [*_own_lines(measure, functions[measure.service])])
    spent = [
        _line(METRICS_NAMESPACE, SPENT, {"service": each, "function": functions[each]}, "Maximum", each)
        for each in SPENDERS
        if each in functions
    ]
    if spent:
        graph = _graph("Spent on pictures today, US dollars", spent)
        cap = {"label": "limit of the day", "value": cap_usd}
        yield {**graph, "annotations": {"horizontal": [cap]}, "yAxis": {"left": {"min": 0}}}


def _own_lines(measure: Measure, function: str) -> Iterator[list[Any]]:
    places = [{"route": route} for route in measure.routes] or [dict[str, str]()]
    for place in places:
        for metric, statistics in measure.metrics.items():
            for statistic in statistics:
                label = " ".join([*place.values(), metric, *([statistic] if len(statistics) > 1 else [])])
                where = {"service": measure.service, "function": function, **place}
                yield _line(METRICS_NAMESPACE, metric, where, statistic, label)


def _chunks(look: Look, parts: Sequence[Row]) -> Iterator[Sequence[Row]]:
    """Parts by as many as one graph takes."""
    size = _MOST_LINES // sum(map(len, look.metrics.values()))
    for start in range(0, len(parts), size):
        yield parts[start : start + size]


def _lines(look: Look, parts: Sequence[Row]) -> list[list[Any]]:
    return [
        _line(look.namespace, metric, part["dimensions"], statistic, _label(look, part, metric, statistic))
        for part in parts
        for metric, statistics in look.metrics.items()
        for statistic in statistics
    ]


def _label(look: Look, part: Row, metric: str, statistic: str) -> str:
    telling = [metric] if len(look.metrics) > 1 else []
    telling += [statistic] if len(look.metrics[metric]) > 1 else []
    return " ".join([part["label"], *telling])


def _line(
    namespace: str, metric: str, dimensions: Mapping[str, str], statistic: str, label: str
) -> list[Any]:
    named = [text for pair in dimensions.items() for text in pair]
    return [namespace, metric, *named, {"stat": statistic, "label": label}]


def _graph(title: str, lines: Sequence[list[Any]]) -> dict[str, Any]:
    return {"title": title, "metrics": list(lines), "period": _PERIOD, "view": "timeSeries", "stacked": False}


def _place(sections: Sequence[tuple[str, Sequence[dict[str, Any]]]], region: str) -> Iterator[dict[str, Any]]:
    """Widgets row by row, each section under its title; a section without graphs is left out."""
    y = 0
    for title, graphs in sections:
        if not graphs:
            continue
        yield {
            "type": "text",
            "x": 0,
            "y": y,
            "width": _COLUMNS,
            "height": _TITLE_HEIGHT,
            "properties": {"markdown": f"## {title}"},
        }
        y += _TITLE_HEIGHT
        per_row = _COLUMNS // _WIDTH
        for number, graph in enumerate(graphs):
            yield {
                "type": "metric",
                "x": number % per_row * _WIDTH,
                "y": y + number // per_row * _HEIGHT,
                "width": _WIDTH,
                "height": _HEIGHT,
                "properties": {"region": region, **graph},
            }
        y += -(-len(graphs) // per_row) * _HEIGHT
