"""The filter bar of the Discover page: it shows the place that the address names, and changes it."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ui.catalog import Facets
from ui.place import Place, go_to, read_place
from ui.widgets.colors import swatch_styles
from ui.widgets.text import escape_markdown, format_price, label_of
from ui.words import say


def open_filters(place: Place, facets: Facets) -> DeltaGenerator:
    """Category, colour, price and stock, as far as the catalogue knows them; the bar, for what follows."""
    _ask_category(place, facets)
    bar = st.container(key="filter-bar", horizontal=True, vertical_alignment="center", gap="xsmall")
    with bar:
        _ask_colors(place, facets)
        _ask_prices(place, facets)
        if facets.knows_stock:
            show_value("stock", place.in_stock)
            st.toggle(say("In stock"), key="stock", on_change=_take_stock)
    return bar


def show_details_choice(place: Place) -> None:
    """Whether the cards tell how well each piece fits a search."""
    show_value("details", place.details)
    st.toggle(say("Show how well each piece matches"), key="details", on_change=_take_details)


def _take_details() -> None:
    go_to(replace(read_place(), details=st.session_state["details"]))


def show_value(key: str, value: Any) -> None:
    """Gives a widget its value before it is drawn, unless it has that value already."""
    if key not in st.session_state or st.session_state[key] != value:
        st.session_state[key] = value


def _ask_category(place: Place, facets: Facets) -> None:
    options = _with_chosen(facets.categories, [place.category] if place.category else [])
    if not options:
        return
    show_value("category", place.category)
    st.pills(
        say("Category"),
        options,
        format_func=_show_word,
        key="category",
        label_visibility="collapsed",
        on_change=_take_category,
    )


def _take_category() -> None:
    go_to(replace(read_place(), category=st.session_state["category"], page=1))


def _ask_colors(place: Place, facets: Facets) -> None:
    options = _with_chosen(facets.colors, place.colors)
    if not options:
        return
    chosen = ", ".join(place.colors)
    label = say("Colour: {chosen}", chosen=escape_markdown(chosen)) if chosen else say("Colour")
    with st.popover(label, key="color-filter"):
        st.html(swatch_styles("color", options))
        show_value("color", list(place.colors))
        st.pills(
            say("Colour"),
            options,
            selection_mode="multi",
            format_func=_show_word,
            key="color",
            on_change=_take_colors,
        )


def _take_colors() -> None:
    go_to(replace(read_place(), colors=tuple(st.session_state["color"]), page=1))


def _ask_prices(place: Place, facets: Facets) -> None:
    if not facets.highest_price:
        return
    top = max(10, math.ceil(facets.highest_price / 10) * 10)
    lowest, highest = min(place.lowest or 0, top), min(place.highest or top, top)
    chosen = (min(lowest, highest), highest)
    with st.popover(_price_label(chosen, top, facets.currency), key="price-filter"):
        show_value("price", chosen)
        st.slider(
            _price_words(facets.currency),
            0,
            top,
            step=5 if top <= 500 else 10,
            key="price",
            on_change=_take_prices,
            args=(top,),
        )


def _take_prices(top: int) -> None:
    lowest, highest = st.session_state["price"]
    go_to(replace(read_place(), lowest=lowest or None, highest=highest if highest < top else None, page=1))


def _price_words(currency: str | None) -> str:
    return say("Price in {currency}", currency=escape_markdown(currency)) if currency else say("Price")


def _price_label(chosen: tuple[int, int], top: int, currency: str | None) -> str:
    if chosen == (0, top):
        return say("Price")
    low, high = (format_price(value, currency).replace(".00", "") for value in chosen)
    return escape_markdown(say("Price: {low} to {high}", low=low, high=high))


def _take_stock() -> None:
    go_to(replace(read_place(), in_stock=st.session_state["stock"], page=1))


def _with_chosen(options: Sequence[str], chosen: Sequence[str]) -> list[str]:
    """The options, and what an address asks for that is not among them."""
    return [*options, *(word for word in chosen if word not in options)]


def _show_word(word: str) -> str:
    return escape_markdown(label_of(word))
