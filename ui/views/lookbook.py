"""The lookbook: pictures of outfits from words, and all pictures that there were."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ui import catalog, session
from ui.album import draw_again, open_album
from ui.answers import Product
from ui.closet_answers import LookPicture
from ui.looks import Look
from ui.problems import ApiProblem, unless_gone
from ui.stylist_answers import (
    ASPECT_RATIOS,
    MOST_PICTURES,
    MOST_PROMPT,
    AlbumPicture,
    ImageRequest,
    MadePicture,
)
from ui.widgets import next_steps
from ui.widgets.look_history import show_compared_head
from ui.widgets.pictures import frame_picture, show_delete, show_making, show_pictures
from ui.widgets.text import describe_moment, escape
from ui.words import later, say

_STATE = "looks"
_COMPARED = "lookbook-compared"
_MOST_LOOKS = 12
_MOST_COMPARED = 4
EXAMPLES = {
    later("Terrace by the sea"): later("A linen suit in sand with a white shirt, on a terrace by the sea"),
    later("City in the rain"): later("A navy trench coat over a grey jumper, on a city street in the rain"),
    later("Garden party"): later("A flowing green midi dress with a straw hat, at a garden party"),
    later("Office, relaxed"): later("Black trousers, a cream blouse and loafers, in a bright office"),
}
"""What may be pictured, by its short name."""


def show_lookbook() -> None:
    """The page."""
    lead = say(
        "Describe a look and see it. AI makes the pictures: they show an idea, not the pieces of the shop."
    )
    st.html(f'<h1>{escape(say("Lookbook"))}</h1><p class="muted">{escape(lead)}</p>')
    looks: list[Look] = st.session_state.get(_STATE, [])
    _ask_words()
    _show_compared(looks)
    pending: list[tuple[DeltaGenerator, Look]] = []
    for position, look in enumerate(looks):
        place = _show_look(look, len(looks) - position)
        if look.waits:
            pending.append((place, look))
    _show_album(looks)
    # Only when all of the page is there: what has to be made next, oldest wish first.
    for place, look in reversed(pending):
        _make(place, look, begins=True)
        st.rerun()


def _ask_words() -> None:
    with st.container(key="examples", horizontal=True, gap="xsmall"):
        for name, prompt in EXAMPLES.items():
            st.button(
                say(name),
                icon=":material/auto_awesome:",
                key=f"example-{name}",
                on_click=_try,
                args=(prompt,),
            )
    with st.form("wish", border=False):
        st.text_area(
            say("Your look in words"),
            key="wish-words",
            placeholder=say(next(iter(EXAMPLES.values()))),
            max_chars=MOST_PROMPT,
            height=100,
        )
        with st.container(key="wish-bar", horizontal=True, vertical_alignment="bottom"):
            st.segmented_control(
                say("Shape"),
                list(ASPECT_RATIOS),
                format_func=lambda ratio: say(ASPECT_RATIOS[ratio]),
                default="2:3",
                required=True,
                key="wish-shape",
            )
            st.segmented_control(
                say("Pictures"), range(1, MOST_PICTURES + 1), default=1, required=True, key="wish-count"
            )
            st.form_submit_button(
                say("Make it"), type="primary", icon=":material/brush:", key="wish-make", on_click=_take_wish
            )
    if st.session_state.pop("wish-missing", False):
        st.warning(say("Please say in a few words what you would like to see."), icon=":material/edit:")


def _try(prompt: str) -> None:
    """Has an example made; its words stand in the box, to be changed."""
    st.session_state["wish-words"] = say(prompt)
    _take_wish()


def _take_wish() -> None:
    words = st.session_state["wish-words"].strip()
    if not words:
        st.session_state["wish-missing"] = True
        return
    request = ImageRequest(
        prompt=words,
        aspect_ratio=st.session_state.get("wish-shape") or "2:3",
        count=st.session_state.get("wish-count") or 1,
    )
    _begin(Look(request))


def _begin(look: Look) -> None:
    looks: list[Look] = [look, *st.session_state.get(_STATE, [])]
    if len(looks) > _MOST_LOOKS:
        open_album().is_read = False  # what makes room is found there
    st.session_state[_STATE] = looks[:_MOST_LOOKS]


def _key(look: Look) -> str:
    # The id, as numbers shift when the oldest look makes room.
    return f"look-{look.request.request_id}"


def _show_look(look: Look, number: int) -> DeltaGenerator:
    """A wish and what came of it; the place for that."""
    if not look.waits:
        look.renew(session.get_client())
    with st.container(key=f"lookbook-{number}"):
        st.html(f'<h2 class="section">{escape(look.request.prompt)}</h2>')
        place = st.empty()
        if look.waits:
            _make(place, look, begins=False)
        else:
            with place.container():
                _show_made(look)
    return place


def _make(place: DeltaGenerator, look: Look, *, begins: bool) -> None:
    with place.container():
        key = _key(look) if begins else f"{_key(look)}-next"
        show_making(look, key, say("Drawing your look"), begins=begins)


def _show_made(look: Look) -> None:
    key = _key(look)
    if look.problem:
        st.html(f'<p role="alert">{escape(say(look.problem))}</p>')
        st.button(say("Try again"), icon=":material/refresh:", on_click=look.retry, key=f"{key}-retry")
        return
    show_pictures(look, key, _show_actions)
    if look.missing > 0:
        words = say(
            "{missing} of the {count} pictures could not be made.",
            missing=look.missing,
            count=look.request.count,
        )
        st.caption(words)
    st.button(
        say("Draw it anew"), icon=":material/autorenew:", on_click=_again, args=(look,), key=f"{key}-again"
    )


def _show_actions(image: MadePicture, key: str) -> None:
    if image.image_id:
        _show_compare(image.image_id, key)
        show_delete(image.image_id, _delete)


def _show_compare(image_id: str, key: str) -> None:
    compared = _compared()
    chosen = image_id in compared
    st.button(
        say("Compared") if chosen else say("Compare"),
        icon=":material/check:" if chosen else ":material/view_column_2:",
        type="tertiary",
        key=f"{key}-compare",
        on_click=_toggle_compared,
        args=(image_id,),
        disabled=not chosen and len(compared) >= _MOST_COMPARED,
    )


def _compared() -> tuple[str, ...]:
    return st.session_state.get(_COMPARED, ())


def _toggle_compared(image_id: str) -> None:
    others = tuple(each for each in _compared() if each != image_id)
    st.session_state[_COMPARED] = others if image_id in _compared() else (*others, image_id)


def _show_compared(looks: list[Look]) -> None:
    """The chosen pictures, side by side."""
    found: dict[str, tuple[MadePicture, str, str]] = {}
    for look in looks:
        for image in look.answer.images if look.answer else ():
            found[image.image_id or ""] = (image, look.request.prompt, look.request.aspect_ratio)
    for picture in open_album().pictures:
        found[picture.image_id or ""] = (picture, picture.prompt, picture.aspect_ratio)
    chosen = [found[each] for each in _compared() if each in found]
    if not chosen:
        st.empty()
        return
    with st.container(key="lookbook-side-by-side"):
        show_compared_head(_close_compared)
        if len(chosen) == 1:
            st.html(
                f'<p class="muted" role="status">{escape(say("Choose one more picture to compare."))}</p>'
            )
        grid = st.grid(columns=max(len(chosen), 2), gap="medium", key=f"side-by-side-{max(len(chosen), 2)}")
        for image, words, ratio in chosen:
            with grid.cell():
                st.html(frame_picture(image, words, ratio) + f'<p class="wish small">{escape(words)}</p>')


def _close_compared() -> None:
    st.session_state[_COMPARED] = ()


def _again(look: Look) -> None:
    _begin(look.again())


def _show_album(looks: list[Look]) -> None:
    """The pictures from earlier on, but for those that stand above."""
    album = open_album()
    album.refresh(session.get_client())
    shown = {image.image_id for look in looks if look.answer for image in look.answer.images}
    earlier = [picture for picture in album.pictures if picture.image_id not in shown]
    if earlier:
        # Side by side for all of them, before each one asks for its own.
        ids = [product_id for picture in earlier for product_id in picture.product_ids]
        catalog.load_products(session.get_client(), ids)
        st.html(f'<h2 class="section">{escape(say("Earlier pictures"))}</h2>')
        grid = st.grid(min_column_width=220, gap="medium", key="album")
        for picture in earlier:
            with grid.cell(), st.container(key=f"album-picture-{picture.image_id}", gap="xsmall"):
                _show_earlier(picture)
    elif not looks and not album.problem:
        title, words = (
            say("Your lookbook is empty"),
            say("Choose an example above, or describe a look of your own. Pictures stay here for a week."),
        )
        st.html(f'<div class="message"><h2>{escape(title)}</h2><p>{escape(words)}</p></div>')
    if album.problem:
        st.html(f'<p role="alert">{escape(say(album.problem))}</p>')
        st.button(say("Try again"), icon=":material/refresh:", key="album-retry")
    elif album.cursor:
        st.button(say("Show more"), key="album-more", on_click=_show_more)


def _show_earlier(picture: AlbumPicture) -> None:
    st.html(f'<div class="album-frame">{frame_picture(picture, picture.prompt, picture.aspect_ratio)}</div>')
    pieces = _find_pieces(picture)
    words = picture.prompt
    if pieces:
        words = ", ".join(piece.title for piece in pieces)
    day = describe_moment(picture.made_at)
    st.html(f'<p class="wish two-lines">{escape(words)}</p><p class="small muted">{escape(day)}</p>')
    key = f"earlier-{picture.image_id}"
    if pieces and picture.image_id:
        with st.container(horizontal=True, gap="xsmall", key=f"next-{key}"):
            next_steps.show_try_on(pieces, f"next-{key}")
            ids = [piece.product_id for piece in pieces]
            kept = LookPicture(kind="image", id=picture.image_id)
            next_steps.show_save(ids, next_steps.name_outfit(pieces), f"next-{key}", kept)
    with st.container(horizontal=True, gap="xsmall", key=key):
        st.button(
            say("Draw it anew"),
            icon=":material/autorenew:",
            type="tertiary",
            on_click=_begin_again,
            args=(picture,),
            key=f"redraw-{picture.image_id}",
        )
        if picture.image_id:
            _show_compare(picture.image_id, key)
            show_delete(picture.image_id, _delete)


def _find_pieces(picture: AlbumPicture) -> list[Product]:
    """The pieces of the outfit that a picture shows, as far as the shop still has them."""
    return list(catalog.load_products(session.get_client(), picture.product_ids).values())


def _begin_again(picture: AlbumPicture) -> None:
    _begin(draw_again(picture))


def _show_more() -> None:
    open_album().read_more(session.get_client())


def _delete(image_id: str) -> None:
    """Deletes a picture, wherever on the page it stands; one that is gone already is no problem."""
    try:
        unless_gone(lambda: session.get_client().delete_image(image_id))
    except ApiProblem:
        st.toast(say("The picture could not be deleted. Please try again later."))
        return
    open_album().forget(image_id)
    looks: list[Look] = st.session_state.get(_STATE, [])
    for look in looks:
        look.drop(image_id)
    st.session_state[_STATE] = [look for look in looks if not look.is_empty]
    st.session_state[_COMPARED] = tuple(each for each in _compared() if each != image_id)


show_lookbook()
