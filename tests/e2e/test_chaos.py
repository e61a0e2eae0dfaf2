"""One fault of each part, as `make chaos` replays all of them: the shopper is told, and served afterwards."""

from collections.abc import Iterator

import pytest

from benchmarks.chaos.acts import Visit
from benchmarks.chaos.run import run_scenario
from benchmarks.chaos.scenarios import SCENARIOS, Scenario
from benchmarks.load.stack import Stack, invite
from tests.support.cloud import RunningCloud

pytestmark = pytest.mark.cloud

QUICK = [scenario for scenario in SCENARIOS if scenario.quick]


@pytest.fixture(scope="module")
def visit(cloud: RunningCloud) -> Iterator[Visit]:
    with invite(Stack(cloud.description), 1, with_photo=False) as [shopper]:
        yield Visit(cloud, shopper)


@pytest.mark.parametrize("scenario", QUICK, ids=lambda scenario: f"{scenario.part}: {scenario.name}")
def test_it_is_survived(visit: Visit, scenario: Scenario) -> None:
    outcome = run_scenario(scenario, visit)
    assert not outcome.lost
    assert outcome.seen


def test_every_scenario_has_a_name_of_its_own() -> None:
    assert len({(scenario.part, scenario.name) for scenario in SCENARIOS}) == len(SCENARIOS)
    assert len({scenario.part for scenario in QUICK}) == len(QUICK)
