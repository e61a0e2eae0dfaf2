"""The shopper's style: what has been learned, in words, and every way to correct it."""

from collections.abc import Callable, Sequence

import streamlit as st

from ui import session, signals, styles
from ui.place import settle
from ui.problems import ApiProblem
from ui.style_answers import Liking, Style
from ui.widgets import card_actions, messages
from ui.widgets.colors import swatch_of
from ui.widgets.filters import show_value
from ui.widgets.style_bar import show_incognito
from ui.widgets.text import begin_sentence, escape, escape_markdown, label_of

_REFUSED = "Your style could not be changed."
_KINDS = {"category": "Kinds of pieces", "color": "Colours", "price": "Prices", "cluster": "Looks"}


def show_style() -> None:
    """The page."""
    settle({})
    style = session.get_client().style()
    styles.note_style(style)
    with st.container(key="my-style"):
        st.html(
            '<h1>My style</h1><p class="muted">Learned from what you look at, save and turn down here, '
            "and used for nothing but the order of what you see.</p>"
        )
        if problem := st.session_state.pop("style-problem", None):
            st.html(f'<p class="failure" role="alert">{escape(problem)}</p>')
        _show_controls(style)
        if style.opted_out:
            messages.show_message("Your style is switched off", "Nothing is learned and nothing is used.")
        elif style.likes:
            _show_likes(style.likes)
        else:
            _show_nothing()
        _show_reset(style)


def _show_controls(style: Style) -> None:
    with st.container(key="style-controls", border=True):
        show_value("style-weight", round(100 * style.weight))
        st.slider(
            "How much my style counts in searches",
            0,
            100,
            step=5,
            format="%d%%",
            key="style-weight",
            on_change=_take_weight,
            disabled=style.opted_out,
        )
        with st.container(horizontal=True):
            show_value("style-on", not style.opted_out)
            st.toggle("Learn and use my style", key="style-on", on_change=_take_opt_out)
            show_incognito("incognito-style")


def _show_likes(likes: Sequence[Liking]) -> None:
    for kind in dict.fromkeys([*_KINDS, *(liking.kind for liking in likes)]):
        found = sorted((liking for liking in likes if liking.kind == kind), key=lambda each: -each.strength)
        if found:
            st.html(f'<h2 class="section">{escape(_KINDS.get(kind, label_of(kind)))}</h2>')
            for position, liking in enumerate(found):
                _show_liking(liking, f"{kind}-{position}")


def _show_liking(liking: Liking, key: str) -> None:
    words = _words_of(liking)
    with st.container(key=f"liking-{key}", horizontal=True, vertical_alignment="center", wrap=False):
        st.html(describe_liking(liking))
        st.button(
            f"Remove {escape_markdown(words)}",
            icon=":material/close:",
            type="tertiary",
            key=f"remove-{key}-icon",
            on_click=_remove,
            args=(liking,),
        )


def describe_liking(liking: Liking) -> str:
    """HTML of a name and a bar: to the right for what is liked, to the left for what is not."""
    words, share = _words_of(liking), min(abs(liking.strength), 1.0)
    side = "liked" if liking.strength >= 0 else "disliked"
    dot = (
        f'<span class="dot" style="background:{swatch_of(liking.value)}"></span> '
        if liking.kind == "color"
        else ""
    )
    return (
        f'<div class="liking"><span>{dot}{escape(words)}</span>'
        f'<span class="strength {side}" role="img" aria-label="{side}, {round(100 * share)} percent">'
        f'<span style="width:{50 * share:.0f}%"></span></span></div>'
    )


def _words_of(liking: Liking) -> str:
    return begin_sentence(liking.label or label_of(liking.value))


def _show_nothing() -> None:
    messages.show_message(
        "Nothing is known yet",
        "Save what you like with the heart, and turn down what you do not. Three pieces are enough.",
    )
    with st.container(horizontal=True, horizontal_alignment="center", key="style-next"):
        st.page_link(card_actions.DISCOVER_PAGE, label="Look around the shop", icon=":material/search:")


def _show_reset(style: Style) -> None:
    with st.container(key="style-reset", horizontal=True, vertical_alignment="center"):
        count = style.interactions
        st.html(
            f'<p class="muted">{count} {"signal" if count == 1 else "signals"} so far</p>', width="content"
        )
        with st.popover("Reset my style", icon=":material/restart_alt:", type="tertiary", key="reset-ask"):
            st.html("<p>All that has been learned is forgotten, and searches are as for a new visitor.</p>")
            st.button("Forget my style", type="primary", key="reset-style", on_click=_reset)


def _take_weight() -> None:
    weight = st.session_state["style-weight"] / 100
    _change(lambda: session.get_client().change_style(weight=weight))


def _take_opt_out() -> None:
    opted_out = not st.session_state["style-on"]
    _change(lambda: session.get_client().change_style(opted_out=opted_out))


def _remove(liking: Liking) -> None:
    _change(lambda: session.get_client().change_style(remove=[liking]))


def _reset() -> None:
    signals.forget()
    _change(session.get_client().reset_style)


def _change(call: Callable[[], object]) -> None:
    try:
        call()
    except ApiProblem as problem:
        st.session_state["style-problem"] = problem.describe(_REFUSED)
    styles.forget_style()


show_style()
