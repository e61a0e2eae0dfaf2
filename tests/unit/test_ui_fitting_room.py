"""The fitting room, run without a browser against a fitting room made up for the purpose."""

import io
from collections.abc import Iterator

import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from runtime.chat import suggestions
from runtime.chat.turn import NOTHING_TO_SAY, ONLY_PRODUCTS
from runtime.fitting import person as person_checks
from runtime.fitting import told
from tests.unit.fitting_double import FakeBoutique, install, job, photo
from tests.unit.stylist_double import html_of, keys_of, open_page
from ui import sentences
from ui.fitting_answers import Job
from ui.problems import ApiProblem
from ui.widgets.fitting_looks import REMARKS
from ui.widgets.progress import STEPS, Progress

ROOM = "views/fitting_room.py"


@pytest.fixture
def boutique(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeBoutique]:
    yield from install(FakeBoutique(), monkeypatch)


@pytest.fixture
def dressed(boutique: FakeBoutique) -> FakeBoutique:
    """A shopper with a photo and a look."""
    boutique.shelf["photo-1"] = photo()
    boutique.looks["job-1"] = job()
    return boutique


def person(width: int = 600, height: int = 800, mode: str = "noise") -> bytes:
    buffer = io.BytesIO()
    image = (
        Image.effect_noise((width, height), 90) if mode == "noise" else Image.new("L", (width, height), 20)
    )
    image.convert("RGB").save(buffer, "JPEG")
    return buffer.getvalue()


def choose_photo(test: AppTest, data: bytes) -> AppTest:
    test.checkbox(key="fitting-consent").check().run()
    uploader = next(each for each in test.file_uploader if not each.proto.disabled)
    uploader.upload("me.jpg", data, "image/jpeg").run()
    assert not test.exception
    return test


def press(test: AppTest, key: str) -> AppTest:
    test.button(key=key).click().run()
    assert not test.exception
    return test


def pieces_of(test: AppTest) -> list[str]:
    given = test.query_params.get("piece", [])
    return [given] if isinstance(given, str) else list(given)


def test_without_consent_no_photo_is_taken(boutique: FakeBoutique):
    test = open_page(ROOM)
    assert all(uploader.proto.disabled for uploader in test.file_uploader if "photo of you" in uploader.label)
    assert "deleted by itself" in html_of(test)
    assert "try-on" not in keys_of(test)


def test_a_good_photo_is_sent_checked_and_chosen(boutique: FakeBoutique):
    test = choose_photo(open_page(ROOM), person())
    assert len(boutique.sent) == 1
    assert "Show your whole upper body." in html_of(test)
    assert test.button(key="use-photo-1").label == "In use"
    assert test.button(key="try-on").disabled
    assert "Choose a piece to try on first." in html_of(test)


def test_a_drawn_person_needs_no_consent(boutique: FakeBoutique):
    test = press(open_page(ROOM), "figure-brown")
    assert boutique.sent[0].data.startswith(b"\xff\xd8")
    assert test.button(key="use-photo-1").label == "In use"
    assert boutique.asked == []


def test_one_click_on_a_drawn_person_puts_the_pieces_on(boutique: FakeBoutique):
    boutique.news = [[job()]]
    test = open_page(ROOM, piece=["id1", "id2"])
    assert test.button(key="figure-brown").label == "Try it on Ada"
    press(test, "figure-brown")
    (request,) = boutique.asked
    assert (request.model_id, request.product_ids) == ("photo-1", ("id1", "id2"))
    assert test.query_params["look"] == "job-1"
    assert "Ada wearing Piece 1" in html_of(test)
    boutique.news = [[job("job-1")]]
    press(test, "figure-brown")
    assert len(boutique.sent) == 1 and len(boutique.asked) == 2


def test_steps_and_remarks_are_told_by_their_codes(boutique: FakeBoutique):
    step = {"code": "putting-on", "values": {"garment": "Piece 1"}}
    going = job(status="processing", result_url=None, note="x", step=step, estimate_s=9)
    assert "Putting on Piece 1." in Progress(going).describe()
    assert "About 9 seconds left" in Progress(going).describe()
    unknown = job(status="processing", note="Ironing <it>.", step={"code": "ironing", "values": {}})
    assert "Ironing &lt;it&gt;." in Progress(unknown).describe()
    boutique.shelf["photo-1"] = photo()
    remark = {"code": "face-changed", "values": {}}
    boutique.looks["job-1"] = job(notes=("In English.",), remarks=(remark,))
    html = html_of(open_page(ROOM))
    assert "The face may have been changed in this picture." in html and "In English." not in html


