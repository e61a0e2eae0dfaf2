"""A Converse request: checked as Bedrock checks it, and taken apart.

Rules: Bedrock's API reference, Converse; the messages on roles and tool results are those of its models.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from local.ai.wire import Json, invalid


@dataclass(frozen=True, slots=True)
class Request:
    """What the stylist needs of a request; `tools` are specifications by name."""

    system: str
    messages: Sequence[Json]
    tools: Mapping[str, Json]
    forced: str | None
    most_tokens: int | None
    stops: Sequence[str]
    guardrail: Json | None

    @property
    def guarded_texts(self) -> list[str]:
        """What a guardrail looks at: the blocks marked for it or, without any, all that the user says."""
        blocks = [block for each in self.messages if each["role"] == "user" for block in each["content"]]
        marked = [block["guardContent"]["text"]["text"] for block in blocks if "guardContent" in block]
        return marked or [block["text"] for block in blocks if "text" in block]

    @property
    def size(self) -> int:
        """Characters of everything the stylist reads."""
        return len(self.system) + len(str(self.messages)) + len(str(self.tools))


def read_request(body: Json) -> Request:
    """Raises ServiceError for what Bedrock refuses."""
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise invalid("A conversation must have at least one message.")
    specifications = (body.get("toolConfig") or {}).get("tools", [])
    tools = {each["toolSpec"]["name"]: each["toolSpec"] for each in specifications if "toolSpec" in each}
    _check_messages(messages, has_tools=bool(specifications))
    choice = (body.get("toolConfig") or {}).get("toolChoice") or {}
    forced = choice.get("tool", {}).get("name")
    if forced and forced not in tools:
        raise invalid(f"toolChoice names the tool {forced}, which toolConfig does not have.")
    settings = body.get("inferenceConfig") or {}
    most = settings.get("maxTokens")
    if most is not None and (not isinstance(most, int) or most < 1):
        raise invalid("maxTokens must be at least 1.")
    return Request(
        system="\n".join(block["text"] for block in body.get("system") or [] if "text" in block),
        messages=messages,
        tools=tools,
        forced=forced,
        most_tokens=most,
        stops=[stop for stop in settings.get("stopSequences") or [] if stop],
        guardrail=body.get("guardrailConfig"),
    )


def _check_messages(messages: Sequence[Json], *, has_tools: bool) -> None:
    if messages[0].get("role") != "user" or messages[-1].get("role") != "user":
        raise invalid("A conversation must start and end with a user message.")
    open_uses: set[str] = set()
    role = "assistant"
    for message in messages:
        if message.get("role") == role:
            raise invalid("A conversation must alternate between user and assistant roles.")
        role = str(message.get("role"))
        blocks = message.get("content")
        if not isinstance(blocks, list) or not blocks:
            raise invalid(f"The content field in the Message object is empty ({role}).")
        if any("text" in block and not str(block["text"]).strip() for block in blocks):
            raise invalid("The text field in the ContentBlock object is blank. Add text to the text field.")
        uses = {block["toolUse"]["toolUseId"] for block in blocks if "toolUse" in block}
        results = {block["toolResult"]["toolUseId"] for block in blocks if "toolResult" in block}
        if (uses or results) and not has_tools:
            raise invalid("The toolConfig field must be defined when using toolUse and toolResult content.")
        if results != open_uses:
            raise invalid(f"Expected toolResult blocks for: {sorted(open_uses)}, found: {sorted(results)}.")
        open_uses = uses
