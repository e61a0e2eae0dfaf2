"""The stylist's page, run without a browser against a stylist made up for the purpose."""

from collections.abc import Iterator

import pytest
from streamlit.delta_generator import DeltaGenerator

from tests.unit.stylist_double import (
    PIECES,
    FakeStylist,
    answer,
    html_of,
    install,
    keys_of,
    open_page,
    past_turn,
    picture,
    say,
    words_of,
)
from ui import closet, conversation, words
from ui.answers import Product
from ui.conversation import Conversation
from ui.problems import ApiProblem
from ui.stylist_answers import ImageAnswer, PastConversation

CHAT = "views/chat.py"


@pytest.fixture
def stylist(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeStylist]:
    yield from install(FakeStylist(), monkeypatch)


@pytest.mark.parametrize(
    ("features", "links"),
    [
        (("search",), ["Discover", "*Account*"]),
        (("search", "chat"), ["Discover", "Stylist", "*Account*"]),
        (("search", "chat", "images"), ["Discover", "Stylist", "Lookbook", "*Account*"]),
        (("search", "closet"), ["Discover", "Saved", "*Bag*", "*Account*"]),
    ],
)
def test_pages_are_offered_only_where_the_stack_has_their_feature(
    stylist: FakeStylist, features: tuple[str, ...], links: list[str]
):
    stylist.features = features
    test = open_page("views/account.py")
    assert [link.proto.label for link in test.get("page_link")][1 : 1 + len(links)] == links


def test_the_start_offers_occasions_and_one_click_begins(stylist: FakeStylist):
    test = open_page(CHAT)
    occasions = [button for button in test.button if (button.key or "").startswith("occasion-")]
    assert len(occasions) == 4
    stylist.answers = [answer()]
    occasions[0].click().run()
    assert stylist.questions[0].message == "I need an outfit for a summer wedding"
    assert test.query_params["session"] == "session-1"
    assert "Take **Piece 1** and Piece 2." in words_of(test)


def test_a_follow_up_stays_in_the_session(stylist: FakeStylist):
    stylist.answers = [answer(), answer(2, suggestions=())]
    test = say(open_page(CHAT), "a wedding")
    test.button(key="suggestion-1-Show me more").click().run()
    first, second = stylist.questions
    assert (first.session_id, second.session_id) == (None, "session-1")
    assert second.message == "Show me more"
    assert first.request_id != second.request_id
    assert not [key for key in keys_of(test) if key.startswith("suggestion-")]


def test_thumbs_are_kept_as_feedback(stylist: FakeStylist):
    stylist.answers = [answer()]
    test = say(open_page(CHAT), "a wedding")
    test.feedback(key="rating-1").set_value(1).run()
    assert stylist.ratings == [("session-1", 1, "up")]
    assert "Thank you" in test.toast[0].value


def test_a_picture_of_the_outfit_is_made_in_place(stylist: FakeStylist):
    stylist.answers, stylist.pictures = [answer()], [ImageAnswer.model_validate({"images": [picture()]})]
    test = say(open_page(CHAT), "a wedding")
    test.button(key="draw-1").click().run()
    assert stylist.wishes[0].session_id == "session-1"
    assert "AI-made" in html_of(test)
    assert "draw-1" not in keys_of(test)
    test.run()
    assert len(stylist.wishes) == 1


@pytest.mark.parametrize("fields", [{"refused": True, "products": ()}, {"products": ()}])
def test_an_answer_about_something_else_offers_no_picture(stylist: FakeStylist, fields: dict[str, object]):
    stylist.answers = [answer(), answer(2, **fields)]
    test = say(say(open_page(CHAT), "a wedding"), "what's the capital of France")
    assert "draw-1" in keys_of(test) and "draw-2" not in keys_of(test)


def test_who_asks_for_a_picture_gets_one(stylist: FakeStylist):
    stylist.answers = [answer(), answer(2)]
    stylist.pictures = [ApiProblem(429, "Daily limit reached", "You can have 5 pictures a day.")]
    test = say(say(open_page(CHAT), "a wedding"), "Show me a picture")
    assert "You can have 5 pictures a day." in html_of(test)
    stylist.pictures = [ImageAnswer.model_validate({"images": [picture()]})]
    test.button(key="retry-look-2").click().run()
    assert "AI-made" in html_of(test)
    assert stylist.wishes[0].request_id == stylist.wishes[1].request_id


def test_who_asks_for_a_picture_in_german_gets_one(stylist: FakeStylist):
    stylist.answers, stylist.pictures = [answer()], [ImageAnswer.model_validate({"images": [picture()]})]
    say(open_page(CHAT), "Zeig mir bitte ein Bild davon")
    assert len(stylist.wishes) == 1


