"""What the shopper did lately: conversations, pieces seen, try-ons, pictures."""

from collections.abc import Sequence
from concurrent.futures import Future
from functools import partial

import streamlit as st

from ui import catalog, session, together, visited
from ui.fitting_answers import Job, JobPage
from ui.stylist_answers import AlbumPage, AlbumPicture, ConversationPage
from ui.widgets import card_actions, cards, messages
from ui.widgets.earlier_talks import show_talks
from ui.widgets.pictures import frame_picture
from ui.widgets.text import describe_moment, escape, escape_markdown, is_web_address
from ui.words import say

_MOST = 12
_MOST_TALKS = 6
_LOOKBOOK_PAGE = "views/lookbook.py"


def show_past() -> None:
    """Each part that there is something of, the latest first."""
    client = session.get_client()
    names = catalog.find_capabilities(client).features
    jobs = together.begin(partial(client.jobs, limit=_MOST)) if catalog.TRY_ON in names else None
    images = together.begin(partial(client.images, limit=_MOST)) if "images" in names else None
    talks = (
        together.begin(partial(client.conversations, limit=_MOST_TALKS)) if catalog.CHAT in names else None
    )
    found = [_show_talks(talks), _show_visited(), _show_try_ons(jobs), _show_pictures(images)]
    if not any(found):
        messages.show_message(
            say("Nothing here yet"), say("Pieces you look at, try-ons and pictures are found here again.")
        )


def _show_talks(answer: Future[ConversationPage] | None) -> bool:
    page = together.answer_or_none(answer) if answer else None
    talks = page.conversations if page else ()
    if talks:
        _show_title(say("Conversations"))
        with st.container(key="past-talks", gap="xsmall"):
            show_talks(talks, width="content")
    return bool(talks)


def _show_visited() -> bool:
    ids = visited.visited()[:_MOST]
    products = list(catalog.load_products(session.get_client(), ids).values())
    if products:
        _show_title(say("Seen in this visit"))
        cards.show_cards(products, key="visited", rail=True)
    return bool(products)


def _show_try_ons(answer: Future[JobPage] | None) -> bool:
    page = together.answer_or_none(answer) if answer else None
    jobs = [job for job in page.jobs if is_web_address(job.result_url)] if page else []
    if jobs:
        _show_title(say("Try-ons"))
        _show_grid(
            "past-try-ons", [_describe_try_on(job) for job in jobs], say("See it"), card_actions.FITTING_PAGE
        )
    return bool(jobs)


def _describe_try_on(job: Job) -> tuple[str, dict[str, str]]:
    words, badge = escape(say("Your try-on, made by AI")), escape(say("AI-made"))
    html = (
        f'<figure class="picture"><img src="{escape(job.result_url or "")}" alt="{words}" loading="lazy">'
        f'<figcaption class="badge">{badge}</figcaption></figure>'
        f'<p class="small muted">{escape(describe_moment(job.created_at))}</p>'
    )
    return html, {"look": job.job_id}


def _show_pictures(answer: Future[AlbumPage] | None) -> bool:
    page = together.answer_or_none(answer) if answer else None
    images = page.images if page else ()
    if images:
        _show_title(say("Pictures"))
        _show_grid(
            "past-pictures", [_describe_picture(each) for each in images], say("See it"), _LOOKBOOK_PAGE
        )
    return bool(images)


def _describe_picture(image: AlbumPicture) -> tuple[str, dict[str, str]]:
    html = frame_picture(image, image.prompt, "3:4")
    return f'{html}<p class="small muted">{escape(describe_moment(image.made_at))}</p>', {}


def _show_grid(key: str, cells: Sequence[tuple[str, dict[str, str]]], label: str, page: str) -> None:
    grid = st.grid(min_column_width=150, gap="medium", key=key)
    for position, (html, address) in enumerate(cells):
        with grid.cell(), st.container(key=f"{key}-card-{position}", gap=None):
            st.html(html)
            st.page_link(page, label=escape_markdown(label), query_params=address)


def _show_title(title: str) -> None:
    st.html(f'<h2 class="section">{escape(title)}</h2>')
