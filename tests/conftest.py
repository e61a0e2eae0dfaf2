"""Fixtures that several kinds of tests share."""

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest

from layers.build import OUTPUT
from layers.exclusive import one_at_a_time
from local.catalog import drawing_digest
from local.demo.catalog import write_catalog
from tests.support.cloud import RunningCloud, eventually, running_cloud
from tests.support.opensearch import node_missing, opensearch_node

_PRODUCTS = 64
_OBJECTS_BETWEEN_COLLECTIONS = 50_000
# More than a shopper has in a day: the tests of a run are one shopper's.
_ROOMY = {"dailyTryOnsPerUser": "1000", "dailySpendUsd": "1000"}


def pytest_configure() -> None:
    """What fixtures hold stays for a whole run: looking through all of it again and again is slow."""
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS, 20, 20)


@pytest.fixture(scope="session")
def catalog_folder() -> Path:
    """A part of the drawn demo catalogue, drawn once for as long as its drawing does not change."""
    folder = OUTPUT.parent / f"catalog-{_PRODUCTS}-{drawing_digest()}"
    with one_at_a_time(folder):
        if not (folder / "products.csv").is_file():
            write_catalog(folder, limit=_PRODUCTS)
    return folder


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory, catalog_folder: Path) -> Iterator[RunningCloud]:
    """A local cloud with that catalogue, for the whole test run."""
    with running_cloud(tmp_path_factory.mktemp("cloud"), catalog_folder, _ROOMY) as running:
        # The groups are made beside everything else, and would change answers that a test compares.
        eventually(lambda: all(each["cluster"] is not None for each in running.search(query="a", limit=50)))
        yield running


@pytest.fixture(scope="session")
def opensearch_url() -> Iterator[str]:
    """A real OpenSearch node, for the whole test run; skips where there can be none."""
    if reason := node_missing():
        pytest.skip(f"no OpenSearch node: {reason}")
    with opensearch_node() as url:
        yield url
