"""What a handler pulls in when its module is imported, in a process of its own with an empty environment."""

import json
import subprocess
import sys
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
