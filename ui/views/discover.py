"""Find something: by words, by a photo, by filters, or by looking around."""

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from ui import catalog, session
from ui.answers import Product
from ui.catalog import Facets
from ui.client import StylistClient
from ui.photos import Photo
from ui.place import Place, go_to, note_place, read_place, settle, stays
from ui.widgets import cards, messages, style_bar
from ui.widgets.filters import open_filters, show_details_choice
from ui.widgets.searchbar import chosen_photo, show_search_bar
from ui.widgets.skeleton import show_skeleton_cards
from ui.widgets.text import escape, label_of
from ui.words import say, say_many

_MOST_RESULTS = 96
_SKELETONS = 10


def show_discover() -> None:
    """The page."""
    client = session.get_client()
    place = read_place()
    settle(place.address)
    note_place(place)
    show_search_bar(place)
    weight = show_choices(client, place, catalog.load_facets(client))
    frames = st.empty()
    if not stays():
        with frames.container():
            show_skeleton_cards(_SKELETONS, "wait")
    photo, liked = chosen_photo(place), find_liked(client, place)
    # What the address refers to may be gone: the rest of the wish still counts.
    place = replace(place, photo=place.photo if photo else None, like=place.like if liked else None)
    products, more = find(client, place, photo, liked, weight)
    frames.empty()
    show_heading(place, photo, liked, len(products), more)
    show_results(place, products, more)


def show_choices(client: StylistClient, place: Place, facets: Facets) -> float | None:
    """Filters, and how the results are ordered; the weight of the shopper's style, None for the usual one."""
    weight = None
    with open_filters(place, facets), st.popover(say("Sort & style"), icon=":material/tune:", key="sort"):
        if catalog.find_features(client).style:
            weight = style_bar.show_style_bar(client, place)
        show_details_choice(place)
    return weight


def find_liked(client: StylistClient, place: Place) -> Product | None:
    """The product that others should be like; None too when it has left the shop."""
    return catalog.load_product(client, place.like) if place.like else None


def find(
    client: StylistClient, place: Place, photo: Photo | None, liked: Product | None, weight: float | None
) -> tuple[Sequence[Product], bool]:
    """The products to show and whether there are more; `weight` is that of the shopper's style."""
    if not place.needs_search:
        return catalog.browse(client, place.category, place.page)
    limit = min(place.page * catalog.PAGE_SIZE, _MOST_RESULTS)
    answer = client.search(
        query=place.words or (None if photo or liked else words_for(place)),
        image=photo.base64 if photo else None,
        like=[liked.product_id] if liked else [],
        unlike=place.unlike,
        personalize=weight,
        filters=place.filters,
        limit=limit,
    )
    hits = [hit for hit in answer.results if liked is None or hit.product_id != liked.product_id]
    return hits, len(answer.results) == limit < _MOST_RESULTS


def words_for(place: Place) -> str:
    """Words for filters alone, such as `red dress`: a search needs something to rank by."""
    return " ".join([*place.colors, place.category or "clothes"])


def show_heading(place: Place, photo: Photo | None, liked: Product | None, count: int, more: bool) -> None:
    """What is shown, with the photo or the product that it was compared with."""
    with st.container(key="heading", horizontal=True, vertical_alignment="center"):
        if photo:
            st.image(photo.data, width=64, alt=say("Your photo"))
        if liked:
            st.html(cards.picture(liked, eager=True, css_class="thumb"), width=64)
        title = escape(title_of(place, photo, liked))
        amount = escape(_describe_count(count, more=more))
        st.html(f'<h1>{title}</h1><p class="muted" role="status">{amount}</p>', width="content")
        if photo or liked:
            label = say("Remove photo") if photo else say("Clear")
            rest = replace(place, photo=None, page=1) if photo else replace(place, like=None, page=1)
            st.button(label, icon=":material/close:", on_click=go_to, args=(rest,), key="clear")
        if place.unlike:
            label = say_many(
                "Forget the {count} piece you wanted less of",
                "Forget the {count} pieces you wanted less of",
                len(place.unlike),
            )
            rest = replace(place, unlike=(), page=1)
            st.button(label, icon=":material/close:", on_click=go_to, args=(rest,), key="clear-unlike")


def _describe_count(count: int, *, more: bool) -> str:
    if not count:
        return ""
    if more:
        return say("More than {count} pieces", count=count)
    return say_many("{count} piece", "{count} pieces", count)


def title_of(place: Place, photo: Photo | None, liked: Product | None) -> str:
    """The heading in the shopper's words."""
    if place.words:
        words = say("“{words}”", words=place.words)
        return say("{words} with your photo", words=words) if photo else words
    if photo:
        return say("Like your photo")
    if liked:
        return say("Similar to {name}", name=liked.title)
    if place.category:
        return label_of(place.category)
    return say("Your selection") if place.needs_search else say("All pieces")


def show_results(place: Place, products: Sequence[Product], more: bool) -> None:
    """Cards and a way to see more, or a few words when there are none."""
    if not products:
        show_nothing(place)
        return
    cards.show_cards(products, key="results", show_match=place.details)
    if more:
        with st.container(horizontal=True, horizontal_alignment="center"):
            following = replace(place, page=place.page + 1)
            st.button(say("Show more"), on_click=go_to, args=(following,), key="more")


def show_nothing(place: Place) -> None:
    """Says that nothing fits, and leads out."""
    if place == Place():
        messages.show_message(say("The shelves are still empty"), say("Please look again in a little while."))
        return
    messages.show_message(
        say("Nothing fits yet"), say("Try fewer words, another colour, or a wider price range.")
    )
    with st.container(key="start-over", horizontal=True, horizontal_alignment="center"):
        st.button(say("See all pieces"), on_click=go_to, args=(Place(),), key="see-all")


show_discover()
