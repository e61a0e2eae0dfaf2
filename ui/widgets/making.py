"""What is seen while a picture is made: its frame in its own shape, how far it is, and about how long."""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import TypeVar

import streamlit as st

from ui import waits
from ui.waits import Kind
from ui.widgets.text import escape
from ui.words import say, say_many

_TICK_SECONDS = 0.4
_NEARLY = 95
"""Percent at which a bar stands still until the picture is there: a guess is no promise."""
_T = TypeVar("_T")


def make_with_progress(
    call: Callable[[], _T], draw: Callable[[str], object], *, kind: Kind, count: int = 1, words: str
) -> _T:
    """What `call` gives; meanwhile `draw` gets the HTML of how far it is, again and again.

    The call goes on in a thread of its own when a click ends this run: it has to be safe to repeat.
    """
    st.html(f'<p class="sr-only" role="status">{escape(words)}</p>')
    expected, begun = waits.expect(kind, count), time.monotonic()
    making: Future[_T] = _share_threads().submit(call)
    while not making.done():
        draw(describe_making(words, time.monotonic() - begun, expected))
        wait([making], timeout=_TICK_SECONDS)
    made = making.result()
    waits.note(kind, time.monotonic() - begun, count)
    return made


def describe_making(words: str, seconds: float, expected: float) -> str:
    """HTML: what is being done since `seconds`, a bar, and about how many seconds are left."""
    percent = round(min(100 * seconds / max(expected, 0.1), _NEARLY))
    return (
        f'<div class="making"><p>{escape(words)}</p>'
        f'<div class="bar" role="progressbar" aria-label="{escape(words)}" aria-valuemin="0" '
        f'aria-valuemax="100" aria-valuenow="{percent}"><span style="width:{max(percent, 3)}%"></span></div>'
        f'<p class="small">{escape(describe_rest(expected - seconds))}</p></div>'
    )


def describe_rest(seconds: float) -> str:
    """About how long something still takes."""
    if seconds < 1:
        return say("Nearly there")
    return say_many("About {count} second left", "About {count} seconds left", round(seconds))


def frame_making(inside: str, shape: str) -> str:
    """HTML of the frame of a picture that is being made, of the shape (CSS) that the picture will have."""
    return f'<div class="made in-making" style="aspect-ratio:{shape}">{inside}</div>'


@st.cache_resource(show_spinner=False)
def _share_threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=16, thread_name_prefix="making")
