"""What the shopper keeps and turns down; favourites and the bag outlive a reload, and the API hears of it."""

import re

import streamlit as st

from ui import keepsakes, signals

_KEPT, _BAG, _REFUSED = "hearts", "bag", "refused"
_MOST = 60
_SEPARATOR = "."
_ID = re.compile(r"[A-Za-z0-9_~-]{1,30}")


def kept() -> tuple[str, ...]:
    """Ids of the favourites, latest first."""
    return _read(_KEPT)


def bag() -> tuple[str, ...]:
    """Ids of what the shopper means to buy, latest first."""
    return _read(_BAG)


def is_kept(product_id: str) -> bool:
    """Whether it is a favourite."""
    return product_id in kept()


def is_in_bag(product_id: str) -> bool:
    """Whether the shopper means to buy it."""
    return product_id in bag()


def is_refused(product_id: str) -> bool:
    """Whether it was turned down in this visit."""
    return product_id in st.session_state.get(_REFUSED, frozenset())


def toggle_kept(product_id: str) -> None:
    """Keeps it, or not any more. For callbacks."""
    if _toggle(_KEPT, product_id):
        _set_refused(product_id, refused=False)
        signals.note(product_id, "favorite")


def toggle_bag(product_id: str) -> None:
    """Puts it into the bag or out of it. For callbacks."""
    if _toggle(_BAG, product_id):
        signals.note(product_id, "cart")


def toggle_refused(product_id: str) -> None:
    """Turns it down, or not any more; nothing that is turned down stays a favourite. For callbacks."""
    refused = not is_refused(product_id)
    _set_refused(product_id, refused=refused)
    if refused:
        if is_kept(product_id):
            _toggle(_KEPT, product_id)
        signals.note(product_id, "dislike")


def forget() -> None:
    """Empties the favourites and the bag."""
    for name in (_KEPT, _BAG):
        st.session_state[name] = ()
        keepsakes.keep(name, "")
    st.session_state.pop(_REFUSED, None)


def _toggle(name: str, product_id: str) -> bool:
    """Whether it is in now."""
    others = tuple(each for each in _read(name) if each != product_id)
    added = product_id not in _read(name)
    ids = (product_id, *others)[:_MOST] if added else others
    st.session_state[name] = ids
    # A cookie holds ids of this form only; others are kept for this visit.
    keepsakes.keep(name, _SEPARATOR.join(each for each in ids if _ID.fullmatch(each)))
    return added


def _read(name: str) -> tuple[str, ...]:
    if name not in st.session_state:
        words = keepsakes.read(name).split(_SEPARATOR)
        st.session_state[name] = tuple(each for each in words if _ID.fullmatch(each))[:_MOST]
    return st.session_state[name]


def _set_refused(product_id: str, *, refused: bool) -> None:
    known: frozenset[str] = st.session_state.get(_REFUSED, frozenset())
    st.session_state[_REFUSED] = known | {product_id} if refused else known - {product_id}
