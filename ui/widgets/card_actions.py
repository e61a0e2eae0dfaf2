"""What can be done with a product: keep it, wear it, compare it, turn it down, see more or less like it."""

from typing import Literal

import streamlit as st

from ui import closet, compare_place, notices
from ui.answers import Product
from ui.catalog import Features
from ui.fitting_place import try_on_address
from ui.place import less_like, more_like
from ui.widgets.text import escape_markdown, is_sold_out
from ui.words import later, say

DISCOVER_PAGE = "views/discover.py"
FITTING_PAGE = "views/fitting_room.py"
CHAT_PAGE = "views/chat.py"
COMPARE_PAGE = "views/compare.py"
BAG_PAGE = "views/bag.py"
BAG_COUNT = "bag-count"
"""The part of the header that tells how full the bag is."""
_WAYS = {
    "more": later("More like this"),
    "less": later("Less like this"),
    "compare": later("Compare"),
    "try-on": later("Try it on"),
    "ask": later("Ask the stylist"),
    "refuse": later("Not for me"),
    "forgive": later("Show it as before"),
}

Way = Literal["more", "less", "compare", "try-on", "ask", "refuse", "forgive"]


def show_tools(product: Product, key: str, features: Features) -> None:
    """Heart, bag and menu over the picture of a card; a click draws nothing but them again."""
    st.fragment(_draw_tools, key=f"{key}-tools")(product, key, features)


def _draw_tools(product: Product, key: str, features: Features) -> None:
    notices.show()
    with st.container(key=f"{key}-over", gap=None):
        if closet.is_refused(product.product_id):
            st.html('<span class="refused"></span>')
        if features.closet:
            show_heart(product, f"{key}-heart-icon")
        with st.container(key=f"{key}-low", horizontal=True, gap="xsmall", horizontal_alignment="right"):
            if features.closet and not is_sold_out(product.stock):
                _show_quick_bag(product, key)
            _show_menu(product, key, features)


def show_heart(product: Product, key: str) -> None:
    """Keeps it as a favourite, or no longer."""
    kept = closet.is_favorite(product.product_id)
    name = escape_markdown(product.title)
    st.button(
        say("Saved: {name}", name=name) if kept else say("Save {name}", name=name),
        icon=":material/favorite:",
        type="primary" if kept else "tertiary",
        key=key,
        on_click=closet.toggle_favorite,
        args=(product.product_id,),
    )


def _show_quick_bag(product: Product, key: str) -> None:
    """One click for a piece of one size, two for others."""
    name = escape_markdown(product.title)
    if closet.is_in_bag(product.product_id):
        _show_bag_button(say("In your bag: {name}", name=name), ":material/check:", product, key)
    elif len(product.sizes) > 1:
        st.menu_button(
            say("Put {name} in the bag", name=name),
            product.sizes,
            icon=":material/add_shopping_cart:",
            type="tertiary",
            format_func=lambda size: say("Size {size}", size=escape_markdown(size)),
            key=f"{key}-size-icon",
            on_click=_take_size,
            args=(product.product_id, key),
        )
    else:
        label = say("Put {name} in the bag", name=name)
        _show_bag_button(label, ":material/add_shopping_cart:", product, key)


def _show_bag_button(label: str, icon: str, product: Product, key: str) -> None:
    st.button(
        label,
        icon=icon,
        type="tertiary",
        key=f"{key}-bag-icon",
        on_click=_toggle_bag,
        args=(product.product_id, product.sizes[0] if product.sizes else None, key),
    )


def _take_size(product_id: str, key: str) -> None:
    _toggle_bag(product_id, st.session_state[f"{key}-size-icon"], key)


def _toggle_bag(product_id: str, size: str | None, key: str) -> None:
    closet.toggle_bag(product_id, size)
    st.rerun([f"{key}-tools", BAG_COUNT])


def _show_menu(product: Product, key: str, features: Features) -> None:
    way: Way | None = st.menu_button(
        say("More about {name}", name=escape_markdown(product.title)),
        _ways_for(product, features),
        icon=":material/more_horiz:",
        type="tertiary",
        format_func=lambda way: say(_WAYS[way]),
        key=f"{key}-more-icon",
        on_click=_take_taste,
        args=(product.product_id, f"{key}-more-icon"),
    )
    if way:
        _go(way, product)


def _ways_for(product: Product, features: Features) -> list[Way]:
    ways: list[Way] = ["more"]
    if features.style:
        ways.append("less")
    ways.append("compare")
    if features.try_on:
        ways.append("try-on")
    if features.chat:
        ways.append("ask")
    if features.style:
        ways.append("forgive" if closet.is_refused(product.product_id) else "refuse")
    return ways


def _take_taste(product_id: str, key: str) -> None:
    if st.session_state[key] in ("refuse", "forgive"):
        closet.toggle_refused(product_id)


def _go(way: Way, product: Product) -> None:
    if way == "more":
        st.switch_page(DISCOVER_PAGE, query_params=more_like(product.product_id))
    elif way == "less":
        st.switch_page(DISCOVER_PAGE, query_params=less_like(product.product_id))
    elif way == "try-on":
        st.switch_page(FITTING_PAGE, query_params=try_on_address(product))
    elif way == "ask":
        st.switch_page(CHAT_PAGE, query_params={"about": product.product_id})
    elif way == "compare":
        pieces = compare_place.choose(product.product_id)
        if len(pieces) > 1:
            st.switch_page(COMPARE_PAGE, query_params=compare_place.compare_address(pieces))
        st.toast(say("Now choose “Compare” at another piece."), icon=":material/compare_arrows:")


def show_links(product: Product, features: Features) -> None:
    """Ways on from the page of a product."""
    with st.container(key="product-links", horizontal=True, gap="small"):
        if features.try_on:
            _show_link(FITTING_PAGE, say("Try it on"), "checkroom", try_on_address(product))
        if features.chat:
            _show_link(CHAT_PAGE, say("Ask the stylist"), "forum", {"about": product.product_id})
        address = compare_place.compare_address(compare_place.chosen_with(product.product_id))
        _show_link(COMPARE_PAGE, say("Compare"), "compare_arrows", address)


def _show_link(page: str, label: str, icon: str, address: dict[str, str] | dict[str, list[str]]) -> None:
    with st.container(key=f"{icon}-pill", width="content"):
        st.page_link(page, label=label, icon=f":material/{icon}:", query_params=address)


def show_refusal(product: Product) -> None:
    """Turns it down on its own page."""
    refused = closet.is_refused(product.product_id)
    st.button(
        say("Turned down") if refused else say("Not for me"),
        icon=":material/thumb_down:",
        type="primary" if refused else "tertiary",
        key="product-refuse",
        on_click=closet.toggle_refused,
        args=(product.product_id,),
    )
