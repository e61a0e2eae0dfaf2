"""The start page, the closet, looks, the bag and comparisons, run without a browser."""

from collections.abc import Iterator

import pytest
from streamlit.testing.v1 import AppTest

from tests.unit.fitting_double import FakeBoutique, install, job
from tests.unit.stylist_double import html_of, keys_of, open_page
from ui import signals
from ui.client import StylistClient
from ui.closet_answers import ClosetItem, LookPicture
from ui.problems import ApiProblem
from ui.style_answers import Style
from ui.stylist_answers import ListedConversation

HOME, DISCOVER, PRODUCT = "views/home.py", "views/discover.py", "views/product.py"
SAVED, BAG, COMPARE = "views/saved.py", "views/bag.py", "views/compare.py"
ALL = ("search", "chat", "try-on", "interactions", "closet", "trending")


@pytest.fixture
def boutique(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeBoutique]:
    def send_now(client: StylistClient) -> None:
        signals._outbox().flush(client)  # pyright: ignore[reportPrivateUsage]

    monkeypatch.setattr(signals, "send", send_now)
    fake = FakeBoutique()
    fake.features = ALL
    yield from install(fake, monkeypatch)


def press(test: AppTest, key: str) -> AppTest:
    test.button(key=key).click().run()
    assert not test.exception
    return test


def links_of(test: AppTest) -> dict[str, str]:
    return {link.proto.label: link.proto.query_string for link in test.get("page_link")}


def toasts_of(test: AppTest) -> list[str]:
    return [toast.value for toast in test.toast]


def look(*product_ids: str, **fields: object) -> ClosetItem:
    told = {"kind": "look", "item_id": "look-1", "name": "For Lisbon", "product_ids": product_ids, **fields}
    return ClosetItem.model_validate(told)


def test_the_start_page_leads_to_the_stylist_and_shows_what_there_is(boutique: FakeBoutique):
    test = open_page(HOME)
    html, links = html_of(test), links_of(test)
    assert links["Dinner with friends"] == "say=I+need+an+outfit+for+a+dinner+with+friends"
    for title in ("For your style", "Trending this week", "Shop by category"):
        assert title in html
    assert boutique.searches[-1] == {"query": "navy", "personalize": 1.0, "limit": 8}
    assert "Because you like navy" in html


def test_rows_of_the_start_page_stand_or_fall_by_themselves(boutique: FakeBoutique):
    boutique.trending_problem = ApiProblem(503, "Busy")
    boutique.taste = Style()
    html = html_of(open_page(HOME))
    assert "Trending" not in html
    assert "For your style" not in html
    assert "Shop by category" in html
    assert "That did not work" not in html


def test_a_start_page_without_features_makes_nothing_up(boutique: FakeBoutique):
    boutique.features = ("search",)
    test = open_page(HOME)
    assert "Trending" not in html_of(test)
    assert boutique.searches == []
    assert "Dinner with friends" not in links_of(test)
    test.chat_input(key="wish").set_value("red dress").run()
    assert boutique.searches[-1]["query"] == "red dress"


def test_an_address_of_the_old_start_page_leads_to_its_results(boutique: FakeBoutique):
    test = open_page(HOME, q="coat", color="navy")
    assert "“coat”" in html_of(test)
    assert boutique.searches[-1]["query"] == "coat"
    assert test.query_params == {"q": "coat", "color": "navy"}


def test_the_start_page_goes_on_with_what_was_begun(boutique: FakeBoutique):
    boutique.keep("bag", "id1")
    boutique.looks["job-1"] = job()
    boutique.talks = (ListedConversation(session_id="s1", title="A wedding in Lisbon"),)
    links = links_of(open_page(HOME))
    assert links["Go on with: A wedding in Lisbon"] == "session=s1"
    assert "1 piece in your bag" in links
    assert links["Your latest try-on"] == "look=job-1"


def test_what_another_visit_saved_is_there_and_read_once(boutique: FakeBoutique):
    for number in (1, 2, 3):
        boutique.keep("favorite", f"id{number}")
    test = open_page(DISCOVER, q="coat")
    reads = boutique.closet_reads
    assert test.button(key="results-2-heart-icon").label == "Saved: Piece 3"
    press(test, "results-0-heart-icon")
    assert boutique.ids_of("favorite") == ["id2", "id3"]
    assert boutique.closet_reads == reads


def test_a_change_that_is_not_taken_is_taken_back_and_told(boutique: FakeBoutique):
    test = open_page(DISCOVER, q="coat")
    boutique.closet_problem = ApiProblem(409, "Conflict", "You have 200 favourites: take some out first.")
    press(test, "results-0-heart-icon")
    assert test.button(key="results-0-heart-icon").label == "Save Piece 1"
    assert "take some out first" in toasts_of(test)[0]
    assert boutique.events == []


def test_what_cannot_be_read_is_not_said_to_be_empty(boutique: FakeBoutique):
    boutique.closet_problem = ApiProblem(503, "Busy")
    assert "Nothing is lost" in html_of(open_page(BAG))
    assert "Nothing is lost" in html_of(open_page(SAVED))


def test_a_stack_without_a_closet_has_no_hearts_and_no_bag(boutique: FakeBoutique):
    boutique.features = ("search", "interactions")
    test = open_page(DISCOVER, q="coat")
    assert not [key for key in keys_of(test) if "heart" in key or "bag" in key]
    assert not {"Saved", "*Bag*"} & set(links_of(test))
    assert boutique.closet_reads == 0


