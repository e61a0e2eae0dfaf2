"""Who is signed in, and the way out."""

import streamlit as st

from ui import session
from ui.widgets.text import escape


def show_account() -> None:
    """Name, address and sign-out."""
    with st.container(key="account", width=480):
        st.html(
            f"<h1>Hello, {escape(session.shopper_name())}</h1>"
            f'<p class="muted">You are signed in as {escape(session.shopper_email() or "a guest")}.</p>'
        )
        st.button("Sign out", on_click=st.logout, key="sign-out", icon=":material/logout:")


show_account()
