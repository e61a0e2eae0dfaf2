"""Files for the catalogue: choosing them, and what becomes of those that were sent."""

import streamlit as st

from ui import catalog, session
from ui.desk import Desk, Sent, open_desk
from ui.desk_answers import Reason
from ui.desk_checks import ENDINGS, ChosenFile, Objection, check_file
from ui.widgets import cards
from ui.widgets.text import escape, label_of
from ui.words import later, say, say_many

_CHOICE = "desk-choice"
_MOST_MEGABYTES = 64
_MOST_SHOWN = 100
_STATES = {
    "waiting": (later("Waiting for its turn"), "now"),
    "indexed": (later("In the shop"), "good"),
    "refused": (later("Not taken"), "bad"),
    "missing": (later("Taken away again"), "quiet"),
    "failed": (later("Could not be sent"), "bad"),
}


def show_adding(desk: Desk) -> None:
    """The choice of files, what is wrong with some of them, and the button that sends the others."""
    client = session.get_client()
    known = catalog.load_facets(client).categories
    category = st.selectbox(
        say("Category of the photos"),
        known,
        index=None,
        format_func=label_of,
        placeholder=say("Choose one, or write a new one"),
        accept_new_options=True,
        key="desk-category",
    )
    # A new key leaves the widget empty for the next files.
    uploads = st.file_uploader(
        say("Photos and CSV files"),
        type=list(ENDINGS),
        accept_multiple_files=True,
        key=f"{_CHOICE}-{st.session_state.get(_CHOICE, 0)}",
        max_upload_size=_MOST_MEGABYTES,
    )
    hint = say(
        "One photo is one piece, at most 20 MB. A CSV file tells names, prices and sizes; "
        "it names the photos of its category in a column called image."
    )
    st.html(f'<p class="muted small">{escape(hint)}</p>')
    files = [ChosenFile(upload.name, upload.getvalue()) for upload in uploads]
    good = _sort_out(files)
    label = say_many("Send {count} file", "Send {count} files", len(good)) if good else say("Send")
    if st.button(label, type="primary", icon=":material/upload:", disabled=not good, key="desk-send"):
        _send(desk, good, category)


def _sort_out(files: list[ChosenFile]) -> list[ChosenFile]:
    """The files that can be sent; of the others it is said why they are not."""
    objections = [(file, check_file(file)) for file in files]
    bad = [(file, objection) for file, objection in objections if objection]
    if bad:
        lines = "".join(f"<li>{_explain(file, objection)}</li>" for file, objection in bad)
        title = say_many("{count} file will not be sent:", "{count} files will not be sent:", len(bad))
        st.html(
            f'<div class="failure" role="alert"><p>{escape(title)}</p><ul class="plain">{lines}</ul></div>'
        )
    good = {file.name: file for file, objection in objections if objection is None}
    return list(good.values())


def _explain(file: ChosenFile, objection: Objection) -> str:
    return f"<strong>{escape(file.name)}</strong> {escape(say(objection.message, **objection.values))}"


def _send(desk: Desk, files: list[ChosenFile], category: str | None) -> None:
    bar = st.progress(0.0, say("Sending…"))

    def report(through: int, total: int) -> None:
        bar.progress(through / total, say("Sent {through} of {total}", through=through, total=total))

    desk.send(session.get_client(), session.get_storage(), files, (category or "").strip() or None, report)
    if desk.problem is None:
        st.session_state[_CHOICE] = st.session_state.get(_CHOICE, 0) + 1
    st.rerun()


def show_sent(desk: Desk) -> None:
    """What became of the files that were sent, newest first."""
    waiting, total = len(desk.waiting), len(desk.sent)
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        st.html(f'<h2 class="section">{escape(say("Sent just now"))}</h2>')
        if waiting < total:
            st.button(say("Clear the list"), type="tertiary", key="desk-clear", on_click=_clear)
    if waiting:
        st.html(_describe_progress(desk, waiting, total))
    with st.container(key="desk-files", gap="small"):
        for position, sent in enumerate(desk.sent[:_MOST_SHOWN]):
            _show_file(sent, position)


def _clear() -> None:
    open_desk().clear()


def _describe_progress(desk: Desk, waiting: int, total: int) -> str:
    percent = round(100 * (total - waiting) / total)
    words = say("{settled} of {total} done", settled=total - waiting, total=total)
    left = desk.seconds_left()
    estimate = (
        say("This usually takes a few seconds for each photo.")
        if left is None
        else say_many("About {count} second left", "About {count} seconds left", left)
    )
    return (
        '<div class="desk-progress"><div class="bar" role="progressbar" '
        f'aria-label="{escape(say("Taken in"))}" '
        f'aria-valuemin="0" aria-valuemax="100" aria-valuenow="{percent}">'
        f'<span style="width:{max(percent, 3)}%"></span></div>'
        f'<p role="status">{escape(words)}</p><p class="muted small">{escape(estimate)}</p></div>'
    )


def _show_file(sent: Sent, position: int) -> None:
    told = sent.told
    status = "failed" if sent.failed or told is None else told.status
    words, css = _STATES[status]
    if told and status == "indexed" and told.rows_changed is not None:
        words_said = say_many("{count} piece changed", "{count} pieces changed", told.rows_changed)
    else:
        words_said = say(words)
    with st.container(horizontal=True, vertical_alignment="center", key=f"desk-file-{position}"):
        where = f'<span class="muted small">{escape(label_of(sent.category))}</span>' if sent.category else ""
        st.html(
            f'<div class="desk-file"><p><strong>{escape(sent.name)}</strong> {where}</p>'
            f'<p class="state {css}">{escape(words_said)}</p>{_list_reasons(sent)}</div>'
        )
        if told and told.product_id:
            st.page_link(
                cards.PRODUCT_PAGE,
                label=say("See it in the shop"),
                query_params={"id": told.product_id},
            )


def _list_reasons(sent: Sent) -> str:
    if sent.told is None or not sent.told.reasons:
        return ""
    reasons = sent.told.reasons
    lines = "".join(f"<li>{escape(explain_reason(reason))}</li>" for reason in reasons)
    more = sent.told.refusals - len(reasons)
    if more > 0:
        lines += f"<li>{escape(say_many('and {count} more', 'and {count} more', more))}</li>"
    return f'<ul class="plain small">{lines}</ul>'


def explain_reason(reason: Reason) -> str:
    """A reason with the place in a CSV file that it is about."""
    if reason.row is None:
        return reason.reason
    return say("Row {row}: {reason}", row=reason.row, reason=reason.reason)
