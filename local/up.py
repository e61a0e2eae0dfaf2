"""Brings the local cloud up, keeps it up and takes it down."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

import httpx
from rich.console import Console

from layers.build import build_layers, build_runtime_client
from local import catalog, documents, users
from local.ai.opensearch.node import Tools, fetch, find_tools, start_node
from local.config import HOST, ROOT, LocalConfig
from local.deploy import EXIT_OUTDATED, stack_config
from local.processes import Processes, StartFailed, port_in_use
from local.resources.base import ROOT_KEY

EMULATOR_PYTHON = ROOT / ".venv-emulator" / "bin" / "python"
_ENDPOINTS = (
    "BEDROCK",
    "BEDROCK_RUNTIME",
    "BEDROCK_AGENT",
    "BEDROCK_AGENT_RUNTIME",
    "S3VECTORS",
    "PERSONALIZE",
    "PERSONALIZE_RUNTIME",
    "PERSONALIZE_EVENTS",
    "SAGEMAKER",
    "SAGEMAKER_RUNTIME",
)  # served by the AI stand-ins; everything else by the emulator
_IDLE_FUNCTION_S = "300"
_OPENSEARCH_SETTINGS = ("vectorBackend", "knowledgeBaseStorage")


@dataclass
class LocalCloud:
    """One running local cloud."""

    config: LocalConfig
    console: Console
    processes: Processes

    @classmethod
    def create(cls, config: LocalConfig, console: Console | None = None) -> "LocalCloud":
        return cls(config, console or Console(highlight=False), Processes(config.logs))

    def start(self) -> dict[str, Any]:
        """Start everything; the description that `stack.json` holds. Raises StartFailed."""
        began = time.monotonic()
        self._refuse_what_cannot_work()
        self.config.folder.mkdir(parents=True, exist_ok=True)
        self._pid_file.write_text(str(os.getpid()))
        self.config.stack_file.unlink(missing_ok=True)
        if not (self.config.folder / "resources.json").is_file():
            wipe_state(self.config)  # nothing says what the stored state holds
        build_layers("host")
        build_runtime_client()
        self._start_services()
        drawing = threading.Thread(target=catalog.prepare, args=(self.config,))
        drawing.start()
        outputs = self._deploy()
        self._start_site(outputs)
        self._wait("ai", f"{self.config.ai_url}/_local/health")
        demo_users = users.create_demo_users(self.config, outputs)
        drawing.join()
        report = catalog.load(self.config, outputs, self.console)
        catalog.group(self.config, outputs)
        report = f"{report}, {documents.load(self.config, outputs)}"
        self._wait("site", f"{self.config.site_url}/_stcore/health")
        description = describe(self.config, outputs, demo_users)
        self.config.stack_file.write_text(json.dumps(description, indent=2))
        self.save()
        self._announce(description, report, time.monotonic() - began)
        return description

    def stop(self) -> None:
        """End every process; the state is written to disk first where the emulator still answers."""
        self.processes.stop("site", "ai")
        self.processes.stop()
        shutil.rmtree(self.config.folder / "tmp", ignore_errors=True)
        self.config.stack_file.unlink(missing_ok=True)
        self._pid_file.unlink(missing_ok=True)

    def save(self) -> None:
        """Write the emulator's state to disk, so that even a killed cloud starts again from here."""
        httpx.post(f"{self.config.emulator_url}/_local/save", timeout=60).raise_for_status()

    def run(self) -> int:
        """Start, wait for Ctrl-C or SIGTERM or the end of a part, stop; an exit code."""
        stopping = threading.Event()

        def ask_to_stop(_signal: int, _frame: FrameType | None) -> None:
            stopping.set()
            if not self.config.stack_file.is_file():
                raise KeyboardInterrupt

        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, ask_to_stop)
        try:
            self.start()
            while not stopping.wait(0.5):
                self.processes.require_all_alive()
        except KeyboardInterrupt:
            return 130
        except (StartFailed, users.SignInFailed, catalog.CatalogFailed) as reason:
            self.console.print(f"[red]{reason}[/red]", markup=True)
            return 1
        finally:
            self.stop()
        self.console.print("stopped")
        return 0

    @property
    def _pid_file(self) -> Path:
        return self.config.folder / "up.pid"

    def _refuse_what_cannot_work(self) -> None:
        if running := running_pid(self.config):
            raise StartFailed(
                f"a local cloud is already running from {self.config.folder.name} (process {running}): "
                "stop it with `python -m local down`, or set LOCAL_DIR and PORT for a second one"
            )
        ports = {"the site": self.config.port, "AWS": self.config.emulator_port, "AI": self.config.ai_port}
        if needs_opensearch(self.config):
            ports["OpenSearch"] = self.config.opensearch_port
            if isinstance(missing := find_tools(), str):
                raise StartFailed(
                    f"this stack keeps vectors in OpenSearch, which cannot run here. {missing}. "
                    'Or start with SET="vectorBackend=dynamodb knowledgeBaseStorage=s3vectors"'
                )
        for what, port in ports.items():
            if port_in_use(port):
                raise StartFailed(f"port {port} ({what}) is in use: choose another with PORT=")
        if self.config.catalog and not self.config.catalog.is_dir():
            raise StartFailed(f"CATALOG is no folder: {self.config.catalog}")
        if not EMULATOR_PYTHON.is_file():
            raise StartFailed("the emulator's environment is missing: run `make setup`")

    def _start_services(self) -> None:
        environment = self._environment()
        emulator = [str(EMULATOR_PYTHON), "-m", "local.launcher"]
        self.processes.start("emulator", emulator, environment, ROOT)
        passed = {
            k: v for k, v in os.environ.items() if k.startswith("AWS_") and self.config.models == "bedrock"
        }
        ai = [sys.executable, "-m", "local.ai.server"]
        self.processes.start("ai", ai, self._base_environment() | passed, ROOT)
        self._start_opensearch()

    def _start_opensearch(self) -> None:
        tools = find_tools()
        if needs_opensearch(self.config) and isinstance(tools, Tools):
            folder = self.config.folder / "opensearch"
            start_node(self.processes, fetch(tools), folder, self.config.opensearch_port, tools)

    def _deploy(self) -> dict[str, Any]:
        for _attempt in range(2):
            code = self._run_program()
            if code == 0:
                return json.loads((self.config.folder / "outputs.json").read_text())
            if code != EXIT_OUTDATED:
                break
            self.console.print("the program has changed: starting with empty state")
            self.processes.stop("emulator", "ai", "opensearch")
            wipe_state(self.config)
            self._start_services()
        raise StartFailed(f"the program failed: {self.processes.last_words('deploy', 25)}")

    def _run_program(self) -> int:
        with (self.config.logs / "deploy.log").open("ab") as log:
            done = subprocess.run(
                [sys.executable, "-m", "local.deploy"],
                cwd=ROOT,
                env=self._base_environment(),
                stdout=log,
                stderr=subprocess.STDOUT,
                check=False,
            )
        return done.returncode

    def _start_site(self, outputs: dict[str, Any]) -> None:
        environment = self._base_environment() | {
            "AWS_ENDPOINT_URL": self.config.emulator_url,
            "AWS_REGION": outputs["region"],
            "AWS_ACCESS_KEY_ID": ROOT_KEY,
            "AWS_SECRET_ACCESS_KEY": ROOT_KEY,
            "SITE_SECRET_ARN": outputs["site_secret_arn"],
        }
        site = [sys.executable, "-m", "ui.start", "--port", str(self.config.port), "--address", HOST]
        self.processes.start("site", site, environment, ROOT)

    def _wait(self, name: str, url: str) -> None:
        self.processes.wait_until_healthy(name, url)

    def _base_environment(self) -> dict[str, str]:
        """Little of the developer's own environment: functions inherit what the emulator has."""
        kept = {k: os.environ[k] for k in ("PATH", "HOME", "LANG", "LC_ALL") if k in os.environ}
        return kept | {
            "OPENBLAS_NUM_THREADS": "1",  # threads of the local models would only take turns
            "STACK": self.config.stack,
            "PORT": str(self.config.port),
            "LOCAL_DIR": str(self.config.folder),
            "MODELS": self.config.models,
            "SET": " ".join(f"{key}={value}" for key, value in self.config.overrides.items()),
        }

    def _environment(self) -> dict[str, str]:
        folder = self.config.folder
        temporary = folder / "tmp"
        temporary.mkdir(exist_ok=True)
        endpoints = {f"AWS_ENDPOINT_URL_{service}": self.config.ai_url for service in _ENDPOINTS}
        return (
            self._base_environment()
            | endpoints
            | {
                "TMPDIR": str(temporary),
                "AWS_ENDPOINT_URL": self.config.emulator_url,
                "GATEWAY_PORT": str(self.config.emulator_port),
                "BIND_HOST": "127.0.0.1",
                "IOT_MTLS_ENABLED": "0",
                "AUTH": "true",
                "LOG_LEVEL": "WARNING",
                "LAMBDA_WARM_TTL_SECONDS": _IDLE_FUNCTION_S,
                "PERSIST_STATE": "1",
                "STATE_DIR": str(folder / "state"),
                "S3_PERSIST": "1",
                "S3_DATA_DIR": str(folder / "s3"),
            }
        )

    def _announce(self, description: dict[str, Any], report: str, took_s: float) -> None:
        show = partial(self.console.print, soft_wrap=True)
        show(f"\n[bold]Virtual Stylist[/bold] is up ({took_s:.1f} s): [bold]{description['site_url']}[/bold]")
        for user in description["demo_users"]:
            show(f"  sign in as {user['email']} with {user['password']}")
        show(f"  catalogue  {report}")
        show(f"  API        {description['api_url']} (a token: python -m local token)")
        show(
            "  models     local stand-ins"
            if self.config.models == "local"
            else f"  models     {self.config.models}"
        )
        show("  stop with Ctrl-C\n")


