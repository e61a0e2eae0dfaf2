"""The bag: sizes, numbers, totals, and the way to each piece's shop."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

import streamlit as st

from ui import catalog, closet, notices, session
from ui.answers import Product
from ui.closet_answers import ClosetItem
from ui.place import settle
from ui.widgets import card_actions, cards, messages, next_steps
from ui.widgets.filters import show_value
from ui.widgets.purchase import show_purchase
from ui.widgets.text import escape, escape_markdown, format_price, is_sold_out
from ui.words import say, say_many

_REDRAW = "bag-lines"


def show_bag() -> None:
    """The page."""
    settle({})
    is_known = closet.refresh().is_known
    st.html(f"<h1>{escape(say('Your bag'))}</h1>")
    if not closet.bag() and not is_known:
        messages.show_message(
            say("Your bag cannot be shown right now"), say("Nothing is lost. Please try again in a moment.")
        )
        return
    _draw()


@st.fragment(key=_REDRAW)
def _draw() -> None:
    notices.show()
    lines = closet.bag()
    if not lines:
        _show_empty()
        return
    products = catalog.load_products(session.get_client(), [line.item_id for line in lines])
    left, right = st.columns([2, 1], gap="large")
    with left, st.container(key="bag"):
        for line in lines:
            _show_line(line, products.get(line.item_id))
    with right, st.container(key="bag-total", border=True):
        _show_total(lines, products)


def _show_empty() -> None:
    messages.show_message(say("Your bag is empty"), say("What you mean to buy waits here for you."))
    with st.container(key="bag-next-pill", horizontal=True, horizontal_alignment="center"):
        st.page_link(card_actions.DISCOVER_PAGE, label=say("Look around the shop"), icon=":material/search:")


def _show_line(line: ClosetItem, product: Product | None) -> None:
    key = f"bag-{line.item_id}"
    with st.container(key=key, horizontal=True, vertical_alignment="top", gap="medium"):
        if product is None:
            gone = escape(say("This piece has left the shop."))
            st.html(f'<p class="gone">{gone}</p>', width="stretch")
        else:
            st.html(cards.picture(product, css_class="thumb large"), width=96)
            with st.container(key=f"{key}-facts", gap="xsmall"):
                _show_facts(line, product, key)
        name = product.title if product else say("the piece")
        st.button(
            say("Take {name} out", name=escape_markdown(name)),
            icon=":material/close:",
            type="tertiary",
            key=f"{key}-out-icon",
            on_click=_take_out,
            args=(line.item_id,),
        )


def _show_facts(line: ClosetItem, product: Product, key: str) -> None:
    st.page_link(
        cards.PRODUCT_PAGE,
        label=escape_markdown(product.title),
        query_params={"id": product.product_id},
    )
    sold_out = is_sold_out(product.stock)
    price = "" if product.price is None else format_price(product.price * line.quantity, product.currency)
    note = f'<span class="gone">{escape(say("Sold out: it does not count."))}</span>' if sold_out else ""
    st.html(f'<p class="facts"><span class="price">{escape(price)}</span>{note}</p>')
    with st.container(key=f"{key}-choices", horizontal=True, vertical_alignment="center", gap="small"):
        if product.sizes:
            _ask_size(line, product)
        _ask_quantity(line)
    if not show_purchase(product, key=f"{key}-buy", quiet=True):
        st.html(f'<p class="small muted">{escape(say("The shop has no page for this piece."))}</p>')


def _ask_size(line: ClosetItem, product: Product) -> None:
    key = f"bag-size-{line.item_id}"
    show_value(key, line.size if line.size in product.sizes else None)
    st.selectbox(
        say("Size"),
        product.sizes,
        index=None if line.size is None else 0,
        placeholder=say("Choose a size"),
        key=key,
        label_visibility="collapsed",
        width=130,
        on_change=_take_size,
        args=(line.item_id, key),
    )


def _ask_quantity(line: ClosetItem) -> None:
    key = f"bag-quantity-{line.item_id}"
    show_value(key, line.quantity)
    st.selectbox(
        say("How many"),
        range(1, closet.MOST_OF_ONE + 1),
        key=key,
        label_visibility="collapsed",
        width=72,
        on_change=_take_quantity,
        args=(line.item_id, key),
    )


def _show_total(lines: Sequence[ClosetItem], products: Mapping[str, Product]) -> None:
    count = sum(line.quantity for line in lines)
    st.html(f'<h2 class="plain">{escape(say_many("{count} piece", "{count} pieces", count))}</h2>')
    for currency, total in sum_up(lines, products).items():
        words = escape(format_price(total, currency))
        st.html(f'<p class="total"><span>{escape(say("Total"))}</span><strong>{words}</strong></p>')
    notes = [say("You pay at each piece's own shop, where prices and stock are final.")]
    missing = sum(1 for line in lines if _needs_size(line, products.get(line.item_id)))
    if missing:
        notes.append(
            say_many("Choose a size for {count} piece.", "Choose a size for {count} pieces.", missing)
        )
    st.html("".join(f'<p class="small muted">{escape(note)}</p>' for note in notes))
    there = [products[line.item_id] for line in lines if line.item_id in products]
    if there:
        next_steps.show_try_on(there, key="bag")


def sum_up(lines: Sequence[ClosetItem], products: Mapping[str, Product]) -> dict[str | None, float]:
    """The total by currency of what can be bought: nothing that is gone, sold out or without a price."""
    totals: dict[str | None, float] = defaultdict(float)
    for line in lines:
        product = products.get(line.item_id)
        if product and product.price is not None and not is_sold_out(product.stock):
            totals[product.currency] += product.price * line.quantity
    return dict(totals)


def _needs_size(line: ClosetItem, product: Product | None) -> bool:
    return product is not None and bool(product.sizes) and line.size not in product.sizes


def _take_out(product_id: str) -> None:
    closet.toggle_bag(product_id)
    st.rerun([_REDRAW, card_actions.BAG_COUNT])


def _take_size(product_id: str, key: str) -> None:
    closet.change_line(product_id, size=st.session_state[key])


def _take_quantity(product_id: str, key: str) -> None:
    closet.change_line(product_id, quantity=st.session_state[key])
    st.rerun([_REDRAW, card_actions.BAG_COUNT])


show_bag()
