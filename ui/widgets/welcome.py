"""The first screen, before sign-in."""

import streamlit as st

from ui.client import StylistClient
from ui.widgets.footer import show_footer
from ui.widgets.frame import NAME
from ui.widgets.text import escape
from ui.words import say


def show_welcome(client: StylistClient) -> None:
    """Says what this is and asks to sign in."""
    with st.container(key="welcome", horizontal_alignment="center"):
        promise = say(
            "Describe it in your own words, or show us a photo. We look through the whole shop for you."
        )
        st.html(
            f'<div class="welcome"><p class="eyebrow">{NAME}</p>'
            f"<h1>{escape(say('Find the piece you have in mind.'))}</h1><p>{escape(promise)}</p></div>"
        )
        st.button(say("Sign in"), type="primary", on_click=st.login, key="sign-in")
        invitation = say("New here? You can create an account on the next page.")
        st.html(f'<p class="notice">{escape(invitation)}</p>')
    show_footer(client)
