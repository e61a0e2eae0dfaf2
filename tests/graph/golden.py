"""A graph as text that a person can review."""

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pulumi
import yaml
from pulumi.output import Unknown

from tests.graph.recorder import ROOT, Graph, Resource, Secret

FOLDER = Path(__file__).parent / "golden"
_DIGEST = re.compile(r"\b[0-9a-f]{64}\b")


def render(graph: Graph) -> str:
    """The graph as YAML, sorted by type and name; JSON texts are unfolded, archives and digests shortened."""
    resources = {f"{resource.type} {resource.name}": _resource(resource) for resource in graph.resources}
    content = {"resources": resources, "exports": _value(graph.exports)}
    return yaml.dump(content, Dumper=yaml.CSafeDumper, sort_keys=True, width=110, allow_unicode=True)


def _resource(resource: Resource) -> dict[str, Any]:
    shown: dict[str, Any] = {"parent": resource.parent, "inputs": _value(resource.inputs)}
    for option in ("protect", "retain"):
        if getattr(resource, option):
            shown[option] = True
    if resource.aliases:
        shown["aliases"] = list(resource.aliases)
    if resource.type.endswith("deployment:Deployment"):
        shown["inputs"]["triggers"] = {"body": "<digest>"}
    if resource.type.endswith("dashboard:Dashboard"):
        shown["inputs"]["dashboardBody"] = _titles(json.loads(resource.inputs["dashboardBody"]))
    return shown


def _titles(board: Mapping[str, Any]) -> list[str]:
    """What a dashboard shows; where its graphs stand and how they look is tested elsewhere."""
    shown = (widget["properties"] for widget in board["widgets"])
    return [str(each.get("title") or each.get("markdown")) for each in shown]


def _value(value: Any) -> Any:
    if isinstance(value, Secret):
        return {"secret": _value(value.value)}
    if isinstance(value, Unknown):
        return "<unknown>"
    if isinstance(value, pulumi.AssetArchive):
        return sorted({"/".join(path.split("/")[:-1][:2]) for path in value.assets})
    if isinstance(value, pulumi.FileArchive):
        return Path(value.path).relative_to(ROOT).as_posix()
    if isinstance(value, Mapping):
        return {key: _value(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_value(each) for each in value]
    if isinstance(value, str) and value.startswith(("{", "[{")):
        return {"json": _value(json.loads(value))}
    # What a digest is made of changes daily; where one stands does not.
    return _DIGEST.sub("<digest>", value) if isinstance(value, str) else value


def compare(name: str, text: str) -> None:
    """Assert that the text is the stored one; with UPDATE_GOLDEN=1 in the environment, store it instead."""
    path = FOLDER / name
    if os.environ.get("UPDATE_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8"), f"{name} differs; review, then run with UPDATE_GOLDEN=1"
