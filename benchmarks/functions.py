"""How large the functions are and how long their code takes to load, each as packaged.

Run: python -m benchmarks.functions
"""

import tempfile
from pathlib import Path
from time import perf_counter

from benchmarks.record import Figure, record
from layers.build import LAYERS, build_layers, build_runtime_client
from tests.support.bundles import PackagedFunction, packaged_functions

COMMAND = "python -m benchmarks.functions"
_RUNS = 7


def main() -> None:
    """Sizes of layers and bundles, and the time to import each handler in a fresh process."""
    build_runtime_client()
    build_layers("host")
    for folder in build_layers("arm64"):
        size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6
        name = f"functions/layer {folder.name.removesuffix('-arm64')}, unpacked"
        record(Figure(name, size, "MB", "lower", COMMAND, target=60.0))
    assert len(LAYERS) > 1
    with tempfile.TemporaryDirectory() as scratch:
        for function in packaged_functions():
            kilobytes = function.bundle_bytes / 1e3
            record(
                Figure(f"functions/bundle {function.name}", kilobytes, "kB", "lower", COMMAND, target=1000.0)
            )
            milliseconds = _import_ms(function, function.unpack(Path(scratch)))
            name = f"functions/import {function.name}"
            record(Figure(name, milliseconds, "ms", "lower", COMMAND, target=400.0, n=_RUNS))


def _import_ms(function: PackagedFunction, folder: Path) -> float:
    """Milliseconds that importing the handler adds to a bare interpreter; the quickest of several processes.

    What others take longer is the machine's doing.
    """
    module = function.handler.rpartition(".")[0]
    with_handler = [_seconds(function, folder, f"import {module}") for _ in range(_RUNS + 1)][1:]
    without = [_seconds(function, folder, "pass") for _ in range(_RUNS + 1)][1:]
    return 1000 * (min(with_handler) - min(without))


def _seconds(function: PackagedFunction, folder: Path, code: str) -> float:
    began = perf_counter()
    function.run(folder, code).check_returncode()
    return perf_counter() - began


if __name__ == "__main__":
    main()
