"""Which ranker a stack has: a name, and what the functions that ask it are given."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

import pulumi

from components._lib import iam
from components._lib.watched import describe_watched
from components.personalize_ranker import PersonalizeRanker, PersonalizeRankerArgs


class RankerName(StrEnum):
    """What orders search results by a shopper's taste."""

    BUILTIN = "builtin"
    PERSONALIZE = "personalize"


@dataclass(frozen=True, slots=True)
class RankerBinding:
    """Outputs of `PersonalizeRanker`, or their counterparts where the built-in ranker is alone."""

    environment: pulumi.Output[Mapping[str, str]]
    policy: pulumi.Output[str]
    events_policy: pulumi.Output[str]
    workflow_arn: pulumi.Output[str]
    """Empty where nothing is trained."""
    bucket: pulumi.Output[str]
    """Empty where nothing is trained."""
    watched: pulumi.Output[str]


def _bind_builtin(name: str, args: PersonalizeRankerArgs) -> RankerBinding:
    nothing, empty = iam.document([]), pulumi.Output.from_input("")
    environment = pulumi.Output.all(RANKER=pulumi.Output.json_dumps({"kind": "builtin"}))
    return RankerBinding(environment, nothing, nothing, empty, empty, describe_watched())


def _bind_personalize(name: str, args: PersonalizeRankerArgs) -> RankerBinding:
    ranker = PersonalizeRanker(name, args)
    return RankerBinding(
        ranker.environment,
        ranker.policy,
        ranker.events_policy,
        ranker.workflow_arn,
        ranker.bucket,
        ranker.watched,
    )


RANKERS: Mapping[RankerName, Callable[[str, PersonalizeRankerArgs], RankerBinding]] = {
    RankerName.BUILTIN: _bind_builtin,
    RankerName.PERSONALIZE: _bind_personalize,
}
"""Declares the ranker of that name."""
