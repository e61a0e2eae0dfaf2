"""The site: sign-in gate, pages, and what is said when the API has a problem."""

from collections.abc import Mapping

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from ui import session
from ui.client import ApiProblem
from ui.place import note_page
from ui.widgets import frame, messages, welcome


def main() -> None:
    """Shows the page that the address asks for, to shoppers who are signed in."""
    frame.dress_page()
    pages = open_pages()
    page = st.navigation(list(pages.values()), position="hidden")
    if not session.is_signed_in():
        welcome.show_welcome()
        return
    note_page(page.url_path)
    frame.show_header(pages["discover"], pages["account"], page)
    try:
        page.run()
    except ApiProblem as problem:
        messages.show_problem(problem)
    frame.show_footer(session.get_client())


def open_pages() -> Mapping[str, StreamlitPage]:
    """The pages by name.

    Their folder must not be called `pages`: Streamlit would serve such files by itself to the first visitor,
    past the sign-in gate.
    """
    return {
        "discover": st.Page("views/discover.py", title="Discover", default=True),
        "product": st.Page("views/product.py", title="Product", visibility="hidden"),
        "account": st.Page("views/account.py", title="Account"),
    }


main()
