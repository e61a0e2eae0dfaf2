"""Says what is missing before a deployment: `python -m operations.prerequisites STACK`.

Exit code 0: everything is there. 1: something is missing. 2: the stack's settings cannot be read.
"""

import argparse
import importlib.metadata
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import ClientError
from rich.console import Console
from rich.text import Text

from layers.build import LAYERS, OUTPUT
from operations.doctor.account import find_credentials, find_limits, find_models
from operations.doctor.check import Check, Fault, Result, Skip, Status, run_checks
from operations.doctor.report import show, sum_up
from operations.doctor.stack import Stack
from operations.evaluation.graph import ROOT, stack_config

# After the evaluation, which loads pulumi_aws and keeps its warnings to itself.
from components._lib.deploying.right import Rights  # isort: skip
from components._lib.deploying.rights import RIGHTS  # isort: skip
from settings import Settings, parse_settings  # isort: skip

_PROJECT = "virtual-stylist"
_LEAST_PYTHON = (3, 11)
_ACTIONS_AT_ONCE = 50
# AWS services that a setting brings in, by the name that boto3 knows them under.
_ALWAYS = ("apigateway", "bedrock-runtime", "cognito-idp", "dynamodb", "lambda", "stepfunctions")


class Plan(Stack):
    """What is going to be deployed: a stack that has settings and no outputs yet."""

    def __init__(self, name: str, settings: Settings, root: Path = ROOT) -> None:
        super().__init__(name, {"region": settings.region, "models": settings.called_models()})
        self.settings = settings
        self.root = root


def read_plan(stack: str) -> Plan:
    """The plan of a stack file. Raises ValueError that names the key, the value and the fix."""
    if not (ROOT / f"Pulumi.{stack}.yaml").is_file():
        raise ValueError(f"there is no Pulumi.{stack}.yaml; copy one of the others and change its values")
    return Plan(stack, parse_settings(_PROJECT, stack_config(stack)))


def find_python(plan: Plan) -> str:
    if sys.version_info[:2] < _LEAST_PYTHON:
        raise Fault(f"this is Python {sys.version_info.major}.{sys.version_info.minor}")
    return f"Python {sys.version_info.major}.{sys.version_info.minor}"


def find_pulumi(plan: Plan) -> str:
    """The CLI runs the program with the SDK that is locked, so it may not be older than that."""
    said = _run("pulumi", "version")
    found, wanted = _version(said), _version(importlib.metadata.version("pulumi"))
    if found < wanted:
        raise Fault(f"it is {said.strip()}, and the project's SDK is {'.'.join(map(str, wanted))}")
    return said.strip()


def _version(text: str) -> tuple[int, int]:
    match = re.search(r"(\d+)\.(\d+)\.", text)
    if match is None:
        raise Fault(f"its version cannot be read: {text.strip()[:80]!r}")
    return int(match[1]), int(match[2])


def find_backend(plan: Plan) -> str:
    return f"signed in to Pulumi as {_run('pulumi', 'whoami').strip()}"


def find_layers(plan: Plan) -> str:
    missing = [name for name in LAYERS if not (OUTPUT / f"{name}-arm64").is_dir()]
    if missing:
        raise Fault(f"these are not built: {', '.join(missing)}")
    return f"{', '.join(LAYERS)} for arm64"


def find_regional_services(plan: Plan) -> str:
    """Whether AWS offers in the region what the settings ask for, as far as botocore knows it."""
    session = boto3.Session()
    missing: list[str] = []
    for service in services_of(plan.settings):
        regions = session.get_available_regions(service)
        if regions and plan.region not in regions:
            missing.append(service)
    if missing:
        raise Fault(f"{plan.region} has no {', '.join(missing)}")
    return f"{len(services_of(plan.settings))} services are in {plan.region}"


def services_of(settings: Settings) -> Sequence[str]:
    """Names under which boto3 knows what the settings ask for."""
    stores = {
        settings.vector_backend.value,
        settings.migrate_to_backend,
        settings.knowledge_base_storage.value,
    }
    optional = {
        "opensearchserverless": "opensearch" in stores,
        "s3vectors": "s3vectors" in stores,
        "bedrock-agent": True,
        "personalize": settings.ranker.value == "personalize",
        "sagemaker": settings.cluster_trainer.value == "sagemaker",
        "ecs": settings.host_site,
        "codebuild": settings.host_site and settings.image_builder.value == "codebuild",
        "sagemaker-runtime": settings.try_on_provider.value == "sagemaker",
    }
    return [*_ALWAYS, *(name for name, wanted in optional.items() if wanted)]


