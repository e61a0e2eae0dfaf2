"""The training workflow's function: one step of one run in, how far it is out."""

import hashlib
import json
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
from functools import cache
from typing import Any

from runtime.personalization.training.logic import Run, Training, utc_now
from runtime.personalization.training.service import Personalize
from runtime.personalization.training.settings import TrainingRefused, TrainingSettings
from runtime.personalization.training.store import Bucket
from runtime.shared.aws import Clients
from runtime.shared.observability import emit_metrics, get_logger
from runtime.shared.settings import read_setting

_ENDING_SECONDS = 300
_LONGEST_REASON = 500


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda entry point.

    From the workflow: `{"step", "run": {"id", "started"}}`, and with step `record` also `outcome` and
    `reason`. From Pulumi, of this function's own life: `{"tf": {"action": "create|update|delete"}}`.
    Raises TrainingRefused and TrainingBusy, which the workflow knows by name.
    """
    if "tf" in event:
        return _follow_stack(event["tf"].get("action", ""))
    step, run = event.get("step", ""), _read_run(event.get("run"))
    if step == "record":
        return _record(run, str(event.get("outcome", "")), str(event.get("reason", "")))
    progress = _open_training().step(step, run)
    get_logger().info("step", step=step, run=run.id, **asdict(progress))
    return asdict(progress)


def _follow_stack(action: str) -> dict[str, Any]:
    """A campaign costs by the hour: when the stack goes or no longer wants one, it ends with it.

    What is not gone within a few minutes costs nothing, and Pulumi is not kept waiting for it.
    """
    if action == "delete":
        run, until = Run("ending", utc_now()), time.monotonic() + _ENDING_SECONDS
        while not (progress := _open_training().step("remove", run)).ready and time.monotonic() < until:
            time.sleep(progress.wait_s)
        get_logger().info("the stack lets go of Amazon Personalize", everything_is_gone=progress.ready)
    return {}


def _record(run: Run, outcome: str, reason: str) -> dict[str, Any]:
    reason = _explain(reason)
    log = get_logger().error if outcome == "failed" else get_logger().info
    log("training ended", run=run.id, outcome=outcome, reason=reason)
    minutes = (utc_now() - run.started).total_seconds() / 60
    emit_metrics({"outcome": outcome}, {"TrainingRuns": 1.0, "TrainingMinutes": minutes}, {})
    return {"outcome": outcome, "reason": reason}


def _explain(cause: str) -> str:
    """The text of an error as the workflow caught it: of this function's, without the places in its code."""
    # Not every reason is such an error: a time-out comes in the workflow's own words.
    with suppress(ValueError, KeyError, TypeError):
        cause = json.loads(cause)["errorMessage"]
    return str(cause)[:_LONGEST_REASON]


def _read_run(given: Any) -> Run:
    """A run by the workflow's name of it, which may be too long and odd to name things in Personalize."""
    try:
        started = datetime.fromisoformat(given["started"])
        name = str(given["id"])
    except (KeyError, TypeError, ValueError) as error:
        raise TrainingRefused("run: give its id and when it started, in ISO 8601 with an offset") from error
    if started.tzinfo is None:
        raise TrainingRefused("run.started: has no offset from UTC")
    return Run(hashlib.sha256(name.encode()).hexdigest()[:12], started)


@cache
def _open_training() -> Training:
    settings: TrainingSettings = read_setting("TRAINING", TrainingSettings)
    clients = Clients()
    personalize = Personalize(clients.get("personalize"), settings.region, settings.account)
    return Training(settings, personalize, Bucket(clients.get("s3"), settings), utc_now)
