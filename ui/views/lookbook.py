"""The lookbook: pictures of outfits from words."""

import streamlit as st

from ui import session
from ui.looks import Look
from ui.stylist_answers import ASPECT_RATIOS, MOST_PICTURES, MOST_PROMPT, ImageRequest
from ui.widgets.pictures import show_pictures
from ui.widgets.text import escape

_STATE = "looks"
_MOST_LOOKS = 12
_EXAMPLE = "A linen suit in sand with a white shirt, on a terrace by the sea"


def show_lookbook() -> None:
    """The page."""
    st.html(
        '<h1>Lookbook</h1><p class="muted">Describe a look and see it. The pictures are made by AI: '
        "they show an idea, not the pieces of the shop.</p>"
    )
    _ask_words()
    looks: list[Look] = st.session_state.get(_STATE, [])
    for position, look in enumerate(looks):
        _show_look(look, len(looks) - position)
    # Only when all of the page is there: what has to be made next, oldest wish first.
    waiting = next((look for look in reversed(looks) if look.waits), None)
    if waiting:
        waiting.make(session.get_client())
        st.rerun()


def _ask_words() -> None:
    with st.form("wish", border=False):
        st.text_area(
            "Your look in words", key="wish-words", placeholder=_EXAMPLE, max_chars=MOST_PROMPT, height=100
        )
        with st.container(key="wish-bar", horizontal=True, vertical_alignment="bottom"):
            st.segmented_control(
                "Shape",
                list(ASPECT_RATIOS),
                format_func=ASPECT_RATIOS.__getitem__,
                default="2:3",
                required=True,
                key="wish-shape",
            )
            st.segmented_control(
                "Pictures", range(1, MOST_PICTURES + 1), default=1, required=True, key="wish-count"
            )
            st.form_submit_button(
                "Make it", type="primary", icon=":material/brush:", key="wish-make", on_click=_take_wish
            )
    if st.session_state.pop("wish-missing", False):
        st.warning("Please say in a few words what you would like to see.", icon=":material/edit:")


def _take_wish() -> None:
    words = st.session_state["wish-words"].strip()
    if not words:
        st.session_state["wish-missing"] = True
        return
    request = ImageRequest(
        prompt=words,
        aspect_ratio=st.session_state["wish-shape"] or "2:3",
        count=st.session_state["wish-count"] or 1,
    )
    _begin(Look(request))


def _begin(look: Look) -> None:
    looks: list[Look] = st.session_state.get(_STATE, [])
    st.session_state[_STATE] = [look, *looks][:_MOST_LOOKS]


def _show_look(look: Look, number: int) -> None:
    if not look.waits:
        look.renew(session.get_client())
    # The id, as numbers shift when the oldest look makes room.
    key = f"look-{look.request.request_id}"
    with st.container(key=f"lookbook-{number}"):
        st.html(f'<h2 class="section">{escape(look.request.prompt)}</h2>')
        if look.problem:
            st.html(f'<p role="alert">{escape(look.problem)}</p>')
            st.button("Try again", icon=":material/refresh:", on_click=look.retry, key=f"{key}-retry")
        elif look.waits:
            st.html('<p class="thinking" role="status">Drawing your look. This takes a few seconds…</p>')
        else:
            _show_made(look, key)


def _show_made(look: Look, key: str) -> None:
    show_pictures(look, key)
    missing = look.request.count - len(look.answer.images if look.answer else ())
    if missing > 0:
        st.caption(f"{missing} of the {look.request.count} pictures could not be made.")
    st.button("Draw it anew", icon=":material/autorenew:", on_click=_again, args=(look,), key=f"{key}-again")


def _again(look: Look) -> None:
    _begin(look.again())


show_lookbook()
