"""The words that the stylist knows, in five languages, and how they are found in a text."""

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from local.ai.cities import plain

LANGUAGES: tuple[str, ...] = ("en", "de", "fr", "es", "it")
_FOLDER = Path(__file__).with_name("words")
_TOKEN = re.compile(r"[^\W_]+")
_BREAK = re.compile(r"[.,;:!?()\n]|\s[-–—]\s")
_SHORTEST_LOAN = 5  # letters of an English word that other languages may use


@dataclass(frozen=True, slots=True)
class Token:
    """A word as written and in its plain form; `breaks` tells that punctuation stands before it."""

    text: str
    plain: str
    start: int
    end: int
    breaks: bool


@dataclass(frozen=True, slots=True)
class Concept:
    """A meaning, such as kind "color" and value "blue", and the languages that say it so."""

    kind: str
    value: str
    languages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Match:
    """A concept found in the tokens from `start` up to `end`."""

    concept: Concept
    start: int
    end: int
    letters: int

    @property
    def kind(self) -> str:
        return self.concept.kind

    @property
    def value(self) -> str:
        return self.concept.value


def tokenize(text: str) -> list[Token]:
    """The words and numbers of a text, in order."""
    tokens: list[Token] = []
    last = 0
    for found in _TOKEN.finditer(text):
        between = text[last : found.start()]
        tokens.append(
            Token(found[0], plain(found[0]), found.start(), found.end(), bool(_BREAK.search(between)))
        )
        last = found.end()
    return tokens


class Lexicon:
    """Ways of saying things. Looking up a text takes time linear in its words."""

    def __init__(self, entries: Sequence[tuple[str, str, str, str]]) -> None:
        """`entries` are kind, value, language and way; a way may begin or end with `*`."""
        exact: dict[str, dict[tuple[str, str], list[str]]] = defaultdict(lambda: defaultdict(list))
        heads: dict[str, dict[tuple[str, str], list[str]]] = defaultdict(lambda: defaultdict(list))
        tails: dict[str, dict[tuple[str, str], list[str]]] = defaultdict(lambda: defaultdict(list))
        self._shown: dict[tuple[str, str, str], str] = {}
        for kind, value, language, way in entries:
            table = tails if way.startswith("*") else heads if way.endswith("*") else exact
            table[plain(way)][kind, value].append(language)
            self._shown.setdefault((kind, value, language), way.strip("*"))
        self._exact, self._heads, self._tails = _freeze(exact), _freeze(heads), _freeze(tails)
        self._longest = max(len(way.split()) for way in self._exact)

    def say(self, kind: str, value: str, language: str) -> str | None:
        """The usual word of a language for a concept."""
        return self._shown.get((kind, value, language))

    def find(self, tokens: Sequence[Token]) -> list[Match]:
        """The concepts of a text: at each place those of the longest way of saying something."""
        matches: list[Match] = []
        at = 0
        while at < len(tokens):
            length, concepts = self._match_at(tokens, at)
            letters = sum(len(token.plain) for token in tokens[at : at + length])
            matches += [Match(concept, at, at + length, letters) for concept in concepts]
            at += length
        return matches

    def _match_at(self, tokens: Sequence[Token], at: int) -> tuple[int, tuple[Concept, ...]]:
        for length in range(min(self._longest, len(tokens) - at), 0, -1):
            way = " ".join(token.plain for token in tokens[at : at + length])
            if way in self._exact:
                return length, self._exact[way]
        return 1, self._match_part(tokens[at].plain)

    def _match_part(self, word: str) -> tuple[Concept, ...]:
        """What the beginning and the end of a word say: a Sommerkleid is a dress for summer."""
        heads = (word[:cut] for cut in range(len(word), 2, -1))
        tails = (word[cut:] for cut in range(1, len(word) - 2))
        head = next((self._heads[part] for part in heads if part in self._heads), ())
        tail = next((self._tails[part] for part in tails if part in self._tails), ())
        return tuple({(concept.kind, concept.value): concept for concept in (*head, *tail)}.values())


def keep_language(matches: Sequence[Match], language: str) -> list[Match]:
    """The matches that a text in `language` means: no false friends, but English words that others use."""
    return [
        match
        for match in matches
        if language in match.concept.languages
        or ("en" in match.concept.languages and match.letters >= _SHORTEST_LOAN)
    ]


def weigh_languages(matches: Sequence[Match]) -> dict[str, float]:
    """How much the words of a text speak for each language; those of speech in general count twice."""
    scores = dict.fromkeys(LANGUAGES, 0.0)
    for concept in {match.concept for match in matches if match.kind != "language"}:
        for language in concept.languages:
            scores[language] += 0.5 / len(concept.languages)
    for match in matches:
        if match.kind == "language":
            for language in match.concept.languages:
                scores[language] += 1 / len(match.concept.languages)
    return scores


@cache
def read_lexicon() -> Lexicon:
    """The lexicon of the tables in `words/`."""
    return Lexicon(list(_read_entries()))


def _read_entries() -> Iterator[tuple[str, str, str, str]]:
    for path in sorted(_FOLDER.glob("*.toml")):
        for kind, values in tomllib.loads(path.read_text(encoding="utf-8")).items():
            for value, languages in values.items():
                for language, ways in languages.items():
                    for way in ways.split("|"):
                        yield kind, value, language, way


def _freeze(table: dict[str, dict[tuple[str, str], list[str]]]) -> dict[str, tuple[Concept, ...]]:
    return {
        way: tuple(
            Concept(kind, value, tuple(dict.fromkeys(languages)))
            for (kind, value), languages in found.items()
        )
        for way, found in table.items()
    }
