"""What can be done with an outfit, in one row: try it on, keep it as a look, put all of it into the bag."""

from collections.abc import Sequence

import streamlit as st

from ui import closet, notices, session
from ui.answers import Product
from ui.catalog import find_features
from ui.closet_answers import LookPicture
from ui.fitting_place import outfit_address
from ui.widgets.card_actions import BAG_COUNT, FITTING_PAGE
from ui.words import say


def show_row(products: Sequence[Product], name: str, key: str) -> None:
    """The whole row, as a fragment of its own."""
    st.fragment(_draw_row, key=f"{key}-actions")(products, name, key)


def _draw_row(products: Sequence[Product], name: str, key: str) -> None:
    notices.show()
    ids = [product.product_id for product in products]
    with st.container(key=f"next-{key}", horizontal=True, gap="small"):
        show_try_on(products, key)
        show_keeping(ids, name, key, redraw=f"{key}-actions")


def show_try_on(products: Sequence[Product], key: str) -> None:
    """A way to the fitting room with all of the pieces."""
    if products and find_features(session.get_client()).try_on:
        with st.container(key=f"{key}-try-pill", width="content"):
            st.page_link(
                FITTING_PAGE,
                label=say("Try the whole outfit on") if len(products) > 1 else say("Try it on"),
                icon=":material/checkroom:",
                query_params=outfit_address(products),
            )


def show_keeping(
    product_ids: Sequence[str],
    name: str,
    key: str,
    picture: LookPicture | None = None,
    *,
    redraw: str | None = None,
) -> None:
    """Buttons that keep the outfit as a look and put all of it into the bag, where the stack keeps such.

    `redraw` is the fragment that shows them, if they stand in one.
    """
    show_save(product_ids, name, key, picture)
    show_all_in_bag(product_ids, key, redraw=redraw)


def show_save(product_ids: Sequence[str], name: str, key: str, picture: LookPicture | None = None) -> None:
    """A button that keeps the outfit as a look, and keeps it no more."""
    if not product_ids or not find_features(session.get_client()).closet:
        return
    is_saved = closet.find_look(product_ids) is not None
    st.button(
        say("Look saved") if is_saved else say("Save look"),
        icon=":material/bookmark_added:" if is_saved else ":material/bookmark:",
        key=f"{key}-save",
        on_click=_toggle_look,
        args=(tuple(product_ids), name, picture),
    )


def _toggle_look(product_ids: Sequence[str], name: str, picture: LookPicture | None) -> None:
    look = closet.find_look(product_ids)
    if look:
        closet.drop_look(look.item_id)
    else:
        closet.save_look(product_ids, name, picture)


def show_all_in_bag(product_ids: Sequence[str], key: str, *, redraw: str | None = None) -> None:
    """Puts all pieces into the bag; `redraw` is the fragment that shows the button, if it stands in one."""
    if not product_ids or not find_features(session.get_client()).closet:
        return
    has_all = all(closet.is_in_bag(each) for each in product_ids)
    st.button(
        say("All in your bag") if has_all else say("Put all in the bag"),
        icon=":material/check:" if has_all else ":material/shopping_bag:",
        key=f"{key}-bag",
        on_click=_put_in_bag,
        args=(tuple(product_ids), redraw),
        disabled=has_all,
    )


def _put_in_bag(product_ids: Sequence[str], redraw: str | None) -> None:
    closet.put_in_bag(product_ids)
    if redraw:
        st.rerun([redraw, BAG_COUNT])


def name_outfit(products: Sequence[Product], occasion: str | None = None) -> str:
    """What a look is called until the shopper calls it otherwise."""
    if occasion:
        return say("Outfit for: {occasion}", occasion=occasion)
    return " + ".join(product.title for product in products[:2])