def test_what_the_site_can_say_is_what_the_api_tells():
    assert set(STEPS) == set(told.STEP_TEXTS) and dict(STEPS) == dict(told.STEP_TEXTS)
    assert {told.describe_remark(text)["code"]: text for text in REMARKS.values()} == dict(REMARKS)
    assert set(REMARKS) == told.REMARK_CODES
    advice = {value for name, value in vars(person_checks).items() if name.isupper() and type(value) is str}
    assert advice == set(sentences.ADVICE)
    assert set(suggestions.SENTENCES) == set(sentences.SUGGESTIONS)
    assert {NOTHING_TO_SAY, ONLY_PRODUCTS} == set(sentences.REPLIES)


def test_compare_is_one_click_and_leads_back_to_one_look(dressed: FakeBoutique):
    test = open_page(ROOM)
    assert test.button(key="compare-look").disabled
    dressed.looks["job-2"] = job("job-2", product_ids=("id2",))
    test = press(open_page(ROOM), "compare-look")
    assert test.query_params["compare"] == ["job-1", "job-2"]
    press(test, "choose-job-2")
    assert test.query_params["look"] == "job-2"
    assert "Side by side" not in html_of(test)


def test_a_look_leads_to_the_stylist_and_to_other_pieces(dressed: FakeBoutique):
    dressed.features = (*dressed.features, "chat")
    test = open_page(ROOM)
    links = {link.proto.label: link.proto.query_string for link in test.get("page_link")}
    assert links["Ask the stylist about it"] == "about=id1"
    press(test, "change-pieces")
    assert pieces_of(test) == ["id1"]
    assert "look" not in test.query_params
    assert test.button(key="try-on").label == "Try it on"


def test_who_comes_with_pieces_is_not_shown_an_old_look(dressed: FakeBoutique):
    test = open_page(ROOM, piece="id2")
    assert "delete-look" not in keys_of(test)
    assert not test.button(key="try-on").disabled


def test_advice_comes_before_a_photo_leaves_the_site(boutique: FakeBoutique):
    test = choose_photo(open_page(ROOM), person(800, 600, "dark"))
    assert boutique.sent == []
    html = html_of(test)
    assert all(text in html for text in ("It is dark", "wider than tall", "blurred"))
    press(test, "fitting-discard")
    assert boutique.sent == []
    choose_photo(test, person(800, 600, "dark"))
    press(test, "fitting-confirm")
    assert len(boutique.sent) == 1


@pytest.mark.parametrize(("data", "words"), [(b"x", "cannot read"), (person(200, 300), "too small")])
def test_a_useless_photo_is_explained(boutique: FakeBoutique, data: bytes, words: str):
    test = choose_photo(open_page(ROOM), data)
    assert words in test.warning[0].value
    assert boutique.sent == []


def test_pieces_become_a_look_with_its_statuses_on_the_way(boutique: FakeBoutique):
    boutique.shelf["photo-1"] = photo()
    going = job(status="processing", progress=40, note="Finding the garment", estimate_s=9, result_url=None)
    boutique.news = [[None, going, job()]]
    test = open_page(ROOM, piece=["id1", "id2"])
    press(test, "try-on")
    (request,) = boutique.asked
    assert (request.model_id, request.product_ids, request.parameters) == ("photo-1", ("id1", "id2"), {})
    assert test.query_params["look"] == "job-1"
    assert "The colours are those of the shop." in html_of(test)
    assert "About" not in html_of(test)
    assert len(test.get("download_button")) == 1


def test_a_reload_in_the_middle_goes_on_with_the_news(boutique: FakeBoutique):
    boutique.shelf["photo-1"] = photo()
    boutique.looks["job-1"] = job(status="processing", result_url=None)
    boutique.news = [[job(status="processing", progress=50, result_url=None), job()]]
    test = open_page(ROOM)
    assert boutique.news == []
    assert test.button(key="show-job-1").label == "Shown above"
    assert "The colours are those of the shop." in html_of(test)


def test_a_look_that_failed_says_why_and_can_be_tried_again(dressed: FakeBoutique):
    dressed.looks["job-1"] = job(status="error", result_url=None, error_message="No person was found.")
    test = open_page(ROOM)
    assert "No person was found." in html_of(test)
    assert "choose another photo" in html_of(test)
    dressed.news = [[job()]]
    press(test, "retry-look")
    assert dressed.asked[0].product_ids == ("id1",)
    assert "This look could not be made." not in html_of(test)


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        (ApiProblem(429, "Daily limit reached", "You can have 20 looks a day."), "20 looks a day"),
        (ApiProblem(404, "Not Found"), "is gone"),
        (ApiProblem(500, "Internal", "Traceback"), "on our side"),
        (ApiProblem(0, "No answer"), "not answering"),
    ],
)
def test_a_refusal_is_told_and_the_same_wish_is_the_same_request(
    dressed: FakeBoutique, problem: ApiProblem, words: str
):
    test = open_page(ROOM, piece="id1")
    dressed.problem = problem
    press(test, "try-on")
    assert words in html_of(test)
    assert "Traceback" not in html_of(test)
    press(test, "try-on")
    assert dressed.asked[0] == dressed.asked[1]


