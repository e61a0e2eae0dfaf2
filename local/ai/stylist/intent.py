"""What a message asks of the stylist."""

import re
from enum import StrEnum

from local.ai.stylist.dialogue import Dialogue
from local.ai.stylist.hearing import Heard
from local.ai.stylist.topics import is_refused

_CHANGES = frozenset({"cheaper", "dearer", "less_formal", "more_formal", "warmer", "cooler", "new"})
_SHORT = 3  # words of a message that may be a slip rather than another subject
_SHORT_ANSWER = 8


class Intent(StrEnum):
    """The kinds of requests."""

    REFUSE = "refuse"
    EMPTY = "empty"
    UNCLEAR = "unclear"
    GREETING = "greeting"
    THANKS = "thanks"
    BYE = "bye"
    HELP = "help"
    LIKED = "liked"
    WHY = "why"
    PRICE = "price"
    PICTURE = "picture"
    KNOWLEDGE = "knowledge"
    WEATHER = "weather"
    SEARCH = "search"
    OUTFIT = "outfit"


def decide(dialogue: Dialogue) -> Intent:
    """The intent of the shopper's last message, in the light of the conversation before."""
    heard, text = dialogue.heard, dialogue.text
    if heard is None or not re.search(r"[^\W_]", text):
        return Intent.EMPTY
    if is_refused(text, is_on_topic=heard.is_on_topic):
        return Intent.REFUSE
    return _decide_asking(dialogue, heard) or _decide_wish(dialogue, heard) or _decide_talk(dialogue, heard)


def changes_proposal(dialogue: Dialogue) -> bool:
    """Whether the message asks for other pieces than those proposed last."""
    heard = dialogue.heard
    if heard is None or dialogue.last_kind is None:
        return False
    turns_down = heard.unwanted_items or heard.turned_down or heard.unwanted_colors
    return bool((_CHANGES | {"more"}) & heard.signals) or bool(turns_down)


def _decide_asking(dialogue: Dialogue, heard: Heard) -> Intent | None:
    """A question about something proposed, about clothes in general, or about the weather."""
    signals = heard.signals
    has_proposal = dialogue.last_kind is not None
    if "picture" in signals:
        return Intent.PICTURE
    if "why" in signals and has_proposal and not heard.items:
        return Intent.WHY
    if "price" in signals and has_proposal and not heard.items and not heard.budget:
        return Intent.PRICE
    if "knowledge" in signals and (heard.is_on_topic or has_proposal):
        return Intent.KNOWLEDGE
    if "weather" in signals and not heard.items and "outfit" not in signals:
        return Intent.WEATHER
    return None


def _decide_wish(dialogue: Dialogue, heard: Heard) -> Intent | None:
    """A request for clothes, or a change of one."""
    usual = Intent.SEARCH if dialogue.last_kind == "products" else Intent.OUTFIT
    if changes_proposal(dialogue):
        return usual
    if "outfit" in heard.signals or "new" in heard.signals:
        return Intent.OUTFIT
    if heard.items:
        return Intent.SEARCH
    if heard.occasion:
        return Intent.OUTFIT
    if heard.has_entities and not _says_enough(dialogue, heard):
        return None
    if heard.has_entities or _CHANGES & heard.signals:
        return Intent.SEARCH if dialogue.wish.items and usual is Intent.SEARCH else usual
    if dialogue.was_asked and heard.words <= _SHORT_ANSWER:
        return Intent.SEARCH if dialogue.wish.items and not dialogue.wish.occasion else usual
    return None


def _says_enough(dialogue: Dialogue, heard: Heard) -> bool:
    """Whether entities make a wish: a time or place alone may belong to another subject."""
    is_weak = not (heard.colors or heard.gender or heard.age_group or heard.budget or heard.speaks_of_fashion)
    has_context = dialogue.was_asked or dialogue.last_kind is not None or dialogue.wish.occasion is not None
    return has_context or not is_weak or heard.words <= _SHORT or "trip" in heard.signals


def _decide_talk(dialogue: Dialogue, heard: Heard) -> Intent:
    """Small talk, and what is none of the stylist's business."""
    for intent in (Intent.HELP, Intent.THANKS, Intent.LIKED, Intent.BYE, Intent.GREETING):
        if intent.value in heard.signals and heard.words <= 2 * _SHORT_ANSWER:
            return intent
    if {"yes", "no", "more", "search"} & heard.signals and heard.words <= _SHORT_ANSWER:
        return Intent.UNCLEAR
    return Intent.UNCLEAR if heard.words <= _SHORT else Intent.REFUSE
