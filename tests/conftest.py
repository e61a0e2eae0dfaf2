"""Fixtures that several kinds of tests share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from local.demo.catalog import write_catalog
from tests.support.cloud import RunningCloud, running_cloud

_PRODUCTS = 40


@pytest.fixture(scope="session")
def catalog_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small part of the drawn demo catalogue."""
    folder = tmp_path_factory.mktemp("catalog")
    write_catalog(folder, limit=_PRODUCTS)
    return folder


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory, catalog_folder: Path) -> Iterator[RunningCloud]:
    """A local cloud with that catalogue, for the whole test run."""
    with running_cloud(tmp_path_factory.mktemp("cloud"), catalog_folder) as running:
        yield running
