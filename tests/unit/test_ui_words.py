"""The site's words: language, locale, plural forms."""

import io
from gettext import NullTranslations

import pytest
from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

from ui import vocabulary, words
from ui.widgets import text

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


@pytest.mark.parametrize(
    ("locale", "price", "short", "yen", "francs"),
    [("en", "€1,249.90", "€120", "¥4,900", "CHF 49.90"),
     ("de", "1.249,90 €", "120 €", "4.900 ¥", "49,90 CHF"),
     ("de_AT", "€ 1.249,90", "€ 120", "¥ 4.900", "CHF 49,90")],
)  # fmt: skip
def test_prices_are_written_as_the_shoppers_country_does(
    monkeypatch: pytest.MonkeyPatch, locale: str, price: str, short: str, yen: str, francs: str
) -> None:
    monkeypatch.setattr(text, "current_locale", lambda: Locale.parse(locale))
    told = [
        text.format_price(1249.9, "EUR"),
        text.format_price(120, "EUR", short=True),
        text.format_price(4900, "JPY"),
        text.format_price(49.9, "chf"),
    ]
    assert [each.replace("\u00a0", " ") for each in told] == [price, short, yen, francs]
    assert text.format_price(49.9, "EUR", short=True) == text.format_price(49.9, "EUR")


def test_dates_and_numbers_are_written_as_the_shoppers_country_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "current_locale", lambda: Locale("de"))
    assert text.describe_day("2027-06-19") == "Samstag, 19. Juni 2027"
    assert text.describe_day("soon") == ""
    assert text.format_share(0.88) == "88\u00a0%"
    assert text.format_number(1234.56, digits=1) == "1.234,6"


def test_words_of_the_data_are_said_in_the_language(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "current_language", lambda: "de")
    assert [text.label_of(word) for word in ("light_blue", "T-Shirt", "men")] == [
        "Hellblau",
        "T-Shirt",
        "Herren",
    ]
    assert vocabulary.word_of("light-blue") == "hellblau"
    assert text.label_of("zebra_striped") == "Zebra striped"
    assert text.describe_stock(0) == "Ausverkauft"
    assert text.describe_stock(2) == "Nur noch 2 da"
    assert (text.is_sold_out(None), text.is_sold_out(0), text.is_scarce(3), text.is_scarce(4)) == (
        False,
        True,
        True,
        False,
    )
