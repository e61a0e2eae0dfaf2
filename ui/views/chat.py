"""The stylist: a conversation that ends in an outfit."""

from collections.abc import Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ui import catalog, conversation, sentences, session
from ui.answers import Product
from ui.conversation import Conversation, Exchange
from ui.place import settle
from ui.problems import ApiProblem
from ui.stylist_answers import MOST_MESSAGE, new_request_id
from ui.widgets import cards, earlier_talks
from ui.widgets import exchange as widgets
from ui.widgets.brief import show_brief
from ui.widgets.text import escape, escape_markdown, escape_prose
from ui.wishes import WISHES
from ui.words import later, say

_NOT_FOUND = 404
_TOO_MANY = 429
_REFUSED = later("The stylist could not take that.")
_TEXTS = {
    404: later("This conversation has ended. Please begin a new one."),
    413: later("That message is too long. Please use fewer words."),
    429: later("A lot of people are asking the stylist right now. Please wait a few seconds and ask again."),
}
_THINKING = later("Your stylist is thinking…")
_BUSY = later(
    "Many shoppers are talking with the stylist right now. Please stay: your question is asked again in a "
    "few seconds…"
)
_WELCOME = later(
    "Tell your stylist the occasion, the place and your budget. You get pieces of this shop that go "
    "together, and that suit the weather."
)
_ABOUT = (
    later("What goes well with {pieces}?"),
    later("For which occasions can I wear {pieces}?"),
    later("Something like {pieces}, but cheaper"),
)


def show_chat() -> None:
    """The page."""
    talk = conversation.open_conversation()
    if talk.waiting and "say" in st.query_params and not st.session_state.get("stayed"):
        # Nothing has been asked yet: the next run takes the words out of the address before it asks.
        st.rerun()
    client = session.get_client()
    talk.read(client)
    settle(dict(talk.address))
    pieces = _find_pieces(talk)
    st.chat_input(
        say("What are you dressing for?"),
        key="message",
        max_chars=MOST_MESSAGE,
        on_submit=_take_message,
        args=(pieces,),
    )
    can_draw = "images" in catalog.find_capabilities(client).features
    with st.container(key="chat"):
        _show_top(talk, pieces)
        pending: list[tuple[DeltaGenerator, Exchange]] = []
        for position, exchange in enumerate(talk.exchanges):
            place = _show_exchange(talk, exchange, position)
            if place is None:
                continue
            if exchange.look and exchange.look.waits:
                pending.append((place, exchange))
            else:
                _show_steps(place, exchange, can_draw=can_draw, may_draw=True)
        if talk.latest and not talk.waiting:
            _show_next(talk)
        # What takes a while comes last, in the place that was kept for it.
        for place, exchange in pending:
            _show_steps(place, exchange, can_draw=can_draw, may_draw=talk.waiting is None)


def _show_top(talk: Conversation, pieces: Sequence[Product]) -> None:
    with st.container(key="chat-top", horizontal=True, horizontal_alignment="right"):
        if talk.exchanges:
            st.html(f'<h1 class="sr-only">{escape(say("Your stylist"))}</h1>', width="content")
        if talk.exchanges or talk.about:
            st.button(
                say("New conversation"),
                icon=":material/edit_square:",
                type="tertiary",
                on_click=conversation.start_over,
                key="new-conversation",
            )
    if talk.note:
        st.html(f'<p class="aside" role="status">{escape(say(talk.note))}</p>')
    if talk.cursor:
        st.button(say("Earlier messages"), key="earlier-messages", on_click=_read_earlier, args=(talk,))
    # A place of its own: what stood there before would else be seen, in grey, while the stylist writes.
    place = st.empty()
    if not talk.exchanges:
        with place.container():
            if pieces:
                _show_pieces(pieces)
            else:
                _show_start()


def _show_start() -> None:
    with st.container(key="chat-start", horizontal_alignment="center"):
        st.html(
            f'<div class="welcome"><h1>{escape(say("What are you dressing for?"))}</h1>'
            f"<p>{escape(say(_WELCOME))}</p></div>"
        )
        with st.container(key="occasions", horizontal=True, horizontal_alignment="center"):
            for wish in WISHES:
                key = f"occasion-{wish.picture}"
                st.button(say(wish.label), on_click=conversation.ask, args=(wish.message,), key=key)
        earlier_talks.show_earlier_talks()


