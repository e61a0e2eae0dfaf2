"""What can be done with a product on its card: keep it, turn it down, try it on, see more or less like it."""

from collections.abc import Sequence

import streamlit as st

from ui import catalog, session, taste
from ui.answers import Product
from ui.catalog import Features
from ui.fitting_place import outfit_address, try_on_address
from ui.place import less_like, more_like
from ui.widgets.text import escape_markdown

DISCOVER_PAGE = "views/discover.py"
FITTING_PAGE = "views/fitting_room.py"


def show_links(product: Product, key: str, features: Features) -> None:
    """Ways from a card to the fitting room and to products like, or unlike, this one."""
    with st.container(horizontal=True, wrap=False, vertical_alignment="center", gap="xsmall"):
        if features.try_on:
            st.page_link(FITTING_PAGE, label="Try it on", query_params=try_on_address(product))
        if features.style:
            _show_more_or_less(product, key)
        else:
            st.page_link(DISCOVER_PAGE, label="Similar", query_params=more_like(product.product_id))


def _show_more_or_less(product: Product, key: str) -> None:
    label = f"More or less like {escape_markdown(product.title)}"
    with st.popover(label, icon=":material/more_horiz:", type="tertiary", key=f"{key}-more-icon"):
        st.page_link(
            DISCOVER_PAGE,
            label="More like this",
            icon=":material/add_circle:",
            query_params=more_like(product.product_id),
        )
        st.page_link(
            DISCOVER_PAGE,
            label="Less like this",
            icon=":material/do_not_disturb_on:",
            query_params=less_like(product.product_id),
        )


def show_try_on(product: Product) -> None:
    """The way to the fitting room on the page of a product."""
    with st.container(key="try-on-pill"):
        st.page_link(
            FITTING_PAGE, label="Try it on", icon=":material/checkroom:", query_params=try_on_address(product)
        )


def show_bag(product: Product) -> None:
    """Puts a product into the bag, or out of it."""
    inside = taste.is_in_bag(product.product_id)
    st.button(
        "In your bag: take it out" if inside else "Put it in the bag",
        icon=":material/shopping_bag:",
        key="bag-it",
        width="stretch",
        on_click=taste.toggle_bag,
        args=(product.product_id,),
    )


def show_outfit_link(products: Sequence[Product], key: str) -> None:
    """A way to the fitting room with all of the pieces."""
    if products and catalog.find_features(session.get_client()).try_on:
        with st.container(key=f"{key}-pill"):
            st.page_link(
                FITTING_PAGE,
                label="Try the whole outfit on" if len(products) > 1 else "Try it on",
                icon=":material/checkroom:",
                query_params=outfit_address(products),
            )


def show_taste(product: Product, key: str) -> None:
    """A heart, and a way to turn it down, over the picture of a card."""
    with st.container(gap=None, key=f"{key}-taste", width="content"):
        _show_heart(product, f"{key}-heart-icon", about=f" {product.title}")
        _show_refusal(product, f"{key}-refuse-icon", about=f" – {product.title}")


def show_taste_in_words(product: Product) -> None:
    """The same on the page of the product."""
    with st.container(horizontal=True, key="product-taste"):
        _show_heart(product, "product-heart", about="")
        _show_refusal(product, "product-refuse", about="")


def _show_heart(product: Product, key: str, about: str) -> None:
    kept = taste.is_kept(product.product_id)
    st.button(
        escape_markdown(("Saved" if kept else "Save") + about),
        icon=":material/favorite:",
        type="primary" if kept else "tertiary",
        key=key,
        on_click=taste.toggle_kept,
        args=(product.product_id,),
    )


def _show_refusal(product: Product, key: str, about: str) -> None:
    refused = taste.is_refused(product.product_id)
    st.button(
        escape_markdown(("Turned down" if refused else "Not for me") + about),
        icon=":material/thumb_down:",
        type="primary" if refused else "tertiary",
        key=key,
        on_click=taste.toggle_refused,
        args=(product.product_id,),
    )
