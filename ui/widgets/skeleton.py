"""What stands in the place of products until they are there, in their size."""

import streamlit as st
from streamlit.elements.lib.grid_container import GridContainer

_CARD = (
    '<div class="skeleton" aria-hidden="true"><div class="picture"></div>'
    '<p class="bar-long"></p><p class="bar-short"></p></div>'
)


def show_skeleton_cards(count: int, key: str, *, rail: bool = False) -> None:
    """Frames of cards in the grid of `cards.show_cards`."""
    grid = open_grid(count, key, rail=rail)
    for _ in range(count):
        with grid.cell():
            st.html(_CARD)


def open_grid(count: int, key: str, *, rail: bool = False, min_width: int = 210) -> GridContainer:
    """The grid of cards; a rail is one row that is moved sideways where it does not fit."""
    if rail:
        return st.grid(max(count, 1), wrap=False, min_column_width=180, gap="medium", key=f"{key}-rail")
    return st.grid(min_column_width=min_width, gap="medium", key=key)
