"""What modules import: a handler only what it uses, in a process of its own; nobody in a circle."""

import ast
import json
import subprocess
import sys
from collections.abc import Container
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = "import json, sys, {module}; print(json.dumps(sorted(sys.modules)))"


@pytest.mark.parametrize(
    ("module", "unused"),
    [
        (
            "runtime.catalog.handler",
            {"numpy", "PIL", "runtime.vectors", "runtime.search", "runtime.catalog.store"},
        ),
        ("runtime.search.handler", {"PIL", "runtime.catalog", "runtime.vectors.stores.dynamodb"}),
        (
            "runtime.catalog.ingest",
            {"runtime.search", "runtime.shared.http", "runtime.vectors.stores.dynamodb"},
        ),
    ],
)
def test_handlers_import_what_they_use_and_need_no_environment(module: str, unused: set[str]) -> None:
    answer = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROGRAM.format(module=module)],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    assert unused.isdisjoint(json.loads(answer.stdout))


@pytest.mark.parametrize("package", ["components", "local", "operations", "runtime", "ui"])
def test_no_modules_import_each_other_in_a_circle(package: str) -> None:
    """Not even for annotations alone: what both need lies beside neither."""
    files = {_module_name(path): path for path in (ROOT / package).rglob("*.py")}
    imports = {name: _imported(path, files) - {name} for name, path in files.items()}
    assert len(files) > 1
    TopologicalSorter(imports).prepare()


def _module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def _imported(path: Path, known: Container[str]) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            inside = {f"{node.module}.{each.name}" for each in node.names}
            names |= {each if each in known else node.module for each in inside}
        elif isinstance(node, ast.Import):
            names |= {each.name for each in node.names}
    return {each for each in names if each in known}
