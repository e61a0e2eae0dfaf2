"""What was said in a conversation, turn by turn, as its shopper sees it again.

The messages of a session are what a model needs: with tools and their results, without what was blocked,
and only as many as it can read. Kept beside them are the shopper's words, the reply as it was shown, and ids.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

MOST_TURNS = 40
MOST_BYTES = 60_000
"""Of the JSON text; the whole row of a session may have 400 KB."""
LONGEST_TITLE = 80

Record = Mapping[str, Any]
"""`{"turn", "at", "message", "reply", "products": [id], "outfit": [id], "refused"}`; `language` if given."""


def make_record(
    turn: int, at: str, message: str, language: str | None, answer: Mapping[str, Any]
) -> dict[str, Any]:
    """A turn as it is remembered; `at` is ISO 8601."""
    record = {
        "turn": turn,
        "at": at,
        "message": message,
        "reply": answer["reply"],
        "products": [each["product_id"] for each in answer["products"]],
        "outfit": list(answer["outfit"]),
        "refused": answer["refused"],
    }
    return record | ({"language": language} if language else {})


def keep_newest(records: Sequence[Record]) -> tuple[Record, ...]:
    """The newest turns that fit."""
    kept = list(records[-MOST_TURNS:])
    while kept and len(json.dumps(kept, ensure_ascii=False).encode()) > MOST_BYTES:
        kept.pop(0)
    return tuple(kept)


def make_title(message: str) -> str:
    """The first words of a conversation, as a line."""
    line = " ".join(message.split())
    if len(line) <= LONGEST_TITLE:
        return line
    return line[: LONGEST_TITLE - 1].rsplit(" ", 1)[0].rstrip(" ,;:") + "…"
