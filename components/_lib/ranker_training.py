"""The states of the workflow that trains Amazon Personalize, in the Amazon States Language.

Each step of `runtime/personalization/training` becomes a loop: do it or look how far it is, wait as long as
the function says, look again.
"""

from itertools import pairwise
from typing import Any

import pulumi

from components._lib.workflow import retry

STEPS = (
    "export",
    "dataset_group",
    "dataset",
    "event_tracker",
    "import",
    "solution",
    "version",
    "evaluate",
    "campaign",
    "switch",
)
"""From interactions to a live campaign."""
STEP_SECONDS = 900
"""How long one call of the function may take."""
_RUN_SECONDS = 36 * 3600
_RUN = {"id.$": "$$.Execution.Name", "started.$": "$$.Execution.StartTime"}


def definition(function_arn: pulumi.Input[str]) -> dict[str, Any]:
    """The workflow over one function; its input is `{"action": "train"}` (the default) or `"remove"`."""
    states: dict[str, Any] = {
        "start": {
            "Type": "Choice",
            "Choices": [
                {
                    "And": [
                        {"Variable": "$.action", "IsPresent": True},
                        {"Variable": "$.action", "StringEquals": "remove"},
                    ],
                    "Next": "remove",
                }
            ],
            "Default": STEPS[0],
        },
        **_loop(function_arn, "remove", "record removed"),
        **_end(function_arn, "removed", {"reason": "everything in Amazon Personalize is removed"}),
        **_end(function_arn, "switched", {"reason": "the new model is live"}),
        **_end(function_arn, "kept", {"reason.$": "$.last.progress.reason"}),
        **_failure(function_arn),
    }
    for step, after in pairwise((*STEPS, "record switched")):
        states |= _loop(function_arn, step, after)
    return {
        "Comment": "Trains Amazon Personalize and puts the model to work.",
        "StartAt": "start",
        "TimeoutSeconds": _RUN_SECONDS,
        "States": states,
    }


def _loop(function_arn: pulumi.Input[str], step: str, after: str) -> dict[str, Any]:
    return {
        step: {
            **_call(function_arn, {"step": step}),
            "ResultSelector": {"progress.$": "$.Payload"},
            "ResultPath": "$.last",
            "Next": f"{step} done?",
        },
        f"{step} done?": {
            "Type": "Choice",
            "Choices": [
                {"Variable": "$.last.progress.accepted", "BooleanEquals": False, "Next": "record kept"},
                {"Variable": "$.last.progress.ready", "BooleanEquals": True, "Next": after},
            ],
            "Default": f"{step} wait",
        },
        f"{step} wait": {"Type": "Wait", "SecondsPath": "$.last.progress.wait_s", "Next": step},
    }


def _end(function_arn: pulumi.Input[str], outcome: str, reason: dict[str, str]) -> dict[str, Any]:
    return {
        f"record {outcome}": {
            **_call(function_arn, {"step": "record", "outcome": outcome, **reason}),
            "OutputPath": "$.Payload",
            "Next": outcome,
        },
        outcome: {"Type": "Succeed"},
    }


def _failure(function_arn: pulumi.Input[str]) -> dict[str, Any]:
    record = _call(function_arn, {"step": "record", "outcome": "failed", "reason.$": "$.failure.Cause"})
    return {
        "record failed": {
            **record,
            "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": None, "Next": "failed unrecorded"}],
            "ResultSelector": {"reason.$": "$.Payload.reason"},
            "ResultPath": "$.recorded",
            "Next": "failed",
        },
        "failed": {
            "Type": "Fail",
            "ErrorPath": "$.failure.Error",
            "CausePath": "$.recorded.reason",
        },
        "failed unrecorded": {"Type": "Fail", "ErrorPath": "$.failure.Error", "CausePath": "$.failure.Cause"},
    }


def _call(function_arn: pulumi.Input[str], payload: dict[str, str]) -> dict[str, Any]:
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": function_arn, "Payload": {**payload, "run": _RUN}},
        "TimeoutSeconds": STEP_SECONDS,
        "Retry": retry("TrainingBusy"),
        "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.failure", "Next": "record failed"}],
    }
