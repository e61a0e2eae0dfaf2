"""Who is signed in, what is theirs, and the way out."""

import streamlit as st

from ui import catalog, session
from ui.widgets.footer import PRIVACY_PAGE, ask_language
from ui.widgets.own_data import show_own_data
from ui.widgets.style_bar import STYLE_PAGE
from ui.widgets.text import escape
from ui.words import say


def show_account() -> None:
    """Name, address, sign-out, and the ways to all that is the shopper's own."""
    with st.container(key="account", width=640):
        _greet()
        client = session.get_client()
        features = catalog.find_features(client)
        with st.container(key="account-settings", border=True):
            with st.container(key="account-links", horizontal=True, vertical_alignment="center"):
                if features.style:
                    st.page_link(STYLE_PAGE, label=say("My style"), icon=":material/styler:")
                st.page_link(
                    PRIVACY_PAGE, label=say("Privacy and your data"), icon=":material/shield_person:"
                )
            with st.container(key="account-language", horizontal=True, vertical_alignment="center"):
                st.html(f'<span aria-hidden="true">{escape(say("Language"))}</span>', width="content")
                ask_language("language-here")
        if features.own_data:
            show_own_data(client)
        st.button(say("Sign out"), on_click=st.logout, key="sign-out", icon=":material/logout:")


def _greet() -> None:
    name = session.shopper_name()
    title = say("Hello, {name}", name=name) if name else say("Your account")
    email = session.shopper_email()
    guest = say("You are signed in as a guest.")
    told = say("You are signed in as {email}.", email=email) if email else guest
    st.html(f'<h1>{escape(title)}</h1><p class="muted">{escape(told)}</p>')


show_account()
