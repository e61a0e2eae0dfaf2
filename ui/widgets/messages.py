"""What the site says when there is nothing to show, or when something went wrong."""

import streamlit as st

from ui.problems import ApiProblem
from ui.widgets.text import escape
from ui.words import say


def show_message(title: str, text: str, *, role: str = "status") -> None:
    """A calm notice in the middle of the page."""
    st.html(f'<div class="message" role="{role}"><h2>{escape(title)}</h2><p>{escape(text)}</p></div>')


def show_problem(problem: ApiProblem) -> None:
    """A problem and its cure: signing in again, or trying again."""
    label, action = say("Try again"), None
    if problem.session_ended:
        show_message(
            say("Please sign in again"), say("For your safety, sign-ins end after a while."), role="alert"
        )
        label, action = say("Sign in"), st.login
    elif problem.unanswered:
        show_message(
            say("We will be right back"),
            say("The shop is not answering at the moment. What you have saved is safe."),
            role="alert",
        )
    else:
        show_message(say("That did not work"), problem.text, role="alert")
    with st.container(horizontal=True, horizontal_alignment="center"):
        st.button(label, type="primary", on_click=action, key="recover")
