"""How pieces are put on, for those who want to say more than "try it on"."""

import base64
import io
from typing import Any

import streamlit as st
from PIL import Image

from ui.words import later, say

_AUTO = "AUTO"
_STATE = "fitting-parameters"
_AREAS = {
    "GARMENT": later("Where the piece is worn"),
    "PROMPT": later("In my words"),
    "IMAGE": later("A picture of the area"),
}
_CLASSES = (
    _AUTO,
    "UPPER_BODY",
    "LOWER_BODY",
    "FULL_BODY",
    "FOOTWEAR",
    "LONG_SLEEVE_SHIRT",
    "SHORT_SLEEVE_SHIRT",
    "NO_SLEEVE_SHIRT",
    "OTHER_UPPER_BODY",
    "LONG_PANTS",
    "SHORT_PANTS",
    "OTHER_LOWER_BODY",
    "LONG_DRESS",
    "SHORT_DRESS",
    "FULL_BODY_OUTFIT",
    "OTHER_FULL_BODY",
    "SHOES",
    "BOOTS",
    "OTHER_FOOTWEAR",
)
_SHAPES = (_AUTO, "CONTOUR", "BOUNDING_BOX")
_STYLING = {
    "longSleeveStyle": (later("Long sleeves"), ("SLEEVE_DOWN", "SLEEVE_UP")),
    "tuckingStyle": (later("Tucked in"), ("UNTUCKED", "TUCKED")),
    "outerLayerStyle": (later("Jacket or coat"), ("CLOSED", "OPEN")),
}
_KEPT = {
    "preserveFace": later("Face"),
    "preserveHands": later("Hands"),
    "preserveBodyPose": later("Pose"),
}
_MERGING = {
    "BALANCED": later("Balanced"),
    "SEAMLESS": later("Seamless: soft edges"),
    "DETAILED": later("Detailed: crisp cloth"),
}
_VALUES = {
    _AUTO: later("Choose for me"),
    "CONTOUR": later("Along the piece"),
    "BOUNDING_BOX": later("A box around it"),
    "SLEEVE_DOWN": later("Sleeves down"),
    "SLEEVE_UP": later("Sleeves up"),
    "UNTUCKED": later("Untucked"),
    "TUCKED": later("Tucked"),
    "CLOSED": later("Closed"),
    "OPEN": later("Open"),
    "UPPER_BODY": later("Upper body"),
    "LOWER_BODY": later("Lower body"),
    "FULL_BODY": later("Full body"),
    "FOOTWEAR": later("Footwear"),
    "LONG_SLEEVE_SHIRT": later("Shirt with long sleeves"),
    "SHORT_SLEEVE_SHIRT": later("Shirt with short sleeves"),
    "NO_SLEEVE_SHIRT": later("Shirt without sleeves"),
    "OTHER_UPPER_BODY": later("Something else on the upper body"),
    "LONG_PANTS": later("Long trousers"),
    "SHORT_PANTS": later("Shorts"),
    "OTHER_LOWER_BODY": later("Something else on the lower body"),
    "LONG_DRESS": later("Long dress"),
    "SHORT_DRESS": later("Short dress"),
    "FULL_BODY_OUTFIT": later("Whole outfit"),
    "OTHER_FULL_BODY": later("Something else for the whole body"),
    "SHOES": later("Shoes"),
    "BOOTS": later("Boots"),
    "OTHER_FOOTWEAR": later("Other footwear"),
}
_LONGEST_SIDE = 4096


def chosen_options() -> dict[str, Any]:
    """What was chosen, as the parameters of the API; what is left alone is left out. For callbacks."""
    return st.session_state.get(_STATE, {})


def show_options() -> None:
    """Asks, folded away."""
    with st.expander(say("More choices"), icon=":material/tune:"):
        parameters = {**_ask_area(), **_ask_styling(), **_ask_kept()}
        merging = st.selectbox(
            say("How it blends in"),
            list(_MERGING),
            format_func=lambda name: say(_MERGING[name]),
            key="option-merge",
        )
        if merging != "BALANCED":
            parameters["mergeStyle"] = merging
        seed = st.number_input(
            say("Number of the variation"),
            min_value=0,
            max_value=2_147_483_646,
            value=None,
            placeholder=say("Any"),
            key="option-seed",
            help=say("The same number gives the same picture again."),
        )
        if st.toggle(say("Show me what was painted over"), key="option-mask-shown"):
            parameters["returnMask"] = True
        st.session_state[_STATE] = parameters if seed is None else {**parameters, "seed": int(seed)}


def _ask_area() -> dict[str, Any]:
    area = st.selectbox(
        say("What is painted over"),
        list(_AREAS),
        format_func=lambda name: say(_AREAS[name]),
        key="option-area",
    )
    if area == "IMAGE":
        return _ask_picture()
    shape = st.selectbox(say("Its edge"), _SHAPES, format_func=_show_choice, key="option-shape")
    chosen: dict[str, Any] = {} if shape == _AUTO else {"maskShape": shape}
    if area == "PROMPT":
        words = st.text_input(
            say("The area in your words"), key="option-words", placeholder=say("the jacket"), max_chars=300
        )
        return {"maskType": "PROMPT", "maskPrompt": words.strip(), **chosen} if words.strip() else {}
    garment = st.selectbox(say("Kind of piece"), _CLASSES, format_func=_show_choice, key="option-class")
    return {**chosen, "garmentClass": garment} if garment != _AUTO else chosen


def _ask_picture() -> dict[str, Any]:
    upload = st.file_uploader(
        say("A picture as large as your photo: black where the piece goes, white elsewhere"),
        type=["png"],
        key="option-mask",
    )
    if upload is None:
        return {}
    try:
        with Image.open(io.BytesIO(upload.getvalue()), formats=("PNG",)) as image:
            if max(image.size) > _LONGEST_SIDE:
                st.warning(say("That picture has more than {count} pixels on a side.", count=_LONGEST_SIDE))
                return {}
            buffer = io.BytesIO()
            image.convert("L").point([0] * 128 + [255] * 128).save(buffer, "PNG")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        st.warning(say("We cannot read that picture. Please choose a PNG."), icon=":material/broken_image:")
        return {}
    return {"maskType": "IMAGE", "maskImage": base64.b64encode(buffer.getvalue()).decode("ascii")}


def _ask_styling() -> dict[str, Any]:
    styling: dict[str, str] = {}
    for name, (label, values) in _STYLING.items():
        value = st.segmented_control(say(label), values, format_func=_show_choice, key=f"option-{name}")
        if value:
            styling[name] = value
    return {"garmentStyling": styling} if styling else {}


def _ask_kept() -> dict[str, Any]:
    kept = st.pills(
        say("What stays as it is"),
        list(_KEPT),
        format_func=lambda name: say(_KEPT[name]),
        selection_mode="multi",
        default=["preserveFace", "preserveHands"],
        key="option-kept",
    )
    if set(kept) == {"preserveFace", "preserveHands"}:
        return {}
    return {"maskExclusions": {name: "ON" if name in kept else "OFF" for name in _KEPT}}


def _show_choice(value: str) -> str:
    return say(_VALUES[value])
