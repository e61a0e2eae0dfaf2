"""The shop's colour words as swatches."""

from collections.abc import Sequence

_SWATCHES = {
    "beige": "#D9C7A7",
    "black": "#1E1E20",
    "blue": "#3463B0",
    "brown": "#6B4A35",
    "burgundy": "#701E32",
    "camel": "#BC8F5C",
    "coral": "#F08070",
    "cream": "#F3E7CE",
    "fuchsia": "#CE347A",
    "gold": "#C9A24B",
    "gray": "#96989C",
    "green": "#34704A",
    "grey": "#96989C",
    "khaki": "#A39A6B",
    "lavender": "#BAA6D6",
    "light blue": "#A0C4E2",
    "lilac": "#BAA4D6",
    "maroon": "#6B1F2A",
    "mint": "#AAD6BE",
    "mustard": "#D1A12F",
    "navy": "#263258",
    "olive": "#707042",
    "orange": "#E68034",
    "pink": "#EEACB8",
    "purple": "#623E84",
    "red": "#C62A30",
    "rose": "#E6A5A9",
    "rust": "#A9512F",
    "silver": "#C0C3C7",
    "tan": "#CDA878",
    "taupe": "#8E8076",
    "teal": "#1E787A",
    "terracotta": "#BE5E42",
    "turquoise": "#3DB7B1",
    "white": "#FFFFFF",
    "yellow": "#EEC042",
}
_MIXED = "conic-gradient(#C62A30, #EEC042, #34704A, #3463B0, #623E84, #C62A30)"


def swatch_of(color: str) -> str:
    """A CSS background for a colour word; several colours for a word that is not known."""
    return _SWATCHES.get(color.lower().replace("-", " ").replace("_", " "), _MIXED)


def swatch_styles(key: str, colors: Sequence[str]) -> str:
    """A style sheet that puts a swatch before each option of the pills with this key."""
    rules = [
        f".st-key-{key} button:nth-of-type({position})::before{{background:{swatch_of(color)}}}"
        for position, color in enumerate(colors, start=1)
    ]
    return f"<span></span><style>{''.join(rules)}</style>"
