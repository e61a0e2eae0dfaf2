"""The catalogue, for the people of the shop who look after it."""

import streamlit as st

from ui import session
from ui.desk import Desk, open_desk
from ui.desk_answers import GROUP
from ui.problems import ApiProblem
from ui.widgets import desk_files, desk_letters, desk_state, messages
from ui.widgets.text import escape
from ui.words import say

_EVERY_S = 2.0
"""How often is looked while something is under way."""


def show_catalogue() -> None:
    """The page."""
    if GROUP not in session.groups():
        messages.show_message(
            say("This page is for the people of the shop"),
            say("Your account does not look after the catalogue."),
        )
        return
    desk = open_desk()
    desk.refresh(session.get_client())
    st.html(
        f'<h1>{escape(say("Catalogue"))}</h1><p class="muted">'
        f"{escape(say('Send photos and CSV files, and see what becomes of them.'))}</p>"
    )
    _show_news(desk)
    with st.container(key="desk"):
        left, right = st.columns([3, 2], gap="large")
        every = _EVERY_S if desk.is_busy else None
        with left:
            st.html(f'<h2 class="section">{escape(say("Add pieces"))}</h2>')
            desk_files.show_adding(desk)
            st.fragment(_show_sent, run_every=every)(every is not None)
        with right:
            st.fragment(_show_state, run_every=every)(every is not None)
        # Last, as looking through the letters takes a while.
        desk_letters.show_letters(desk)


def _show_news(desk: Desk) -> None:
    if desk.problem:
        st.html(f'<p class="failure" role="alert">{escape(desk.problem)}</p>')
    elif desk.done:
        st.html(f'<p role="status">{escape(desk.done)}</p>')


def _show_sent(was_busy: bool) -> None:
    """What became of the files; looked at again by itself while something is under way."""
    desk = _look_again(was_busy)
    if desk.sent:
        desk_files.show_sent(desk)


def _show_state(was_busy: bool) -> None:
    """The state of the catalogue, likewise."""
    desk_state.show_state(_look_again(was_busy))


def _look_again(was_busy: bool) -> Desk:
    """The desk as it is now; when nothing is under way any more, the page is drawn for the last time."""
    desk = open_desk()
    try:
        desk.refresh(session.get_client())
    except ApiProblem as problem:
        if problem.session_ended:
            st.rerun()
        return desk
    if was_busy and not desk.is_busy:
        st.rerun()
    return desk


show_catalogue()
