"""All looks that there were, and some of them side by side."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import streamlit as st

from ui import session
from ui.fitting import FittingRoom, open_room
from ui.fitting_place import MOST_COMPARED, FittingPlace, go_to_fitting, read_fitting_place
from ui.widgets import cards
from ui.widgets.fitting_looks import NamedJob, frame_look
from ui.widgets.text import describe_moment, escape
from ui.words import say


def show_compared_head(close: Callable[[], None]) -> None:
    """The heading of what stands side by side, and the way to end it."""
    with st.container(horizontal=True, vertical_alignment="center", key="compared-head"):
        st.html(f'<h2 class="section">{escape(say("Side by side"))}</h2>')
        st.button(
            say("Close the comparison"),
            icon=":material/close:",
            type="tertiary",
            key="close-compared",
            on_click=close,
        )


def show_compared(looks: Sequence[NamedJob]) -> None:
    """Looks side by side."""
    show_compared_head(_close)
    grid = st.grid(columns=len(looks), gap="medium", key=f"side-by-side-{len(looks)}")
    for look in looks:
        with grid.cell(), st.container(key=f"compared-look-{look.job.job_id}", gap="xsmall"):
            total = cards.total_price(look.pieces)
            st.html(
                frame_look(look)
                + f'<p class="small">{escape(look.words)}<br><strong>{escape(total)}</strong></p>'
            )
            with st.container(horizontal=True, gap="xsmall"):
                st.button(
                    say("Choose this one"),
                    key=f"choose-{look.job.job_id}",
                    on_click=_choose,
                    args=(look.job.job_id,),
                )
                st.button(
                    say("Leave out {pieces}", pieces=look.words),
                    icon=":material/close:",
                    type="tertiary",
                    key=f"leave-{look.job.job_id}-icon",
                    on_click=_leave_out,
                    args=(look.job.job_id,),
                )


def show_history(room: FittingRoom, place: FittingPlace, looks: Sequence[NamedJob]) -> None:
    """All looks, newest first."""
    st.html(f'<h2 class="section">{escape(say("Your looks"))}</h2>')
    grid = st.grid(min_column_width=150, gap="medium", key="history")
    for look in looks:
        with grid.cell(), st.container(key=f"look-card-{look.job.job_id}", gap="xsmall"):
            _show_card(look, place)
    if room.cursor:
        st.button(say("Older looks"), key="older-looks", on_click=_show_older)


def _show_card(look: NamedJob, place: FittingPlace) -> None:
    job = look.job
    day = describe_moment(job.created_at)
    st.html(
        frame_look(look)
        + f'<p class="small two-lines">{escape(look.words)}</p><p class="small muted">{escape(day)}</p>'
    )
    st.button(
        say("Shown above") if job.job_id == place.look else say("Show"),
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
        st.checkbox(say("Compare"), key=key, on_change=_compare, args=(job.job_id,), disabled=full)


def _show(job_id: str) -> None:
    go_to_fitting(replace(read_fitting_place(), look=job_id))


def _choose(job_id: str) -> None:
    go_to_fitting(replace(read_fitting_place(), look=job_id, compared=()))


def _close() -> None:
    go_to_fitting(replace(read_fitting_place(), compared=()))


def _leave_out(job_id: str) -> None:
    place = read_fitting_place()
    go_to_fitting(replace(place, compared=tuple(each for each in place.compared if each != job_id)))


def _compare(job_id: str) -> None:
    place = read_fitting_place()
    others = tuple(each for each in place.compared if each != job_id)
    chosen = st.session_state[f"compare-{job_id}"]
    go_to_fitting(replace(place, compared=(*others, job_id) if chosen else others))


def _show_older() -> None:
    open_room().show_more(session.get_client())
