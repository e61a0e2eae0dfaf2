"""A deployed stack as its outputs and AWS show it."""

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from operations.doctor.check import Fault
from operations.sign_in import Client
from runtime.canary.probes import Shop

_CONFIG = Config(connect_timeout=5, read_timeout=60, retries={"mode": "standard", "total_max_attempts": 3})


class StackUnknown(Exception):
    """There is nothing to examine; the text says why."""


@dataclass
class Stack:
    """Outputs of a stack, clients for what it runs on, and what the checks learn on their way."""

    name: str
    outputs: Mapping[str, Any]
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    """Variables under which boto3 finds the services, on top of the process's own."""
    token: str = ""
    """Access token, once a check has got one."""
    known: dict[str, Any] = field(default_factory=dict[str, Any])
    """What one check hands to another."""

    @property
    def region(self) -> str:
        return str(self.outputs["region"])

    @property
    def shop(self) -> Shop:
        """The API as a signed-in shopper has it."""
        return Shop(str(self.outputs["api_url"]), str(self.outputs["api_key"]), self.token)

    @cached_property
    def site(self) -> Mapping[str, str]:
        """What the site reads at its start, out of its own secret."""
        secrets = self.client("secretsmanager")
        value = secrets.get_secret_value(SecretId=self.outputs["site_secret_arn"])["SecretString"]
        return json.loads(value)

    @property
    def sign_in_client(self) -> Client:
        return Client.of(self.site, str(self.outputs["scope"]))

    def watched(self, kind: str) -> Sequence[Mapping[str, Any]]:
        """Parts of that kind, as the components hand them out."""
        return [row for row in json.loads(self.outputs["watched"]) if row["kind"] == kind]

    def client(self, service: str, region: str | None = None) -> Any:
        """A boto3 client; endpoints and credentials are those of the environment."""
        where = {**os.environ, **self.environment}
        variable = f"AWS_ENDPOINT_URL_{service.upper().replace('-', '_')}"
        session = boto3.Session(
            aws_access_key_id=self.environment.get("AWS_ACCESS_KEY_ID"),
            aws_secret_access_key=self.environment.get("AWS_SECRET_ACCESS_KEY"),
            region_name=region or self.region,
        )
        endpoint = where.get(variable) or where.get("AWS_ENDPOINT_URL")
        return session.client(service, endpoint_url=endpoint, config=_CONFIG)

    def require(self, *names: str) -> None:
        """Raise Fault for outputs that are missing or empty."""
        missing = [name for name in names if not self.outputs.get(name)]
        if missing:
            raise Fault(f"the stack has no output {', '.join(missing)}")


def open_deployed(stack: str) -> Stack:
    """The stack that Pulumi knows by this name. Raises StackUnknown."""
    command = ["pulumi", "stack", "output", "--json", "--show-secrets", "--stack", stack]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise StackUnknown("pulumi is not installed; or name a description with --description") from error
    if done.returncode != 0:
        raise StackUnknown(done.stderr.strip() or f"pulumi knows no stack {stack}")
    outputs = json.loads(done.stdout)
    if not outputs:
        raise StackUnknown(f"{stack} has no outputs: it is not deployed; write `pulumi up --stack {stack}`")
    return Stack(stack, outputs)


def open_described(file: Path) -> Stack:
    """The stack that a file describes: `{"stack", "outputs", "environment"}`. Raises StackUnknown."""
    try:
        description = json.loads(file.read_text(encoding="utf-8"))
        return Stack(description["stack"], description["outputs"], description.get("environment", {}))
    except FileNotFoundError as error:
        raise StackUnknown(f"there is no {file}; a local cloud writes it while it is up") from error
    except (ValueError, KeyError, TypeError) as error:
        raise StackUnknown(f"{file} does not describe a stack: {error!r}") from error
