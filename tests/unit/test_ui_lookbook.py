"""The lookbook, run without a browser against an image maker made up for the purpose."""

import base64
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tests.unit.stylist_double import PIECES, FakeStylist, html_of, install, open_page, picture
from ui import closet
from ui.answers import Product
from ui.looks import Look
from ui.problems import ApiProblem
from ui.stylist_answers import AlbumPage, AlbumPicture, ImageAnswer, ImageRequest, MadePicture
from ui.widgets.pictures import frame_picture

LOOKBOOK = "views/lookbook.py"


@pytest.fixture
def maker(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeStylist]:
    yield from install(FakeStylist(), monkeypatch)


def made(*pictures: dict[str, Any]) -> ImageAnswer:
    return ImageAnswer.model_validate({"images": pictures or [picture()]})


def wish(test: AppTest, words: str) -> AppTest:
    test.text_area(key="wish-words").set_value(words)
    test.button(key="wish-make").click().run()
    assert not test.exception
    return test


def labels_of(test: AppTest) -> list[str]:
    return [button.label for button in test.button]


def test_words_become_labelled_pictures(maker: FakeStylist):
    maker.pictures = [made(picture(), picture(url="https://pictures.example.com/2.png"))]
    test = open_page(LOOKBOOK)
    test.segmented_control(key="wish-shape").set_value("1:1")
    test.segmented_control(key="wish-count").set_value(3)
    html = html_of(wish(test, " a red coat "))
    asked = maker.wishes[0]
    assert (asked.prompt, asked.aspect_ratio, asked.count) == ("a red coat", "1:1", 3)
    assert html.count("AI-made") == 2
    assert 'alt="Made by AI: a red coat"' in html
    assert "1 of the 3 pictures could not be made." in test.caption[0].value
    assert len(test.download_button) == 2


def test_the_history_stays_newest_first_and_costs_nothing(maker: FakeStylist):
    maker.pictures = [made(), made()]
    html = html_of(wish(wish(open_page(LOOKBOOK), "a red coat"), "a blue coat"))
    assert html.index("a blue coat") < html.index("a red coat")
    assert len(maker.wishes) == 2


def test_no_words_no_picture(maker: FakeStylist):
    test = wish(open_page(LOOKBOOK), "   ")
    assert "in a few words" in test.warning[0].value
    assert maker.wishes == []


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        (ApiProblem(422, "Picture refused", "The safety filter stopped this."), "The safety filter"),
        (ApiProblem(429, "Daily limit reached", "You can have 5 pictures a day."), "5 pictures a day"),
        (ApiProblem(429, "Too Many Requests"), "many pictures in a short time"),
        (ApiProblem(503, "Service Unavailable"), "No pictures can be made right now"),
        (ApiProblem(0, "No answer"), "not answering"),
        (ApiProblem(500, "Internal", "Traceback"), "on our side"),
    ],
)
def test_a_failure_is_told_in_words_and_tried_again(maker: FakeStylist, problem: ApiProblem, words: str):
    maker.pictures = [problem, made()]
    test = wish(open_page(LOOKBOOK), "a coat")
    assert words in html_of(test)
    assert "Traceback" not in html_of(test)
    next(button for button in test.button if button.label == "Try again").click().run()
    assert "AI-made" in html_of(test)
    assert maker.wishes[0] == maker.wishes[1]


def test_drawing_anew_is_a_new_request(maker: FakeStylist):
    maker.pictures = [made(), made()]
    test = wish(open_page(LOOKBOOK), "a coat")
    next(button for button in test.button if button.label == "Draw it anew").click().run()
    first, second = maker.wishes
    assert first.prompt == second.prompt
    assert first.request_id != second.request_id
    assert labels_of(test).count("Draw it anew") == 2


def test_addresses_that_run_out_are_renewed_by_the_same_request(maker: FakeStylist):
    soon = (datetime.now(UTC) + timedelta(seconds=30)).isoformat()
    maker.pictures = [made(picture(expires_at=soon)), made()]
    test = wish(open_page(LOOKBOOK), "a coat")
    assert [each.request_id for each in maker.wishes] == [maker.wishes[0].request_id] * 2
    assert "AI-made" in html_of(test)


