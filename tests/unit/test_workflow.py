"""The workflow of CI: pinned, least privileged, and with everything that docs/security.md promises."""

import re
from typing import Any

import yaml

from operations.evaluation.graph import ROOT

FILE = ROOT / ".github" / "workflows" / "check.yml"


def _steps(workflow: Any) -> list[dict[str, Any]]:
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


def test_actions_are_pinned_to_commits_and_may_only_read() -> None:
    workflow = yaml.safe_load(FILE.read_text())
    assert workflow["permissions"] == {"contents": "read"}
    uses = [step["uses"] for step in _steps(workflow) if "uses" in step]
    assert len(uses) >= 4
    for action in uses:
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", action), action
    for job in workflow["jobs"].values():
        assert "permissions" not in job and job["timeout-minutes"] <= 30
    checkouts = [step for step in _steps(workflow) if step.get("uses", "").startswith("actions/checkout@")]
    assert checkouts and all(step["with"]["persist-credentials"] is False for step in checkouts)


def test_what_is_locked_is_audited_and_written_down() -> None:
    workflow = yaml.safe_load(FILE.read_text())
    commands = "\n".join(step.get("run", "") for step in _steps(workflow))
    for wanted in ("make check", "pip-audit --require-hashes", "cyclonedx-py requirements", "layers/*.txt"):
        assert wanted in commands
    locked = (ROOT / "requirements" / "audit.txt").read_text()
    assert "pip-audit==" in locked and "cyclonedx-bom==" in locked and "--hash=sha256:" in locked
