"""Who is told when something goes wrong or becomes dear."""

from collections.abc import Mapping
from typing import Any, NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components._lib import iam
from components._lib.package import public_token

_SPENT_PERCENT = (50, 80, 100)
_FORECAST_PERCENT = 100
_SENDERS = {"alarms": "cloudwatch.amazonaws.com", "budget": "budgets.amazonaws.com"}


class AlarmsArgs(TypedDict):
    """Inputs of `Alarms`."""

    email: str
    """Address that is told; it must confirm the mail that AWS sends. Empty: there are no alarms at all."""
    budget_usd: NotRequired[int]
    """US dollars that the account may cost in a month before somebody is told. Default: 100."""
    tags: NotRequired[pulumi.Input[Mapping[str, pulumi.Input[str]]]]
    """Tags of every resource. Default: none."""


class Alarms(pulumi.ComponentResource):
    """A topic for alarms with one subscriber, and a monthly budget of the account.

    The budget counts the whole account: one that counts a tag counts nothing until that tag is made one of
    cost allocation. Without an address there is nothing, and nothing to pay.
    """

    topic_arn: pulumi.Output[str]
    """Topic for the inputs `alarm_topic_arn` of the other components; empty without an address."""

    def __init__(self, name: str, args: AlarmsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(public_token("Alarms"), name, {}, opts)
        budget = int(args.get("budget_usd", 100))
        if budget < 1:
            raise ValueError(f"budget_usd: {budget} would be used up at once; use at least 1")

        self.topic_arn = pulumi.Output.from_input("")
        if args["email"]:
            topic = _topic(name, self, args)
            _budget(name, self, args, topic, budget)
            self.topic_arn = topic.arn
        self.register_outputs({"topic_arn": self.topic_arn})


def _topic(name: str, parent: pulumi.Resource, args: AlarmsArgs) -> aws.sns.Topic:
    opts = pulumi.ResourceOptions(parent=parent)
    # AWS's own key for topics lets neither service publish, and an alarm holds nothing of anybody.
    topic = aws.sns.Topic(f"{name}-topic", tags=args.get("tags"), opts=opts)
    account = aws.get_caller_identity_output(opts=pulumi.InvokeOptions(parent=parent)).account_id
    from_account: Mapping[str, Any] = {"StringEquals": {"aws:SourceAccount": account}}
    aws.sns.TopicPolicy(
        f"{name}-topic-policy",
        arn=topic.arn,
        policy=iam.document(
            [
                {
                    **iam.allow(["sns:Publish"], [topic.arn], from_account),
                    "Sid": f"Let{sender.title()}Publish",
                    "Principal": {"Service": service},
                }
                for sender, service in _SENDERS.items()
            ]
        ),
        opts=opts,
    )
    aws.sns.TopicSubscription(
        f"{name}-mail", topic=topic.arn, protocol="email", endpoint=args["email"], opts=opts
    )
    return topic


def _budget(
    name: str, parent: pulumi.Resource, args: AlarmsArgs, topic: aws.sns.Topic, budget_usd: int
) -> None:
    levels = [("ACTUAL", percent) for percent in _SPENT_PERCENT]
    aws.budgets.Budget(
        f"{name}-budget",
        budget_type="COST",
        limit_amount=str(budget_usd),
        limit_unit="USD",
        time_unit="MONTHLY",
        notifications=[
            {
                "notification_type": kind,
                "comparison_operator": "GREATER_THAN",
                "threshold": percent,
                "threshold_type": "PERCENTAGE",
                "subscriber_sns_topic_arns": [topic.arn],
            }
            for kind, percent in [*levels, ("FORECASTED", _FORECAST_PERCENT)]
        ],
        tags=args.get("tags"),
        opts=pulumi.ResourceOptions(parent=parent),
    )
