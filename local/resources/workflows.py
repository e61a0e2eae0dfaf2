"""Step Functions state machines."""

from typing import Any

from local.resources.base import Context, Handler, Inputs, Made


def _state_machine(context: Context, name: str, inputs: Inputs) -> Made:
    machine = context.name(name, inputs, limit=80)
    logging: dict[str, Any] = inputs["loggingConfiguration"]
    made = context.client("stepfunctions").create_state_machine(
        name=machine,
        definition=inputs["definition"],
        roleArn=inputs["roleArn"],
        type=inputs["type"],
        loggingConfiguration={
            "level": logging["level"],
            "includeExecutionData": logging["includeExecutionData"],
            "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": logging["logDestination"]}}],
        },
    )
    arn = made["stateMachineArn"]
    return Made(arn, {"arn": arn, "name": machine, "creationDate": "", "revisionId": "", "status": "ACTIVE"})


HANDLERS = {
    "aws:sfn/stateMachine:StateMachine": Handler(
        _state_machine, ignored={"tracingConfiguration": "there is no X-Ray here"}
    ),
}
