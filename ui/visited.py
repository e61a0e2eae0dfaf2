"""The pieces that the shopper looked at in this visit."""

import streamlit as st

_STATE = "visited"
_MOST = 24


def note_visit(product_id: str) -> None:
    """Remembers a piece, the latest first."""
    others = [each for each in visited() if each != product_id]
    st.session_state[_STATE] = (product_id, *others)[:_MOST]


def visited() -> tuple[str, ...]:
    """Ids of the pieces, the latest first."""
    return st.session_state.get(_STATE, ())


def forget() -> None:
    """Remembers none of them."""
    st.session_state.pop(_STATE, None)