def test_choices_become_parameters_of_the_model(dressed: FakeBoutique):
    test = open_page(ROOM, piece="id1")
    test.selectbox(key="option-class").set_value("LONG_DRESS").run()
    test.selectbox(key="option-merge").set_value("SEAMLESS").run()
    test.segmented_control(key="option-tuckingStyle").set_value("TUCKED").run()
    test.pills(key="option-kept").set_value(["preserveFace"]).run()
    test.number_input(key="option-seed").set_value(7).run()
    dressed.news = [[job()]]
    press(test, "try-on")
    assert dressed.asked[0].parameters == {
        "garmentClass": "LONG_DRESS",
        "garmentStyling": {"tuckingStyle": "TUCKED"},
        "maskExclusions": {"preserveFace": "ON", "preserveHands": "OFF", "preserveBodyPose": "OFF"},
        "mergeStyle": "SEAMLESS",
        "seed": 7,
    }


def test_the_area_can_be_told_in_words(dressed: FakeBoutique):
    test = open_page(ROOM, piece="id1")
    test.selectbox(key="option-area").set_value("PROMPT").run()
    test.text_input(key="option-words").set_value(" the jacket ").run()
    dressed.news = [[job()]]
    press(test, "try-on")
    assert dressed.asked[0].parameters == {"maskType": "PROMPT", "maskPrompt": "the jacket"}


def test_pieces_are_added_and_put_back(dressed: FakeBoutique):
    test = open_page(ROOM, piece="id1")
    press(test, "add-id2-short")
    assert pieces_of(test) == ["id1", "id2"]
    assert test.button(key="try-on").label == "Try the outfit on"
    press(test, "put-back-id1-icon")
    assert pieces_of(test) == ["id2"]


def test_looks_are_compared_side_by_side(dressed: FakeBoutique):
    dressed.looks["job-2"] = job("job-2", product_ids=("id2",))
    test = open_page(ROOM)
    for job_id in ("job-1", "job-2"):
        test.checkbox(key=f"compare-{job_id}").check().run()
    assert test.query_params["compare"] == ["job-1", "job-2"]
    assert "Side by side" in html_of(test)
    assert html_of(test).count('alt="You wearing Piece 2"') == 2


def test_a_look_and_then_the_photo_are_deleted_everywhere(dressed: FakeBoutique):
    dressed.looks["job-2"] = job("job-2")
    test = open_page(ROOM)
    press(test, "delete-look")
    assert list(dressed.looks) == ["job-2"]
    press(test, "delete-photo-1")
    assert (dressed.shelf, dressed.looks) == ({}, {})
    assert "No looks yet" in html_of(test)
    assert "use-photo-1" not in keys_of(test)


def test_what_could_not_be_deleted_stays_and_what_was_gone_goes(dressed: FakeBoutique):
    test = open_page(ROOM)
    dressed.problem = ApiProblem(500, "Internal")
    press(test, "delete-look")
    assert "on our side" in html_of(test)
    assert "show-job-1" in keys_of(test)
    dressed.problem = ApiProblem(404, "Not Found")
    press(test, "delete-look")
    assert "show-job-1" not in keys_of(test)


def test_words_of_the_api_are_text_and_never_markup(dressed: FakeBoutique):
    evil = "<script>alert(1)</script>"
    dressed.shelf["photo-1"] = photo(advice=(evil,), image_url="javascript:alert(1)")
    dressed.looks["job-1"] = job(notes=(evil,), label=evil, result_url="javascript:alert(1)")
    dressed.looks["job-2"] = job("job-2", status="error", error_message=evil)
    for look in ("job-1", "job-2"):
        html = html_of(open_page(ROOM, look=look))
        assert "<script" not in html
        assert "javascript:" not in html


def test_the_room_is_open_only_where_the_stack_has_one(boutique: FakeBoutique):
    boutique.features = ("search",)
    test = open_page("views/account.py")
    assert "Fitting room" not in [link.proto.label for link in test.get("page_link")]


def test_an_ended_job_is_known_by_its_status():
    assert [Job(job_id="j", status=status).has_ended for status in ("created", "processing")] == [
        False,
        False,
    ]
    assert all(Job(job_id="j", status=status).has_ended for status in ("completed", "error"))
