"""What the key of a picture tells of a product: its category and, if a person named the file, its name."""

import re

from runtime.shared.products import normalise_word

OTHER = "other"
MAX_NAME = 200

_NUMBERS_AND_IDS = re.compile(
    r"[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}|[0-9a-f]{8,}|[\d\s]+", re.IGNORECASE
)
_CAMERA = re.compile(
    r"(img|image|dsc[nf]?|pxl|photo|picture|p|scan|screenshot|untitled)?[\s\d]*", re.IGNORECASE
)
_SEPARATORS = re.compile(r"[\s_\-.+]+")
_INVISIBLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\ufeff]")


def category_of(key: str, prefix: str) -> str:
    """The first folder below `prefix`; "other" for a picture that lies in none."""
    folder, separator, _ = key.removeprefix(prefix).partition("/")
    return (normalise_word(_INVISIBLE.sub("", folder)) if separator else "") or OTHER


def name_of(key: str, category: str) -> str:
    """The file's name made readable; the category when the name is an id, a number or a camera's count."""
    stem = key.rpartition("/")[2].rpartition(".")[0] or key.rpartition("/")[2]
    if _NUMBERS_AND_IDS.fullmatch(stem):
        return _capitalise(category)
    words = _SEPARATORS.sub(" ", _INVISIBLE.sub("", stem)).strip()
    return _capitalise(category if _CAMERA.fullmatch(words) else words)[:MAX_NAME]


def describe(category: str, color: str) -> str:
    """What a picture alone tells of a product, in words: `Red dress.`"""
    return f"{_capitalise(f'{color} {category}')}."


def _capitalise(text: str) -> str:
    return text[:1].upper() + text[1:]
