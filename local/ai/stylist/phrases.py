"""The stylist's sentences, by language."""

import tomllib
import zlib
from functools import cache
from pathlib import Path
from typing import Any

from local.ai.stylist.dates import When
from local.ai.stylist.lexicon import LANGUAGES, read_lexicon

REFUSAL = "I’m sorry, I’m a Virtual Stylist, I will not be able to help you with this query"
"""The answer to everything that is not about clothes, in every language."""
_FOLDER = Path(__file__).with_name("replies")
_QUESTIONS = {
    "ask_occasion": frozenset({"occasion", "location", "date"}),
    "ask_occasion_only": frozenset({"occasion"}),
    "ask_gender": frozenset({"gender"}),
    "ask_gender_age": frozenset({"gender", "age_group"}),
    "no_picture": frozenset({"occasion"}),
}


def say(language: str, name: str, seed: str = "", /, **values: object) -> str:
    """A sentence with `values` filled in; `seed` chooses among variants, the same always the same."""
    sentence = _sentences(language)[name]
    if isinstance(sentence, list):
        sentence = sentence[zlib.crc32(seed.encode()) % len(sentence)]
    return str(sentence).format(**values)


def word(kind: str, value: str, language: str) -> str:
    """The word of a language for a concept; the concept's own name where the language has none."""
    found = read_lexicon().say(kind, value, language) or value
    return found if language == "de" or kind == "month" else found.lower()


def say_date(language: str, when: When) -> str:
    """A day such as "15 June", or a whole month."""
    month = word("month", str(when.day.month), language)
    return say(language, "date_month" if when.whole_month else "date_day", day=when.day.day, month=month)


def ask(language: str, fields: frozenset[str]) -> str:
    """The question that asks for exactly these fields."""
    name = next(name for name, asked in _QUESTIONS.items() if asked == fields)
    return say(language, name)


@cache
def questions() -> dict[str, frozenset[str]]:
    """Every question in every language, with the fields that it asks for."""
    return {say(language, name): fields for language in LANGUAGES for name, fields in _QUESTIONS.items()}


@cache
def _sentences(language: str) -> dict[str, Any]:
    return tomllib.loads((_FOLDER / f"{language}.toml").read_text(encoding="utf-8"))
