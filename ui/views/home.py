"""The start: what the shopper dresses for, where they were, what others and they themselves like."""

from collections.abc import Sequence
from concurrent.futures import Future
from functools import partial

import streamlit as st

from ui import catalog, closet, conversation, place, sentences, session, signals, styles, together, visited
from ui.answers import Product
from ui.catalog import Features
from ui.client import StylistClient
from ui.fitting_answers import Job
from ui.problems import ApiProblem
from ui.stylist_answers import MOST_MESSAGE, ConversationPage
from ui.widgets import card_actions, cards
from ui.widgets.rows import Row, show_rows
from ui.widgets.text import escape, escape_markdown, is_web_address, label_of
from ui.wishes import WISHES
from ui.words import later, say, say_many

_ROW = 8
_TILES = 12
_FOR_YOU = "for-you"
_PROMISE = later(
    "Tell us the occasion, the place and your budget: you get outfits of real pieces, and see them on you."
)


Tile = tuple[str, str, str, dict[str, str] | None, str]
# Name, page, label, query parameters and picture (HTML) of a way back.


def show_home() -> None:
    """The page."""
    if place.is_named():
        st.switch_page(card_actions.DISCOVER_PAGE, query_params=place.read_place().address)
    place.settle({})
    client = session.get_client()
    features = catalog.find_features(client)
    trending = together.begin(partial(load_trending, client)) if features.trending else None
    facets = together.begin(partial(catalog.load_facets, client))
    latest = together.begin(partial(load_latest_try_on, client)) if features.try_on else None
    talks = together.begin(partial(client.conversations, limit=1)) if features.chat else None
    style = find_style_words(client, features)
    for_you = together.begin(partial(load_for_you, client, style)) if style else None
    show_hero(features)
    show_continue([*_describe_talk(talks), *_describe_bag(client, features), *_describe_try_on(latest)])
    rows = []
    if for_you:
        rows.append(Row(_FOR_YOU, say("For your style"), for_you, partial(show_style_link, style)))
    if trending:
        rows.append(Row("trending", say("Trending this week"), trending))
    show_rows(rows)
    show_categories(facets)
    show_visited(client)


def show_hero(features: Features) -> None:
    """One question; its answer begins a conversation, or a search where there is no stylist."""
    with st.container(key="hero", horizontal_alignment="center"):
        st.html(
            f'<div class="welcome"><h1>{escape(say("What are you dressing for?"))}</h1>'
            f"<p>{escape(say(_PROMISE))}</p></div>"
        )
        wish = st.chat_input(
            say("A wedding in Lisbon in June, under 200 euros…"),
            key="wish",
            max_chars=MOST_MESSAGE,
            width=640,
        )
        if wish and wish.strip():
            _begin(wish.strip(), features)
        if features.chat:
            show_wishes()


def show_wishes() -> None:
    """What others dress for, as pictures: each begins a conversation."""
    grid = st.grid(len(WISHES), wrap=False, min_column_width=120, gap="small", key="wishes-rail")
    for wish in WISHES:
        with grid.cell(), st.container(key=f"wish-card-{wish.picture}", gap=None):
            st.image(wish.path, width="stretch", alt=say(wish.label))
            st.page_link(
                card_actions.CHAT_PAGE,
                label=say(wish.label),
                query_params=conversation.say_address(wish.message),
                width="stretch",
            )


def _begin(wish: str, features: Features) -> None:
    if features.chat:
        st.switch_page(card_actions.CHAT_PAGE, query_params=conversation.say_address(wish))
    st.switch_page(card_actions.DISCOVER_PAGE, query_params={"q": wish})


def show_continue(tiles: Sequence[Tile]) -> None:
    """Ways back to what the shopper was about, as far as there is any."""
    if not tiles:
        return
    with st.container(key="continue", horizontal=True, gap="small"):
        for name, page, label, address, html in tiles:
            with st.container(key=f"tile-{name}", horizontal=True, vertical_alignment="center", wrap=False):
                st.html(html, width="content")
                st.page_link(page, label=label, query_params=address, width="stretch")


