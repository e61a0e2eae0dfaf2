"""What every page has around it: the shop's name, the ways around, the small print."""

import logging
from pathlib import Path

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from ui import catalog
from ui.client import ApiProblem, StylistClient
from ui.widgets.text import escape

NAME = "Virtual Stylist"
_FIRST_PAGE = {"page": "1"}
_HERE = Path(__file__).resolve().parent.parent
_LOG = logging.getLogger(__name__)


def dress_page() -> None:
    """Title, icon and style sheet."""
    st.set_page_config(page_title=NAME, page_icon=str(_HERE / "favicon.png"), layout="wide")
    st.html(_HERE / "theme.css")


def show_header(discover: StreamlitPage, account: StreamlitPage, here: StreamlitPage) -> None:
    """The bar at the top of the page `here`."""
    # A link without parameters to the page one is on keeps the parameters of its address.
    first = _FIRST_PAGE if here.url_path == discover.url_path else None
    with st.container(key="site-header", horizontal=True, vertical_alignment="center", wrap=False):
        with st.container(key="site-name", width="stretch"):
            st.page_link(discover, label=NAME, query_params=first)
        st.page_link(discover, label="Discover", query_params=first)
        st.page_link(account, label="Account")


def show_footer(client: StylistClient) -> None:
    """A quiet line that tells which models are at work, where the stack says so."""
    try:
        notice = catalog.load_notice(client)
    except ApiProblem as problem:
        _LOG.warning("capabilities are not known: %s", problem)
        return
    if notice:
        st.html(f'<p class="notice">{escape(notice)}</p>')
