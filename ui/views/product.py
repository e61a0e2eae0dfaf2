"""One product: what it looks like, what it costs, where to buy it, and what is like it."""

from concurrent.futures import Future
from functools import partial

import streamlit as st

from ui import catalog, session, signals, together
from ui.answers import Product, SearchAnswer
from ui.place import last_address, settle
from ui.problems import ApiProblem
from ui.visited import note_visit
from ui.widgets import card_actions, cards, messages
from ui.widgets.buy_box import show_buy_box
from ui.widgets.colors import swatch_of
from ui.widgets.outfit import show_outfit
from ui.widgets.text import describe_stock, escape, format_price, is_sold_out, label_of
from ui.words import later, say

_SIMILAR = 8
_ATTRIBUTES = {
    "category": later("Category"),
    "color": later("Colour"),
    "pattern": later("Pattern"),
    "gender": later("For"),
    "season": later("Season"),
    "occasion": later("Occasion"),
}


def show_product_page() -> None:
    """The product that the address names."""
    st.page_link(
        card_actions.DISCOVER_PAGE,
        label=say("Back to the shop"),
        icon=":material/arrow_back:",
        query_params=last_address(),
    )
    client = session.get_client()
    product_id = st.query_params.get("id", "")
    settle({"id": product_id})
    features = catalog.find_features(client)
    # Asked for beside the product itself, which is shown as soon as it is there.
    outfit = together.begin(partial(client.outfit, product_id)) if features.style and product_id else None
    similar = together.begin(partial(client.similar, product_id, limit=_SIMILAR)) if product_id else None
    product = catalog.load_product(client, product_id) if product_id else None
    if product is None or similar is None:
        messages.show_message(
            say("This piece is gone"), say("It has left the shop, or the address is not complete.")
        )
        return
    signals.note(product.product_id, "view")
    note_visit(product.product_id)
    show_product(product)
    found = together.answer_or_none(outfit) if outfit else None
    if found:
        show_outfit(found, product)
    show_similar(similar)


def show_product(product: Product) -> None:
    """Picture on one side, facts on the other."""
    left, right = st.columns([1, 1], gap="large")
    with left:
        st.html(cards.picture(product, eager=True, css_class="portrait"))
    with right, st.container(key="product-facts"):
        st.html(f'<article class="details">{summarise(product)}</article>')
        show_buy_box(product)
        card_actions.show_links(product, catalog.find_features(session.get_client()))
        st.html(f'<div class="details">{_describe(product)}</div>')


def summarise(product: Product) -> str:
    """HTML of name, price and stock."""
    price = format_price(product.price, product.currency)
    stock = describe_stock(product.stock)
    gone = " gone" if is_sold_out(product.stock) else ""
    parts = [
        f'<p class="eyebrow">{escape(product.brand or label_of(product.category or ""))}</p>',
        f"<h1>{escape(product.title)}</h1>",
        f'<p class="big-price">{escape(price)}</p>' if price else "",
        f'<p class="stock{gone}">{escape(stock)}</p>' if stock else "",
    ]
    return "".join(parts)


def _describe(product: Product) -> str:
    lines: list[str] = []
    for name, label in _ATTRIBUTES.items():
        word: str | None = getattr(product, name)
        if word:
            dot = f'<span class="dot" style="background:{swatch_of(word)}"></span>' if name == "color" else ""
            lines.append(f"<dt>{escape(say(label))}</dt><dd>{dot}{escape(label_of(word))}</dd>")
    words = f"<p>{escape(product.description)}</p>" if product.description else ""
    return words + (f"<dl>{''.join(lines)}</dl>" if lines else "")


def show_similar(answer: Future[SearchAnswer]) -> None:
    """A row of products that look like this one; the page stands without it when that fails."""
    try:
        hits = answer.result().results
    except ApiProblem as problem:
        if problem.session_ended:
            raise
        st.caption(say("Similar pieces cannot be shown right now."))
        return
    if hits:
        st.html(f'<h2 class="section">{escape(say("You may also like"))}</h2>')
        cards.show_cards(hits, key="similar")


show_product_page()
