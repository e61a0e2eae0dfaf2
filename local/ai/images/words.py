"""Reading a prompt: which garments in which colours and patterns, on whom, and where."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from local.ai.images.lexicon import (
    COLOR_WORDS,
    HAIR_COLOR_WORDS,
    HAIR_STYLE_WORDS,
    HAIRDO_WORDS,
    MAN_WORDS,
    NOUNS,
    OLDER_WORDS,
    PATTERN_WORDS,
    REFINEMENTS,
    SCENE_ORDER,
    SCENE_WORDS,
    SETS,
    SKIN_WORDS,
    WEAVE_WORDS,
    WOMAN_WORDS,
    Noun,
)
from local.demo.patterns import RGB

_LONGEST_NOUN = 4
_STOPS = frozenset(".;:|!?")
_BREAKS = frozenset(
    {
        "and",
        "with",
        "over",
        "under",
        "plus",
        "a",
        "an",
        "the",
        "his",
        "her",
        "their",
        "my",
        "wearing",
        "paired",
        "carrying",
        "holding",
        "featuring",
        ",",
        "&",
        "+",
    }
)
_AFTER = frozenset({"in", "with", "of", "having"})


@dataclass(frozen=True, slots=True)
class Piece:
    """A garment to draw. `color` is None where the prompt leaves it open."""

    slot: str
    cut: str
    weave: str
    color: RGB | None = None
    accent: RGB | None = None
    pattern: str = "plain"


@dataclass(frozen=True, slots=True)
class Person:
    """Who wears it; None where the prompt leaves it open."""

    woman: bool | None = None
    skin: str | None = None
    hair: str | None = None
    hair_color: str | None = None
    older: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a prompt asks for."""

    pieces: tuple[Piece, ...] = ()
    person: Person = field(default_factory=Person)
    scene: str | None = None


def read_prompt(prompt: str) -> Wanted:
    """The garments, the person and the scene of a prompt; what it does not say stays open."""
    tokens = split_words(prompt)
    person, tokens = _read_person(tokens)
    pieces = _read_pieces(tokens)
    return Wanted(tuple(pieces), person, _read_scene(tokens))


def split_words(prompt: str) -> list[str]:
    """Words in plain lower-case letters, and punctuation marks."""
    folded = unicodedata.normalize("NFKD", prompt.lower().replace("’s", "s").replace("'s", "s"))
    return re.findall(r"[a-z0-9]+|[,.;:|!?&+]", "".join(c for c in folded if not unicodedata.combining(c)))


def _read_person(tokens: Sequence[str]) -> tuple[Person, list[str]]:
    """The person, and the tokens without the words that described them."""
    person = Person(
        woman=_choose(not WOMAN_WORDS.isdisjoint(tokens), not MAN_WORDS.isdisjoint(tokens)),
        older=not OLDER_WORDS.isdisjoint(tokens),
        hair=next((HAIRDO_WORDS[token] for token in tokens if token in HAIRDO_WORDS), None),
    )
    left: list[str] = []
    for token in tokens:
        if token in ("skin", "skinned", "complexion"):
            word = next((each for each in _pop_words(left, SKIN_WORDS) if each in SKIN_WORDS), None)
            person = replace(person, skin=SKIN_WORDS.get(word or "", person.skin))
        elif token in ("hair", "haired"):
            words = _pop_words(left, {**HAIR_COLOR_WORDS, **HAIR_STYLE_WORDS})
            color = next((HAIR_COLOR_WORDS[word] for word in words if word in HAIR_COLOR_WORDS), None)
            style = next((HAIR_STYLE_WORDS[word] for word in words if word in HAIR_STYLE_WORDS), None)
            person = replace(person, hair=person.hair or style, hair_color=color)
        elif token in ("eyes", "eyed"):
            _pop_words(left, {**HAIR_COLOR_WORDS, "blue": "", "green": "", "hazel": ""})
        elif token in WOMAN_WORDS | MAN_WORDS and left and left[-1] in ("black", "brown") and not person.skin:
            person = replace(person, skin=SKIN_WORDS[left.pop()])
        else:
            left.append(token)
    return person, left


def _pop_words(left: list[str], known: Mapping[str, str]) -> list[str]:
    """Take the known words from the end of a list."""
    found: list[str] = []
    while left and (left[-1] in known or (found and left[-1] in (",", "and"))):
        found.append(left.pop())
    return found


def _choose(woman: bool, man: bool) -> bool | None:
    return None if woman == man else woman


def _read_scene(tokens: Sequence[str]) -> str | None:
    named = {SCENE_WORDS[token] for token in tokens if token in SCENE_WORDS}
    return next((scene for scene in SCENE_ORDER if scene in named), None)


