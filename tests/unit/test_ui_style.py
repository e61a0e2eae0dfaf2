"""The shopper's style on every page, run without a browser against a style service made up for it."""

from collections.abc import Iterator
from typing import cast

import pytest
from streamlit.testing.v1 import AppTest

from tests.unit.fitting_double import FakeBoutique, install
from tests.unit.stylist_double import html_of, keys_of, open_page
from ui import keepsakes, signals
from ui.client import StylistClient
from ui.problems import ApiProblem
from ui.style_answers import Liking, Style
from ui.widgets.own_data import collect

DISCOVER, PRODUCT = "views/discover.py", "views/product.py"
STYLE, SAVED, BAG = "views/style.py", "views/saved.py", "views/bag.py"


@pytest.fixture
def boutique(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeBoutique]:
    def send_now(client: StylistClient) -> None:
        signals._outbox().flush(client)  # pyright: ignore[reportPrivateUsage]

    monkeypatch.setattr(signals, "send", send_now)
    yield from install(FakeBoutique(), monkeypatch)


def press(test: AppTest, key: str) -> AppTest:
    test.button(key=key).click().run()
    assert not test.exception
    return test


def choose(test: AppTest, key: str, way: str) -> AppTest:
    test.menu_button(key=key).click(way).run()
    assert not test.exception
    return test


def noted(boutique: FakeBoutique) -> list[tuple[str, str]]:
    return [(event.event_type, event.product_id) for event in boutique.events]


def links_of(test: AppTest) -> dict[str, str]:
    return {link.proto.label: link.proto.query_string for link in test.get("page_link")}


def test_a_search_leaves_the_weight_to_the_profile_until_the_shopper_says_more(boutique: FakeBoutique):
    test = open_page(DISCOVER, q="coat")
    assert test.slider(key="style").value == 30
    assert boutique.searches[-1]["personalize"] is None
    test.slider(key="style").set_value(80).run()
    assert boutique.searches[-1]["personalize"] == 0.8
    assert test.query_params["style"] == "80"
    assert "Because you like navy" in html_of(test)


def test_incognito_sends_nothing_and_counts_nothing(boutique: FakeBoutique):
    test = open_page(DISCOVER, q="coat", style="80")
    test.toggle(key="incognito-here").set_value(True).run()
    assert boutique.searches[-1]["personalize"] == 0.0
    assert test.slider(key="style").disabled
    press(test, "results-0-heart-icon")
    assert boutique.events == []
    test.toggle(key="incognito-here").set_value(False).run()
    press(test, "results-1-heart-icon")
    assert noted(boutique) == [("favorite", "id2")]


def test_hearts_and_refusals_are_told_once_and_shown(boutique: FakeBoutique):
    test = open_page(DISCOVER, q="coat")
    press(test, "results-0-heart-icon")
    assert test.button(key="results-0-heart-icon").label == "Saved: Piece 1"
    choose(test, "results-0-more-icon", "refuse")
    assert test.button(key="results-0-heart-icon").label == "Save Piece 1"
    assert "Show it as before" in test.menu_button(key="results-0-more-icon").options
    assert noted(boutique) == [("favorite", "id1"), ("dislike", "id1")]


def test_more_and_less_like_this_lead_to_a_search(boutique: FakeBoutique):
    test = choose(open_page(DISCOVER, q="coat"), "results-2-more-icon", "more")
    assert test.query_params == {"like": "id3"}
    test = choose(open_page(DISCOVER, q="coat", page="2"), "results-2-more-icon", "less")
    assert test.query_params == {"q": "coat", "unlike": "id3"}
    test = open_page(DISCOVER, q="coat", unlike=["id1", "id2"])
    assert boutique.searches[-1]["unlike"] == ("id1", "id2")
    press(test, "clear-unlike")
    assert boutique.searches[-1]["unlike"] == ()


def test_the_product_page_completes_the_look(boutique: FakeBoutique):
    test = open_page(PRODUCT, id="id1")
    html = html_of(test)
    assert "Complete the look · €120.00 in all" in html
    assert "One family of colours." in html
    assert links_of(test)["Try the whole outfit on"] == "piece=id1&piece=id2&piece=id3"
    assert noted(boutique) == [("view", "id1")]


def test_the_product_page_stands_without_an_outfit(boutique: FakeBoutique):
    boutique.problem = ApiProblem(503, "Busy")
    test = open_page(PRODUCT, id="id1")
    assert "Piece 1" in html_of(test)
    assert "Complete the look" not in html_of(test)


