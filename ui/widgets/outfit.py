"""What completes the look with a piece."""

import streamlit as st

from ui.answers import Product
from ui.reasons import notes_of
from ui.style_answers import Outfit
from ui.widgets import cards, next_steps
from ui.widgets.text import escape, format_price, label_of
from ui.words import say


def show_outfit(outfit: Outfit, product: Product) -> None:
    """Pieces that go with this one, and what can be done with all of them in one click."""
    pieces = [piece for piece in outfit.outfit if piece.product_id != product.product_id]
    if not pieces:
        return
    slots = " · ".join(dict.fromkeys(label_of(piece.slot) for piece in pieces if piece.slot))
    notes = "".join(f"<p>{escape(note)}</p>" for note in notes_of(outfit))
    st.html(
        f'<h2 class="section">{escape(_title_of(outfit))}</h2>'
        f'<div class="muted"><p>{escape(slots)}</p>{notes}</div>'
    )
    cards.show_cards(pieces, key="complete", rail=True)
    name = say("Look with {name}", name=product.title)
    next_steps.show_row([product, *pieces], name, key="complete")


def _title_of(outfit: Outfit) -> str:
    total = format_price(outfit.total, outfit.currency)
    return say("Complete the look · {total} in all", total=total) if total else say("Complete the look")