def _show_pieces(pieces: Sequence[Product]) -> None:
    """What a conversation about pieces begins with."""
    with st.container(key="chat-about"):
        title = say("What would you like to know about these pieces?")
        if len(pieces) == 1:
            title = say("What would you like to know about this piece?")
        st.html(f"<h1>{escape(title)}</h1>")
        cards.show_cards(pieces, key="about", min_width=150, show_match=False)
        with st.container(key="suggestions", horizontal=True, gap="xsmall"):
            for question in _ABOUT:
                words = say(question, pieces=_name_all(pieces))
                st.button(
                    escape_markdown(words), key=f"about-{question}", on_click=conversation.ask, args=(words,)
                )


def _name_all(pieces: Sequence[Product]) -> str:
    return ", ".join(piece.title for piece in pieces)


def _find_pieces(talk: Conversation) -> list[Product]:
    """What the conversation is to be about, as far as the shop still has it and nothing has been said yet."""
    if talk.exchanges:
        return []
    return list(catalog.load_products(session.get_client(), talk.about).values())


def _read_earlier(talk: Conversation) -> None:
    try:
        talk.read_earlier(session.get_client())
    except ApiProblem:
        st.toast(say(conversation.UNREAD))


def _show_exchange(talk: Conversation, exchange: Exchange, position: int) -> DeltaGenerator | None:
    """An exchange; the place for what can be done next, where there is an answer."""
    widgets.show_question(exchange, position)
    if exchange.waits and talk.waiting is not exchange:
        return None
    with st.chat_message("assistant", avatar=widgets.STYLIST_ICON):
        if exchange.answer:
            widgets.show_answer(exchange.answer)
            return st.container(key=f"steps-{exchange.answer.turn}")
        if exchange.problem:
            widgets.show_failure(exchange, position, busy=talk.waiting is not None)
            return None
        _fetch_answer(talk, exchange)
    return st.rerun()


def _show_steps(place: DeltaGenerator, exchange: Exchange, *, can_draw: bool, may_draw: bool) -> None:
    if exchange.answer is None:
        return
    if exchange.look and not can_draw:
        exchange.look = None
    with place:
        widgets.show_next_steps(exchange, exchange.answer, can_draw=can_draw, may_draw=may_draw)


def _fetch_answer(talk: Conversation, exchange: Exchange) -> None:
    """Shows the words as they come and keeps the answer, or why there is none."""
    question = exchange.question
    if question.session_id is None:
        # Kept with the question: when it is sent again, nothing of it may be different.
        question = exchange.question = question.model_copy(update={"session_id": talk.session_id})
    place = st.empty()
    place.html(_describe_wait(say(_THINKING)))
    try:
        for part in session.get_chat().ask(question, lambda _: place.html(_describe_wait(say(_BUSY)))):
            if isinstance(part, str):
                place.markdown(escape_prose(part))
            else:
                talk.take(exchange, part)
    except ApiProblem as problem:
        if problem.session_ended:
            raise
        _take_problem(talk, exchange, problem)


def _describe_wait(words: str) -> str:
    return f'<p class="thinking" role="status">{escape(words)}</p>'


def _take_problem(talk: Conversation, exchange: Exchange, problem: ApiProblem) -> None:
    if problem.status == _NOT_FOUND and talk.session_id:
        talk.session_id, talk.cursor, talk.note = None, None, conversation.ENDED
        # The turns of the new one are counted anew.
        talk.exchanges = [exchange]
        st.query_params.pop("session", None)
        fresh = {"session_id": None, "request_id": new_request_id()}
        exchange.question = exchange.question.model_copy(update=fresh)
        return
    texts = {status: say(text) for status, text in _TEXTS.items()}
    exchange.problem = problem.describe(say(_REFUSED), texts)
    exchange.may_pass = problem.status not in range(400, 500) or problem.status == _TOO_MANY


def _show_next(talk: Conversation) -> None:
    """What the shopper may want to say or change now."""
    answer = talk.latest.answer if talk.latest else None
    if answer is None:
        return
    with st.container(key="suggestions", horizontal=True, gap="xsmall"):
        for suggestion in answer.suggestions:
            st.button(
                escape_markdown(sentences.translate(suggestion)),
                on_click=conversation.ask,
                args=(suggestion,),
                key=f"suggestion-{answer.turn}-{suggestion}",
            )
    show_brief(answer.brief, answer.turn, disabled=False)


def _take_message(pieces: Sequence[Product]) -> None:
    words = st.session_state["message"].strip()
    if words and pieces:
        # The stylist finds pieces by their names.
        words = say("About {pieces}: {words}", pieces=_name_all(pieces), words=words)
    conversation.ask(words)


show_chat()
