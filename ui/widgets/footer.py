"""What stands below every page: which models are at work, what is kept, and the language of the site."""

import streamlit as st

from ui import catalog, words
from ui.client import StylistClient
from ui.widgets.filters import show_value
from ui.widgets.text import escape
from ui.words import later, say

PRIVACY_PAGE = "views/privacy.py"
PRIVACY_PATH = "privacy"
MAKES_PICTURES = frozenset({"images", catalog.TRY_ON})
"""Features with which AI makes pictures."""
NOTICES = (later("Small local models are at work here instead of the real ones, so expect less of them."),)
"""Notices of stacks that the site knows in other languages too; any other is shown as the stack says it."""


def show_footer(client: StylistClient) -> None:
    """The small print, the way to the privacy page, and the choice of a language."""
    with st.container(key="footer"):
        told = catalog.find_capabilities(client)
        lines = [say(told.notice)] if told.notice else []
        if not MAKES_PICTURES.isdisjoint(told.features):
            lines.append(say("Pictures made by AI are marked. They show the look, not the size."))
        if lines:
            rows = "".join(f"<p>{escape(line)}</p>" for line in lines)
            st.html(f'<div class="notice">{rows}</div>')
        with st.container(key="footer-links", horizontal=True, vertical_alignment="center"):
            st.page_link(PRIVACY_PAGE, label=say("Privacy"), icon=":material/shield_person:")
            ask_language("language")


def ask_language(key: str) -> None:
    """The choice of a language, each by its own name."""
    show_value(key, words.current_language())
    st.selectbox(
        say("Language"),
        list(words.LANGUAGES),
        format_func=words.LANGUAGES.__getitem__,
        key=key,
        label_visibility="collapsed",
        on_change=_take_language,
        args=(key,),
        width=150,
    )


def _take_language(key: str) -> None:
    words.keep_language(st.session_state[key])
