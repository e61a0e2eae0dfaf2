"""Prerequisites: each that is missing is named with what to do."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from operations import prerequisites
from operations.doctor.check import Check, Result, Status, run_checks
from operations.prerequisites import CHECKS, Plan, read_plan, services_of
from tests.graph.recorder import stack_config
from tests.unit.test_doctor import Aws, refusal

from settings import parse_settings  # isort: skip

CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/abc"
DOMAIN = {"domainName": "shop.example.com", "certificateArn": CERTIFICATE}


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Aws:
    known = Aws()
    known.answers |= {
        "sts.get_caller_identity": {
            "Account": "123456789012",
            "Arn": "arn:aws:sts::123456789012:assumed-role/deployer/me",
        },
        "iam.simulate_principal_policy": allow,
        "apigateway.get_account": {
            "cloudwatchRoleArn": "arn:role",
            "throttleSettings": {"rateLimit": 10000.0},
        },
        "acm.describe_certificate": {"Certificate": {"Status": "ISSUED", "DomainName": "*.example.com"}},
        "route53.list_hosted_zones_by_name": lambda _, **asked: {"HostedZones": [{"Name": asked["DNSName"]}]},
    }
    monkeypatch.setattr(Plan, "client", lambda _, service, region=None: known.client(service, region))
    return known


def allow(_: str, **asked: Any) -> dict[str, Any]:
    return {"EvaluationResults": [_decide(action, "allowed") for action in asked["ActionNames"]]}


def _decide(action: str, decision: str) -> dict[str, str]:
    return {"EvalActionName": action, "EvalDecision": decision}


@pytest.fixture
def tools(monkeypatch: pytest.MonkeyPatch) -> dict[str, tuple[int, str]]:
    """Exit code and output of commands by their first words; without an entry one is not installed."""
    known = {
        "pulumi version": (0, "v3.999.0"),
        "pulumi whoami": (0, "someone"),
        "docker buildx": (0, "buildx"),
        "docker version": (0, "29.0.0"),
    }

    def run(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        code, said = known[" ".join(command[:2])]
        return subprocess.CompletedProcess(command, code, said if code == 0 else "", said if code else "")

    def which(name: str) -> str | None:
        return name if any(each.startswith(name) for each in known) else None

    monkeypatch.setattr(prerequisites.subprocess, "run", run)
    monkeypatch.setattr(prerequisites.shutil, "which", which)
    return known


@pytest.fixture
def layers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(prerequisites, "OUTPUT", tmp_path)
    for name in prerequisites.LAYERS:
        (tmp_path / f"{name}-arm64").mkdir()
    return tmp_path


def plan(stack: str = "prod", **changes: Any) -> Plan:
    return Plan(stack, parse_settings("virtual-stylist", stack_config(stack, **changes)))


def look(name: str, subject: Plan) -> Result:
    check = next(check for check in CHECKS if check.name == name)
    alone = Check(name=check.name, run=check.run, remedy=check.remedy)
    (result,) = run_checks([alone], subject, paid=True)
    return result


@pytest.mark.parametrize("stack", ["dev", "staging", "prod"])
def test_where_everything_is_there_nothing_fails(
    aws: Aws, tools: dict[str, tuple[int, str]], layers: Path, stack: str
) -> None:
    subject = plan(stack, alarmEmail="ops@shop.dev", **({} if stack == "dev" else DOMAIN))
    results = list(run_checks(CHECKS, subject, paid=True))
    assert [result for result in results if result.status is Status.FAILED] == []
    assert len(results) == len(CHECKS)
    skipped = {result.name for result in results if result.status is Status.SKIPPED}
    assert skipped == ({"certificate", "image", "logging-role", "zone"} if stack == "dev" else set())


def drop(command: str) -> Callable[[dict[str, tuple[int, str]]], None]:
    def change(tools: dict[str, tuple[int, str]]) -> None:
        for each in [each for each in tools if each.startswith(command)]:
            del tools[each]

    return change


def say(command: str, code: int, text: str) -> Callable[[dict[str, tuple[int, str]]], None]:
    return lambda tools: tools.update({command: (code, text)})


@pytest.mark.parametrize(
    ("name", "change", "says", "remedy"),
    [
        ("pulumi", drop("pulumi"), "pulumi is not installed", "pulumi.com/docs/install"),
        ("pulumi", say("pulumi version", 0, "v3.1.0"), "it is v3.1.0, and the project's SDK is 3.", "newer"),
        ("pulumi", say("pulumi version", 0, "unknown"), "cannot be read: 'unknown'", "newer"),
        ("backend", say("pulumi whoami", 1, "error: not logged in"), "not logged in", "pulumi login"),
        ("image", drop("docker"), "docker is not installed", "imageBuilder to codebuild"),
        ("image", say("docker version", 1, "daemon is not running"), "not running", "start Docker"),
    ],
)
def test_a_tool_that_is_missing_is_named(
    tools: dict[str, tuple[int, str]],
    name: str,
    change: Callable[[dict[str, tuple[int, str]]], None],
    says: str,
    remedy: str,
) -> None:
    change(tools)
    result = look(name, plan(imageBuilder="docker"))
    assert result.status is Status.FAILED
    assert says in result.detail and remedy in result.remedy, result


def test_a_layer_that_is_not_built_is_named(layers: Path) -> None:
    (layers / "arrays-arm64").rmdir()
    result = look("layers", plan())
    assert (result.status, result.detail) == (Status.FAILED, "these are not built: arrays")
    assert "make layers" in result.remedy


@pytest.mark.parametrize(
    ("name", "call", "answer", "says"),
    [
        (
            "permissions",
            "iam.simulate_principal_policy",
            lambda _, **asked: {
                "EvaluationResults": [
                    _decide(each, "implicitDeny" if each == "dynamodb:CreateTable" else "allowed")
                    for each in asked["ActionNames"]
                ]
            },
            "1 actions are not allowed, such as dynamodb:CreateTable",
        ),
        ("logging-role", "apigateway.get_account", {}, "API Gateway has no logging role in us-east-1"),
        (
            "certificate",
            "acm.describe_certificate",
            {"Certificate": {"Status": "PENDING_VALIDATION", "DomainName": "shop.example.com"}},
            "it is pending validation",
        ),
        (
            "certificate",
            "acm.describe_certificate",
            {"Certificate": {"Status": "ISSUED", "DomainName": "other.example.com"}},
            "it is for other.example.com, not for shop.example.com",
        ),
        ("certificate", "acm.describe_certificate", refusal("ResourceNotFoundException"), "ResourceNotFound"),
    ],
)
def test_what_the_account_lacks_is_named(aws: Aws, name: str, call: str, answer: Any, says: str) -> None:
    aws.answers[call] = answer
    subject = plan(manageApiAccount="false", **DOMAIN)
    result = look(name, subject)
    assert result.status is Status.FAILED and says in result.detail, result
    assert result.remedy


def test_iam_is_asked_about_the_role_behind_a_session_and_its_own_resources(aws: Aws) -> None:
    asked: list[dict[str, Any]] = []
    aws.answers["iam.simulate_principal_policy"] = lambda _, **given: asked.append(given) or allow(_, **given)
    assert look("permissions", plan()).status is Status.OK
    assert {each["PolicySourceArn"] for each in asked} == {"arn:aws:iam::123456789012:role/deployer"}
    about = {resource for each in asked for resource in each["ResourceArns"]}
    assert "arn:aws:dynamodb:us-east-1:123456789012:table/catalog-x" in about
    roles = [each for each in asked if "iam:CreateRole" in each["ActionNames"]]
    assert roles[0]["ContextEntries"][0]["ContextKeyName"] == "aws:RequestTag/project"


@pytest.mark.parametrize(
    ("answer", "says"),
    [(refusal("AccessDenied"), "iam:SimulatePrincipalPolicy"), (None, "root user may do everything")],
)
def test_permissions_that_cannot_be_asked_about_are_skipped(aws: Aws, answer: Any, says: str) -> None:
    if answer is None:
        root = {"Account": "123456789012", "Arn": "arn:aws:iam::123456789012:root"}
        aws.answers["sts.get_caller_identity"] = root
    else:
        aws.answers["iam.simulate_principal_policy"] = answer
    result = look("permissions", plan())
    assert result.status is Status.SKIPPED and says in result.detail


def test_a_domain_elsewhere_is_no_fault(aws: Aws) -> None:
    aws.answers["route53.list_hosted_zones_by_name"] = {"HostedZones": [{"Name": "zzz.com."}]}
    result = look("zone", plan(**DOMAIN))
    assert result.status is Status.SKIPPED and "elsewhere" in result.detail


def test_an_address_that_nobody_reads_is_found() -> None:
    assert look("alarm-email", plan()).status is Status.FAILED
    assert look("alarm-email", plan(alarmEmail="")).status is Status.SKIPPED


def test_services_are_those_that_the_settings_bring_in(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "s3vectors" in services_of(plan("dev").settings)
    wanted = services_of(plan("prod", ranker="personalize").settings)
    assert {"opensearchserverless", "personalize", "ecs", "codebuild"} <= set(wanted)
    assert "s3vectors" not in wanted and "sagemaker-runtime" not in wanted

    class Session:
        def get_available_regions(self, service: str) -> list[str]:
            return ["eu-west-1"] if service == "ecs" else []

    monkeypatch.setattr(prerequisites.boto3, "Session", Session)
    result = look("services", plan("prod"))
    assert (result.status, result.detail) == (Status.FAILED, "us-east-1 has no ecs")


def test_the_command_answers_with_an_exit_code(
    aws: Aws,
    tools: dict[str, tuple[int, str]],
    layers: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert prerequisites.main(["dev", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [check["name"] for check in told["checks"]] == [check.name for check in CHECKS]
    console = Console(width=200, record=True, highlight=False)
    assert prerequisites.main(["prod"], console) == 1
    assert "stylist@example.com is an example's" in console.export_text()
    assert prerequisites.main(["nowhere"], Console(quiet=True)) == 2
    with pytest.raises(ValueError, match=r"there is no Pulumi\.nowhere\.yaml"):
        read_plan("nowhere")


def test_every_need_comes_before_and_every_check_has_a_remedy() -> None:
    seen: set[str] = set()
    for check in CHECKS:
        assert set(check.needs) <= seen and check.remedy, check.name
        seen.add(check.name)
