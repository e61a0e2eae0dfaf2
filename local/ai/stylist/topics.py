"""Which subjects a text touches that the stylist leaves alone, by the patterns of `topics.toml`."""

import re
import tomllib
from functools import cache
from pathlib import Path

from local.ai.stylist.text import fold

_TABLE = Path(__file__).with_name("topics.toml")


def is_attack(text: str) -> bool:
    """Whether a text tries to change the stylist's rules or to read them."""
    return _matches("attack", text)


def is_forbidden(text: str) -> bool:
    """Whether a text is about something else than clothes, whatever else it says."""
    return _matches("forbidden", text)


def is_refused(text: str, *, is_on_topic: bool) -> bool:
    """Whether a text is none of the stylist's business; `is_on_topic` tells that it speaks of clothes."""
    return is_attack(text) or is_forbidden(text) or (not is_on_topic and _matches("elsewhere", text))


def harms(text: str) -> list[str]:
    """The content filters of Bedrock Guardrails that a text touches, by their type."""
    folded = fold(text)
    found = [kind for kind, pattern in _patterns().items() if kind.isupper() and pattern.search(folded)]
    return [*found, *(["PROMPT_ATTACK"] if is_attack(text) else [])]


def _matches(kind: str, text: str) -> bool:
    return bool(_patterns()[kind].search(fold(text)))


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    table = tomllib.loads(_TABLE.read_text(encoding="utf-8"))
    lists = {kind: found for kind, found in table.items() if kind != "harm"} | table["harm"]
    return {kind: re.compile("|".join(f"(?:{each})" for each in found)) for kind, found in lists.items()}
