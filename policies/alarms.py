"""Rules about who is told when something goes wrong."""

from collections.abc import Iterator

from policies.stack import EVENT_SOURCE, FUNCTION, QUEUE, STATE_MACHINE, Stack, Violation, of_type

ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
BUDGET = "aws:budgets/budget:Budget"
SUBSCRIPTION = "aws:sns/topicSubscription:TopicSubscription"
TOPIC = "aws:sns/topic:Topic"
_RUNBOOK = "docs/runbook.md#"


def act_on_every_alarm(stack: Stack) -> Iterator[Violation]:
    """Every alarm tells a topic of the stack, says what silence means and where it is explained."""
    topics = {topic.text("arn") for topic in of_type(stack, TOPIC)}
    for alarm in of_type(stack, ALARM):
        if not alarm.list("alarmActions") or set(alarm.list("alarmActions")) - topics:
            yield Violation(alarm.name, "set alarmActions to a topic of this stack")
        if not alarm.text("treatMissingData"):
            yield Violation(alarm.name, "set treatMissingData: silence is good or bad, but never unknown")
        if _RUNBOOK not in alarm.text("alarmDescription"):
            yield Violation(alarm.name, f"name a section of the runbook in alarmDescription: {_RUNBOOK}...")


def have_somebody_listen(stack: Stack) -> Iterator[Violation]:
    """Every topic has a subscriber, and a stack with a topic a budget that tells it, every time."""
    heard = {each.text("topic") for each in of_type(stack, SUBSCRIPTION)}
    told = {
        arn
        for budget in of_type(stack, BUDGET)
        for notification in budget.list("notifications")
        for arn in notification.get("subscriberSnsTopicArns", [])
    }
    for topic in of_type(stack, TOPIC):
        if topic.text("arn") not in heard:
            yield Violation(topic.name, "nobody has subscribed to the topic")
        if topic.text("arn") not in told:
            yield Violation(topic.name, "no budget tells this topic")
    for budget in of_type(stack, BUDGET):
        if any(not each.get("subscriberSnsTopicArns") for each in budget.list("notifications")):
            yield Violation(budget.name, "set subscriberSnsTopicArns of every notification")


def watch_everything(stack: Stack) -> Iterator[Violation]:
    """Where there is a topic, every function, queue, dead letter and state machine has its alarms."""
    if not of_type(stack, TOPIC):
        return
    watched = {
        (alarm.text("metricName"), value)
        for alarm in of_type(stack, ALARM)
        for value in alarm.map("dimensions").values()
    }
    for function in of_type(stack, FUNCTION):
        yield from _unwatched(function.name, function.text("name"), ("Errors", "Throttles"), watched)
    feeding = {source.text("eventSourceArn") for source in of_type(stack, EVENT_SOURCE)}
    for queue in of_type(stack, QUEUE):
        fed = queue.text("arn") in feeding or queue.map("redrivePolicy")
        metric = "ApproximateAgeOfOldestMessage" if fed else "ApproximateNumberOfMessagesVisible"
        yield from _unwatched(queue.name, queue.text("name"), (metric,), watched)
    for machine in of_type(stack, STATE_MACHINE):
        metrics = ("ExecutionsFailed", "ExecutionsTimedOut")
        yield from _unwatched(machine.name, machine.text("arn"), metrics, watched)


def _unwatched(
    name: str, dimension: str, metrics: tuple[str, ...], watched: set[tuple[str, str]]
) -> Iterator[Violation]:
    for metric in metrics:
        if (metric, dimension) not in watched:
            yield Violation(name, f"has no alarm for {metric}")
