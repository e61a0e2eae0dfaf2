"""Short words about what a click has done, which the next thing that is drawn shows.

A callback must not show them itself: while only a part of a page is drawn again they would take the place of
something else.
"""

import streamlit as st

_STATE = "notices"


def tell(text: str, icon: str) -> None:
    """Has it shown. For callbacks."""
    st.session_state.setdefault(_STATE, []).append((text, icon))


def show() -> None:
    """Shows what there is to tell, once. For pages, and for parts of them that are drawn by themselves."""
    for text, icon in st.session_state.pop(_STATE, []):
        st.toast(text, icon=icon)
