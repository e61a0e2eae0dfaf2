"""When something is: dates as people say them, and the season that a date has at a place."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from local.ai.stylist.lexicon import Match, Token
from local.ai.stylist.text import fold

MIDDLE = 15
"""The day that stands for a whole month."""
_AMBIGUOUS_MONTHS = frozenset({"may", "march", "mars"})
_BEFORE_MONTH = frozenset(
    {
        "in",
        "of",
        "this",
        "next",
        "early",
        "late",
        "mid",
        "end",
        "im",
        "en",
        "de",
        "au",
        "on",
        "by",
        "until",
    }
)
_ISO = re.compile(r"\b(20\d\d)-(\d{2})-(\d{2})\b")
_NUMERIC = re.compile(
    r"\b(?:(\d{1,2})\.\s?(\d{1,2})\.(20\d\d)?|(\d{1,2})/(\d{1,2})/(20\d\d)|(\d{2})/(\d{1,2})|(\d)/(\d{2}))(?!\d)"
)
_IN_SOME = re.compile(
    r"\b(?:in|dans|en|tra|fra)\s+(\d{1,2}|two|three|four|zwei|drei|vier|deux|trois|dos|tres|due|tre)\s+(\w+)"
)
_NUMBERS = {
    word: number
    for number, words in ((2, "two zwei deux dos due"), (3, "three drei trois tres tre"), (4, "four vier"))
    for word in words.split()
}
_UNITS = (
    ("day|tag|jour|dia|giorn", 1),
    ("week|woche|semaine|seman|settiman", 7),
    ("month|monat|mois|mes", 30),
)
_SEASONS = ("winter", "spring", "summer", "autumn")


@dataclass(frozen=True, slots=True)
class When:
    """A day, or a month for which its middle stands."""

    day: date
    whole_month: bool = False


def find_date(text: str, tokens: Sequence[Token], matches: Sequence[Match], today: date) -> When | None:
    """The first date that the text names, never before `today`."""
    folded = fold(text)
    return (
        _read_iso(folded)
        or _read_named(tokens, matches, today)
        or _read_numeric(folded, today)
        or _read_interval(folded, today)
        or _read_relative(tokens, matches, today)
    )


def season_of(day: date, latitude: float | None) -> str:
    """The season of a day, by whole months; south of the equator the other way round."""
    northern = day.month % 12 // 3
    southern = latitude is not None and latitude < 0
    return _SEASONS[(northern + 2 * southern) % 4]


def _read_iso(folded: str) -> When | None:
    found = _ISO.search(folded)
    return _make(int(found[1]), int(found[2]), int(found[3])) if found else None


def _read_named(tokens: Sequence[Token], matches: Sequence[Match], today: date) -> When | None:
    for match in matches:
        if match.kind != "month" or not _is_month(tokens, match):
            continue
        month = int(match.value)
        near = [*tokens[max(0, match.start - 3) : match.start], *tokens[match.end : match.end + 2]]
        numbers = [re.sub(r"(st|nd|rd|th|er)$", "", token.plain) for token in near]
        year = next((int(number) for number in numbers if re.fullmatch(r"20\d\d", number)), None)
        dated = next((int(n) for n in numbers if re.fullmatch(r"\d{1,2}", n) and 1 <= int(n) <= 31), None)
        if tokens[match.start].plain in ("christmas", "weihnachten", "noel", "navidad", "natale"):
            dated = dated or 25
        when = _make(year or today.year, month, dated or MIDDLE)
        if when and not year and (when.day.year, month) < (today.year, today.month):
            when = _make(today.year + 1, month, dated or MIDDLE)
        elif when and not year and dated and when.day < today:
            when = _make(today.year + 1, month, dated)
        return When(when.day, whole_month=dated is None) if when else None
    return None


def _is_month(tokens: Sequence[Token], match: Match) -> bool:
    """Whether a word such as "may" is meant as the month."""
    if tokens[match.start].plain not in _AMBIGUOUS_MONTHS:
        return True
    before = tokens[match.start - 1].plain if match.start else ""
    after = tokens[match.end].plain if match.end < len(tokens) else ""
    return before in _BEFORE_MONTH or before[:1].isdigit() or after[:1].isdigit() or len(tokens) == 1


def _read_numeric(folded: str, today: date) -> When | None:
    """Day before month, as all of Europe writes."""
    found = _NUMERIC.search(folded)
    if found is None:
        return None
    first, second, *year = (int(part) for part in found.groups() if part)
    number, month = (first, second) if second <= 12 else (second, first)
    when = _make(year[0] if year else today.year, month, number)
    if when and not year and when.day < today:
        return _make(today.year + 1, month, number)
    return when


def _read_interval(folded: str, today: date) -> When | None:
    found = _IN_SOME.search(folded)
    if found is None:
        return None
    days = next((days for names, days in _UNITS if re.match(names, found[2])), None)
    count = _NUMBERS.get(found[1]) or (int(found[1]) if found[1].isdigit() else 0)
    return When(today + timedelta(days=days * count)) if days else None


def _read_relative(tokens: Sequence[Token], matches: Sequence[Match], today: date) -> When | None:
    for match in matches:
        if match.kind == "after":
            return When(today + timedelta(days=int(match.value)))
    for match in matches:
        if match.kind == "weekday":
            ahead = (int(match.value) - today.weekday()) % 7
            before = tokens[match.start - 1].plain if match.start else ""
            if ahead == 0 and before in ("next", "nachsten", "prochain", "proximo", "prossimo"):
                ahead = 7
            return When(today + timedelta(days=ahead))
    return None


def _make(year: int, month: int, number: int) -> When | None:
    try:
        return When(date(year, month, number))
    except ValueError:
        return None
