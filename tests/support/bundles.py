"""The functions of a stack as they are packaged: from the recorded graph to a folder that can be run."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from layers.build import layer_folder, runtime_client_folder
from tests.graph.recorder import known_stack


@dataclass(frozen=True)
class PackagedFunction:
    """One function: its handler, its bundle (path in it -> source) and its layers' names."""

    name: str
    handler: str
    files: dict[str, Path]
    layers: tuple[str, ...]
    environment: dict[str, str]

    @property
    def bundle_bytes(self) -> int:
        return sum(path.stat().st_size for path in self.files.values())

    def unpack(self, folder: Path) -> Path:
        """The bundle's files in a folder of their own."""
        for name, source in self.files.items():
            target = folder / self.name / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(source.read_bytes())
        return folder / self.name

    def run(self, folder: Path, code: str) -> subprocess.CompletedProcess[str]:
        """Run Python code with nothing on the path but the bundle, its layers and the runtime client."""
        layers = [str(layer_folder(name, "host") / "python") for name in self.layers]
        path = ":".join([str(folder), *layers, str(runtime_client_folder())])
        environment = {
            "PATH": "",
            "PYTHONPATH": path,
            "PYTHONDONTWRITEBYTECODE": "1",
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "none",
            "AWS_SECRET_ACCESS_KEY": "none",
            **self.environment,
        }
        python = getattr(sys, "_base_executable", sys.executable)
        command = [python, "-S", "-s", "-c", code]
        return subprocess.run(
            command, env=environment, cwd=folder, capture_output=True, text=True, check=False
        )


def packaged_functions(stack: str = "dev") -> list[PackagedFunction]:
    """Every function that a stack declares."""
    resources = known_stack(stack).resources
    layers = {
        layer.inputs["layerName"]: Path(layer.inputs["code"].path).name.removesuffix("-arm64")
        for layer in resources
        if layer.type == "aws:lambda/layerVersion:LayerVersion"
    }
    return [
        PackagedFunction(
            function.name.removesuffix("-function"),
            function.inputs["handler"],
            {name: Path(asset.path) for name, asset in function.inputs["code"].assets.items()},
            tuple(_layer_name(arn, layers) for arn in function.inputs["layers"]),
            _plain(function.inputs["environment"]["variables"]),
        )
        for function in resources
        if function.type == "aws:lambda/function:Function"
    ]


def _layer_name(arn: str, layers: dict[str, str]) -> str:
    return next(built for name, built in layers.items() if name in arn)


def _plain(variables: dict[str, Any]) -> dict[str, str]:
    return {key: str(value) for key, value in variables.items()}
