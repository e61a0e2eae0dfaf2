"""Conversations that there were, to be taken up again."""

from collections.abc import Sequence
from typing import Literal

import streamlit as st

from ui import sentences, session
from ui.problems import ApiProblem
from ui.stylist_answers import ListedConversation
from ui.widgets import card_actions
from ui.widgets.text import escape, escape_markdown
from ui.words import say

_SHOWN = 3


def show_earlier_talks() -> None:
    """The latest ones; nothing where there are none, or where the API does not tell."""
    talks = _find_talks()
    if not talks:
        return
    with st.container(key="earlier-talks", gap="xsmall", width=560):
        st.html(f'<h2 class="eyebrow">{escape(say("Go on where you were"))}</h2>')
        show_talks(talks, width="stretch")


def show_talks(talks: Sequence[ListedConversation], width: Literal["content", "stretch"]) -> None:
    """A way back to each."""
    for talk in talks:
        title = sentences.translate(talk.title or "") or say("A conversation")
        st.page_link(
            card_actions.CHAT_PAGE,
            label=escape_markdown(title),
            icon=":material/chat_bubble:",
            query_params={"session": talk.session_id},
            width=width,
        )


def _find_talks() -> tuple[ListedConversation, ...]:
    try:
        return session.get_client().conversations(limit=_SHOWN).conversations
    except ApiProblem as problem:
        if problem.session_ended:
            raise
        return ()
