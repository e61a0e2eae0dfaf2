"""Evaluates the Pulumi program without Pulumi's engine and makes each of its resources real.

`python -m local.deploy` runs `__main__.py` unchanged. Pulumi's own mock hook hands every registered resource
to a handler, which creates it in the emulator and returns the outputs that the real service would return, so
the program's graph is the only wiring there is. What was made is recorded; a second run over the same
state creates nothing, and a change that no handler can apply in place ends with EXIT_OUTDATED, upon which the
caller starts over with empty state.
"""

import asyncio
import gc
import hashlib
import importlib
import json
import os
import runpy
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pulumi
import yaml
from pulumi._types import resource_types
from pulumi.runtime.config import set_all_config
from pulumi.runtime.mocks import MockCallArgs, MockResourceArgs, Mocks
from pulumi.runtime.settings import get_root_resource
from pulumi.runtime.stack import run_pulumi_func

from local.config import ACCOUNT, ROOT, LocalConfig, read_config
from local.processes import answers_within
from local.resources import HANDLERS, IGNORED
from local.resources.base import IGNORED_EVERYWHERE, Context, Inputs, Made

EXIT_OUTDATED = 3
LOCAL_MODELS = "Small local models are at work here instead of the real ones, so expect less of them."
MISSING = "<<not provided by the local cloud: "
SECRET_MARKER = "4dabf18193072939515e22adb298388d"  # noqa: S105  (by it Pulumi knows a wrapped secret)


class StateOutdated(Exception):
    """The state holds a resource that the program no longer describes in the same way."""


@dataclass
class Record:
    """What stands in the emulator: fingerprint of the inputs and the outputs, by resource."""

    path: Path
    known: dict[str, dict[str, Any]] = field(default_factory=dict)
    seen: dict[str, dict[str, Any]] = field(default_factory=dict)

    @classmethod
    def load(cls, path: Path) -> "Record":
        return cls(path, json.loads(path.read_text()) if path.is_file() else {})

    def save(self) -> None:
        if gone := self.known.keys() - self.seen.keys():
            raise StateOutdated(f"no longer in the program: {', '.join(sorted(gone))}")
        self.path.write_text(json.dumps(self.seen, indent=1, sort_keys=True))


