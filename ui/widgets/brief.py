"""What the stylist has understood, as chips that the shopper can change."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from ui import conversation
from ui.widgets.text import describe_day, escape_markdown, format_price, label_of
from ui.words import later, say


@dataclass(frozen=True, slots=True)
class Entity:
    """One thing to know of a wish: how it is called, and what it may be; anything without options.

    Label and example are said in the shopper's language where they are shown.
    """

    label: str
    options: tuple[str, ...] = ()
    example: str = ""
    icon: str = ""


ENTITIES: Mapping[str, Entity] = {
    "occasion": Entity(later("Occasion"), example=later("a wedding"), icon=":material/celebration:"),
    "location": Entity(later("Place"), example=later("Lisbon"), icon=":material/location_on:"),
    "date": Entity(later("Date"), example="2027-06-19", icon=":material/calendar_today:"),
    "season": Entity(
        later("Season"), ("spring", "summer", "autumn", "winter"), icon=":material/partly_cloudy_day:"
    ),
    "budget": Entity(later("Budget"), example="150", icon=":material/payments:"),
    "gender": Entity(later("For"), ("women", "men", "unisex"), icon=":material/person:"),
    "age_group": Entity(later("Age"), ("10-20", "20-30", "30-50", "50+"), icon=":material/cake:"),
    "items": Entity(later("Pieces"), example=later("dress, shoes"), icon=":material/apparel:"),
    "colors": Entity(later("Colours"), example=later("blue, white"), icon=":material/palette:"),
    "sizes": Entity(later("Sizes"), example=later("M, 39"), icon=":material/straighten:"),
    "style": Entity(later("Style"), example=later("classic"), icon=":material/styler:"),
}
_CURRENCY = re.compile(r"[€$£¥]|\b[A-Za-z]{3}\b")
_LISTS = frozenset({"items", "colors", "sizes"})


def show_brief(brief: Mapping[str, Any], turn: int, *, disabled: bool) -> None:
    """A chip for all that is known, and one to add what is not."""
    with st.container(key="brief", horizontal=True, gap="xsmall"):
        for name, entity in ENTITIES.items():
            if name in brief:
                _show_chip(name, entity, brief, turn, disabled=disabled)
        missing = [name for name in ENTITIES if name not in brief]
        if missing:
            _show_adding(missing, turn, disabled=disabled)


def _show_chip(name: str, entity: Entity, brief: Mapping[str, Any], turn: int, *, disabled: bool) -> None:
    value = describe_value(name, brief)
    label = escape_markdown(say("{detail}: {value}", detail=say(entity.label), value=value))
    # The turn is part of the keys: with the next answer the chips close and tell what is known then.
    with (
        st.popover(label, icon=entity.icon, disabled=disabled, key=f"chip-{name}-{turn}"),
        st.form(f"form-{name}-{turn}", border=False),
    ):
        key = f"value-{name}-{turn}"
        _ask_value(name, entity, key, write_value(name, brief))
        with st.container(horizontal=True):
            st.form_submit_button(say("Update"), type="primary", on_click=_take_value, args=(name, key))
            st.form_submit_button(say("Remove"), on_click=_clear_value, args=(name,))


def _show_adding(missing: list[str], turn: int, *, disabled: bool) -> None:
    with st.popover(say("Add a detail"), icon=":material/add:", disabled=disabled, key=f"chip-add-{turn}"):
        name = st.selectbox(
            say("What should the stylist know?"),
            missing,
            format_func=lambda name: say(ENTITIES[name].label),
            key=f"add-{turn}",
        )
        with st.form(f"form-add-{turn}", border=False):
            key = f"value-add-{name}-{turn}"
            _ask_value(name, ENTITIES[name], key, "")
            st.form_submit_button(say("Add"), type="primary", on_click=_take_value, args=(name, key))


def _ask_value(name: str, entity: Entity, key: str, value: str) -> None:
    if entity.options:
        index = entity.options.index(value) if value in entity.options else 0
        st.selectbox(say(entity.label), entity.options, index=index, format_func=label_of, key=key)
        return
    label = say(entity.label)
    if name in _LISTS:
        label = say("{detail} (separate them by commas)", detail=label)
    example = say("For example {example}", example=say(entity.example))
    st.text_input(label, value, key=key, placeholder=example, max_chars=100)


def _take_value(name: str, key: str) -> None:
    text = str(st.session_state[key]).strip()
    if not text:
        return
    edits = {name: text}
    if name == "budget" and (currency := _CURRENCY.search(text)):
        edits["currency"] = currency.group()
    conversation.ask(say("{detail}: {value}", detail=say(ENTITIES[name].label), value=text), edits)


def _clear_value(name: str) -> None:
    conversation.ask(say("{detail}: does not matter", detail=say(ENTITIES[name].label)), {name: None})


def describe_value(name: str, brief: Mapping[str, Any]) -> str:
    """A value for people: `€200`, `Blue, white`, `30–50`."""
    value = brief[name]
    if name == "budget" and isinstance(value, int | float):
        return say(
            "up to {price}", price=format_price(float(value), str(brief.get("currency") or ""), short=True)
        )
    text = write_value(name, brief)
    if name == "date":
        return describe_day(text) or text
    if name == "age_group":
        return text.replace("-", "–")
    return text if name in ("sizes", "location") else label_of(text)


def write_value(name: str, brief: Mapping[str, Any]) -> str:
    """A value as the shopper would type it."""
    value = brief[name]
    if isinstance(value, list | tuple):
        return ", ".join(str(part) for part in value)
    if name == "budget":
        amount = f"{value:g}" if isinstance(value, int | float) and value < 1e6 else str(value)
        return f"{amount} {brief.get('currency') or ''}".strip()
    return str(value)
