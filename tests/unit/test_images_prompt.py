"""From a shopper's words, an outfit and a profile to a model's words."""

import json
import re

import pytest

from runtime.images.known import combine_looks
from runtime.images.prompt import NEGATIVE, Look, Piece, build_words, clean_text, cut_text

OUTFIT = (
    Piece("Checked wool blazer in navy", "navy"),
    Piece("Slim chinos", "beige"),
    Piece("Penny loafers", "brown"),
)


def test_the_prompt_names_the_outfit_the_person_the_wish_and_the_place() -> None:
    look = Look(OUTFIT, "men", "30-50", "classic", "a wedding", "summer", "Lisbon")
    prompt = build_words("at the harbour, golden light", look, 10_000).prompt
    assert prompt.startswith(
        "Fashion illustration of a middle-aged man in classic style wearing "
        "Checked wool blazer in navy, beige Slim chinos, brown Penny loafers. at the harbour, golden light."
    )
    assert "Setting: a wedding, summer, Lisbon." in prompt


def test_nothing_known_is_a_person() -> None:
    assert build_words("a red dress", Look(), 1_024).prompt.startswith(
        "Fashion illustration of a person. a red dress. Whole figure"
    )
    assert "an elegant older woman" in build_words("x", Look(gender="women", age_group="50+"), 999).prompt


def test_the_youngest_are_drawn_as_young_adults() -> None:
    prompt = build_words("x", Look(age_group="10-20"), 1_024).prompt
    assert "young adult" in prompt
    assert not re.search(r"\b(child|girl|boy|teen|10)\b", prompt)


def test_the_negative_prompt_negates_nothing() -> None:
    assert not re.search(r"\b(no|not|none|never|without|avoid|don't|non)\b", NEGATIVE, re.IGNORECASE)
    assert len(NEGATIVE) <= 1_024


@pytest.mark.parametrize("limit", [1_024, 10_000])
def test_long_words_never_pass_the_limit_and_the_outfit_stays(limit: int) -> None:
    wish = "A very long walk along the beach in the evening sun, with wind in the hair and shells. " * 11
    words = build_words(wish[:1_000], Look(OUTFIT, "women"), limit)
    assert len(words.prompt) <= limit
    assert "Penny loafers" in words.prompt
    assert "A very long walk" in words.prompt
    assert words.prompt.endswith("fine fabric detail.")


def test_an_endless_outfit_leaves_room_for_the_wish() -> None:
    look = Look(tuple(Piece("x" * 500, "red") for _ in range(40)))
    words = build_words("on a beach " * 60, look, 1_024)
    assert len(words.prompt) <= 1_024
    assert "on a beach on a beach" in words.prompt


@pytest.mark.parametrize(
    ("text", "limit", "cut"),
    [
        ("short", 10, "short"),
        ("One dress. Two shoes and more", 14, "One dress."),
        ("a long red dress, worn", 18, "a long red dress"),
        ("a long red dress", 10, "a long red"),
        ("x" * 50, 10, "x" * 10),
        ("robe d’e\u0301te\u0301 longue" + "x" * 99, 8, "robe d’"),
        ("👩🏽‍🚀" * 5, 6, "👩🏽‍🚀"),
    ],
)
def test_texts_are_cut_between_sentences_words_or_letters(text: str, limit: int, cut: str) -> None:
    assert cut_text(text, limit) == cut


def test_texts_are_cleaned() -> None:
    assert clean_text(" a\n\tred\u202e dress\u0000\u200b\u2028here ") == "a red dress here"
    assert clean_text("e\u0301te\u0301") == "été"
    assert clean_text("half \ud83d") == "half"


def test_the_look_of_a_session_and_a_profile() -> None:
    row = {
        "outfit": ["b", "gone", "a"],
        "products": json.dumps(
            {"a": {"name": "Loafers", "color": "brown"}, "b": {"name": "Chinos"}, "c": {"name": "Cap"}}
        ),
        "brief": {"gender": "men", "occasion": "wedding", "location": "Lisbon", "budget": 200},
    }
    look = combine_looks(row, {"gender": "women", "age_group": "20-30", "style": ["odd"]})
    assert look == Look(
        pieces=(Piece("Chinos"), Piece("Loafers", "brown")),
        gender="men",
        age_group="20-30",
        occasion="wedding",
        place="Lisbon",
        product_ids=("b", "gone", "a"),
    )
    assert combine_looks({"products": "?", "brief": None, "outfit": None}, {}) == Look()
