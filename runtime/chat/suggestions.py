"""What the shopper may want to say next, as the state of the conversation has it."""

from collections.abc import Sequence

from runtime.chat.brief import Brief
from runtime.chat.session import OutfitState

_MOST = 5
_START = ("An outfit for a wedding", "Something for the office", "A weekend look")
_BY_QUESTION = {
    "occasion": ("For a wedding", "For the office", "For a weekend"),
    "gender": ("For a woman", "For a man"),
    "age_group": ("I am 25", "I am 40"),
    "budget": ("Up to 100", "Up to 200", "Money is no object"),
    "season": ("For summer", "For winter"),
    "style": ("Classic", "Sporty", "Relaxed"),
    "colors": ("Something blue", "Neutral colours"),
}
_MORE = "Show me more"
_LESS_FORMAL, _SMARTER = "Something less formal", "Something smarter"
_CHEAPER, _OTHER_COLOR = "Something cheaper", "In another colour"
_WEATHER = "What will the weather be like?"
_OUTFIT = "Make an outfit of it"


SENTENCES = (
    *_START,
    *(answer for answers in _BY_QUESTION.values() for answer in answers),
    *(_MORE, _LESS_FORMAL, _SMARTER, _CHEAPER, _OTHER_COLOR, _WEATHER, _OUTFIT),
)
"""All that is ever suggested: what shows it may have other words for it."""


def suggest(brief: Brief, outfit: OutfitState, *, found: bool, asks: Sequence[str]) -> list[str]:
    """Up to five suggestions; answers to a question first, then what follows from outfit and products."""
    answers = [answer for field in asks for answer in _BY_QUESTION.get(field, ())]
    if answers:
        return answers[:_MOST]
    if outfit.ids:
        formality = _SMARTER if outfit.formality in ("casual", "sport") else _LESS_FORMAL
        return [_CHEAPER, formality, _OTHER_COLOR, _MORE, *([_WEATHER] if brief.location else [])]
    if found:
        return [_MORE, _OUTFIT]
    return list(_START)
