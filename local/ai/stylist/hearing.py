"""What one message of the shopper says: entities, corrections and the kind of request."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from local.ai.stylist.amounts import Budget, find_age_group, find_budget, find_sizes
from local.ai.stylist.dates import When, find_date
from local.ai.stylist.lexicon import (
    LANGUAGES,
    Match,
    Token,
    keep_language,
    read_lexicon,
    tokenize,
    weigh_languages,
)
from local.ai.stylist.places import Place, find_place

LONGEST_HEARD = 6000
"""Characters of a message that are listened to."""
DRESS_CODES = ("casual", "smart", "formal", "sport")
_NEGATION_REACH = 4  # words
_CLEAR_EVIDENCE = 1.5
_CLEAR_LEAD = 0.4
_DEFINITE = frozenset(
    {
        "that",
        "this",
        "the",
        "these",
        "those",
        "das",
        "den",
        "die",
        "der",
        "dieses",
        "diesen",
        "diese",
        "le",
        "la",
    }
    | {"les", "ce", "cet", "cette", "ces", "el", "los", "las", "ese", "esa", "esos", "esas", "este", "esta"}
    | {"il", "lo", "i", "gli", "questo", "questa", "quel", "quella", "queste", "questi"}
)


@dataclass(frozen=True, slots=True)
class Heard:
    """The meanings of a message, in English words; what it does not say is None or empty."""

    words: int
    language: str
    signals: frozenset[str] = frozenset()
    occasion: str | None = None
    items: tuple[str, ...] = ()
    unwanted_items: frozenset[str] = frozenset()
    turned_down: frozenset[str] = frozenset()
    """Garments denied with an article, as in "not that dress": those that were shown."""
    colors: tuple[str, ...] = ()
    unwanted_colors: frozenset[str] = frozenset()
    gender: str | None = None
    names_person: bool = False
    age_group: str | None = None
    season: str | None = None
    place: Place | None = None
    when: When | None = None
    budget: Budget | None = None
    sizes: tuple[str, ...] = ()
    style: str | None = None
    formality: str | None = None

    @property
    def has_entities(self) -> bool:
        """Whether the message tells anything about the shopper or the wish."""
        return any(
            (self.occasion, self.items, self.colors, self.gender, self.age_group, self.season, self.place)
        ) or any(
            (
                self.when,
                self.budget,
                self.sizes,
                self.style,
                self.unwanted_items,
                self.turned_down,
                self.unwanted_colors,
            )
        )

    @property
    def is_on_topic(self) -> bool:
        """Whether it is about clothes, the weather or the stylist."""
        return self.speaks_of_fashion or bool({"weather", "knowledge", "price", "help"} & self.signals)

    @property
    def speaks_of_fashion(self) -> bool:
        """Whether it is about clothes beyond doubt."""
        return bool(
            self.items
            or self.unwanted_items
            or self.turned_down
            or self.style
            or self.sizes
            or "outfit" in self.signals
        )


@lru_cache(maxsize=1024)
def hear(text: str, today: date, usual: str | None = None, awaited: frozenset[str] = frozenset()) -> Heard:
    """Understand a message. `usual` is the conversation's language, `awaited` the fields just asked for."""
    text = text[:LONGEST_HEARD]
    tokens = tokenize(text)
    found = read_lexicon().find(tokens)
    language, is_clear = _choose_language(weigh_languages(found), usual)
    matches = keep_language(found, language) if is_clear else found
    denied = {id(match): _is_denied(tokens, matches, match) for match in matches}

    def values(kind: str, *, wanted: bool = True) -> list[str]:
        return [m.value for m in matches if m.kind == kind and denied[id(m)] is not wanted]

    said = {match.value for match in matches if match.kind == "signal"}
    occasions = values("occasion")
    styles = values("style")
    people = values("person")
    pointed_at = frozenset(
        m.value for m in matches if m.kind == "item" and denied[id(m)] and _is_definite(tokens, m)
    )
    return Heard(
        words=len(tokens),
        language=language,
        signals=frozenset(said),
        occasion=_first(occasions),
        items=tuple(dict.fromkeys(values("item"))),
        unwanted_items=frozenset(values("item", wanted=False)) - pointed_at,
        turned_down=pointed_at,
        colors=tuple(dict.fromkeys(values("color"))),
        unwanted_colors=frozenset(values("color", wanted=False)),
        gender=_first(people) or _first(values("gender")),
        names_person=bool(people),
        age_group=find_age_group(text, bare="age_group" in awaited) or _first(values("age")),
        season=_first(values("season")),
        place=find_place(tokens, matches, language) or _answer_place(text, tokens, matches, awaited),
        when=find_date(text, tokens, matches, today),
        budget=find_budget(text, bare="budget" in awaited),
        sizes=find_sizes(text),
        style=_first(styles),
        formality=next((style for style in styles if style in DRESS_CODES), None),
    )


def _choose_language(scores: Mapping[str, float], usual: str | None) -> tuple[str, bool]:
    """The language of a text, and whether its words leave no doubt of it."""
    ranked = sorted(LANGUAGES, key=lambda language: -scores[language] - (0.6 if language == usual else 0.0))
    best, second = ranked[0], ranked[1]
    if scores[best] == 0:
        return usual or "en", False
    is_clear = scores[best] >= _CLEAR_EVIDENCE and scores[best] - scores[second] >= _CLEAR_LEAD
    if not is_clear and usual is None and scores["en"] >= scores[best] - _CLEAR_LEAD:
        return "en", False
    return best, is_clear


def _is_denied(tokens: Sequence[Token], matches: Sequence[Match], match: Match) -> bool:
    """Whether a negation stands shortly before, in the same clause."""
    for negation in matches:
        if negation.kind == "negation" and 0 <= match.start - negation.end < _NEGATION_REACH:
            between = tokens[negation.end : match.start]
            ends = any(
                t.breaks or t.plain in ("but", "aber", "sondern", "mais", "sino", "pero", "ma")
                for t in between
            )
            if not ends and not tokens[match.start].breaks:
                return True
    return False


def _is_definite(tokens: Sequence[Token], match: Match) -> bool:
    return match.start > 0 and tokens[match.start - 1].plain in _DEFINITE


def _answer_place(
    text: str, tokens: Sequence[Token], matches: Sequence[Match], awaited: frozenset[str]
) -> Place | None:
    """A short answer to "where?" that says nothing else is a place."""
    means_nothing_else = not any(match.kind != "language" for match in matches)
    if "location" in awaited and 0 < len(tokens) <= 3 and means_nothing_else and not text[:1].isdigit():
        name = " ".join(token.text for token in tokens)
        return Place(name, name, None)
    return None


def _first(values: Sequence[str]) -> str | None:
    return values[0] if values else None
