"""How long things take, for those who wait: a first guess, then what this session has seen."""

from collections.abc import Mapping
from statistics import median
from typing import Literal

import streamlit as st

Kind = Literal["picture", "piece", "photo"]
"""A picture from words, a piece put on, a photo checked."""
_FIRST: Mapping[Kind, float] = {"picture": 8.0, "piece": 5.0, "photo": 3.0}
_STATE = "waits"
_MOST = 5


def expect(kind: Kind, count: int = 1) -> float:
    """Seconds that `count` of a kind probably take together."""
    seen: list[float] = _seen().get(kind, [])
    return count * (median(seen) if seen else _FIRST[kind])


def note(kind: Kind, seconds: float, count: int = 1) -> None:
    """Remembers how long `count` of a kind took together."""
    seen = _seen()
    seen[kind] = [*seen.get(kind, []), seconds / max(count, 1)][-_MOST:]


def _seen() -> dict[str, list[float]]:
    return st.session_state.setdefault(_STATE, {})
