"""The catalogue's page, run without a browser against a catalogue made up for the purpose."""

import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
import streamlit as st
from PIL import Image
from streamlit.testing.v1 import AppTest

from tests.unit.desk_double import FakeDesk, come_in, install_desk, letter, open_catalogue
from tests.unit.stylist_double import html_of
from ui.client import StylistClient, open_http
from ui.desk_answers import CatalogFile, Clusters, Queue, Reason, Snapshot
from ui.desk_checks import ChosenFile, check_file
from ui.problems import ApiProblem
from ui.storage import Storage
from ui.widgets.desk_state import describe_ago, describe_snapshot


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeDesk]:
    yield from install_desk(FakeDesk(), monkeypatch)


def picture(size: int = 64) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (size, size), "plum").save(buffer, "JPEG")
    return buffer.getvalue()


def choose(test: AppTest, **files: bytes) -> AppTest:
    """Choose files by their names, with `_` for the dot."""
    named = [(name.replace("_", "."), data, "") for name, data in files.items()]
    test.file_uploader[0].set_value(named).run()
    assert not test.exception
    return test


def press(test: AppTest, key: str) -> AppTest:
    test.button(key=key).click().run()
    assert not test.exception
    return test


def titles(test: AppTest) -> str:
    return str([link.proto.label for link in test.get("page_link")])


def test_the_page_is_for_people_of_the_shop(desk: FakeDesk):
    assert "Catalogue" in titles(come_in())
    assert "Catalogue" not in titles(come_in(["shopper"]))
    desk.features = ("search",)
    st.cache_data.clear()
    assert "Catalogue" not in titles(come_in())


def test_files_are_sent_with_their_category_and_followed(desk: FakeDesk):
    test = open_catalogue()
    test.selectbox(key="desk-category").select("dress").run()
    choose(test, one_jpg=picture(), rows_csv=b"image,name\none.jpg,One\n")
    assert test.button(key="desk-send").label == "Send 2 files"
    press(test, "desk-send")
    assert {(file.name, file.category, file.content_type) for file in desk.announced} == {
        ("one.jpg", "dress", "image/jpeg"),
        ("rows.csv", "dress", "text/csv"),
    }
    assert desk.sent["one.jpg"] == picture()
    assert html_of(test).count("Waiting for its turn") == 2
    assert "0 of 2 done" in html_of(test)
    now = datetime.now(UTC)
    desk.files = {
        key: CatalogFile(
            key=key,
            status="indexed",
            product_id=None if key.endswith("csv") else "a" * 20,
            rows_changed=1 if key.endswith("csv") else None,
            reasons=(Reason(reason="No number.", row=3),) if key.endswith("csv") else (),
            refusals=4 if key.endswith("csv") else 0,
            settled_at=now,
        )
        for key in desk.files
    }
    test.session_state["desk"].read_at = None
    test.run()
    html = html_of(test)
    assert "In the shop" in html and "1 piece changed" in html
    assert "Row 3: No number." in html and "and 3 more" in html
    assert "Waiting for its turn" not in html
    assert "See it in the shop" in titles(test)
    press(test, "desk-clear")
    assert "Sent just now" not in html_of(test)


def test_what_cannot_be_sent_is_explained_and_the_rest_is_sent(desk: FakeDesk):
    test = choose(open_catalogue(), good_jpg=picture(), bad_jpg=b"no picture", empty_csv=b"name\n")
    html = html_of(test)
    assert "2 files will not be sent" in html
    assert "cannot be read as a picture" in html and "no column called image" in html
    press(test, "desk-send")
    assert list(desk.sent) == ["good.jpg"]


def test_a_file_that_storage_refuses_is_told(desk: FakeDesk):
    desk.unsendable = ("one.jpg",)
    test = press(choose(open_catalogue(), one_jpg=picture(), two_jpg=picture()), "desk-send")
    html = html_of(test)
    assert html.count("Could not be sent") == 1 and html.count("Waiting for its turn") == 1


def test_a_refusal_is_told_in_words(desk: FakeDesk):
    desk.problem = ApiProblem(503, "Temporarily unavailable")
    test = press(choose(open_catalogue(), one_jpg=picture()), "desk-send")
    assert "The catalogue is busy right now" in html_of(test)
    assert desk.sent == {}


def test_the_state_is_told_in_words(desk: FakeDesk):
    html = html_of(open_catalogue())
    assert "The search index was last written 3 minutes ago and holds 372 pieces." in html
    assert "18 groups of 372 pieces, made 2 hours ago." in html
    assert "About 372 pieces" in html and "Nothing is waiting" in html
    assert "everything that was sent could be taken" in html


@pytest.mark.parametrize(
    ("snapshot", "backend", "words"),
    [
        (None, "dynamodb", "not written yet"),
        (None, "opensearch", "by the database itself"),
        (Snapshot(vectors=1), "dynamodb", "holds 1 piece."),
    ],
)
def test_other_states_of_the_index(snapshot: Snapshot | None, backend: str, words: str):
    assert words in describe_snapshot(snapshot, backend)


