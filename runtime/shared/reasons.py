"""Why something is shown: in words, and as a code with values for whoever says it in another language."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason: in English ("like the red dress you saved"), and what the sentence is made of.

    `values` are words of the catalogue, codes and ids, never sentences; what is not known is not among them.
    """

    text: str
    code: str
    values: Mapping[str, Any] = field(default_factory=dict[str, Any])


def make_reason(text: str, code: str, **values: Any) -> Reason:
    """A reason with those of the values that are known."""
    return Reason(text, code, {name: value for name, value in values.items() if value})


def texts_of(reasons: Sequence[Reason]) -> list[str]:
    """The reasons in English."""
    return [reason.text for reason in reasons]


def codes_of(reasons: Sequence[Reason]) -> list[dict[str, Any]]:
    """The reasons as answers of the API hold them beside the words."""
    return [{"code": reason.code, "values": dict(reason.values)} for reason in reasons]
