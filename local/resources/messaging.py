"""Queues, schedules and what connects them to functions."""

from typing import Any

from local.resources.base import Context, Handler, Inputs, Made, always


def _queue(context: Context, name: str, inputs: Inputs) -> Made:
    queue = context.name(name, inputs)
    attributes = inputs.renamed(
        visibilityTimeoutSeconds="VisibilityTimeout",
        messageRetentionSeconds="MessageRetentionPeriod",
        redrivePolicy="RedrivePolicy",
        receiveWaitTimeSeconds="ReceiveMessageWaitTimeSeconds",
    )
    client = context.client("sqs")
    url = client.create_queue(
        QueueName=queue, Attributes={key: str(value) for key, value in attributes.items()}
    )["QueueUrl"]
    arn = client.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    return Made(url, {"arn": arn, "url": url, "name": queue})


def _queue_policy(context: Context, _name: str, inputs: Inputs) -> Made:
    context.client("sqs").set_queue_attributes(
        QueueUrl=inputs["queueUrl"], Attributes={"Policy": inputs["policy"]}
    )
    return Made(inputs["queueUrl"])


def _redrive_allow_policy(context: Context, _name: str, inputs: Inputs) -> Made:
    context.client("sqs").set_queue_attributes(
        QueueUrl=inputs["queueUrl"], Attributes={"RedriveAllowPolicy": inputs["redriveAllowPolicy"]}
    )
    return Made(inputs["queueUrl"])


def _event_source_mapping(context: Context, _name: str, inputs: Inputs) -> Made:
    arguments: dict[str, Any] = inputs.renamed(
        eventSourceArn="EventSourceArn",
        functionName="FunctionName",
        batchSize="BatchSize",
        maximumBatchingWindowInSeconds="MaximumBatchingWindowInSeconds",
        functionResponseTypes="FunctionResponseTypes",
        startingPosition="StartingPosition",
        maximumRetryAttempts="MaximumRetryAttempts",
        bisectBatchOnFunctionError="BisectBatchOnFunctionError",
        parallelizationFactor="ParallelizationFactor",
        maximumRecordAgeInSeconds="MaximumRecordAgeInSeconds",
    )
    if scaling := inputs.get("scalingConfig"):
        arguments["ScalingConfig"] = {"MaximumConcurrency": scaling["maximumConcurrency"]}
    if criteria := inputs.get("filterCriteria"):
        arguments["FilterCriteria"] = {"Filters": [{"Pattern": f["pattern"]} for f in criteria["filters"]]}
    if destination := inputs.get("destinationConfig"):
        arn = destination["onFailure"]["destinationArn"]
        arguments["DestinationConfig"] = {"OnFailure": {"Destination": arn}}
    made = context.client("lambda").create_event_source_mapping(**arguments)
    return Made(made["UUID"], {"uuid": made["UUID"], "arn": f"{inputs['functionName']}:{made['UUID']}"})


def _schedule(context: Context, name: str, inputs: Inputs) -> Made:
    schedule = context.name(name, inputs)
    target = inputs["target"]
    made = context.client("scheduler").create_schedule(
        Name=schedule,
        ScheduleExpression=inputs["scheduleExpression"],
        FlexibleTimeWindow={"Mode": inputs["flexibleTimeWindow"]["mode"]},
        Target={
            "Arn": target["arn"],
            "RoleArn": target["roleArn"],
            "Input": target.get("input") or "{}",
        },
    )
    return Made(f"default/{schedule}", {"arn": made["ScheduleArn"], "name": schedule})


def _event_rule(context: Context, name: str, inputs: Inputs) -> Made:
    rule = context.name(name, inputs)
    arguments = inputs.renamed(scheduleExpression="ScheduleExpression", eventPattern="EventPattern")
    arn = context.client("events").put_rule(Name=rule, State=inputs.get("state") or "ENABLED", **arguments)
    return Made(rule, {"arn": arn["RuleArn"], "name": rule})


def _event_target(context: Context, name: str, inputs: Inputs) -> Made:
    target: dict[str, Any] = {"Id": name[:64], "Arn": inputs["arn"]}
    target |= inputs.renamed(input="Input", roleArn="RoleArn")
    if dead_letters := inputs.get("deadLetterConfig"):
        target["DeadLetterConfig"] = {"Arn": dead_letters["arn"]}
    context.client("events").put_targets(Rule=inputs["rule"], Targets=[target])
    return Made(f"{inputs['rule']}-{name}", {"targetId": name[:64]})


HANDLERS = {
    "aws:sqs/queue:Queue": Handler(
        _queue, ignored={"sqsManagedSseEnabled": "the state is a folder on this machine"}
    ),
    "aws:sqs/queuePolicy:QueuePolicy": Handler(_queue_policy, always(_queue_policy)),
    "aws:sqs/redriveAllowPolicy:RedriveAllowPolicy": Handler(
        _redrive_allow_policy, always(_redrive_allow_policy)
    ),
    "aws:lambda/eventSourceMapping:EventSourceMapping": Handler(_event_source_mapping),
    "aws:scheduler/schedule:Schedule": Handler(_schedule),
    "aws:cloudwatch/eventRule:EventRule": Handler(_event_rule),
    "aws:cloudwatch/eventTarget:EventTarget": Handler(
        _event_target, ignored={"retryPolicy": "the emulator has a fixed one"}
    ),
}
