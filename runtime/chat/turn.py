"""One turn while it runs: the loop, the settled reply, the answer, and what is kept of it."""

import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from runtime.chat.brief import Brief, changed_fields, describe_brief, read_amount
from runtime.chat.check import check_reply, find_ids, is_refusal, remove_marks, repeats_instructions
from runtime.chat.loop import Ending, Limits, LoopEnd, ToolLoop
from runtime.chat.model import ChatModel, Message, read_text, text_message
from runtime.chat.profile import Profile, ProfileStore, ProfilesUnavailable, choose_facts
from runtime.chat.prompt import REFUSAL, describe_state
from runtime.chat.services import Services, ToolFailed
from runtime.chat.session import Changes, OutfitState, Session, SessionStore, SessionsUnavailable, apply
from runtime.chat.stream import ReplyStream
from runtime.chat.suggestions import suggest
from runtime.chat.tools import Toolbox, TurnState, refresh
from runtime.wardrobe.items import Item, tell_shopper
from runtime.wardrobe.outfit import breaches
from runtime.wardrobe.pieces import Formality

NOTHING_TO_SAY = "I could not put that into words just now. Please tell me again what you are looking for."
ONLY_PRODUCTS = "Here is what I found for you."
OVER_LIMIT = "I do not propose these pieces as an outfit, as that would break your limits: {reason}."
_FRESH_S = 600
"""Seconds for which a product's price and picture address, as told by the catalogue, are relied on."""
_MOST_PRODUCTS = 12
_MOST_FETCHED = 20
"""Products that the search function tells of at once."""
_MOST_FOUND = 6
_MOST_CITATIONS = 5
_LONGEST_CITATION = 300
_MOST_SAVES = 6
_SPARE_S = 1.0
"""Seconds before the deadline at which no tool is begun any more."""

