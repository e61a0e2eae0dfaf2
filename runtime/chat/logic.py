"""The stylist: opens the session of a question, runs the turn, and takes feedback."""

import hashlib
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError

from runtime.chat.brief import Brief, clear, merge, read_patch
from runtime.chat.model import ChatModel
from runtime.chat.past import ListQuery, TurnsQuery, describe_page, describe_session
from runtime.chat.profile import Profile, ProfileStore, ProfilesUnavailable
from runtime.chat.services import Services
from runtime.chat.session import Session, SessionStore
from runtime.chat.turn import Answered, Asked, Bounds, OnDelta, Parts, Turn, fetch_products
from runtime.shared.problems import refuse_fields, refuse_missing


class Stylist:
    """Answers shoppers. Raises Problem and SessionsUnavailable."""

    def __init__(
        self,
        model: ChatModel,
        sessions: SessionStore,
        profiles: ProfileStore | None,
        services: Services,
        bounds: Bounds,
        *,
        admit: Callable[[], AbstractContextManager[None]] = nullcontext,
        now: Callable[[], float] = time.time,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._admit = admit
        self._parts = Parts(model, sessions, profiles, services, bounds, now, clock, sleep)

    def answer(self, asked: Asked, on_delta: OnDelta | None = None) -> Answered:
        """One turn. A request id that was answered before gets the same answer, without the model."""
        session = self._open_session(asked)
        stored = session.find_answer(asked.request_id)
        if stored is not None:
            return Answered(self._renew(asked.user_id, stored), {"Repeats": 1.0})
        with self._admit():
            profile = self._load_profile(asked.user_id)
            brief = begin_brief(session, profile, asked.profile)
            return Turn(self._parts, asked, session, profile, brief, on_delta).run()

    def rate(self, user_id: str, session_id: str, turn: int, rating: str, comment: str | None) -> None:
        """Keep a judgement of a turn. Raises a 404 Problem when there is no such turn."""
        at = datetime.fromtimestamp(self._parts.now(), UTC).isoformat(timespec="seconds")
        feedback = {"rating": rating, "at": at} | ({"comment": comment} if comment else {})
        if not self._parts.sessions.rate(user_id, session_id, turn, feedback):
            raise refuse_missing("turn")

    def list_conversations(self, user_id: str, query: ListQuery) -> dict[str, Any]:
        """A page of this shopper's conversations, newest first."""
        return describe_page(self._parts.sessions.list(user_id, query.limit, query.cursor))

    def show_conversation(self, user_id: str, session_id: str, query: TurnsQuery) -> dict[str, Any]:
        """What was said in one of them. Raises a 404 Problem when there is none of that id (any more)."""
        session = self._parts.sessions.load(user_id, session_id)
        if session is None:
            raise refuse_missing("conversation")
        services = self._parts.services
        return describe_session(session, query, lambda ids: fetch_products(services, user_id, ids))

    def _open_session(self, asked: Asked) -> Session:
        """The session asked for, or a new one; a repeated request without an id finds its own again."""
        if asked.session_id is not None:
            session = self._parts.sessions.load(asked.user_id, asked.session_id)
            if session is None:
                raise refuse_missing("session")
            return session
        if asked.request_id is None:
            return Session(asked.user_id, uuid.uuid4().hex)
        session_id = hashlib.sha256(f"{asked.user_id}\n{asked.request_id}".encode()).hexdigest()[:32]
        return self._parts.sessions.load(asked.user_id, session_id) or Session(asked.user_id, session_id)

    def _load_profile(self, user_id: str) -> Profile:
        if self._parts.profiles is None:
            return Profile()
        try:
            return self._parts.profiles.load(user_id)
        except ProfilesUnavailable:
            return Profile()

    def _renew(self, user_id: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """A stored answer with addresses of pictures that work now."""
        products: Sequence[Mapping[str, Any]] = body.get("products") or ()
        results = fetch_products(self._parts.services, user_id, [each["product_id"] for each in products])
        links = {each["product_id"]: each["image_url"] for each in results or ()}
        renewed = [{**each, "image_url": links.get(each["product_id"], "")} for each in products]
        return {**body, "products": renewed}


def begin_brief(session: Session, profile: Profile, edits: Mapping[str, Any]) -> Brief:
    """The brief at the beginning of a turn: the session's (at first the profile), as the shopper edited it.

    Raises a 400 Problem for an entity that does not exist or cannot have its value.
    """
    brief = session.brief if session.version else profile.to_brief()
    unknown = sorted(set(edits) - set(Brief.model_fields) - {"city"})
    if unknown:
        raise refuse_fields(*((f"profile.{name[:60]}", "there is no such entity") for name in unknown[:5]))
    try:
        patch = read_patch(edits)
    except ValidationError as error:
        found = [(f"profile.{each['loc'][0]}", each["msg"]) for each in error.errors() if each["loc"]]
        raise refuse_fields(*found) from None
    cleared = {name for name, value in edits.items() if value is None or value == ""}
    return merge(clear(brief, cleared), patch)
