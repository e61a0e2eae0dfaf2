"""Records accepted interactions: a batch of queued messages becomes lines in the lake.

A message that cannot be recorded fails alone; the queue hands it out again, and at last to its dead letters.
"""

import time
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from runtime.personalization.lake import Lake
from runtime.personalization.popularity import Popularity
from runtime.personalization.port import Interaction, InteractionSink
from runtime.personalization.queue import read_message, requests_of
from runtime.personalization.rankers.choice import open_live_events
from runtime.personalization.settings import LakeSettings, PopularitySettings
from runtime.shared.aws import Clients
from runtime.shared.observability import describe_error, emit_metrics, get_logger
from runtime.shared.settings import read_setting


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda entry point: an SQS batch in, the failed items out."""
    started = time.perf_counter()
    records: Sequence[Mapping[str, Any]] = event.get("Records") or []
    failed, count = record_batch(records, open_sinks())
    took = 1000 * (time.perf_counter() - started)
    get_logger().info(
        "batch recorded",
        took_ms=round(took, 1),
        interactions=count,
        failed=len(failed),
        requests=requests_of(records),
    )
    counts = {"Interactions": float(count), "MessagesFailed": float(len(failed))}
    emit_metrics({}, counts, {"Batch": took})
    return {"batchItemFailures": [{"itemIdentifier": each} for each in failed]}


@cache
def open_sinks() -> tuple[InteractionSink, ...]:
    """Everything that hears of interactions in this stack."""
    settings: LakeSettings = read_setting("LAKE", LakeSettings)
    clients = Clients()
    # The lake first: what it refuses comes again, and only then is told to others.
    lake = Lake(clients.get("s3"), settings.bucket, settings.prefix)
    popularity: PopularitySettings = read_setting("POPULARITY", PopularitySettings)
    others = (
        Popularity(clients.get("dynamodb", quick=True), popularity.table),
        open_live_events(clients),
    )
    return (lake, *(sink for sink in others if sink is not None))


def record_batch(
    records: Sequence[Mapping[str, Any]], sinks: Sequence[InteractionSink]
) -> tuple[list[str], int]:
    """Tell the interactions of SQS records to all sinks; ids of failed messages, and how many were told."""
    failed: list[str] = []
    read: dict[str, list[Interaction]] = {}
    for message in records:
        try:
            read[message["messageId"]] = read_message(message["body"])
        except ValueError as error:
            get_logger().warning("message not readable", **describe_error(error))
            failed.append(message["messageId"])
    interactions = [each for told in read.values() for each in told]
    try:
        for sink in sinks:
            if interactions:
                sink.write(interactions)
    except Exception as error:
        get_logger().warning("interactions not recorded", **describe_error(error))
        return [*failed, *read], 0
    return failed, len(interactions)
