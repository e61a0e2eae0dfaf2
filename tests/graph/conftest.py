"""The graphs of all stack files, recorded once."""

import pytest

from tests.graph.recorder import Graph, record_stack


@pytest.fixture(scope="session")
def dev() -> Graph:
    return record_stack("dev")


@pytest.fixture(scope="session")
def staging() -> Graph:
    return record_stack("staging")


@pytest.fixture(scope="session")
def prod() -> Graph:
    return record_stack("prod")


@pytest.fixture(scope="session")
def dev_preview() -> Graph:
    return record_stack("dev", preview=True)


@pytest.fixture(scope="session")
def staging_preview() -> Graph:
    return record_stack("staging", preview=True)


@pytest.fixture(scope="session")
def prod_preview() -> Graph:
    return record_stack("prod", preview=True)
