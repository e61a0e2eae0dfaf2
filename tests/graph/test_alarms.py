"""Alarms: what is watched, who is told, and that each is explained."""

import json
import re
from collections import Counter
from typing import Any

import pulumi
import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel

from components import Alarms
from components._lib.alarm import AlarmSpec, Missing, Watch
from components._lib.operation import Operation
from tests.graph.recorder import ROOT, Graph, record, record_stack

ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
# Sections that are no alarm's: what a budget's mail, which names no section, asks for.
_NO_ALARM = {"spending"}


def _sections() -> set[str]:
    text = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
    return {match.lower() for match in re.findall(r"^## (.+)$", text, re.MULTILINE)}


def test_every_alarm_has_a_section_of_the_runbook_and_every_section_an_alarm(prod: Graph) -> None:
    named = {
        alarm.inputs["alarmDescription"].partition("docs/runbook.md#")[2] for alarm in prod.of_type(ALARM)
    }
    assert "" not in named and len(named) > 8
    assert named == _sections() - _NO_ALARM


def test_an_alarm_watches_what_exists(prod: Graph) -> None:
    known = {
        value
        for resource in prod.resources
        for key in ("name", "arn", "arnSuffix")
        if isinstance(value := resource.state.get(key), str)
    }
    stages = {stage.inputs["stageName"] for stage in prod.of_type("aws:apigateway/stage:Stage")}
    functions = prod.of_type("aws:lambda/function:Function")
    services = {each.inputs["environment"]["variables"]["POWERTOOLS_SERVICE_NAME"] for each in functions}
    for alarm in prod.of_type(ALARM):
        assert set(alarm.inputs["dimensions"].values()) <= known | stages | services, alarm.name


def test_spending_is_told_of_before_the_limit_and_old_jobs_before_they_are_given_up(prod: Graph) -> None:
    cap = json.loads(prod.get("images-function").inputs["environment"]["variables"]["IMAGES"])
    for name in ("images-spending", "try-on-spending"):
        assert prod.get(name).inputs["threshold"] == 0.8 * cap["daily_spend_usd"]
    sweep = prod.get("try-on-sweeper-function").inputs["environment"]["variables"]["TRYON_SWEEP"]
    assert prod.get("try-on-job-age").inputs["threshold"] < json.loads(sweep)["give_up_s"]


def test_every_alarm_tells_the_topic_when_it_begins_and_ends(prod: Graph) -> None:
    topic = prod.get("alarms-topic").state["arn"]
    for alarm in prod.of_type(ALARM):
        assert alarm.inputs["alarmActions"] == alarm.inputs["okActions"] == [topic], alarm.name


def test_only_silence_of_the_site_and_of_its_visitor_is_alarming(prod: Graph) -> None:
    assert {a.name for a in prod.of_type(ALARM) if a.inputs["treatMissingData"] == "breaching"} == {
        "canary-visits",
        "edge-down",
    }


def test_no_address_means_no_alarm_and_nothing_to_pay(dev: Graph) -> None:
    types = Counter(resource.type for resource in dev.resources)
    for type_ in (ALARM, "aws:sns/topic:Topic", "aws:budgets/budget:Budget"):
        assert types[type_] == 0
    watched = record_stack("dev", alarmEmail="someone@example.com")
    assert len(watched.of_type(ALARM)) > 40
    assert not {(r.type, r.name) for r in dev.resources} - {(r.type, r.name) for r in watched.resources}


def test_only_this_account_publishes_and_the_address_is_subscribed(prod: Graph) -> None:
    statements = json.loads(prod.get("alarms-topic-policy").inputs["policy"])["Statement"]
    assert {each["Principal"]["Service"] for each in statements} == {
        "budgets.amazonaws.com",
        "cloudwatch.amazonaws.com",
    }
    assert len({each["Sid"] for each in statements}) == 2
    for statement in statements:
        assert statement["Action"] == ["sns:Publish"]
        assert statement["Resource"] == [prod.get("alarms-topic").state["arn"]]
        assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}
    mail = prod.get("alarms-mail").inputs
    assert (mail["protocol"], mail["endpoint"]) == ("email", "stylist@example.com")


def test_the_budget_speaks_in_time(prod: Graph) -> None:
    budget = prod.get("alarms-budget").inputs
    assert (budget["limitAmount"], budget["limitUnit"], budget["timeUnit"]) == ("3000", "USD", "MONTHLY")
    told = [(each["notificationType"], each["threshold"]) for each in budget["notifications"]]
    assert told == [("ACTUAL", 50), ("ACTUAL", 80), ("ACTUAL", 100), ("FORECASTED", 100)]
    # AWS takes at most five notifications of a budget.
    assert len(told) <= 5


def test_a_budget_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="budget_usd: 0 would be used up at once"):
        record(lambda: Alarms("alarms", {"email": "a@example.com", "budget_usd": 0}))


def test_alarms_are_what_cloudwatch_takes(prod: Graph) -> None:
    service = ServiceModel(Loader().load_service_model("cloudwatch", "service-2"))
    shape: Any = service.operation_model("PutMetricAlarm").input_shape
    members = shape.members
    statistics = set(members["Statistic"].enum)
    comparisons = set(members["ComparisonOperator"].enum)
    for alarm in prod.of_type(ALARM):
        inputs = alarm.inputs
        assert len(inputs["alarmDescription"]) <= members["AlarmDescription"].metadata["max"]
        assert inputs["comparisonOperator"] in comparisons
        assert ("statistic" in inputs) != ("extendedStatistic" in inputs), alarm.name
        assert inputs.get("statistic", "Sum") in statistics
        assert inputs["datapointsToAlarm"] <= inputs["evaluationPeriods"]
        # An alarm looks back a day at most.
        assert inputs["period"] * inputs["evaluationPeriods"] <= 86_400


def test_a_watch_without_a_topic_declares_nothing() -> None:
    spec = AlarmSpec(
        suffix="quiet",
        runbook="site-down",
        says="Silence.",
        namespace="N",
        metric="M",
        dimensions={},
        missing=Missing.ALARMING,
    )

    def program(topic: str | None) -> None:
        parent = pulumi.ComponentResource("test:index:Parent", "parent")
        operation = Operation(log_retention_days=30, alarm_topic_arn=topic, tags=None)
        Watch(parent=parent, operation=operation).add("it", spec)

    assert not record(lambda: program(None)).of_type(ALARM)
    (alarm,) = record(lambda: program("arn:topic")).of_type(ALARM)
    assert (alarm.name, alarm.inputs["treatMissingData"]) == ("it-quiet", "breaching")
