"""Reasons of the API in the shopper's language, by their codes; one that is not known is said in English."""

from collections.abc import Mapping, Sequence

from ui.answers import Hit, Reason
from ui.style_answers import Outfit
from ui.widgets.text import begin_sentence, word_of
from ui.words import later, say

_LIKED: Mapping[tuple[str, str], str] = {
    ("like", "view"): later("Like the {piece} you looked at"),
    ("like", "hires_view"): later("Like the {piece} you looked at closely"),
    ("like", "download"): later("Like the {piece} you downloaded"),
    ("like", "favorite"): later("Like the {piece} you saved"),
    ("like", "cart"): later("Like the {piece} you put in your bag"),
    ("like", "purchase"): later("Like the {piece} you bought"),
    ("in_color", "view"): later("In {color}, like the {piece} you looked at"),
    ("in_color", "hires_view"): later("In {color}, like the {piece} you looked at closely"),
    ("in_color", "download"): later("In {color}, like the {piece} you downloaded"),
    ("in_color", "favorite"): later("In {color}, like the {piece} you saved"),
    ("in_color", "cart"): later("In {color}, like the {piece} you put in your bag"),
    ("in_color", "purchase"): later("In {color}, like the {piece} you bought"),
    ("same_category", "view"): later("Of the same kind as the {piece} you looked at"),
    ("same_category", "hires_view"): later("Of the same kind as the {piece} you looked at closely"),
    ("same_category", "download"): later("Of the same kind as the {piece} you downloaded"),
    ("same_category", "favorite"): later("Of the same kind as the {piece} you saved"),
    ("same_category", "cart"): later("Of the same kind as the {piece} you put in your bag"),
    ("same_category", "purchase"): later("Of the same kind as the {piece} you bought"),
    ("priced_like", "view"): later("Priced like the {piece} you looked at"),
    ("priced_like", "hires_view"): later("Priced like the {piece} you looked at closely"),
    ("priced_like", "download"): later("Priced like the {piece} you downloaded"),
    ("priced_like", "favorite"): later("Priced like the {piece} you saved"),
    ("priced_like", "cart"): later("Priced like the {piece} you put in your bag"),
    ("priced_like", "purchase"): later("Priced like the {piece} you bought"),
}
"""By code and what was done with the other piece."""
_PARTS: Mapping[str, str] = {
    "dress": later("The dress under it"),
    "top": later("The top for it"),
    "bottom": later("Worn below it"),
    "shoes": later("The shoes for it"),
    "outerwear": later("Over it when it gets cool"),
    "hat": later("On the head"),
    "bag": later("For what you take along"),
    "accessory": later("The finishing touch"),
}
"""By the place of a piece in an outfit."""
_SENTENCES: Mapping[str, str] = {
    "words": later("Found by its words: {words}"),
    "same_color": later("The same {color}"),
    "color_goes_with": later("{color} goes with {other_color}"),
    "plain_beside": later("Plain beside the {pattern} piece"),
    "for_season": later("Right for {season}"),
    "suits_code": later("Suits the dress code: {formality}"),
    "asked_color": later("In a colour you asked for: {color}"),
    "right_for_weather": later("Right for the weather"),
    "right_for_season": later("Right for the season"),
    "no_outfit": later("There is no outfit around a piece such as this."),
    "nothing_fits": later("Nothing in the shop completes this look right now."),
    "total_includes_product": later("The total includes the piece itself."),
    "some_without_price": later("Not every piece has a price."),
    "product_off_code": later(
        "The other pieces suit the dress code “{formality}”, the piece itself does not."
    ),
    "all_suit_code": later("Everything suits the dress code “{formality}”."),
    "within_budget": later("All of it is within your budget."),
}
_AS_THEY_ARE = frozenset({"words"})
_CODES: Mapping[str, str] = {
    "casual": later("casual"),
    "smart": later("smart"),
    "formal": later("formal"),
    "sport": later("sporty"),
}


def reasons_of(hit: Hit) -> list[str]:
    """Why a product is shown, each reason as a sentence without its full stop."""
    return _tell_all(hit.reasons, hit.why)


def notes_of(outfit: Outfit) -> list[str]:
    """What is to be said of an outfit, in whole sentences."""
    return _tell_all(outfit.remarks, outfit.notes)


def _tell_all(reasons: Sequence[Reason], english: Sequence[str]) -> list[str]:
    """The reasons in the shopper's language; in English those whose code is missing or not known."""
    told = [tell(reason) for reason in reasons]
    paired = [*told, *[None] * (len(english) - len(told))]
    sentences = [own or (english[place] if place < len(english) else "") for place, own in enumerate(paired)]
    return [begin_sentence(sentence) for sentence in sentences if sentence]


def tell(reason: Reason) -> str | None:
    """A reason in the shopper's language; None when its code, or something it needs, is not known."""
    values = reason.values
    message = (
        _LIKED.get((reason.code, values.get("done", "")))
        or (_PARTS.get(values.get("slot", "")) if reason.code == "part" else None)
        or _SENTENCES.get(reason.code)
    )
    if message is None:
        return None
    words = {name: value if name in _AS_THEY_ARE else _word(name, value) for name, value in values.items()}
    try:
        return begin_sentence(say(message, **{"piece": describe_piece(values), **words}))
    except KeyError:
        return None


def _word(name: str, value: str) -> str:
    return say(_CODES[value]) if name == "formality" and value in _CODES else word_of(value)


def describe_piece(values: Mapping[str, str]) -> str:
    """A product in a few words: "red dress"."""
    color, category = values.get("color"), values.get("category", "piece")
    if not color:
        return word_of(category)
    return say("{color} {category}", color=word_of(color), category=word_of(category))
