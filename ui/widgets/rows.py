"""Rows of the start page: each is asked for beside the others, and stands or falls by itself."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass

import streamlit as st

from ui.answers import Product
from ui.together import answer_or_none
from ui.widgets import cards
from ui.widgets.skeleton import show_skeleton_cards
from ui.widgets.text import escape

_SOON_SECONDS = 0.1
"""What comes within this time is not announced by empty frames, which would only flicker."""
_SKELETONS = 5


@dataclass(frozen=True, slots=True)
class Row:
    """A heading, the products below it while they are asked for, and a way to see more of them."""

    key: str
    title: str
    products: Future[Sequence[Product]]
    see_more: Callable[[], object] | None = None


def show_rows(rows: Sequence[Row]) -> None:
    """The rows, in their order; frames stand for those that take a while. Raises ApiProblem."""
    wait([row.products for row in rows], timeout=_SOON_SECONDS)
    places = [st.container() for _ in rows]
    frames = [place.empty() for place in places]
    for row, frame in zip(rows, frames, strict=True):
        if not row.products.done():
            with frame.container():
                st.html(f'<h2 class="section">{escape(row.title)}</h2>')
                show_skeleton_cards(_SKELETONS, f"{row.key}-wait", rail=True)
    for row, place, frame in zip(rows, places, frames, strict=True):
        products = answer_or_none(row.products)
        frame.empty()
        if products:
            with place:
                _show_heading(row)
                cards.show_cards(products, key=row.key, rail=True)


def _show_heading(row: Row) -> None:
    key = f"{row.key}-heading"
    with st.container(key=key, horizontal=True, wrap=False, vertical_alignment="bottom"):
        st.html(f'<h2 class="section">{escape(row.title)}</h2>')
        if row.see_more:
            row.see_more()
