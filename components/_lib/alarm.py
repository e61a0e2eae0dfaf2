"""Alarms, declared beside what they watch; each is explained in docs/runbook.md."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import pulumi
import pulumi_aws as aws

from components._lib.operation import Operation

MINUTE = 60
_FIVE_MINUTES = 5 * MINUTE
_SPENT_PERCENT = 80
METRICS_NAMESPACE = "VirtualStylist"
"""Where functions put what they measure themselves."""


class Missing(StrEnum):
    """What it means that a metric says nothing."""

    FINE = "notBreaching"
    """Nothing happened: no request, no failure."""
    ALARMING = "breaching"
    """Somebody should have said something."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmSpec:
    """When to raise an alarm. `period` is in seconds, `threshold` in the metric's own unit."""

    suffix: str
    """What the alarm's name ends in."""
    runbook: str
    """Anchor in docs/runbook.md."""
    says: str
    """What has happened, a sentence."""
    namespace: str
    metric: str
    dimensions: Mapping[str, pulumi.Input[str]]
    statistic: str = "Sum"
    """Of CloudWatch's, or a percentile such as `p95`."""
    below: bool = False
    """Raise it at values below the threshold instead of above it."""
    threshold: float = 0
    period: int = _FIVE_MINUTES
    periods: int = 1
    out_of: int | None = None
    """Of so many periods `periods` must be bad; without it, as many as there are."""
    missing: Missing = Missing.FINE


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """Who declares alarms, and where they go to. Without a topic there are none, and none to pay for."""

    parent: pulumi.Resource
    operation: Operation

    def add(self, name: str, *specs: AlarmSpec) -> None:
        """Declare the alarms `<name>-<suffix>`."""
        topic_arn = self.operation.alarm_topic_arn
        if topic_arn is None:
            return
        for spec in specs:
            percentile = spec.statistic.startswith("p")
            aws.cloudwatch.MetricAlarm(
                f"{name}-{spec.suffix}",
                alarm_description=f"{name}: {spec.says} See docs/runbook.md#{spec.runbook}",
                namespace=spec.namespace,
                metric_name=spec.metric,
                dimensions=spec.dimensions,
                statistic=None if percentile else spec.statistic,
                extended_statistic=spec.statistic if percentile else None,
                comparison_operator="LessThanThreshold" if spec.below else "GreaterThanThreshold",
                threshold=spec.threshold,
                period=spec.period,
                evaluation_periods=spec.out_of or spec.periods,
                datapoints_to_alarm=spec.periods,
                treat_missing_data=spec.missing.value,
                alarm_actions=[topic_arn],
                ok_actions=[topic_arn],
                tags=self.operation.tags,
                opts=pulumi.ResourceOptions(parent=self.parent),
            )


def of_function(name: pulumi.Input[str]) -> Sequence[AlarmSpec]:
    """What every function is watched for."""
    return (
        AlarmSpec(
            suffix="errors",
            runbook="function-errors",
            says="The function failed.",
            namespace="AWS/Lambda",
            metric="Errors",
            dimensions={"FunctionName": name},
        ),
        AlarmSpec(
            suffix="throttles",
            runbook="function-throttles",
            says="Lambda refused calls of the function for ten minutes of fifteen.",
            namespace="AWS/Lambda",
            metric="Throttles",
            dimensions={"FunctionName": name},
            periods=2,
            out_of=3,
        ),
    )


def of_dead_letters(name: pulumi.Input[str]) -> AlarmSpec:
    """A queue in which anything at all is too much."""
    return AlarmSpec(
        suffix="waiting",
        runbook="dead-letters",
        says="Something was given up and waits for a person.",
        namespace="AWS/SQS",
        metric="ApproximateNumberOfMessagesVisible",
        dimensions={"QueueName": name},
        statistic="Maximum",
    )


def of_queue(name: pulumi.Input[str], patience: int) -> AlarmSpec:
    """A queue whose oldest message may wait for `patience` seconds."""
    return AlarmSpec(
        suffix="age",
        runbook="queue-age",
        says=f"The oldest message has waited for more than {patience // MINUTE} minutes.",
        namespace="AWS/SQS",
        metric="ApproximateAgeOfOldestMessage",
        dimensions={"QueueName": name},
        statistic="Maximum",
        threshold=patience,
        periods=3,
    )


