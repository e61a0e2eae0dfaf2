"""Two pictures of the same size, one over the other, with a slider between them."""

from streamlit.components.v2 import component

from ui.words import say

_HTML = """
<figure class="before-after">
  <img class="before" decoding="async"><img class="after" decoding="async">
  <span class="side left" aria-hidden="true"></span>
  <span class="side right" aria-hidden="true"></span>
  <span class="cut" aria-hidden="true"></span>
  <input type="range" min="0" max="100" value="50" step="1">
  <figcaption></figcaption>
</figure>
"""
_SCRIPT = """
export default function ({ data, parentElement }) {
  const figure = parentElement.querySelector(".before-after");
  const slider = figure.querySelector("input");
  for (const side of ["before", "after"]) {
    const image = figure.querySelector("." + side);
    image.alt = data[side + "_words"];
    if (image.src !== data[side]) image.src = data[side];
  }
  figure.querySelector(".left").textContent = data.left;
  figure.querySelector(".right").textContent = data.right;
  figure.querySelector("figcaption").textContent = data.label;
  slider.setAttribute("aria-label", data.slider);
  const show = () => {
    figure.style.setProperty("--cut", slider.value + "%");
    slider.setAttribute("aria-valuetext", data.share.replace("{percent}", 100 - slider.value));
  };
  slider.oninput = show;
  show();
}
"""
# In the page's own tree and not in a shadow of it, so that pictures and slider are found by every reader.
_compare = component("stylist.before_after", html=_HTML, js=_SCRIPT, isolate_styles=False)


def show_before_after(before: str, after: str, *, words: str, label: str, key: str) -> None:
    """The pictures behind two web addresses; arrow keys move the slider too."""
    data = {
        "before": before,
        "after": after,
        "before_words": say("The photo, before"),
        "left": say("Before"),
        "right": say("After"),
        "slider": say("How much of the look is shown"),
        "share": say("{percent} % of the look"),
        "after_words": words,
        "label": label,
    }
    _compare(data=data, key=key)
