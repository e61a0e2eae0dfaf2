"""Choosing a size and putting a piece into the bag, on its own page."""

import streamlit as st

from ui import catalog, closet, notices, session
from ui.answers import Product
from ui.widgets import card_actions
from ui.widgets.purchase import show_purchase
from ui.widgets.text import escape, escape_markdown, is_sold_out
from ui.words import say

_REDRAW = "buy-box"
_NO_SIZE = "size_is_missing"


@st.fragment(key=_REDRAW)
def show_buy_box(product: Product) -> None:
    """Size, bag, heart and the shop's own page; a click draws only this."""
    notices.show()
    features = catalog.find_features(session.get_client())
    with st.container(key="product-actions", gap="small"):
        if product.sizes:
            _ask_size(product)
        if features.closet:
            with st.container(key="product-keep", horizontal=True, wrap=False, gap="small"):
                _show_bag(product)
                card_actions.show_heart(product, "product-heart-icon")
        show_purchase(product, key="buy")
        with st.container(key="product-taste", horizontal=True, gap="small"):
            if features.style:
                card_actions.show_refusal(product)


def _ask_size(product: Product) -> None:
    key = _size_key(product.product_id)
    line = next((line for line in closet.bag() if line.item_id == product.product_id), None)
    if line and line.size in product.sizes and st.session_state.get(key) is None:
        st.session_state[key] = line.size
    st.pills(
        say("Size"),
        product.sizes,
        format_func=escape_markdown,
        key=key,
        on_change=_take_size,
        args=(product.product_id,),
    )
    if st.session_state.pop(_NO_SIZE, False):
        st.html(f'<p class="hint" role="alert">{escape(say("Please choose your size first."))}</p>')


def _show_bag(product: Product) -> None:
    if closet.is_in_bag(product.product_id):
        with st.container(key="in-bag-pill"):
            st.page_link(
                card_actions.BAG_PAGE,
                label=say("In your bag: see it"),
                icon=":material/check:",
                width="stretch",
            )
        return
    sold_out = is_sold_out(product.stock)
    st.button(
        say("Sold out") if sold_out else say("Put it in the bag"),
        icon=":material/shopping_bag:",
        type="primary",
        key="bag-it",
        width="stretch",
        disabled=sold_out,
        on_click=_put_in,
        args=(product.product_id, product.sizes),
    )


def _put_in(product_id: str, sizes: tuple[str, ...]) -> None:
    size = st.session_state.get(_size_key(product_id)) if len(sizes) > 1 else next(iter(sizes), None)
    if sizes and size is None:
        st.session_state[_NO_SIZE] = True
        return
    closet.toggle_bag(product_id, size)
    st.rerun([_REDRAW, card_actions.BAG_COUNT])


def _take_size(product_id: str) -> None:
    size = st.session_state[_size_key(product_id)]
    if size and closet.is_in_bag(product_id):
        closet.change_line(product_id, size=size)


def _size_key(product_id: str) -> str:
    return f"size-{product_id}"
