"""What stands in an answer of the stylist, and the chips of what is known."""

from collections.abc import Iterator
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tests.unit.stylist_double import (
    FakeStylist,
    answer,
    html_of,
    install,
    open_page,
    say,
    words_of,
)
from ui.widgets.brief import describe_value
from ui.widgets.exchange import describe_weather
from ui.widgets.text import escape_prose

CHAT = "views/chat.py"


@pytest.fixture
def stylist(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeStylist]:
    yield from install(FakeStylist(), monkeypatch)


def test_the_answer_comes_with_its_pieces_total_weather_and_sources(stylist: FakeStylist):
    stylist.answers = [
        answer(
            weather={"city": "Lisbon", "country": "Portugal", "date": "2027-06-19", "temp_min_c": 17.2,
                     "temp_max_c": 26.8, "summary": "Sunny", "rain_mm": 0.1, "wind_kmh": 8},
            citations=({"text": "Linen is light.", "source": "outfits.csv"},),
        )
    ]  # fmt: skip
    html = html_of(say(open_page(CHAT), "a wedding"))
    assert "The outfit · €60.00" in html
    assert "Also fitting" in html
    assert "Lisbon, Portugal · Saturday, June 19, 2027 · Sunny · 17 to 27 °C</p>" in html
    assert "outfits.csv" in html


def test_chips_tell_what_is_known_and_change_it(stylist: FakeStylist):
    stylist.answers = [answer(), answer(2), answer(3)]
    test = say(open_page(CHAT), "a wedding")
    test.text_input(key="value-budget-1").set_value("150 CHF")
    button_of(test, "form-budget-1", "Update").click().run()
    asked = stylist.questions[-1]
    assert asked.message == "Budget: 150 CHF"
    assert asked.profile == {"budget": "150 CHF", "currency": "CHF"}
    button_of(test, "form-occasion-2", "Remove").click().run()
    assert stylist.questions[-1].profile == {"occasion": None}
    assert stylist.questions[-1].body["profile"] == {"occasion": None}


def button_of(test: AppTest, form: str, label: str) -> Any:
    return next(each for each in test.button if each.form_id == form and each.label == label)


def test_a_detail_that_is_not_known_can_be_added(stylist: FakeStylist):
    stylist.answers = [answer(), answer(2)]
    test = say(open_page(CHAT), "a wedding")
    test.selectbox(key="add-1").select("gender").run()
    test.selectbox(key="value-add-gender-1").select("men")
    button_of(test, "form-add-1", "Add").click().run()
    assert (stylist.questions[-1].message, stylist.questions[-1].profile) == ("For: men", {"gender": "men"})


def test_words_of_shoppers_and_models_never_become_markup(stylist: FakeStylist):
    evil = "<b>x</b> [x](javascript:alert(1)) ![x](https://evil.example.com/a.png) :red[x] $x$"
    brief = {"occasion": evil}
    citation, weather = {"text": evil, "source": evil}, {"city": evil, "summary": evil}
    told = answer(reply=evil, brief=brief, suggestions=(evil,), citations=(citation,), weather=weather)
    stylist.answers = [told]
    test = say(open_page(CHAT), evil)
    assert "[x](" not in words_of(test)
    assert "<b>" not in html_of(test) + words_of(test).replace("\\<b\\>", "")
    assert all("[x](" not in button.label for button in test.button)


def test_prose_keeps_emphasis_and_has_no_links():
    assert escape_prose("**bold**\n- one") == "**bold**\n- one"
    assert escape_prose("Look\n- one\n- two\nTogether 20.") == "Look\n- one\n- two\n\nTogether 20."
    assert escape_prose("1. one\n2. two\n\nAnd so") == "1. one\n2. two\n\nAnd so"
    assert "http://" not in escape_prose("https://evil.example.com http://x")
    assert "www." not in escape_prose("WWW.x.com www.x.com").lower()


def test_entities_and_weather_in_words():
    brief = {"budget": 149.5, "currency": "EUR", "colors": ["blue", "white"], "age_group": "30-50",
             "date": "2027-06-19", "sizes": ["M"]}  # fmt: skip
    told = {name: describe_value(name, brief) for name in brief if name != "currency"}
    assert told == {
        "budget": "up to €149.50",
        "colors": "Blue, white",
        "age_group": "30–50",
        "date": "Saturday, June 19, 2027",
        "sizes": "M",
    }
    rainy = answer(weather={"city": "Oslo", "rain_mm": 4, "wind_kmh": 30}).weather
    assert rainy is not None
    assert describe_weather(rainy).endswith("☂</span> Oslo · 4 mm of rain · wind 30 km/h</p>")
