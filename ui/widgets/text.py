"""Words and numbers for people. Whatever comes from data is escaped before it meets HTML or Markdown."""

import datetime
import re
from html import escape
from urllib.parse import urlsplit

from babel.dates import format_date
from babel.numbers import (
    UnknownCurrencyError,
    format_currency,
    format_decimal,
    format_percent,
    get_currency_precision,
)

from ui.vocabulary import word_of
from ui.words import current_locale, say, say_many

_ITEM = r"(?:[-*+]|\d{1,2}[.)])[ \t]"
_LIST_END = re.compile(rf"^({_ITEM}.*)\n(?!{_ITEM}|\s|\Z)", re.MULTILINE)
_PROSE = re.compile(r"([\\`_\[\]()<>|~:$&!]|^#+)", re.MULTILINE)
_ADDRESS = re.compile(r"@|www(?=\.)|:(?=//)", re.IGNORECASE)
_JOINER = "\u2060"
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>|~:$#]|^[-+])")
_CODE_AT_NUMBER = re.compile(r"(?<=[A-Z])(?=\d)|(?<=\d)(?=[A-Z])")
_NO_BREAK = "\u00a0"
_FEW = 3

__all__ = [
    "begin_sentence",
    "describe_day",
    "describe_moment",
    "describe_stock",
    "escape",
    "escape_markdown",
    "escape_prose",
    "format_number",
    "format_price",
    "format_share",
    "is_scarce",
    "is_sold_out",
    "is_web_address",
    "label_of",
    "word_of",
]


def escape_markdown(text: str) -> str:
    """Text that Streamlit's Markdown shows as it is."""
    return _MARKDOWN.sub(r"\\\1", " ".join(text.split()))


def escape_prose(text: str) -> str:
    """Text of a model for Streamlit's Markdown: it keeps emphasis, lists and paragraphs, and nothing else.

    A model repeats what data says, so that links, pictures, HTML and Streamlit's own marks stay plain text.
    An invisible joiner keeps addresses from becoming links by themselves. What follows a list is set apart:
    Markdown would take it for more of the last item.
    """
    apart = _LIST_END.sub(r"\1\n\n", _ADDRESS.sub(rf"\g<0>{_JOINER}", text))
    return _PROSE.sub(r"\\\1", apart)


def label_of(word: str) -> str:
    """A word of the data on its own, in the shopper's language: `light_blue` is `Light blue` or `Hellblau`.

    Words that the shop's vocabulary does not have stay as they are, but for the capital letter.
    """
    return begin_sentence(word_of(word))


def begin_sentence(text: str) -> str:
    """The text with a capital letter first; the others stay as they are."""
    return text[:1].upper() + text[1:]


def format_price(price: float | None, currency: str | None, *, short: bool = False) -> str:
    """`€1,249.90` or `1.249,90 €`, as the shopper's country writes it; nothing when there is no price.

    `short` leaves the cents out where there are none.
    """
    if price is None:
        return ""
    locale, code = current_locale(), (currency or "").upper()
    if not code:
        return format_decimal(price, format="#,##0.00", locale=locale)
    digits = 0 if short and price == int(price) else _precision(code)
    amount = round(price, digits)
    pattern = locale.currency_formats["standard"].pattern.partition(";")[0]
    whole = pattern if digits else re.sub(r"\.0+", "", pattern)
    text = format_currency(amount, code, format=whole, locale=locale, currency_digits=bool(digits))
    # CLDR asks for a space between a number and a symbol that ends in a letter.
    return _CODE_AT_NUMBER.sub(_NO_BREAK, text) if code.isalpha() else text


def _precision(code: str) -> int:
    try:
        return get_currency_precision(code)
    except UnknownCurrencyError:
        return 2


def format_number(number: float, *, digits: int = 0) -> str:
    """`1,250` or `1.250`, with at most so many digits after the point."""
    return format_decimal(
        number, format=f"#,##0.{'#' * digits}" if digits else "#,##0", locale=current_locale()
    )


def format_share(share: float) -> str:
    """`88%` or `88 %` for 0.88."""
    return format_percent(share, locale=current_locale())


def describe_day(date: str) -> str:
    """`Saturday, 19 June 2027` for an ISO date, as the shopper's country writes it, or nothing."""
    try:
        day = datetime.date.fromisoformat(date)
    except ValueError:
        return ""
    return format_date(day, "full", locale=current_locale())


def describe_moment(moment: datetime.datetime | None) -> str:
    """`19 June 2027`, as the shopper's country writes it; nothing when it is not known."""
    return format_date(moment, "long", locale=current_locale()) if moment else ""


def describe_stock(stock: int | None) -> str:
    """How many are left, as far as shoppers care."""
    if stock is None:
        return ""
    if is_sold_out(stock):
        return say("Sold out")
    if is_scarce(stock):
        return say_many("Only {count} left", "Only {count} left", stock)
    return say("In stock")


def is_sold_out(stock: int | None) -> bool:
    """Whether it is known that none is left."""
    return stock is not None and stock <= 0


def is_scarce(stock: int | None) -> bool:
    """Whether so few are left that shoppers should know."""
    return stock is not None and 0 < stock <= _FEW


def is_web_address(address: str | None) -> bool:
    """Whether an address from data may become a link: http or https, with a host."""
    if not address:
        return False
    try:
        parts = urlsplit(address)
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False
