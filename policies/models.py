"""Rules about how models are used."""

import json
from collections.abc import Iterator

from policies.stack import AGENT, FUNCTION, GUARDRAIL, GUARDRAIL_VERSION, Stack, Violation, of_type


def pin_guardrails(stack: Stack) -> Iterator[Violation]:
    """A guardrail is used in a numbered version, so that what is allowed changes with a deployment only."""
    versions = {version.text("guardrailArn") for version in of_type(stack, GUARDRAIL_VERSION)}
    for guardrail in of_type(stack, GUARDRAIL):
        if guardrail.text("guardrailArn") not in versions:
            yield Violation(guardrail.name, "has no GuardrailVersion")
    for function in of_type(stack, FUNCTION):
        chat = json.loads(function.map("environment").get("variables", {}).get("CHAT", "{}"))
        if chat and not str(chat.get("guardrail_version", "")).isdigit():
            yield Violation(function.name, "CHAT needs the number of a guardrail's version")
    for agent in of_type(stack, AGENT):
        used = [str(each.get("guardrailVersion", "")) for each in agent.list("guardrailConfigurations")]
        if not used or not all(version.isdigit() for version in used):
            yield Violation(agent.name, "guardrailConfigurations needs the number of a version")


def stop_prompt_attacks(stack: Stack) -> Iterator[Violation]:
    """A guardrail looks for attacks on the prompt with its highest strength."""
    for guardrail in of_type(stack, GUARDRAIL):
        filters = guardrail.map("contentPolicyConfig").get("filtersConfigs", [])
        strengths = {each.get("type"): each.get("inputStrength") for each in filters}
        if strengths.get("PROMPT_ATTACK") != "HIGH":
            yield Violation(guardrail.name, "add the filter PROMPT_ATTACK with inputStrength HIGH")
