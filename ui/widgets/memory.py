"""What the stylist may remember of the shopper beyond one conversation, and what it does remember."""

from collections.abc import Callable

import streamlit as st

from ui import session
from ui.privacy_calls import ShopperFacts
from ui.problems import ApiProblem
from ui.widgets.filters import show_value
from ui.widgets.text import escape, escape_markdown, format_number, label_of
from ui.words import later, say

_STATE = "memory-problem"
_SWITCH = "remember"
_REFUSED = later("That could not be changed.")
_NAMES = {
    "age_group": later("Age"),
    "gender": later("Clothes for"),
    "sizes": later("Sizes"),
    "style": later("Style"),
    "budget": later("Budget"),
    "city": later("City"),
}


def show_memory(facts: ShopperFacts) -> None:
    """The consent, and each fact with the way to take it away."""
    show_value(_SWITCH, facts.consent)
    st.toggle(
        say("The stylist may remember facts about me"),
        key=_SWITCH,
        on_change=_take_consent,
        help=say("Sizes, city, budget and the like, so that you need not say them again."),
    )
    for name, value in facts.facts.items():
        _show_fact(name, describe_fact(name, value))
    if facts.consent and not facts.facts:
        nothing = say("Nothing is remembered yet.")
        st.html(f'<p class="muted small">{escape(nothing)}</p>')
    if problem := st.session_state.pop(_STATE, None):
        st.html(f'<p class="failure" role="alert">{escape(problem)}</p>')


def describe_fact(name: str, value: object) -> str:
    """A fact in words, such as "Sizes: M, 42"."""
    label = say(_NAMES[name]) if name in _NAMES else label_of(name)
    if isinstance(value, list):
        told = ", ".join(str(each) for each in value)
    elif isinstance(value, float | int):
        told = format_number(value, digits=2)
    else:
        told = str(value) if name == "city" else label_of(str(value))
    return say("{name}: {value}", name=label, value=told)


def _show_fact(name: str, words: str) -> None:
    with st.container(key=f"fact-{name}", horizontal=True, vertical_alignment="center", wrap=False):
        st.html(f"<span>{escape(words)}</span>", width="content")
        st.button(
            say("Forget {fact}", fact=escape_markdown(words)),
            icon=":material/close:",
            type="tertiary",
            key=f"forget-{name}-icon",
            on_click=_change,
            args=(lambda: session.get_client().forget_fact(name),),
        )


def _take_consent() -> None:
    agreed = bool(st.session_state[_SWITCH])
    _change(lambda: session.get_client().consent(agreed=agreed))


def _change(call: Callable[[], object]) -> None:
    try:
        call()
    except ApiProblem as problem:
        st.session_state[_STATE] = problem.describe(_REFUSED)
