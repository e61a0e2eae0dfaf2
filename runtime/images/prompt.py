"""From what is known of a shopper and an outfit to the words that a model draws from.

Models of this kind read English nouns and adjectives, and take a negated word for the thing itself; so what
should stay out stands, as plain nouns, in the negative prompt.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from runtime.images.port import Words

NEGATIVE = (
    "nudity, text, letters, logo, watermark, frame, blur, grain, extra people, extra limbs, extra fingers, "
    "deformed hands, distorted face, cropped head, cropped feet"
)
_STYLE = "Whole figure from head to shoes, standing, soft daylight, clean composition, fine fabric detail."
_MOST_PIECES = 8
_LONGEST_NAME = 80
_LONGEST_FACT = 60
_LEAST_ASKED = 120
_WORTHWHILE = 0.6

# An image of a child is never asked for: the youngest group is drawn as young adults.
_AGES = {
    "10-20": "young adult",
    "20-30": "young adult",
    "30-50": "middle-aged",
    "50+": "elegant older",
}
_PEOPLE = {"women": "woman", "men": "man"}


@dataclass(frozen=True, slots=True)
class Piece:
    """A garment of the outfit, by its product's name and colour."""

    name: str
    color: str | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """What is known beside the shopper's words. `occasion`, `season` and `place` say where it is worn."""

    pieces: tuple[Piece, ...] = ()
    gender: str | None = None
    age_group: str | None = None
    style: str | None = None
    occasion: str | None = None
    season: str | None = None
    place: str | None = None
    product_ids: tuple[str, ...] = ()
    """Of all pieces of the outfit."""


def build_words(asked: str, look: Look, limit: int) -> Words:
    """The prompt, of at most `limit` characters: outfit and figure first, then the shopper's words.

    Where it gets too long, the shopper's words are cut before the outfit is, but for their beginning.
    """
    head = clean_text(_describe_figure(look))
    tail = clean_text(f"{_describe_setting(look)} {_STYLE}")
    wish = clean_text(asked)
    room = limit - len(head) - len(tail) - 3
    if len(wish) > room:
        wish = cut_text(wish, max(room, min(_LEAST_ASKED, len(wish))))
        head = cut_text(head, max(limit - len(wish) - len(tail) - 3, 0))
    parts = [_end(head), _end(wish), tail]
    return Words(cut_text(" ".join(part for part in parts if part), limit), NEGATIVE)


def clean_text(text: str) -> str:
    """Composed letters and single blanks; control and direction characters are gone."""
    composed = unicodedata.normalize("NFC", text)
    shown = "".join(" " if unicodedata.category(char) in ("Cc", "Zl", "Zp") else char for char in composed)
    kept = (
        char for char in shown if unicodedata.category(char) not in ("Cs", "Co", "Cn") and not _turns(char)
    )
    return " ".join("".join(kept).split())


def cut_text(text: str, limit: int) -> str:
    """The beginning of a text: whole sentences if that keeps most of it, else whole words, else letters.

    A letter stays together with its accents, an emoji with its parts.
    """
    if len(text) <= limit:
        return text
    part = text[:limit]
    least = limit * _WORTHWHILE
    sentences = [
        found.end() for found in re.finditer(r"[.!?](?=\s)", text[: limit + 1]) if found.end() >= least
    ]
    if sentences:
        return part[: sentences[-1]]
    space = limit if text[limit].isspace() else part.rfind(" ")
    if space >= least:
        return part[:space].rstrip(" ,;:-")
    end = limit
    while end > 0 and _joins(text, end):
        end -= 1
    return text[:end].rstrip()


def _describe_figure(look: Look) -> str:
    person = " ".join(
        filter(None, [_AGES.get(look.age_group or ""), _PEOPLE.get(look.gender or "", "person")])
    )
    article = "an" if person[0] in "aeiou" else "a"
    style = f" in {_short(look.style)} style" if look.style else ""
    worn = _list_pieces(look.pieces[:_MOST_PIECES])
    return f"Fashion illustration of {article} {person}{style}{f' wearing {worn}' if worn else ''}"


def _list_pieces(pieces: Sequence[Piece]) -> str:
    names = [_name_piece(piece) for piece in pieces]
    return ", ".join(names)


def _name_piece(piece: Piece) -> str:
    name = cut_text(clean_text(piece.name), _LONGEST_NAME)
    color = clean_text(piece.color or "").lower()
    return f"{color} {name}" if color and color not in name.lower() else name


def _describe_setting(look: Look) -> str:
    parts = [_short(part) for part in (look.occasion, look.season, look.place) if part]
    return f"Setting: {', '.join(parts)}." if parts else ""


def _short(text: str) -> str:
    return cut_text(clean_text(text), _LONGEST_FACT)


def _end(text: str) -> str:
    return text if not text or text[-1] in ".!?" else f"{text}."


def _turns(char: str) -> bool:
    return (
        char in "\u200b\u200e\u200f\u2060\ufeff"
        or "\u202a" <= char <= "\u202e"
        or "\u2066" <= char <= "\u2069"
    )


def _joins(text: str, place: int) -> bool:
    """Whether the characters before and at `place` make one letter or emoji together."""
    after, before = text[place], text[place - 1]
    modifies = unicodedata.combining(after) or unicodedata.category(after) in ("Mn", "Mc", "Me")
    return bool(modifies) or "\u200d" in (after, before) or "\U0001f3fb" <= after <= "\U0001f3ff"
