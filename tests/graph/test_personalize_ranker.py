"""Amazon Personalize: the workflow that keeps it, who may do what, and what functions are told."""

import json
from collections.abc import Mapping
from typing import Any

import pulumi
import pytest

from components import PersonalizeRanker
from components._lib.ranker_training import STEPS
from policies.rules import RULES
from policies.stack import Rule
from runtime.personalization.training.logic import RECIPE
from runtime.personalization.training.settings import TrainingSettings
from tests.graph.recorder import Graph, known_stack, record
from tests.policy.planting import resources_of

PREFIX = "arn:aws:personalize:us-east-1:123456789012:"
BUCKET = "arn:aws:s3:::ranker-models-1a2b3c4"
LAKE = "arn:aws:s3:::lake"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:ranker-training-function-1a2b3c4"
ROLE = "arn:aws:iam::123456789012:role/ranker-reader-role-1a2b3c4"
OUTPUTS = ("environment", "policy", "events_policy", "workflow_arn", "training_function_arn", "bucket")


def allowed(policy: str) -> set[tuple[str, str]]:
    return {
        (action, resource)
        for statement in json.loads(policy)["Statement"]
        for action in statement["Action"]
        for resource in statement["Resource"]
        if not action.startswith(("logs:", "xray:"))
    }


def record_ranker(preview: bool = False, **changes: Any) -> Graph:
    def program() -> None:
        args: Any = {"layers": ["arn:core"], "physical_name": "shop-test", "lake_bucket": "lake", **changes}
        ranker = PersonalizeRanker("ranker", args)
        for name in OUTPUTS:
            pulumi.export(name, getattr(ranker, name))

    return record(program, preview=preview)


@pytest.fixture(scope="module")
def ranker() -> Graph:
    return record_ranker()


@pytest.fixture(scope="module")
def states(ranker: Graph) -> dict[str, Any]:
    return json.loads(ranker.get("ranker-workflow-machine").inputs["definition"])["States"]


def test_a_preview_declares_what_an_update_makes(ranker: Graph) -> None:
    declared = {(resource.type, resource.name) for resource in ranker.resources}
    assert {(resource.type, resource.name) for resource in record_ranker(preview=True).resources} == declared


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_it_keeps_every_rule(ranker: Graph, rule: Rule) -> None:
    assert list(rule(resources_of(ranker))) == []


def test_functions_are_told_where_the_pointer_is(ranker: Graph) -> None:
    assert json.loads(ranker.exports["environment"]["RANKER"]) == {
        "kind": "personalize",
        "bucket": "ranker-models-1a2b3c4",
    }


def test_ranking_and_telling_need_little(ranker: Graph) -> None:
    pointer = {("s3:GetObject", f"{BUCKET}/live/ranker.json"), ("s3:ListBucket", BUCKET)}
    assert allowed(ranker.exports["policy"]) == {
        ("personalize:GetPersonalizedRanking", f"{PREFIX}campaign/shop-test"),
        *pointer,
    }
    assert allowed(ranker.exports["events_policy"]) == {
        ("personalize:PutEvents", f"{PREFIX}event-tracker/*"),
        *pointer,
    }


def test_the_training_function_understands_its_settings(ranker: Graph) -> None:
    variables = ranker.get("ranker-training-function").inputs["environment"]["variables"]
    assert TrainingSettings.model_validate_json(variables["TRAINING"]) == TrainingSettings(
        lake_bucket="lake",
        lake_prefix="interactions/",
        bucket="ranker-models-1a2b3c4",
        role_arn=ROLE,
        name="shop-test",
        region="us-east-1",
        account="123456789012",
        transactions_per_second=1,
        margin=0.05,
    )


def test_the_training_function_may_only_what_its_steps_do(ranker: Graph) -> None:
    policy = ranker.get("ranker-training-policy").inputs["policy"]
    granted = allowed(policy)
    elsewhere = {each for each in granted if not each[0].startswith("personalize:")}
    assert elsewhere == {
        ("s3:GetObject", f"{LAKE}/interactions/*"),
        ("s3:ListBucket", LAKE),
        ("s3:PutObject", f"{BUCKET}/exports/*"),
        ("s3:GetObject", f"{BUCKET}/live/ranker.json"),
        ("s3:PutObject", f"{BUCKET}/live/ranker.json"),
        ("s3:DeleteObject", f"{BUCKET}/live/ranker.json"),
        ("s3:ListBucket", BUCKET),
        ("iam:PassRole", ROLE),
    }
    named = {resource for _, resource in granted - elsewhere if resource != "*"}
    assert all(each.startswith(PREFIX) for each in named)
    assert {each for each in named if "/shop-test" not in each} == {f"{PREFIX}event-tracker/*"}
    (passing,) = [each for each in json.loads(policy)["Statement"] if each["Action"] == ["iam:PassRole"]]
    assert passing["Condition"] == {"StringEquals": {"iam:PassedToService": "personalize.amazonaws.com"}}


def test_personalize_reads_exports_for_this_account_only(ranker: Graph) -> None:
    conditions = {
        "ArnLike": {"aws:SourceArn": f"{PREFIX}*"},
        "StringEquals": {"aws:SourceAccount": "123456789012"},
    }
    (trust,) = json.loads(ranker.get("ranker-reader-role").inputs["assumeRolePolicy"])["Statement"]
    assert trust["Principal"] == {"Service": "personalize.amazonaws.com"}
    assert trust["Condition"] == conditions
    wanted = {("s3:GetObject", f"{BUCKET}/exports/*"), ("s3:ListBucket", BUCKET)}
    assert allowed(ranker.get("ranker-reader-policy").inputs["policy"]) == wanted
    shared = json.loads(ranker.get("ranker-models-policy").inputs["policy"])
    let_in = [each for each in shared["Statement"] if each["Effect"] == "Allow"]
    assert {(each["Action"][0], each["Resource"][0]) for each in let_in} == wanted
    assert all(each["Condition"] == conditions for each in let_in)
    assert all(each["Principal"] == {"Service": "personalize.amazonaws.com"} for each in let_in)


