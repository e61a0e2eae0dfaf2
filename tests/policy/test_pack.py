"""The rules as a policy pack, as the Pulumi engine would run them."""

import runpy
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import grpc
import pytest
import yaml
from google.protobuf import empty_pb2
from pulumi.runtime.proto import analyzer_pb2_grpc
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE, UnknownValueError, unknown_checking_proxy

from policies.pack import read_stack, rule_name
from policies.rules import RULES
from tests.graph.recorder import ROOT


class FakePack:
    """Takes the place of PolicyPack, which would start a server."""

    def __init__(self, name: str, policies: list[Any], enforcement_level: Any) -> None:
        self.name, self.policies, self.enforcement_level = name, policies, enforcement_level
        packs.append(self)


packs: list[FakePack] = []


def engine_resource(type_: str, logical_name: str, **properties: Any) -> Any:
    return SimpleNamespace(
        resource_type=type_,
        name=logical_name,
        urn=f"urn:{logical_name}",
        props=unknown_checking_proxy(properties),
        opts=SimpleNamespace(protect=False),
    )


@pytest.fixture
def pack(monkeypatch: pytest.MonkeyPatch) -> FakePack:
    monkeypatch.setattr("pulumi_policy.PolicyPack", FakePack)
    packs.clear()
    runpy.run_path(str(ROOT / "policies" / "__main__.py"), run_name="__main__")
    (made,) = packs
    return made


def test_every_rule_is_a_mandatory_policy(pack: FakePack) -> None:
    assert {policy.name for policy in pack.policies} == {rule_name(rule) for rule in RULES}
    assert pack.enforcement_level.value == "mandatory"
    assert all(policy.description for policy in pack.policies)


def test_a_violation_is_reported_on_its_resource(pack: FakePack) -> None:
    policy = next(policy for policy in pack.policies if policy.name == "end-logs")
    resources = [engine_resource("aws:cloudwatch/logGroup:LogGroup", "logs", name="l")]
    reported: list[tuple[str, str]] = []
    policy.validate(SimpleNamespace(resources=resources), lambda text, urn=None: reported.append((text, urn)))
    assert reported == [("logs: set retentionInDays; without it logs are kept and paid for ever", "urn:logs")]


def test_a_rule_that_needs_an_unknown_value_waits_for_the_update(pack: FakePack) -> None:
    resources = [
        engine_resource("aws:s3/bucket:Bucket", "pictures", bucket=UNKNOWN_STRING_VALUE),
        engine_resource("aws:lambda/function:Function", "f", tracingConfig={"mode": "PassThrough"}),
    ]
    stack = SimpleNamespace(resources=resources)
    policies = {policy.name: policy for policy in pack.policies}
    reported: list[str] = []
    with pytest.raises(UnknownValueError):
        policies["block-public-access"].validate(stack, lambda text, urn=None: reported.append(text))
    policies["trace-every-function"].validate(stack, lambda text, urn=None: reported.append(text))
    assert reported == ["f: set tracingConfig.mode to Active"]


def test_the_engines_proxies_are_read_as_plain_values() -> None:
    stack = SimpleNamespace(resources=[engine_resource("t", "n", a=[{"b": [1]}], c="text")])
    (resource,) = read_stack(stack)
    assert resource.list("a") == [{"b": [1]}]
    assert resource.text("c") == "text" and set(resource.properties) == {"a", "c"}


def test_the_engine_can_start_the_pack_and_is_told_its_policies(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "policies"), "127.0.0.1:0", str(tmp_path)]
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            with grpc.insecure_channel(f"127.0.0.1:{int(process.stdout.readline())}") as channel:
                info = analyzer_pb2_grpc.AnalyzerStub(channel).GetAnalyzerInfo(empty_pb2.Empty(), timeout=20)
        finally:
            process.terminate()
    assert info.name == "virtual-stylist"
    assert {policy.name for policy in info.policies} == {rule_name(rule) for rule in RULES}


def test_the_pack_files_are_those_the_engine_looks_for() -> None:
    pack_file = yaml.safe_load((ROOT / "policies" / "PulumiPolicy.yaml").read_text())
    assert pack_file["runtime"] == "python" and pack_file["description"]
    assert "pulumi-policy>=1.15,<2" in (ROOT / "policies" / "requirements.txt").read_text().split()
