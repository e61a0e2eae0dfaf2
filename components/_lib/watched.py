"""What there is to look at in a stack, described for its dashboard and for whoever checks that it is well.

Each component hands out its parts as one JSON text, a list of rows: what it is, what it is called here, and
the dimensions under which CloudWatch has its metrics.
"""

import json
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

import pulumi
import pulumi_aws as aws

from components._lib.texts import dump_json

Row = Mapping[str, Any]
"""One part: `kind`, `label`, `dimensions`, and `service` of a function; values may be Outputs."""


class Kind(StrEnum):
    """What a part is."""

    API = "api"
    DEAD_LETTERS = "dead-letters"
    FUNCTION = "function"
    QUEUE = "queue"
    SERVICE = "service"
    SOCKET = "socket"
    TABLE = "table"
    TARGETS = "targets"
    WORKFLOW = "workflow"


def watched(kind: Kind, label: str, dimensions: Mapping[str, pulumi.Input[str]], **more: str) -> Row:
    """A part under the name that people know it by."""
    return {"kind": kind.value, "label": label, "dimensions": dimensions, **more}


def watched_table(label: str, table: aws.dynamodb.Table) -> Row:
    return watched(Kind.TABLE, label, {"TableName": table.name})


def watched_queue(label: str, queue: aws.sqs.Queue) -> Row:
    """A queue in which messages wait for a function."""
    return watched(Kind.QUEUE, label, {"QueueName": queue.name})


def watched_letters(label: str, queue: aws.sqs.Queue) -> Row:
    """A queue in which messages wait for a person."""
    return watched(Kind.DEAD_LETTERS, label, {"QueueName": queue.name})


def describe_watched(*rows: Row) -> pulumi.Output[str]:
    """The text that a component hands out."""
    return dump_json(rows)


def merge_watched(texts: Sequence[pulumi.Input[str]]) -> pulumi.Output[str]:
    """One text with the rows of all, in their order."""

    def merge(known: Sequence[str]) -> str:
        return json.dumps([row for text in known for row in json.loads(text)], sort_keys=True)

    known: pulumi.Output[Any] = pulumi.Output.from_input(texts)
    return known.apply(merge)
