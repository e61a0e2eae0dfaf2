"""Words and numbers for people. Whatever comes from data is escaped before it meets HTML or Markdown."""

import datetime
import re
from html import escape
from urllib.parse import urlsplit

_SYMBOLS = {"EUR": "€", "GBP": "£", "USD": "$", "JPY": "¥", "INR": "₹"}
_WITHOUT_CENTS = frozenset({"JPY", "KRW", "CLP", "VND", "ISK"})
_ITEM = r"(?:[-*+]|\d{1,2}[.)])[ \t]"
_LIST_END = re.compile(rf"^({_ITEM}.*)\n(?!{_ITEM}|\s|\Z)", re.MULTILINE)
_PROSE = re.compile(r"([\\`_\[\]()<>|~:$&!]|^#+)", re.MULTILINE)
_ADDRESS = re.compile(r"@|www(?=\.)|:(?=//)", re.IGNORECASE)
_JOINER = "\u2060"
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>|~:$#]|^[-+])")

SOLD_OUT = "Sold out"
IN_STOCK = "In stock"

__all__ = [
    "IN_STOCK",
    "SOLD_OUT",
    "begin_sentence",
    "describe_day",
    "describe_moment",
    "describe_stock",
    "escape",
    "escape_markdown",
    "escape_prose",
    "format_price",
    "is_web_address",
    "label_of",
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
    """A category or colour as people write it: `t-shirt` becomes `T-shirt`, `light_blue` `Light blue`."""
    return word.replace("_", " ").strip().capitalize()


def begin_sentence(text: str) -> str:
    """The text with a capital letter first; the others stay as they are."""
    return text[:1].upper() + text[1:]


def format_price(price: float | None, currency: str | None) -> str:
    """`€1,249.90`, `49.90 CHF`, or nothing when there is no price."""
    if price is None:
        return ""
    code = (currency or "").upper()
    amount = f"{price:,.0f}" if code in _WITHOUT_CENTS else f"{price:,.2f}"
    if code in _SYMBOLS:
        return f"{_SYMBOLS[code]}{amount}"
    return f"{amount} {code}".strip()


def describe_day(date: str) -> str:
    """`Saturday, 19 June 2027` for an ISO date, or nothing when it is none."""
    try:
        day = datetime.date.fromisoformat(date)
    except ValueError:
        return ""
    return f"{day:%A}, {day.day} {day:%B %Y}"


def describe_moment(moment: datetime.datetime | None) -> str:
    """`19 June 2027`, or nothing when it is not known."""
    return f"{moment.day} {moment:%B %Y}" if moment else ""


def describe_stock(stock: int | None) -> str:
    """How many are left, as far as shoppers care."""
    if stock is None:
        return ""
    if stock <= 0:
        return SOLD_OUT
    return f"Only {stock} left" if stock <= 3 else IN_STOCK


def is_web_address(address: str | None) -> bool:
    """Whether an address from data may become a link: http or https, with a host."""
    if not address:
        return False
    try:
        parts = urlsplit(address)
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False
