"""Each function loads from its own bundle and its layers, with nothing else on the path."""

from pathlib import Path

import pytest

from layers.build import build_layers, build_runtime_client
from tests.support.bundles import PackagedFunction, packaged_functions

_DEV = packaged_functions()
# Production keeps vectors elsewhere: its functions have another layer, and one more is there.
_FUNCTIONS = [*_DEV, *(f for f in packaged_functions("prod") if f.layers not in [d.layers for d in _DEV])]


@pytest.fixture(scope="module", autouse=True)
def layers() -> None:
    build_layers("host")
    build_runtime_client()


@pytest.mark.parametrize("function", _FUNCTIONS, ids=lambda function: function.name)
def test_the_handler_is_there(function: PackagedFunction, tmp_path: Path) -> None:
    module, _, name = function.handler.rpartition(".")
    done = function.run(function.unpack(tmp_path), f"import {module}; assert callable({module}.{name})")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("function", _FUNCTIONS, ids=lambda function: function.name)
def test_the_bundle_holds_sources_only(function: PackagedFunction) -> None:
    assert {Path(name).suffix for name in function.files} <= {".py", ".toml"}
    assert function.bundle_bytes < 1_000_000


def test_a_function_without_the_layer_for_arrays_has_no_numpy(tmp_path: Path) -> None:
    function = next(f for f in _FUNCTIONS if "arrays" not in f.layers)
    done = function.run(function.unpack(tmp_path), "import numpy")
    assert "ModuleNotFoundError" in done.stderr
