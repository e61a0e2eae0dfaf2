"""The port to a chat model: a conversation and the tools go in, text and tool uses come out.

Messages and content blocks have the form of Bedrock's Converse API, which every engine translates to:
https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

Message = dict[str, Any]
"""`{"role": "user" | "assistant", "content": [blocks]}`"""
OnText = Callable[[str], None]
"""Takes the next piece of text, while the model is still writing."""


class Stop(StrEnum):
    """Why a model ended."""

    DONE = "done"
    TOOLS = "tools"
    LENGTH = "length"
    BLOCKED = "blocked"
    """A guardrail or the model's own filter stepped in."""
    MALFORMED = "malformed"
    TOO_LONG = "too_long"
    """The conversation is longer than the model can read."""


@dataclass(frozen=True, slots=True)
class ToolUse:
    """One tool that the model wants to have used; `arguments` is None when they were no JSON object."""

    id: str
    name: str
    arguments: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Citation:
    """A passage that a reply rests on."""

    text: str
    source: str


@dataclass(frozen=True, slots=True)
class ModelAnswer:
    """One answer of a model."""

    text: str
    tool_uses: tuple[ToolUse, ...]
    stop: Stop
    output_tokens: int
    citations: tuple[Citation, ...] = ()


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """One question to a model. `state` is what is known of the shopper, as JSON text."""

    instructions: str
    state: str
    messages: Sequence[Message]
    tools: Sequence[Mapping[str, Any]] = field(default_factory=tuple[Mapping[str, Any], ...])
    max_tokens: int = 1_000


class ModelTurn(Protocol):
    """A model for the length of one turn."""

    def ask(self, request: ModelRequest, on_text: OnText | None = None) -> ModelAnswer:
        """The model's answer; with `on_text` it is streamed. Raises ModelBusy and ModelFailed."""
        ...


class ChatModel(Protocol):
    """Starts turns. Conversations of different ids know nothing of each other."""

    def open_turn(self, conversation: str) -> ModelTurn: ...


class ModelFailed(Exception):
    """The model did not answer; `transient` tells whether another attempt may work."""

    def __init__(self, text: str, *, transient: bool) -> None:
        super().__init__(text)
        self.transient = transient


class ModelBusy(ModelFailed):
    """The model takes no more calls for now."""

    def __init__(self, text: str) -> None:
        super().__init__(text, transient=True)


def text_message(role: str, text: str) -> Message:
    """A message of text alone."""
    return {"role": role, "content": [{"text": text}]}


def read_text(message: Message) -> str:
    """The text of a message, "" when it has none."""
    return "\n\n".join(block["text"] for block in message["content"] if "text" in block)


def starts_turn(message: Message) -> bool:
    """Whether a message is the shopper's, rather than results of tools."""
    return message["role"] == "user" and not any("toolResult" in block for block in message["content"])