def test_without_the_feature_nothing_is_drawn(stylist: FakeStylist):
    stylist.features = ("search", "chat")
    stylist.answers = [answer()]
    test = say(open_page(CHAT), "draw me a picture of an outfit")
    assert "draw-1" not in keys_of(test)
    assert stylist.wishes == []


def remember(stylist: FakeStylist, **fields: object) -> None:
    turns = (past_turn(1, "a wedding", rating="up"), past_turn(2, "Show me more", reply="Or these."))
    known = {"session_id": "session-1", "title": "a wedding", "turns": turns, **fields}
    stylist.past["session-1"] = PastConversation.model_validate(known)


def test_a_reload_shows_what_was_said_and_goes_on(stylist: FakeStylist):
    remember(stylist)
    stylist.answers = [answer(3)]
    test = open_page(CHAT, session="session-1")
    words = words_of(test)
    assert words.index("a wedding") < words.index("Take **Piece 1**") < words.index("Or these.")
    assert "The outfit · €60.00" in html_of(test)
    assert "suggestion-2-Show me more" in keys_of(test)
    assert test.feedback(key="rating-1").value == 1
    say(test, "and shoes?")
    assert stylist.questions[0].session_id == "session-1"


def test_earlier_messages_come_when_they_are_asked_for(stylist: FakeStylist):
    remember(stylist, cursor="1")
    test = open_page(CHAT, session="session-1")
    assert "So it began." not in words_of(test)
    test.button(key="earlier-messages").click().run()
    words = words_of(test)
    assert words.index("So it began.") < words.index("Or these.")
    assert "earlier-messages" not in keys_of(test)


def test_what_cannot_be_read_just_now_is_told_and_the_session_goes_on(stylist: FakeStylist):
    stylist.past["session-1"] = ApiProblem(503, "Unavailable")
    stylist.answers = [answer(7)]
    test = open_page(CHAT, session="session-1")
    assert "your stylist remembers them" in html_of(test)
    say(test, "and shoes?")
    assert stylist.questions[0].session_id == "session-1"


def test_a_conversation_that_is_gone_is_told_and_a_new_one_begins(stylist: FakeStylist):
    stylist.answers = [answer(session_id="session-2")]
    test = open_page(CHAT, session="old")
    assert "this is a new one" in html_of(test)
    say(test, "and shoes?")
    assert stylist.questions[0].session_id is None
    assert test.query_params["session"] == "session-2"


def test_a_session_that_ends_meanwhile_becomes_a_new_one(stylist: FakeStylist):
    remember(stylist)
    stylist.answers = [ApiProblem(404, "Not Found"), answer(session_id="session-2")]
    test = say(open_page(CHAT, session="session-1"), "and shoes?")
    old, new = stylist.questions
    assert (old.session_id, new.session_id, new.message) == ("session-1", None, "and shoes?")
    assert old.request_id != new.request_id
    assert "this is a new one" in html_of(test)
    assert test.query_params["session"] == "session-2"


def test_the_start_leads_back_to_earlier_conversations(stylist: FakeStylist):
    remember(stylist)
    test = open_page(CHAT)
    links = [link.proto for link in test.get("page_link")]
    assert ("a wedding", "session=session-1") in [(link.label, link.query_string) for link in links]


def test_words_in_the_address_begin_a_conversation_once(stylist: FakeStylist):
    stylist.answers = [answer()]
    test = open_page(CHAT, say="An outfit for a picnic")
    assert [each.message for each in stylist.questions] == ["An outfit for a picnic"]
    assert "say" not in test.query_params
    test.run()
    assert len(stylist.questions) == 1
    stylist.answers = [answer(session_id="session-2")]
    test.query_params["say"] = "An outfit for a picnic"
    test.run()
    assert [each.session_id for each in stylist.questions] == [None, None]


def test_pieces_in_the_address_are_what_the_conversation_begins_about(stylist: FakeStylist):
    stylist.shelf = {each["product_id"]: Product.model_validate(each) for each in PIECES}
    stylist.answers = [answer(), answer(2)]
    test = open_page(CHAT, about="id1,id2,gone,<x>")
    assert "these pieces" in html_of(test)
    say(test, "with which shoes?")
    assert stylist.questions[0].message == "About Piece 1, Piece 2: with which shoes?"
    say(test, "thanks")
    assert stylist.questions[1].message == "thanks"
    assert "about" not in test.query_params


def test_a_question_about_a_piece_is_one_click(stylist: FakeStylist):
    stylist.shelf = {"id1": Product.model_validate(PIECES[0])}
    stylist.answers = [answer()]
    test = open_page(CHAT, about="id1")
    test.button(key="about-What goes well with {pieces}?").click().run()
    assert stylist.questions[0].message == "What goes well with Piece 1?"


