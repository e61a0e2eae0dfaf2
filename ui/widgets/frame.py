"""What every page has around it: the shop's name, the ways around, the small print."""

from collections.abc import Mapping
from pathlib import Path

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from ui import conversation
from ui.fitting_place import current_fitting_address

NAME = "Virtual Stylist"
CHAT_PATH = "chat"
FITTING_PATH = "fitting-room"
_FIRST_PAGE = {"page": "1"}
_HERE = Path(__file__).resolve().parent.parent


def dress_page() -> None:
    """Title, icon and style sheet."""
    st.set_page_config(page_title=NAME, page_icon=str(_HERE / "favicon.png"), layout="wide")
    st.html(_HERE / "theme.css")


def show_header(pages: Mapping[str, StreamlitPage], here: StreamlitPage) -> None:
    """The bar at the top of the page `here`."""
    with st.container(key="site-header", horizontal=True, vertical_alignment="center", wrap=False):
        with st.container(key="site-name", width="stretch"):
            _show_link(pages["discover"], NAME, here)
        with st.container(key="site-links", horizontal=True, wrap=False, width="content", gap="xsmall"):
            for page in pages.values():
                if page.visibility == "visible":
                    _show_link(page, page.title, here)


def _show_link(page: StreamlitPage, label: str, here: StreamlitPage) -> None:
    address: Mapping[str, str | list[str]] | None = None
    if page.url_path == CHAT_PATH:
        address = conversation.current_address()
    elif page.url_path == FITTING_PATH:
        address = current_fitting_address()
    elif page.url_path == here.url_path == "":
        # A link without parameters to the page one is on keeps the parameters of its address.
        address = _FIRST_PAGE
    st.page_link(page, label=label, query_params=address)
