"""How pieces are put on, for those who want to say more than "try it on"."""

import base64
import io
from typing import Any

import streamlit as st
from PIL import Image

from ui.widgets.text import label_of

_AUTO = "AUTO"
_STATE = "fitting-parameters"
_AREAS = {"GARMENT": "Where the piece is worn", "PROMPT": "In my words", "IMAGE": "A picture of the area"}
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
    "longSleeveStyle": ("Long sleeves", ("SLEEVE_DOWN", "SLEEVE_UP")),
    "tuckingStyle": ("Tucked in", ("UNTUCKED", "TUCKED")),
    "outerLayerStyle": ("Jacket or coat", ("CLOSED", "OPEN")),
}
_KEPT = {"preserveFace": "Face", "preserveHands": "Hands", "preserveBodyPose": "Pose"}
_MERGING = {"BALANCED": "Balanced", "SEAMLESS": "Seamless: soft edges", "DETAILED": "Detailed: crisp cloth"}
_LONGEST_SIDE = 4096


def chosen_options() -> dict[str, Any]:
    """What was chosen, as the parameters of the API; what is left alone is left out. For callbacks."""
    return st.session_state.get(_STATE, {})


def show_options() -> None:
    """Asks, folded away."""
    with st.expander("More choices", icon=":material/tune:"):
        parameters = {**_ask_area(), **_ask_styling(), **_ask_kept()}
        merging = st.selectbox(
            "How it blends in", list(_MERGING), format_func=_MERGING.__getitem__, key="option-merge"
        )
        if merging != "BALANCED":
            parameters["mergeStyle"] = merging
        seed = st.number_input(
            "Number of the variation",
            min_value=0,
            max_value=2_147_483_646,
            value=None,
            placeholder="Any",
            key="option-seed",
            help="The same number gives the same picture again.",
        )
        if st.toggle("Show me what was painted over", key="option-mask-shown"):
            parameters["returnMask"] = True
        st.session_state[_STATE] = parameters if seed is None else {**parameters, "seed": int(seed)}


def _ask_area() -> dict[str, Any]:
    area = st.selectbox(
        "What is painted over", list(_AREAS), format_func=_AREAS.__getitem__, key="option-area"
    )
    if area == "IMAGE":
        return _ask_picture()
    shape = st.selectbox("Its edge", _SHAPES, format_func=_show_choice, key="option-shape")
    chosen: dict[str, Any] = {} if shape == _AUTO else {"maskShape": shape}
    if area == "PROMPT":
        words = st.text_input(
            "The area in your words", key="option-words", placeholder="the jacket", max_chars=300
        )
        return {"maskType": "PROMPT", "maskPrompt": words.strip(), **chosen} if words.strip() else {}
    garment = st.selectbox("Kind of piece", _CLASSES, format_func=_show_choice, key="option-class")
    return {**chosen, "garmentClass": garment} if garment != _AUTO else chosen


def _ask_picture() -> dict[str, Any]:
    upload = st.file_uploader(
        "A picture as large as your photo: black where the piece goes, white elsewhere",
        type=["png"],
        key="option-mask",
    )
    if upload is None:
        return {}
    try:
        with Image.open(io.BytesIO(upload.getvalue()), formats=("PNG",)) as image:
            if max(image.size) > _LONGEST_SIDE:
                st.warning(f"That picture has more than {_LONGEST_SIDE} pixels on a side.")
                return {}
            buffer = io.BytesIO()
            image.convert("L").point([0] * 128 + [255] * 128).save(buffer, "PNG")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        st.warning("We cannot read that picture. Please choose a PNG.", icon=":material/broken_image:")
        return {}
    return {"maskType": "IMAGE", "maskImage": base64.b64encode(buffer.getvalue()).decode("ascii")}


def _ask_styling() -> dict[str, Any]:
    styling: dict[str, str] = {}
    for name, (label, values) in _STYLING.items():
        value = st.segmented_control(label, values, format_func=_show_choice, key=f"option-{name}")
        if value:
            styling[name] = value
    return {"garmentStyling": styling} if styling else {}


def _ask_kept() -> dict[str, Any]:
    kept = st.pills(
        "What stays as it is",
        list(_KEPT),
        format_func=_KEPT.__getitem__,
        selection_mode="multi",
        default=["preserveFace", "preserveHands"],
        key="option-kept",
    )
    if set(kept) == {"preserveFace", "preserveHands"}:
        return {}
    return {"maskExclusions": {name: "ON" if name in kept else "OFF" for name in _KEPT}}


def _show_choice(value: str) -> str:
    return "Choose for me" if value == _AUTO else label_of(value.lower())
