"""The graphs of all stack files, recorded once."""

import pytest

from tests.graph.recorder import Graph, known_stack


@pytest.fixture(scope="session")
def dev() -> Graph:
    return known_stack("dev")


@pytest.fixture(scope="session")
def staging() -> Graph:
    return known_stack("staging")


@pytest.fixture(scope="session")
def prod() -> Graph:
    return known_stack("prod")


@pytest.fixture(scope="session")
def dev_preview() -> Graph:
    return known_stack("dev", preview=True)


@pytest.fixture(scope="session")
def staging_preview() -> Graph:
    return known_stack("staging", preview=True)


@pytest.fixture(scope="session")
def prod_preview() -> Graph:
    return known_stack("prod", preview=True)