class Cloud(Mocks):
    """Pulumi's mock hook: creates what is registered."""

    def __init__(self, context: Context, record: Record) -> None:
        self._context = context
        self._record = record

    def call(self, args: MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        region = self._context.region
        answers: dict[str, dict[str, Any]] = {
            "aws:index/getRegion:getRegion": {"region": region, "name": region, "id": region},
            "aws:index/getCallerIdentity:getCallerIdentity": {
                "accountId": ACCOUNT,
                "arn": f"arn:aws:iam::{ACCOUNT}:root",
                "userId": ACCOUNT,
                "id": ACCOUNT,
            },
            "aws:sagemaker/getPrebuiltEcrImage:getPrebuiltEcrImage": {
                "registryId": "382416733822",
                "registryPath": f"382416733822.dkr.ecr.{region}.amazonaws.com/kmeans:1",
                "id": "382416733822",
            },
            "aws:index/getPartition:getPartition": {"partition": "aws", "dnsSuffix": "amazonaws.com"},
        }
        if args.token not in answers:
            raise LookupError(f"the local cloud cannot answer the invoke {args.token}")
        return answers[args.token], []

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        inputs = clean(args.inputs)
        if args.custom is False or args.typ.startswith("pulumi:"):
            return f"{args.name}-id", inputs
        try:
            made = self._make(args.typ, args.name, inputs)
        except Exception as error:
            error.add_note(f"while making {args.typ} {args.name}")
            raise
        outputs = inputs | made.outputs
        return made.id, outputs | {
            key: MISSING + f"{args.typ}.{key}>>" for key in unprovided(args.typ, outputs)
        }

    def _make(self, typ: str, name: str, inputs: dict[str, Any]) -> Made:
        refuse_missing(inputs)
        if typ in IGNORED:
            return Made(name, {"arn": f"arn:aws:ignored:{self._context.region}:{ACCOUNT}:{name}"})
        if typ not in HANDLERS:
            raise LookupError(f"the local cloud has no handler for {typ}: add one in local/resources")
        handler = HANDLERS[typ]
        key, print_ = f"{typ}::{name}", fingerprint(inputs)
        old = self._record.known.get(key) if handler.kept else None
        if old and old["fingerprint"] == print_:
            made = Made(old["id"], old["outputs"])
        elif old and handler.update is None:
            raise StateOutdated(f"{key} has changed")
        else:
            tracked = Inputs(inputs)
            if old and handler.update:
                made = handler.update(self._context, name, tracked, Made(old["id"], old["outputs"]))
            else:
                made = handler.create(self._context, name, tracked)
            if unread := tracked.unread() - handler.ignored.keys() - IGNORED_EVERYWHERE:
                raise LookupError(f"the local cloud does not honour {', '.join(sorted(unread))}")
        self._record.seen[key] = {"fingerprint": print_, "id": made.id, "outputs": made.outputs}
        return made


def clean(value: Any) -> Any:
    """Plain values: secrets unwrapped, integral floats as integers (the wire knows only floats)."""
    if isinstance(value, dict):
        if SECRET_MARKER in value:
            return clean(value.get("value"))
        return {key: clean(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [clean(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def unprovided(typ: str, outputs: dict[str, Any]) -> set[str]:
    """Declared string outputs that nothing provides; read silently, they would vanish from the program."""
    module, name = typ.split(":")[1].split("/")[0], typ.split(":")[-1]
    package = importlib.import_module(f"pulumi_aws.{'lambda_' if module == 'lambda' else module}")
    declared = resource_types(getattr(package, name))
    return {key for key, kind in declared.items() if kind is str and outputs.get(key) is None}


def refuse_missing(value: Any) -> None:
    """Raise LookupError where an input was made from an output that the local cloud does not provide."""
    if isinstance(value, str) and MISSING in value:
        raise LookupError(f"an input uses an output that no handler provides: {value}")
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        refuse_missing(item)


def fingerprint(inputs: dict[str, Any]) -> str:
    """A digest of inputs, the content of code archives included."""
    return hashlib.sha256(json.dumps(inputs, sort_keys=True, default=_describe_asset).encode()).hexdigest()


def _describe_asset(value: Any) -> Any:
    match value:
        case pulumi.AssetArchive():
            return value.assets
        case pulumi.FileAsset():
            return hashlib.sha256(Path(value.path).read_bytes()).hexdigest()
        case pulumi.FileArchive():
            return str(value.path)
        case pulumi.StringAsset():
            return value.text
        case _:
            raise TypeError(f"cannot fingerprint {type(value).__name__}")


def stack_config(config: LocalConfig) -> tuple[str, dict[str, str]]:
    """The project's name and the stack's configuration as Pulumi's CLI would pass it to the program."""
    project = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())
    stack_file = ROOT / f"Pulumi.{config.stack}.yaml"
    if not stack_file.is_file():
        raise SystemExit(f"there is no stack {config.stack!r}: {stack_file.name} is missing")
    name = project["name"]
    values: dict[str, Any] = {
        f"{name}:{key}" if ":" not in key else key: spec["default"]
        for key, spec in (project.get("config") or {}).items()
        if isinstance(spec, dict) and "default" in spec
    }
    for key, value in (yaml.safe_load(stack_file.read_text()).get("config") or {}).items():
        values[key if ":" in key else f"{name}:{key}"] = value
    local = {"siteUrl": config.site_url, "weatherUrl": f"{config.ai_url}/open-meteo"}
    # The site runs as a process of this machine.
    # Nobody pays for visits here, and nobody needs them often.
    local["canaryMinutes"] = "60"
    local |= {"hostSite": "false", "domainName": "", "certificateArn": "", "allowedCidrs": "[]"}
    if config.models == "local":
        local["notice"] = LOCAL_MODELS
    for key, value in {**local, **config.overrides}.items():
        values[f"{name}:{key}"] = value
    plain = {key: value if isinstance(value, str) else json.dumps(value) for key, value in values.items()}
    return name, plain


def deploy(config: LocalConfig) -> dict[str, Any]:
    """Run the program against the emulator; the stack's outputs, plain."""
    project, values = stack_config(config)
    record = Record.load(config.folder / "resources.json")
    context = Context(config, values.get("aws:region", "us-east-1"))
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)  # before set_mocks, or the run never ends
    loop.set_default_executor(ThreadPoolExecutor(1))  # strictly one resource after another
    set_all_config(values)
    pulumi.runtime.set_mocks(Cloud(context, record), project=project, stack=config.stack, preview=False)
    root = get_root_resource()  # a context variable: later it is not visible here
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT))
    loop.run_until_complete(run_pulumi_func(_run_program))
    outputs = loop.run_until_complete(pulumi.Output.from_input(dict(vars(root)["outputs"])).future())
    record.save()
    plain = clean(outputs)
    refuse_missing(plain)
    return plain


def _run_program() -> None:
    runpy.run_path(str(ROOT / "__main__.py"), run_name="__main__")


def main() -> None:
    """Deploy and write the outputs to `outputs.json`; EXIT_OUTDATED asks for a start from empty state."""
    config = read_config()
    gc.disable()  # a short process that makes much and drops little
    importlib.import_module("components")  # takes seconds, in which the services start
    for url in (f"{config.emulator_url}/_ministack/health", f"{config.ai_url}/_local/health"):
        if not answers_within(url, 30):
            sys.exit(f"{url} does not answer")
    try:
        outputs = deploy(config)
    except StateOutdated as reason:
        sys.stderr.write(f"{reason}\n")
        sys.exit(EXIT_OUTDATED)
    (config.folder / "outputs.json").write_text(json.dumps(outputs, indent=1, sort_keys=True))


if __name__ == "__main__":
    main()
