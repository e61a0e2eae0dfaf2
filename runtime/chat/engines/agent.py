"""The engine for Bedrock Agents (classic), for accounts that still have them.

The agent plans; its action group returns control, so that the same tools run here as with Converse:
https://docs.aws.amazon.com/bedrock/latest/userguide/agents-returncontrol.html
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from runtime.chat.engines.converse import translate
from runtime.chat.model import (
    Citation,
    Message,
    ModelAnswer,
    ModelRequest,
    ModelTurn,
    OnText,
    Stop,
    ToolUse,
    read_text,
)
from runtime.chat.services import read_source
from runtime.wardrobe.items import clean_text

_LONGEST_CITATION = 300
_CHARACTERS_PER_TOKEN = 4


class AgentModel:
    """Asks one alias of one agent."""

    def __init__(self, client: Any, agent_id: str, alias_id: str) -> None:
        self._client = client
        self._agent = {"agentId": agent_id, "agentAliasId": alias_id}

    def open_turn(self, conversation: str) -> ModelTurn:
        """The agent keeps the conversation under an id that only its owner's conversation leads to."""
        return _AgentTurn(self._client, {**self._agent, "sessionId": _hash(conversation)})


@dataclass(frozen=True, slots=True)
class _Pending:
    """A call that the agent waits for."""

    invocation: str
    action_group: str
    function: str


class _AgentTurn:
    def __init__(self, client: Any, place: Mapping[str, str]) -> None:
        self._client = client
        self._place = place
        self._pending: dict[str, _Pending] = {}

    def ask(self, request: ModelRequest, on_text: OnText | None = None) -> ModelAnswer:
        try:
            answer = self._client.invoke_agent(**self._write(request, stream=on_text is not None))
            return self._read(answer["completion"], on_text)
        except (ClientError, BotoCoreError) as error:
            raise translate(error) from error

    def _write(self, request: ModelRequest, *, stream: bool) -> dict[str, Any]:
        last = request.messages[-1]
        state: dict[str, Any] = {"promptSessionAttributes": {"state": request.state}}
        arguments: dict[str, Any] = {**self._place, "enableTrace": False}
        if results := self._write_results(last):
            state |= results
        else:
            arguments["inputText"] = read_text(last)
        if stream:
            arguments["streamingConfigurations"] = {"streamFinalResponse": True}
        return {**arguments, "sessionState": state}

    def _write_results(self, message: Message) -> dict[str, Any]:
        results = [block["toolResult"] for block in message["content"] if "toolResult" in block]
        known = [(self._pending[each["toolUseId"]], each) for each in results]
        if not known:
            return {}
        return {
            "invocationId": known[0][0].invocation,
            "returnControlInvocationResults": [_write_result(call, result) for call, result in known],
        }

    def _read(self, events: Iterable[Mapping[str, Any]], on_text: OnText | None) -> ModelAnswer:
        texts: list[str] = []
        citations: list[Citation] = []
        uses: list[ToolUse] = []
        for event in events:
            if "chunk" in event:
                text = event["chunk"].get("bytes", b"").decode()
                texts.append(text)
                citations += _read_citations(event["chunk"])
                if on_text and text:
                    on_text(text)
            elif "returnControl" in event:
                uses += self._read_calls(event["returnControl"])
        text = "".join(texts)
        stop = Stop.TOOLS if uses else Stop.DONE
        return ModelAnswer(text, tuple(uses), stop, len(text) // _CHARACTERS_PER_TOKEN, tuple(citations))

    def _read_calls(self, control: Mapping[str, Any]) -> list[ToolUse]:
        uses: list[ToolUse] = []
        for number, given in enumerate(control["invocationInputs"]):
            call = given.get("functionInvocationInput")
            if call is None:
                continue
            invocation = control["invocationId"]
            use_id = f"{_hash(invocation)[:40]}-{number}"
            self._pending[use_id] = _Pending(invocation, call["actionGroup"], call.get("function", ""))
            arguments = {each["name"]: each.get("value") for each in call.get("parameters") or ()}
            uses.append(ToolUse(use_id, call.get("function", ""), arguments))
        return uses


def _write_result(call: _Pending, result: Mapping[str, Any]) -> dict[str, Any]:
    """A tool's result as the agent takes it; a failed one lets it ask the shopper or go on without."""
    body = json.dumps(result["content"][0].get("json") or {}, ensure_ascii=False)
    state = {"responseState": "REPROMPT"} if result.get("status") == "error" else {}
    return {
        "functionResult": {
            "actionGroup": call.action_group,
            "function": call.function,
            "responseBody": {"TEXT": {"body": body}},
            **state,
        }
    }


def _read_citations(chunk: Mapping[str, Any]) -> list[Citation]:
    found: Sequence[Mapping[str, Any]] = (chunk.get("attribution") or {}).get("citations") or ()
    references = [each for citation in found for each in citation.get("retrievedReferences") or ()]
    return [
        Citation(
            clean_text(each.get("content", {}).get("text", ""), _LONGEST_CITATION),
            read_source(each.get("location") or {}),
        )
        for each in references
    ]


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:64]
