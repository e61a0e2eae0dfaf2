"""The shopper's style as the API told it last, kept for a moment so that not every click asks for it."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import streamlit as st

from ui.client import StylistClient
from ui.problems import ApiProblem
from ui.style_answers import Style
from ui.words import later

_LOG = logging.getLogger(__name__)
_STATE = "style_told"
_PROBLEM = "style-problem"
_REFUSED = later("Your style could not be changed.")
_FRESH = timedelta(seconds=60)


def note_style(style: Style | None) -> None:
    """Keeps what the API told, or that it did not."""
    st.session_state[_STATE] = (datetime.now(UTC), style)


def known_style(client: StylistClient) -> Style | None:
    """The style of a moment ago; None while the API does not tell. Raises ApiProblem to sign in again."""
    told_at, style = st.session_state.get(_STATE, (None, None))
    if told_at and datetime.now(UTC) - told_at < _FRESH:
        return style
    try:
        style = client.style()
    except ApiProblem as problem:
        if problem.session_ended:
            raise
        _LOG.warning("the style is not known: %s", problem)
        style = None
    note_style(style)
    return style


def forget_style() -> None:
    """Asks for it anew next time."""
    st.session_state.pop(_STATE, None)


def change_style(call: Callable[[], object]) -> None:
    """Corrects it; what went wrong is told by `take_problem`. For callbacks."""
    try:
        call()
    except ApiProblem as problem:
        st.session_state[_PROBLEM] = problem.describe(_REFUSED)
    forget_style()


def take_problem() -> str:
    """What went wrong with the latest correction, once; as a rule nothing."""
    return st.session_state.pop(_PROBLEM, "")
