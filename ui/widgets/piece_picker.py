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
from ui.words import say

_SHOWN = 8


def find_pieces(client: StylistClient, place: FittingPlace) -> list[Product]:
    """The chosen pieces that the shop still has; the session remembers them."""
    pieces = list(catalog.load_products(client, place.pieces).values())
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
                escape_markdown(say("Put {piece} back", piece=product.title)),
                icon=":material/close:",
                type="tertiary",
                key=f"put-back-{product.product_id}-icon",
                on_click=put_down,
                args=(place, product.product_id),
            )
    if len(pieces) > 1:
        st.html(f'<p class="muted">{escape(_describe_total(pieces))}</p>')
    with st.expander(say("Choose a piece"), icon=":material/add:", expanded=not pieces):
        _show_choice(client, place)


def _describe_total(pieces: Sequence[Product]) -> str:
    total = cards.total_price(pieces)
    return say("Worn together · {total} in all", total=total) if total else say("Worn together")


def _show_choice(client: StylistClient, place: FittingPlace) -> None:
    words = st.text_input(
        say("Find a piece"),
        key="piece-words",
        type="search",
        icon=":material/search:",
        max_chars=200,
        placeholder=say("White shirt, linen trousers…"),
    )
    found = _find(client, words.strip())
    if not found:
        st.html(f'<p class="muted" role="status">{escape(say("Nothing fits yet. Try other words."))}</p>')
        return
    grid = st.grid(min_column_width=110, gap="small", key="piece-choice")
    for product in found:
        with grid.cell(), st.container(gap="xsmall", key=f"choice-{product.product_id}"):
            st.html(cards.picture(product))
            st.button(
                say("Add *{piece}*", piece=escape_markdown(product.title)),
                width="stretch",
                key=f"add-{product.product_id}-short",
                on_click=_add,
                args=(product,),
                disabled=product.product_id in place.pieces,
            )
    st.caption(say("Up to {count} pieces, one of each kind.", count=MOST_PIECES))


def _find(client: StylistClient, words: str) -> Sequence[Product]:
    if words:
        return client.search(query=words, limit=_SHOWN).results
    return catalog.load_page(client, None, None).products[:_SHOWN]


def _add(product: Product) -> None:
    pieces = with_piece(carried(), product)
    ids = tuple(piece.product_id for piece in pieces)
    go_to_fitting(replace(read_fitting_place(), pieces=ids))
