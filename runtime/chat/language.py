"""The language that a shopper wants to be answered in."""

import re
from typing import Annotated

from pydantic import AfterValidator, StringConstraints

_TAG = re.compile(
    r"[A-Za-z]{2,3}"  # the language, ISO 639
    r"(-[A-Za-z]{4})?"  # its script, ISO 15924
    r"(-([A-Za-z]{2}|\d{3}))?"  # the region, ISO 3166-1 or UN M.49
    r"(-([A-Za-z0-9]{5,8}|\d[A-Za-z0-9]{3}))*"  # variants
)
_NAMES = {
    "ar": "Arabic",
    "cs": "Czech",
    "da": "Danish",
    "de": "German",
    "el": "Greek",
    "en": "English",
    "es": "Spanish",
    "fi": "Finnish",
    "fr": "French",
    "he": "Hebrew",
    "hi": "Hindi",
    "hu": "Hungarian",
    "it": "Italian",
    "ja": "Japanese",
    "ko": "Korean",
    "nb": "Norwegian",
    "nl": "Dutch",
    "pl": "Polish",
    "pt": "Portuguese",
    "ro": "Romanian",
    "sv": "Swedish",
    "tr": "Turkish",
    "uk": "Ukrainian",
    "zh": "Chinese",
}
"""What a model may not know by its code alone; other codes are passed on as they are."""


def _check_tag(tag: str) -> str:
    if not _TAG.fullmatch(tag):
        raise ValueError("use a BCP 47 language tag such as de or pt-BR")
    return tag


Language = Annotated[str, StringConstraints(max_length=35), AfterValidator(_check_tag)]
"""A tag of language, script, region and variants: https://www.rfc-editor.org/rfc/rfc5646#section-2.1"""


def name_language(tag: str) -> str:
    """A language for a model: `German (de)`."""
    name = _NAMES.get(tag.partition("-")[0].lower())
    return f"{name} ({tag})" if name else tag
