"""A question and its answer in the conversation."""

from collections.abc import Sequence

import streamlit as st

from ui import conversation, notices, sentences, session
from ui.album import open_album
from ui.answers import Product
from ui.closet_answers import LookPicture
from ui.conversation import Exchange
from ui.problems import ApiProblem
from ui.stylist_answers import ChatAnswer, Citation, Weather
from ui.widgets import cards, next_steps
from ui.widgets.pictures import show_making, show_pictures
from ui.widgets.text import begin_sentence, describe_day, escape, escape_markdown, escape_prose
from ui.words import say

STYLIST_ICON = ":material/checkroom:"
SHOPPER_ICON = ":material/person:"


def show_question(exchange: Exchange, position: int) -> None:
    """What the shopper said; what they chose from the stylist's own proposals, in their language."""
    with st.container(key=f"question-{position}"), st.chat_message("user", avatar=SHOPPER_ICON):
        st.markdown(escape_markdown(sentences.translate(exchange.question.message)))


def show_answer(answer: ChatAnswer) -> None:
    """The reply with its products, forecast and sources."""
    st.markdown(escape_prose(sentences.translate(answer.reply)))
    if answer.weather:
        st.html(describe_weather(answer.weather))
    _show_products(answer)
    _show_sources(answer.citations)


def show_failure(exchange: Exchange, position: int, *, busy: bool) -> None:
    """Why there is no answer, and a way to ask once more."""
    st.html(f'<p role="alert">{escape(exchange.problem or "")}</p>')
    if exchange.may_pass:
        st.button(
            say("Ask again"),
            icon=":material/refresh:",
            key=f"ask-again-{position}",
            on_click=conversation.ask_again,
            args=(exchange,),
            disabled=busy,
        )


def _show_products(answer: ChatAnswer) -> None:
    worn = _worn_in(answer)
    others = [product for product in answer.products if product not in worn]
    if worn:
        st.html(f'<h2 class="outfit">{escape(_describe_outfit(answer, worn))}</h2>')
        cards.show_cards(worn, key=f"outfit-{answer.turn}", min_width=150, show_match=False)
    if others:
        if worn:
            st.html(f'<h2 class="outfit">{escape(say("Also fitting"))}</h2>')
        cards.show_cards(others, key=f"pieces-{answer.turn}", min_width=150, show_match=False)


def _worn_in(answer: ChatAnswer) -> Sequence[Product]:
    """The outfit as far as it is here; a single piece of it among other findings does not count as one."""
    worn = [product for product in answer.products if product.product_id in answer.outfit]
    return worn if len(worn) > 1 or len(worn) == len(set(answer.outfit)) else ()


def _describe_outfit(answer: ChatAnswer, worn: Sequence[Product]) -> str:
    """With the sum, when all pieces are here."""
    total = cards.total_price(worn) if len(worn) == len(set(answer.outfit)) else ""
    return say("The outfit · {total}", total=total) if total else say("The outfit")


def describe_weather(weather: Weather) -> str:
    """HTML of a forecast in one line."""
    place = ", ".join(filter(None, [weather.city, weather.country]))
    low, high = weather.temp_min_c, weather.temp_max_c
    degrees = (
        "" if low is None or high is None else say("{low} to {high} °C", low=f"{low:.0f}", high=f"{high:.0f}")
    )
    wet = weather.rain_mm is not None and weather.rain_mm >= 0.5
    windy = weather.wind_kmh is not None and weather.wind_kmh >= 20
    rain = say("{mm} mm of rain", mm=f"{weather.rain_mm:.0f}") if wet else ""
    wind = say("wind {kmh} km/h", kmh=f"{weather.wind_kmh:.0f}") if windy else ""
    facts = [describe_day(weather.date or ""), weather.summary, degrees, rain, wind]
    words = escape(" · ".join(filter(None, [place, *facts])))
    sign = "☂" if rain else "☀"
    return f'<p class="aside"><span aria-hidden="true">{sign}</span> {words}</p>' if words else ""


def _show_sources(citations: tuple[Citation, ...]) -> None:
    if not citations:
        return
    with st.expander(say("Sources"), icon=":material/menu_book:"):
        for citation in citations:
            source = f'<span class="muted">{escape(citation.source)}</span>'
            st.html(f'<p class="source">{escape(citation.text)} {source}</p>')


@st.fragment
def show_next_steps(exchange: Exchange, answer: ChatAnswer, *, can_draw: bool, may_draw: bool) -> None:
    """What can be done with the outfit of an answer, its picture, and what the shopper thinks of the answer.

    A fragment: a picture that is wanted is made here, while the rest of the page stays as it is. Without
    `may_draw` something else comes first.
    """
    worn = _worn_in(answer)
    if worn and not answer.refused:
        with st.container(key=f"next-{answer.turn}", horizontal=True, gap="xsmall"):
            next_steps.show_try_on(worn, f"next-{answer.turn}")
            if can_draw and exchange.look is None:
                st.button(
                    say("Picture of the outfit"),
                    icon=":material/brush:",
                    key=f"draw-{answer.turn}",
                    on_click=conversation.begin_picture,
                    args=(exchange,),
                )
            ids = [product.product_id for product in worn]
            name = next_steps.name_outfit(worn, begin_sentence(str(answer.brief.get("occasion") or "")))
            next_steps.show_keeping(ids, name, f"next-{answer.turn}", _picture_of(exchange))
    _show_look(exchange, answer, may_draw=may_draw)
    _show_rating(exchange, answer)
    notices.show()


def _picture_of(exchange: Exchange) -> LookPicture | None:
    images = exchange.look.answer.images if exchange.look and exchange.look.answer else ()
    image_id = images[0].image_id if images else None
    return LookPicture(kind="image", id=image_id) if image_id else None


def _show_look(exchange: Exchange, answer: ChatAnswer, *, may_draw: bool) -> None:
    look, key = exchange.look, f"look-{answer.turn}"
    place = st.empty()
    if look is None:
        return
    if look.waits:
        with place.container():
            show_making(look, key, say("Drawing your outfit"), begins=may_draw)
        if look.waits:
            return
        open_album().is_read = False
    else:
        look.renew(session.get_client())
    with place.container():
        if look.problem:
            st.html(f'<p role="alert">{escape(say(look.problem))}</p>')
            st.button(
                say("Try the picture again"),
                icon=":material/refresh:",
                key=f"retry-look-{answer.turn}",
                on_click=look.retry,
            )
        else:
            show_pictures(look, key)


def _show_rating(exchange: Exchange, answer: ChatAnswer) -> None:
    key = f"rating-{answer.turn}"
    st.feedback(
        "thumbs",
        key=key,
        default=None if exchange.rating is None else int(exchange.rating == "up"),
        on_change=_rate,
        args=(exchange, answer, key),
    )


def _rate(exchange: Exchange, answer: ChatAnswer, key: str) -> None:
    chosen = st.session_state[key]
    if chosen is None:
        return
    rating = "up" if chosen else "down"
    try:
        session.get_client().feedback(answer.session_id, answer.turn, rating)
    except ApiProblem:
        notices.tell(say("Your feedback could not be kept. Please try again later."), ":material/error:")
        return
    exchange.rating = rating
    notices.tell(say("Thank you for your feedback."), ":material/check:")
