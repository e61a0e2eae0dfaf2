"""No function has a permission to spare, and none lacks one: every one is asked for by what functions do."""

import uuid
from collections.abc import Sequence

import pytest

from tests.e2e.doings import DOINGS
from tests.support.cloud import RunningCloud
from tests.support.roles import Decision, Role, list_functions, listen, read_decisions

pytestmark = pytest.mark.cloud

FUNCTIONS = (
    "canary",
    "catalog-browse",
    "catalog-ingest",
    "chat",
    "chat-weather",
    "closet",
    "clusters",
    "desk",
    "images",
    "knowledge-sync",
    "personalization-recorder",
    "personalization-style",
    "photos-intake",
    "profile",
    "realtime-authorizer",
    "realtime-lifecycle",
    "search",
    "try-on-closer",
    "try-on-delivery",
    "try-on-routes",
    "try-on-starter",
    "try-on-sweeper",
    "try-on-worker",
    "vectors-compactor",
)
SELDOM = {
    ("vectors-compactor", "s3:AbortMultipartUpload", "*"): "only after a large snapshot failed half-way",
    ("search", "dynamodb:Query", "*index/by-category*"): "only while the vectors cannot be searched",
    ("clusters", "dynamodb:GetItem", "*products*"): "only when a row has changed meanwhile",
}


@pytest.fixture(scope="module")
def decisions(cloud: RunningCloud) -> Sequence[Decision]:
    """What IAM was asked while everything that functions do was done."""
    listen(cloud)
    for do in DOINGS:
        do(cloud)
    return read_decisions(cloud)


def test_every_function_is_looked_at(cloud: RunningCloud) -> None:
    assert list_functions(cloud) == list(FUNCTIONS)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_permission_is_needed_and_none_is_missing(
    cloud: RunningCloud, decisions: Sequence[Decision], name: str
) -> None:
    role = Role(cloud, name)
    assert not role.find_refused(decisions)
    assert not role.find_spared(decisions, SELDOM)


@pytest.mark.parametrize("action", ["dynamodb:BatchGetItem", "bedrock:InvokeModel"])
def test_a_permission_that_is_taken_away_is_named(cloud: RunningCloud, action: str) -> None:
    """One that the emulator asks for, and one that a stand-in asks for."""
    role = Role(cloud, "search")
    grant = next(grant for grant in role.grants() if grant.action == action)
    listen(cloud)
    with role.without(grant):
        cloud.call("GET", f"/search?query=dress {uuid.uuid4().hex}")
        refused = role.find_refused(read_decisions(cloud))
    assert refused and all(grant.allows(*each) for each in refused)
