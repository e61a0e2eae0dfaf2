"""The first screen, before sign-in."""

import streamlit as st

from ui.widgets.frame import NAME


def show_welcome() -> None:
    """Says what this is and asks to sign in."""
    with st.container(key="welcome", horizontal_alignment="center"):
        st.html(
            f'<div class="welcome"><p class="eyebrow">{NAME}</p>'
            "<h1>Find the piece you have in mind.</h1>"
            "<p>Describe it in your own words, or show us a photo. "
            "We look through the whole shop for you.</p></div>"
        )
        st.button("Sign in", type="primary", on_click=st.login, key="sign-in")
        st.html('<p class="notice">New here? You can create an account on the next page.</p>')