def test_exports_expire_and_the_pointer_does_not(ranker: Graph) -> None:
    rules = ranker.get("ranker-models-lifecycle").inputs["rules"]
    (expiring,) = [rule for rule in rules if "expiration" in rule]
    assert (expiring["filter"], expiring["expiration"]) == ({"prefix": "exports/"}, {"days": 14})


def test_the_workflow_does_every_step_in_order(states: dict[str, Any]) -> None:
    walked, name = [], "export"
    while name in STEPS:
        walked.append(name)
        assert states[name]["Parameters"]["Payload"]["step"] == name
        assert states[name]["Parameters"]["FunctionName"] == FUNCTION
        choice = states[states[name]["Next"]]
        assert states[choice["Default"]] == {
            "Type": "Wait",
            "SecondsPath": "$.last.progress.wait_s",
            "Next": name,
        }
        (name,) = [each["Next"] for each in choice["Choices"] if each.get("BooleanEquals") is True]
    assert tuple(walked) == STEPS
    assert name == "record switched"


def test_every_state_is_reached_and_exists(states: dict[str, Any]) -> None:
    named = {"start"}
    for state in states.values():
        named |= {state.get("Next"), state.get("Default")} - {None}
        named |= {each["Next"] for key in ("Choices", "Catch") for each in state.get(key, ())}
    assert named == set(states)


def test_the_workflow_passes_only_the_run_on(states: dict[str, Any]) -> None:
    assert states["version"]["Parameters"]["Payload"] == {
        "step": "version",
        "run": {"id.$": "$$.Execution.Name", "started.$": "$$.Execution.StartTime"},
    }
    assert states["version"]["Retry"][0]["ErrorEquals"][-1] == "TrainingBusy"


def test_it_trains_every_week_by_itself(ranker: Graph) -> None:
    assert ranker.get("ranker-workflow-schedule").inputs["scheduleExpression"] == "rate(7 days)"
    target = ranker.get("ranker-workflow-schedule-target").inputs
    assert target["arn"] == ranker.exports["workflow_arn"]
    assert json.loads(target["input"]) == {"action": "train"}
    assert allowed(ranker.get("ranker-workflow-schedule-policy").inputs["policy"]) == {
        ("states:StartExecution", ranker.exports["workflow_arn"])
    }


def test_the_campaign_ends_with_the_stack_and_after_the_workflow(ranker: Graph) -> None:
    ending = ranker.get("ranker-ending")
    assert (ending.inputs["lifecycleScope"], ending.inputs["input"]) == ("CRUD", "{}")
    assert "ranker-ending" in ranker.get("ranker-workflow-machine").dependencies
    assert "ranker-training-function" in ending.dependencies


def test_personalize_itself_is_not_declared(ranker: Graph) -> None:
    assert not [resource for resource in ranker.resources if "cloudcontrol" in resource.type]
    assert RECIPE.endswith("personalized-ranking-v2")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"retrain_days": 1}, "retrain_days: 1"),
        ({"transactions_per_second": 0}, "transactions_per_second"),
        ({"margin_percent": 100}, "margin_percent"),
        ({"lake_prefix": "interactions"}, "lake_prefix"),
    ],
)
def test_inputs_that_cannot_work_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        record_ranker(**changes)


# ---- the program


def test_the_ranker_is_swapped_by_one_setting_and_nothing_else_changes() -> None:
    builtin, personalize = known_stack("dev"), known_stack("dev", ranker="personalize")
    before = {(each.type, each.name): each.inputs for each in builtin.resources}
    after = {(each.type, each.name): each.inputs for each in personalize.resources}
    assert set(before) <= set(after)
    assert all(name.startswith("ranker") for _, name in set(after) - set(before))
    changed = {name for (type_, name) in before if _strip(before[type_, name]) != _strip(after[type_, name])}
    assert changed == {
        "personalization-recorder-function",
        "personalization-recorder-policy",
        "search-function",
        "search-policy",
    }
    for name in ("personalization-recorder-function", "search-function"):
        new, old = (graph.get(name).inputs["environment"]["variables"] for graph in (personalize, builtin))
        assert {key for key in new.keys() | old.keys() if new.get(key) != old.get(key)} == {"RANKER"}
        assert json.loads(old["RANKER"]) == {"kind": "builtin"}


def _strip(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Inputs without code, which is the same for both and cannot be compared."""
    return {key: value for key, value in inputs.items() if key != "code"}


def test_the_program_says_where_the_workflow_is() -> None:
    graph = known_stack("dev", ranker="personalize", personalizeTps=3, personalizeTrainDays=14)
    assert graph.exports["ranker_workflow_arn"] == graph.get("ranker-workflow-machine").state["arn"]
    assert graph.get("ranker-workflow-schedule").inputs["scheduleExpression"] == "rate(14 days)"
    variables = graph.get("ranker-training-function").inputs["environment"]["variables"]
    assert json.loads(variables["TRAINING"])["transactions_per_second"] == 3
    assert json.loads(variables["TRAINING"])["lake_bucket"] == graph.get("lake-bucket").state["bucket"]
    assert known_stack("dev").exports["ranker_workflow_arn"] == ""
