"""Rules about state machines: they end, try again, say what went wrong, and may do what they do.

States language: https://states-language.net/spec.html
"""

from collections.abc import Iterator, Mapping
from typing import Any

from policies.stack import (
    LOG_GROUP,
    ROLE,
    STATE_MACHINE,
    Resource,
    Stack,
    Violation,
    as_list,
    of_type,
    policies_of_role,
    statements,
)

_INVOKE = "arn:aws:states:::lambda:invoke"
_SEND = "arn:aws:states:::sqs:sendMessage"
# https://docs.aws.amazon.com/step-functions/latest/dg/sfn-best-practices.html
_LAMBDA_TROUBLES = frozenset(
    {
        "Lambda.AWSLambdaException",
        "Lambda.SdkClientException",
        "Lambda.ServiceException",
        "Lambda.TooManyRequestsException",
    }
)


def log_every_workflow(stack: Stack) -> Iterator[Violation]:
    """A state machine logs its errors to a group of this stack, without the data that goes through it."""
    groups = {f"{group.text('arn')}:*" for group in of_type(stack, LOG_GROUP)}
    for machine in of_type(stack, STATE_MACHINE):
        logging = machine.map("loggingConfiguration")
        if logging.get("level", "OFF") == "OFF" or logging.get("logDestination") not in groups:
            yield Violation(
                machine.name, "set loggingConfiguration to a log group of this stack, ending in :*"
            )
        if logging.get("includeExecutionData"):
            yield Violation(
                machine.name, "leave includeExecutionData off: it would log what shoppers are told"
            )
        if not machine.map("tracingConfiguration").get("enabled"):
            yield Violation(machine.name, "enable tracingConfiguration")


def end_every_wait(stack: Stack) -> Iterator[Violation]:
    """A state machine and each of its tasks have a time-out, the machine's being the longest."""
    for machine in of_type(stack, STATE_MACHINE):
        definition = machine.map("definition")
        whole = definition.get("TimeoutSeconds")
        if not whole:
            yield Violation(machine.name, "set TimeoutSeconds of the state machine")
        for name, task in _tasks(machine):
            limit = task.get("TimeoutSeconds")
            if not limit:
                yield Violation(machine.name, f"set TimeoutSeconds of {name}; the default is 99999999")
            elif whole and limit > whole:
                yield Violation(machine.name, f"{name} may take longer than the state machine")


def retry_busy_functions(stack: Stack) -> Iterator[Violation]:
    """A task that calls a function tries again when Lambda is busy, after growing pauses with jitter."""
    for machine in of_type(stack, STATE_MACHINE):
        for name, task in _tasks(machine):
            if task.get("Resource") != _INVOKE:
                continue
            retries = [each for each in task.get("Retry", ()) if set(each["ErrorEquals"]) >= _LAMBDA_TROUBLES]
            if not retries:
                yield Violation(machine.name, f"{name} must retry {', '.join(sorted(_LAMBDA_TROUBLES))}")
            elif retries[0].get("JitterStrategy") != "FULL" or retries[0].get("BackoffRate", 2) <= 1:
                yield Violation(machine.name, f"{name} must retry with back-off and jitter")


def catch_every_failure(stack: Stack) -> Iterator[Violation]:
    """A task that fails for good leads on to where that is recorded; only the recording itself may end it."""
    for machine in of_type(stack, STATE_MACHINE):
        tasks = list(_tasks(machine))
        recording = {each["Next"] for _, task in tasks for each in task.get("Catch", ())}
        for name, task in tasks:
            caught = {error for each in task.get("Catch", ()) for error in each["ErrorEquals"]}
            if "States.ALL" not in caught and name not in recording:
                yield Violation(machine.name, f"let {name} catch States.ALL")


def let_workflows_act(stack: Stack) -> Iterator[Violation]:
    """The role of a state machine may call the functions and write to the queues of its tasks."""
    for machine in of_type(stack, STATE_MACHINE):
        for name, task in _tasks(machine):
            needed = _needed(task)
            if needed and not _may(stack, machine, *needed):
                yield Violation(machine.name, f"{name} needs {needed[0]} in the state machine's role")


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


def _needed(task: Mapping[str, Any]) -> tuple[str, str] | None:
    """The action of a task, and the end of the ARN of what it is done on."""
    parameters, kind = task.get("Parameters", {}), str(task.get("Resource"))
    if kind == _INVOKE:
        return "lambda:InvokeFunction", str(parameters.get("FunctionName"))
    if kind.startswith(_SEND):
        return "sqs:SendMessage", ":" + str(parameters.get("QueueUrl")).rpartition("/")[2]
    return None


def _may(stack: Stack, machine: Resource, action: str, arn: str) -> bool:
    roles = [role for role in of_type(stack, ROLE) if role.text("arn") == machine.text("roleArn")]
    return any(
        action in as_list(statement.get("Action"))
        and any(resource.endswith(arn) for resource in as_list(statement.get("Resource")))
        for role in roles
        for policy in policies_of_role(stack, role.text("name"))
        for statement in statements(policy.map("policy"))
    )
