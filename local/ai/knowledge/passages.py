"""Cuts a document into passages: a row of a CSV file, or some paragraphs of a text."""

import csv
import io
from collections import defaultdict
from pathlib import PurePosixPath

READABLE = frozenset({".csv", ".md", ".txt"})
LARGEST_FILE = 50 * 1024 * 1024  # bytes, the service's quota for one document
LONGEST_PASSAGE = 1200  # characters; about the 300 tokens of the service's default chunks


class Unreadable(Exception):
    """A document that cannot be cut into passages."""


def cut_document(key: str, content: bytes) -> list[str]:
    """The passages of a document. Raises Unreadable for a kind of file that is not known or is too large."""
    kind = PurePosixPath(key).suffix.lower()
    if kind not in READABLE:
        raise Unreadable(f"{key}: files of kind {kind or '(none)'} are not supported")
    if len(content) > LARGEST_FILE:
        raise Unreadable(f"{key}: larger than {LARGEST_FILE} bytes")
    text = _decode(content)
    return cut_table(text) if kind == ".csv" else cut_prose(text)


def cut_table(text: str) -> list[str]:
    """One passage per row, "header: value. header: value"; season/0 and season/1 count as one header."""
    rows = list(csv.reader(io.StringIO(text)))
    if not rows:
        return []
    names = simplify_headers(rows[0])
    return [passage for row in rows[1:] if (passage := _tell_row(names, row))]


def simplify_headers(headers: list[str]) -> list[str]:
    """Headers without the numbers of list members and without a first part that all have."""
    parts = [[part for part in header.split("/") if part and not part.isdigit()] for header in headers]
    if len({path[0] for path in parts if path}) == 1 and all(len(path) > 1 for path in parts if path):
        parts = [path[1:] for path in parts]
    return [" ".join(path) for path in parts]


def cut_prose(text: str) -> list[str]:
    """Paragraphs put together up to LONGEST_PASSAGE characters, each under the headings above it."""
    passages: list[str] = []
    heading, current = "", ""
    for paragraph in (part.strip() for part in text.replace("\r\n", "\n").split("\n\n")):
        if not paragraph:
            continue
        starts_section = paragraph.startswith("#")
        if starts_section:
            heading = paragraph.splitlines()[0].lstrip("# ").strip()
        if current and (starts_section or len(current) + len(paragraph) > LONGEST_PASSAGE):
            passages.append(current)
            current = ""
        current = f"{current}\n{paragraph}" if current else _put_under(heading, paragraph)
    return [piece for passage in [*passages, current] if passage for piece in _break_long(passage)]


def _decode(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _tell_row(names: list[str], row: list[str]) -> str:
    values: dict[str, list[str]] = defaultdict(list)
    for name, value in zip(names, row, strict=False):
        if value.strip():
            values[name].append(value.strip())
    return ". ".join(f"{name}: {', '.join(found)}" for name, found in values.items())


def _put_under(heading: str, paragraph: str) -> str:
    return f"{heading}\n{paragraph}" if heading and not paragraph.startswith("#") else paragraph


def _break_long(passage: str) -> list[str]:
    pieces: list[str] = []
    while len(passage) > 2 * LONGEST_PASSAGE:
        end = passage.rfind(" ", 1, LONGEST_PASSAGE)
        end = LONGEST_PASSAGE if end < 0 else end
        pieces.append(passage[:end])
        passage = passage[end:].lstrip()
    return [*pieces, passage]