OnDelta = Callable[[str, int, int, str], None]
"""Takes session id, turn, index and text of the next words."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a shopper sent. `profile` holds entities that they set themselves; null clears one."""

    user_id: str
    message: str
    session_id: str | None = None
    request_id: str | None = None
    profile: Mapping[str, Any] = field(default_factory=dict[str, Any])
    language: str | None = None
    """BCP 47 tag of the language to answer in; None: that of the message."""


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer and figures for log and metrics."""

    body: dict[str, Any]
    counts: dict[str, float] = field(default_factory=dict[str, float])
    milliseconds: dict[str, float] = field(default_factory=dict[str, float])


@dataclass(frozen=True, slots=True)
class Bounds:
    """Bounds of a turn; `deadline_s` is in seconds from its beginning."""

    rounds: int
    tokens: int
    deadline_s: float


@dataclass(frozen=True, slots=True)
class Parts:
    """What turns are made with. `now` is the time of day, `clock` measures; both are in seconds."""

    model: ChatModel
    sessions: SessionStore
    profiles: ProfileStore | None
    services: Services
    bounds: Bounds
    now: Callable[[], float]
    clock: Callable[[], float]
    sleep: Callable[[float], None]


@dataclass(frozen=True, slots=True)
class _Reply:
    """A checked reply, still with the marks of ids."""

    text: str
    refused: bool
    dropped: int = 0


class Turn:
    """One turn of `session`, in which the conversation begins from `brief`."""

    def __init__(
        self,
        parts: Parts,
        asked: Asked,
        session: Session,
        profile: Profile,
        brief: Brief,
        on_delta: OnDelta | None,
    ) -> None:
        self._parts = parts
        self._asked = asked
        self._session = session
        self._profile = profile
        self._on_delta = on_delta
        self._index = 0
        self._deadline = parts.clock() + parts.bounds.deadline_s
        self._state = TurnState.start(session, brief)
        said = [read_text(each) for each in session.messages if each["role"] == "user"]
        self._state.amounts += [amount for text in (*said, asked.message) for amount in _read_numbers(text)]
        self._stream = ReplyStream(self._state.facts, self._send if on_delta else None, parts.clock)
        self._message = text_message("user", asked.message)

    def run(self) -> Answered:
        """Raises a 429 or 503 Problem when the model does not answer; then nothing of the turn is kept."""
        end = self._run_loop()
        reply = self._settle(end)
        shown = self._refresh(self._choose_products(reply))
        body = self._describe(reply, shown, end)
        body, saved = self._save(body, self._choose_messages(end, reply))
        self._keep_facts()
        counts = {
            "Rounds": float(end.rounds),
            "Retries": float(end.retries),
            "ModelTokens": float(end.tokens),
            "ToolFailures": float(self._toolbox.failures),
            "DroppedSentences": float(reply.dropped),
            "Refused": float(reply.refused),
            "Unsaved": float(not saved),
        }
        took = {"Model": 1000 * end.model_s, "Tools": 1000 * end.tool_s}
        if self._stream.held_s is not None:
            took["FirstWords"] = 1000 * self._stream.held_s
        return Answered(body, counts, took)

    def _run_loop(self) -> LoopEnd:
        parts = self._parts
        self._toolbox = Toolbox(
            parts.services,
            self._state,
            self._asked.user_id,
            lambda: parts.clock() >= self._deadline - _SPARE_S,
            parts.now,
        )
        loop = ToolLoop(
            turn=parts.model.open_turn(f"{self._asked.user_id}\n{self._session.session_id}"),
            toolbox=self._toolbox,
            state=self._state,
            stream=self._stream,
            limits=Limits(parts.bounds.rounds, parts.bounds.tokens, self._deadline),
            describe=self._describe_state,
            clock=parts.clock,
            sleep=parts.sleep,
            streams=self._on_delta is not None,
        )
        return loop.run(self._session.messages, self._message)

    def _describe_state(self) -> str:
        state = self._state
        return describe_state(
            today=datetime.fromtimestamp(self._parts.now(), UTC).date(),
            brief=state.brief,
            facts=self._profile.facts,
            outfit=state.outfit,
            products=state.products,
            weather=state.weather or self._session.weather,
            language=self._asked.language,
        )

    def _send(self, text: str) -> None:
        if self._on_delta:
            self._on_delta(self._session.session_id, self._session.turn + 1, self._index, text)
            self._index += 1

    def _settle(self, end: LoopEnd) -> _Reply:
        """The reply that may leave; whatever it has beyond the model's own text is streamed here."""
        self._put_question()
        rounds = self._stream.rounds
        text = "\n\n".join(rounds)
        blocked = end.ending is Ending.BLOCKED or any(is_refusal(each) for each in rounds)
        if blocked or repeats_instructions(text):
            self._stream.say(REFUSAL)
            return _Reply(REFUSAL, True)
        kept, dropped = check_reply(text, self._state.facts())
        if not kept:
            kept = ONLY_PRODUCTS if self._state.seen else NOTHING_TO_SAY
            self._stream.say(kept)
        reason = self._find_breach()
        if reason is not None:
            kept = f"{kept}\n\n{reason}"
            self._stream.end_round()
            self._stream.say(reason)
        return _Reply(kept, False, dropped)

    def _put_question(self) -> None:
        """A question to the shopper is part of the reply, unless the model has written it there, too."""
        question = self._state.question
        if question is not None and not any(question in text for text in self._stream.rounds):
            self._stream.write(question)
            self._stream.end_round()

    def _find_breach(self) -> str | None:
        """Drops an outfit that is against the limits by now; says so when this turn proposed it."""
        outfit = self._state.outfit
        pieces = [self._state.products[each] for each in outfit.ids if each in self._state.products]
        formality = Formality(outfit.formality) if outfit.formality else None
        reason = breaches(pieces, formality, self._state.brief.budget)
        if reason is None:
            return None
        self._state.outfit = OutfitState()
        return OVER_LIMIT.format(reason=reason) if self._state.built else None

    def _choose_products(self, reply: _Reply) -> list[Item]:
        """The products of the answer: the new outfit, what the reply names, else what was found."""
        state = self._state
        if reply.refused:
            return []
        chosen = [*state.outfit.ids] if state.built else []
        chosen += find_ids(reply.text)
        if not chosen and state.question is None:
            chosen = state.found[:_MOST_FOUND]
        known = [state.products[each] for each in dict.fromkeys(chosen) if each in state.products]
        return known[:_MOST_PRODUCTS]

    def _refresh(self, items: Sequence[Item]) -> list[Item]:
        """The items as the catalogue has them now; what is gone from it is left out."""
        now = self._parts.now()
        stale = [item for item in items if not item.image_url or item.seen_at < now - _FRESH_S]
        if not stale:
            return list(items)
        results = fetch_products(
            self._parts.services, self._asked.user_id, [each.product_id for each in stale]
        )
        if results is None:
            return list(items)
        fresh = {each["product_id"]: each for each in results}
        kept: list[Item] = []
        for item in items:
            if item in stale and item.product_id not in fresh:
                continue
            kept.append(refresh(item, fresh[item.product_id], now) if item in stale else item)
        self._state.add(kept)
        return kept

    def _describe(self, reply: _Reply, shown: Sequence[Item], end: LoopEnd) -> dict[str, Any]:
        state = self._state
        asks = [] if reply.refused else list(state.asks)
        citations = [] if reply.refused else state.citations[:_MOST_CITATIONS]
        body: dict[str, Any] = {
            "session_id": self._session.session_id,
            "reply": remove_marks(reply.text, state.products),
            "products": [tell_shopper(item, state.why.get(item.product_id, ())) for item in shown],
            "citations": [
                {"text": each.text[:_LONGEST_CITATION], "source": each.source} for each in citations
            ],
            "suggestions": suggest(state.brief, state.outfit, found=bool(shown), asks=asks),
            "refused": reply.refused,
            "brief": describe_brief(state.brief),
            "outfit": list(state.outfit.ids),
            "turn": self._session.turn + 1,
        }
        if state.weather and not reply.refused:
            body["weather"] = state.weather
        if end.ending is Ending.ASKED and not reply.refused:
            body["asks"] = asks
        return body

    def _choose_messages(self, end: LoopEnd, reply: _Reply) -> tuple[Message, ...]:
        """What the conversation keeps. Blocked words are left out: they would be blocked in every turn."""
        if end.ending is Ending.BLOCKED:
            return ()
        if reply.refused:
            return (self._message, text_message("assistant", REFUSAL))
        last = self._stream.rounds[-1] if self._stream.rounds else ""
        said = check_reply(last, self._state.facts())[0] or reply.text
        return (*end.messages, text_message("assistant", said))

    def _save(self, body: dict[str, Any], messages: tuple[Message, ...]) -> tuple[dict[str, Any], bool]:
        """Save the turn, on top of what others have saved meanwhile; the answer, and whether it is saved.

        An answer that cannot be saved is given nevertheless: the shopper has been waiting for it.
        """
        changes = self._collect_changes(body, messages)
        latest: Session | None = self._session
        for attempt in range(_MOST_SAVES):
            if attempt:
                self._parts.sleep(random.uniform(0.01, 0.05) * 2**attempt)
            try:
                if attempt:
                    latest = self._parts.sessions.load(self._session.user_id, self._session.session_id)
                if latest is None:
                    return body, False  # erased while this turn ran: it stays erased
                stored = latest.find_answer(self._asked.request_id)
                if stored is not None:
                    return {**stored, "products": body["products"]}, True
                if self._parts.sessions.save(apply(latest, changes)):
                    return {**body, "turn": latest.turn + 1}, True
            except SessionsUnavailable:
                continue
        return body, False

    def _collect_changes(self, body: Mapping[str, Any], messages: tuple[Message, ...]) -> Changes:
        state = self._state
        stored = [{**each, "image_url": ""} for each in body["products"]]
        return Changes(
            messages=messages,
            brief=changed_fields(self._session.brief, state.brief),
            products=state.seen,
            outfit=None if state.outfit == self._session.outfit else state.outfit,
            weather=state.weather,
            searches=state.searches,
            request_id=self._asked.request_id,
            answer={**body, "products": stored},
            message=self._asked.message,
            language=self._asked.language,
            at=datetime.fromtimestamp(self._parts.now(), UTC).isoformat(timespec="seconds"),
        )

    def _keep_facts(self) -> None:
        """With the shopper's consent, facts that this turn brought are kept for the next conversation."""
        if self._parts.profiles is None or not self._profile.consent:
            return
        base = self._session.brief if self._session.version else self._profile.to_brief()
        facts = choose_facts(changed_fields(base, self._state.brief), self._asked.profile)
        if not facts:
            return
        try:
            self._parts.profiles.keep(self._asked.user_id, facts)
        except ProfilesUnavailable:
            self._toolbox.failures += 1


def fetch_products(
    services: Services, user_id: str, product_ids: Sequence[str]
) -> list[dict[str, Any]] | None:
    """What the catalogue says of products now; None when it does not answer."""
    found: list[dict[str, Any]] = []
    try:
        for start in range(0, len(product_ids), _MOST_FETCHED):
            found += services.catalogue.fetch(user_id, product_ids[start : start + _MOST_FETCHED])
    except ToolFailed:
        return None
    return found


def _read_numbers(text: str) -> list[float]:
    found = [read_amount(each) for each in re.findall(r"\d[\d.,]*", text)]
    return [amount for amount in found if amount is not None]
