"""Small helpers for text."""

import unicodedata


def fold(text: str) -> str:
    """`text` in lower case without accents, punctuation kept; `ß` is written `ss`, quotes are straight."""
    lowered = text.lower().replace("ß", "ss").replace("’", "'").replace("\u00a0", " ").replace("\u202f", " ")
    letters = unicodedata.normalize("NFKD", lowered)
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def capitalise(text: str) -> str:
    """`text` with its first letter in upper case and the rest as it is."""
    return text[:1].upper() + text[1:]
