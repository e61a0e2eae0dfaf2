"""Drawn people for those who have no photo at hand, or would rather not give one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import streamlit as st

from ui import session
from ui.fitting import FittingRoom, Unsent, open_room
from ui.fitting_place import go_to_fitting, read_fitting_place
from ui.photos import Photo
from ui.widgets.tryon_options import chosen_options
from ui.words import later, say

_FOLDER = Path(__file__).resolve().parent.parent / "figures"


@dataclass(frozen=True, slots=True)
class Figure:
    """A drawn person: name and alternative text."""

    name: str
    words: str


FIGURES: Mapping[str, Figure] = {
    "brown": Figure("Ada", later("Ada, a drawn woman with short curls in a white t-shirt and jeans")),
    "deep": Figure("Sam", later("Sam, a drawn man with short hair in a white t-shirt and beige trousers")),
    "tan": Figure("Mia", later("Mia, a drawn woman with long hair in a white t-shirt and jeans")),
    "light": Figure("Leo", later("Leo, a drawn man with short hair in a grey t-shirt and black trousers")),
}
NAMES = frozenset(figure.name for figure in FIGURES.values())


def show_figures(room: FittingRoom, product_ids: Sequence[str]) -> None:
    """Offers them; with pieces, one click chooses the person and begins to put these on."""
    grid = st.grid(columns=len(FIGURES), gap="small", key="figures")
    for file, figure in FIGURES.items():
        with grid.cell():
            st.image(_FOLDER / f"{file}.jpg", width="stretch", alt=say(figure.words))
            st.button(
                say("Try it on {name}", name=figure.name)
                if product_ids
                else say("Use {name}", name=figure.name),
                width="stretch",
                key=f"figure-{file}",
                on_click=_choose,
                args=(file, tuple(product_ids)),
                disabled=room.unsent is not None,
            )


def _choose(file: str, product_ids: tuple[str, ...]) -> None:
    room, name = open_room(), FIGURES[file].name
    known = next((photo for photo in room.ready_photos if photo.name == name), None)
    room.wanted = product_ids
    if known is None:
        picture = Photo((_FOLDER / f"{file}.jpg").read_bytes(), "image/jpeg")
        room.unsent = Unsent(picture, (), confirmed=True, name=name)
        return
    place = replace(read_fitting_place(), photo=known.model_id, look=None)
    job = room.begin_wanted(session.get_client(), known, chosen_options())
    go_to_fitting(replace(place, look=job.job_id) if job else place)
