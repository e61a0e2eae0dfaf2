"""Installs each layer's lock into a folder and leaves out what no function can reach.

A layer is the folder `.build/layers/<name>-<target>`; a file beside it records what it was made from, so
an unchanged lock costs nothing. Lambda unpacks a layer into /opt, where `/opt/python` is on the path.
"""

import compileall
import hashlib
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from fnmatch import fnmatch
from pathlib import Path
from types import MappingProxyType

from layers.exclusive import one_at_a_time

ROOT = Path(__file__).resolve().parent.parent
OUTPUT = ROOT / ".build" / "layers"
LAYERS = ("core", "arrays", "tokens", "opensearch")

TARGETS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "arm64": (
            "--platform=manylinux_2_28_aarch64",
            "--platform=manylinux2014_aarch64",
            "--python-version=3.13",
            "--implementation=cp",
            "--only-binary=:all:",
        ),
        "host": (),
    }
)

SERVICES = frozenset(
    {
        "apigatewaymanagementapi",
        "bedrock-agent",
        "bedrock-agent-runtime",
        "bedrock-runtime",
        "codebuild",
        "dynamodb",
        "ecr",
        "lambda",
        "personalize",
        "personalize-events",
        "personalize-runtime",
        "s3",
        "s3vectors",
        "sagemaker",
        "sagemaker-runtime",
        "secretsmanager",
        "sqs",
        "stepfunctions",
        "sts",
    }
)
"""The AWS services whose models stay in botocore: the full set is 30 MB."""

UNUSED = (
    "*/tests/*",
    "*.pyi",
    "*.a",
    "bin/*",
    "boto3/data/*",
    "boto3/examples/*",
    "aws_lambda_powertools/event_handler/openapi/swagger_ui/*",
    "numpy/_core/include/*",
    "numpy/_core/_*_tests*.so",
    "numpy/_core/_simd*.so",  # only numpy's own tests load these
    "numpy/f2py/*",
    # Pillow's AVIF, font and GUI parts: the formats accepted are JPEG, PNG and WebP.
    "PIL/_avif*.so",
    "PIL/_imagingft*.so",
    "PIL/_imagingtk*.so",
    "pillow.libs/libavif*",
    "pillow.libs/libfreetype*",
    "pillow.libs/libharfbuzz*",
    "pillow.libs/libbrotli*",
    "pillow.libs/libpng16*",
)


def build_layers(target: str) -> list[Path]:
    """Build every layer for `target` ("arm64" or "host") where its lock changed; the layers' folders."""
    return [_build(name, target) for name in LAYERS]


def layer_folder(name: str, target: str) -> Path:
    """Where the layer `name` for `target` stands once it is built."""
    return OUTPUT / f"{name}-{target}"


def runtime_client_folder() -> Path:
    """Where AWS's runtime client stands, which runs functions on this machine as it does on Lambda."""
    return layer_folder("runtime-client", "host") / "python"


def build_runtime_client() -> Path:
    """Build the runtime client for this machine where its lock changed; its folder."""
    return _build("runtime-client", "host")


def _build(name: str, target: str) -> Path:
    lock = ROOT / "layers" / f"{name}.txt"
    folder, stamp = layer_folder(name, target), OUTPUT / f"{name}-{target}.sha256"
    wanted = _fingerprint(lock, target)
    with one_at_a_time(folder):
        if folder.is_dir() and stamp.is_file() and stamp.read_text() == wanted:
            return folder
        shutil.rmtree(folder, ignore_errors=True)
        _install(lock, folder / "python", target)
        _prune(folder / "python")
        if target == "host":
            compileall.compile_dir(folder, quiet=2)
        stamp.write_text(wanted)
        return folder


def _fingerprint(lock: Path, target: str) -> str:
    parts = [lock.read_bytes(), Path(__file__).read_bytes(), target.encode()]
    if target == "host":
        parts.append(sys.version.encode())
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def _install(lock: Path, folder: Path, target: str) -> None:
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command += [
        "--require-hashes",
        "--no-compile",
        "--no-deps",
        f"--target={folder}",
        f"--requirement={lock}",
    ]
    subprocess.run([*command, *TARGETS[target]], check=True)  # noqa: S603


def _prune(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        relative = path.relative_to(folder).as_posix()
        if path.is_dir():
            if not any(path.iterdir()):
                path.rmdir()
        elif _unused(relative):
            path.unlink()


def _unused(relative: str) -> bool:
    if _matches(relative, UNUSED):
        return True
    parts = relative.split("/")
    return parts[:2] == ["botocore", "data"] and len(parts) > 3 and parts[2] not in SERVICES


def _matches(relative: str, patterns: Iterable[str]) -> bool:
    return any(fnmatch(relative, pattern) for pattern in patterns)
