"""Drawn people for those who have no photo at hand, or would rather not give one."""

from pathlib import Path

import streamlit as st

from ui.fitting import FittingRoom, Unsent, open_room
from ui.photos import Photo

_FOLDER = Path(__file__).resolve().parent.parent / "figures"
_FIGURES = ("deep", "brown", "tan", "light")


def show_figures(room: FittingRoom) -> None:
    """Offers them; a chosen one is sent like a photo, and can be deleted like one."""
    st.html("<h3>No photo at hand?</h3>")
    grid = st.grid(columns=len(_FIGURES), gap="small", key="figures")
    for number, name in enumerate(_FIGURES, start=1):
        with grid.cell():
            st.image(_FOLDER / f"{name}.jpg", width="stretch", alt=f"Drawn person {number}, {name} skin")
            st.button(
                f"Use person {number}",
                width="stretch",
                key=f"figure-{name}",
                on_click=_choose,
                args=(name,),
                disabled=room.unsent is not None,
            )


def _choose(name: str) -> None:
    photo = Photo((_FOLDER / f"{name}.jpg").read_bytes(), "image/jpeg")
    open_room().unsent = Unsent(photo, (), confirmed=True)
