"""Two to four pieces side by side."""

from collections.abc import Sequence

import streamlit as st

from ui import catalog, closet, notices, session
from ui.answers import Product
from ui.compare_place import compare_address, read_compared, remember
from ui.place import last_address, settle
from ui.widgets import card_actions, cards, messages, next_steps
from ui.widgets.colors import swatch_of
from ui.widgets.purchase import show_purchase
from ui.widgets.text import describe_stock, escape, escape_markdown, format_price, label_of
from ui.words import later, say

_NARROWEST = 190
_NOTHING = "–"
_WORDS = {
    "category": later("Category"),
    "brand": later("Brand"),
    "pattern": later("Pattern"),
    "season": later("Season"),
    "occasion": later("Occasion"),
}


def show_compare() -> None:
    """The pieces that the address names."""
    ids = read_compared()
    settle(dict(compare_address(ids)))
    remember(ids)
    products = list(catalog.load_products(session.get_client(), ids).values())
    st.html(f"<h1>{escape(say('Side by side'))}</h1>")
    if len(products) < len(ids):
        st.html(f'<p class="aside" role="status">{escape(say("What has left the shop is not shown."))}</p>')
    if not products:
        messages.show_message(
            say("Nothing to compare yet"), say("Choose “Compare” in the menu of two pieces, or in a look.")
        )
    else:
        if len(products) == 1:
            text = say("Choose “Compare” at another piece, and it stands here beside this one.")
            st.html(f'<p class="muted">{escape(text)}</p>')
        show_pieces(products)
    with st.container(key="compare-next-pill", horizontal=True):
        st.page_link(
            card_actions.DISCOVER_PAGE,
            label=say("Look for another piece"),
            icon=":material/search:",
            query_params=last_address(),
        )


@st.fragment(key="compared-pieces")
def show_pieces(products: Sequence[Product]) -> None:
    """A column for each piece, with the same rows."""
    notices.show()
    features = catalog.find_features(session.get_client())
    grid = st.grid(
        len(products), wrap=False, min_column_width=_NARROWEST, gap="medium", key="compared-pieces"
    )
    for product in products:
        key = f"compared-{product.product_id}"
        with grid.cell(), st.container(key=key, gap="xsmall"):
            st.html(cards.picture(product, eager=True))
            st.page_link(
                cards.PRODUCT_PAGE,
                label=f"**{escape_markdown(product.title)}**",
                query_params={"id": product.product_id},
            )
            st.html(describe(product))
            if features.closet:
                _show_bag(product, key)
            show_purchase(product, key=f"{key}-buy", quiet=True)
            others = [each.product_id for each in products if each != product]
            st.button(
                say("Take out"),
                icon=":material/close:",
                type="tertiary",
                key=f"{key}-out",
                on_click=_show_others,
                args=(others,),
            )
    if len(products) > 1:
        names = say("Look of {count} pieces", count=len(products))
        next_steps.show_row(products, names, key="compare")


def describe(product: Product) -> str:
    """HTML of its facts, a row for each, so that those of several pieces stand beside each other."""
    price = format_price(product.price, product.currency)
    color = _NOTHING
    if product.color:
        dot = f'<span class="dot" style="background:{swatch_of(product.color)}"></span>'
        color = f"{dot} {escape(label_of(product.color))}"
    rows = {
        say("Price"): f"<strong>{escape(price)}</strong>" if price else _NOTHING,
        say("Colour"): color,
        say("Sizes"): escape(", ".join(product.sizes)) or _NOTHING,
        say("Stock"): escape(describe_stock(product.stock)) or _NOTHING,
    }
    for name, label in _WORDS.items():
        word: str | None = getattr(product, name)
        rows[say(label)] = escape(label_of(word)) if word else _NOTHING
    lines = "".join(f"<dt>{escape(name)}</dt><dd>{value}</dd>" for name, value in rows.items())
    return f'<dl class="compared">{lines}</dl>'


def _show_bag(product: Product, key: str) -> None:
    inside = closet.is_in_bag(product.product_id)
    st.button(
        say("In your bag") if inside else say("Put it in the bag"),
        icon=":material/check:" if inside else ":material/shopping_bag:",
        type="secondary" if inside else "primary",
        key=f"{key}-bag",
        width="stretch",
        on_click=_toggle_bag,
        args=(product.product_id,),
    )


def _toggle_bag(product_id: str) -> None:
    closet.toggle_bag(product_id)
    st.rerun(["compared-pieces", card_actions.BAG_COUNT])


def _show_others(product_ids: Sequence[str]) -> None:
    st.query_params.from_dict(dict(compare_address(product_ids)))
    st.rerun()


show_compare()
