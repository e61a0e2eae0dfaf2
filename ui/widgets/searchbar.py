"""The search box and the shopper's photo."""

import hashlib
from dataclasses import replace

import streamlit as st

from ui.photos import Photo, PhotoProblem, prepare_photo
from ui.place import Place, go_to, read_place
from ui.widgets.filters import show_value
from ui.words import say

_MOST_PHOTOS = 5


def show_search_bar(place: Place) -> None:
    """Words on the left, a photo on the right."""
    with st.container(key="search-bar", horizontal=True):
        show_value("q", place.words)
        st.text_input(
            say("What are you looking for?"),
            key="q",
            type="search",
            icon=":material/search:",
            placeholder=say("Red summer dress, striped t-shirt, black shoes…"),
            label_visibility="collapsed",
            max_chars=500,
            on_change=_take_words,
        )
        with st.container(key="photo", width=190):
            # A taken photo is shown beside the results; a new key leaves the uploader empty for the next one.
            key = f"photo-{st.session_state.get('uploads', 0)}"
            st.file_uploader(
                say("Search by photo"),
                type=["jpg", "jpeg", "png", "webp"],
                key=key,
                label_visibility="collapsed",
                on_change=_take_photo,
                args=(key,),
            )
    if problem := st.session_state.pop("photo_problem", None):
        st.warning(problem, icon=":material/broken_image:")
    elif place.photo and chosen_photo(place) is None:
        st.info(say("Please choose your photo again: we do not keep photos."), icon=":material/photo_camera:")


def chosen_photo(place: Place) -> Photo | None:
    """The photo that the address refers to, while this session still has it."""
    return _photos().get(place.photo) if place.photo else None


def _take_words() -> None:
    go_to(replace(read_place(), words=st.session_state["q"].strip(), page=1))


def _take_photo(key: str) -> None:
    upload = st.session_state[key]
    if upload is None:
        return
    st.session_state["uploads"] = st.session_state.get("uploads", 0) + 1
    try:
        photo = prepare_photo(upload.getvalue())
    except PhotoProblem as problem:
        st.session_state["photo_problem"] = str(problem)
        return
    name = hashlib.sha256(photo.data).hexdigest()[:12]
    latest = list(_photos().items())[1 - _MOST_PHOTOS :]
    st.session_state["photos"] = {**dict(latest), name: photo}
    go_to(replace(read_place(), photo=name, like=None, page=1))


def _photos() -> dict[str, Photo]:
    return st.session_state.get("photos", {})
