"""Reasons of the API in the shopper's language."""

from typing import get_args

import pytest

from runtime.personalization.port import EVENT_VALUES, EventType
from runtime.search import look
from runtime.shared.reasons import codes_of, make_reason, texts_of
from runtime.wardrobe.pieces import Formality, Slot
from ui import reasons, style_answers, words
from ui.answers import Hit, Reason

KINDS = ("like", "in_color", "same_category", "priced_like")


def hit(*told: Reason, why: tuple[str, ...] = ()) -> Hit:
    return Hit(product_id="a", reasons=told, why=why)


@pytest.fixture
def german(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "current_language", lambda: "de")


def test_a_reason_names_the_piece_that_it_comes_from() -> None:
    liked = make_reason(
        "like the red dress you saved", "like", done="favorite", color="red", category="dress"
    )
    told = Hit.model_validate({"product_id": "a", "why": texts_of([liked]), "reasons": codes_of([liked])})
    assert reasons.reasons_of(told) == ["Like the red dress you saved"]


@pytest.mark.usefixtures("german")
def test_it_does_so_in_the_language() -> None:
    told = Reason(code="like", values={"done": "favorite", "color": "light_blue", "category": "dress"})
    assert reasons.reasons_of(hit(told, why=("like the ...",))) == [
        "Ähnliches hast du gespeichert: Kleid (hellblau)"
    ]
    assert reasons.tell(Reason(code="part", values={"slot": "bag"})) == "Für alles, was du dabeihast"
    assert (
        reasons.tell(Reason(code="words", values={"words": "red, dress"}))
        == "Über die Worte gefunden: red, dress"
    )


@pytest.mark.parametrize(
    "told",
    [
        Reason(code="of_tomorrow"),
        Reason(code="like", values={"done": "admired"}),
        Reason(code="same_color"),
        Reason(code="part", values={"slot": "cloak"}),
    ],
)
def test_what_cannot_be_said_by_its_code_is_said_in_english(told: Reason) -> None:
    assert reasons.tell(told) is None
    assert reasons.reasons_of(hit(told, why=("because of the moon",))) == ["Because of the moon"]


def test_reasons_without_codes_are_said_in_english() -> None:
    assert reasons.reasons_of(hit(why=("warm", "soft"))) == ["Warm", "Soft"]
    assert reasons.reasons_of(hit()) == []


def test_all_that_the_api_may_say_is_known() -> None:
    done = [event.value for event in EventType if EVENT_VALUES[event] > 0]
    assert set(done) < set(get_args(style_answers.EventType))
    for kind in KINDS:
        for each in done:
            values = {"done": each, "color": "red", "category": "dress"}
            assert reasons.tell(Reason(code=kind, values=values)), (kind, each)
    for slot in Slot:
        assert reasons.tell(Reason(code="part", values={"slot": slot.value})), slot
        assert slot in look._PARTS  # pyright: ignore[reportPrivateUsage]
    for formality in Formality:
        assert reasons.tell(Reason(code="suits_code", values={"formality": formality.value})), formality
