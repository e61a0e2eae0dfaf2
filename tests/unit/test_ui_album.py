"""The pictures from earlier on: shown after a reload, page by page, drawn anew, deleted."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.unit.stylist_double import FakeStylist, html_of, install, keys_of, open_page, picture
from tests.unit.test_ui_lookbook import LOOKBOOK, made, wish
from ui.album import Album
from ui.client import StylistClient, open_http
from ui.problems import ApiProblem
from ui.stylist_answers import AlbumPage


@pytest.fixture
def maker(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeStylist]:
    yield from install(FakeStylist(), monkeypatch)


def page(*names: str, cursor: str | None = None, **fields: Any) -> AlbumPage:
    made_at = datetime(2026, 11, 20, 12, tzinfo=UTC).isoformat()
    return AlbumPage.model_validate(
        {
            "images": [
                picture(image_id=name, prompt=f"a {name} coat", aspect_ratio="1:1", made_at=made_at, **fields)
                for name in names
            ],
            "cursor": cursor,
        }
    )


def test_a_reload_shows_the_pictures_from_before(maker: FakeStylist):
    maker.pages = [page("red", "blue")]
    html = html_of(open_page(LOOKBOOK))
    assert html.index("Earlier pictures") < html.index("a red coat") < html.index("a blue coat")
    assert "November 20, 2026" in html
    assert "aspect-ratio:1/1" in html


def test_without_pictures_there_is_no_heading(maker: FakeStylist):
    assert "Earlier pictures" not in html_of(open_page(LOOKBOOK))


def test_more_are_read_when_asked_for(maker: FakeStylist):
    maker.pages = [page("red", cursor="c1"), page("blue")]
    test = open_page(LOOKBOOK)
    assert "a blue coat" not in html_of(test)
    test.button(key="album-more").click().run()
    assert "a red coat" in html_of(test) and "a blue coat" in html_of(test)
    assert maker.pages_read == [None, "c1"]
    assert "album-more" not in keys_of(test)


def test_drawing_anew_asks_for_the_same_wish(maker: FakeStylist):
    maker.pages, maker.pictures = [page("red", session_id="s1")], [made(picture(image_id="new"))]
    test = open_page(LOOKBOOK)
    test.button(key="redraw-red").click().run()
    (asked,) = maker.wishes
    assert (asked.prompt, asked.session_id, asked.aspect_ratio) == ("a red coat", "s1", "1:1")
    assert html_of(test).count("AI-made") == 2


def test_a_picture_is_deleted_for_good(maker: FakeStylist):
    maker.pages = [page("red", "blue")]
    test = open_page(LOOKBOOK)
    test.button(key="delete-red-icon").click().run()
    assert maker.deleted == ["red"]
    assert "a red coat" not in html_of(test) and "a blue coat" in html_of(test)


def test_a_new_picture_is_shown_once_and_deleted_with_its_look(maker: FakeStylist):
    maker.pages, maker.pictures = [page("red")], [made(picture(image_id="red"))]
    test = wish(open_page(LOOKBOOK), "a red coat")
    assert html_of(test).count("AI-made") == 1
    test.button(key="delete-red-icon").click().run()
    assert "a red coat" not in html_of(test)


@pytest.mark.parametrize(("status", "gone"), [(404, True), (503, False)])
def test_a_deletion_that_fails_is_told(maker: FakeStylist, status: int, gone: bool):
    maker.pages, maker.deletion_problem = [page("red")], ApiProblem(status, "no")
    test = open_page(LOOKBOOK)
    test.button(key="delete-red-icon").click().run()
    assert ("a red coat" not in html_of(test)) is gone
    assert bool(test.toast) is not gone


def test_an_album_that_does_not_answer_leaves_the_page_usable(maker: FakeStylist):
    maker.pages, maker.pictures = [ApiProblem(503, "Busy"), page("red")], [made()]
    test = open_page(LOOKBOOK)
    assert "cannot be shown right now" in html_of(test)
    test.button(key="album-retry").click().run()
    assert "a red coat" in html_of(test)


def test_an_ended_sign_in_leads_to_the_sign_in(maker: FakeStylist):
    maker.pages = [ApiProblem(401, "Unauthorized")]
    assert "Please sign in again" in html_of(open_page(LOOKBOOK))


def test_addresses_that_run_out_are_read_anew(maker: FakeStylist):
    soon = (datetime.now(UTC) + timedelta(seconds=30)).isoformat()
    maker.pages = [page("red", expires_at=soon), page("red")]
    album = Album()
    for _ in range(3):
        album.refresh(maker)  # pyright: ignore[reportArgumentType]
    assert maker.pages_read == [None, None]
    assert len(album.pictures) == 1


def test_the_routes_of_the_album():
    asked: list[tuple[str, str]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append((request.method, request.url.raw_path.decode()))
        return httpx.Response(200, json={"images": [], "cursor": None, "deleted": "x"})

    client = StylistClient(open_http("https://api.example.com", "key", httpx.MockTransport(answer)), "token")
    client.images(cursor="c", limit=3)
    client.delete_image("a/b")
    assert asked == [("GET", "/images?cursor=c&limit=3"), ("DELETE", "/images/a%2Fb")]
