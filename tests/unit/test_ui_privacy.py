"""The privacy page: what it tells, and the choices that it leads to."""

from collections.abc import Iterator

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from tests.unit.fitting_double import FakeBoutique, install
from tests.unit.stylist_double import html_of, keys_of, open_app, open_page
from ui.privacy_calls import ShopperFacts
from ui.problems import ApiProblem
from ui.widgets.memory import describe_fact
from ui.widgets.own_data import describe_amounts

PRIVACY = "views/privacy.py"


@pytest.fixture
def boutique(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeBoutique]:
    fake = FakeBoutique()
    fake.features = ("search", "chat", "try-on", "interactions", "profile")
    fake.keeps = {"photos_days": 12, "conversations_days": 1}
    yield from install(fake, monkeypatch)


def press(test: AppTest, key: str) -> AppTest:
    test.button(key=key).click().run()
    assert not test.exception
    return test


def test_terms_are_those_of_the_stack(boutique: FakeBoutique) -> None:
    html = html_of(open_page(PRIVACY))
    assert "Photos of you" in html
    assert "12 days, or until you delete it" in html
    assert "1 day, or until you delete it" in html
    # The stack does not say for how long it keeps try-ons.
    assert "For a limited time, or until you delete it" in html


def test_only_what_the_stack_has_is_told(boutique: FakeBoutique) -> None:
    assert "Lookbook pictures" not in html_of(open_page(PRIVACY))
    boutique.features = ("search",)
    st.cache_data.clear()
    test = open_page(PRIVACY)
    html = html_of(test)
    assert "Cookies" in html
    assert not [name for name in ("Photos of you", "Your choices", "What AI makes") if name in html]
    assert "erase-ask" not in keys_of(test)


def test_who_is_not_signed_in_reads_it_without_the_choices(boutique: FakeBoutique) -> None:
    test = open_app()
    test.user = {"is_logged_in": False}
    test.switch_page(PRIVACY).run()
    assert not test.exception
    assert "Photos of you" in html_of(test)
    assert not test.toggle
    assert "erase-ask" not in keys_of(test)


def test_facts_are_seen_taken_away_and_no_longer_kept(boutique: FakeBoutique) -> None:
    test = open_page(PRIVACY)
    assert "<span>City: Porto</span>" in html_of(test)
    assert "<span>Sizes: M, 42</span>" in html_of(test)
    press(test, "forget-city-icon")
    assert boutique.memory.facts == {"sizes": ["M", "42"]}
    assert "Porto" not in html_of(test)
    test.toggle(key="remember").set_value(False).run()
    assert boutique.memory == ShopperFacts()
    assert "Sizes: M" not in html_of(test)
    test.toggle(key="remember").set_value(True).run()
    assert boutique.memory.consent
    assert "Nothing is remembered yet." in html_of(test)


def test_the_style_is_switched_off_here_too(boutique: FakeBoutique) -> None:
    test = open_page(PRIVACY)
    test.toggle(key="style-on-privacy").set_value(False).run()
    assert boutique.taste.opted_out
    test.toggle(key="incognito-privacy").set_value(True).run()
    assert test.toggle(key="incognito-privacy").value


def test_a_choice_that_failed_is_told(boutique: FakeBoutique) -> None:
    test = open_page(PRIVACY)
    boutique.problem = ApiProblem(503, "Busy")
    press(test, "forget-city-icon")
    assert "on our side" in html_of(test)
    assert "<span>City: Porto</span>" in html_of(test)
    test.toggle(key="style-on-privacy").set_value(False).run()
    assert "on our side" in html_of(test)
    assert not boutique.taste.opted_out


def test_the_page_stands_while_the_facts_cannot_be_had(
    boutique: FakeBoutique, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> ShopperFacts:
        raise ApiProblem(503, "Busy")

    monkeypatch.setattr(boutique, "facts", fail)
    test = open_page(PRIVACY)
    assert "cannot be shown right now" in test.caption[0].value
    assert "erase-ask" in keys_of(test)


def test_deleting_can_be_thought_over(boutique: FakeBoutique) -> None:
    press(press(open_page(PRIVACY), "erase-ask"), "erase-not")
    assert not boutique.erased


def test_amounts_are_told_once_and_in_words() -> None:
    kept = {
        "photos": [1, 2],
        "photo_details": [1, 2],
        "looks": [1],
        "sessions": [],
        "profile": [{}],
        "rings_of_gold": [1],
    }
    assert describe_amounts(kept) == [
        "2 photos of you",
        "1 try-on",
        "What the stylist remembers of you",
        "Rings of gold: 1",
    ]


def test_facts_are_told_in_words() -> None:
    assert describe_fact("budget", 1200.0) == "Budget: 1,200"
    assert describe_fact("gender", "women") == "Clothes for: Women"
    assert describe_fact("hat_size", "58") == "Hat size: 58"
