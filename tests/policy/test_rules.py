"""Every rule holds in every stack, and every rule finds what it forbids."""

import re

import pytest

from policies import access, api, data, limits, models, realtime, vectors, web, workflows
from policies.rules import RULES
from policies.stack import Resource, Rule, Violation
from tests.policy import (
    test_access_rules,
    test_api_rules,
    test_data_rules,
    test_operations_rules,
    test_vectors_rules,
    test_web_rules,
    test_workflow_rules,
)
from tests.policy.planting import GRAPHS, Stacks, plant, put

PLANTED_BY_THEME = (
    test_access_rules,
    test_api_rules,
    test_data_rules,
    test_operations_rules,
    test_vectors_rules,
    test_web_rules,
    test_workflow_rules,
)


@pytest.mark.parametrize("name", GRAPHS)
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_stack_keeps_the_rule(stacks: Stacks, name: str, rule: Rule) -> None:
    assert len(stacks[name]) > 50
    assert list(rule(stacks[name])) == []


@pytest.mark.parametrize(
    ("rule", "copied", "text"),
    [
        (api.keep_one_logging_role, "api-account", "already sets the account's logging role"),
        (data.notify_once_per_bucket, "catalog-notification", "already has a notification"),
    ],
)
def test_a_second_one_is_found(stacks: Stacks, rule: Rule, copied: str, text: str) -> None:
    original = next(resource for resource in stacks["prod"] if resource.name == copied)
    twin = Resource(original.type, "twin", original.properties)
    (violation,) = rule([*stacks["prod"], twin])
    assert violation.resource == "twin" and text in violation.message


def test_removing_the_protect_option_is_found(stacks: Stacks) -> None:
    stack = [
        Resource(each.type, each.name, each.properties, each.protect and each.name != "catalog-products")
        for each in stacks["prod"]
    ]
    assert list(data.protect_all_data_or_none(stack)) == [
        Violation("catalog-products", "other data of the stack is protected; set the option protect")
    ]


def test_an_agent_with_a_draft_of_its_guardrail_is_found(stacks: Stacks) -> None:
    stack = stacks["prod with an agent"]
    change = put("guardrailConfigurations.0.guardrailVersion", "DRAFT")
    (violation,) = models.pin_guardrails(plant(stack, "chat-agent", change))
    assert violation.resource == "chat-agent"


def test_every_rule_has_a_planted_violation() -> None:
    planted = {rule for module in PLANTED_BY_THEME for rule, _, _, _ in module.PLANTED}
    assert planted | {api.keep_one_logging_role, data.notify_once_per_bucket} == set(RULES)


def test_every_rule_is_listed_once_and_says_what_it_wants() -> None:
    assert len({rule.__name__ for rule in RULES}) == len(RULES)
    for module in (access, api, data, limits, models, realtime, vectors, web, workflows):
        public = {
            value
            for name, value in vars(module).items()
            if callable(value) and not name.startswith("_") and value.__module__ == module.__name__
        }
        rules = {value for value in public if value.__annotations__.get("stack") is not None}
        assert rules <= set(RULES), module.__name__
    for rule in RULES:
        assert (rule.__doc__ or "").endswith("."), rule.__name__


def test_every_allowed_star_is_used_and_explained(stacks: Stacks) -> None:
    stars = [
        (action, resource)
        for name in GRAPHS
        for policy in stacks[name]
        if policy.type == "aws:iam/rolePolicy:RolePolicy"
        for statement in policy.map("policy")["Statement"]
        for action in statement["Action"]
        for resource in statement["Resource"]
        if "*" in resource
    ]
    for allowed in access.ALLOWED_STARS:
        assert len(allowed.reason) > 30
        assert any(re.fullmatch(allowed.actions, a) and re.fullmatch(allowed.resources, r) for a, r in stars)
