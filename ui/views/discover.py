"""Find something: by words, by a photo, by filters, or by looking around."""

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from ui import catalog, session
from ui.answers import Product
from ui.client import StylistClient
from ui.photos import Photo
from ui.place import Place, go_to, note_place, read_place, settle
from ui.problems import ApiProblem
from ui.widgets import cards, messages, style_bar
from ui.widgets.filters import show_filters
from ui.widgets.searchbar import chosen_photo, show_search_bar
from ui.widgets.text import escape, label_of

_MOST_RESULTS = 96
_NOT_FOUND = 404


def show_discover() -> None:
    """The page."""
    client = session.get_client()
    place = read_place()
    settle(place.address)
    note_place(place)
    show_search_bar(place)
    show_filters(place, catalog.load_facets(client))
    weight = style_bar.show_style_bar(client, place) if catalog.find_features(client).style else None
    photo, liked = chosen_photo(place), find_liked(client, place)
    # What the address refers to may be gone: the rest of the wish still counts.
    place = replace(place, photo=place.photo if photo else None, like=place.like if liked else None)
    with st.spinner("Looking through the shop…"):
        products, more = find(client, place, photo, liked, weight)
    show_heading(place, photo, liked, len(products), more)
    show_results(place, products, more)


def find_liked(client: StylistClient, place: Place) -> Product | None:
    """The product that others should be like; None too when it has left the shop."""
    if not place.like:
        return None
    try:
        return client.product(place.like)
    except ApiProblem as problem:
        if problem.status == _NOT_FOUND:
            return None
        raise


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
            st.image(photo.data, width=64, alt="Your photo")
        if liked:
            st.html(cards.picture(liked, eager=True, css_class="thumb"), width=64)
        amount = f"{count}{'+' if more else ''} {'piece' if count == 1 else 'pieces'}" if count else ""
        title = escape(title_of(place, photo, liked))
        st.html(f'<h1>{title}</h1><p class="muted" role="status">{amount}</p>', width="content")
        if photo or liked:
            label = "Remove photo" if photo else "Clear"
            rest = replace(place, photo=None, page=1) if photo else replace(place, like=None, page=1)
            st.button(label, icon=":material/close:", on_click=go_to, args=(rest,), key="clear")
        if place.unlike:
            count = len(place.unlike)
            label = f"Forget the {count} {'piece' if count == 1 else 'pieces'} you wanted less of"
            rest = replace(place, unlike=(), page=1)
            st.button(label, icon=":material/close:", on_click=go_to, args=(rest,), key="clear-unlike")


def title_of(place: Place, photo: Photo | None, liked: Product | None) -> str:
    """The heading in the shopper's words."""
    if place.words:
        return f"“{place.words}”" + (" with your photo" if photo else "")
    if photo:
        return "Like your photo"
    if liked:
        return f"Similar to {liked.title}"
    if place.category:
        return label_of(place.category)
    return "Your selection" if place.needs_search else "All pieces"


def show_results(place: Place, products: Sequence[Product], more: bool) -> None:
    """Cards and a way to see more, or a few words when there are none."""
    if not products:
        show_nothing(place)
        return
    cards.show_cards(products, key="results")
    if more:
        with st.container(horizontal=True, horizontal_alignment="center"):
            st.button("Show more", on_click=go_to, args=(replace(place, page=place.page + 1),), key="more")


def show_nothing(place: Place) -> None:
    """Says that nothing fits, and leads out."""
    if place == Place():
        messages.show_message("The shelves are still empty", "Please look again in a little while.")
        return
    messages.show_message("Nothing fits yet", "Try fewer words, another colour, or a wider price range.")
    with st.container(key="start-over", horizontal=True, horizontal_alignment="center"):
        st.button("See all pieces", on_click=go_to, args=(Place(),), key="see-all")


show_discover()
