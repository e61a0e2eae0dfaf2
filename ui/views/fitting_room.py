"""The fitting room: pieces of the shop on the shopper's own photo."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ui import session
from ui.answers import Product
from ui.client import StylistClient
from ui.fitting import FittingRoom, open_room
from ui.fitting_answers import LABEL, TryOnRequest
from ui.fitting_place import FittingPlace, go_to_fitting, read_fitting_place
from ui.place import settle
from ui.problems import ApiProblem
from ui.widgets import fitting_looks, look_history
from ui.widgets.fitting_looks import NamedJob, name_job
from ui.widgets.photo_picker import show_photos
from ui.widgets.piece_picker import find_pieces, show_pieces
from ui.widgets.progress import Progress
from ui.widgets.text import escape
from ui.widgets.tryon_options import chosen_options, show_options

_CHECKS, _CHECK_SECONDS = 40, 0.7


def show_fitting_room() -> None:
    """The page."""
    client, room = session.get_client(), open_room()
    with st.container(key="fitting"):
        st.html(
            f'<h1>Fitting room</h1><p class="muted">See pieces of the shop on your own photo. {LABEL}</p>'
        )
        _send_photo(client, room)
        room.refresh(client)
        place = _find_place(room)
        settle(place.address)
        pieces = find_pieces(client, place)
        left, right = st.columns([1, 1], gap="large")
        with left:
            st.html('<h2 class="section">1 · Your photo</h2>')
            show_photos(room, place)
        with right:
            st.html('<h2 class="section">2 · The pieces</h2>')
            show_pieces(client, place, pieces)
            show_options()
            _show_start(room, place, pieces)
        places = _show_looks(client, room, place)
        # Only when all of the page is there: what has to be waited for.
        _wait_for_photos(client, room)
        _follow(room, places)


def _find_place(room: FittingRoom) -> FittingPlace:
    """What the address names, as far as it is there; the newest photo and look where it names none."""
    place = read_fitting_place()
    ready = [photo.model_id for photo in room.ready_photos]
    photo = place.photo if place.photo in ready else next(iter(ready), None)
    look = room.find_job(place.look) or next(iter(room.jobs), None)
    compared = tuple(job_id for job_id in place.compared if room.find_job(job_id))
    return replace(place, photo=photo, look=look.job_id if look else None, compared=compared)


def _send_photo(client: StylistClient, room: FittingRoom) -> None:
    if room.unsent and room.unsent.confirmed:
        with st.spinner("Sending your photo…"):
            room.send_photo(client, session.get_storage())


def _show_start(room: FittingRoom, place: FittingPlace, pieces: Sequence[Product]) -> None:
    missing = [
        words for words, there in (("a photo", place.photo), ("a piece to try on", pieces)) if not there
    ]
    ids = tuple(product.product_id for product in pieces)
    st.button(
        "Try the outfit on" if len(pieces) > 1 else "Try it on",
        type="primary",
        icon=":material/checkroom:",
        width="stretch",
        disabled=bool(missing),
        key="try-on",
        on_click=_begin,
        args=(place, ids),
    )
    if missing:
        st.html(f'<p class="muted" role="status">Still missing: {" and ".join(missing)}.</p>')
    if room.problem:
        st.html(f'<p class="failure" role="alert">{escape(room.problem)}</p>')


def _begin(place: FittingPlace, product_ids: tuple[str, ...]) -> None:
    if place.photo is None:
        return
    request = TryOnRequest(model_id=place.photo, product_ids=product_ids, parameters=chosen_options())
    job = open_room().begin(session.get_client(), request)
    if job:
        go_to_fitting(replace(place, look=job.job_id))


def _show_looks(
    client: StylistClient, room: FittingRoom, place: FittingPlace
) -> Mapping[str, DeltaGenerator]:
    """The looks; a place on the page for the news of each one that is still being made."""
    if not room.jobs:
        st.html(
            '<div class="message"><h2>No looks yet</h2><p>Choose a photo and a piece, and see how it looks '
            "on you. Your looks stay here for you.</p></div>"
        )
        return {}
    looks = {job.job_id: name_job(client, job) for job in room.jobs}
    # Each part keeps its position on the page and is emptied when there is nothing to show: what stood there
    # before would else be seen, in grey, while a look is being made.
    shown = looks[place.look] if place.look else None
    if shown and shown.job.has_ended:
        with st.container(key="look"):
            fitting_looks.show_look(client, shown)
    else:
        st.empty()
    places = _show_going(room, looks)
    compared: list[NamedJob] = [looks[job_id] for job_id in place.compared]
    if len(compared) > 1:
        with st.container(key="side-by-side"):
            look_history.show_compared(compared)
    else:
        st.empty()
    ended = [look for look in looks.values() if look.job.has_ended]
    if ended:
        with st.container(key="past"):
            look_history.show_history(room, place, ended)
    return places


def _show_going(room: FittingRoom, looks: Mapping[str, NamedJob]) -> Mapping[str, DeltaGenerator]:
    places: dict[str, DeltaGenerator] = {}
    if not room.going:
        st.empty()
        return places
    with st.container(key="going"):
        for job in room.going:
            st.html(f'<h2 class="section">{escape(looks[job.job_id].words)}</h2>')
            places[job.job_id] = st.empty()
            places[job.job_id].html(Progress(job).describe())
    return places


def _wait_for_photos(client: StylistClient, room: FittingRoom) -> None:
    """Asks how far the checks are, until they are through or that takes unusually long."""
    if not room.waiting_photos:
        return
    place = st.empty()
    for _ in range(_CHECKS):
        # A moment at which a click can end this run.
        place.html('<p class="sr-only" role="status">Your photo is being checked.</p>')
        time.sleep(_CHECK_SECONDS)
        for photo in room.waiting_photos:
            try:
                room.take_photo(client.photo(photo.model_id))
            except ApiProblem as problem:
                if problem.session_ended:
                    raise
        if not room.waiting_photos:
            st.rerun()


def _follow(room: FittingRoom, places: Mapping[str, DeltaGenerator]) -> None:
    """Shows the news of the looks as they come."""
    latest = {job.job_id: Progress(job) for job in room.going}
    if not latest:
        return
    for job in session.get_watch().follow(latest):
        if job:
            room.take_job(job)
            latest[job.job_id] = Progress(job)
        for job_id, progress in latest.items():
            places[job_id].html(progress.describe())
        if job and job.has_ended:
            st.rerun()


show_fitting_room()
