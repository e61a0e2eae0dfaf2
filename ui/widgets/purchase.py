"""The way to buy a piece, where the catalogue has one."""

import streamlit as st

from ui import signals
from ui.answers import Product
from ui.widgets.text import is_sold_out, is_web_address
from ui.words import say


def show_purchase(product: Product, key: str, *, quiet: bool = False) -> bool:
    """A link to the shop's own page; False where its address is not one of the web."""
    if not is_web_address(product.purchase_url):
        return False
    sold_out = is_sold_out(product.stock)
    st.link_button(
        say("See it at the shop")
        if sold_out
        else say("Continue at the shop")
        if quiet
        else say("Buy at the shop"),
        product.purchase_url or "",
        type="secondary",
        icon=":material/open_in_new:",
        key=key,
        # Who buys elsewhere: following this link is as near to a purchase as the site can see.
        on_click=signals.tell,
        args=(product.product_id, "purchase"),
        width="content" if quiet else "stretch",
    )
    return True
