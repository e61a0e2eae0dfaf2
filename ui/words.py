"""The site's words in the shopper's language.

English stands in the code; every other language is a gettext message file in `ui/languages`, and
`make messages` brings those up to date with the code. Dates and prices follow the shopper's locale.
"""

import io
from collections.abc import Mapping
from functools import cache
from gettext import NullTranslations
from pathlib import Path

import streamlit as st
from babel import Locale, UnknownLocaleError
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

from ui import keepsakes

LANGUAGES: Mapping[str, str] = {"en": "English", "de": "Deutsch"}
"""Languages of the site with their own names, by code; the first is the one of the code."""
_USUAL = "en"
_KEPT, _SPOKEN = "language", "language_spoken"
_FOLDER = Path(__file__).resolve().parent / "languages"


def say(message: str, **values: object) -> str:
    """A message in the shopper's language, its `{names}` replaced where there are values."""
    words = load_messages(current_language()).gettext(message)
    return words.format(**values) if values else words


def say_many(one: str, many: str, count: int, **values: object) -> str:
    """The message for one or for many, by the plural rules of the language; `{count}` is the number."""
    return load_messages(current_language()).ngettext(one, many, count).format(count=count, **values)


def later(message: str) -> str:
    """Marks a message of a constant as one to be translated; whoever shows it calls `say`."""
    return message


def current_language() -> str:
    """The language that the shopper chose, else that of their browser where the site speaks it."""
    # Hundreds of messages of a page ask for it, and what decides it is the same in all of a visit.
    known = st.session_state.get(_SPOKEN)
    if known is None:
        chosen = keepsakes.read(_KEPT, shared=True)
        known = chosen if chosen in LANGUAGES else choose_language(st.context.locale)
        st.session_state[_SPOKEN] = known
    return known


def current_locale() -> Locale:
    """How dates and prices are written: as in the country of the browser, in the language of the site."""
    return choose_locale(current_language(), st.context.locale)


def keep_language(language: str) -> None:
    """Remembers a choice over visits. For callbacks. Raises ValueError for a language there is none of."""
    if language not in LANGUAGES:
        raise ValueError(f"the site speaks {', '.join(LANGUAGES)}, not {language}")
    keepsakes.keep(_KEPT, language, shared=True)
    st.session_state[_SPOKEN] = language


def choose_language(browser: str | None) -> str:
    """The site's language for a browser's language tag (BCP 47)."""
    language = (browser or "").partition("-")[0].lower()
    return language if language in LANGUAGES else _USUAL


def choose_locale(language: str, browser: str | None) -> Locale:
    """The browser's locale where it is of that language, else the usual one of the language."""
    try:
        locale = Locale.parse((browser or "").replace("-", "_"))
    except (ValueError, UnknownLocaleError):
        return Locale(language)
    return locale if locale.language == language else Locale(language)


@cache
def load_messages(language: str) -> NullTranslations:
    """The messages of a language; of the code's own language the messages themselves."""
    path = _FOLDER / f"{language}.po"
    if not path.is_file():
        return NullTranslations()
    with path.open("rb") as file:
        catalog = read_po(file, locale=language)
    compiled = io.BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return Translations(compiled)