def find_image_builder(plan: Plan) -> str:
    if not plan.settings.host_site:
        raise Skip("no site is hosted, so no image is built")
    if plan.settings.image_builder.value == "codebuild":
        return "CodeBuild builds the image; nothing is needed here"
    _run("docker", "buildx", "version")
    return f"Docker {_run('docker', 'version', '--format', '{{.Server.Version}}').strip()}"


def find_certificate(plan: Plan) -> str:
    settings = plan.settings
    if not settings.domain_name:
        raise Skip("no domainName is set; the site gets CloudFront's own")
    # CloudFront takes certificates of this region only.
    manager = plan.client("acm", "us-east-1")
    found = manager.describe_certificate(CertificateArn=settings.certificate_arn)["Certificate"]
    if found["Status"] != "ISSUED":
        raise Fault(f"it is {found['Status'].lower().replace('_', ' ')}")
    names = {found["DomainName"], *found.get("SubjectAlternativeNames", [])}
    wildcard = f"*.{settings.domain_name.partition('.')[2]}"
    if not names & {settings.domain_name, wildcard}:
        raise Fault(f"it is for {', '.join(sorted(names))}, not for {settings.domain_name}")
    return f"a certificate for {settings.domain_name} is issued"


def find_hosted_zone(plan: Plan) -> str:
    if not plan.settings.domain_name:
        raise Skip("no domainName is set")
    zones = plan.client("route53")
    labels = plan.settings.domain_name.split(".")
    for start in range(len(labels) - 1):
        name = ".".join(labels[start:]) + "."
        found = zones.list_hosted_zones_by_name(DNSName=name, MaxItems="1")["HostedZones"]
        if found and found[0]["Name"] == name:
            return f"zone {name} is here: point {plan.settings.domain_name} to the output distribution_domain"
    raise Skip("no zone of the domain is in this account: its DNS record is made elsewhere")


def find_logging_role(plan: Plan) -> str:
    settings = plan.settings
    if not settings.api_access_log:
        raise Skip("apiAccessLog is off")
    if settings.manage_api_account:
        return "this stack makes the account's logging role"
    if not plan.client("apigateway").get_account().get("cloudwatchRoleArn"):
        raise Fault(f"API Gateway has no logging role in {plan.region}")
    return "the account has one"


def find_alarm_address(plan: Plan) -> str:
    address = plan.settings.alarm_email
    if not address:
        raise Skip("alarmEmail is not set: nobody is told of anything")
    if address.endswith(("@example.com", "@example.org", "@example.net")):
        raise Fault(f"{address} is an example's, which nobody reads")
    return address


def find_permissions(plan: Plan) -> str:
    """A sketch: IAM is asked about one resource of each kind, without the conditions that may be set."""
    caller = plan.client("sts").get_caller_identity()["Arn"]
    if caller.endswith(":root"):
        raise Skip("the account's root user may do everything; deploy as somebody else")
    denied: list[str] = []
    account = caller.split(":")[4]
    for rights in RIGHTS:
        denied += _denied(plan, _policy_source(caller), account, rights)
    if denied:
        raise Fault(f"{len(denied)} actions are not allowed, such as {', '.join(sorted(denied)[:5])}")
    return f"{sum(len(each.change) for each in RIGHTS)} actions are allowed"


def _policy_source(caller: str) -> str:
    """The role behind a session: only roles and users have policies."""
    match = re.fullmatch(r"arn:aws:sts::(\d+):assumed-role/(.+)/[^/]+", caller)
    return f"arn:aws:iam::{match[1]}:role/{match[2]}" if match else caller


