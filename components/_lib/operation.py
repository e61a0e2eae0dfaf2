"""How what a component declares is looked after: how long it logs, who hears of alarms, what it is tagged.

Every component that declares functions or workflows has these three inputs. They are read here and travel as
one to whatever is declared.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NotRequired, TypedDict

import pulumi

_LOG_RETENTION_DAYS = 30


class OperationInputs(TypedDict):
    """The inputs of a component that count; each component declares them itself, with their documentation."""

    log_retention_days: NotRequired[int]
    alarm_topic_arn: NotRequired[pulumi.Input[str]]
    tags: NotRequired[pulumi.Input[Mapping[str, pulumi.Input[str]]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """What every declaration of a component goes by."""

    log_retention_days: int
    alarm_topic_arn: pulumi.Input[str] | None
    """Topic that is told of alarms; without one there are none."""
    tags: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None


def read_operation(args: OperationInputs) -> Operation:
    """The inputs of a component with their defaults."""
    return Operation(
        # A plugin host hands every number over as a float.
        log_retention_days=int(args.get("log_retention_days", _LOG_RETENTION_DAYS)),
        alarm_topic_arn=args.get("alarm_topic_arn"),
        tags=args.get("tags"),
    )
