"""The conversation with the stylist, as this browser session remembers it.

Everything that is still to be answered is written down before it is asked for: a run of the page that is
interrupted by a click leaves it for the next run, and its request id keeps it from being answered twice.
What was said in an earlier session, or in another tab, the API tells.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from ui.client import StylistClient
from ui.looks import Look
from ui.problems import ApiProblem
from ui.stylist_answers import ChatAnswer, ImageRequest, PastTurn, Question, Rating
from ui.words import current_language, later

ENDED = later("Your last conversation has ended, so this is a new one.")
UNREAD = later(
    "Earlier messages cannot be shown right now, but your stylist remembers them: just go on, or reload "
    "the page."
)
MOST_ABOUT = 4
"""Pieces that a conversation can begin about."""
_ENGLISH = "en"
_SESSION_ID = re.compile(r"[A-Za-z0-9_-]{1,100}")
_PRODUCT_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_LONGEST_SAID = 500
_PICTURE_WISH = re.compile(
    r"\b(show|draw|make|paint|see|give|generate|create)\b.*\b(picture|image|drawing|photo)\b"
    r"|\b(zeig|mach|mal|zeichn|erstell)\w*\b.*\b(bild|foto|zeichnung)\b",
    re.IGNORECASE,
)
"""In the languages of the site."""
_PICTURE_PROMPT = "The whole outfit, worn together"
_NOT_FOUND = 404
_STATE = "conversation"
_TAKEN = "conversation_taken"


@dataclass(slots=True)
class Exchange:
    """A question and what became of it: an answer, or a problem in words that may pass or not."""

    question: Question
    answer: ChatAnswer | None = None
    problem: str | None = None
    may_pass: bool = True
    rating: Rating | None = None
    look: Look | None = None

    @property
    def waits(self) -> bool:
        """Whether the stylist still has to answer."""
        return self.answer is None and self.problem is None


@dataclass(slots=True)
class Conversation:
    """`is_unread` says that there was more, which is still to be read; `about` names pieces to begin with."""

    session_id: str | None = None
    is_unread: bool = False
    cursor: str | None = None
    exchanges: list[Exchange] = field(default_factory=list[Exchange])
    note: str | None = None
    about: tuple[str, ...] = ()

    @property
    def waiting(self) -> Exchange | None:
        """What has to be answered next."""
        return next((exchange for exchange in self.exchanges if exchange.waits), None)

    @property
    def latest(self) -> Exchange | None:
        """The latest exchange that has an answer."""
        return next((exchange for exchange in reversed(self.exchanges) if exchange.answer), None)

    @property
    def address(self) -> dict[str, str]:
        """Query parameters that lead here."""
        if self.session_id:
            return {"session": self.session_id}
        return {"about": ",".join(self.about)} if self.about else {}

    def take(self, exchange: Exchange, answer: ChatAnswer) -> None:
        """The answer to an exchange; a picture is begun when the shopper asked for one."""
        exchange.answer = answer
        self.session_id = answer.session_id
        if answer.outfit and not answer.refused and _PICTURE_WISH.search(exchange.question.message):
            exchange.look = Look(ImageRequest(prompt=_PICTURE_PROMPT, session_id=answer.session_id))

    def read(self, client: StylistClient) -> None:
        """Reads what was said before. Raises ApiProblem only when the shopper has to sign in again."""
        if not self.is_unread or self.session_id is None:
            return
        self.is_unread = False
        try:
            self._read_page(client, self.session_id)
        except ApiProblem as problem:
            if problem.session_ended:
                raise
            if problem.status == _NOT_FOUND:
                self.session_id, self.note = None, ENDED
            else:
                self.note = UNREAD

    def read_earlier(self, client: StylistClient) -> None:
        """Reads what was said before what is known. Raises ApiProblem."""
        if self.session_id and self.cursor:
            self._read_page(client, self.session_id)

    def _read_page(self, client: StylistClient, session_id: str) -> None:
        past = client.conversation(session_id, cursor=self.cursor)
        self.exchanges[:0] = [_recall(turn) for turn in past.turns]
        self.cursor = past.cursor


def _recall(turn: PastTurn) -> Exchange:
    question = Question(message=turn.message, session_id=turn.session_id, language=turn.language)
    return Exchange(question, answer=turn, rating=turn.rating)


def open_conversation() -> Conversation:
    """The conversation that the address names, else the one of this browser session, else a new one.

    `say` in the address begins one with these words, `about` one about pieces; each once.
    """
    found: Conversation | None = st.session_state.get(_STATE)
    begun = _begin_from_address()
    asked = st.query_params.get("session", "")
    if begun:
        found = begun
    elif _SESSION_ID.fullmatch(asked) and (found is None or found.session_id != asked):
        found = Conversation(session_id=asked, is_unread=True)
    st.session_state[_STATE] = found = found or Conversation()
    return found


def _begin_from_address() -> Conversation | None:
    """A new conversation, the first time that the address asks for it."""
    said = st.query_params.get("say", "").strip()[:_LONGEST_SAID]
    about = _ids_of(st.query_params.get("about", ""))
    asked = (said, about)
    if not any(asked):
        st.session_state.pop(_TAKEN, None)
        return None
    if st.session_state.get(_TAKEN) == asked:
        return None
    st.session_state[_TAKEN] = asked
    talk = Conversation(about=about)
    if said:
        talk.exchanges.append(Exchange(_question(said)))
    return talk


def _ids_of(text: str) -> tuple[str, ...]:
    given = (each for each in text.split(",") if _PRODUCT_ID.fullmatch(each))
    return tuple(dict.fromkeys(given))[:MOST_ABOUT]


def about_address(product_ids: Iterable[str]) -> dict[str, str]:
    """Query parameters of a conversation about pieces."""
    return {"about": ",".join(list(dict.fromkeys(product_ids))[:MOST_ABOUT])}


def say_address(message: str) -> dict[str, str]:
    """Query parameters of a conversation that begins with a message."""
    return {"say": message}


def current_address() -> Mapping[str, str] | None:
    """Query parameters that lead to the conversation of this browser session."""
    found: Conversation | None = st.session_state.get(_STATE)
    return {"session": found.session_id} if found and found.session_id else None


def ask(message: str, profile: Mapping[str, Any] | None = None) -> None:
    """Puts a message to the stylist; the page sends it. For callbacks."""
    if message.strip():
        open_conversation().exchanges.append(Exchange(_question(message.strip(), profile)))


def _question(message: str, profile: Mapping[str, Any] | None = None) -> Question:
    """A message, to be answered in the language of the site; English is what the stylist expects anyway."""
    language = current_language()
    return Question(
        message=message,
        profile=dict(profile or {}),
        language=None if language == _ENGLISH else language,
    )


def ask_again(exchange: Exchange) -> None:
    """Sends a question once more that had a problem. For callbacks."""
    exchange.problem = None


def begin_picture(exchange: Exchange) -> None:
    """Wants a picture of the outfit of an exchange; the page has it made. For callbacks."""
    if exchange.answer:
        exchange.look = Look(ImageRequest(prompt=_PICTURE_PROMPT, session_id=exchange.answer.session_id))


def start_over() -> None:
    """Leaves this conversation for a new one. For callbacks."""
    st.session_state[_STATE] = Conversation()
    for name in ("session", "about", "say"):
        st.query_params.pop(name, None)
