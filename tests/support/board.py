"""What the dashboard shows of the functions' own metrics."""

import json
import warnings
from typing import Any

with warnings.catch_warnings():
    # pulumi_aws warns of its own old classes while it is loaded.
    warnings.simplefilter("ignore", DeprecationWarning)
    from components._lib.alarm import METRICS_NAMESPACE
    from components._lib.board import draw_board

Metric = tuple[str, frozenset[tuple[str, str]]]
"""Name and dimensions."""


def shown_metrics(watched: str) -> set[Metric]:
    """The project's own metrics on the dashboard of a stack whose parts are these (JSON text)."""
    board: dict[str, Any] = draw_board(json.loads(watched), "us-east-1", 5)
    return {
        (line[1], frozenset(zip(line[2:-1:2], line[3:-1:2], strict=True)))
        for widget in board["widgets"]
        for line in widget["properties"].get("metrics", [])
        if line[0] == METRICS_NAMESPACE
    }