def describe(
    config: LocalConfig, outputs: dict[str, Any], demo_users: list[dict[str, str]]
) -> dict[str, Any]:
    """What scripts need to talk to this cloud."""
    return {
        "site_url": config.site_url,
        "api_url": outputs["api_url"],
        "websocket_url": outputs.get("websocket_url"),
        "api_key": outputs["api_key"],
        "user_pool_id": outputs["user_pool_id"],
        "client_id": outputs["client_id"],
        "demo_users": demo_users,
        "emulator_url": config.emulator_url,
        "ai_url": config.ai_url,
        "stack": config.stack,
        "outputs": outputs,
        "environment": {
            "AWS_ACCESS_KEY_ID": ROOT_KEY,
            "AWS_SECRET_ACCESS_KEY": ROOT_KEY,
            "AWS_ENDPOINT_URL": config.emulator_url,
            **{f"AWS_ENDPOINT_URL_{service}": config.ai_url for service in _ENDPOINTS},
        },
    }


def needs_opensearch(config: LocalConfig) -> bool:
    """Whether the stack keeps anything in OpenSearch Serverless."""
    project, values = stack_config(config)
    return any(values.get(f"{project}:{name}") == "opensearch" for name in _OPENSEARCH_SETTINGS)


def running_pid(config: LocalConfig) -> int | None:
    """The process that keeps this cloud up, if it lives."""
    pid_file = config.folder / "up.pid"
    if not pid_file.is_file():
        return None
    pid = int(pid_file.read_text())
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    return pid if pid != os.getpid() else None


def wipe_state(config: LocalConfig) -> None:
    """Forget everything stored in this cloud; drawn pictures and logs stay."""
    for folder in ("state", "s3", "tmp", "opensearch"):
        shutil.rmtree(config.folder / folder, ignore_errors=True)
    for file in ("resources.json", "outputs.json", "catalog.json"):
        (config.folder / file).unlink(missing_ok=True)
