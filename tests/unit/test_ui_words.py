"""The site's words: language, locale, plural forms."""

import io
from gettext import NullTranslations

import pytest
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

from ui import words

PO = r"""
msgid ""
msgstr "Content-Type: text/plain; charset=utf-8\nPlural-Forms: nplurals=2; plural=(n != 1);\n"

msgid "Hello, {name}"
msgstr "Hallo, {name}"

msgid "{count} piece"
msgid_plural "{count} pieces"
msgstr[0] "{count} Teil"
msgstr[1] "{count} Teile"
"""


@pytest.fixture
def german(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = io.BytesIO()
    write_mo(compiled, read_po(io.BytesIO(PO.encode()), locale="de"))
    compiled.seek(0)
    messages = {"de": Translations(compiled)}
    monkeypatch.setattr(words, "load_messages", lambda language: messages.get(language, NullTranslations()))
    monkeypatch.setattr(words, "current_language", lambda: "de")


@pytest.mark.usefixtures("german")
def test_messages_are_said_in_the_language() -> None:
    assert words.say("Hello, {name}", name="Ada") == "Hallo, Ada"
    assert words.say_many("{count} piece", "{count} pieces", 1) == "1 Teil"
    assert words.say_many("{count} piece", "{count} pieces", 3) == "3 Teile"


@pytest.mark.usefixtures("german")
def test_what_is_not_translated_stays_in_the_language_of_the_code() -> None:
    assert words.say("New words") == "New words"
    assert words.say("100 % {off}") == "100 % {off}"


@pytest.mark.parametrize(
    ("browser", "language"),
    [("de-CH", "de"), ("DE", "de"), ("fr-FR", "en"), ("en-GB", "en"), ("", "en"), (None, "en")],
)
def test_the_browser_names_the_language(browser: str | None, language: str) -> None:
    assert words.choose_language(browser) == language


@pytest.mark.parametrize(
    ("language", "browser", "locale"),
    [("de", "de-AT", "de_AT"), ("en", "de-AT", "en"), ("en", "en-GB", "en_GB"), ("de", None, "de"),
     ("de", "no such thing", "de"), ("en", "xx-YY", "en")],
)  # fmt: skip
def test_the_locale_is_the_browsers_where_it_speaks_the_language(
    language: str, browser: str | None, locale: str
) -> None:
    assert str(words.choose_locale(language, browser)) == locale
