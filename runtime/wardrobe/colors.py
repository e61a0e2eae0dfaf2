"""Which colours go together: neutrals with all, others by their distance on the colour wheel."""

import re
from functools import cache

_NEUTRAL_NAMES = (
    "black white grey gray beige cream camel brown navy ivory khaki tan silver gold denim charcoal off-white"
)
_NEUTRALS = frozenset(_NEUTRAL_NAMES.split())
_DARK_PAIRS = (frozenset({"black", "navy"}), frozenset({"black", "brown"}), frozenset({"navy", "brown"}))
_HUES = {
    "red": 0, "terracotta": 15, "coral": 12, "orange": 30, "mustard": 48, "yellow": 55, "olive": 75,
    "lime": 90, "green": 120, "mint": 150, "teal": 180, "turquoise": 185, "light blue": 205, "blue": 215,
    "indigo": 250, "lilac": 275, "lavender": 270, "purple": 285, "fuchsia": 320, "pink": 340,
    "rose": 345, "burgundy": 350,
}  # fmt: skip
"""Degrees on the HSV wheel."""
_FAMILIES = (
    {"red", "burgundy", "coral", "terracotta"},
    {"blue", "light blue", "navy", "denim", "indigo"},
    {"green", "olive", "mint", "teal", "khaki"},
    {"pink", "fuchsia", "rose"},
    {"purple", "lilac", "lavender"},
    {"beige", "cream", "camel", "ivory", "tan"},
    {"yellow", "mustard", "gold"},
    {"grey", "gray", "silver", "charcoal"},
    {"white", "off-white", "ivory", "cream"},
    {"black"},
    {"brown", "tan", "camel"},
    {"orange", "terracotta", "coral"},
)


@cache
def harmony(first: str | None, second: str | None) -> float:
    """How well two colours go together, -0.5 (they clash) to 1. Unknown colours neither help nor hurt."""
    a, b = _name(first), _name(second)
    if not a or not b:
        return 0.0
    if frozenset({a, b}) in _DARK_PAIRS:
        return 0.3
    if a in _NEUTRALS or b in _NEUTRALS:
        return 0.9 if a != b else 0.7
    if a not in _HUES or b not in _HUES:
        return -0.2
    distance = abs(_HUES[a] - _HUES[b])
    distance = min(distance, 360 - distance)
    if distance <= 12:
        return 0.7
    if distance <= 45:
        return 0.2
    return 0.3 if distance >= 150 else -0.5 if distance < 100 else -0.1


def matches_color(color: str | None, wanted: tuple[str, ...]) -> bool:
    """Whether a product's colour is one of the wanted or of its family: burgundy is a red."""
    name = _name(color)
    for each in wanted:
        asked = _name(each)
        if name and (name == asked or any(name in family and asked in family for family in _FAMILIES)):
            return True
    return False


@cache
def _name(color: str | None) -> str:
    """The colour that a description such as `dark blue` speaks of."""
    text = " ".join(re.findall(r"[a-z-]+", (color or "").lower()))
    if text in _HUES or text in _NEUTRALS:
        return text
    known = [word for word in text.split() if word in _HUES or word in _NEUTRALS]
    if known and known[-1] == "blue" and "dark" in text.split():
        return "navy"
    return known[-1] if known else text
