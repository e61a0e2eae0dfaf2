"""Whatever catches failures, tells of them or encrypts can be taken away from no stack without being missed.

Unlike the planted violations, which show that each rule finds what it forbids, these go through all that
there is of a kind in a stack: an alarm or a queue that nobody has thought of is among them.
"""

from collections.abc import Callable, Iterator

import pytest

from policies.rules import RULES
from policies.stack import Resource
from tests.policy.planting import Change, Stacks, drop, plant, put, remove

STACKS = ("prod", "prod with DynamoDB", "prod with Personalize")
Removal = tuple[str, str, Change]
"""What is taken away in words, from which resource, and how."""


def alarm_targets(stack: list[Resource]) -> Iterator[Removal]:
    for each in stack:
        if each.type == "aws:cloudwatch/metricAlarm:MetricAlarm":
            yield "alarm target", each.name, put("alarmActions", [])
        if each.type == "aws:budgets/budget:Budget":
            for number in range(len(each.list("notifications"))):
                path = f"notifications.{number}.subscriberSnsTopicArns"
                yield f"target of notification {number}", each.name, put(path, [])
        if each.type == "aws:sns/topicSubscription:TopicSubscription":
            yield "subscription", each.name, remove


def dead_letters(stack: list[Resource]) -> Iterator[Removal]:
    for each in stack:
        for key in ("redrivePolicy", "deadLetterConfig", "destinationConfig"):
            if each.map(key):
                yield key, each.name, drop(key)
        if each.type == "aws:sqs/queue:Queue" and not each.map("redrivePolicy"):
            yield "dead-letter queue", each.name, remove


def encryption(stack: list[Resource]) -> Iterator[Removal]:
    for each in stack:
        if each.type.endswith(":BucketServerSideEncryptionConfiguration"):
            yield "encryption", each.name, remove
        if each.text("type") == "encryption":
            yield "encryption policy", each.name, remove
        for key in ("sqsManagedSseEnabled", "encryptionConfigurations", "serverSideEncryption"):
            if each.properties.get(key):
                yield key, each.name, drop(key)


@pytest.mark.parametrize("find", [alarm_targets, dead_letters, encryption], ids=lambda find: find.__name__)
@pytest.mark.parametrize("name", STACKS)
def test_nothing_can_be_taken_away_unnoticed(
    stacks: Stacks, name: str, find: Callable[[list[Resource]], Iterator[Removal]]
) -> None:
    stack = stacks[name]
    removals = list(find(stack))
    assert len(removals) >= 5
    unnoticed = [
        f"{what} of {resource}"
        for what, resource, change in removals
        if not is_named(plant(stack, resource, change), resource)
    ]
    assert not unnoticed


def is_named(stack: list[Resource], resource: str) -> bool:
    """Whether a rule names the resource, or the one that it is a part of by its name."""
    owner = resource.rpartition("-")[0]
    found = (violation for rule in RULES for violation in rule(stack))
    return any(each.resource.startswith(owner) or resource in each.message for each in found)
