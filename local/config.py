"""Where the local cloud keeps things and which addresses it uses."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
REGION = "us-east-1"
ACCOUNT = "000000000000"
HOST = "localhost"


@dataclass(frozen=True, slots=True)
class LocalConfig:
    """One local cloud: a stack, a folder for its state, four neighbouring ports and its inputs."""

    stack: str
    port: int
    folder: Path
    catalog: Path | None
    models: str
    overrides: Mapping[str, str] = field(default_factory=dict[str, str])
    """Settings of the stack that are other than its file says."""

    @property
    def emulator_port(self) -> int:
        return self.port + 1

    @property
    def ai_port(self) -> int:
        return self.port + 2

    @property
    def opensearch_port(self) -> int:
        return self.port + 3

    @property
    def opensearch_url(self) -> str:
        return f"http://127.0.0.1:{self.opensearch_port}"

    @property
    def site_url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def emulator_url(self) -> str:
        return f"http://{HOST}:{self.emulator_port}"

    @property
    def ai_url(self) -> str:
        return f"http://{HOST}:{self.ai_port}"

    @property
    def stack_file(self) -> Path:
        return self.folder / "stack.json"

    @property
    def logs(self) -> Path:
        return self.folder / "logs"

    def describe(self) -> dict[str, Any]:
        """What `stack.json` says once the cloud is up. Raises FileNotFoundError before that."""
        return json.loads(self.stack_file.read_text())


def read_config() -> LocalConfig:
    """The settings of `make local`: STACK, PORT, LOCAL_DIR, CATALOG, MODELS and SET from the environment."""
    catalog = os.environ.get("CATALOG")
    return LocalConfig(
        stack=os.environ.get("STACK") or "dev",
        port=int(os.environ.get("PORT") or 8501),
        folder=(ROOT / (os.environ.get("LOCAL_DIR") or ".local")).resolve(),
        catalog=Path(catalog).expanduser().resolve() if catalog else None,
        models=os.environ.get("MODELS") or "local",
        overrides=dict(pair.split("=", 1) for pair in os.environ.get("SET", "").split()),
    )