def test_a_look_that_is_no_longer_kept_is_not_paid_again_by_itself(maker: FakeStylist):
    long_ago = datetime.now(UTC) - timedelta(days=1)
    old = made(picture(expires_at=long_ago.isoformat()))
    look = Look(ImageRequest(prompt="a coat"), answer=old, made_at=long_ago)
    before = look.request.request_id
    look.renew(maker)
    assert (look.problem, maker.wishes) == ("This picture is no longer kept.", [])
    look.retry()
    assert look.waits
    assert look.request.request_id != before


def test_the_file_is_asked_for_only_when_it_is_wanted(maker: FakeStylist):
    data = base64.b64encode(b"the file").decode()
    maker.pictures = [made({"base64": data, "content_type": "image/png"})]
    look = Look(ImageRequest(prompt="a coat"), answer=made())
    assert look.load_file(maker, 0).base64 == data
    assert maker.wishes == [look.request]


def test_an_ended_sign_in_leads_to_the_sign_in(maker: FakeStylist):
    maker.pictures = [ApiProblem(401, "Unauthorized")]
    assert "Please sign in again" in html_of(wish(open_page(LOOKBOOK), "a coat"))


def test_frames_hold_only_pictures_and_escape_words():
    evil = '"><script>alert(1)</script>'
    for image in (
        MadePicture(url=f"https://x.example.com/{evil}"),
        MadePicture(base64="AAAA", content_type="image/png"),
    ):
        html = frame_picture(image, evil, "2:3")
        assert "<script" not in html
        assert "aspect-ratio:2/3" in html
    for image in (MadePicture(url="javascript:x"), MadePicture(base64="AA", content_type="text/html")):
        assert "<img" not in frame_picture(image, "x", "2:3")


def test_an_example_is_made_with_one_click_and_stands_in_the_box(maker: FakeStylist):
    maker.pictures = [made()]
    test = open_page(LOOKBOOK)
    assert "Your lookbook is empty" in html_of(test)
    test.button(key="example-Garden party").click().run()
    assert maker.wishes[0].prompt.startswith("A flowing green midi dress")
    assert test.text_area(key="wish-words").value == maker.wishes[0].prompt


def test_pictures_are_compared_side_by_side(maker: FakeStylist):
    pictures = [
        AlbumPicture.model_validate(picture(image_id=name, prompt=f"a {name} coat"))
        for name in ("red", "blue")
    ]
    maker.pages = [AlbumPage(images=tuple(pictures))]
    test = open_page(LOOKBOOK)
    for name in ("red", "blue"):
        test.button(key=f"earlier-{name}-compare").click().run()
    html = html_of(test)
    assert "Side by side" in html and html.count('alt="Made by AI: a blue coat"') == 2
    test.button(key="close-compared").click().run()
    assert "Side by side" not in html_of(test)


def test_a_picture_of_an_outfit_leads_to_its_pieces(maker: FakeStylist, monkeypatch: pytest.MonkeyPatch):
    maker.features = (*maker.features, "try-on", "closet")
    maker.shelf = {each["product_id"]: Product.model_validate(each) for each in PIECES}
    kept: list[tuple[object, ...]] = []
    monkeypatch.setattr(closet, "find_look", lambda ids: None)
    monkeypatch.setattr(closet, "save_look", lambda ids, name, picture: kept.append((ids, name, picture.id)))
    shown = picture(image_id="red", prompt="The whole outfit", product_ids=["id1", "id2", "gone"])
    maker.pages = [AlbumPage(images=(AlbumPicture.model_validate(shown),))]
    test = open_page(LOOKBOOK)
    links = {link.proto.label: link.proto.query_string for link in test.get("page_link")}
    assert links["Try the whole outfit on"] == "piece=id1&piece=id2"
    test.button(key="next-earlier-red-save").click().run()
    assert kept == [(("id1", "id2"), "Piece 1 + Piece 2", "red")]
