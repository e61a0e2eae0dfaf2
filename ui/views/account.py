"""Who is signed in, and the way out."""

import streamlit as st

from ui import catalog, session
from ui.widgets.own_data import show_own_data
from ui.widgets.style_bar import STYLE_PAGE
from ui.widgets.text import escape


def show_account() -> None:
    """Name, address, sign-out, and what is kept of the shopper."""
    with st.container(key="account", width=480):
        name = session.shopper_name()
        st.html(
            f"<h1>{f'Hello, {escape(name)}' if name else 'Your account'}</h1>"
            f'<p class="muted">You are signed in as {escape(session.shopper_email() or "a guest")}.</p>'
        )
        client = session.get_client()
        features = catalog.find_features(client)
        if features.style:
            st.page_link(STYLE_PAGE, label="My style", icon=":material/styler:")
        st.button("Sign out", on_click=st.logout, key="sign-out", icon=":material/logout:")
        if features.own_data:
            show_own_data(client)


show_account()
