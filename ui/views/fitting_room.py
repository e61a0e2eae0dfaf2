"""The fitting room: pieces of the shop on the shopper's own photo, or on a drawn person."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ui import session, waits
from ui.answers import Product
from ui.client import StylistClient
from ui.fitting import FittingRoom, open_room
from ui.fitting_answers import TryOnRequest
from ui.fitting_place import FittingPlace, carried, go_to_fitting, read_fitting_place
from ui.place import settle
from ui.problems import ApiProblem
from ui.widgets import fitting_looks, look_history
from ui.widgets.fitting_looks import NamedJob, name_jobs
from ui.widgets.making import describe_making
from ui.widgets.photo_picker import show_people
from ui.widgets.piece_picker import find_pieces, show_pieces
from ui.widgets.progress import Progress, note_duration
from ui.widgets.text import escape, is_web_address
from ui.widgets.tryon_options import chosen_options, show_options
from ui.words import say

_CHECKS, _CHECK_SECONDS = 40, 0.7


def show_fitting_room() -> None:
    """The page."""
    client, room = session.get_client(), open_room()
    with st.container(key="fitting"):
        lead = say("See pieces of the shop on you, or on a drawn person. It shows the look, not the size.")
        st.html(f'<h1>{escape(say("Fitting room"))}</h1><p class="muted">{escape(lead)}</p>')
        _send_photo(client, room)
        room.refresh(client)
        place = _find_place(room)
        settle(place.address)
        pieces = find_pieces(client, place)
        looks = name_jobs(client, room)
        # Each part keeps its position on the page and is emptied when there is nothing to show: what stood
        # there before would else be seen, in grey, while a look is being made.
        places = _show_stage(room, looks, place)
        checking = st.empty()
        _show_setup(client, room, place, pieces)
        _show_others(room, looks, place)
        # Only when all of the page is there: what has to be waited for.
        _wait_for_photos(client, room, checking)
        _follow(room, places)


def _find_place(room: FittingRoom) -> FittingPlace:
    """What the address names, as far as it is there; the newest photo where it names none.

    Who comes with pieces is to put them on; who comes without any sees the newest look.
    """
    place = read_fitting_place()
    ready = [photo.model_id for photo in room.ready_photos]
    photo = place.photo if place.photo in ready else next(iter(ready), None)
    look = room.find_job(place.look)
    if look is None and not place.pieces and not carried():
        look = next(iter(room.jobs), None)
    compared = tuple(job_id for job_id in place.compared if room.find_job(job_id))
    return replace(place, photo=photo, look=look.job_id if look else None, compared=compared)


def _send_photo(client: StylistClient, room: FittingRoom) -> None:
    if room.unsent and room.unsent.confirmed:
        with st.spinner(say("Sending your photo…")):
            room.send_photo(client, session.get_storage())


def _show_stage(
    room: FittingRoom, looks: Mapping[str, NamedJob], place: FittingPlace
) -> Mapping[str, DeltaGenerator]:
    """The look that is shown, made or being made; a place for the news of each one that is under way."""
    places: dict[str, DeltaGenerator] = {}
    shown = looks[place.look] if place.look else None
    if shown and shown.job.has_ended:
        with st.container(key="look"):
            fitting_looks.show_look(room, shown)
    elif shown:
        with st.container(key="look-in-making"):
            places[shown.job.job_id] = _show_making(room, shown)
    else:
        st.empty()
    others = [looks[job.job_id] for job in room.going if job.job_id not in places]
    with st.container(key="going"):
        for look in others:
            st.html(f'<h2 class="section">{escape(look.words)}</h2>')
            places[look.job.job_id] = st.empty()
            places[look.job.job_id].html(Progress(look.job).describe())
    return places


def _show_making(room: FittingRoom, look: NamedJob) -> DeltaGenerator:
    """The frame of a look that is being made, with the photo it is made of; the place for its news."""
    left, right = st.columns([1, 1], gap="large")
    with left, st.container(key="stage-going", gap=None):
        photo = room.find_photo(look.job.model_id)
        source = photo.image_url if photo and is_web_address(photo.image_url) else look.job.person_url
        picture = (
            f'<img src="{escape(source or "")}" alt="{escape(say("The photo, before"))}" decoding="async">'
            if is_web_address(source)
            else ""
        )
        st.html(f'<div class="stage in-making">{picture}</div>')
        news = st.empty()
        news.html(Progress(look.job).describe())
    with right:
        st.html(f'<h2 class="look-title">{escape(look.alt)}</h2>')
        words = say("You may leave this page: the look waits for you here.")
        st.html(f'<p class="muted">{escape(words)}</p>')
        fitting_looks.show_pieces_to_buy(look)
    return news


def _show_setup(
    client: StylistClient, room: FittingRoom, place: FittingPlace, pieces: Sequence[Product]
) -> None:
    """What to put on whom: at hand while nothing is shown, else folded away."""
    if place.look:
        with st.expander(say("Try something else on"), icon=":material/checkroom:", key="setup-again"):
            _show_choices(client, room, place, pieces)
    else:
        _show_choices(client, room, place, pieces)


def _show_choices(
    client: StylistClient, room: FittingRoom, place: FittingPlace, pieces: Sequence[Product]
) -> None:
    left, right = st.columns([1, 1], gap="large")
    with left:
        st.html(f'<h2 class="section">{escape(say("1 · The pieces"))}</h2>')
        show_pieces(client, place, pieces)
    with right:
        st.html(f'<h2 class="section">{escape(say("2 · Who wears them"))}</h2>')
        if place.photo:
            _show_start(place, pieces)
        if room.problem:
            st.html(f'<p class="failure" role="alert">{escape(room.problem)}</p>')
        show_people(room, place, [product.product_id for product in pieces])
        show_options()


def _show_start(place: FittingPlace, pieces: Sequence[Product]) -> None:
    ids = tuple(product.product_id for product in pieces)
    st.button(
        say("Try the outfit on") if len(pieces) > 1 else say("Try it on"),
        type="primary",
        icon=":material/checkroom:",
        width="stretch",
        disabled=not pieces,
        key="try-on",
        on_click=_begin,
        args=(place, ids),
    )
    if not pieces:
        st.html(f'<p class="muted" role="status">{escape(say("Choose a piece to try on first."))}</p>')


def _begin(place: FittingPlace, product_ids: tuple[str, ...]) -> None:
    if place.photo is None:
        return
    request = TryOnRequest(model_id=place.photo, product_ids=product_ids, parameters=chosen_options())
    job = open_room().begin(session.get_client(), request)
    if job:
        go_to_fitting(replace(place, look=job.job_id))


def _show_others(room: FittingRoom, looks: Mapping[str, NamedJob], place: FittingPlace) -> None:
    """Looks side by side, and all looks that there were."""
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
    elif not room.jobs:
        title, words = (
            say("No looks yet"),
            say("Choose a piece and who wears it. Your looks stay here for you."),
        )
        st.html(f'<div class="message"><h2>{escape(title)}</h2><p>{escape(words)}</p></div>')


def _wait_for_photos(client: StylistClient, room: FittingRoom, place: DeltaGenerator) -> None:
    """Asks how far the checks are, until they are through or that takes unusually long."""
    if not room.waiting_photos:
        return
    begun, expected = time.monotonic(), waits.expect("photo")
    words = say("Getting the photo ready")
    for _ in range(_CHECKS):
        # A moment at which a click can end this run.
        place.html(describe_making(words, time.monotonic() - begun, expected))
        time.sleep(_CHECK_SECONDS)
        for photo in room.waiting_photos:
            try:
                room.take_photo(client.photo(photo.model_id))
            except ApiProblem as problem:
                if problem.session_ended:
                    raise
        if not room.waiting_photos:
            waits.note("photo", time.monotonic() - begun)
            _begin_wanted(client, room)
            st.rerun()


def _begin_wanted(client: StylistClient, room: FittingRoom) -> None:
    """What was to be put on as soon as the photo is ready, is put on."""
    photo = room.find_photo(room.wanted_on)
    if photo is None or photo.status != "ready":
        return
    job = room.begin_wanted(client, photo, chosen_options())
    place = replace(read_fitting_place(), photo=photo.model_id)
    go_to_fitting(replace(place, look=job.job_id) if job else place)


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
            note_duration(job)
            st.rerun()


show_fitting_room()
