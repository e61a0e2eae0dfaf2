"""Reads a sentence about clothes: which features it asks for, and which words it does not know."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field

from local.ai.embedder.lexicon import (
    BREAKS,
    CATEGORIES,
    JOINTS,
    NEGATIONS,
    STOP_WORDS,
    TONES,
    read_entries,
)
from local.ai.embedder.palette import NAMED

_TOKEN = re.compile(r"[^\W_]+|[,;.]")
_LONGEST_PHRASE = 4
_MOST_WORDS = 256  # Titan reads 256 tokens
_QUALIFIED = 0.3  # "dress" in "dress shoes"
_DENIED = -0.8

Features = dict[str, float]


@dataclass(slots=True)
class Meaning:
    """Weights of the features asked for (negative: not wanted), tones of a colour, and unknown words."""

    features: Features = field(default_factory=Features)
    shades: list[tuple[str, str, float]] = field(default_factory=list[tuple[str, str, float]])
    unknown: list[str] = field(default_factory=list[str])

    def add(self, features: Features, factor: float) -> None:
        for name, weight in features.items():
            self.features[name] = self.features.get(name, 0.0) + factor * weight


@dataclass(frozen=True, slots=True)
class _Term:
    """A word or phrase of the text; `features` is None for one that the lexicon does not hold."""

    text: str
    features: Features | None


class Reader:
    """Understands text with the lexicon."""

    def __init__(self) -> None:
        self._entries = {tuple(_tokens(phrase)): features for phrase, features in read_entries().items()}

    def read(self, text: str) -> Meaning:
        """What `text` asks for; words after its 256th are not read."""
        meaning = Meaning()
        terms = list(self._terms(_tokens(text)[:_MOST_WORDS]))
        denying = False
        for position, term in enumerate(terms):
            following = terms[position + 1] if position + 1 < len(terms) else None
            if term.text in NEGATIONS:
                denying = True
            elif term.text in BREAKS:
                denying = False
            elif term.features is None:
                if term.text not in STOP_WORDS:
                    meaning.unknown.append(term.text)
            else:
                _note(meaning, term, following, denying)
                denying = denying and following is not None and following.text in JOINTS
        return meaning

    def _terms(self, words: list[str]) -> Iterator[_Term]:
        position = 0
        while position < len(words):
            length, features = self._longest(words, position)
            yield _Term(" ".join(words[position : position + length]), features)
            position += length

    def _longest(self, words: list[str], position: int) -> tuple[int, Features | None]:
        for length in range(min(_LONGEST_PHRASE, len(words) - position), 0, -1):
            *first, last = words[position : position + length]
            for form in _forms(last):
                features = self._entries.get((*first, form))
                if features is not None:
                    return length, features
        return 1, None


def _note(meaning: Meaning, term: _Term, following: _Term | None, denying: bool) -> None:
    """Add one known term; a tone before a colour shades it, a garment before a garment only qualifies it."""
    features = term.features or {}
    after = following.features if following and following.features else {}
    tones = [name for name in features if name in TONES]
    hue = next((name for name in after if name not in TONES and is_color(name)), None)
    if tones and hue is not None and len(features) == len(tones):
        meaning.shades.extend((hue, tone, features[tone]) for tone in tones)
        return
    factor = _DENIED if denying else 1.0
    if _names_garment(features) and _names_garment(after):
        factor *= _QUALIFIED
    meaning.add(features, factor)


def _names_garment(features: Features) -> bool:
    return any(features.get(category, 0.0) >= 0.9 for category in CATEGORIES)


def is_color(name: str) -> bool:
    return name.startswith("#") or name in NAMED


def _tokens(text: str) -> list[str]:
    """Words in lower case without accents, and the marks that part clauses."""
    apart = unicodedata.normalize("NFKD", text.lower().replace("'", "").replace("’", ""))
    return _TOKEN.findall("".join(letter for letter in apart if not unicodedata.combining(letter)))


def _forms(word: str) -> Iterator[str]:
    """The word, then its likely singular and plural forms."""
    yield word
    if len(word) > 3:
        if word.endswith("ies"):
            yield f"{word[:-3]}y"
        if word.endswith("es"):
            yield word[:-2]
        if word.endswith("s"):
            yield word[:-1]
    yield f"{word}s"
