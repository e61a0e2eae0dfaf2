"""Taste while its table fails: searches answer and say so, interactions are refused for now, both recover."""

import time
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from local.faults import Fault
from tests.support.cloud import RunningCloud

pytestmark = pytest.mark.cloud


@pytest.fixture(autouse=True)
def _fresh_taste(cloud: RunningCloud) -> Iterator[None]:
    cloud.call("DELETE", "/me/style")
    yield
    cloud.call("DELETE", "/me/style")


def find(cloud: RunningCloud) -> dict[str, Any]:
    answer = cloud.call("POST", "/search", json={"query": "something to wear", "limit": 10, "personalize": 1})
    assert answer.status_code == 200, answer.text
    return answer.json()


def liked(cloud: RunningCloud, count: int = 3) -> Sequence[dict[str, str]]:
    found = cloud.search(query="red clothes", filters={"color": "red"}, limit=count)
    return [{"product_id": each["product_id"], "event_type": "favorite"} for each in found]


def test_a_slow_table_costs_a_quarter_of_a_second_and_taste(cloud: RunningCloud) -> None:
    assert cloud.call("POST", "/interactions", json={"events": liked(cloud)}).status_code == 202
    assert find(cloud)["ranker"] == "builtin"
    with cloud.faults(Fault("dynamodb", r"\.GetItem$", status=200, delay_s=3.0)):
        began = time.monotonic()
        answer = find(cloud)
        took = time.monotonic() - began
    assert (answer["ranker"], len(answer["results"])) == ("none (unavailable)", 10)
    assert took < 2.5, "the search does not wait for what it can do without"
    assert find(cloud)["ranker"] == "builtin"


def test_interactions_are_refused_for_now_and_taken_when_told_again(cloud: RunningCloud) -> None:
    events = liked(cloud)
    throttle = Fault("dynamodb", r"\.PutItem$", status=400, code="ProvisionedThroughputExceededException")
    with cloud.faults(throttle):
        refused = cloud.call("POST", "/interactions", json={"events": events})
    assert refused.status_code == 503, refused.text
    assert int(refused.headers["retry-after"]) > 0
    assert cloud.call("GET", "/me/style").json()["interactions"] == 0
    again = cloud.call("POST", "/interactions", json={"events": events})
    assert (again.status_code, again.json()["accepted"]) == (202, len(events))


def test_a_profile_that_cannot_be_read_is_said_to_be(cloud: RunningCloud) -> None:
    with cloud.faults(Fault("dynamodb", r"\.GetItem$", status=400, code="ThrottlingException")):
        refused = cloud.call("GET", "/me/style")
    assert refused.status_code == 503, refused.text
    assert cloud.call("GET", "/me/style").status_code == 200
