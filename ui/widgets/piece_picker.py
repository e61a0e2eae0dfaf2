"""The pieces that are tried on: what was chosen, and a small search for more."""

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from ui import catalog
from ui.answers import Product
from ui.client import StylistClient
from ui.fitting_place import (
    MOST_PIECES,
    FittingPlace,
    carried,
    carry,
    go_to_fitting,
    put_down,
    read_fitting_place,
    with_piece,
)
from ui.widgets import cards
from ui.widgets.text import escape, escape_markdown, format_price

_SHOWN = 8


def find_pieces(client: StylistClient, place: FittingPlace) -> list[Product]:
    """The chosen pieces that the shop still has; the session remembers them."""
    found = [catalog.load_product(client, product_id) for product_id in place.pieces]
    pieces = [product for product in found if product]
    carry(pieces)
    return pieces


def show_pieces(client: StylistClient, place: FittingPlace, pieces: Sequence[Product]) -> None:
    """The chosen pieces with their price, and a way to choose more."""
    for product in pieces:
        with st.container(key=f"piece-{product.product_id}", horizontal=True, vertical_alignment="center"):
            st.html(cards.picture(product, css_class="thumb"), width=64)
            price = escape(format_price(product.price, product.currency))
            st.html(f'<p class="piece"><strong>{escape(product.title)}</strong><br>{price}</p>')
            st.button(
                f"Put {escape_markdown(product.title)} back",
                icon=":material/close:",
                type="tertiary",
                key=f"put-back-{product.product_id}-icon",
                on_click=put_down,
                args=(place, product.product_id),
            )
    if len(pieces) > 1:
        st.html(f'<p class="muted">Worn together{_describe_total(pieces)}</p>')
    with st.expander("Choose a piece", icon=":material/add:", expanded=not pieces):
        _show_choice(client, place)


def _describe_total(pieces: Sequence[Product]) -> str:
    total = cards.total_price(pieces)
    return f" · {escape(total)} in all" if total else ""


def _show_choice(client: StylistClient, place: FittingPlace) -> None:
    words = st.text_input(
        "Find a piece",
        key="piece-words",
        type="search",
        icon=":material/search:",
        max_chars=200,
        placeholder="White shirt, linen trousers…",
    )
    found = _find(client, words.strip())
    if not found:
        st.html('<p class="muted" role="status">Nothing fits yet. Try other words.</p>')
        return
    grid = st.grid(min_column_width=110, gap="small", key="piece-choice")
    for product in found:
        with grid.cell(), st.container(gap="xsmall", key=f"choice-{product.product_id}"):
            st.html(cards.picture(product))
            st.button(
                f"Add *{escape_markdown(product.title)}*",
                width="stretch",
                key=f"add-{product.product_id}-short",
                on_click=_add,
                args=(product,),
                disabled=product.product_id in place.pieces,
            )
    st.caption(f"Up to {MOST_PIECES} pieces, one of each kind.")


def _find(client: StylistClient, words: str) -> Sequence[Product]:
    if words:
        return client.search(query=words, limit=_SHOWN).results
    return catalog.load_page(client, None, None).products[:_SHOWN]


def _add(product: Product) -> None:
    pieces = with_piece(carried(), product)
    ids = tuple(piece.product_id for piece in pieces)
    go_to_fitting(replace(read_fitting_place(), pieces=ids))
