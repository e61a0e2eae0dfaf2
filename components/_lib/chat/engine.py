"""What every chat engine takes and gives."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import pulumi

from components._lib.bedrock import Place
from components._lib.chat.guardrail import PinnedGuardrail
from components._lib.function import Function
from components._lib.iam import Statement
from components._lib.models import Model

REFUSAL = "I’m sorry, I’m a Virtual Stylist, I will not be able to help you with this query"
"""What a shopper reads when the question is none for a stylist, or the guardrail steps in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineRequest:
    """What an engine is asked for."""

    name: str
    parent: pulumi.Resource
    place: Place
    model: Model
    guardrail: PinnedGuardrail
    weather: Function
    physical_name: pulumi.Input[str] | None
    knowledge_base_id: pulumi.Output[str] | None
    knowledge_policy: pulumi.Input[str] | None
    tags: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineResult:
    """What an engine adds to the chat function: fields of its CHAT setting, and permissions."""

    setting: Mapping[str, pulumi.Input[str]] = field(default_factory=dict[str, pulumi.Input[str]])
    statements: tuple[Statement, ...] = ()


CreateEngine = Callable[[EngineRequest], EngineResult]
