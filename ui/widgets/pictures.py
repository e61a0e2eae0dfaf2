"""Pictures that a model made, always labelled as such, in frames that have their shape from the first."""

import base64
from collections.abc import Callable

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ui import session
from ui.client import StylistClient
from ui.looks import Look
from ui.stylist_answers import MadePicture
from ui.widgets.making import frame_making, make_with_progress
from ui.widgets.text import escape, is_web_address
from ui.words import say

_SUFFIXES = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}
_ROOM = '<div class="actions-room" aria-hidden="true"></div>'

ShowActions = Callable[[MadePicture, str], None]
"""Shows what can be done with a picture; the text is the beginning of the keys."""


def show_making(look: Look, key: str, words: str, *, begins: bool) -> None:
    """The frames of pictures that are to be made; with `begins` they are made now, before one's eyes."""
    shape = shape_of(look.request.aspect_ratio)
    grid = st.grid(min_column_width=260, gap="medium", key=f"{key}-making")
    places: list[DeltaGenerator] = []
    for _ in range(look.request.count):
        with grid.cell():
            place = st.empty()
            place.html(frame_making("", shape))
            st.html(_ROOM)
            places.append(place)
    if begins:
        client = session.get_client()
        make_with_progress(
            lambda: look.make(client),
            lambda inside: places[0].html(frame_making(inside, shape)),
            kind="picture",
            count=look.request.count,
            words=words,
        )


def show_pictures(look: Look, key: str, show_actions: ShowActions | None = None) -> None:
    """The pictures of a look, side by side, each with a way to keep its file and what else can be done."""
    if look.answer is None:
        return
    grid = st.grid(min_column_width=260, gap="medium", key=f"{key}-pictures")
    for position, image in enumerate(look.answer.images):
        with grid.cell():
            st.html(frame_picture(image, look.request.prompt, look.request.aspect_ratio))
            with st.container(horizontal=True, gap="xsmall", key=f"{key}-{position}-actions"):
                _show_download(look, position, f"{key}-{position}")
                if show_actions:
                    show_actions(image, f"{key}-{position}")


def show_delete(image_id: str, on_delete: Callable[[str], None]) -> None:
    """A button that deletes a picture."""
    st.button(
        say("Delete"),
        icon=":material/delete:",
        type="tertiary",
        on_click=on_delete,
        args=(image_id,),
        key=f"delete-{image_id}-icon",
    )


def frame_picture(image: MadePicture, words: str, aspect_ratio: str) -> str:
    """HTML of a picture with its label; its frame has the shape of the picture before that is there."""
    shape = shape_of(aspect_ratio)
    source = image.url if is_web_address(image.url) else None
    if image.base64 and image.content_type in _SUFFIXES:
        source = f"data:{image.content_type};base64,{image.base64}"
    if source is None:
        label = escape(say("No picture yet"))
        return f'<div class="made blank" role="img" aria-label="{label}" style="aspect-ratio:{shape}"></div>'
    alt = escape(say("Made by AI: {words}", words=words))
    return (
        f'<figure class="made" style="aspect-ratio:{shape}">'
        f'<img src="{escape(source)}" alt="{alt}" decoding="async">'
        f'<figcaption class="badge">{escape(say("AI-made"))}</figcaption></figure>'
    )


def shape_of(aspect_ratio: str) -> str:
    """`2:3` as CSS has it."""
    width, _, height = aspect_ratio.partition(":")
    return f"{int(width)}/{int(height)}"


def _show_download(look: Look, position: int, key: str) -> None:
    client = session.get_client()
    kind = look.answer.images[position].content_type if look.answer else ""
    st.download_button(
        say("Download"),
        # The file is fetched when it is wanted; until then the session holds addresses only.
        lambda: _read_file(client, look, position),
        file_name=f"ai-made-look-{position + 1}.{_SUFFIXES.get(kind, 'png')}",
        mime=kind or None,
        icon=":material/download:",
        key=f"{key}-download-icon",
        on_click="ignore",
        type="tertiary",
    )


def _read_file(client: StylistClient, look: Look, position: int) -> bytes:
    return base64.b64decode(look.load_file(client, position).base64 or "")
