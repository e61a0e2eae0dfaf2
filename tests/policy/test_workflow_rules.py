"""Every rule about state machines finds what it forbids."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from policies import workflows
from policies.stack import Resource, Rule
from tests.graph.test_personalize_ranker import record_ranker
from tests.policy.planting import (
    Change,
    Planted,
    Stacks,
    drop,
    each_of,
    expect_found,
    inside,
    plant,
    put,
    resources_of,
    revoke,
    within,
)

MACHINE = "ranker-workflow-machine"


@pytest.fixture(scope="module")
def stack() -> list[Resource]:
    return resources_of(record_ranker())


def in_task(change: Callable[[dict[str, Any]], None]) -> Change:
    """Change the task `import` of the definition."""

    def outer(properties: dict[str, Any]) -> None:
        definition = json.loads(properties["definition"])
        change(definition["States"]["import"])
        properties["definition"] = json.dumps(definition)

    return outer


def within_map(properties: dict[str, Any]) -> None:
    """Hide a task without time-outs inside of a Map."""
    definition = json.loads(properties["definition"])
    task = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": True}
    definition["States"]["import"] = {
        "Type": "Map",
        "ItemProcessor": {"StartAt": "inner", "States": {"inner": task}},
        "Next": "solution",
    }
    properties["definition"] = json.dumps(definition)


def without_limit(properties: dict[str, Any]) -> None:
    definition = json.loads(properties["definition"])
    del definition["TimeoutSeconds"]
    properties["definition"] = json.dumps(definition)


PLANTED: list[Planted] = [
    (workflows.log_every_workflow, MACHINE, drop("loggingConfiguration"), "ending in :*"),
    (workflows.log_every_workflow, MACHINE, put("loggingConfiguration.level", "OFF"), "ending in :*"),
    (
        workflows.log_every_workflow,
        MACHINE,
        put("loggingConfiguration.includeExecutionData", True),
        "leave includeExecutionData off",
    ),
    (workflows.log_every_workflow, MACHINE, put("tracingConfiguration.enabled", False), "tracing"),
    (workflows.end_every_wait, MACHINE, without_limit, "of the state machine"),
    (workflows.end_every_wait, MACHINE, in_task(drop("TimeoutSeconds")), "TimeoutSeconds of import"),
    (workflows.end_every_wait, MACHINE, within_map, "TimeoutSeconds of inner"),
    (workflows.retry_busy_functions, MACHINE, in_task(drop("Retry")), "import must retry"),
    (
        workflows.retry_busy_functions,
        MACHINE,
        in_task(put("Retry.0.ErrorEquals", ["Lambda.ServiceException"])),
        "Lambda.TooManyRequestsException",
    ),
    (workflows.retry_busy_functions, MACHINE, in_task(put("Retry.0.JitterStrategy", "NONE")), "jitter"),
    (workflows.retry_busy_functions, MACHINE, in_task(put("Retry.0.BackoffRate", 1)), "back-off"),
    (workflows.catch_every_failure, MACHINE, in_task(drop("Catch")), "let import catch States.ALL"),
    (
        workflows.let_workflows_act,
        "ranker-workflow-policy",
        revoke("lambda:InvokeFunction"),
        "needs lambda:InvokeFunction",
    ),
]


TRY_ON: list[Planted] = [
    (
        workflows.log_every_workflow,
        "try-on-workflow-machine",
        drop("loggingConfiguration"),
        "loggingConfiguration",
    ),
    (
        workflows.log_every_workflow,
        "try-on-workflow-machine",
        put("loggingConfiguration.includeExecutionData", True),
        "includeExecutionData",
    ),
    (
        workflows.log_every_workflow,
        "try-on-workflow-machine",
        drop("tracingConfiguration"),
        "tracingConfiguration",
    ),
    (
        workflows.end_every_wait,
        "try-on-workflow-machine",
        within("definition", drop("TimeoutSeconds")),
        "of the state machine",
    ),
    (
        workflows.end_every_wait,
        "try-on-workflow-machine",
        within("definition", inside("States.Work", drop("TimeoutSeconds"))),
        "TimeoutSeconds of Work",
    ),
    (
        workflows.end_every_wait,
        "try-on-workflow-machine",
        within("definition", put("States.Work.TimeoutSeconds", 9999)),
        "longer than the state machine",
    ),
    (
        workflows.retry_busy_functions,
        "try-on-workflow-machine",
        within("definition", inside("States.Close", drop("Retry"))),
        "must retry Lambda.AWSLambdaException",
    ),
    (
        workflows.retry_busy_functions,
        "try-on-workflow-machine",
        within("definition", put("States.Close.Retry.0.JitterStrategy", "NONE")),
        "jitter",
    ),
    (
        workflows.let_workflows_act,
        "try-on-workflow-policy",
        revoke("lambda:InvokeFunction"),
        "lambda:InvokeFunction",
    ),
    (workflows.let_workflows_act, "try-on-workflow-policy", revoke("sqs:SendMessage"), "sqs:SendMessage"),
]


@each_of(TRY_ON)
def test_a_planted_violation_in_the_try_on_is_found(
    stacks: Stacks, rule: Rule, name: str, change: Change, text: str
) -> None:
    expect_found(stacks, rule, name, change, text)


@each_of(PLANTED)
def test_a_planted_violation_is_found(
    stack: list[Resource], rule: Rule, name: str, change: Change, text: str
) -> None:
    assert list(rule(stack)) == []
    violations = list(rule(plant(stack, name, change)))
    assert any(text in violation.message for violation in violations), violations
