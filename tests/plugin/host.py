"""A stand-in for the Pulumi engine: starts the plugin as a process and answers what it asks over gRPC."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import empty_pb2, struct_pb2
from google.protobuf.json_format import MessageToDict
from pulumi.runtime.proto import (
    engine_pb2_grpc,
    provider_pb2,
    provider_pb2_grpc,
    resource_pb2,
    resource_pb2_grpc,
)

from tests.graph.recorder import ROOT, SECRET_KEY, answer_to, outputs_of

SECRET = "1b47061264138c4ac30d75fd1eb44270"
OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


def output(value: Any, *, secret: bool = False) -> dict[str, Any]:
    """A value as another resource's output: the hardest form in which an input can arrive."""
    return {
        SECRET_KEY: OUTPUT,
        "value": value,
        "secret": secret,
        "dependencies": ["urn:pulumi:t::p::x:y:Z::upstream"],
    }


def unknown_output() -> dict[str, Any]:
    """An output that the preview does not know."""
    return {SECRET_KEY: OUTPUT, "dependencies": ["urn:pulumi:t::p::x:y:Z::upstream"]}


def is_secret(value: Any) -> bool:
    """Whether a value on the wire is marked as one to be kept encrypted."""
    return isinstance(value, dict) and (value.get(SECRET_KEY) == SECRET or value.get("secret") is True)


def reveal(value: Any) -> Any:
    """A value from the wire without its marks."""
    if isinstance(value, dict):
        if value.get(SECRET_KEY) in (SECRET, OUTPUT):
            return reveal(value.get("value", UNKNOWN))
        return {key: reveal(each) for key, each in value.items()}
    return [reveal(each) for each in value] if isinstance(value, list) else value


def to_struct(value: Mapping[str, Any]) -> struct_pb2.Struct:
    struct = struct_pb2.Struct()
    struct.update(dict(value))
    return struct


@dataclass
class Monitor(resource_pb2_grpc.ResourceMonitorServicer):
    """Records registrations and answers as AWS would."""

    preview: bool = False
    registered: list[tuple[str, str, str]] = field(default_factory=list)
    """Type, name and parent's name, in order of arrival."""

    def GetDeploymentInfo(self, request: Any, context: Any) -> Any:
        return resource_pb2.DeploymentInfo(
            supportedFeatures=[
                resource_pb2.RESOURCE_MONITOR_FEATURE_ALIAS_SPECS,
                resource_pb2.RESOURCE_MONITOR_FEATURE_OUTPUT_VALUES,
                resource_pb2.RESOURCE_MONITOR_FEATURE_RESOURCE_REFERENCES,
                resource_pb2.RESOURCE_MONITOR_FEATURE_SECRETS,
            ]
        )

    def RegisterResource(self, request: Any, context: Any) -> Any:
        parent = request.parent.split("::")[-1] if request.parent else ""
        self.registered.append((request.type, request.name, parent))
        inputs = reveal(MessageToDict(request.object))
        state = inputs
        if request.custom and not self.preview:
            state = {**inputs, **outputs_of(request.type, request.name, inputs)}
        return resource_pb2.RegisterResourceResponse(
            urn=f"urn:pulumi:test::virtual-stylist::{request.type}::{request.name}",
            id=f"{request.name}-id" if request.custom and not self.preview else "",
            object=to_struct(state),
        )

    def RegisterResourceOutputs(self, request: Any, context: Any) -> Any:
        return empty_pb2.Empty()

    def Invoke(self, request: Any, context: Any) -> Any:
        return resource_pb2.ResourceInvokeResponse(**{"return": to_struct(answer_to(request.tok))})


@dataclass
class Host:
    """A running plugin process."""

    stub: provider_pb2_grpc.ResourceProviderStub

    def construct(
        self, type_: str, name: str, inputs: Mapping[str, Any], *, preview: bool = False
    ) -> tuple[dict[str, Any], Monitor]:
        """Construct a component; returns its outputs as on the wire and what it registered."""
        monitor = Monitor(preview=preview)
        with _serve(monitor) as address:
            response = self.stub.Construct(
                provider_pb2.ConstructRequest(
                    project="virtual-stylist",
                    stack="test",
                    type=type_,
                    name=name,
                    inputs=to_struct(inputs),
                    monitorEndpoint=address,
                    dryRun=preview,
                    parallel=4,
                    accepts_output_values=True,
                ),
                timeout=30,
            )
        return MessageToDict(response.state), monitor


@contextmanager
def _serve(monitor: Monitor) -> Iterator[str]:
    server = grpc.server(ThreadPoolExecutor(4))
    resource_pb2_grpc.add_ResourceMonitorServicer_to_server(monitor, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(None).wait()


class _Engine(engine_pb2_grpc.EngineServicer):
    def Log(self, request: Any, context: Any) -> Any:
        return empty_pb2.Empty()


@contextmanager
def start_plugin(folder: Path) -> Iterator[Host]:
    """Run the plugin from a folder that is not the project's, as the engine does for its consumers."""
    engine = grpc.server(ThreadPoolExecutor(2))
    engine_pb2_grpc.add_EngineServicer_to_server(_Engine(), engine)
    engine_port = engine.add_insecure_port("127.0.0.1:0")
    engine.start()
    command = [
        sys.executable,
        "-W",
        "ignore::DeprecationWarning",
        str(ROOT / "components"),
        f"127.0.0.1:{engine_port}",
    ]
    with subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            assert process.stdout is not None
            port = int(process.stdout.readline())
            with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
                yield Host(provider_pb2_grpc.ResourceProviderStub(channel))
        finally:
            process.terminate()
            engine.stop(None).wait()