@dataclass(frozen=True, slots=True)
class _Found:
    """A noun's place in the tokens, and what it stands for (two pieces for a suit)."""

    start: int
    end: int
    nouns: tuple[Noun, ...]


def _read_pieces(tokens: Sequence[str]) -> Iterator[Piece]:
    found = _drop_adjectives(list(_find_nouns(tokens)), tokens)
    begin = 0
    for index, this in enumerate(found):
        following = found[index + 1].start if index + 1 < len(found) else len(tokens)
        after = _find_split(tokens, this.end, following, last=index + 1 == len(found))
        before = _since_stop(tokens[begin : this.start])
        behind = tokens[this.end : after]
        behind = behind if behind and behind[0] in _AFTER else ()
        own = tokens[this.start : this.end]
        for noun in this.nouns:
            yield _describe(noun, [*before, *own], behind)
        begin = after


def _find_nouns(tokens: Sequence[str]) -> Iterator[_Found]:
    place = 0
    while place < len(tokens):
        for length in range(_LONGEST_NOUN, 0, -1):
            nouns = _look_up(tokens[place : place + length])
            if nouns:
                yield _Found(place, place + length, nouns)
                place += length
                break
        else:
            place += 1


def _drop_adjectives(found: Sequence[_Found], tokens: Sequence[str]) -> list[_Found]:
    """In "chino shorts" and "flannel checked shirt" the first noun only describes the second."""
    kept: list[_Found] = []
    for this, following in zip(found, [*found[1:], None], strict=False):
        between = tokens[this.end : following.start] if following else ()
        same = following is not None and following.nouns[0].slot == this.nouns[0].slot
        if not same or not (_BREAKS | _STOPS | _AFTER).isdisjoint(between):
            kept.append(this)
    return kept


def _look_up(words: Sequence[str]) -> tuple[Noun, ...]:
    text = " ".join(words)
    forms = [text, text.removesuffix("s"), text.removesuffix("es")]
    if words and words[-1] == "scarves":
        forms.append("scarf")
    for form in forms:
        if form in SETS:
            return tuple(NOUNS[each] for each in SETS[form])
        if form in NOUNS:
            return (NOUNS[form],)
    return ()


def _find_split(tokens: Sequence[str], start: int, end: int, *, last: bool) -> int:
    """Where what is said of one garment ends and what is said of the next begins."""
    if last:
        stops = [place for place in range(start, end) if tokens[place] in _STOPS or tokens[place] == ","]
        return stops[0] if stops else end
    breaks = [place for place in range(start, end) if tokens[place] in _BREAKS or tokens[place] in _STOPS]
    clear = [place for place in breaks if not _joins_colors(tokens, place)]
    # "a blazer in navy and beige chinos": what follows the "in" must end somewhere.
    usable = clear or (breaks if breaks and tokens[start] in _AFTER else [])
    return usable[-1] + 1 if usable else start


def _joins_colors(tokens: Sequence[str], place: int) -> bool:
    """Whether an "and" stands between two words that describe the same garment."""
    if tokens[place] not in ("and", "&") or not 0 < place < len(tokens) - 1:
        return False
    before, after = tokens[place - 1], tokens[place + 1]
    describes = {**COLOR_WORDS, **PATTERN_WORDS, **WEAVE_WORDS}
    return before in describes and after in describes


def _since_stop(tokens: Sequence[str]) -> Sequence[str]:
    places = [place for place, token in enumerate(tokens) if token in _STOPS]
    return tokens[places[-1] + 1 :] if places else tokens


def _describe(noun: Noun, before: Sequence[str], behind: Sequence[str]) -> Piece:
    words = [*before, *behind]
    colors = [*_find_colors(before), *_find_colors(behind)]
    pattern = next((PATTERN_WORDS[word] for word in words if word in PATTERN_WORDS), "plain")
    refined = REFINEMENTS.get(f"{noun.slot} {noun.cut}", {})
    cut = next((refined[word] for word in before if word in refined), noun.cut)
    weave = next((WEAVE_WORDS[word] for word in words if word in WEAVE_WORDS), noun.weave)
    color = (
        colors[0] if colors else COLOR_WORDS[noun.color or "blue"] if noun.color or weave == "denim" else None
    )
    return Piece(noun.slot, cut, weave, color, colors[1] if len(colors) > 1 else None, pattern)


def _find_colors(tokens: Sequence[str]) -> list[RGB]:
    found: list[RGB] = []
    place = 0
    while place < len(tokens):
        pair = " ".join(tokens[place : place + 2])
        if pair in COLOR_WORDS:
            found.append(COLOR_WORDS[pair])
            place += 2
            continue
        if tokens[place] in COLOR_WORDS:
            found.append(COLOR_WORDS[tokens[place]])
        place += 1
    return found
