"""What the site says when there is nothing to show, or when something went wrong."""

import streamlit as st

from ui.problems import ApiProblem
from ui.widgets.text import escape


def show_message(title: str, text: str, *, role: str = "status") -> None:
    """A calm notice in the middle of the page."""
    st.html(f'<div class="message" role="{role}"><h2>{escape(title)}</h2><p>{escape(text)}</p></div>')


def show_problem(problem: ApiProblem) -> None:
    """A problem and its cure: signing in again, or trying again."""
    if problem.session_ended:
        show_message("Please sign in again", "For your safety, sign-ins end after a while.", role="alert")
        label, action = "Sign in", st.login
    else:
        show_message("That did not work", problem.text, role="alert")
        label, action = "Try again", None
    with st.container(horizontal=True, horizontal_alignment="center"):
        st.button(label, type="primary", on_click=action, key="recover")