@pytest.mark.parametrize(("browser", "asked"), [("de-AT", "de"), ("en-GB", None), (None, None)])
def test_the_stylist_is_asked_in_the_language_of_the_site(
    stylist: FakeStylist, monkeypatch: pytest.MonkeyPatch, browser: str | None, asked: str | None
):
    monkeypatch.setattr(words, "current_language", lambda: words.choose_language(browser))
    monkeypatch.setattr(conversation, "current_language", words.current_language)
    stylist.answers = [answer(), answer(2)]
    test = say(open_page(CHAT), "etwas")
    assert stylist.questions[0].body.get("language") == asked
    test.button(key="suggestion-1-Show me more").click().run()
    assert stylist.questions[1].message == "Show me more"


@pytest.fixture
def keeper(stylist: FakeStylist, monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, ...]]:
    """What was kept, where the stack keeps looks."""
    kept: list[tuple[object, ...]] = []
    stylist.features = (*stylist.features, "closet", "try-on")
    monkeypatch.setattr(closet, "is_in_bag", lambda product_id: ("bag", ("id1", "id2")) in kept)
    monkeypatch.setattr(
        closet, "find_look", lambda ids: next((each for each in kept if each[0] == "look"), None)
    )
    monkeypatch.setattr(closet, "put_in_bag", lambda ids: kept.append(("bag", ids)))
    monkeypatch.setattr(closet, "save_look", lambda ids, name, picture=None: kept.append(("look", ids, name)))
    return kept


def test_an_outfit_is_kept_and_bought_in_one_click_each(
    stylist: FakeStylist, keeper: list[tuple[object, ...]]
):
    stylist.answers = [answer()]
    test = say(open_page(CHAT), "a wedding")
    labels = [link.proto.label for link in test.get("page_link")]
    assert "Try the whole outfit on" in labels
    test.button(key="next-1-save").click().run()
    test.button(key="next-1-bag").click().run()
    assert keeper == [("look", ("id1", "id2"), "Outfit for: Wedding"), ("bag", ("id1", "id2"))]
    assert test.button(key="next-1-save").label == "Look saved"
    assert test.button(key="next-1-bag").disabled


def test_without_a_closet_nothing_is_offered_to_be_kept(stylist: FakeStylist):
    stylist.answers = [answer()]
    assert not keys_of(say(open_page(CHAT), "a wedding")) & {"next-1-save", "next-1-bag"}


def test_a_strange_session_in_the_address_is_left_out(stylist: FakeStylist):
    test = open_page(CHAT, session="<script>")
    assert "What are you dressing for?" in html_of(test)
    assert "Welcome back" not in html_of(test)


def test_a_failure_is_explained_and_asked_again_with_the_same_id(stylist: FakeStylist):
    stylist.answers = [ApiProblem(429, "Too Many Requests"), answer()]
    test = say(open_page(CHAT), "a wedding")
    assert "asking the stylist" in html_of(test)
    test.button(key="ask-again-0").click().run()
    first, second = stylist.questions
    assert first == second
    assert "Piece 1" in words_of(test)


def test_a_shopper_who_has_to_wait_is_told_so(stylist: FakeStylist, monkeypatch: pytest.MonkeyPatch):
    told: list[str] = []
    stylist.answers, stylist.waits = [answer()], [3.0]
    show = DeltaGenerator.html
    monkeypatch.setattr(DeltaGenerator, "html", lambda place, body: told.append(body) or show(place, body))
    test = say(open_page(CHAT), "a wedding")
    assert any("Please stay" in each for each in told)
    assert "Please stay" not in html_of(test)


def test_a_refused_message_is_not_offered_again(stylist: FakeStylist):
    stylist.answers = [ApiProblem(400, "Bad Request", "too long")]
    test = say(open_page(CHAT), "a wedding")
    assert "The stylist could not take that. too long" in html_of(test)
    assert "ask-again-0" not in keys_of(test)


def test_an_ended_sign_in_leads_to_the_sign_in(stylist: FakeStylist):
    stylist.answers = [ApiProblem(401, "Unauthorized")]
    assert "Please sign in again" in html_of(say(open_page(CHAT), "a wedding"))


def test_an_interrupted_question_is_asked_by_the_next_run(stylist: FakeStylist):
    test = open_page(CHAT)
    stylist.answers = [answer()]
    talk: Conversation = test.session_state["conversation"]
    assert talk.waiting is None
    say(test, "a wedding")
    exchange = test.session_state["conversation"].exchanges[0]
    exchange.answer = None
    stylist.answers = [answer()]
    test.run()
    assert stylist.questions[0].request_id == stylist.questions[1].request_id
    assert exchange.answer is not None


def test_a_new_conversation_forgets_the_old_one(stylist: FakeStylist):
    stylist.answers = [answer()]
    test = say(open_page(CHAT), "a wedding")
    test.button(key="new-conversation").click().run()
    assert "Piece 1" not in words_of(test)
    assert "session" not in test.query_params
