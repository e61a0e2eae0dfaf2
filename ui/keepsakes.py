"""Small things that the shopper's own browser keeps over a reload, in cookies of this site."""

import hashlib
import re

import streamlit as st
from streamlit.components.v2 import component

_PREFIX = "stylist-"
_STATE = "keepsakes"
_LONGEST = 2_000
_ALLOWED = re.compile(r"[A-Za-z0-9._~-]*")
_DAYS_180 = 180 * 24 * 3600
_SCRIPT = """
export default function ({ data }) {
  const secure = location.protocol === "https:" ? "; secure" : "";
  for (const [name, [value, seconds]] of Object.entries(data)) {
    const age = value ? (seconds ? "; max-age=" + seconds : "") : "; max-age=0";
    document.cookie = name + "=" + value + age + "; path=/; samesite=lax" + secure;
  }
}
"""
_write = component("stylist.keepsakes", js=_SCRIPT, isolate_styles=False)


def read(name: str, *, shared: bool = False) -> str:
    """What was kept when this visit began, or since; empty when there is nothing."""
    cookie = _cookie(name, shared=shared)
    kept = _kept().get(cookie)
    return kept[0] if kept else st.context.cookies.get(cookie, "")


def keep(name: str, value: str, *, lasting: bool = True, shared: bool = False) -> None:
    """Keeps letters, digits and `._~-`, for half a year or until the browser is closed. For callbacks too.

    What is `shared` belongs to the browser and not to one shopper: it holds before and after signing in.
    Raises ValueError for other characters, which a cookie might not hold, and for over 2,000 of them.
    """
    if len(value) > _LONGEST or not _ALLOWED.fullmatch(value):
        raise ValueError(f"a keepsake holds up to {_LONGEST} letters, digits and ._~-")
    st.session_state[_STATE] = {**_kept(), _cookie(name, shared=shared): (value, _DAYS_180 if lasting else 0)}


def write() -> None:
    """Hands the browser what is to be kept. For the frame of the pages."""
    # Always there, so that what follows keeps its position on the page.
    with st.container(key="keepsakes-place"):
        if not _kept():
            return
        _write(data={name: list(value) for name, value in _kept().items()}, key="keepsakes")


def _kept() -> dict[str, tuple[str, int]]:
    return st.session_state.get(_STATE, {})


def _cookie(name: str, *, shared: bool) -> str:
    """Each shopper has their own, as several may use a browser."""
    if shared:
        return f"{_PREFIX}{name}"
    who = str(st.user.get("sub") or st.user.get("email") or "")
    return f"{_PREFIX}{name}-{hashlib.sha256(who.encode()).hexdigest()[:8]}"
