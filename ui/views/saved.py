"""What the shopper keeps: the wishlist, looks, and what they did lately."""

from functools import partial

import streamlit as st

from ui import catalog, closet, session
from ui.place import settle
from ui.widgets import card_actions, cards, messages
from ui.widgets.filters import show_value
from ui.widgets.past import show_past
from ui.widgets.saved_looks import show_looks
from ui.widgets.text import escape
from ui.words import later, say

_SECTIONS = {
    "wishlist": later("Wishlist"),
    "looks": later("Looks"),
    "history": later("History"),
}
_FIRST = "wishlist"


def show_saved() -> None:
    """The page; the address tells which part of it."""
    asked = st.query_params.get("show", _FIRST)
    section = asked if asked in _SECTIONS else _FIRST
    settle({"show": section} if section != _FIRST else {})
    is_known = closet.refresh().is_known
    st.html(f"<h1>{escape(say('Saved'))}</h1>")
    show_value("section", section)
    st.segmented_control(
        say("What to show"),
        list(_SECTIONS),
        format_func=lambda name: say(_SECTIONS[name]),
        required=True,
        key="section",
        label_visibility="collapsed",
        on_change=_take_section,
    )
    if section == "history":
        show_past()
    elif not is_known:
        messages.show_message(
            say("What you saved cannot be shown right now"),
            say("Nothing is lost. Please try again in a moment."),
        )
    elif section == "looks":
        show_looks()
    else:
        show_wishlist()


def _take_section() -> None:
    section = st.session_state["section"] or _FIRST
    st.query_params.from_dict({} if section == _FIRST else {"show": section})


def show_wishlist() -> None:
    """The favourites."""
    ids = closet.favorites()
    found = catalog.load_products(session.get_client(), ids)
    products = list(found.values())
    gone = [each for each in ids if each not in found]
    if gone:
        _show_gone(gone)
    if not products:
        messages.show_message(say("Nothing saved yet"), say("Touch the heart of a piece that you like."))
        with st.container(horizontal=True, horizontal_alignment="center", key="saved-next-pill"):
            st.page_link(
                card_actions.DISCOVER_PAGE, label=say("Look around the shop"), icon=":material/search:"
            )
        return
    cards.show_cards(products, key="favorites")


def _show_gone(product_ids: list[str]) -> None:
    with st.container(key="gone", horizontal=True, vertical_alignment="center"):
        text = say("Some pieces that you saved have left the shop.")
        st.html(f'<p class="aside" role="status">{escape(text)}</p>', width="content")
        st.button(
            say("Forget them"), type="tertiary", key="forget-gone", on_click=partial(_forget, product_ids)
        )


def _forget(product_ids: list[str]) -> None:
    for product_id in product_ids:
        closet.toggle_favorite(product_id)


show_saved()
