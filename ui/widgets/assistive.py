"""What screen readers have to know of the page as a whole."""

import streamlit as st
from streamlit.components.v2 import component

from ui.words import current_language

_SCRIPT = """
export default function ({ data }) {
  document.documentElement.lang = data.language;
}
"""
_tell = component("stylist.assistive", js=_SCRIPT, isolate_styles=False)


def tell_language() -> None:
    """Names the language of the page, so that it is read aloud in it (WCAG 2.2, 3.1.1)."""
    with st.container(key="assistive-place"):
        _tell(data={"language": current_language()}, key="assistive")
