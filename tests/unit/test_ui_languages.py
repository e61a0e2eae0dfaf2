"""The message files hold what the code says, and the pages say nothing but messages and data."""

import io
import re
from collections.abc import Iterator
from functools import cache
from gettext import NullTranslations
from html.parser import HTMLParser
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
from babel import Locale
from babel.dates import get_month_names
from babel.messages import Catalog, Message
from babel.messages.pofile import read_po
from streamlit import config
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Block

from local.deploy import LOCAL_MODELS
from tests.unit.desk_double import FakeDesk, letter
from tests.unit.fitting_double import FakeBoutique, install, job, photo
from tests.unit.stylist_double import answer, open_app, open_page
from ui import session, words
from ui.answers import SearchAnswer
from ui.extraction import extract_messages
from ui.problems import ApiProblem
from ui.widgets.footer import NOTICES

UI = Path(session.__file__).parent
KEYWORDS = {"say": None, "later": None, "say_many": (1, 2)}
LANGUAGES = [language for language in words.LANGUAGES if language != "en"]


@cache
def said() -> dict[str, Any]:
    """All messages of the code by their singular."""
    found = [extract_messages(io.BytesIO(path.read_bytes()), KEYWORDS, [], {}) for path in UI.rglob("*.py")]
    texts = [texts for messages in found for _, _, texts, _ in messages]
    return {forms(each)[0]: tuple(each[:2]) if isinstance(each, tuple) else each for each in texts}


@cache
def translated(language: str) -> Catalog:
    with (UI / "languages" / f"{language}.po").open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def messages_of(language: str) -> dict[str, Message]:
    told = [message for message in translated(language) if message.id]
    return {forms(message.id)[0]: message for message in told}


def forms(text: Any) -> list[str]:
    return list(text) if isinstance(text, list | tuple) else [text]


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_message_is_translated_and_none_is_left_over(language: str) -> None:
    known = messages_of(language)
    assert {one: many for one, many in said().items() if one not in known or known[one].id != many} == {}
    assert sorted(set(known) - set(said())) == []
    assert [one for one, message in known.items() if not all(forms(message.string))] == []
    assert [one for one, message in known.items() if message.fuzzy] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_plural_forms_are_those_of_the_language(language: str) -> None:
    count = translated(language).num_plurals
    wrong = [m.id for m in messages_of(language).values() if m.pluralizable and len(forms(m.string)) != count]
    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_keep_the_placeholders(language: str) -> None:
    for one, message in messages_of(language).items():
        wanted = set.union(*(placeholders(each) for each in forms(message.id)))
        for text in forms(message.string):
            # A number may be a word in a form for one: "Noch ein Teil".
            assert placeholders(text) | {"count"} == wanted | {"count"}, one


def test_the_checks_find_what_is_missing() -> None:
    assert placeholders("{count} of {all}, {{not}} this") == {"count", "all"}
    assert "Sign in" in said()
    assert said()["{count} signal so far"] == ("{count} signal so far", "{count} signals so far")


def test_messages_are_found_wherever_they_stand() -> None:
    code = b"""
st.html(f"<p>{escape(say('Within'))}</p>")
KNOWN = later("Con" "stant")
say_many("{count} piece", "{count} pieces", len(pieces))
say(KNOWN)
"""
    found = extract_messages(io.BytesIO(code), KEYWORDS, [], {})
    assert sorted((line, texts) for line, _, texts, _ in found) == [
        (2, "Within"),
        (3, "Constant"),
        (4, ("{count} piece", "{count} pieces", None)),
    ]


def test_the_notice_of_the_local_cloud_is_a_message() -> None:
    assert LOCAL_MODELS in NOTICES


def test_a_language_is_chosen_before_and_after_signing_in_and_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(session, "get_client", FakeBoutique)
    test = open_app()
    test.context["locale"] = "de-AT"
    test.user = {"is_logged_in": False}
    test.run()
    assert [button.label for button in test.button] == ["Anmelden"]
    test.selectbox(key="language").set_value("en").run()
    assert [button.label for button in test.button] == ["Sign in"]
    told = [element.proto.json for element in test.get("bidi_component")]
    assert '"stylist-language": ["en", 15552000]' in " ".join(told)
    test.user = {"is_logged_in": True, "sub": "another", "tokens": {"access": "the-token"}}
    test.run()
    assert test.selectbox(key="language").value == "en"


# Below: what the pages show in a language that puts every message into brackets.

BEGIN, END = "⟦", "⟧"
_MARKED = re.compile(f"{BEGIN}[^{BEGIN}{END}]*{END}")
_WORD = re.compile(r"[A-Za-z]{2,}")
_TOLD = frozenset({"alt", "aria-label", "placeholder", "title"})
_SHOWN = frozenset({"body", "default", "help", "label", "options", "placeholder", "title", "value"})
_NAMES = """
    Virtual Stylist English Deutsch Ada Piece EUR Porto json pictures navy Navy Shoes shoes dress shirt
    Because you like navy One family of colours Take and coat wedding red
    letter jpg hours ago The picture is cut short
"""
DATA = frozenset([*_NAMES.split(), *get_month_names(locale="en").values()])
"""Words of the doubles' data, names, and what dates are written with."""


