"""What is kept of the shopper: to be had as a file, and to be deleted."""

import json
from typing import Any

import streamlit as st

from ui import closet, fitting, session, signals, styles
from ui.client import StylistClient
from ui.problems import ApiProblem

_MOST_PARTS = 200
_REFUSED = "Your data could not be deleted."


def show_own_data(client: StylistClient) -> None:
    """A file of everything, and the way to delete it."""
    st.html(
        '<h2 class="section">Your data</h2><p class="muted">Photos, looks, conversations and style: '
        "everything that is kept of you.</p>"
    )
    with st.container(key="own-data", horizontal=True):
        st.download_button(
            "Download my data",
            lambda: json.dumps(collect(client), indent=2),
            file_name="my-data.json",
            mime="application/json",
            icon=":material/download:",
            key="export",
            on_click="ignore",
        )
        with st.popover("Delete my data", icon=":material/delete:", type="tertiary", key="erase-ask"):
            st.html("<p>All of it is deleted for good. Your account stays.</p>")
            st.button("Delete everything", type="primary", key="erase", on_click=_erase)
    if said := st.session_state.pop("erase-said", None):
        st.html(f'<p role="status">{said}</p>')


def collect(client: StylistClient) -> dict[str, list[Any]]:
    """All that is kept, by the name of its place. Raises ApiProblem."""
    found: dict[str, list[Any]] = {}
    cursor: str | None = None
    for _ in range(_MOST_PARTS):
        part = client.export(cursor=cursor)
        for name, kept in part.data.items():
            found.setdefault(name, []).extend(kept if isinstance(kept, list) else [kept])
        cursor = part.cursor
        if cursor is None:
            break
    return found


def _erase() -> None:
    signals.forget()
    try:
        session.get_client().erase()
    except ApiProblem as problem:
        st.session_state["erase-said"] = problem.describe(_REFUSED)
        return
    closet.forget()
    fitting.close_room()
    styles.forget_style()
    st.session_state["erase-said"] = "Everything that was kept of you is deleted."
