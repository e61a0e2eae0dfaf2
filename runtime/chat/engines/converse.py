"""The Converse engine: any chat model of Bedrock that uses tools, streamed or not.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html and
https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from runtime.chat.model import (
    Message,
    ModelAnswer,
    ModelBusy,
    ModelFailed,
    ModelRequest,
    ModelTurn,
    OnText,
    Stop,
    ToolUse,
    starts_turn,
)
from runtime.shared.aws import is_transient, read_code

TEMPERATURE = 0.3
_STOPS = {
    "end_turn": Stop.DONE,
    "stop_sequence": Stop.DONE,
    "tool_use": Stop.TOOLS,
    "max_tokens": Stop.LENGTH,
    "guardrail_intervened": Stop.BLOCKED,
    "content_filtered": Stop.BLOCKED,
    "malformed_model_output": Stop.MALFORMED,
    "malformed_tool_use": Stop.MALFORMED,
    "model_context_window_exceeded": Stop.TOO_LONG,
}
_BUSY = frozenset({"ThrottlingException", "throttlingException", "TooManyRequestsException"})
_TRANSIENT = frozenset(
    {
        "internalServerException",
        "InternalServerException",
        "ModelErrorException",
        "ModelNotReadyException",
        "modelStreamErrorException",
        "ModelStreamErrorException",
        "ModelTimeoutException",
        "serviceUnavailableException",
        "ServiceUnavailableException",
    }
)
_CHARACTERS_PER_TOKEN = 4


class ConverseModel:
    """Asks one model; `guardrail` is its id and version, or None."""

    def __init__(self, client: Any, model_id: str, guardrail: tuple[str, str] | None) -> None:
        self._client = client
        self._model_id = model_id
        self._guardrail = guardrail

    def open_turn(self, conversation: str) -> ModelTurn:
        """Nothing is kept between calls, so all turns share this object."""
        return self

    def ask(self, request: ModelRequest, on_text: OnText | None = None) -> ModelAnswer:
        try:
            if on_text is None:
                return _read_answer(self._client.converse(**self._write(request, stream=False)))
            answer = self._client.converse_stream(**self._write(request, stream=True))
            return _read_stream(answer["stream"], on_text)
        except ClientError as error:
            if "too long" in str(error) and read_code(error) == "ValidationException":
                return ModelAnswer("", (), Stop.TOO_LONG, 0)
            raise translate(error) from error
        except BotoCoreError as error:
            raise translate(error) from error

    def _write(self, request: ModelRequest, *, stream: bool) -> dict[str, Any]:
        arguments: dict[str, Any] = {
            "modelId": self._model_id,
            "system": [{"text": request.instructions}, {"text": request.state}],
            "messages": self._mark_input(request.messages),
            "inferenceConfig": {"maxTokens": request.max_tokens, "temperature": TEMPERATURE},
            "toolConfig": {"tools": [{"toolSpec": tool} for tool in request.tools]},
        }
        if self._guardrail:
            identifier, version = self._guardrail
            guardrail = {"guardrailIdentifier": identifier, "guardrailVersion": version, "trace": "disabled"}
            arguments["guardrailConfig"] = guardrail | ({"streamProcessingMode": "sync"} if stream else {})
        return arguments

    def _mark_input(self, messages: Sequence[Message]) -> list[Message]:
        """With a guardrail, marks the shopper's new words as what it is to assess.

        Unmarked, it would assess all of the conversation: what tools returned, and again in every turn
        what it has let through before.
        """
        marked = list(messages)
        newest = max((n for n, each in enumerate(marked) if starts_turn(each)), default=None)
        if self._guardrail and newest is not None:
            content = [
                {"guardContent": {"text": {"text": block["text"]}}} if "text" in block else block
                for block in marked[newest]["content"]
            ]
            marked[newest] = {**marked[newest], "content": content}
        return marked


def translate(error: ClientError | BotoCoreError) -> ModelFailed:
    """The port's exception for one of Bedrock's runtime services."""
    code = read_code(error) if isinstance(error, ClientError) else ""
    if code in _BUSY:
        return ModelBusy("the model takes no more calls")
    return ModelFailed("the model did not answer", transient=code in _TRANSIENT or is_transient(error))


def _read_answer(answer: Mapping[str, Any]) -> ModelAnswer:
    blocks: list[dict[str, Any]] = answer.get("output", {}).get("message", {}).get("content") or []
    text = "".join(block["text"] for block in blocks if "text" in block)
    uses = tuple(_read_use(block["toolUse"]) for block in blocks if "toolUse" in block)
    usage = answer.get("usage") or {}
    return _close(text, uses, str(answer["stopReason"]), usage.get("outputTokens"))


def _read_use(block: Mapping[str, Any]) -> ToolUse:
    arguments = block.get("input")
    return ToolUse(block["toolUseId"], block["name"], arguments if isinstance(arguments, dict) else None)


def _read_stream(events: Iterable[Mapping[str, Any]], on_text: OnText) -> ModelAnswer:
    texts: list[str] = []
    started: dict[int, dict[str, str]] = {}
    reason, tokens = "end_turn", None
    for event in events:
        if "contentBlockStart" in event:
            block = event["contentBlockStart"]
            if use := block["start"].get("toolUse"):
                started[block["contentBlockIndex"]] = {**use, "input": ""}
        elif "contentBlockDelta" in event:
            block = event["contentBlockDelta"]
            delta = block["delta"]
            if text := delta.get("text"):
                texts.append(text)
                on_text(text)
            elif "toolUse" in delta:
                started[block["contentBlockIndex"]]["input"] += delta["toolUse"]["input"]
        elif "messageStop" in event:
            reason = event["messageStop"]["stopReason"]
        elif "metadata" in event:
            tokens = (event["metadata"].get("usage") or {}).get("outputTokens")
    uses = tuple(
        ToolUse(use["toolUseId"], use["name"], parse_object(use["input"])) for use in started.values()
    )
    return _close("".join(texts), uses, reason, tokens)


def parse_object(text: str) -> Mapping[str, Any] | None:
    """The JSON object of a text, {} for no text, None for anything else."""
    try:
        value = json.loads(text or "{}")
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _close(text: str, uses: tuple[ToolUse, ...], reason: str, tokens: int | None) -> ModelAnswer:
    # Cut off by its length, a tool use has only part of its arguments.
    kept = () if reason == "max_tokens" else uses
    stop = _STOPS.get(reason, Stop.DONE)
    return ModelAnswer(text, kept, stop, tokens or len(text) // _CHARACTERS_PER_TOKEN)
