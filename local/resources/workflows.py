"""State machines, made in the emulator's Step Functions."""

from local.resources.base import Context, Handler, Inputs, Made


def _state_machine(context: Context, name: str, inputs: Inputs) -> Made:
    machine = context.name(name, inputs, limit=80)
    made = context.client("stepfunctions").create_state_machine(
        name=machine,
        definition=inputs["definition"],
        roleArn=inputs["roleArn"],
        type=inputs.get("type") or "STANDARD",
    )
    return Made(made["stateMachineArn"], {"arn": made["stateMachineArn"], "name": machine})


def _update_state_machine(context: Context, name: str, inputs: Inputs, old: Made) -> Made:
    context.client("stepfunctions").update_state_machine(
        stateMachineArn=old.id, definition=inputs["definition"], roleArn=inputs["roleArn"]
    )
    context.name(name, inputs, limit=80)
    inputs.get("type")
    return old


HANDLERS = {
    "aws:sfn/stateMachine:StateMachine": Handler(
        _state_machine,
        _update_state_machine,
        ignored={
            "loggingConfiguration": "executions and their history are kept by the emulator",
            "tracingConfiguration": "there is no X-Ray here",
        },
    ),
}