def _describe_talk(answer: Future[ConversationPage] | None) -> list[Tile]:
    page = together.answer_or_none(answer) if answer else None
    if page is None or not page.conversations:
        return []
    talk = page.conversations[0]
    title = sentences.translate(talk.title or "")
    label = (
        say("Go on with: {title}", title=escape_markdown(title)) if title else say("Go on with your stylist")
    )
    icon = '<span class="sign" aria-hidden="true">forum</span>'
    return [("talk", card_actions.CHAT_PAGE, label, {"session": talk.session_id}, icon)]


def _describe_bag(client: StylistClient, features: Features) -> list[Tile]:
    count = closet.count_bag() if features.closet else 0
    if not count:
        return []
    product = catalog.load_product(client, closet.bag()[0].item_id)
    icon = '<span class="sign" aria-hidden="true">shopping_bag</span>'
    html = cards.picture(product, eager=True, css_class="thumb") if product else icon
    label = say_many("{count} piece in your bag", "{count} pieces in your bag", count)
    return [("bag", card_actions.BAG_PAGE, label, None, html)]


def _describe_try_on(latest: Future[Job | None] | None) -> list[Tile]:
    job = together.answer_or_none(latest) if latest else None
    if job is None or not is_web_address(job.result_url):
        return []
    words = escape(say("Your latest try-on, made by AI"))
    html = f'<div class="thumb"><img src="{escape(job.result_url or "")}" alt="{words}"></div>'
    label = say("Your latest try-on")
    return [("try-on", card_actions.FITTING_PAGE, label, {"look": job.job_id}, html)]


def load_latest_try_on(client: StylistClient) -> Job | None:
    """The latest try-on that is made. Raises ApiProblem."""
    return next((job for job in client.jobs(limit=3).jobs if job.status == "completed"), None)


def load_trending(client: StylistClient) -> Sequence[Product]:
    """What others like. Raises ApiProblem."""
    return catalog.load_trending(client, _ROW)


def find_style_words(client: StylistClient, features: Features) -> str:
    """What the shopper likes most, as words for a search; empty while there is nothing to go by."""
    if not features.style or signals.is_incognito():
        return ""
    style = styles.known_style(client)
    if style is None or style.opted_out:
        return ""
    liked = sorted((like for like in style.likes if like.strength > 0), key=lambda like: -like.strength)
    best = {
        kind: next((like.value for like in liked if like.kind == kind), "") for kind in ("color", "category")
    }
    return " ".join(filter(None, best.values()))


def load_for_you(client: StylistClient, words: str) -> Sequence[Product]:
    """What fits the shopper's style best. Raises ApiProblem."""
    return client.search(query=words, personalize=1.0, limit=_ROW).results


def show_style_link(words: str) -> None:
    """The way to more of what fits the shopper's style."""
    st.page_link(
        card_actions.DISCOVER_PAGE,
        label=say("See more"),
        icon=":material/arrow_forward:",
        icon_position="right",
        query_params={"q": words, "style": "100"},
    )


def show_categories(facets: Future[catalog.Facets]) -> None:
    """The parts of the shop as pictures."""
    known = together.answer_or_none(facets)
    faces = dict(list(known.faces.items())[:_TILES]) if known else {}
    if len(faces) < 2:
        return
    st.html(f'<h2 class="section">{escape(say("Shop by category"))}</h2>')
    grid = st.grid(min_column_width=150, gap="medium", key="categories")
    for category, product in sorted(faces.items()):
        with grid.cell(), st.container(key=f"category-card-{category}", gap=None):
            st.html(cards.picture(product))
            label = escape_markdown(label_of(category))
            st.page_link(
                card_actions.DISCOVER_PAGE, label=label, query_params={"category": category}, width="stretch"
            )


def show_visited(client: StylistClient) -> None:
    """What was looked at in this visit."""
    ids = visited.visited()[:_ROW]
    try:
        found = catalog.load_products(client, ids)
    except ApiProblem as problem:
        if problem.session_ended:
            raise
        return
    products = list(found.values())
    if len(products) > 1:
        st.html(f'<h2 class="section">{escape(say("Seen lately"))}</h2>')
        cards.show_cards(products, key="visited", rail=True)


show_home()