def of_workflow(arn: pulumi.Input[str]) -> Sequence[AlarmSpec]:
    """What every state machine is watched for."""
    return tuple(
        AlarmSpec(
            suffix=suffix,
            runbook="workflow-failures",
            says=says,
            namespace="AWS/States",
            metric=metric,
            dimensions={"StateMachineArn": arn},
        )
        for suffix, metric, says in (
            ("failed", "ExecutionsFailed", "A run failed."),
            ("timed-out", "ExecutionsTimedOut", "A run took too long and was ended."),
        )
    )


def of_api(name: pulumi.Input[str], stage: str) -> Sequence[AlarmSpec]:
    """What a REST API is watched for; latencies are in milliseconds."""
    dimensions: Mapping[str, pulumi.Input[str]] = {"ApiName": name, "Stage": stage}
    return (
        AlarmSpec(
            suffix="errors",
            runbook="api-errors",
            says="More than 1 % of the requests were answered with a server's error.",
            namespace="AWS/ApiGateway",
            metric="5XXError",
            dimensions=dimensions,
            statistic="Average",
            threshold=0.01,
            periods=2,
            out_of=3,
        ),
        AlarmSpec(
            suffix="latency",
            runbook="api-latency",
            says="One request of twenty took more than 10 seconds, for 15 minutes.",
            namespace="AWS/ApiGateway",
            metric="Latency",
            dimensions=dimensions,
            statistic="p95",
            threshold=10_000,
            periods=3,
        ),
    )


def of_jobs(service: str, sweeper: pulumi.Input[str], patience: int) -> AlarmSpec:
    """Try-ons whose oldest may take `patience` seconds, as the function `sweeper` sees them."""
    return AlarmSpec(
        suffix="job-age",
        runbook="job-age",
        says=f"A try-on has waited for more than {patience // MINUTE} minutes.",
        namespace=METRICS_NAMESPACE,
        metric="OldestJobSeconds",
        dimensions={"service": service, "function": sweeper},
        statistic="Maximum",
        threshold=patience,
        periods=2,
    )


def of_spending(service: str, spender: pulumi.Input[str], cap_usd: int) -> AlarmSpec:
    """The day's money for pictures, as the function `spender` counts it."""
    return AlarmSpec(
        suffix="spending",
        runbook="spending-today",
        says=f"More than {_SPENT_PERCENT} % of what a day may cost has been spent on pictures.",
        namespace=METRICS_NAMESPACE,
        metric="SpentTodayUsd",
        dimensions={"service": service, "function": spender},
        statistic="Maximum",
        threshold=cap_usd * _SPENT_PERCENT / 100,
    )


def of_visits(service: str, visitor: pulumi.Input[str], period: int) -> AlarmSpec:
    """Visits of the function `visitor` every `period` seconds, of which three in a row went wrong."""
    return AlarmSpec(
        suffix="visits",
        runbook="visits",
        says="The shop did not work three times in a row when it was tried out.",
        namespace=METRICS_NAMESPACE,
        metric="Passed",
        dimensions={"service": service, "function": visitor},
        statistic="Minimum",
        below=True,
        threshold=1,
        period=period,
        periods=3,
        missing=Missing.ALARMING,
    )


def of_targets(balancer: pulumi.Input[str], targets: pulumi.Input[str]) -> Sequence[AlarmSpec]:
    """What the site behind a load balancer is watched for; the names are CloudWatch's own."""
    dimensions = {"LoadBalancer": balancer, "TargetGroup": targets}
    return (
        AlarmSpec(
            suffix="down",
            runbook="site-down",
            says="No task of the site is healthy.",
            namespace="AWS/ApplicationELB",
            metric="HealthyHostCount",
            dimensions=dimensions,
            statistic="Maximum",
            below=True,
            threshold=1,
            period=MINUTE,
            periods=3,
            missing=Missing.ALARMING,
        ),
        AlarmSpec(
            suffix="page-errors",
            runbook="site-errors",
            says="The site answered with more than five errors in five minutes.",
            namespace="AWS/ApplicationELB",
            metric="HTTPCode_Target_5XX_Count",
            dimensions=dimensions,
            threshold=5,
        ),
    )


def of_service(cluster: pulumi.Input[str], service: pulumi.Input[str]) -> AlarmSpec:
    """A service that has run out of processor although it scales."""
    return AlarmSpec(
        suffix="busy",
        runbook="site-busy",
        says="The tasks of the site have been busy above 85 % for half an hour.",
        namespace="AWS/ECS",
        metric="CPUUtilization",
        dimensions={"ClusterName": cluster, "ServiceName": service},
        statistic="Average",
        threshold=85,
        periods=6,
    )
