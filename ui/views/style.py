"""The shopper's style: what has been learned, in words, and every way to correct it."""

import re
from collections.abc import Sequence

import streamlit as st

from ui import session, signals, styles
from ui.place import settle
from ui.reasons import describe_piece
from ui.style_answers import Liking, Style
from ui.widgets import card_actions, messages
from ui.widgets.colors import swatch_of
from ui.widgets.filters import show_value
from ui.widgets.style_bar import show_incognito, show_learning
from ui.widgets.text import escape, escape_markdown, format_price, format_share, label_of
from ui.words import later, say, say_many

_PRICE_BAND = re.compile(r"(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)")
_KINDS = {
    "category": later("Kinds of pieces"),
    "color": later("Colours"),
    "price": later("Prices"),
    "cluster": later("Looks"),
}


def show_style() -> None:
    """The page."""
    settle({})
    style = session.get_client().style()
    styles.note_style(style)
    with st.container(key="my-style"):
        learned = say(
            "Learned from what you look at, save and turn down here, and used for nothing but the order of "
            "what you see."
        )
        st.html(f'<h1>{escape(say("My style"))}</h1><p class="muted">{escape(learned)}</p>')
        if problem := styles.take_problem():
            st.html(f'<p class="failure" role="alert">{escape(problem)}</p>')
        _show_controls(style)
        if style.opted_out:
            messages.show_message(
                say("Your style is switched off"), say("Nothing is learned and nothing is used.")
            )
        elif style.likes:
            _show_likes(style.likes)
        else:
            _show_nothing()
        _show_reset(style)


def _show_controls(style: Style) -> None:
    with st.container(key="style-controls", border=True):
        show_value("style-weight", round(100 * style.weight))
        st.slider(
            say("How much my style counts in searches"),
            0,
            100,
            step=5,
            format="%d%%",
            key="style-weight",
            on_change=_take_weight,
            disabled=style.opted_out,
        )
        with st.container(horizontal=True):
            show_learning(style, "style-on")
            show_incognito("incognito-style")


def _show_likes(likes: Sequence[Liking]) -> None:
    for kind in dict.fromkeys([*_KINDS, *(liking.kind for liking in likes)]):
        found = sorted((liking for liking in likes if liking.kind == kind), key=lambda each: -each.strength)
        if found:
            st.html(
                f'<h2 class="section">{escape(say(_KINDS[kind]) if kind in _KINDS else label_of(kind))}</h2>'
            )
            for position, liking in enumerate(found):
                _show_liking(liking, f"{kind}-{position}")


def _show_liking(liking: Liking, key: str) -> None:
    words = _words_of(liking)
    with st.container(key=f"liking-{key}", horizontal=True, vertical_alignment="center", wrap=False):
        st.html(describe_liking(liking))
        st.button(
            say("Remove {name}", name=escape_markdown(words)),
            icon=":material/close:",
            type="tertiary",
            key=f"remove-{key}-icon",
            on_click=_remove,
            args=(liking,),
        )


def describe_liking(liking: Liking) -> str:
    """HTML of a name and a bar: to the right for what is liked, to the left for what is not."""
    words, share = _words_of(liking), min(abs(liking.strength), 1.0)
    side = "liked" if liking.strength >= 0 else "disliked"
    strength = format_share(share)
    told = (
        say("liked, {strength}", strength=strength)
        if liking.strength >= 0
        else say("not liked, {strength}", strength=strength)
    )
    dot = (
        f'<span class="dot" style="background:{swatch_of(liking.value)}"></span> '
        if liking.kind == "color"
        else ""
    )
    return (
        f'<div class="liking"><span>{dot}{escape(words)}</span>'
        f'<span class="strength {side}" role="img" aria-label="{escape(told)}">'
        f'<span style="width:{50 * share:.0f}%"></span></span></div>'
    )


def _words_of(liking: Liking) -> str:
    """What is liked, in the shopper's language."""
    band = _PRICE_BAND.fullmatch(liking.value) if liking.kind == "price" else None
    if band:
        low, high = (_price_of(each, liking) for each in band.groups())
        return say("{low} to {high}", low=low, high=high)
    if liking.kind == "cluster" and liking.about:
        return say("Pieces like this: {piece}", piece=describe_piece(liking.about))
    return label_of(liking.label or liking.value)


def _price_of(number: str, liking: Liking) -> str:
    return format_price(float(number), liking.about.get("currency"), short=True)


def _show_nothing() -> None:
    messages.show_message(
        say("Nothing is known yet"),
        say("Save what you like with the heart, and turn down what you do not. Three pieces are enough."),
    )
    with st.container(horizontal=True, horizontal_alignment="center", key="style-next"):
        st.page_link(card_actions.DISCOVER_PAGE, label=say("Look around the shop"), icon=":material/search:")


def _show_reset(style: Style) -> None:
    with st.container(key="style-reset", horizontal=True, vertical_alignment="center"):
        amount = say_many("{count} signal so far", "{count} signals so far", style.interactions)
        st.html(f'<p class="muted">{escape(amount)}</p>', width="content")
        with st.popover(
            say("Reset my style"), icon=":material/restart_alt:", type="tertiary", key="reset-ask"
        ):
            warning = say("All that has been learned is forgotten, and searches are as for a new visitor.")
            st.html(f"<p>{escape(warning)}</p>")
            st.button(say("Forget my style"), type="primary", key="reset-style", on_click=_reset)


def _take_weight() -> None:
    weight = st.session_state["style-weight"] / 100
    styles.change_style(lambda: session.get_client().change_style(weight=weight))


def _remove(liking: Liking) -> None:
    styles.change_style(lambda: session.get_client().change_style(remove=[liking]))


def _reset() -> None:
    signals.forget()
    styles.change_style(session.get_client().reset_style)


show_style()
