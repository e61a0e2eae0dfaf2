"""Numbers that people write: a budget with its currency, an age, sizes of clothes."""

import re
from dataclasses import dataclass

from local.ai.stylist.text import fold

_CURRENCIES = {
    "EUR": ("€", "eur", "euro", "euros"),
    "USD": ("$", "usd", "us$", "dollar", "dollars", "dollari", "dolares", "bucks"),
    "GBP": ("£", "gbp", "pound", "pounds", "quid", "pfund", "libras", "livres", "sterling"),
    "CHF": ("chf", "francs", "franken", "franchi", "sfr"),
    "JPY": ("¥", "jpy", "yen"),
    "SEK": ("sek", "kronor"),
    "DKK": ("dkk", "kroner"),
    "PLN": ("pln", "zloty"),
    "CAD": ("cad",),
    "AUD": ("aud",),
    "INR": ("₹", "inr", "rupees"),
}
_CODES = {word: code for code, words in _CURRENCIES.items() for word in words}
_MONEY = "|".join(sorted((re.escape(word) for word in _CODES), key=len, reverse=True))
_NUMBER = r"\d{1,3}(?:[.,' ]\d{3})+(?:[.,]\d{1,2})?|\d+(?:[.,]\d{1,2})?"
_PRICED = re.compile(
    rf"(?:(?<!\w)(?P<before>{_MONEY})\s?(?P<number>{_NUMBER})(?P<k>k\b)?"
    rf"|(?<![\w.])(?P<number2>{_NUMBER})(?P<k2>k)?\s?(?P<after>{_MONEY})(?!\w))"
)
_UP_TO = (
    r"budget(?: (?:is|of|around|about|ist|von|de|di|max|maximum|up to|bis|[:=]))*|under|below|up to|less than"
    r"|max|maximum|at most|no more than|not more than|within|for about|around|spend(?: about| around| up to)?"
    r"|unter|bis(?: zu)?|hochstens|maximal|weniger als|moins de|jusqu'a|maximum de|menos de|hasta"
    r"|maximo(?: de)?|presupuesto(?: de| es)*|meno di|fino a|massimo|al massimo|entro|sotto i|budget max"
)
_LIMITED = re.compile(
    rf"\b(?:{_UP_TO})[\s:=]*(?:(?:is|of|de|von|di|about|around|max)\s)?(?P<number>{_NUMBER})(?P<k>k)?"
    r"(?!\s?(?:cm|kg|%|°|years|days|pm|am|[./]\d))\b"
)
_WHOLE = re.compile(
    r"\b(?:budget|presupuesto|spend|ausgeben|depenser|gastar|spendere|in all|in total|total)\b"
)
_BETWEEN = re.compile(
    rf"\b(?:between|zwischen|entre|tra|from|von|de)\s+(?:{_MONEY})?\s?(?P<low>{_NUMBER})\s?(?:{_MONEY})?"
    rf"\s+(?:and|und|et|y|e|to|bis|a)\s+(?:{_MONEY})?\s?(?P<high>{_NUMBER})"
)
_AGES = (
    re.compile(r"\b(?:i am|i'm|im|i’m|aged?|age is|turning|she is|he is|she's|he's)\s+(?:a )?(\d{2})\b"),
    re.compile(
        r"\b(\d{1,2})(?:[\s-]+)?(?:years?|yrs?|yo|y/o|jahre|jahrig\w*|ans|anos|anni)\b(?!\s+(?:ago|later|anniv))"
    ),
    re.compile(r"\b(?:ich bin|bin|j'ai|tengo|ho|alter|edad|eta|age)\s*:?\s+(\d{2})\b"),
    re.compile(r"\b(?:mid|early|late)[\s-]+(\d0)'?s\b"),
)
_NOT_AGE = re.compile(
    rf"[.,]\d|\s*(?:cm|kg|m\b|lbs|inch|%|°|guests|people|days|weeks|hours|minutes|or|and|{_MONEY})(?!\w)"
)
_SIZE = re.compile(
    r"\b(?:size|sizes|grosse|gr\.|konfektionsgrosse|taille|pointure|talla|taglia|misura|schuhgrosse|numero)\s*:?\s*"
    r"(?:is |an? |eu |ist )?((?:xxs|xs|s|m|l|xl|xxl|3xl|\d{2}(?:[.,]5)?)"
    r"(?:\s*(?:,|/|and|or|und|et|y|e)\s*(?:xxs|xs|s|m|l|xl|xxl|\d{2}(?!\s*(?:year|jahr|ans|anos|anni|eur|€))))*)\b"
)
_LETTERS = re.compile(
    r"(?<![\w'’])(XXS|XS|XL|XXL|3XL)(?![\w'’])|\b(?:in|an?|wear|come in) ([SML])\b(?!\w|['’])"
)


