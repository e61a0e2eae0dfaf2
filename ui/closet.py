"""What the shopper keeps: the bag and looks, as this session knows them."""

import uuid
from collections.abc import Iterable, Sequence

import streamlit as st

from ui import session
from ui.closet_answers import ClosetItem, LookPicture

_STATE = "closet"


def bag() -> tuple[ClosetItem, ...]:
    """The lines of the bag, latest first."""
    return tuple(item for item in _items() if item.kind == "bag")


def looks() -> tuple[ClosetItem, ...]:
    """The saved looks, latest first."""
    return tuple(item for item in _items() if item.kind == "look")


def is_in_bag(product_id: str) -> bool:
    """Whether the shopper means to buy it."""
    return any(line.item_id == product_id for line in bag())


def put_in_bag(product_ids: Iterable[str]) -> None:
    """Puts in all that are not there yet. For callbacks."""
    for each in dict.fromkeys(product_ids):
        if not is_in_bag(each):
            _add(session.get_client().keep("bag", each))  # type: ignore[attr-defined]


def save_look(product_ids: Sequence[str], name: str, picture: LookPicture | None = None) -> str | None:
    """Keeps an outfit; its id, or None when it was not taken. For callbacks."""
    look = session.get_client().keep(  # type: ignore[attr-defined]
        "look", uuid.uuid4().hex, product_ids=tuple(product_ids), name=name, picture=picture
    )
    _add(look)
    return look.item_id


def find_look(product_ids: Sequence[str]) -> ClosetItem | None:
    """The saved look of just these pieces."""
    return next((look for look in looks() if frozenset(look.product_ids) == frozenset(product_ids)), None)


def _items() -> list[ClosetItem]:
    return st.session_state.setdefault(_STATE, [])


def _add(item: ClosetItem) -> None:
    st.session_state[_STATE] = [item, *_items()]
