"""The graphs that the rules are held against; pulumi_aws is loaded without its own deprecation warnings."""

import pytest

from tests.policy.planting import Stacks


@pytest.fixture(scope="session")
def stacks() -> Stacks:
    return Stacks()
