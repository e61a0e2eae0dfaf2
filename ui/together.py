"""Calls of the API side by side: a page that needs several answers waits for the slowest one only."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import streamlit as st

from ui.problems import ApiProblem

_THREADS = 16
_Answer = TypeVar("_Answer")


def begin(call: Callable[[], _Answer]) -> Future[_Answer]:
    """Starts a call beside the page. It must not touch the page or its session, which are the script's."""
    return _share_threads().submit(call)


def ask_all(calls: Sequence[Callable[[], _Answer]]) -> list[_Answer]:
    """All answers, in the order of the calls. Raises the ApiProblem of the first one that failed."""
    return [answer.result() for answer in [begin(call) for call in calls]]


def answer_or_none(answer: Future[_Answer]) -> _Answer | None:
    """The answer, or None when there is none. Raises ApiProblem only when signing in again is needed."""
    try:
        return answer.result()
    except ApiProblem as problem:
        if problem.session_ended:
            raise
        return None


@st.cache_resource(show_spinner=False)
def _share_threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=_THREADS, thread_name_prefix="together")
