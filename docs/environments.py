"""Writes docs/environments.md from the stack files: `python -m docs.environments`."""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

import yaml

from settings import parse_settings

ROOT = Path(__file__).resolve().parent.parent
PAGE = Path(__file__).parent / "environments.md"
STACKS = ("dev", "staging", "prod")
_PROJECT = "virtual-stylist"
_INTRODUCTION = """# Environments

Written by `python -m docs.environments` from `Pulumi.yaml` and the stack files. The program is the same
everywhere: environments differ by values only, and may stand in one account and region side by side.

- **dev** is one developer's: no site is hosted, and nothing is left when the stack goes.
- **staging** is production's dress rehearsal: every part that production has, with the least tasks, and gone
  with the stack.
- **prod** is for shoppers: data is protected and outlives the stack, the site runs in two zones.

Of the stacks in one account and region only one may set `manageApiAccount`: the API Gateway logging role is
the account's. The others rely on it, so prod, which sets it, comes first.
"""


def main() -> None:
    """Rewrite the page."""
    PAGE.write_text(render(), encoding="utf-8")


def render() -> str:
    """The page as the stack files are now."""
    described: Mapping[str, Any] = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["config"]
    values = {stack: _values(stack) for stack in STACKS}
    differing = [key for key in described if len({values[stack][key] for stack in STACKS}) > 1]
    same = [key for key in described if key not in differing]
    return "\n".join(
        [
            _INTRODUCTION,
            "## What differs",
            "",
            f"| setting | {' | '.join(STACKS)} | |",
            f"|---|{'---|' * len(STACKS)}---|",
            *(
                f"| `{key}` | {' | '.join(values[stack][key] for stack in STACKS)} | "
                f"{described[key]['description']} |"
                for key in differing
            ),
            "",
            "## What is the same",
            "",
            "| setting | everywhere | |",
            "|---|---|---|",
            *(f"| `{key}` | {values[STACKS[0]][key]} | {described[key]['description']} |" for key in same),
            "",
        ]
    )


def _values(stack: str) -> dict[str, str]:
    """Every setting of a stack by its key in `Pulumi.yaml`, as text, defaults included."""
    config = yaml.safe_load((ROOT / f"Pulumi.{stack}.yaml").read_text())["config"]
    settings = parse_settings(_PROJECT, config)
    return {
        field.alias or name: _text(getattr(settings, name))
        for name, field in type(settings).model_fields.items()
        if name != "region"
    }


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = value.value if isinstance(value, StrEnum) else str(value)
    return text if text and value not in ([], {}) else "-"


if __name__ == "__main__":
    main()
