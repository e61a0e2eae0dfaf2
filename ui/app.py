"""The site: sign-in gate, pages, and what is said when the API has a problem."""

from collections.abc import Collection, Mapping

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from ui import catalog, desk_answers, keepsakes, notices, session, signals
from ui.first_page import NAME
from ui.place import note_page
from ui.problems import ApiProblem
from ui.widgets import assistive, footer, frame, messages, welcome
from ui.words import say


def main() -> None:
    """Shows the page that the address asks for, to shoppers who are signed in."""
    frame.dress_page()
    client = session.get_client()
    features = catalog.find_capabilities(client).features
    pages = open_pages(features)
    page = st.navigation(list(pages.values()), position="hidden")
    # Before the page, which may take a while: a reload must not lose what was just saved.
    keepsakes.write()
    assistive.tell_page()
    if not session.is_signed_in():
        welcome.show_outside(client, page)
        return
    notices.show()
    note_page(page.url_path)
    frame.show_header(pages, page)
    try:
        page.run()
    except ApiProblem as problem:
        messages.show_problem(problem)
    footer.show_footer(client)
    if not catalog.STYLE.isdisjoint(features):
        signals.send(client)


def open_pages(features: Collection[str]) -> Mapping[str, StreamlitPage]:
    """The pages by name, in the order of their links; some need a feature of the stack.

    Their folder must not be called `pages`: Streamlit would serve such files by itself to the first visitor,
    past the sign-in gate.
    """
    pages = {
        "home": st.Page("views/home.py", title=NAME, default=True),
        "discover": st.Page("views/discover.py", title=say("Discover"), url_path="discover"),
    }
    if catalog.CHAT in features:
        pages["chat"] = st.Page("views/chat.py", title=say("Stylist"), url_path=frame.CHAT_PATH)
    if catalog.TRY_ON in features:
        pages["fitting"] = st.Page(
            "views/fitting_room.py", title=say("Fitting room"), url_path=frame.FITTING_PATH
        )
    if "images" in features:
        pages["lookbook"] = st.Page("views/lookbook.py", title=say("Lookbook"), url_path="lookbook")
    if catalog.CLOSET in features:
        pages["saved"] = st.Page("views/saved.py", title=say("Saved"), url_path="saved")
        pages["bag"] = st.Page("views/bag.py", title=say("Bag"), url_path="bag")
    if not catalog.STYLE.isdisjoint(features):
        pages["style"] = st.Page(
            "views/style.py", title=say("My style"), url_path="style", visibility="hidden"
        )
    if desk_answers.FEATURE in features:
        # Others who come to its address are told that it is not for them.
        visibility = "visible" if desk_answers.GROUP in session.groups() else "hidden"
        pages["catalogue"] = st.Page(
            "views/catalogue.py", title=say("Catalogue"), url_path="catalogue", visibility=visibility
        )
    pages["account"] = st.Page("views/account.py", title=say("Account"), url_path="account")
    pages["privacy"] = st.Page(
        "views/privacy.py", title=say("Privacy"), url_path=footer.PRIVACY_PATH, visibility="hidden"
    )
    pages["product"] = st.Page(
        "views/product.py", title=say("Product"), url_path="product", visibility="hidden"
    )
    pages["compare"] = st.Page(
        "views/compare.py", title=say("Compare"), url_path="compare", visibility="hidden"
    )
    return pages


main()
