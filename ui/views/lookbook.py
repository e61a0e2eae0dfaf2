"""The lookbook: pictures of outfits from words."""

import streamlit as st

from ui import session
from ui.album import draw_again, open_album
from ui.looks import Look
from ui.problems import ApiProblem
from ui.stylist_answers import ASPECT_RATIOS, MOST_PICTURES, MOST_PROMPT, AlbumPicture, ImageRequest
from ui.widgets.pictures import frame_picture, show_delete, show_pictures
from ui.widgets.text import describe_day, escape

_STATE = "looks"
_MOST_LOOKS = 12
_NOT_FOUND = 404
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
    _show_album(looks)
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
    looks: list[Look] = [look, *st.session_state.get(_STATE, [])]
    if len(looks) > _MOST_LOOKS:
        open_album().is_read = False  # what makes room is found there
    st.session_state[_STATE] = looks[:_MOST_LOOKS]


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
    show_pictures(look, key, _delete)
    missing = look.missing
    if missing > 0:
        st.caption(f"{missing} of the {look.request.count} pictures could not be made.")
    st.button("Draw it anew", icon=":material/autorenew:", on_click=_again, args=(look,), key=f"{key}-again")


def _again(look: Look) -> None:
    _begin(look.again())


def _show_album(looks: list[Look]) -> None:
    """The pictures from earlier on, but for those that stand above."""
    album = open_album()
    album.refresh(session.get_client())
    shown = {image.image_id for look in looks if look.answer for image in look.answer.images}
    earlier = [picture for picture in album.pictures if picture.image_id not in shown]
    if earlier:
        st.html('<h2 class="section">Earlier pictures</h2>')
        grid = st.grid(min_column_width=200, gap="medium", key="album")
        for picture in earlier:
            with grid.cell():
                _show_earlier(picture)
    if album.problem:
        st.html(f'<p role="alert">{escape(album.problem)}</p>')
        st.button("Try again", icon=":material/refresh:", key="album-retry")
    elif album.cursor:
        st.button("Show more", key="album-more", on_click=_show_more)


def _show_earlier(picture: AlbumPicture) -> None:
    st.html(frame_picture(picture, picture.prompt, picture.aspect_ratio))
    day = describe_day(picture.made_at.date().isoformat()) if picture.made_at else ""
    st.html(f'<p class="wish">{escape(picture.prompt)}</p><p class="muted">{escape(day)}</p>')
    with st.container(horizontal=True, key=f"earlier-{picture.image_id}"):
        st.button(
            "Draw it anew",
            icon=":material/autorenew:",
            type="tertiary",
            on_click=_begin_again,
            args=(picture,),
            key=f"redraw-{picture.image_id}",
        )
        if picture.image_id:
            show_delete(picture.image_id, _delete)


def _begin_again(picture: AlbumPicture) -> None:
    _begin(draw_again(picture))


def _show_more() -> None:
    open_album().read_more(session.get_client())


def _delete(image_id: str) -> None:
    """Deletes a picture, wherever on the page it stands; one that is gone already is no problem."""
    try:
        session.get_client().delete_image(image_id)
    except ApiProblem as problem:
        if problem.status != _NOT_FOUND:
            st.toast("The picture could not be deleted. Please try again later.")
            return
    open_album().forget(image_id)
    looks: list[Look] = st.session_state.get(_STATE, [])
    for look in looks:
        look.drop(image_id)
    st.session_state[_STATE] = [look for look in looks if not look.is_empty]


show_lookbook()
