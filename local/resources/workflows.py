"""Step Functions state machines."""

from typing import Any

from local.resources.base import Context, Handler, Inputs, Made


def _state_machine(context: Context, name: str, inputs: Inputs) -> Made:
    machine = context.name(name, inputs, limit=80)
    made = context.client("stepfunctions").create_state_machine(
        name=machine, type=inputs["type"], **_content(inputs)
    )
    arn = made["stateMachineArn"]
    return Made(arn, {"arn": arn, "name": machine, "creationDate": "", "revisionId": "", "status": "ACTIVE"})


def _update_state_machine(context: Context, name: str, inputs: Inputs, old: Made) -> Made:
    context.name(name, inputs, limit=80)
    inputs.get("type")
    context.client("stepfunctions").update_state_machine(stateMachineArn=old.id, **_content(inputs))
    return old


def _content(inputs: Inputs) -> dict[str, Any]:
    """What can change while the machine stays."""
    logging: dict[str, Any] = inputs["loggingConfiguration"]
    return {
        "definition": inputs["definition"],
        "roleArn": inputs["roleArn"],
        "loggingConfiguration": {
            "level": logging["level"],
            "includeExecutionData": logging["includeExecutionData"],
            "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": logging["logDestination"]}}],
        },
    }


HANDLERS = {
    "aws:sfn/stateMachine:StateMachine": Handler(
        _state_machine, _update_state_machine, ignored={"tracingConfiguration": "there is no X-Ray here"}
    ),
}
