"""How much the shopper's style counts on the Discover page, and whether they are incognito."""

from dataclasses import replace

import streamlit as st

from ui import session, signals, styles
from ui.client import StylistClient
from ui.place import Place, go_to, read_place
from ui.style_answers import Style
from ui.widgets.filters import show_value
from ui.widgets.text import escape
from ui.words import say

STYLE_PAGE = "views/style.py"


def show_style_bar(client: StylistClient, place: Place) -> float | None:
    """Asks; the weight for the search, 0..1, or None to leave it to the shopper's profile."""
    incognito = signals.is_incognito()
    style = styles.known_style(client)
    usual = round(100 * style.weight) if style else 0
    with st.container(key="style-bar", horizontal=True, vertical_alignment="center"):
        with st.container(key="style-slider", horizontal=True, vertical_alignment="center", width="content"):
            _show_end(say("Relevance"))
            show_value("style", 0 if incognito else usual if place.style is None else place.style)
            st.slider(
                say("From relevance to my style, in percent"),
                0,
                100,
                step=5,
                key="style",
                label_visibility="collapsed",
                on_change=_take_weight,
                disabled=incognito or bool(style and style.opted_out),
                width=180,
            )
            _show_end(say("My style"))
        show_incognito("incognito-here")
        st.page_link(STYLE_PAGE, label=say("What is my style?"))
    if incognito:
        return 0.0
    return None if place.style is None else place.style / 100


def _show_end(words: str) -> None:
    st.html(f'<span class="end" aria-hidden="true">{escape(words)}</span>', width="content")


def show_incognito(key: str) -> None:
    """Switches it on and off."""
    show_value(key, signals.is_incognito())
    st.toggle(
        say("Incognito"),
        key=key,
        on_change=_take_incognito,
        args=(key,),
        help=say(
            "Nothing you do is remembered for your style, and your style does not change what you see. "
            "Lasts until you close the browser."
        ),
    )


def show_learning(style: Style, key: str) -> None:
    """Switches on and off whether a style is learned and used."""
    show_value(key, not style.opted_out)
    st.toggle(say("Learn and use my style"), key=key, on_change=_take_learning, args=(key,))


def _take_learning(key: str) -> None:
    opted_out = not st.session_state[key]
    styles.change_style(lambda: session.get_client().change_style(opted_out=opted_out))


def _take_weight() -> None:
    go_to(replace(read_place(), style=st.session_state["style"], page=1))


def _take_incognito(key: str) -> None:
    signals.set_incognito(st.session_state[key])
