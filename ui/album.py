"""The pictures that a shopper has from earlier on, as this browser session remembers them page by page."""

from dataclasses import dataclass, field

import streamlit as st

from ui.client import StylistClient
from ui.looks import Look
from ui.problems import ApiProblem
from ui.stylist_answers import AlbumPicture, ImageRequest
from ui.words import later

_STATE = "album"
_UNREADABLE = later("Your earlier pictures cannot be shown right now. Please try again in a moment.")


@dataclass(slots=True)
class Album:
    """What has been read of the album so far; `problem` says in words why there is nothing (more) of it."""

    pictures: list[AlbumPicture] = field(default_factory=list[AlbumPicture])
    cursor: str | None = None
    is_read: bool = False
    problem: str | None = None

    def refresh(self, client: StylistClient) -> None:
        """Reads the newest pictures, at first and whenever the addresses have run out."""
        if self.is_read and all(picture.is_fresh for picture in self.pictures):
            return
        self.pictures, self.cursor = [], None
        self.read_more(client)

    def read_more(self, client: StylistClient) -> None:
        """Reads what follows. Raises ApiProblem only when the shopper has to sign in again."""
        self.problem = None
        try:
            page = client.images(cursor=self.cursor)
        except ApiProblem as problem:
            if problem.session_ended:
                raise
            self.problem = _UNREADABLE
            return
        self.pictures += page.images
        self.cursor, self.is_read = page.cursor, True

    def forget(self, image_id: str) -> None:
        """Leaves a picture out that has been deleted."""
        self.pictures = [picture for picture in self.pictures if picture.image_id != image_id]


def open_album() -> Album:
    """The album of this browser session."""
    found: Album | None = st.session_state.get(_STATE)
    st.session_state[_STATE] = found = found or Album()
    return found


def draw_again(picture: AlbumPicture) -> Look:
    """The wish behind a picture, to be drawn anew; of a conversation's outfit while that is remembered."""
    return Look(
        ImageRequest(prompt=picture.prompt, session_id=picture.session_id, aspect_ratio=picture.aspect_ratio)
    )