def _denied(plan: Plan, source: str, account: str, rights: Rights) -> Iterator[str]:
    sample = rights.resources[0].format(
        region=plan.region, account=account, project=_PROJECT, name=(rights.names or ("",))[0]
    )
    actions = sorted(
        f"{rights.service}:{action}" for action in (*rights.read, *rights.change) if "*" not in action
    )
    context: list[dict[str, Any]] = []
    if rights.same_project:
        context.append(
            {
                "ContextKeyName": rights.same_project,
                "ContextKeyValues": [_PROJECT],
                "ContextKeyType": "string",
            }
        )
    for start in range(0, len(actions), _ACTIONS_AT_ONCE):
        try:
            answer = plan.client("iam").simulate_principal_policy(
                PolicySourceArn=source,
                ActionNames=actions[start : start + _ACTIONS_AT_ONCE],
                ResourceArns=[sample.replace("*", "x") if sample != "*" else "*"],
                ContextEntries=context,
            )
        except ClientError as error:
            if error.response["Error"]["Code"] in ("AccessDenied", "AccessDeniedException"):
                raise Skip("the caller may not ask IAM (iam:SimulatePrincipalPolicy)") from error
            raise
        for result in answer["EvaluationResults"]:
            if result["EvalDecision"] != "allowed":
                yield result["EvalActionName"]


def _run(*command: str) -> str:
    """What a command prints. Raises Fault when there is none, or it fails."""
    program = shutil.which(command[0])
    if program is None:
        raise Fault(f"{command[0]} is not installed")
    done = subprocess.run([program, *command[1:]], capture_output=True, text=True, check=False)
    if done.returncode:
        raise Fault((done.stderr or done.stdout).strip()[:300] or f"{' '.join(command)} failed")
    return done.stdout


CHECKS: tuple[Check[Plan], ...] = (
    Check(
        name="python", run=find_python, remedy="install Python 3.11 or newer: make PYTHON=python3.13 setup"
    ),
    Check(
        name="pulumi",
        run=find_pulumi,
        remedy="install the Pulumi CLI, or a newer one: https://www.pulumi.com/docs/install/",
    ),
    Check(
        name="backend",
        run=find_backend,
        needs=("pulumi",),
        remedy="write `pulumi login`, or `pulumi login s3://BUCKET` to keep the state in a bucket",
    ),
    Check(name="layers", run=find_layers, remedy="run `make layers`"),
    Check(
        name="credentials",
        run=find_credentials,
        remedy="sign in to the account, as with `aws sso login`, or set AWS_PROFILE",
    ),
    Check(
        name="permissions",
        run=find_permissions,
        needs=("credentials",),
        remedy="deploy as an administrator, or with the role of examples/deployment_roles",
    ),
    Check(
        name="services",
        run=find_regional_services,
        remedy="deploy to us-east-1 or us-west-2, or choose other settings",
    ),
    Check(
        name="models",
        run=find_models,
        needs=("credentials",),
        remedy="ask for access on the page Model access of the Bedrock console, in each region named",
    ),
    Check(
        name="limits",
        run=find_limits,
        needs=("credentials",),
        remedy="see Service Quotas of AWS Lambda and Amazon API Gateway",
    ),
    Check(
        name="logging-role",
        run=find_logging_role,
        needs=("credentials",),
        remedy="deploy the stack with manageApiAccount first, or set it here: there is one per region",
    ),
    Check(
        name="image",
        run=find_image_builder,
        remedy="start Docker, or set imageBuilder to codebuild",
    ),
    Check(
        name="certificate",
        run=find_certificate,
        needs=("credentials",),
        remedy="ask AWS Certificate Manager in us-east-1 for one, prove that the domain is yours, and set "
        "certificateArn",
    ),
    Check(
        name="zone",
        run=find_hosted_zone,
        needs=("credentials",),
        remedy="make the record where the domain's DNS is",
    ),
    Check(
        name="alarm-email",
        run=find_alarm_address,
        remedy="write `pulumi config set alarmEmail you@your.domain`",
    ),
)
"""In the order in which they run."""


def main(arguments: Sequence[str] | None = None, console: Console | None = None) -> int:
    """Run the checks and show each as it ends; an exit code."""
    given = _read_arguments(arguments)
    shown = console or Console(highlight=False)
    try:
        plan = read_plan(given.stack)
    except ValueError as reason:
        shown.print(Text(str(reason), style="red"), soft_wrap=True)
        return 2
    results: list[Result] = []
    for result in run_checks(CHECKS, plan, paid=True):
        results.append(result)
        if not given.json:
            show(result, shown)
    if given.json:
        told: Mapping[str, Any] = {"stack": plan.name, "checks": [each.as_json() for each in results]}
        sys.stdout.write(json.dumps(told) + "\n")
    else:
        shown.print(Text(sum_up(results)), soft_wrap=True)
    return int(any(result.status is Status.FAILED for result in results))


def _read_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m operations.prerequisites", description=__doc__)
    parser.add_argument("stack", help="name of a stack file, such as dev")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
