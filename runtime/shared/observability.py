"""Logs and metrics that say how a request went and never what it said.

Nothing a shopper typed, uploaded or is called may get in here: no bodies, queries, tokens or addresses. A
shopper is a short keyed hash, and an exception is its type and place, since its text may quote the input.
"""

import hashlib
import hmac
import os
import traceback
from collections.abc import Mapping
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from botocore.exceptions import ClientError

NAMESPACE = "VirtualStylist"


@cache
def get_logger() -> Logger:
    """The function's JSON logger; service and level come from the POWERTOOLS_* variables."""
    return Logger(utc=True)


def follow(request_id: str | None) -> None:
    """Let what is logged from here on carry the id of the request, or of the job, that it is about."""
    get_logger().set_correlation_id(request_id)


def followed() -> str | None:
    """The id that is being followed, to be handed on with a call or a message."""
    return get_logger().get_correlation_id()


def emit_metrics(
    dimensions: Mapping[str, str], counts: Mapping[str, float], milliseconds: Mapping[str, float]
) -> None:
    """Write one line in CloudWatch's embedded metric format.

    `dimensions` come on top of the service and the function, whose name tells two stacks apart.

    Metrics that were added elsewhere since the last line, with Powertools' own `Metrics`, go out with it.
    """
    metrics = Metrics(namespace=os.environ.get("POWERTOOLS_METRICS_NAMESPACE", NAMESPACE))
    function = os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "none")
    for name, value in {"function": function, **dimensions}.items():
        metrics.add_dimension(name=name, value=value)
    for name, value in counts.items():
        metrics.add_metric(name=name, unit=MetricUnit.Count, value=value)
    for name, value in milliseconds.items():
        metrics.add_metric(name=name, unit=MetricUnit.Milliseconds, value=value)
    metrics.flush_metrics()


def describe_error(error: BaseException) -> dict[str, Any]:
    """What may be logged of an exception and of what caused it: kinds, service error codes and places."""
    chain: list[str] = []
    cause: BaseException | None = error
    while cause is not None and len(chain) < 5:
        chain.append(_kind_of(cause))
        cause = cause.__cause__ or cause.__context__
    frames = traceback.extract_tb(error.__traceback__)[-8:]
    return {
        "error": chain[0],
        "caused_by": chain[1:],
        "at": [f"{_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames],
    }


def _kind_of(error: BaseException) -> str:
    kind = type(error).__name__
    if isinstance(error, ClientError):
        code = error.response.get("Error", {}).get("Code", "")
        return f"{kind} {code} in {error.operation_name}"
    return kind


def _short(path: str) -> str:
    return "/".join(path.rsplit("/", 3)[1:])


def pseudonym(subject: str, issuer: str) -> str:
    """A shopper in logs: 48 bits keyed with the user pool, so that logs of two pools cannot be joined."""
    return hmac.new(issuer.encode(), subject.encode(), hashlib.sha256).hexdigest()[:12]