def test_the_bag_and_the_wishlist_have_what_was_put_there(boutique: FakeBoutique):
    test = open_page(PRODUCT, id="id1")
    press(test, "bag-it")
    press(test, "product-heart-icon")
    test.switch_page(SAVED).run()
    assert "Piece 1" in links_of(test)
    test.switch_page(BAG).run()
    assert "€20.00" in html_of(test)
    press(test, "bag-id1-out-icon")
    assert "Your bag is empty" in html_of(test)
    assert noted(boutique) == [("view", "id1"), ("cart", "id1"), ("favorite", "id1")]


def test_an_empty_page_leads_on(boutique: FakeBoutique):
    test = open_page(SAVED)
    assert "Nothing saved yet" in html_of(test)
    assert "Look around the shop" in links_of(test)


def test_what_is_liked_is_seen_with_its_strength_and_corrected(boutique: FakeBoutique):
    test = open_page(STYLE)
    html = html_of(test)
    assert 'aria-label="liked, 80%"' in html
    assert 'aria-label="not liked, 40%"' in html
    press(test, "remove-color-0-icon")
    assert [liking.value for liking in boutique.taste.likes] == ["shoes"]
    test.slider(key="style-weight").set_value(55).run()
    assert boutique.taste.weight == 0.55
    test.toggle(key="style-on").set_value(False).run()
    assert boutique.taste.opted_out
    assert "switched off" in html_of(test)


def test_a_reset_forgets(boutique: FakeBoutique):
    test = press(open_page(STYLE), "reset-style")
    assert boutique.taste == Style(weight=0.3)
    assert "Nothing is known yet" in html_of(test)


def test_a_correction_that_failed_is_told(boutique: FakeBoutique):
    test = open_page(STYLE)
    boutique.problem = ApiProblem(500, "Internal", "Traceback")
    press(test, "remove-color-0-icon")
    assert "on our side" in html_of(test)
    assert "remove-color-0-icon" in keys_of(test)


def test_a_stack_without_style_shows_none_of_it(boutique: FakeBoutique):
    boutique.features = ("search",)
    test = open_page(DISCOVER, q="coat")
    assert not [key for key in keys_of(test) if key.endswith("-icon")]
    assert "personalize" in boutique.searches[-1]
    assert boutique.searches[-1]["personalize"] is None
    assert not {"Try it on", "Less like this", "Saved"} & set(links_of(test))
    assert [slider.key for slider in test.slider] == ["price"]


def test_what_is_kept_can_be_had_and_deleted(boutique: FakeBoutique):
    boutique.features = ("search", "interactions", "profile", "closet")
    test = press(open_page(PRODUCT, id="id1"), "bag-it")
    test.switch_page("views/account.py").run()
    assert collect(cast(StylistClient, boutique)) == {"photos": [1, 2], "profile": [{"city": "Porto"}]}
    asked = html_of(press(test, "erase-ask"))
    assert "This is deleted for good:" in asked
    assert "<li>2 photos of you</li>" in asked
    assert not boutique.erased
    boutique.problem = ApiProblem(500, "Internal")
    assert "on our side" in html_of(press(test, "erase"))
    boutique.problem = None
    press(test, "erase-ask")
    assert "Everything that was kept of you is deleted." in html_of(press(test, "erase"))
    assert boutique.erased
    test.switch_page(SAVED).run()
    assert "Nothing saved yet" in html_of(test)


def test_a_keepsake_holds_only_what_a_cookie_can():
    for value in ("a;b", "x" * 3000, "a b", "é"):
        with pytest.raises(ValueError, match="keepsake"):
            keepsakes.keep("hearts", value)


def test_looks_and_prices_are_told_in_the_sites_own_words(boutique: FakeBoutique):
    boutique.taste = Style(
        likes=(
            Liking(
                kind="cluster",
                value="7",
                label="pieces like a red dress",
                strength=0.5,
                about={"color": "red", "category": "dress"},
            ),
            Liking(kind="cluster", value="8", label="pieces of one look", strength=0.4),
            Liking(
                kind="price", value="12.5-25", label="12.5 to 25", strength=0.3, about={"currency": "EUR"}
            ),
        )
    )
    html = html_of(open_page(STYLE))
    assert "Pieces like this: red dress" in html
    assert "Pieces of one look" in html
    assert "€12.50 to €25" in html
