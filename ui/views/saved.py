"""What the shopper saved: favourites, and the bag with its total and its ways to buy."""

from collections.abc import Sequence

import streamlit as st

from ui import catalog, session, taste
from ui.answers import Product
from ui.client import StylistClient
from ui.place import settle
from ui.widgets import card_actions, cards, messages
from ui.widgets.purchase import show_purchase
from ui.widgets.text import escape, escape_markdown, format_price


def show_saved() -> None:
    """The page."""
    settle({})
    client = session.get_client()
    favourites, bag = _find(client, taste.kept()), _find(client, taste.bag())
    st.html('<h1>Saved</h1><p class="muted">Kept in this browser for half a year.</p>')
    if not favourites and not bag:
        messages.show_message("Nothing saved yet", "Touch the heart of a piece that you like.")
        with st.container(horizontal=True, horizontal_alignment="center", key="saved-next"):
            st.page_link(card_actions.DISCOVER_PAGE, label="Look around the shop", icon=":material/search:")
        return
    if bag:
        _show_bag(bag)
    if favourites:
        st.html('<h2 class="section">Favourites</h2>')
        cards.show_cards(favourites, key="favourites")


def _find(client: StylistClient, product_ids: Sequence[str]) -> list[Product]:
    found = [catalog.load_product(client, product_id) for product_id in product_ids]
    return [product for product in found if product]


def _show_bag(products: Sequence[Product]) -> None:
    total = cards.total_price(products)
    st.html(f'<h2 class="section">Bag{f" · {escape(total)}" if total else ""}</h2>')
    with st.container(key="bag"):
        for product in products:
            _show_line(product)
        card_actions.show_outfit_link(products, key="bag")


def _show_line(product: Product) -> None:
    name = escape_markdown(product.title)
    with st.container(key=f"bag-{product.product_id}", horizontal=True, vertical_alignment="center"):
        st.html(cards.picture(product, css_class="thumb"), width=64)
        price = escape(format_price(product.price, product.currency))
        st.html(f'<p class="piece"><strong>{escape(product.title)}</strong><br>{price}</p>')
        show_purchase(product, key=f"buy-{product.product_id}", quiet=True)
        st.button(
            f"Take {name} out",
            icon=":material/close:",
            type="tertiary",
            key=f"unbag-{product.product_id}-icon",
            on_click=taste.toggle_bag,
            args=(product.product_id,),
        )


show_saved()
