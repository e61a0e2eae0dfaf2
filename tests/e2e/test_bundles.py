"""Each function loads from its own bundle and its layers, with nothing else on the path."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from layers.build import build_layers, build_runtime_client
from tests.support.bundles import PackagedFunction, packaged_functions


@pytest.fixture(scope="module")
def functions() -> list[PackagedFunction]:
    """Those of dev, and of prod those with other layers: it keeps vectors elsewhere."""
    build_layers("host")
    build_runtime_client()
    dev = packaged_functions()
    return [*dev, *(f for f in packaged_functions("prod") if f.layers not in [d.layers for d in dev])]


def test_every_handler_is_there(functions: list[PackagedFunction], tmp_path: Path) -> None:
    def load(function: PackagedFunction) -> str:
        module, _, name = function.handler.rpartition(".")
        folder = tmp_path / "-".join([function.name, *function.layers])
        done = function.run(function.unpack(folder), f"import {module}; assert callable({module}.{name})")
        return done.stderr if done.returncode else ""

    with ThreadPoolExecutor(2) as pool:
        failures = list(pool.map(load, functions))
    assert not {f.name: failure for f, failure in zip(functions, failures, strict=True) if failure}


def test_every_bundle_holds_sources_only(functions: list[PackagedFunction]) -> None:
    kinds = {Path(name).suffix for function in functions for name in function.files}
    assert kinds == {".py", ".toml"}
    assert [function.name for function in functions if function.bundle_bytes > 1_000_000] == []


def test_a_function_without_the_layer_for_arrays_has_no_numpy(
    functions: list[PackagedFunction], tmp_path: Path
) -> None:
    function = next(f for f in functions if "arrays" not in f.layers)
    done = function.run(function.unpack(tmp_path), "import numpy")
    assert "ModuleNotFoundError" in done.stderr
