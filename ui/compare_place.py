"""Which pieces the shopper compares: the address of the page tells; before that, the session remembers."""

from collections.abc import Iterable

import streamlit as st

MOST_COMPARED = 4
_LONGEST_ID = 100
_CHOSEN = "compare_chosen"


def read_compared() -> tuple[str, ...]:
    """Ids of the pieces that the address names."""
    given = (value[:_LONGEST_ID] for value in st.query_params.get_all("id") if value)
    return tuple(dict.fromkeys(given))[:MOST_COMPARED]


def compare_address(product_ids: Iterable[str]) -> dict[str, list[str]]:
    """Query parameters of the page with these pieces, the latest of them when there are too many."""
    return {"id": list(dict.fromkeys(product_ids))[-MOST_COMPARED:]}


def chosen() -> tuple[str, ...]:
    """Ids of the pieces that were chosen for a comparison."""
    return st.session_state.get(_CHOSEN, ())


def choose(product_id: str) -> tuple[str, ...]:
    """The chosen pieces with one more, which are remembered."""
    remember(chosen_with(product_id))
    return chosen()


def chosen_with(product_id: str) -> tuple[str, ...]:
    """Ids of the chosen pieces with one more, which comes last."""
    return (*(each for each in chosen() if each != product_id), product_id)


def remember(product_ids: Iterable[str]) -> None:
    """The pieces that are compared now."""
    st.session_state[_CHOSEN] = tuple(product_ids)[-MOST_COMPARED:]
