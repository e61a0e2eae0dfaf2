"""What could not be taken into the catalogue: why, and trying it again or throwing it away."""

import posixpath

import streamlit as st

from ui import session
from ui.desk import Desk, open_desk
from ui.desk_answers import DeadLetter, Reason
from ui.widgets.desk_files import explain_reason
from ui.widgets.desk_state import describe_ago
from ui.widgets.text import escape, label_of
from ui.words import say, say_many

_MOST_SHOWN = 50


def show_letters(desk: Desk) -> None:
    """The letters, oldest first; they are asked for when there are others than are known."""
    st.html(f'<h2 class="section" id="not-taken">{escape(say("Not taken"))}</h2>')
    if desk.are_letters_stale:
        with st.spinner(say("Looking what could not be taken…")):
            desk.read_letters(session.get_client())
    letters = desk.letters or []
    if desk.letters is None:
        st.html(f'<p role="alert">{escape(desk.problem or "")}</p>')
        st.button(say("Look again"), icon=":material/refresh:", key="desk-look", on_click=_look)
        return
    if not letters:
        st.html(f'<p class="muted">{escape(say("Nothing: everything that was sent could be taken."))}</p>')
        return
    hint = say(
        "Mend a file and send it again under the same name. Trying again helps with what was bad luck, "
        "and clears away what has been mended since."
    )
    st.html(f'<p class="muted small">{escape(hint)}</p>')
    with st.container(horizontal=True, key="desk-letter-actions"):
        st.button(say("Try all again"), icon=":material/replay:", key="desk-retry-all", on_click=_retry_all)
        st.button(
            say("Look again"), icon=":material/refresh:", type="tertiary", key="desk-look", on_click=_look
        )
    with st.container(key="desk-letters", gap="small"):
        for letter in letters[:_MOST_SHOWN]:
            _show_letter(letter)
    more = len(letters) - _MOST_SHOWN
    if more > 0 or desk.more_letters:
        words = (
            say_many("There is {count} more.", "There are {count} more.", more)
            if more > 0
            else say("There are more.")
        )
        st.html(f'<p class="muted small">{escape(words)}</p>')


def _show_letter(letter: DeadLetter) -> None:
    name = posixpath.basename(letter.key) or say("A message that names no file")
    with st.container(horizontal=True, vertical_alignment="center", key=f"desk-letter-{letter.id}"):
        st.html(_describe(letter, name))
        with st.container(horizontal=True, width="content", gap="xsmall", key=f"desk-letter-do-{letter.id}"):
            st.button(
                say("Try again"),
                type="tertiary",
                icon=":material/replay:",
                key=f"desk-retry-{letter.id}",
                help=say("Try {name} again", name=name),
                on_click=_retry,
                args=(letter.id,),
            )
            with st.popover(
                say("Delete"), type="tertiary", icon=":material/delete:", key=f"desk-delete-ask-{letter.id}"
            ):
                st.html(f"<p>{escape(say('The file stays where it is; it is only not tried again.'))}</p>")
                st.button(
                    say("Delete for good"),
                    type="primary",
                    key=f"desk-delete-{letter.id}",
                    on_click=_delete,
                    args=(letter.id,),
                )


def _describe(letter: DeadLetter, name: str) -> str:
    reason = letter.reason or say("It broke off without a reason. Trying again may help.")
    facts = [describe_ago(letter.since)]
    folder = posixpath.dirname(letter.key).partition("/")[2]
    if folder:
        facts.insert(0, label_of(folder))
    if letter.attempts is not None and letter.attempts > 1:
        facts.append(say_many("{count} attempt", "{count} attempts", letter.attempts))
    words = explain_reason(Reason(reason=reason, row=letter.row, column=letter.column))
    return (
        f'<div class="desk-file"><p><strong>{escape(name)}</strong> '
        f'<span class="muted small">{escape(" · ".join(facts))}</span></p><p>{escape(words)}</p></div>'
    )


def _retry(letter_id: str) -> None:
    open_desk().retry(session.get_client(), [letter_id])


def _retry_all() -> None:
    open_desk().retry(session.get_client())


def _delete(letter_id: str) -> None:
    open_desk().delete(session.get_client(), letter_id)


def _look() -> None:
    open_desk().letters = None