def test_moments_are_told_by_how_long_ago_they_were():
    assert describe_ago(None) == "some time ago"
    assert describe_ago(datetime.now(UTC) + timedelta(seconds=5)) == "just now"
    assert describe_ago(datetime.now(UTC) - timedelta(days=3)) == "3 days ago"


def test_letters_are_listed_tried_again_and_thrown_away(desk: FakeDesk):
    desk.letters = {each: letter(each) for each in ("one", "two", "three", "four")}
    desk.letters["rows"] = letter("rows", row=7, attempts=3, reason=None)
    test = open_catalogue()
    html = html_of(test)
    assert html.count("The picture is cut short.") == 4
    assert "broke off without a reason" in html and "3 attempts" in html and "2 hours ago" in html
    press(test, "desk-retry-one")
    assert desk.retried == [["one"]]
    assert "It is being tried again." in html_of(test)
    press(test, "desk-delete-two")
    assert set(desk.letters) == {"three", "four", "rows"}
    press(test, "desk-retry-all")
    assert desk.retried[-1] is None and desk.letters == {}


def test_letters_are_looked_for_only_when_there_are_others(desk: FakeDesk):
    desk.letters = {"one": letter("one")}
    test = open_catalogue()
    test.run()
    assert desk.looks == 1
    desk.letters["two"] = letter("two")
    test.session_state["desk"].read_at = None
    test.run()
    assert desk.looks == 2 and "two.jpg" in html_of(test)


def test_a_letter_that_is_gone_already_is_gone(desk: FakeDesk):
    desk.letters = {"one": letter("one")}
    test = open_catalogue()
    desk.letters = {}
    press(test, "desk-delete-one")
    assert "one.jpg" not in html_of(test)


def test_letters_that_cannot_be_read_are_asked_for_again(desk: FakeDesk):
    desk.letters = {"one": letter("one")}
    desk.problem = ApiProblem(503, "Temporarily unavailable")
    test = open_catalogue()
    assert "The catalogue is busy right now" in html_of(test)
    desk.problem = None
    press(test, "desk-look")
    assert "one.jpg" in html_of(test)


def test_groups_are_made_anew_by_one_run_at_a_time(desk: FakeDesk):
    test = press(open_catalogue(), "desk-group")
    assert desk.groupings == 1
    assert test.button(key="desk-group").disabled
    desk.status = {"clusters": Clusters(made_at=datetime.now(UTC), count=19, products=372)}
    test.session_state["desk"].read_at = None
    test.run()
    assert not test.button(key="desk-group").disabled
    desk.status = {"clusters": Clusters(running=True)}
    test.session_state["desk"].read_at = None
    test.run()
    assert test.button(key="desk-group").disabled and "being grouped right now" in html_of(test)


def test_who_asks_while_groups_are_being_made_is_told(desk: FakeDesk):
    test = open_catalogue()
    desk.problem = ApiProblem(409, "Conflict")
    assert "being grouped already" in html_of(press(test, "desk-group"))


def test_what_waits_is_counted(desk: FakeDesk):
    desk.status = {"queue": Queue(waiting=12, in_work=3)}
    assert "12 waiting, 3 in work" in html_of(open_catalogue())


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.gif", b"GIF89a", "no JPEG"),
        ("a", b"x", "no JPEG"),
        (".a.jpg", b"x", "name"),
        ("a" * 100 + ".jpg", b"x", "name"),
        ("a.jpg", b"", "empty"),
        ("a.jpg", b"x" * (20 * 1024 * 1024 + 1), "larger"),
        ("a.png", b"x", "cannot be read"),
        ("a.jpg", picture(16), "smaller"),
        ("a.csv", b"\xff\xfe", "UTF-8"),
        ("a.csv", b"name,price\n", "image"),
    ],
)
def test_files_are_checked_before_they_leave_the_site(name: str, data: bytes, words: str):
    objection = check_file(ChosenFile(name, data))
    assert objection is not None and words in objection.message


@pytest.mark.parametrize(("name", "data"), [("a.JPG", picture()), ("a.csv", b'\xef\xbb\xbf"image",name\r\n')])
def test_good_files_may_be_sent(name: str, data: bytes):
    assert check_file(ChosenFile(name, data)) is None


def test_the_client_asks_as_the_api_wants_it():
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, json={})

    http = open_http("https://api", "key", httpx.MockTransport(answer))
    client = StylistClient(http, "token")
    client.catalog_files(["products/a b.jpg", "products/ü&.jpg"])
    client.retry_dead_letters()
    client.retry_dead_letters(["one"])
    client.delete_dead_letter("a/b")
    assert asked[0].url.params.get_list("key") == ["products/a b.jpg", "products/ü&.jpg"]
    assert [request.content for request in asked[1:3]] == [b"{}", b'{"ids":["one"]}']
    assert asked[3].url.raw_path == b"/catalog/dead-letters/a%2Fb"


def test_a_file_is_the_last_field_of_the_form():
    sent: list[bytes] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request.read())
        return httpx.Response(204)

    Storage(httpx.MockTransport(answer)).send_file("https://s3", {"key": "k"}, "a.csv", b"data", "text/csv")
    assert sent[0].index(b'name="key"') < sent[0].index(b'name="file"; filename="a.csv"')
