"""What the stand-in keeps: things by ARN as Personalize describes them, models, and events as they came."""

import threading
import time
from dataclasses import dataclass, field
from typing import Any

from local.ai.personalize import model
from local.ai.personalize.model import Event, Model
from local.ai.wire import Json, ServiceError

MOST_LIVE_EVENTS = 1000
"""Newest events of a user that are kept."""


@dataclass(slots=True)
class Thing:
    """One resource: what describes it, when it becomes what it is going to be, and what it is then."""

    kind: str
    arn: str
    described: Json
    changes_at: float = 0.0
    becomes: Json | None = None
    """Members that replace those of the description at `changes_at`; None when nothing is going on."""
    goes: bool = False
    """Whether it is gone at `changes_at`."""


@dataclass(slots=True)
class Shop:
    """Everything of one account. Times of creation are in seconds since 1970, as on the wire."""

    region: str
    account: str
    things: dict[str, Thing] = field(default_factory=dict[str, Thing])
    events: dict[str, list[Event]] = field(default_factory=dict[str, list[Event]])
    """Imported interactions by dataset ARN."""
    live: dict[str, dict[str, list[Event]]] = field(default_factory=dict[str, dict[str, list[Event]]])
    """Events that came through a tracker, by dataset group ARN and user, oldest first."""
    models: dict[str, Model] = field(default_factory=dict[str, Model])
    metrics: dict[str, dict[str, float]] = field(default_factory=dict[str, dict[str, float]])
    lock: Any = field(default_factory=threading.RLock)

    def arn(self, path: str) -> str:
        return f"arn:aws:personalize:{self.region}:{self.account}:{path}"

    def add(self, kind: str, path: str, described: Json, becomes: Json, after_s: float) -> Thing:
        """A new thing that is being made for `after_s`. Raises ServiceError when it is there already."""
        arn, now = self.arn(path), time.time()
        if self.find(arn) is not None:
            raise ServiceError("ResourceAlreadyExistsException", 400, f"{arn} already exists.")
        base = {"status": "CREATE PENDING", "creationDateTime": now, "lastUpdatedDateTime": now}
        self.things[arn] = Thing(kind, arn, {**described, **base}, now + after_s, becomes)
        return self.things[arn]

    def find(self, arn: str) -> Thing | None:
        """A thing as it is now, changes that are due having come."""
        thing = self.things.get(arn)
        if thing is None or time.time() < thing.changes_at:
            return thing
        if thing.goes:
            del self.things[arn]
            return None
        if thing.becomes is not None:
            thing.described = {
                **thing.described,
                **thing.becomes,
                "lastUpdatedDateTime": thing.changes_at,
            }
            thing.becomes = None
        return thing

    def need(self, kind: str, arn: Any) -> Thing:
        """As `find`. Raises ServiceError when there is none of that kind."""
        thing = self.find(arn) if isinstance(arn, str) else None
        if thing is None or thing.kind != kind:
            raise ServiceError("ResourceNotFoundException", 400, f"There is no {kind} {arn}.")
        return thing

    def need_active(self, kind: str, arn: Any) -> Thing:
        """As `need`. Raises ServiceError while it is not usable."""
        thing = self.need(kind, arn)
        if thing.described.get("status") != "ACTIVE":
            raise ServiceError("ResourceInUseException", 400, f"{arn} is {thing.described.get('status')}.")
        return thing

    def all(self, kind: str, **members: str) -> list[Thing]:
        """Things of a kind whose descriptions have these members, oldest first."""
        found = [self.find(arn) for arn in list(self.things)]
        return [
            thing
            for thing in found
            if thing is not None
            and thing.kind == kind
            and all(thing.described.get(key) == value for key, value in members.items())
        ]

    def dump(self) -> Json:
        """All of it as JSON values; what is going on counts as over."""
        return {
            "things": [[each.kind, each.arn, each.described] for each in self._settled()],
            "events": {key: [_dump_event(each) for each in events] for key, events in self.events.items()},
            "live": {
                group: {user: [_dump_event(each) for each in events] for user, events in users.items()}
                for group, users in self.live.items()
            },
            "models": {key: each.dump() for key, each in self.models.items()},
            "metrics": self.metrics,
        }

    def restore(self, dumped: Json) -> None:
        """Take in what `dump` made."""
        self.things = {arn: Thing(kind, arn, described) for kind, arn, described in dumped["things"]}
        self.events = {key: [Event(*each) for each in events] for key, events in dumped["events"].items()}
        self.live = {
            group: {user: [Event(*each) for each in events] for user, events in users.items()}
            for group, users in dumped["live"].items()
        }
        self.models = {key: model.restore(each) for key, each in dumped["models"].items()}
        self.metrics = dumped["metrics"]

    def _settled(self) -> list[Thing]:
        for thing in self.things.values():
            thing.changes_at = 0.0
        return [each for arn in list(self.things) if (each := self.find(arn)) is not None]


def _dump_event(event: Event) -> list[Any]:
    return [event.user, event.item, event.value, event.timestamp]
