"""A question and its answer in the conversation."""

from collections.abc import Sequence

import streamlit as st

from ui import conversation, session
from ui.answers import Product
from ui.conversation import Exchange
from ui.problems import ApiProblem
from ui.stylist_answers import ChatAnswer, Citation, Weather
from ui.widgets import card_actions, cards
from ui.widgets.pictures import show_pictures
from ui.widgets.text import describe_day, escape, escape_markdown, escape_prose

STYLIST_ICON = ":material/checkroom:"
SHOPPER_ICON = ":material/person:"


def show_question(exchange: Exchange, position: int) -> None:
    """What the shopper said."""
    with st.container(key=f"question-{position}"), st.chat_message("user", avatar=SHOPPER_ICON):
        st.markdown(escape_markdown(exchange.question.message))


def show_answer(exchange: Exchange, answer: ChatAnswer, *, can_draw: bool, busy: bool) -> None:
    """The reply with its products, forecast, sources and pictures."""
    st.markdown(escape_prose(answer.reply))
    if answer.weather:
        st.html(describe_weather(answer.weather))
    _show_products(answer)
    _show_sources(answer.citations)
    if exchange.look:
        _show_look(exchange, answer, busy=busy)
    _show_actions(exchange, answer, can_draw=can_draw, busy=busy)


def show_failure(exchange: Exchange, position: int, *, busy: bool) -> None:
    """Why there is no answer, and a way to ask once more."""
    st.html(f'<p role="alert">{escape(exchange.problem or "")}</p>')
    if exchange.may_pass:
        st.button(
            "Ask again",
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
        st.html(f'<h2 class="outfit">The outfit{_describe_total(answer, worn)}</h2>')
        cards.show_cards(worn, key=f"outfit-{answer.turn}", min_width=150, show_match=False)
        card_actions.show_outfit_link(worn, key=f"worn-{answer.turn}")
    if others:
        if worn:
            st.html('<h2 class="outfit">Also fitting</h2>')
        cards.show_cards(others, key=f"pieces-{answer.turn}", min_width=150)


def _worn_in(answer: ChatAnswer) -> Sequence[Product]:
    """The outfit as far as it is here; a single piece of it among other findings does not count as one."""
    worn = [product for product in answer.products if product.product_id in answer.outfit]
    return worn if len(worn) > 1 or len(worn) == len(set(answer.outfit)) else ()


def _describe_total(answer: ChatAnswer, worn: Sequence[Product]) -> str:
    """The sum, when all pieces are here."""
    total = cards.total_price(worn) if len(worn) == len(set(answer.outfit)) else ""
    return f" · {escape(total)}" if total else ""


def describe_weather(weather: Weather) -> str:
    """HTML of a forecast in one line."""
    place = ", ".join(filter(None, [weather.city, weather.country]))
    low, high = weather.temp_min_c, weather.temp_max_c
    degrees = "" if low is None or high is None else f"{low:.0f} to {high:.0f} °C"
    rain = f"{weather.rain_mm:.0f} mm of rain" if weather.rain_mm and weather.rain_mm >= 0.5 else ""
    wind = f"wind {weather.wind_kmh:.0f} km/h" if weather.wind_kmh and weather.wind_kmh >= 20 else ""
    facts = [describe_day(weather.date or ""), weather.summary, degrees, rain, wind]
    words = escape(" · ".join(filter(None, [place, *facts])))
    sign = "☂" if rain else "☀"
    return f'<p class="aside"><span aria-hidden="true">{sign}</span> {words}</p>' if words else ""


def _show_sources(citations: tuple[Citation, ...]) -> None:
    if not citations:
        return
    with st.expander("Sources", icon=":material/menu_book:"):
        for citation in citations:
            source = f'<span class="muted">{escape(citation.source)}</span>'
            st.html(f'<p class="source">{escape(citation.text)} {source}</p>')


def _show_look(exchange: Exchange, answer: ChatAnswer, *, busy: bool) -> None:
    look = exchange.look
    if look is None:
        return
    with st.container(key=f"look-{answer.turn}"):
        if look.problem:
            st.html(f'<p role="alert">{escape(look.problem)}</p>')
            st.button(
                "Try the picture again",
                icon=":material/refresh:",
                key=f"retry-look-{answer.turn}",
                on_click=look.retry,
                disabled=busy,
            )
        else:
            show_pictures(look, f"look-{answer.turn}")


def _show_actions(exchange: Exchange, answer: ChatAnswer, *, can_draw: bool, busy: bool) -> None:
    with st.container(key=f"actions-{answer.turn}", horizontal=True, vertical_alignment="center"):
        key = f"rating-{answer.turn}"
        st.feedback(
            "thumbs",
            key=key,
            default=None if exchange.rating is None else int(exchange.rating == "up"),
            on_change=_rate,
            args=(exchange, answer, key),
            disabled=busy,
        )
        if can_draw and _shows_outfit(answer) and exchange.look is None:
            st.button(
                "Picture of the outfit",
                icon=":material/brush:",
                key=f"draw-{answer.turn}",
                on_click=conversation.begin_picture,
                args=(exchange,),
                disabled=busy,
            )


def _shows_outfit(answer: ChatAnswer) -> bool:
    """Whether the outfit is what this answer is about: a refusal or a question goes on knowing it."""
    return not answer.refused and bool(_worn_in(answer))


def _rate(exchange: Exchange, answer: ChatAnswer, key: str) -> None:
    chosen = st.session_state[key]
    if chosen is None:
        return
    rating = "up" if chosen else "down"
    try:
        session.get_client().feedback(answer.session_id, answer.turn, rating)
    except ApiProblem:
        st.toast("Your feedback could not be kept. Please try again later.")
        return
    exchange.rating = rating
    st.toast("Thank you for your feedback.")
