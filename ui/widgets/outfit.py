"""What completes the look with a piece."""

import streamlit as st

from ui.answers import Product
from ui.client import StylistClient
from ui.problems import ApiProblem
from ui.style_answers import Outfit
from ui.widgets import card_actions, cards
from ui.widgets.text import escape, format_price, label_of


def show_outfit(client: StylistClient, product: Product) -> None:
    """Pieces that go with this one; the page stands without them when that fails."""
    try:
        outfit = client.outfit(product.product_id)
    except ApiProblem as problem:
        if problem.session_ended:
            raise
        return
    pieces = [piece for piece in outfit.outfit if piece.product_id != product.product_id]
    if not pieces:
        return
    slots = " · ".join(dict.fromkeys(label_of(piece.slot) for piece in pieces if piece.slot))
    notes = "".join(f"<p>{escape(note)}</p>" for note in outfit.notes)
    st.html(
        f'<h2 class="section">Complete the look{_describe_total(outfit)}</h2>'
        f'<div class="muted"><p>{escape(slots)}</p>{notes}</div>'
    )
    cards.show_cards(pieces, key="complete", show_match=False)
    card_actions.show_outfit_link([product, *pieces], key="complete")


def _describe_total(outfit: Outfit) -> str:
    total = format_price(outfit.total, outfit.currency)
    return f" · {escape(total)} in all" if total else ""
