"""All looks that there were, and some of them side by side."""

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from ui import session
from ui.fitting import FittingRoom, open_room
from ui.fitting_place import MOST_COMPARED, FittingPlace, go_to_fitting, read_fitting_place
from ui.widgets.fitting_looks import NamedJob, frame_look
from ui.widgets.text import describe_moment, escape


def show_compared(looks: Sequence[NamedJob]) -> None:
    """Looks side by side."""
    st.html('<h2 class="section">Side by side</h2>')
    grid = st.grid(min_column_width=150, gap="medium", key="compared")
    for look in looks:
        with grid.cell():
            st.html(frame_look(look) + f'<p class="small">{escape(look.words)}</p>')


def show_history(room: FittingRoom, place: FittingPlace, looks: Sequence[NamedJob]) -> None:
    """All looks, newest first."""
    st.html('<h2 class="section">Your looks</h2>')
    grid = st.grid(min_column_width=150, gap="medium", key="history")
    for look in looks:
        with grid.cell(), st.container(key=f"look-card-{look.job.job_id}", gap="xsmall"):
            _show_card(look, place)
    if room.cursor:
        st.button("Older looks", key="older-looks", on_click=_show_older)


def _show_card(look: NamedJob, place: FittingPlace) -> None:
    job = look.job
    st.html(frame_look(look))
    day = describe_moment(job.created_at)
    st.html(f'<p class="small">{escape(look.words)}<br><span class="muted">{escape(day)}</span></p>')
    st.button(
        "Shown above" if job.job_id == place.look else "Show",
        width="stretch",
        disabled=job.job_id == place.look,
        key=f"show-{job.job_id}",
        on_click=_show,
        args=(job.job_id,),
    )
    if job.status == "completed":
        key = f"compare-{job.job_id}"
        chosen = job.job_id in place.compared
        st.session_state[key] = chosen
        full = len(place.compared) >= MOST_COMPARED and not chosen
        st.checkbox("Compare", key=key, on_change=_compare, args=(job.job_id,), disabled=full)


def _show(job_id: str) -> None:
    go_to_fitting(replace(read_fitting_place(), look=job_id))


def _compare(job_id: str) -> None:
    place = read_fitting_place()
    others = tuple(each for each in place.compared if each != job_id)
    chosen = st.session_state[f"compare-{job_id}"]
    go_to_fitting(replace(place, compared=(*others, job_id) if chosen else others))


def _show_older() -> None:
    open_room().show_more(session.get_client())
