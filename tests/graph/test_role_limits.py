"""A permissions boundary over every role of a stack."""

from typing import Any

import pulumi_aws as aws
import pytest

from components import limit_roles
from tests.graph.recorder import known_stack, record, record_stack

ARN = "arn:aws:iam::123456789012:policy/stylist-boundary"
ROLE = "aws:iam/role:Role"
WITH_EVERY_ROLE: dict[str, Any] = {
    "chatEngine": "agent",
    "hasAgentsClassic": True,
    "hostSite": True,
    "ranker": "personalize",
    "clusterTrainer": "sagemaker",
    "apiAccessLog": True,
    "manageApiAccount": True,
}


def test_every_role_of_a_stack_is_limited() -> None:
    roles = record_stack("dev", permissionsBoundary=ARN, **WITH_EVERY_ROLE).of_type(ROLE)
    assert len(roles) > 30
    assert {role.inputs.get("permissionsBoundary") for role in roles} == {ARN}


def test_without_a_boundary_nothing_is_limited() -> None:
    roles = known_stack("dev").of_type(ROLE)
    assert not any("permissionsBoundary" in role.inputs for role in roles)


def test_it_counts_for_roles_of_any_program_and_for_nothing_else() -> None:
    def program() -> None:
        limit_roles(ARN)
        aws.iam.Role("own", assume_role_policy="{}")
        aws.sqs.Queue("queue")

    graph = record(program)
    assert graph.get("own").inputs["permissionsBoundary"] == ARN
    assert "permissionsBoundary" not in graph.get("queue").inputs


@pytest.mark.parametrize("value", ["stylist-boundary", "arn:aws:iam::123456789012:role/admin"])
def test_something_else_than_a_policy_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="permissionsBoundary"):
        record_stack("dev", permissionsBoundary=value)
