"""What came of a try-on: its picture beside the photo, or why there is none."""

from dataclasses import dataclass, replace

import streamlit as st

from ui import catalog, session, signals
from ui.client import StylistClient
from ui.fitting import open_room
from ui.fitting_answers import Job, TryOnRequest
from ui.fitting_place import go_to_fitting, read_fitting_place
from ui.storage import Storage
from ui.widgets import cards
from ui.widgets.before_after import show_before_after
from ui.widgets.text import escape, format_price, is_web_address
from ui.widgets.tryon_options import chosen_options

_FAILED = "This look could not be made."
_CURES = (
    "Try it again, choose another photo (one person, facing the camera, good light), or leave out a piece."
)
_BADGES = {"created": "Waiting", "processing": "Being made", "error": "Did not work"}


@dataclass(frozen=True, slots=True)
class NamedJob:
    """A try-on with its pieces in words."""

    job: Job
    words: str

    @property
    def alt(self) -> str:
        """Alternative text of its picture."""
        return f"You wearing {self.words}"


def name_job(client: StylistClient, job: Job) -> NamedJob:
    """The try-on with the names of its pieces, as far as the shop still has them."""
    found = [catalog.load_product(client, product_id) for product_id in job.product_ids]
    names = [product.title for product in found if product]
    return NamedJob(
        job, " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]])) or "pieces of the shop"
    )


def show_look(client: StylistClient, look: NamedJob) -> None:
    """One look, large: what it shows, or why there is none."""
    job = look.job
    st.html(f'<h2 class="section">{escape(look.words)}</h2>')
    if job.status == "error":
        _show_failure(job)
    elif job.status == "completed":
        left, right = st.columns([1, 1], gap="large")
        with left:
            _show_result(look)
        with right:
            _show_facts(client, look)


def _show_facts(client: StylistClient, look: NamedJob) -> None:
    job = look.job
    found = [catalog.load_product(client, product_id) for product_id in job.product_ids]
    for product in filter(None, found):
        with st.container(
            key=f"worn-{product.product_id}", horizontal=True, wrap=False, vertical_alignment="center"
        ):
            st.html(cards.picture(product, css_class="thumb"), width=64)
            price = escape(format_price(product.price, product.currency))
            st.html(f'<p class="piece"><strong>{escape(product.title)}</strong><br>{price}</p>')
            st.page_link(cards.PRODUCT_PAGE, label="Details", query_params={"id": product.product_id})
    lines = "".join(f"<li>{escape(note)}</li>" for note in job.notes)
    if lines:
        st.html(f'<ul class="plain">{lines}</ul>')
    if is_web_address(job.mask_url):
        alt = "White where the picture was painted over"
        st.html(
            f'<div class="mask"><img src="{escape(job.mask_url or "")}" alt="{alt}" decoding="async"></div>'
        )
    with st.container(key="look-actions", horizontal=True):
        if is_web_address(job.result_url):
            _show_download(look)
        _show_deletion(job)


def _show_deletion(job: Job) -> None:
    st.button(
        "Delete this look",
        icon=":material/delete:",
        type="tertiary",
        key="delete-look",
        on_click=_delete,
        args=(job.job_id,),
    )


def _show_failure(job: Job) -> None:
    reason = job.error_message or "Something went wrong on our side."
    st.html(
        f'<div class="failure" role="alert"><p><strong>{_FAILED}</strong> {escape(reason)}</p>'
        f"<p>{_CURES}</p></div>"
    )
    with st.container(key="look-actions", horizontal=True):
        st.button(
            "Try it again",
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
        st.html('<p role="status">The picture is not there (any more).</p>')
        return
    if is_web_address(job.person_url):
        show_before_after(
            job.person_url or "",
            job.result_url or "",
            words=look.alt,
            label=job.label,
            key=f"look-{job.job_id}",
        )
    else:
        st.html(frame_look(look))


def frame_look(look: NamedJob) -> str:
    """HTML of the picture of a look, always with its label."""
    job = look.job
    if not is_web_address(job.result_url):
        badge = f'<span class="badge">{_BADGES[job.status]}</span>' if job.status in _BADGES else ""
        return f'<div class="picture blank" role="img" aria-label="No picture yet">{badge}</div>'
    source, alt = escape(job.result_url or ""), escape(look.alt)
    return (
        f'<figure class="picture worn"><img src="{source}" alt="{alt}" loading="lazy" decoding="async">'
        f"<figcaption>{escape(job.label)}</figcaption></figure>"
    )


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
        "Download",
        # The file is fetched when it is wanted; until then the session holds its address only.
        lambda: _fetch(storage, job),
        file_name=f"look-{job.job_id[:8]}.jpg",
        mime="image/jpeg",
        icon=":material/download:",
        key="download-look",
        on_click=_note_download,
        args=(job,),
    )


def _fetch(storage: Storage, job: Job) -> bytes:
    return storage.fetch(job.result_url or "")


def _note_download(job: Job) -> None:
    for product_id in job.product_ids:
        signals.note(product_id, "download")
