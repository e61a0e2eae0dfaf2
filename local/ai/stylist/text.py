"""Text as patterns compare it."""

import unicodedata


def fold(text: str) -> str:
    """`text` in lower case without accents, punctuation kept; `ß` is written `ss`, quotes are straight."""
    lowered = text.lower().replace("ß", "ss").replace("’", "'").replace("\u00a0", " ").replace("\u202f", " ")
    letters = unicodedata.normalize("NFKD", lowered)
    return "".join(letter for letter in letters if not unicodedata.combining(letter))