@dataclass(frozen=True, slots=True)
class Budget:
    """The most to spend and, rarely, the least; `currency` is an ISO code where one was said.

    `is_whole` tells that a budget was spoken of, rather than the price of a thing.
    """

    most: float
    least: float | None = None
    currency: str | None = None
    is_whole: bool = False


def find_budget(text: str, *, bare: bool = False) -> Budget | None:
    """The budget that a text names; with `bare`, a number alone counts too, as in an answer."""
    folded = fold(text)
    whole = bool(_WHOLE.search(folded))
    between = _BETWEEN.search(folded)
    priced = _PRICED.search(folded)
    currency = None
    if priced:
        currency = _CODES[priced["before"] or priced["after"]]
    if between and (priced or re.search(r"budget|spend|cost|price", folded)):
        low, high = read_number(between["low"]), read_number(between["high"])
        return Budget(max(low, high), min(low, high), currency, whole)
    if priced:
        number = read_number(priced["number"] or priced["number2"])
        return Budget(number * (1000 if priced["k"] or priced["k2"] else 1), None, currency, whole)
    limited = _LIMITED.search(folded)
    if limited:
        return Budget(read_number(limited["number"]) * (1000 if limited["k"] else 1), is_whole=whole)
    alone = re.fullmatch(rf"\D{{0,12}}({_NUMBER})\D{{0,3}}", folded) if bare else None
    return Budget(read_number(alone[1])) if alone else None


def read_number(text: str) -> float:
    """A number with points, commas or spaces between thousands: `1.299,50`, `1,200`, `79.9`."""
    digits = re.sub(r"[' ]", "", text)
    cents = re.search(r"[.,](\d{1,2})$", digits)
    whole = re.sub(r"[.,]", "", digits[: cents.start()] if cents else digits)
    return float(f"{whole}.{cents[1]}" if cents else whole)


def find_age_group(text: str, *, bare: bool = False) -> str | None:
    """The age group of an age that a text names; with `bare`, a number alone counts too."""
    folded = fold(text)
    for pattern in _AGES:
        for found in pattern.finditer(folded):
            if not _NOT_AGE.match(folded, found.end(1)) and 10 <= int(found[1]) <= 99:
                return age_group(int(found[1]))
    alone = re.fullmatch(r"\D{0,25}?\b(\d{2})\b\D{0,20}", folded) if bare else None
    return age_group(int(alone[1])) if alone and int(alone[1]) >= 10 else None


def age_group(age: int) -> str:
    """The group of an age; a group begins at its lower bound."""
    return "10-20" if age < 20 else "20-30" if age < 30 else "30-50" if age < 50 else "50+"


def find_sizes(text: str) -> tuple[str, ...]:
    """Sizes such as M, XL or 42, in capitals."""
    lists = (found[1] for found in _SIZE.finditer(fold(text)))
    named = [size for sizes in lists for size in re.findall(r"\d{2}(?:[.,]5)?|\b[xsml\d]+\b", sizes)]
    letters = [found[1] or found[2] for found in _LETTERS.finditer(text)]
    return tuple(dict.fromkeys(size.upper() for size in (*named, *letters)))
