"""The way to buy a piece, where the catalogue has one."""

import streamlit as st

from ui import signals
from ui.answers import Product
from ui.widgets.text import is_sold_out, is_web_address


def show_purchase(product: Product, key: str, *, quiet: bool = False) -> None:
    """A link to the shop's own page; none where its address is not one of the web."""
    if not is_web_address(product.purchase_url):
        return
    label = "See it at the shop" if is_sold_out(product.stock) else "Buy at the shop"
    st.link_button(
        "Buy" if quiet else label,
        product.purchase_url or "",
        type="secondary" if quiet else "primary",
        icon=":material/open_in_new:",
        key=key,
        # Who buys elsewhere: following this link is as near to a purchase as the site can see.
        on_click=_note,
        args=(product.product_id,),
        width="content" if quiet else "stretch",
    )


def _note(product_id: str) -> None:
    signals.note(product_id, "purchase")
