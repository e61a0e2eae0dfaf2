"""Words of a text as the index compares them: lower case, without endings, with one word for each meaning."""

import re

_WORD = re.compile(r"[a-z0-9äöüßàâéèêëîïôûùçáíóúñ]+")
_STOP = frozenset(
    {
        "a",
        "an",
        "and",
        "are",
        "as",
        "at",
        "be",
        "been",
        "but",
        "by",
        "can",
        "could",
        "did",
        "do",
        "does",
        "for",
    }
    | {"from", "had", "has", "have", "i", "if", "in", "into", "is", "it", "its", "me", "my", "of", "on", "or"}
    | {
        "our",
        "people",
        "say",
        "says",
        "she",
        "he",
        "so",
        "some",
        "than",
        "that",
        "the",
        "their",
        "them",
        "then",
        "there",
        "these",
    }
    | {
        "they",
        "think",
        "this",
        "to",
        "was",
        "we",
        "were",
        "what",
        "when",
        "which",
        "who",
        "will",
        "with",
        "would",
    }
    | {"you", "your"}
)
_SAME = {
    "attire": "outfit",
    "blazer": "coat",
    "business": "work",
    "clothe": "outfit",
    "clothing": "outfit",
    "comfy": "comfortable",
    "evening": "nightout",
    "fall": "autumn",
    "female": "women",
    "formalwear": "formal",
    "gown": "dress",
    "gym": "activewear",
    "jacket": "coat",
    "ladie": "women",
    "lady": "women",
    "look": "outfit",
    "male": "men",
    "man": "men",
    "mens": "men",
    "office": "work",
    "party": "nightout",
    "sneaker": "shoe",
    "sport": "activewear",
    "tee": "shirt",
    "trainer": "shoe",
    "trouser": "pant",
    "woman": "women",
    "womens": "women",
    "workout": "activewear",
}
_ENDINGS = (("ies", "y"), ("sses", "ss"), ("shes", "sh"), ("ches", "ch"), ("ing", ""), ("ed", ""), ("ly", ""))
_SHORTEST_STEM = 4


def index_words(text: str) -> list[str]:
    """The words of `text` that count, in order."""
    return [_unify(word) for word in _WORD.findall(text.lower().replace("'s", "")) if word not in _STOP]


def _unify(word: str) -> str:
    stem = _stem(word)
    return _SAME.get(stem, _SAME.get(word, stem))


def _stem(word: str) -> str:
    for ending, instead in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) + len(instead) >= _SHORTEST_STEM:
            return word[: -len(ending)] + instead
    if word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) > 3:
        return word[:-1]
    return word
