"""Products as cards in a grid."""

from collections.abc import Sequence

import streamlit as st

from ui import catalog, session
from ui.answers import Hit, Product
from ui.catalog import Features
from ui.reasons import reasons_of
from ui.widgets import card_actions
from ui.widgets.colors import swatch_of
from ui.widgets.skeleton import open_grid
from ui.widgets.text import (
    describe_stock,
    escape,
    escape_markdown,
    format_price,
    format_share,
    is_scarce,
    is_sold_out,
    is_web_address,
    label_of,
    word_of,
)
from ui.words import say

PRODUCT_PAGE = "views/product.py"
_EAGER_CARDS = 5


def show_cards(
    products: Sequence[Product],
    key: str,
    *,
    min_width: int = 210,
    show_match: bool = False,
    rail: bool = False,
) -> None:
    """A grid of cards, or one row of them; the whole card leads to its product.

    `show_match` says how well each one fits a search, for shoppers who asked for such details.
    """
    features = catalog.find_features(session.get_client())
    grid = open_grid(len(products), key, rail=rail, min_width=min_width)
    for position, product in enumerate(products):
        with grid.cell(), st.container(key=f"{key}-card-{position}", gap=None):
            _show_card(
                product,
                f"{key}-{position}",
                features,
                eager=position < _EAGER_CARDS,
                show_match=show_match,
            )


def _show_card(product: Product, key: str, features: Features, *, eager: bool, show_match: bool) -> None:
    st.html(picture(product, eager=eager))
    st.page_link(
        PRODUCT_PAGE,
        label=escape_markdown(product.title),
        query_params={"id": product.product_id},
        width="stretch",
    )
    st.html(_facts(product, show_match=show_match))
    card_actions.show_tools(product, key, features)


def total_price(products: Sequence[Product]) -> str:
    """The sum, when all pieces have prices in one currency; else nothing."""
    currencies = {product.currency for product in products}
    prices = [product.price for product in products if product.price is not None]
    if not prices or len(prices) != len(products) or len(currencies) != 1:
        return ""
    return format_price(sum(prices), currencies.pop())


def picture(product: Product, *, eager: bool = False, css_class: str = "picture") -> str:
    """HTML of a product's picture in its frame, or of an empty frame when there is none."""
    badge = _stock_badge(product)
    if not is_web_address(product.image_url):
        words = escape(say("No picture yet"))
        return f'<div class="{css_class} blank" role="img" aria-label="{words}">{badge}</div>'
    loading = "eager" if eager else "lazy"
    source, words = escape(product.image_url or ""), escape(describe(product))
    return (
        f'<div class="{css_class}"><img src="{source}" alt="{words}" loading="{loading}" decoding="async" '
        f'width="300" height="400">{badge}</div>'
    )


def describe(product: Product) -> str:
    """Alternative text: the name, with colour, pattern and category where the name does not say them."""
    details = [product.color, product.pattern, product.category]
    title = product.title.lower()
    missing = [word_of(word) for word in details if word and word.lower() not in title]
    return ", ".join([product.title, *missing])


def _stock_badge(product: Product) -> str:
    told = is_sold_out(product.stock) or is_scarce(product.stock)
    return f'<span class="badge">{escape(describe_stock(product.stock))}</span>' if told else ""


def _facts(product: Product, *, show_match: bool) -> str:
    price = format_price(product.price, product.currency)
    parts = [f'<span class="price">{escape(price)}</span>' if price else ""]
    if product.color:
        name, swatch = escape(label_of(product.color)), swatch_of(product.color)
        parts.append(f'<span class="dot" style="background:{swatch}" role="img" aria-label="{name}"></span>')
    if show_match and isinstance(product, Hit) and product.relevance is not None:
        match = say("{share} match", share=format_share(product.relevance))
        parts.append(f'<span class="match">{escape(match)}</span>')
    facts = f'<p class="facts">{"".join(parts)}</p>'
    return facts + _why(product)


def _why(product: Product) -> str:
    reasons = reasons_of(product) if isinstance(product, Hit) else []
    return f'<p class="why">{escape(reasons[0])}</p>' if reasons else ""
