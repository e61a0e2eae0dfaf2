"""One product: what it looks like, what it costs, where to buy it, and what is like it."""

import streamlit as st

from ui import catalog, session, signals
from ui.answers import Product
from ui.client import StylistClient
from ui.place import last_address, settle
from ui.problems import ApiProblem
from ui.widgets import card_actions, cards, messages
from ui.widgets.colors import swatch_of
from ui.widgets.outfit import show_outfit
from ui.widgets.purchase import show_purchase
from ui.widgets.text import describe_stock, escape, format_price, is_sold_out, label_of

_NOT_FOUND = 404
_SIMILAR = 8


def show_product_page() -> None:
    """The product that the address names."""
    st.page_link(
        card_actions.DISCOVER_PAGE,
        label="Back to the shop",
        icon=":material/arrow_back:",
        query_params=last_address(),
    )
    client = session.get_client()
    product_id = st.query_params.get("id", "")
    settle({"id": product_id})
    product = find_product(client, product_id)
    if product is None:
        messages.show_message("This piece is gone", "It has left the shop, or the address is not complete.")
        return
    signals.note(product.product_id, "view")
    show_product(product)
    if catalog.find_features(client).style:
        show_outfit(client, product)
    show_similar(client, product)


def find_product(client: StylistClient, product_id: str) -> Product | None:
    """The product, or None when there is no such one."""
    if not product_id:
        return None
    try:
        return client.product(product_id)
    except ApiProblem as problem:
        if problem.status == _NOT_FOUND:
            return None
        raise


def show_product(product: Product) -> None:
    """Picture on one side, facts on the other."""
    left, right = st.columns([1, 1], gap="large")
    with left:
        st.html(cards.picture(product, eager=True, css_class="portrait"))
    with right:
        st.html(f'<article class="details">{summarise(product)}</article>')
        show_actions(product)
        st.html(f'<div class="details">{_attributes(product)}</div>')


def summarise(product: Product) -> str:
    """HTML of name, price, stock, words and sizes."""
    price = format_price(product.price, product.currency)
    stock = describe_stock(product.stock)
    gone = " gone" if is_sold_out(product.stock) else ""
    parts = [
        f'<p class="eyebrow">{escape(product.brand or label_of(product.category or ""))}</p>',
        f"<h1>{escape(product.title)}</h1>",
        f'<p class="big-price">{escape(price)}</p>' if price else "",
        f'<p class="stock{gone}">{escape(stock)}</p>' if stock else "",
        f"<p>{escape(product.description)}</p>" if product.description else "",
        _sizes(product),
    ]
    return "".join(parts)


def show_actions(product: Product) -> None:
    """What can be done with it: buy it, try it on, save it."""
    features = catalog.find_features(session.get_client())
    with st.container(key="product-actions", gap="small"):
        show_purchase(product, key="buy")
        if features.try_on:
            card_actions.show_try_on(product)
        if features.style:
            card_actions.show_bag(product)
            card_actions.show_taste_in_words(product)


def _sizes(product: Product) -> str:
    if not product.sizes:
        return ""
    chips = "".join(f"<li>{escape(size)}</li>" for size in product.sizes)
    return f'<h2>Sizes</h2><ul class="sizes">{chips}</ul>'


def _attributes(product: Product) -> str:
    rows = {
        "Category": product.category,
        "Pattern": product.pattern,
        "For": product.gender,
        "Season": product.season,
        "Occasion": product.occasion,
    }
    lines = [f"<dt>{name}</dt><dd>{escape(label_of(word))}</dd>" for name, word in rows.items() if word]
    if product.color:
        dot = f'<span class="dot" style="background:{swatch_of(product.color)}"></span>'
        lines.insert(1, f"<dt>Colour</dt><dd>{dot}{escape(label_of(product.color))}</dd>")
    return f"<dl>{''.join(lines)}</dl>" if lines else ""


def show_similar(client: StylistClient, product: Product) -> None:
    """A row of products that look like this one; the page stands without it when that fails."""
    try:
        hits = client.similar(product.product_id, limit=_SIMILAR).results
    except ApiProblem as problem:
        if problem.session_ended:
            raise
        st.caption("Similar pieces cannot be shown right now.")
        return
    if hits:
        st.html('<h2 class="section">You may also like</h2>')
        cards.show_cards(hits, key="similar")


show_product_page()