class Marked(NullTranslations):
    """Messages in brackets, those of data words too."""

    def gettext(self, message: str) -> str:
        return f"{BEGIN}{message}{END}"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return f"{BEGIN}{msgid1 if n == 1 else msgid2}{END}"


class Reader(HTMLParser):
    """The words that HTML shows or reads aloud."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._silent = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent = tag in ("style", "script")
        self.found += [value for name, value in attrs if name in _TOLD and value]

    def handle_endtag(self, tag: str) -> None:
        self._silent = False

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.found.append(data)


def texts_of(block: Block) -> Iterator[str]:
    """Everything that the elements of a page say."""
    for child in block.children.values():
        if isinstance(child, Block):
            yield from texts_in(child.proto)
            yield from texts_of(child)
        else:
            yield from texts_in(child.proto)


def texts_in(proto: Any) -> Iterator[str]:
    """The strings to be seen of a message of Streamlit's protocol, those of messages in it too."""
    if proto is None:
        return
    for field, value in proto.ListFields():
        repeated = list(value) if field.label == field.LABEL_REPEATED else [value]
        if field.type == field.TYPE_MESSAGE and field.message_type.GetOptions().map_entry is False:
            for each in repeated:
                yield from texts_in(each)
        elif field.type == field.TYPE_STRING and field.name in _SHOWN:
            yield from repeated


def unmarked(text: str) -> list[str]:
    """Words outside of messages that are not data."""
    reader = Reader()
    reader.feed(text)
    rest = " ".join(reader.found)
    while _MARKED.search(rest):
        rest = _MARKED.sub(" ", rest)
    return [word for word in _WORD.findall(rest) if word not in DATA]


def strays(test: AppTest) -> list[str]:
    assert not test.exception
    texts = [text for root in (test.main, test.sidebar) for text in texts_of(root)]
    assert any(BEGIN in text for text in texts)
    return [f"{' '.join(words_left)}: {text[:200]}" for text in texts if (words_left := unmarked(text))]


class Everything(FakeBoutique):
    """A shop with all features, whose stylist and desk answer too."""

    def __init__(self) -> None:
        super().__init__()
        self.features = (*self.features, "chat", "images", "profile", "trending", "desk")
        self.stylist = FakeDesk(letters={"letter-1": letter("letter-1")})
        self.shelf["photo-1"] = photo()
        self.looks["job-1"] = job(notes=())

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stylist, name)


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Iterator[Everything]:
    monkeypatch.setattr(words, "load_messages", lambda language: Marked())
    monkeypatch.setattr(words, "current_locale", lambda: Locale("en"))
    fake = Everything()
    monkeypatch.setattr(session, "get_chat", lambda: fake.stylist)
    monkeypatch.setattr(session, "groups", lambda: frozenset({"merchandiser"}))
    # As in the site's own configuration; else strings that stand by themselves are shown.
    magic = config.get_option("runner.magicEnabled")
    config.set_option("runner.magicEnabled", False)
    for shown in install(fake, monkeypatch):
        assert shown is fake
        yield fake
    config.set_option("runner.magicEnabled", magic)


ADDRESSES: dict[str, dict[str, Any]] = {
    "product": {"id": "id1"},
    "compare": {"piece": ["id1", "id2"]},
    "discover": {"q": "coat", "unlike": ["id3"], "color": ["red"]},
    "fitting_room": {"photo": "photo-1", "piece": ["id1"], "look": "job-1"},
}


@pytest.mark.parametrize("page", sorted(path.stem for path in (UI / "views").glob("[a-z]*.py")))
def test_pages_say_messages_only(shop: Everything, page: str) -> None:
    assert strays(open_page(f"views/{page}.py", **ADDRESSES.get(page, {}))) == []


@pytest.mark.parametrize("status", [0, 401, 403, 404, 413, 429, 500])
def test_problems_are_messages(shop: Everything, status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_: Any) -> SearchAnswer:
        raise ApiProblem(status, "Title", "detail")

    monkeypatch.setattr(shop, "search", fail)
    assert strays(open_page("views/discover.py", q="coat")) == []


def test_the_question_before_deleting_is_a_message(shop: Everything) -> None:
    test = open_page("views/account.py")
    test.button(key="erase-ask").click().run()
    assert strays(test) == []


def test_the_stylists_answer_is_data_among_messages(shop: Everything) -> None:
    shop.stylist.answers = [answer()]
    test = open_page("views/chat.py")
    test.chat_input[0].set_value("Piece 1").run()
    assert strays(test) == []


def test_the_first_screen_says_messages_only(shop: Everything) -> None:
    test = open_app()
    test.user = {"is_logged_in": False}
    assert strays(test.run()) == []


def test_what_is_not_a_message_is_found(shop: Everything) -> None:
    assert unmarked(f'<p aria-label="Oh no">{BEGIN}Yes {BEGIN}red{END}{END} <b>Piece 1</b> Not this</p>') == [
        "Oh",
        "no",
        "Not",
        "this",
    ]
