"""The stylist: a conversation that ends in an outfit."""

import streamlit as st

from ui import catalog, conversation, session
from ui.album import open_album
from ui.conversation import Conversation, Exchange
from ui.place import settle
from ui.problems import ApiProblem
from ui.stylist_answers import MOST_MESSAGE, new_request_id
from ui.widgets import exchange as widgets
from ui.widgets.brief import show_brief
from ui.widgets.text import escape_markdown, escape_prose

_NOT_FOUND = 404
_TOO_MANY = 429
_REFUSED = "The stylist could not take that."
_TEXTS = {
    404: "This conversation has ended. Please begin a new one.",
    413: "That message is too long. Please use fewer words.",
    429: "A lot of people are asking the stylist right now. Please wait a few seconds and ask again.",
}
_ENDED = "Your last conversation has ended, so this is a new one."
_THINKING = '<p class="thinking" role="status">Your stylist is thinking…</p>'
_BUSY = (
    '<p class="thinking" role="status">Many shoppers are talking with the stylist right now. '
    "Please stay: your question is asked again in a few seconds…</p>"
)
_CONTINUES = (
    "Welcome back. Earlier messages are not shown here any more, but your stylist remembers them: just go on."
)
OCCASIONS = {
    "A summer wedding": "I need an outfit for a summer wedding",
    "First day at the office": "I need an outfit for my first day at a new office",
    "A weekend by the sea": "I need something relaxed for a weekend by the sea",
    "Dinner with friends": "I need an outfit for a dinner with friends",
}


def show_chat() -> None:
    """The page."""
    talk = conversation.open_conversation()
    settle(dict(conversation.current_address() or {}))
    st.chat_input(
        "What are you dressing for?", key="message", max_chars=MOST_MESSAGE, on_submit=_take_message
    )
    features = catalog.find_capabilities(session.get_client()).features
    with st.container(key="chat"):
        _show_top(talk)
        # What runs below may take a while: what is above stays usable but does not start anything else.
        busy = talk.waiting is not None or _find_picture(talk) is not None
        for position, exchange in enumerate(talk.exchanges):
            _show_exchange(talk, exchange, position, can_draw="images" in features, busy=busy)
        if talk.latest and talk.latest.answer and not busy:
            _show_next(talk)


def _show_top(talk: Conversation) -> None:
    with st.container(key="chat-top", horizontal=True, horizontal_alignment="right"):
        if talk.exchanges or talk.continues:
            st.button(
                "New conversation",
                icon=":material/edit_square:",
                type="tertiary",
                on_click=conversation.start_over,
                key="start-over",
            )
    note = _CONTINUES if talk.continues else talk.note
    if note:
        st.html(f'<p class="aside" role="status">{note}</p>')
    # A place of its own: what stood there before would else be seen, in grey, while the stylist writes.
    place = st.empty()
    if not talk.exchanges and not talk.continues:
        with place.container():
            _show_start()


def _show_start() -> None:
    with st.container(key="chat-start", horizontal_alignment="center"):
        st.html(
            '<div class="welcome"><h1>What are you dressing for?</h1>'
            "<p>Tell your stylist the occasion, the place and your budget. "
            "You get pieces of this shop that go together, and that suit the weather.</p></div>"
        )
        with st.container(key="occasions", horizontal=True, horizontal_alignment="center"):
            for label, message in OCCASIONS.items():
                st.button(label, on_click=conversation.ask, args=(message,), key=f"occasion-{label}")


def _show_exchange(
    talk: Conversation, exchange: Exchange, position: int, *, can_draw: bool, busy: bool
) -> None:
    widgets.show_question(exchange, position)
    if exchange.waits and talk.waiting is not exchange:
        return
    with st.chat_message("assistant", avatar=widgets.STYLIST_ICON):
        if exchange.answer:
            _show_answer(exchange, can_draw=can_draw, busy=busy)
        elif exchange.problem:
            widgets.show_failure(exchange, position, busy=busy)
        else:
            _fetch_answer(talk, exchange)
            st.rerun()


def _show_answer(exchange: Exchange, *, can_draw: bool, busy: bool) -> None:
    look, answer = exchange.look, exchange.answer
    if answer is None:
        return
    if look and not can_draw:
        exchange.look = look = None
    if look and not look.waits:
        look.renew(session.get_client())
    widgets.show_answer(exchange, answer, can_draw=can_draw, busy=busy)
    if look and look.waits:
        with st.spinner("Drawing the outfit…"):
            look.make(session.get_client())
        open_album().is_read = False
        st.rerun()


def _fetch_answer(talk: Conversation, exchange: Exchange) -> None:
    """Shows the words as they come and keeps the answer, or why there is none."""
    question = exchange.question
    if question.session_id is None:
        # Kept with the question: when it is sent again, nothing of it may be different.
        question = exchange.question = question.model_copy(update={"session_id": talk.session_id})
    place = st.empty()
    place.html(_THINKING)
    try:
        for part in session.get_chat().ask(question, lambda _: place.html(_BUSY)):
            if isinstance(part, str):
                place.markdown(escape_prose(part))
            else:
                talk.take(exchange, part)
    except ApiProblem as problem:
        if problem.session_ended:
            raise
        _take_problem(talk, exchange, problem)


def _take_problem(talk: Conversation, exchange: Exchange, problem: ApiProblem) -> None:
    if problem.status == _NOT_FOUND and talk.session_id:
        talk.session_id, talk.continues, talk.note = None, False, _ENDED
        st.query_params.pop("session", None)
        fresh = {"session_id": None, "request_id": new_request_id()}
        exchange.question = exchange.question.model_copy(update=fresh)
        return
    exchange.problem = problem.describe(_REFUSED, _TEXTS)
    exchange.may_pass = problem.status not in range(400, 500) or problem.status == _TOO_MANY


def _find_picture(talk: Conversation) -> Exchange | None:
    return next((each for each in talk.exchanges if each.look and each.look.waits), None)


def _show_next(talk: Conversation) -> None:
    """What the shopper may want to say or change now."""
    answer = talk.latest.answer if talk.latest else None
    if answer is None:
        return
    with st.container(key="suggestions", horizontal=True, gap="xsmall"):
        for suggestion in answer.suggestions:
            st.button(
                escape_markdown(suggestion),
                on_click=conversation.ask,
                args=(suggestion,),
                key=f"suggestion-{answer.turn}-{suggestion}",
            )
    show_brief(answer.brief, answer.turn, disabled=False)


def _take_message() -> None:
    conversation.ask(st.session_state["message"])


show_chat()