def test_a_size_is_chosen_before_a_piece_goes_into_the_bag(boutique: FakeBoutique):
    boutique.sizes = ("S", "M")
    test = press(open_page(PRODUCT, id="id1"), "bag-it")
    assert "Please choose your size first." in html_of(test)
    assert boutique.ids_of("bag") == []
    test.pills(key="size-id1").set_value("M").run()
    test = press(test, "bag-it")
    assert boutique.kept["bag", "id1"].size == "M"
    test = open_page(BAG)
    assert test.selectbox(key="bag-size-id1").value == "M"


def test_a_card_puts_a_size_into_the_bag(boutique: FakeBoutique):
    boutique.sizes = ("S", "M")
    test = open_page(DISCOVER, q="coat")
    test.menu_button(key="results-0-size-icon").click("S").run()
    assert not test.exception
    assert boutique.kept["bag", "id1"].size == "S"
    assert "*Bag* 1" in links_of(test)
    assert [event.event_type for event in boutique.events] == ["cart"]


def test_the_bag_counts_what_can_be_bought(boutique: FakeBoutique):
    boutique.stock = {"id2": 0}
    for product_id in ("id1", "id2", "gone"):
        boutique.keep("bag", product_id)
    test = open_page(BAG)
    test.selectbox(key="bag-quantity-id1").set_value(3).run()
    assert boutique.kept["bag", "id1"].quantity == 3
    html = html_of(test)
    for text in ("<strong>€60.00</strong>", "5 pieces", "Sold out", "This piece has left the shop."):
        assert text in html
    assert "*Bag* 5" in links_of(test)
    press(test, "bag-gone-out-icon")
    assert boutique.ids_of("bag") == ["id1", "id2"]


def test_a_piece_without_a_page_in_its_shop_is_said_to_have_none(boutique: FakeBoutique):
    boutique.keep("bag", "id1")
    assert "The shop has no page for this piece." in html_of(open_page(BAG))


def test_a_complete_look_is_saved_and_found_again(boutique: FakeBoutique):
    test = press(open_page(PRODUCT, id="id1"), "complete-save")
    ((_, look_id),) = boutique.kept
    assert boutique.kept["look", look_id].product_ids == ("id1", "id2", "id3")
    press(test, "complete-bag")
    assert boutique.ids_of("bag") == ["id1", "id2", "id3"]
    test = open_page(SAVED, show="looks")
    assert "Look with Piece 1" in html_of(test)
    links = links_of(test)
    assert links["Try the whole outfit on"] == "piece=id1&piece=id2&piece=id3"
    assert links["Compare"] == "id=id1&id=id2&id=id3"
    assert links["Ask the stylist"] == "about=id1%2Cid2%2Cid3"


def test_a_look_is_renamed_and_deleted(boutique: FakeBoutique):
    boutique.kept["look", "look-1"] = look("id1", "gone")
    test = open_page(SAVED, show="looks")
    assert "1 has left the shop" in html_of(test)
    test.text_input(key="look-name-look-1").set_value("For Porto").run()
    assert boutique.kept["look", "look-1"].name == "For Porto"
    assert boutique.kept["look", "look-1"].product_ids == ("id1", "gone")
    press(test, "look-look-1-delete")
    assert boutique.kept == {}
    assert "No looks yet" in html_of(test)


def test_a_look_is_shown_by_its_try_on_while_that_is_kept(boutique: FakeBoutique):
    picture = LookPicture(kind="try-on", id="job-1")
    boutique.kept["look", "look-1"] = look("id1", picture=picture)
    boutique.looks["job-1"] = job()
    assert "https://pictures.example.com/job-1.jpg" in html_of(open_page(SAVED, show="looks"))
    boutique.looks.clear()
    html = html_of(open_page(SAVED, show="looks"))
    assert "job-1.jpg" not in html
    assert "For Lisbon" in html


def test_favourites_that_are_gone_can_be_forgotten(boutique: FakeBoutique):
    boutique.keep("favorite", "gone")
    test = press(open_page(SAVED), "forget-gone")
    assert boutique.kept == {}
    assert "Nothing saved yet" in html_of(test)


def test_history_has_what_was_seen_and_tried_on(boutique: FakeBoutique):
    assert "Nothing here yet" in html_of(open_page(SAVED, show="history"))
    boutique.looks["job-1"] = job()
    boutique.talks = (ListedConversation(session_id="s1"),)
    test = open_page(PRODUCT, id="id2")
    test.query_params.clear()
    test.query_params["show"] = "history"
    test.switch_page(SAVED).run()
    html = html_of(test)
    assert "Seen in this visit" in html
    assert "Your try-on, made by AI" in html
    assert links_of(test)["A conversation"] == "session=s1"


def test_pieces_stand_side_by_side(boutique: FakeBoutique):
    test = open_page(COMPARE, id=["id1", "id2", "gone", "id1"])
    html = html_of(test)
    assert "What has left the shop is not shown." in html
    assert html.count('<dl class="compared">') == 2
    press(test, "compared-id1-out")
    assert test.query_params == {"id": "id2"}


def test_the_second_piece_to_compare_leads_to_both(boutique: FakeBoutique):
    test = open_page(DISCOVER, q="coat")
    test.menu_button(key="results-0-more-icon").click("compare").run()
    assert "another piece" in toasts_of(test)[0]
    test.menu_button(key="results-1-more-icon").click("compare").run()
    assert "<h1>Side by side</h1>" in html_of(test)
    assert test.query_params == {"id": ["id1", "id2"]}


def test_an_ended_session_is_said_on_the_start_page(boutique: FakeBoutique):
    boutique.trending_problem = ApiProblem(401, "Unauthorized")
    assert "Please sign in again" in html_of(open_page(HOME))
