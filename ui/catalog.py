"""What the shop has, kept for a minute or two so that pages do not ask for it again at every click."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import streamlit as st

from ui import together
from ui.answers import Capabilities, Product, ProductPage
from ui.bodies import read_pages
from ui.client import StylistClient
from ui.problems import ApiProblem

PAGE_SIZE = 24
TRY_ON, CHAT, CLOSET = "try-on", "chat", "closet"
_OWN_DATA = "profile"
STYLE = frozenset({"interactions", "personalization"})
"""Features of the stack; of those for the shopper's style either will do."""
_LOG = logging.getLogger(__name__)
_NOT_FOUND = 404
_SAMPLE_PAGES = 5
_SAMPLE_SIZE = 100


@dataclass(frozen=True, slots=True)
class Facets:
    """What shoppers can filter by: only what the catalogue really knows."""

    categories: tuple[str, ...]
    colors: tuple[str, ...]
    highest_price: float | None
    currency: str | None
    knows_stock: bool
    faces: Mapping[str, Product]
    """A product with a picture for each category that has one."""


@st.cache_data(ttl=300, show_spinner=False)
def load_facets(_client: StylistClient) -> Facets:
    """Facets of the first 500 products."""
    pages = read_pages(lambda cursor: _client.products(cursor=cursor, limit=_SAMPLE_SIZE), _SAMPLE_PAGES)
    return facets_of([product for page in pages for product in page.products])


def facets_of(products: list[Product]) -> Facets:
    """Categories and colours by name, the highest price with its currency, and whether stock is known."""
    priced = [product for product in products if product.price]
    dearest = max(priced, key=lambda product: product.price or 0, default=None)
    return Facets(
        categories=tuple(sorted({product.category for product in products if product.category})),
        colors=tuple(sorted({product.color for product in products if product.color})),
        highest_price=dearest.price if dearest else None,
        currency=dearest.currency if dearest else None,
        knows_stock=any(product.stock is not None for product in products),
        faces={
            product.category: product
            for product in reversed(products)
            if product.category and product.image_url
        },
    )


@st.cache_data(ttl=60, show_spinner=False)
def load_page(_client: StylistClient, category: str | None, cursor: str | None) -> ProductPage:
    """A page of the catalogue."""
    return _client.products(category=category, cursor=cursor, limit=PAGE_SIZE)


def browse(client: StylistClient, category: str | None, pages: int) -> tuple[list[Product], bool]:
    """The first pages (at least one) of the catalogue and whether there are more."""
    read = list(read_pages(lambda cursor: load_page(client, category, cursor), pages))
    return [product for page in read for product in page.products], read[-1].cursor is not None


@st.cache_data(ttl=120, show_spinner=False)
def load_product(_client: StylistClient, product_id: str) -> Product | None:
    """A product, or None when it has left the shop."""
    try:
        return _client.product(product_id)
    except ApiProblem as problem:
        if problem.status == _NOT_FOUND:
            return None
        raise


def load_products(client: StylistClient, product_ids: Sequence[str]) -> dict[str, Product]:
    """Products by id in the order asked for, without those that have left the shop."""
    ids = list(dict.fromkeys(product_ids))
    # Side by side: a list takes as long as its slowest product.
    found = together.ask_all([partial(load_product, client, product_id) for product_id in ids])
    return {product.product_id: product for product in found if product}


@st.cache_data(ttl=120, show_spinner=False)
def load_trending(_client: StylistClient, limit: int) -> tuple[Product, ...]:
    """What many shoppers like these days."""
    return _client.trending(limit).products


@st.cache_data(ttl=300, show_spinner=False)
def load_capabilities(_client: StylistClient) -> Capabilities:
    """What the stack can do."""
    return _client.capabilities()


def find_capabilities(client: StylistClient) -> Capabilities:
    """What the stack can do; nothing special when it does not say."""
    try:
        return load_capabilities(client)
    except ApiProblem as problem:
        _LOG.warning("capabilities are not known: %s", problem)
        return Capabilities()


@dataclass(frozen=True, slots=True)
class Features:
    """The parts of the site that need a part of the stack."""

    try_on: bool
    style: bool
    own_data: bool
    closet: bool
    trending: bool
    chat: bool


def find_features(client: StylistClient) -> Features:
    """Which of them there are."""
    names = find_capabilities(client).features
    return Features(
        try_on=TRY_ON in names,
        style=not STYLE.isdisjoint(names),
        own_data=_OWN_DATA in names,
        closet=CLOSET in names,
        trending="trending" in names,
        chat=CHAT in names,
    )
