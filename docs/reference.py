"""Writes docs/components.md from the schema of the components: `python -m docs.reference`."""

import json
from pathlib import Path
from typing import Any

from pulumi.provider.experimental.component import ComponentProvider

from components import PACKAGE, PUBLIC, VERSION

PAGE = Path(__file__).parent / "components.md"
_INTRODUCTION = """# Components

Written by `python -m docs.reference` from the components' own descriptions. Names are those of Python; in
other languages they are in camel case. Every component takes `tags` where its resources can have them, and
hands its children nothing but itself as their parent.
"""


def main() -> None:
    """Rewrite the page."""
    PAGE.write_text(render(), encoding="utf-8")


def render() -> str:
    """The page as the components are now."""
    schema = json.loads(ComponentProvider(PUBLIC, PACKAGE, None, VERSION).schema or "{}")
    sections = [_render_component(token, resource) for token, resource in sorted(schema["resources"].items())]
    return "\n".join([_INTRODUCTION, *sections])


def _render_component(token: str, resource: dict[str, Any]) -> str:
    lines = [f"## {token.rpartition(':')[2]}", "", resource.get("description", ""), ""]
    required = set(resource.get("requiredInputs", []))
    lines += _render_table("input", resource["inputProperties"], required)
    lines += _render_table("output", resource["properties"], set())
    return "\n".join(lines)


def _render_table(kind: str, properties: dict[str, Any], required: set[str]) -> list[str]:
    rows = [f"| {kind} | type | |", "|---|---|---|"]
    for name, described in sorted(properties.items(), key=lambda item: (item[0] not in required, item[0])):
        text = " ".join(described.get("description", "").split()).replace("|", "\\|")
        must = "**required.** " if name in required else ""
        rows.append(f"| `{_snake(name)}` | {_type(described)} | {must}{text} |")
    return [*rows, ""]


def _type(described: dict[str, Any]) -> str:
    if "$ref" in described:
        return described["$ref"].rpartition(":")[2]
    if described["type"] == "array":
        return f"list of {_type(described['items'])}"
    if described["type"] == "object":
        return f"map of {_type(described['additionalProperties'])}"
    return described["type"]


def _snake(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name)


if __name__ == "__main__":
    main()
