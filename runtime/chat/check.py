"""The check that every reply passes before it leaves: sentence by sentence, streamed or not.

A sentence goes when it names a product that no tool returned, a price that is not true, or the workings of
the stylist itself. A reply that begins with the fixed refusal becomes exactly that.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from runtime.chat.brief import read_amount
from runtime.chat.prompt import INSTRUCTIONS, REFUSAL
from runtime.chat.tool_specs import TOOL_NAMES
from runtime.wardrobe.items import Item

MARK = re.compile(r"\[\[\s*([^\[\]]{0,100}?)\s*\]\]")
_BROKEN_MARK = re.compile(r"\[\[|\]\]")
_BARE_ID = re.compile(r"(?<![\w\[])(?=[a-z]*[2-7])[a-z2-7]{20}(?![\w\]])")
_END = re.compile(r"(?:[.!?…]+[\"”’»)\]*]*(?=\s)|[。！？]+|\n)\s*")
_CLAUSE_END = re.compile(r"[,;:–—]\s+")
_CURRENCY = r"(?:€|\$|£|¥|\b(?:EUR|USD|GBP|CHF|JPY|[Ee]uros?|[Dd]ollars?|[Pp]ounds?)\b)"
_AMOUNT = r"\d[\d.,'’\u00a0\u202f]*"
_PRICE = re.compile(rf"{_CURRENCY}\s?({_AMOUNT})|({_AMOUNT})\s?{_CURRENCY}")
_INNER_NAMES = re.compile("|".join([*TOOL_NAMES, "toolResult", "known_products"]))
_NOTHING_BEFORE = re.compile(
    r"(?:\A|[\n:;,(•*–-]\s*|\b(?:the|a|an|this|my|der|die|das|le|la|el|o|a)\s+)\Z", re.I
)
_SHINGLE = 8
_ROUNDING = 0.5


@dataclass(frozen=True, slots=True)
class Facts:
    """What replies are checked against. `amounts` are true sums of money beside the products' prices."""

    products: Mapping[str, Item]
    amounts: Sequence[float] = ()


def is_refusal(text: str) -> bool:
    """Whether a text is the fixed refusal, or begins with it, in whatever punctuation."""
    return _letters(text).startswith(_letters(REFUSAL))


def may_become_refusal(text: str) -> bool:
    """Whether what follows may still make this beginning of a text the refusal."""
    return bool(_letters(text)) and _letters(REFUSAL).startswith(_letters(text))


def check_reply(text: str, facts: Facts) -> tuple[str, int]:
    """The text with only its true sentences, still with the marks of ids, and how many were dropped."""
    kept, dropped = [], 0
    for sentence in split_sentences(text):
        if is_true(sentence, facts):
            kept.append(sentence)
        else:
            dropped += 1
    return "".join(kept).strip(), dropped


def is_true(sentence: str, facts: Facts) -> bool:
    """Whether a sentence names only known products, true prices, and nothing of the inner workings."""
    ids = find_ids(sentence)
    if any(each not in facts.products for each in ids) or _BROKEN_MARK.search(MARK.sub("", sentence)):
        return False
    if _INNER_NAMES.search(sentence) or repeats_instructions(sentence):
        return False
    if not ids and sentence.rstrip().endswith(("?", "？")):
        return True  # "Would 150 euros be all right?" claims nothing
    named = [facts.products[each] for each in ids] or list(facts.products.values())
    prices = [item.price for item in named if item.price is not None]
    allowed = [*prices, *facts.amounts, *([sum(prices)] if ids else [])]
    return all(_is_among(amount, allowed) for amount in find_amounts(sentence))


def find_ids(text: str) -> list[str]:
    """The product ids of a text, in order, each once."""
    return list(dict.fromkeys([*MARK.findall(text), *_BARE_ID.findall(MARK.sub("", text))]))


def find_amounts(text: str) -> list[float]:
    """The sums of money in a text: numbers beside a currency."""
    found = [read_amount(before or after) for before, after in _PRICE.findall(text)]
    return [amount for amount in found if amount is not None]


def repeats_instructions(text: str) -> bool:
    """Whether eight words in a row are those of the stylist's instructions (but for the refusal)."""
    words = re.findall(r"\w+", text.lower())
    return any(tuple(words[n : n + _SHINGLE]) in _shingles() for n in range(len(words) - _SHINGLE + 1))


def remove_marks(text: str, products: Mapping[str, Item]) -> str:
    """The text as the shopper reads it: `Name [[id]]` is the name, a mark without a name becomes it."""
    parts: list[str] = []
    end = 0
    for mark in MARK.finditer(text):
        parts.append(text[end : mark.start()])
        before, item = "".join(parts), products[mark.group(1)]
        if _is_named(before, item):
            parts[-1] = parts[-1].rstrip(" ")
        elif _NOTHING_BEFORE.search(before):
            parts.append(item.name)
        else:
            parts.append(f"({item.name})")
        end = mark.end()
    return _BARE_ID.sub(lambda found: products[found.group()].name, "".join(parts) + text[end:])


def split_sentences(text: str) -> list[str]:
    """Sentences and lines, each with the white space that follows it."""
    sentences, start = [], 0
    for end in _END.finditer(text):
        sentences.append(text[start : end.end()])
        start = end.end()
    return [*sentences, text[start:]] if text[start:] else sentences


def find_safe_end(text: str) -> int:
    """How much of the beginning of an unfinished text can be judged already: whole sentences, and of the
    unfinished one the clauses that hold neither an id nor a number, as those only a whole sentence can judge.
    """
    whole = 0
    for end in _END.finditer(text):
        if end.end() < len(text):  # more may belong to the end itself: white space, a quotation mark
            whole = end.end()
    rest = text[whole:]
    risk = re.search(r"[\[\d€$£¥]", rest)
    clauses = [end.end() for end in _CLAUSE_END.finditer(rest[: risk.start()] if risk else rest)]
    return whole + (clauses[-1] if clauses else 0)


def cut_unfinished(text: str) -> str:
    """The text without the sentence that it breaks off in; as it is when that is its only one."""
    sentences = split_sentences(text)
    if len(sentences) > 1 and not re.search(r"[.!?…。！？][\"”’»)\]*]*\s*\Z|\n\Z", sentences[-1]):
        sentences.pop()
    return "".join(sentences)


def _is_named(before: str, item: Item) -> bool:
    """Whether the last words before a mark are (some of) the product's name."""
    last = re.findall(r"\w+", before.lower())[-8:]
    nearest = re.search(r"\w[\s\w*_\"”’»-]*\Z", before)
    return nearest is not None and bool({word for word in last if len(word) > 2} & _name_words(item.name))


@cache
def _name_words(name: str) -> frozenset[str]:
    return frozenset(word for word in re.findall(r"\w+", name.lower()) if len(word) > 2)


def _is_among(amount: float, allowed: Iterable[float]) -> bool:
    """Whether an amount is one of the allowed, or one of them rounded to a whole number."""
    return any(
        abs(amount - each) < 0.005 or (amount == int(amount) and abs(amount - each) <= _ROUNDING)
        for each in allowed
    )


def _letters(text: str) -> str:
    return "".join(re.findall(r"[a-z]+", text.lower()))


@cache
def _shingles() -> frozenset[tuple[str, ...]]:
    rules = INSTRUCTIONS.partition("What you do\n")[2].replace(REFUSAL, " ")
    words = re.findall(r"\w+", rules.lower())
    return frozenset(tuple(words[n : n + _SHINGLE]) for n in range(len(words) - _SHINGLE + 1))
