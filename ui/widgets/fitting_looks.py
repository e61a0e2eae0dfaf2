"""What came of a try-on: its picture beside the photo, or why there is none, and what can be done with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import streamlit as st

from ui import catalog, conversation, sentences, session, signals
from ui.answers import Product
from ui.client import StylistClient
from ui.closet_answers import LookPicture
from ui.fitting import FittingRoom, open_room
from ui.fitting_answers import Job, TryOnRequest
from ui.fitting_place import MOST_COMPARED, go_to_fitting, read_fitting_place
from ui.storage import Storage
from ui.widgets import card_actions, cards, next_steps
from ui.widgets.before_after import show_before_after
from ui.widgets.figure_picker import NAMES
from ui.widgets.purchase import show_purchase
from ui.widgets.text import escape, escape_markdown, format_price, is_web_address
from ui.widgets.tryon_options import chosen_options
from ui.words import later, say

LABEL = later("AI-made · shows the look, not the size")
_BADGES = {
    "created": later("Waiting"),
    "processing": later("Being made"),
    "error": later("Did not work"),
}
REMARKS: Mapping[str, str] = {
    "face-changed": later("The face may have been changed in this picture."),
    "background-changed": later("The picture may have changed outside of the garment as well."),
    "colours-missing": later("The product's colours do not show as they should in this picture."),
    "broken": later("The picture does not have the photo's size."),
}
"""What the API remarks by code."""
_AT_ONCE = 3
"""Looks that one click puts side by side."""


@dataclass(frozen=True, slots=True)
class NamedJob:
    """A try-on with its pieces, as far as the shop still has them, and whom they were put on."""

    job: Job
    pieces: tuple[Product, ...]
    person: str | None = None
    """The name of a drawn person; None for the shopper."""

    @property
    def words(self) -> str:
        """The pieces in words."""
        names = [piece.title for piece in self.pieces]
        if not names:
            return say("pieces of the shop")
        if len(names) == 1:
            return names[0]
        return say("{first} and {last}", first=", ".join(names[:-1]), last=names[-1])

    @property
    def alt(self) -> str:
        """Alternative text of its picture."""
        if self.person:
            return say("{name} wearing {pieces}", name=self.person, pieces=self.words)
        return say("You wearing {pieces}", pieces=self.words)

    @property
    def ids(self) -> list[str]:
        """Ids of the pieces that the shop still has."""
        return [piece.product_id for piece in self.pieces]


def name_jobs(client: StylistClient, room: FittingRoom) -> dict[str, NamedJob]:
    """The try-ons by id with their pieces, which are asked for side by side."""
    known = catalog.load_products(client, [each for job in room.jobs for each in job.product_ids])
    named: dict[str, NamedJob] = {}
    for job in room.jobs:
        photo = room.find_photo(job.model_id)
        person = photo.name if photo and photo.name in NAMES else None
        pieces = tuple(known[each] for each in job.product_ids if each in known)
        named[job.job_id] = NamedJob(job, pieces, person)
    return named


def show_look(room: FittingRoom, look: NamedJob) -> None:
    """One look, large: what it shows, or why there is none."""
    job = look.job
    if job.status == "error":
        st.html(f'<h2 class="section">{escape(look.words)}</h2>')
        _show_failure(job)
        return
    left, right = st.columns([1, 1], gap="large")
    with left:
        _show_result(look)
    with right:
        st.html(f'<h2 class="look-title">{escape(look.alt)}</h2>')
        show_remarks(job)
        _show_next(room, look)
        show_pieces_to_buy(look)
        _show_mask(job)
        _show_file(look)


def show_remarks(job: Job) -> None:
    """What the shopper should know of the picture."""
    by_code = [say(REMARKS[told.code]) for told in job.remarks if told.code in REMARKS]
    remarks = by_code if len(by_code) == len(job.notes) else job.notes
    lines = "".join(f"<li>{escape(remark)}</li>" for remark in remarks)
    if lines:
        st.html(f'<ul class="plain remarks">{lines}</ul>')


def _show_next(room: FittingRoom, look: NamedJob) -> None:
    features = catalog.find_capabilities(session.get_client()).features
    picture = LookPicture(kind="try-on", id=look.job.job_id)
    name = next_steps.name_outfit(look.pieces)
    with st.container(key="next-look", horizontal=True, gap="xsmall"):
        next_steps.show_keeping(look.ids, name, "next-look", picture)
        _show_compare(room, look.job)
        if "chat" in features and look.ids:
            with st.container(key="next-ask-pill", width="content"):
                st.page_link(
                    card_actions.CHAT_PAGE,
                    label=say("Ask the stylist about it"),
                    icon=":material/forum:",
                    query_params=conversation.about_address(look.ids),
                )
        st.button(
            say("Change a piece"),
            icon=":material/swap_horiz:",
            key="change-pieces",
            on_click=_change,
            args=(tuple(look.ids),),
        )


def _show_compare(room: FittingRoom, job: Job) -> None:
    others = [each.job_id for each in room.jobs if each.status == "completed" and each.job_id != job.job_id]
    st.button(
        say("Compare"),
        icon=":material/view_column_2:",
        key="compare-look",
        on_click=_compare,
        args=(job.job_id, tuple(others)),
        disabled=not others,
        help=None if others else say("Try something else on, and compare the two."),
    )


def show_pieces_to_buy(look: NamedJob) -> None:
    """The pieces with their prices and ways to buy them."""
    if not look.pieces:
        return
    total = cards.total_price(look.pieces)
    title = say("The pieces · {total}", total=total) if total and len(look.pieces) > 1 else say("The pieces")
    st.html(f'<h3 class="pieces-title">{escape(title)}</h3>')
    for piece in look.pieces:
        with st.container(
            key=f"worn-{piece.product_id}", horizontal=True, wrap=False, vertical_alignment="center"
        ):
            st.html(cards.picture(piece, css_class="thumb"), width=64)
            with st.container(gap=None):
                st.page_link(
                    cards.PRODUCT_PAGE,
                    label=escape_markdown(piece.title),
                    query_params={"id": piece.product_id},
                )
                price = format_price(piece.price, piece.currency)
                st.html(f'<p class="piece">{escape(price)}</p>')
            show_purchase(piece, key=f"buy-worn-{piece.product_id}", quiet=True)


def _show_mask(job: Job) -> None:
    if is_web_address(job.mask_url):
        alt = escape(say("White where the picture was painted over"))
        st.html(
            f'<div class="mask"><img src="{escape(job.mask_url or "")}" alt="{alt}" decoding="async"></div>'
        )


def _show_file(look: NamedJob) -> None:
    with st.container(key="look-file", horizontal=True, gap="xsmall"):
        if is_web_address(look.job.result_url):
            _show_download(look)
        _show_deletion(look.job)


def _show_deletion(job: Job) -> None:
    st.button(
        say("Delete this look"),
        icon=":material/delete:",
        type="tertiary",
        key="delete-look",
        on_click=_delete,
        args=(job.job_id,),
    )


def _show_failure(job: Job) -> None:
    title = say("This look could not be made.")
    reason = sentences.translate(job.error_message or say("Something went wrong on our side."))
    cures = say(
        "Try it again, choose another photo (one person, facing the camera, good light), or leave out a "
        "piece."
    )
    st.html(
        f'<div class="failure" role="alert"><p><strong>{escape(title)}</strong> {escape(reason)}</p>'
        f"<p>{escape(cures)}</p></div>"
    )
    with st.container(key="look-file", horizontal=True):
        st.button(
            say("Try it again"),
            icon=":material/refresh:",
            type="primary",
            key="retry-look",
            on_click=_retry,
            args=(job,),
        )
        _show_deletion(job)


def _show_result(look: NamedJob) -> None:
    job = look.job
    if not is_web_address(job.result_url):
        words = escape(say("The picture is not there (any more)."))
        st.html(f'<p role="status">{words}</p>')
        return
    if is_web_address(job.person_url):
        show_before_after(
            job.person_url or "",
            job.result_url or "",
            words=look.alt,
            label=say(LABEL),
            key=f"look-{job.job_id}",
        )
    else:
        st.html(frame_look(look))


def frame_look(look: NamedJob) -> str:
    """HTML of the picture of a look, always with its label."""
    job = look.job
    if not is_web_address(job.result_url):
        words = say(_BADGES[job.status]) if job.status in _BADGES else ""
        badge = f'<span class="badge">{escape(words)}</span>' if words else ""
        label = escape(say("No picture yet"))
        return f'<div class="picture blank" role="img" aria-label="{label}">{badge}</div>'
    source, alt = escape(job.result_url or ""), escape(look.alt)
    return (
        f'<figure class="picture worn"><img src="{source}" alt="{alt}" loading="lazy" decoding="async">'
        f"<figcaption>{escape(say(LABEL))}</figcaption></figure>"
    )


def _compare(job_id: str, others: Sequence[str]) -> None:
    place = read_fitting_place()
    chosen = dict.fromkeys((job_id, *place.compared, *others[: _AT_ONCE - 1]))
    most = max(_AT_ONCE, min(len(place.compared) + 1, MOST_COMPARED))
    go_to_fitting(replace(place, compared=tuple(chosen)[:most]))


def _change(product_ids: tuple[str, ...]) -> None:
    go_to_fitting(replace(read_fitting_place(), look=None, pieces=product_ids))


def _delete(job_id: str) -> None:
    open_room().delete_job(session.get_client(), job_id)
    place = read_fitting_place()
    compared = tuple(each for each in place.compared if each != job_id)
    go_to_fitting(replace(place, look=None, compared=compared))


def _retry(job: Job) -> None:
    request = TryOnRequest(
        model_id=job.model_id or "", product_ids=job.product_ids, parameters=chosen_options()
    )
    begun = open_room().begin(session.get_client(), request)
    if begun:
        go_to_fitting(replace(read_fitting_place(), look=begun.job_id))


def _show_download(look: NamedJob) -> None:
    storage, job = session.get_storage(), look.job
    st.download_button(
        say("Download"),
        # The file is fetched when it is wanted; until then the session holds its address only.
        lambda: _fetch(storage, job),
        file_name=f"look-{job.job_id[:8]}.jpg",
        mime="image/jpeg",
        icon=":material/download:",
        type="tertiary",
        key="download-look",
        on_click=_note_download,
        args=(job,),
    )


def _fetch(storage: Storage, job: Job) -> bytes:
    return storage.fetch(job.result_url or "")


def _note_download(job: Job) -> None:
    for product_id in job.product_ids:
        signals.note(product_id, "download")
