"""Rules about state machines."""

from collections.abc import Iterator, Mapping
from typing import Any

from policies.stack import (
    LOG_GROUP,
    ROLE,
    ROLE_POLICY,
    STATE_MACHINE,
    Resource,
    Stack,
    Violation,
    as_list,
    of_type,
    statements,
)

# https://docs.aws.amazon.com/step-functions/latest/dg/sfn-best-practices.html
_LAMBDA_TROUBLES = frozenset(
    {
        "Lambda.AWSLambdaException",
        "Lambda.SdkClientException",
        "Lambda.ServiceException",
        "Lambda.TooManyRequestsException",
    }
)


def log_every_execution(stack: Stack) -> Iterator[Violation]:
    """A state machine writes a log whose retention is declared, without what shoppers said, and traces."""
    groups = {f"{group.text('arn')}:*" for group in of_type(stack, LOG_GROUP)}
    for machine in of_type(stack, STATE_MACHINE):
        logging = machine.map("loggingConfiguration")
        if logging.get("level") not in ("ALL", "ERROR") or logging.get("logDestination") not in groups:
            yield Violation(
                machine.name, "set loggingConfiguration to a log group of the stack, its ARN followed by :*"
            )
        if logging.get("includeExecutionData"):
            yield Violation(machine.name, "leave includeExecutionData off: logs would keep what was said")
        if machine.map("tracingConfiguration").get("enabled") is not True:
            yield Violation(machine.name, "enable tracingConfiguration")


def end_every_task(stack: Stack) -> Iterator[Violation]:
    """A workflow and each of its tasks has a time-out; one without waits for ever for a lost answer."""
    for machine in of_type(stack, STATE_MACHINE):
        if "TimeoutSeconds" not in machine.map("definition"):
            yield Violation(machine.name, "set TimeoutSeconds of the whole workflow")
        for name, task in _tasks(machine):
            if "TimeoutSeconds" not in task and "TimeoutSecondsPath" not in task:
                yield Violation(machine.name, f"set TimeoutSeconds of the task {name}")


def retry_lambdas_troubles(stack: Stack) -> Iterator[Violation]:
    """A task that calls a function repeats what Lambda itself could not do, later and later, and unevenly."""
    for machine in of_type(stack, STATE_MACHINE):
        for name, task in _tasks(machine):
            if "lambda" not in str(task.get("Resource")):
                continue
            retries = [each for each in task.get("Retry", ()) if set(each["ErrorEquals"]) >= _LAMBDA_TROUBLES]
            if not retries:
                yield Violation(machine.name, f"let {name} retry {', '.join(sorted(_LAMBDA_TROUBLES))}")
            elif retries[0].get("BackoffRate", 1) <= 1 or retries[0].get("JitterStrategy") != "FULL":
                yield Violation(machine.name, f"give the retry of {name} a BackoffRate and jitter")


def catch_every_failure(stack: Stack) -> Iterator[Violation]:
    """A task that fails for good leads on to where that is recorded; only the recording itself may end it."""
    for machine in of_type(stack, STATE_MACHINE):
        tasks = list(_tasks(machine))
        recording = {each["Next"] for _, task in tasks for each in task.get("Catch", ())}
        for name, task in tasks:
            caught = {error for each in task.get("Catch", ()) for error in each["ErrorEquals"]}
            if "States.ALL" not in caught and name not in recording:
                yield Violation(machine.name, f"let {name} catch States.ALL")


def let_workflows_call(stack: Stack) -> Iterator[Violation]:
    """The role of a workflow may invoke every function that its tasks name."""
    for machine in of_type(stack, STATE_MACHINE):
        allowed = _invocable(stack, machine)
        for name, task in _tasks(machine):
            function = task.get("Parameters", {}).get("FunctionName")
            if function and function not in allowed:
                yield Violation(machine.name, f"needs lambda:InvokeFunction on the function of {name}")


def _invocable(stack: Stack, machine: Resource) -> set[str]:
    roles = {
        role.text("name") for role in of_type(stack, ROLE) if role.text("arn") == machine.text("roleArn")
    }
    return {
        resource
        for policy in of_type(stack, ROLE_POLICY)
        if policy.text("role") in roles
        for statement in statements(policy.map("policy"))
        if statement.get("Effect") == "Allow" and "lambda:InvokeFunction" in as_list(statement.get("Action"))
        for resource in as_list(statement.get("Resource"))
    }


def _tasks(machine: Resource) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """All tasks by name, those inside of Map and Parallel states included."""
    yield from _tasks_of(machine.map("definition"))


def _tasks_of(definition: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, state in definition.get("States", {}).items():
        if state.get("Type") == "Task":
            yield name, state
        inner = [*state.get("Branches", ()), state.get("ItemProcessor"), state.get("Iterator")]
        for each in filter(None, inner):
            yield from _tasks_of(each)
