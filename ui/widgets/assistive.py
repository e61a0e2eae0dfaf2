"""What screen readers have to know of the page, where Streamlit does not tell them."""

import streamlit as st
from streamlit.components.v2 import component

from ui.words import current_language

_SCRIPT = """
const repair = () => {
  for (const zone of document.querySelectorAll('[data-testid="stFileUploaderDropzone"][aria-label]')) {
    const words = zone.getAttribute("aria-label");
    for (const part of zone.querySelectorAll("button, button span[style]"))
      if (part.dataset.words !== words) part.dataset.words = words;
    const button = zone.querySelector("button");
    if (button && button.getAttribute("aria-label") !== words) button.setAttribute("aria-label", words);
    if (zone.getAttribute("role") === "presentation") zone.setAttribute("role", "group");
  }
};
export default function ({ data }) {
  document.documentElement.lang = data.language;
  repair();
  const watch = new MutationObserver(repair);
  watch.observe(document.body, { childList: true, subtree: true });
  return () => watch.disconnect();
}
"""
_tell = component("stylist.assistive", js=_SCRIPT, isolate_styles=False)


def tell_page() -> None:
    """Names the language of the page (WCAG 2.2, 3.1.1) and the buttons of uploads (4.1.2)."""
    with st.container(key="assistive-place"):
        _tell(data={"language": current_language()}, key="assistive")
