"""The first screen, before sign-in."""

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from ui.client import StylistClient
from ui.first_page import NAME
from ui.widgets.footer import PRIVACY_PATH, show_footer
from ui.widgets.text import escape
from ui.words import say

HOME_PAGE = "views/home.py"


def show_outside(client: StylistClient, page: StreamlitPage) -> None:
    """What visitors see who are not signed in: the first screen, or what is said of privacy."""
    if page.url_path == PRIVACY_PATH:
        st.page_link(HOME_PAGE, label=NAME, icon=":material/arrow_back:")
        page.run()
    else:
        _show_welcome()
    show_footer(client)


def _show_welcome() -> None:
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
