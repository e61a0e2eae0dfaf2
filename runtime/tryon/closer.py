"""The workflow's last step for a job that was not done: to say why."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from runtime.shared.observability import emit_metrics, follow, get_logger
from runtime.tryon.endings import Endings
from runtime.tryon.parts import Parts

NOT_MADE = "NotMade"
"""Error of a task whose cause is a reason for the shopper."""
_LONGEST_REASON = 500
_TOO_LONG = "It took too long and was given up; try again."
_UNKNOWN = "Something went wrong on our side; try again."


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """The function that the state machine calls with `{"job_id", "error": {"Error", "Cause"}}`."""
    error: Mapping[str, Any] = event.get("error") or {}
    follow(str(event["job_id"]))
    ended = _open_endings().fail(str(event["job_id"]), explain(error))
    kind = str(error.get("Error", "unknown"))[:100]
    get_logger().info("closed", kind=kind, ended=ended)
    emit_metrics({}, {"Closed": float(ended)}, {})
    return {"ended": ended}


def explain(error: Mapping[str, Any]) -> str:
    """What a shopper is told of a failed task: the cause only where it was written for them."""
    kind = error.get("Error")
    if kind == NOT_MADE:
        return str(error.get("Cause") or _UNKNOWN)[:_LONGEST_REASON]
    return _TOO_LONG if kind in ("States.Timeout", "States.HeartbeatTimeout") else _UNKNOWN


@cache
def _open_endings() -> Endings:
    return Parts.open().open_endings()
