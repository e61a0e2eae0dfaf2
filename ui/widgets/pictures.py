"""Pictures that a model made, always labelled as such."""

import base64
from collections.abc import Callable

import streamlit as st

from ui import session
from ui.client import StylistClient
from ui.looks import Look
from ui.stylist_answers import MadePicture
from ui.widgets.text import escape, is_web_address

_SUFFIXES = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}


def show_pictures(look: Look, key: str, on_delete: Callable[[str], None] | None = None) -> None:
    """The pictures of a look, side by side, each with a way to keep it, and to delete it with `on_delete`."""
    if look.answer is None:
        return
    grid = st.grid(min_column_width=200, gap="medium", key=f"{key}-pictures")
    for position, image in enumerate(look.answer.images):
        with grid.cell():
            st.html(frame_picture(image, look.request.prompt, look.request.aspect_ratio))
            with st.container(horizontal=True, key=f"{key}-{position}-actions"):
                _show_download(look, position, f"{key}-{position}")
                if on_delete and image.image_id:
                    show_delete(image.image_id, on_delete)


def show_delete(image_id: str, on_delete: Callable[[str], None]) -> None:
    """A button that deletes a picture."""
    st.button(
        "Delete",
        icon=":material/delete:",
        type="tertiary",
        on_click=on_delete,
        args=(image_id,),
        key=f"delete-{image_id}",
    )


def frame_picture(image: MadePicture, words: str, aspect_ratio: str) -> str:
    """HTML of a picture with its label; its frame has the shape of the picture before that is there."""
    source = image.url if is_web_address(image.url) else None
    if image.base64 and image.content_type in _SUFFIXES:
        source = f"data:{image.content_type};base64,{image.base64}"
    if source is None:
        return '<div class="made blank" role="img" aria-label="No picture yet"></div>'
    alt = escape(f"Made by AI: {words}")
    return (
        f'<figure class="made" style="aspect-ratio:{_shape(aspect_ratio)}">'
        f'<img src="{escape(source)}" alt="{alt}" decoding="async">'
        '<figcaption class="badge">AI-made</figcaption></figure>'
    )


def _shape(aspect_ratio: str) -> str:
    width, _, height = aspect_ratio.partition(":")
    return f"{int(width)}/{int(height)}"


def _show_download(look: Look, position: int, key: str) -> None:
    client = session.get_client()
    kind = look.answer.images[position].content_type if look.answer else ""
    st.download_button(
        "Download",
        # The file is fetched when it is wanted; until then the session holds addresses only.
        lambda: _read_file(client, look, position),
        file_name=f"ai-made-look-{position + 1}.{_SUFFIXES.get(kind, 'png')}",
        mime=kind or None,
        icon=":material/download:",
        key=f"{key}-download",
        on_click="ignore",
        type="tertiary",
    )


def _read_file(client: StylistClient, look: Look, position: int) -> bytes:
    return base64.b64decode(look.load_file(client, position).base64 or "")
