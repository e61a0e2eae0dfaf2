"""The conversation with the stylist, as this browser session remembers it.

Everything that is still to be answered is written down before it is asked for: a run of the page that is
interrupted by a click leaves it for the next run, and its request id keeps it from being answered twice.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from ui.looks import Look
from ui.stylist_answers import ChatAnswer, ImageRequest, Question, Rating

_SESSION_ID = re.compile(r"[A-Za-z0-9_-]{1,100}")
_PICTURE_WISH = re.compile(
    r"\b(show|draw|make|paint|see|give|generate|create)\b.*\b(picture|image|drawing|photo)\b", re.IGNORECASE
)
_PICTURE_PROMPT = "The whole outfit, worn together"
_STATE = "conversation"


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
    """`continues` says that there was more, which only the stylist remembers."""

    session_id: str | None = None
    continues: bool = False
    exchanges: list[Exchange] = field(default_factory=list[Exchange])
    note: str | None = None

    @property
    def waiting(self) -> Exchange | None:
        """What has to be answered next."""
        return next((exchange for exchange in self.exchanges if exchange.waits), None)

    @property
    def latest(self) -> Exchange | None:
        """The latest exchange that has an answer."""
        return next((exchange for exchange in reversed(self.exchanges) if exchange.answer), None)

    def take(self, exchange: Exchange, answer: ChatAnswer) -> None:
        """The answer to an exchange; a picture is begun when the shopper asked for one."""
        exchange.answer = answer
        self.session_id = answer.session_id
        if answer.outfit and not answer.refused and _PICTURE_WISH.search(exchange.question.message):
            exchange.look = Look(ImageRequest(prompt=_PICTURE_PROMPT, session_id=answer.session_id))


def open_conversation() -> Conversation:
    """The conversation that the address names, else the one of this browser session, else a new one."""
    found: Conversation | None = st.session_state.get(_STATE)
    asked = st.query_params.get("session", "")
    if _SESSION_ID.fullmatch(asked) and (found is None or found.session_id != asked):
        found = Conversation(session_id=asked, continues=True)
    st.session_state[_STATE] = found = found or Conversation()
    return found


def current_address() -> Mapping[str, str] | None:
    """Query parameters that lead to the conversation of this browser session."""
    found: Conversation | None = st.session_state.get(_STATE)
    return {"session": found.session_id} if found and found.session_id else None


def ask(message: str, profile: Mapping[str, Any] | None = None) -> None:
    """Puts a message to the stylist; the page sends it. For callbacks."""
    if message.strip():
        question = Question(message=message.strip(), profile=dict(profile or {}))
        open_conversation().exchanges.append(Exchange(question))


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
    st.query_params.pop("session", None)
