"""What is kept of the shopper: to be had as a file, and to be deleted."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from ui import closet, fitting, session, signals, styles
from ui.bodies import read_pages
from ui.client import StylistClient
from ui.problems import ApiProblem
from ui.widgets.text import escape, label_of
from ui.words import later, say, say_many

_MOST_PARTS = 200
_REFUSED = later("Your data could not be deleted.")
_SAID = "erase-said"
_HIDDEN = frozenset({"photo_details", "try_ons", "picture records"})
"""Places whose records describe the files of another place; counting both would count things twice."""


def show_own_data(client: StylistClient) -> None:
    """A file of everything, and the way to delete it."""
    told = say("Photos, looks, conversations and style: everything that is kept of you.")
    st.html(f'<h2 class="section">{escape(say("Your data"))}</h2><p class="muted">{escape(told)}</p>')
    with st.container(key="own-data", horizontal=True):
        st.download_button(
            say("Download my data"),
            lambda: json.dumps(collect(client), indent=2),
            file_name="my-data.json",
            mime="application/json",
            icon=":material/download:",
            key="export",
            on_click="ignore",
        )
        if st.button(say("Delete my data"), icon=":material/delete:", type="tertiary", key="erase-ask"):
            st.dialog(say("Delete my data"))(_confirm)(client)
    if said := st.session_state.pop(_SAID, None):
        st.html(f'<p role="status">{escape(said)}</p>')


def collect(client: StylistClient) -> dict[str, list[Any]]:
    """All that is kept, by the name of its place. Raises ApiProblem."""
    found: dict[str, list[Any]] = {}
    for part in read_pages(lambda cursor: client.export(cursor=cursor), _MOST_PARTS):
        for name, kept in part.data.items():
            found.setdefault(name, []).extend(kept if isinstance(kept, list) else [kept])
    return found


def describe_amounts(found: Mapping[str, Sequence[Any]]) -> list[str]:
    """What is kept in words, such as "3 photos"; places without anything are left out."""
    counts = {name: len(kept) for name, kept in found.items() if kept and name not in _HIDDEN}
    return [_describe_amount(name, count) for name, count in counts.items()]


def _describe_amount(name: str, count: int) -> str:
    match name:
        case "profile":
            return say("What the stylist remembers of you")
        case "sessions":
            return say_many("{count} conversation", "{count} conversations", count)
        case "photos":
            return say_many("{count} photo of you", "{count} photos of you", count)
        case "looks":
            return say_many("{count} try-on", "{count} try-ons", count)
        case "pictures":
            return say_many("{count} picture from the lookbook", "{count} pictures from the lookbook", count)
        case "style":
            return say("Your style, and what it was learned from")
        case "closet":
            return say_many(
                "{count} piece or look that you saved", "{count} pieces and looks that you saved", count
            )
        case _:
            return say("{name}: {count}", name=label_of(name), count=count)


def _confirm(client: StylistClient) -> None:
    """Says what goes, and asks; closes itself when it is gone."""
    if _SAID in st.session_state:
        st.rerun()
    try:
        amounts = describe_amounts(collect(client))
    except ApiProblem:
        amounts = []
    told = (
        say("This is deleted for good:") if amounts else say("All that is kept of you is deleted for good.")
    )
    rows = "".join(f"<li>{escape(each)}</li>" for each in amounts)
    stays = say("Your account itself stays.")
    st.html(f'<p>{escape(told)}</p><ul class="plain">{rows}</ul><p class="muted">{escape(stays)}</p>')
    with st.container(horizontal=True, key="erase-choice"):
        st.button(say("Delete everything"), type="primary", key="erase", on_click=_erase)
        if st.button(say("Keep my data"), key="erase-not"):
            st.rerun()


def _erase() -> None:
    signals.forget()
    try:
        session.get_client().erase()
    except ApiProblem as problem:
        st.session_state[_SAID] = problem.describe(_REFUSED)
        return
    closet.forget()
    fitting.close_room()
    styles.forget_style()
    st.session_state[_SAID] = say("Everything that was kept of you is deleted.")
