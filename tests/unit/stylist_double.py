"""A stylist, an image maker and a shop that the pages of the site talk to in tests."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import pytest
import streamlit as st
from streamlit import env_util
from streamlit.components.v2 import manifest_scanner
from streamlit.runtime.pages_manager import PagesManager
from streamlit.testing.v1 import AppTest, app_test

from ui import session
from ui.answers import Capabilities, Hit, Product, ProductPage
from ui.bodies import Accepted
from ui.problems import ApiProblem
from ui.stylist_answers import (
    AlbumPage,
    ChatAnswer,
    ConversationPage,
    Deleted,
    ImageAnswer,
    ImageRequest,
    ListedConversation,
    PastConversation,
    PastTurn,
    Question,
)

APP = Path(session.__file__).parent / "app.py"
PIECES = [
    {"product_id": f"id{number}", "name": f"Piece {number}", "price": 20.0 * number, "currency": "EUR"}
    for number in range(1, 4)
]


def answer(turn: int = 1, **fields: Any) -> ChatAnswer:
    """A turn that proposes pieces 1 and 2 as the outfit."""
    told = {
        "session_id": "session-1",
        "turn": turn,
        "reply": "Take **Piece 1** and Piece 2.",
        "products": tuple(Hit(**piece) for piece in PIECES),
        "outfit": ("id1", "id2"),
        "suggestions": ("Show me more", "Something less formal"),
        "brief": {"occasion": "wedding", "budget": 200.0, "currency": "EUR"},
        **fields,
    }
    return ChatAnswer(**told)


def past_turn(turn: int, message: str, **fields: Any) -> PastTurn:
    """A turn that there was."""
    return PastTurn(**{**answer(turn).model_dump(), "message": message, **fields})


def picture(**fields: Any) -> dict[str, Any]:
    """A picture whose address works for a quarter of an hour."""
    until = datetime.now(UTC) + timedelta(minutes=15)
    return {"url": "https://pictures.example.com/1.png", "expires_at": until.isoformat(), **fields}


class FakeStylist:
    """Gives what it was told to, in turn, and remembers what it was asked; it is the client and the chat."""

    def __init__(self) -> None:
        self.features: tuple[str, ...] = ("search", "chat", "images")
        self.answers: list[ChatAnswer | ApiProblem] = []
        self.pictures: list[ImageAnswer | ApiProblem] = []
        self.questions: list[Question] = []
        self.wishes: list[ImageRequest] = []
        self.waits: list[float] = []
        self.pages: list[AlbumPage | ApiProblem] = []
        self.pages_read: list[str | None] = []
        self.deleted: list[str] = []
        self.deletion_problem: ApiProblem | None = None
        self.ratings: list[tuple[str, int, str]] = []
        self.past: dict[str, PastConversation | ApiProblem] = {}
        self.shelf: dict[str, Product] = {}

    def capabilities(self) -> Capabilities:
        return Capabilities(features=self.features)

    def products(self, **_: Any) -> ProductPage:
        return ProductPage()

    def product(self, product_id: str) -> Product:
        if product_id not in self.shelf:
            raise ApiProblem(404, "Not Found")
        return self.shelf[product_id]

    def conversations(self, *, cursor: str | None = None, limit: int = 20) -> ConversationPage:
        known = [each for each in self.past.values() if isinstance(each, PastConversation)]
        listed = [ListedConversation(session_id=each.session_id, title=each.title) for each in known]
        return ConversationPage(conversations=tuple(listed[:limit]))

    def conversation(
        self, session_id: str, *, cursor: str | None = None, limit: int = 20
    ) -> PastConversation:
        given = self.past.get(session_id, ApiProblem(404, "Not Found"))
        if isinstance(given, ApiProblem):
            raise given
        if cursor is None:
            return given
        earlier = past_turn(0, "the very first", reply="So it began.")
        return PastConversation(session_id=session_id, turns=(earlier,))

    def ask(
        self, question: Question, on_wait: Callable[[float], None] | None = None
    ) -> Iterator[str | ChatAnswer]:
        self.questions.append(question)
        if on_wait and self.waits:
            on_wait(self.waits.pop(0))
        given = self.answers.pop(0)
        if isinstance(given, ApiProblem):
            raise given
        yield given.reply[:4]
        yield given

    def feedback(self, session_id: str, turn: int, rating: str) -> Accepted:
        self.ratings.append((session_id, turn, rating))
        return Accepted()

    def images(self, *, cursor: str | None = None, limit: int = 12) -> AlbumPage:
        self.pages_read.append(cursor)
        given = self.pages.pop(0) if self.pages else AlbumPage()
        if isinstance(given, ApiProblem):
            raise given
        return given

    def delete_image(self, image_id: str) -> Deleted:
        self.deleted.append(image_id)
        if self.deletion_problem:
            raise self.deletion_problem
        return Deleted(deleted=image_id)

    def image(self, request: ImageRequest, response_format: str = "url") -> ImageAnswer:
        self.wishes.append(request)
        given = self.pictures.pop(0)
        if isinstance(given, ApiProblem):
            raise given
        return given


class _LastingPages(PagesManager):
    """Knows the pages of the run before while only a part of a page is drawn again, as in a browser."""

    latest: ClassVar[dict[str, Any]] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._pages = self.latest or None

    def set_pages_and_resolve(self, pages: dict[str, Any], fallback_page_hash: str = "") -> Any:
        _LastingPages.latest = pages
        return super().set_pages_and_resolve(pages, fallback_page_hash)


@cache
def _prepare_streamlit() -> None:
    """Streamlit looks through all imported modules and all installed packages again for every test."""
    app_test.PagesManager = _LastingPages
    env_util.is_repl = lambda: False
    manifest_scanner.scan_component_manifests = cache(manifest_scanner.scan_component_manifests)


def open_app() -> AppTest:
    """The site, before its first run."""
    _prepare_streamlit()
    _LastingPages.latest = {}
    return AppTest.from_file(APP, default_timeout=60)


def open_page(path: str, **address: Any) -> AppTest:
    """A page of the site for a shopper who is signed in."""
    test = open_app()
    test.user = {"is_logged_in": True, "given_name": "Ada", "tokens": {"access": "the-token"}}
    test.run()
    test.query_params.update(address)
    test.switch_page(path).run()
    assert not test.exception
    return test


def html_of(test: AppTest) -> str:
    """All HTML of a page."""
    return "\n".join(str(element.proto.body) for element in test.html)


def install(fake: FakeStylist, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeStylist]:
    """Puts it in the place of the API; a fixture yields from this."""
    monkeypatch.setattr(session, "get_client", lambda: fake)
    monkeypatch.setattr(session, "get_chat", lambda: fake)
    st.cache_data.clear()
    yield fake
    st.cache_data.clear()


def say(test: AppTest, message: str) -> AppTest:
    """Sends a message to the stylist."""
    test.chat_input[0].set_value(message).run()
    assert not test.exception
    return test


def words_of(test: AppTest) -> str:
    """All Markdown of a page."""
    return "\n".join(element.value for element in test.markdown)


def keys_of(test: AppTest) -> set[str]:
    """The keys of all buttons of a page."""
    return {button.key or "" for button in test.button}
