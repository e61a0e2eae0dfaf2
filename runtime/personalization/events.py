"""Interactions told to Amazon Personalize as they come, so that its ranking follows a change of taste.

Wire format: PutEvents of `personalize-events`, version 2018-03-22.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from runtime.personalization.pointer import Pointer
from runtime.personalization.port import EVENT_VALUES, EventType, Interaction
from runtime.personalization.rankers.personalize import item_of
from runtime.shared.observability import describe_error, get_logger

MOST_EVENTS = 10
"""Events that one request may carry."""


class LiveEvents:
    """An `InteractionSink` that nothing depends on: what cannot be told is learned at the next training."""

    def __init__(self, client: Any, pointer: Pointer) -> None:
        self._client = client
        self._pointer = pointer

    def write(self, interactions: Sequence[Interaction]) -> None:
        """Tell of them in order, ten of one session at a time; a failure is logged and ends it."""
        live = self._pointer.current()
        if live is None:
            return
        for request in requests(interactions):
            try:
                self._client.put_events(trackingId=live.tracking_id, **request)
            except (ClientError, BotoCoreError) as error:
                get_logger().warning("live events are lost until training", **describe_error(error))
                return


def teaches(event_type: str, cluster: int | None) -> bool:
    """Whether an interaction says that its cluster is liked: Personalize takes every event for that."""
    return cluster is not None and event_type != EventType.DISLIKE


def requests(interactions: Sequence[Interaction]) -> Iterator[dict[str, Any]]:
    """The arguments of `put_events` without the tracking id, for what the ranker can learn from."""
    sessions: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for each in interactions:
        if each.cluster is not None and teaches(each.event_type, each.cluster):
            event = _event(each, item_of(each.cluster))
            sessions.setdefault((each.user_id, each.session_id), []).append(event)
    for (user_id, session_id), events in sessions.items():
        for start in range(0, len(events), MOST_EVENTS):
            part = events[start : start + MOST_EVENTS]
            yield {"userId": user_id, "sessionId": session_id, "eventList": part}


def _event(interaction: Interaction, item: str) -> Mapping[str, Any]:
    return {
        "eventId": interaction.event_id,
        "eventType": interaction.event_type.value,
        "eventValue": EVENT_VALUES[interaction.event_type],
        "itemId": item,
        "sentAt": datetime.fromtimestamp(interaction.timestamp, UTC),
    }
