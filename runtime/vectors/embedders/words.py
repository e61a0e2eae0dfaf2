"""Cutting a text to what a model reads, by whole words."""

import re

from aws_lambda_powertools import Logger

logger = Logger(child=True)

_PIECE = re.compile(r"[A-Za-z]+|[^A-Za-z\s]")
_LETTERS_PER_TOKEN = 4
_WORD = re.compile(r"\S+")


def count_tokens(text: str) -> int:
    """An estimate on the high side: four Latin letters a token, any other sign one each.

    Models count in their own pieces, which are not published; common English words take fewer.
    """
    return sum(-(-len(piece) // _LETTERS_PER_TOKEN) for piece in _PIECE.findall(text))


def cut_to_tokens(text: str, limit: int) -> str:
    """The longest beginning of `text`, in whole words, that is estimated at `limit` tokens or fewer.

    A first word that is too long by itself is cut inside. What was left out is logged.
    """
    used = end = 0
    for word in _WORD.finditer(text):
        used += count_tokens(word.group())
        if used > limit:
            break
        end = word.end()
    else:
        return text
    kept = text[:end] if end else text.lstrip()[:limit]
    logger.info("text cut to fit the model", characters=len(text), kept=len(kept), tokens=limit)
    return kept


def cut_to_characters(text: str, limit: int) -> str:
    """The longest beginning of `text` within `limit` characters, whole words unless there is only one."""
    if len(text) <= limit:
        return text
    head = text[:limit]
    whole_words = head if text[limit].isspace() else head.rpartition(" ")[0]
    kept = (whole_words or head).rstrip()
    logger.info("text cut to fit the model", characters=len(text), kept=len(kept))
    return kept
