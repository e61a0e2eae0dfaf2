"""Saved outfits: what they look like, what they cost, and what can be done with them."""

from collections.abc import Mapping, Sequence

import streamlit as st

from ui import catalog, closet, notices, session, together
from ui.answers import Product
from ui.client import StylistClient
from ui.closet_answers import ClosetItem
from ui.compare_place import compare_address
from ui.problems import ApiProblem
from ui.widgets import card_actions, cards, messages, next_steps
from ui.widgets.text import escape, escape_markdown, is_web_address
from ui.words import say, say_many

_REDRAW = "saved-looks"
_MOST_IN_COLLAGE = 4


@st.fragment(key=_REDRAW)
def show_looks() -> None:
    """All looks, latest first."""
    notices.show()
    looks = closet.looks()
    if not looks:
        _show_none()
        return
    client = session.get_client()
    pictures = together.begin(lambda: [_find_picture(client, look) for look in looks])
    products = catalog.load_products(client, [each for look in looks for each in look.product_ids])
    grid = st.grid(min_column_width=300, gap="large", key="looks")
    for look, address in zip(looks, pictures.result(), strict=True):
        with grid.cell(), st.container(key=f"look-{look.item_id}", gap="xsmall"):
            _show_look(look, products, address)


def _show_none() -> None:
    messages.show_message(
        say("No looks yet"), say("Save an outfit from your stylist, a piece's complete look, or a try-on.")
    )
    if catalog.find_features(session.get_client()).chat:
        with st.container(key="looks-next-pill", horizontal=True, horizontal_alignment="center"):
            st.page_link(card_actions.CHAT_PAGE, label=say("Ask your stylist"), icon=":material/forum:")


def _show_look(look: ClosetItem, products: Mapping[str, Product], address: str | None) -> None:
    pieces = [products[each] for each in look.product_ids if each in products]
    name = look.name or say("My look")
    st.html(_picture(name, address) if address else collage(pieces))
    with st.container(
        key=f"look-{look.item_id}-top", horizontal=True, wrap=False, vertical_alignment="center"
    ):
        st.html(f'<h2 class="plain">{escape(name)}</h2><p class="muted small">{_facts(look, pieces)}</p>')
        with st.popover(
            say("Change {name}", name=escape_markdown(name)),
            icon=":material/more_horiz:",
            type="tertiary",
            key=f"look-{look.item_id}-more-icon",
        ):
            _show_changes(look, name)
    if pieces:
        _show_ways(look, pieces)


def _facts(look: ClosetItem, pieces: Sequence[Product]) -> str:
    parts = [say_many("{count} piece", "{count} pieces", len(look.product_ids)), cards.total_price(pieces)]
    missing = len(look.product_ids) - len(pieces)
    if missing:
        parts.append(say_many("{count} has left the shop", "{count} have left the shop", missing))
    return escape(" · ".join(filter(None, parts)))


def _show_ways(look: ClosetItem, pieces: Sequence[Product]) -> None:
    ids = [product.product_id for product in pieces]
    features = catalog.find_features(session.get_client())
    with st.container(key=f"look-{look.item_id}-ways", horizontal=True, gap="xsmall"):
        next_steps.show_try_on(pieces, f"look-{look.item_id}")
        next_steps.show_all_in_bag(ids, f"look-{look.item_id}", redraw=_REDRAW)
        if len(pieces) > 1:
            with st.container(key=f"look-{look.item_id}-compare-pill", width="content"):
                st.page_link(
                    card_actions.COMPARE_PAGE,
                    label=say("Compare"),
                    icon=":material/compare_arrows:",
                    query_params=compare_address(ids[-4:]),
                )
        if features.chat:
            with st.container(key=f"look-{look.item_id}-ask-pill", width="content"):
                st.page_link(
                    card_actions.CHAT_PAGE,
                    label=say("Ask the stylist"),
                    icon=":material/forum:",
                    query_params={"about": ",".join(ids)},
                )


def _show_changes(look: ClosetItem, name: str) -> None:
    key = f"look-name-{look.item_id}"
    st.text_input(say("Name"), name, key=key, max_chars=80, on_change=_rename, args=(look.item_id, key))
    st.button(
        say("Delete this look"),
        icon=":material/delete:",
        type="tertiary",
        key=f"look-{look.item_id}-delete",
        on_click=closet.drop_look,
        args=(look.item_id,),
    )


def _rename(look_id: str, key: str) -> None:
    closet.rename_look(look_id, st.session_state[key])


def collage(pieces: Sequence[Product]) -> str:
    """HTML of up to four pieces in one frame."""
    shown = pieces[:_MOST_IN_COLLAGE]
    images = "".join(
        f'<img src="{escape(piece.image_url or "")}" alt="{escape(cards.describe(piece))}" loading="lazy">'
        for piece in shown
        if is_web_address(piece.image_url)
    )
    return f'<div class="collage of-{len(shown)}">{images}</div>'


def _picture(name: str, address: str) -> str:
    words = escape(say("{name}, made by AI", name=name))
    badge = escape(say("AI-made"))
    return (
        f'<figure class="collage whole"><img src="{escape(address)}" alt="{words}" loading="lazy">'
        f'<figcaption class="badge">{badge}</figcaption></figure>'
    )


def _find_picture(client: StylistClient, look: ClosetItem) -> str | None:
    """The address of the look's own picture, while that is kept."""
    if look.picture is None:
        return None
    try:
        if look.picture.kind == "try-on":
            address = client.job(look.picture.id).result_url
        else:
            images = client.images().images
            address = next((each.url for each in images if each.image_id == look.picture.id), None)
    except ApiProblem:
        return None
    return address if is_web_address(address) else None
