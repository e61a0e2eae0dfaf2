"""What every page has around it: the shop's name, the ways around, the small print."""

from collections.abc import Mapping
from pathlib import Path

import streamlit as st
from streamlit.components.v2 import component
from streamlit.navigation.page import StreamlitPage

from ui import closet, conversation
from ui.first_page import NAME
from ui.fitting_place import current_fitting_address
from ui.widgets import card_actions

CHAT_PATH = "chat"
FITTING_PATH = "fitting-room"
_FIRST_PAGE = {"page": "1"}
_TOOLS = frozenset({"home", "bag", "account"})
_FAVICON = Path(__file__).resolve().parent.parent / "favicon.png"
_MARK = """
export default function ({ data }) {
  for (const link of document.querySelectorAll("[class*='st-key-nav-'] a"))
    link.removeAttribute("aria-current");
  const here = document.querySelector(".st-key-nav-" + data + " a");
  if (here) here.setAttribute("aria-current", "page");
}
"""
"""Streamlit's links to pages do not tell those who listen which one they are on."""
_mark = component("stylist.here", js=_MARK, isolate_styles=False)


def dress_page() -> None:
    """Title and icon; the style sheet is in the first page (`ui/first_page.py`)."""
    st.set_page_config(page_title=NAME, page_icon=str(_FAVICON), layout="wide")


def show_header(pages: Mapping[str, StreamlitPage], here: StreamlitPage) -> None:
    """The bar at the top of the page `here`; on a phone the ways around are at the bottom."""
    with st.container(key="site-header", horizontal=True, vertical_alignment="center", wrap=False):
        with st.container(key="site-name", width="stretch"):
            _show_link("home", pages["home"], NAME, here)
        with st.container(key="site-links", horizontal=True, wrap=False, width="content", gap="xsmall"):
            for name, page in pages.items():
                if page.visibility == "visible" and name not in _TOOLS:
                    _show_link(name, page, page.title, here)
        with st.container(key="site-tools", horizontal=True, wrap=False, width="content", gap="xsmall"):
            if "bag" in pages:
                _show_bag(pages["bag"], here)
            _show_link("account", pages["account"], f"*{pages['account'].title}*", here)
    with st.container(key="here"):
        _mark(
            data=next((name for name, page in pages.items() if page.url_path == here.url_path), ""),
            key="mark",
        )


def _show_link(name: str, page: StreamlitPage, label: str, here: StreamlitPage) -> None:
    address: Mapping[str, str | list[str]] | None = None
    if page.url_path == CHAT_PATH:
        address = conversation.current_address()
    elif page.url_path == FITTING_PATH:
        address = current_fitting_address()
    elif page.url_path == here.url_path == "discover":
        # A link without parameters to the page one is on keeps the parameters of its address.
        address = _FIRST_PAGE
    with st.container(key=f"nav-{name}", width="content"):
        st.page_link(page, label=label, query_params=address)


@st.fragment(key=card_actions.BAG_COUNT)
def _show_bag(page: StreamlitPage, here: StreamlitPage) -> None:
    count = closet.count_bag()
    label = f"*{page.title}* {count}" if count else f"*{page.title}*"
    _show_link("bag", page, label, here)
