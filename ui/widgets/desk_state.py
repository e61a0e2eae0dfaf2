"""In what state the catalogue is, in words."""

from datetime import UTC, datetime, timedelta

import streamlit as st
from babel.dates import format_timedelta

from ui import session
from ui.desk import Desk, open_desk
from ui.desk_answers import CatalogStatus, Clusters, Snapshot
from ui.widgets.text import escape, format_number
from ui.words import current_locale, say, say_many


def show_state(desk: Desk) -> None:
    """How much there is and waits, the search index, and the groups with the button that makes them anew."""
    status = desk.status or CatalogStatus()
    with st.container(key="desk-state", border=True):
        st.html(f"<h2>{escape(say('State of the catalogue'))}</h2>{_describe(status)}")
        grouping = desk.is_grouping
        st.button(
            say("Grouping…") if grouping else say("Group the pieces anew"),
            icon=":material/workspaces:",
            disabled=grouping,
            key="desk-group",
            on_click=_group,
            help=say("Pieces that look alike are grouped; taste goes by these groups."),
        )


def _group() -> None:
    open_desk().group(session.get_client())


def _describe(status: CatalogStatus) -> str:
    lines = [
        (say("In the shop"), _describe_products(status)),
        (say("Being taken in"), _describe_queue(status)),
        (say("Not taken"), _describe_letters(status)),
        (say("Search index"), describe_snapshot(status.snapshot, status.vector_backend)),
        (say("Groups"), describe_clusters(status.clusters)),
    ]
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(words)}</dd>" for name, words in lines)
    return f'<dl class="desk-facts">{rows}</dl>'


def _describe_products(status: CatalogStatus) -> str:
    count, number = status.products.count, format_number(status.products.count)
    if not status.products.is_all:
        return say("More than {number} pieces", number=number)
    return say_many("About {number} piece", "About {number} pieces", count, number=number)


def _describe_queue(status: CatalogStatus) -> str:
    queue = status.queue
    if not queue.waiting and not queue.in_work:
        return say("Nothing is waiting")
    return say("{waiting} waiting, {in_work} in work", waiting=queue.waiting, in_work=queue.in_work)


def _describe_letters(status: CatalogStatus) -> str:
    if not status.dead_letters:
        return say("Everything was taken")
    return say_many(
        "{count} needs your attention, see below",
        "{count} need your attention, see below",
        status.dead_letters,
    )


def describe_snapshot(snapshot: Snapshot | None, backend: str | None) -> str:
    """`The search index was last written 3 minutes ago and holds 372 pieces.`"""
    if snapshot is None:
        if backend in (None, "dynamodb"):
            return say("The search index was not written yet; searching works all the same.")
        return say("The search index is kept up to date by the database itself.")
    return say_many(
        "The search index was last written {ago} and holds {number} piece.",
        "The search index was last written {ago} and holds {number} pieces.",
        snapshot.vectors,
        ago=describe_ago(snapshot.written_at),
        number=format_number(snapshot.vectors),
    )


def describe_clusters(clusters: Clusters) -> str:
    """`18 groups of 171 pieces, made 2 hours ago.`"""
    if clusters.running:
        return say("The pieces are being grouped right now.")
    if clusters.made_at is None:
        return say("The pieces are not grouped yet.")
    return say_many(
        "{count} group of {pieces} pieces, made {ago}.",
        "{count} groups of {pieces} pieces, made {ago}.",
        clusters.count,
        pieces=format_number(clusters.products),
        ago=describe_ago(clusters.made_at),
    )


def describe_ago(moment: datetime | None) -> str:
    """`3 minutes ago`, in the language of the site."""
    if moment is None:
        return say("some time ago")
    since = min(moment - datetime.now(UTC), timedelta())
    if since > -timedelta(minutes=1):
        return say("just now")
    return format_timedelta(since, add_direction=True, locale=current_locale())
