"""Where the shopper is going: known cities and countries, and other names that stand where a place stands."""

from collections.abc import Sequence
from dataclasses import dataclass

from local.ai.cities import City, cities_by_name, countries_by_name, plain
from local.ai.stylist.lexicon import Match, Token

_PREPOSITIONS = {
    "en": frozenset({"in", "to", "at", "near", "around", "from", "visiting", "for"}),
    "de": frozenset({"in", "nach", "bei", "aus"}),
    "fr": frozenset({"a", "en", "au", "aux", "vers", "pour"}),
    "es": frozenset({"en", "a", "hacia", "de"}),
    "it": frozenset({"a", "in", "ad", "per"}),
}
_ANY = frozenset().union(*_PREPOSITIONS.values())
# After which of them a capitalised word that is not known is taken for a place. German writes every noun so.
_TELLING = {
    "en": frozenset({"in", "to", "at", "near", "visiting"}),
    "de": frozenset({"nach"}),
    "fr": frozenset({"a", "vers"}),
    "es": frozenset({"en"}),
    "it": frozenset({"a", "ad"}),
}
# Names that are also common words or first names; they count only after a preposition and capitalised.
_DOUBTFUL = frozenset(
    {
        "nice",
        "bath",
        "reading",
        "split",
        "cork",
        "essen",
        "york",
        "faro",
        "como",
        "linz",
        "la",
        "us",
        "uk",
        "rio",
    }
    | {
        "male",
        "lima",
        "bari",
        "fez",
        "goa",
        "turkey",
        "jordan",
        "georgia",
        "china",
        "island",
        "wales",
        "leeds",
    }
    | {
        "bled",
        "florence",
        "sofia",
        "charleston",
        "austin",
        "cologne",
        "phoenix",
        "panama",
        "inde",
        "pune",
        "bonn",
    }
    | {
        "lille",
        "chile",
        "cile",
        "chili",
        "cuba",
        "santiago",
        "victoria",
        "vienne",
        "cannes",
        "gent",
        "gand",
        "split",
    }
    | {
        "malta",
        "malte",
        "bale",
        "bali",
        "berne",
        "monaco",
        "colonia",
        "valencia",
        "granada",
        "cordoba",
        "salvador",
    }
    | {
        "mendoza",
        "durban",
        "nantes",
        "luxor",
        "pisa",
        "rom",
        "roma",
        "rome",
        "prag",
        "natal",
        "rodas",
        "vegas",
    }
)
_NEVER = frozenset(
    {"english", "french", "german", "spanish", "italian", "deutsch", "i", "s", "m", "l", "xs", "xl"}
)
_JOINING = frozenset({"de", "del", "of", "am", "sur", "la", "el", "di", "san", "st"})
_LONGEST = 4


@dataclass(frozen=True, slots=True)
class Place:
    """A place: its English name where the table knows it, what the shopper `said`, and the city."""

    name: str
    said: str
    city: City | None


def find_place(tokens: Sequence[Token], matches: Sequence[Match], language: str) -> Place | None:
    """The first city, else the first country, else the first other name after a telling preposition."""
    return (
        _find_known(tokens, cities_by_name())
        or _find_known(tokens, countries_by_name())
        or _find_unknown(tokens, matches, language)
    )


def look_up(name: str) -> City | None:
    """The city of that name, or the first city of the country of that name."""
    return cities_by_name().get(plain(name)) or countries_by_name().get(plain(name))


def _find_known(tokens: Sequence[Token], table: dict[str, City]) -> Place | None:
    for at in range(len(tokens)):
        for length in range(min(_LONGEST, len(tokens) - at), 0, -1):
            words = tokens[at : at + length]
            name = " ".join(token.plain for token in words)
            if name in table and (name not in _DOUBTFUL or _is_clear(tokens, at)):
                city = table[name]
                is_country = table is countries_by_name()
                return Place(_join(words) if is_country else city.name, _join(words), city)
    return None


def _is_clear(tokens: Sequence[Token], at: int) -> bool:
    alone = len(tokens) == 1
    follows = at > 0 and tokens[at - 1].plain in _ANY and not tokens[at].breaks
    return tokens[at].text[0].isupper() and (follows or alone)


def _find_unknown(tokens: Sequence[Token], matches: Sequence[Match], language: str) -> Place | None:
    taken = {at for match in matches if match.kind != "language" for at in range(match.start, match.end)}
    for at in range(1, len(tokens)):
        before, first = tokens[at - 1], tokens[at]
        if before.plain not in _TELLING[language] or first.breaks or not _is_name(first, at in taken):
            continue
        end = at + 1
        while end < len(tokens) and end - at < _LONGEST and not tokens[end].breaks:
            joins = tokens[end].plain in _JOINING and end + 1 < len(tokens)
            if not (_is_name(tokens[end], end in taken) or (joins and _is_name(tokens[end + 1], False))):
                break
            end += 1
        if end < len(tokens) and tokens[end].plain == "s":  # a person's, as in "to Mary's wedding"
            continue
        return Place(_join(tokens[at:end]), _join(tokens[at:end]), None)
    return None


def _is_name(token: Token, taken: bool) -> bool:
    is_capitalised = token.text[0].isupper() and not (len(token.text) > 1 and token.text.isupper())
    return is_capitalised and not taken and token.plain not in _NEVER and not token.plain.isdigit()


def _join(tokens: Sequence[Token]) -> str:
    return " ".join(token.text for token in tokens)
