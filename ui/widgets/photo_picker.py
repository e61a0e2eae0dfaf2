"""The shopper's photos in the fitting room: consent, a new one, the choice, and taking them away."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import streamlit as st

from ui import sentences, session
from ui.fitting import FittingRoom, Unsent, open_room
from ui.fitting_answers import ShopperPhoto
from ui.fitting_place import FittingPlace, go_to_fitting, read_fitting_place
from ui.photo_checks import prepare_person
from ui.photos import PhotoProblem
from ui.widgets import figure_picker
from ui.widgets.text import describe_moment, escape, is_web_address
from ui.words import later, say

_CONSENT = later("I am in this photo, or may use it, and agree that it is kept as described.")
_TERMS = (
    later(
        "Your photo is used for one thing: to show clothes on you. Place and camera data are removed before "
        "it is kept. Only you can see it, and it is not used to train anything."
    ),
    later(
        "It is deleted by itself on the day shown beside it, together with the looks made of it. You can "
        "delete it yourself at any time: here, or with everything else on the Account page."
    ),
)
_HINT = later("Best: one person, facing the camera, arms a little away from the body, plain background.")
_WAYS = {"upload": later("Choose a file"), "camera": later("Use the camera")}
_STATES = {"waiting": later("Being checked…"), "refused": later("Not usable"), "ready": later("Ready")}


def show_people(room: FittingRoom, place: FittingPlace, product_ids: Sequence[str]) -> None:
    """Whom the pieces can be put on: the shopper's photos, drawn people, and a way to add a photo.

    Who has no photo finds the drawn people first: with them one click is enough.
    """
    if not room.photos:
        figure_picker.show_figures(room, product_ids)
    else:
        _show_photos(room, place)
        with st.expander(say("On a drawn person"), icon=":material/person:", key="figures-again"):
            figure_picker.show_figures(room, product_ids)
    with st.expander(say("On a photo of your own"), icon=":material/add_a_photo:", key="own-photo"):
        _show_adding(room)


def _show_photos(room: FittingRoom, place: FittingPlace) -> None:
    """The photos, and which of them is in use."""
    if room.photos:
        with st.grid(min_column_width=150, gap="small", key="fitting-photos") as grid:
            for position, photo in enumerate(room.photos):
                with grid.cell():
                    _show_photo(photo, place, position)
    if len(room.photos) > 1:
        _confirm(
            say("Delete all my photos"), say("Delete all photos and looks"), _delete_all, key="delete-photos"
        )


def _show_photo(photo: ShopperPhoto, place: FittingPlace, position: int) -> None:
    chosen = photo.model_id == place.photo
    with st.container(key=f"photo-card-{photo.model_id}", gap="xsmall"):
        st.html(_frame_photo(photo, position, chosen=chosen))
        if photo.status == "ready":
            st.button(
                say("In use") if chosen else say("Use {photo}", photo=_name(photo, position)),
                type="tertiary" if chosen else "secondary",
                icon=":material/check:" if chosen else None,
                width="stretch",
                key=f"use-{photo.model_id}",
                on_click=_use,
                args=(photo.model_id,),
            )
        for advice in photo.advice:
            st.html(f'<p class="advice">{escape(sentences.translate(advice))}</p>')
        _confirm(
            say("Delete {photo}", photo=_name(photo, position)),
            say("Delete photo and looks"),
            _delete,
            key=f"delete-{photo.model_id}",
            argument=photo.model_id,
        )


def _name(photo: ShopperPhoto, position: int) -> str:
    """A drawn person by name, other photos by number."""
    if photo.name in figure_picker.NAMES:
        return photo.name or ""
    return say("photo {number}", number=position + 1)


def _frame_photo(photo: ShopperPhoto, position: int, *, chosen: bool) -> str:
    state = escape(say(_STATES[photo.status]))
    badge = f'<span class="badge">{state}</span>' if photo.status != "ready" else ""
    until = say("Kept until {day}", day=describe_moment(photo.expires_at)) if photo.expires_at else ""
    note = f'<p class="muted small">{escape(until)}</p>' if until else ""
    words = escape(
        photo.name or ""
        if photo.name in figure_picker.NAMES
        else say("Your photo {number}", number=position + 1)
    )
    css = "picture person chosen" if chosen else "picture person"
    if not is_web_address(photo.image_url):
        return f'<div class="{css} blank" role="img" aria-label="{words}">{badge}</div>{note}'
    source = escape(photo.image_url or "")
    return f'<div class="{css}"><img src="{source}" alt="{words}">{badge}</div>{note}'


def _show_adding(room: FittingRoom) -> None:
    terms = "".join(f"<p>{escape(say(term))}</p>" for term in _TERMS)
    st.html(f'<div class="terms">{terms}</div>')
    agreed = st.checkbox(say(_CONSENT), key="fitting-consent")
    way = st.segmented_control(
        say("How"),
        list(_WAYS),
        format_func=lambda name: say(_WAYS[name]),
        default="upload",
        required=True,
        key="fitting-way",
        label_visibility="collapsed",
        disabled=not agreed,
    )
    # A taken photo is shown above; a new key leaves the widget empty for the next one.
    key = f"fitting-{way}-{st.session_state.get('fitting-uploads', 0)}"
    if way == "camera" and agreed:
        st.camera_input(say("Take a photo"), key=key, on_change=_take, args=(key,))
    else:
        st.file_uploader(
            say("A photo of you (JPEG, PNG or WebP)"),
            type=["jpg", "jpeg", "png", "webp"],
            key=key,
            disabled=not agreed,
            on_change=_take,
            args=(key,),
        )
    st.caption(say(_HINT))
    if problem := st.session_state.pop("fitting-photo-problem", None):
        st.warning(problem, icon=":material/broken_image:")
    if room.unsent and not room.unsent.confirmed:
        _show_advice(room.unsent)


def _show_advice(unsent: Unsent) -> None:
    with st.container(key="fitting-advice", border=True):
        st.html(f"<h3>{escape(say('A better photo makes a better look'))}</h3>")
        st.image(unsent.photo.data, width=120, alt=say("The photo that you chose"))
        lines = "".join(f"<li>{escape(sentences.translate(text))}</li>" for text in unsent.advice)
        st.html(f'<ul class="plain">{lines}</ul>')
        with st.container(horizontal=True):
            st.button(say("Use it anyway"), key="fitting-confirm", on_click=_confirm_photo)
            st.button(say("Choose another"), type="primary", key="fitting-discard", on_click=_discard_photo)


def _take(key: str) -> None:
    upload = st.session_state[key]
    if upload is None:
        return
    st.session_state["fitting-uploads"] = st.session_state.get("fitting-uploads", 0) + 1
    try:
        photo, advice = prepare_person(upload.getvalue())
    except PhotoProblem as problem:
        st.session_state["fitting-photo-problem"] = str(problem)
        return
    open_room().unsent = Unsent(photo, advice, confirmed=not advice)


def _confirm_photo() -> None:
    unsent = open_room().unsent
    if unsent:
        unsent.confirmed = True


def _discard_photo() -> None:
    open_room().unsent = None


def _use(model_id: str) -> None:
    go_to_fitting(replace(read_fitting_place(), photo=model_id))


def _delete(model_id: str) -> None:
    open_room().delete_photo(session.get_client(), model_id)
    _leave_what_is_gone()


def _delete_all(_: str) -> None:
    open_room().delete_all_photos(session.get_client())
    _leave_what_is_gone()


def _leave_what_is_gone() -> None:
    place, room = read_fitting_place(), open_room()
    photo = place.photo if room.find_photo(place.photo) else None
    look = place.look if room.find_job(place.look) else None
    compared = tuple(job_id for job_id in place.compared if room.find_job(job_id))
    go_to_fitting(replace(place, photo=photo, look=look, compared=compared))


def _confirm(label: str, action: str, call: Callable[[str], None], *, key: str, argument: str = "") -> None:
    with st.popover(label, type="tertiary", icon=":material/delete:", key=f"{key}-ask"):
        st.html(f"<p>{escape(say('This cannot be undone.'))}</p>")
        st.button(action, type="primary", key=key, on_click=call, args=(argument,))
