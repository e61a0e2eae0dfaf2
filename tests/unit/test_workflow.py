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


DEPLOY = FILE.parent / "deploy.yml"


def test_deployments_have_no_keys_and_no_more_rights_than_a_token() -> None:
    workflow = yaml.safe_load(DEPLOY.read_text())
    assert workflow["permissions"] == {"contents": "read"}
    for job in workflow["jobs"].values():
        assert job["permissions"] == {"contents": "read", "id-token": "write"}
        used = set(re.findall(r"secrets\.(\w+)", yaml.dump(job)))
        assert used == {"PULUMI_ACCESS_TOKEN"}
        assert "AWS_SECRET_ACCESS_KEY" not in yaml.dump(job)
    for step in _steps(workflow):
        if "uses" in step:
            assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", step["uses"])
        # What somebody types goes through the environment, never into a command's text.
        assert "${{" not in step.get("run", "")


def test_pull_requests_take_the_reading_role_and_deployments_an_environments() -> None:
    workflow = yaml.safe_load(DEPLOY.read_text())
    preview, deploy = workflow["jobs"]["preview"], workflow["jobs"]["deploy"]
    assert "PREVIEW_ROLE_ARN" in preview["env"]["ROLE_ARN"] and "environment" not in preview
    assert "head.repo.full_name == github.repository" in preview["if"]
    assert "DEPLOY_ROLE_ARN" in deploy["env"]["ROLE_ARN"]
    assert deploy["environment"] == "${{ inputs.stack }}"
    assert not any("pulumi up" in step.get("run", "") for step in preview["steps"])


def test_a_deployment_is_checked_before_and_after_with_a_fresh_token() -> None:
    workflow = yaml.safe_load(DEPLOY.read_text())
    commands = [step.get("run", "") for step in workflow["jobs"]["deploy"]["steps"]]
    wanted = ("make prerequisites", "pulumi up", "make doctor")
    places = [next(i for i, each in enumerate(commands) if each.startswith(word)) for word in wanted]
    assert places == sorted(places)
    assert "--policy-pack policies" in commands[places[1]]
    for place in (places[0], places[2]):
        assert commands[place - 1] == ".github/take-role.sh"
    for each in re.findall(r"make (\w+)", " ".join(commands)):
        assert re.search(rf"^{each}:", (ROOT / "Makefile").read_text(), re.MULTILINE), each
