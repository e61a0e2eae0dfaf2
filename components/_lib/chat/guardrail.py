"""The guardrail around the conversation: content filters, prompt attacks, personal data.

Questions that are none for a stylist are refused by the prompt: a denied topic has 200 characters to say
what is off topic, and would refuse too much. Filter and entity names:
https://docs.aws.amazon.com/bedrock/latest/APIReference/API_GuardrailContentFilterConfig.html
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components._lib import iam

_FILTERS = ("HATE", "INSULTS", "SEXUAL", "VIOLENCE", "MISCONDUCT")
# Age, sex, city and name stay: a stylist cannot advise without them.
_MASKED = (
    "CREDIT_DEBIT_CARD_CVV",
    "CREDIT_DEBIT_CARD_EXPIRY",
    "CREDIT_DEBIT_CARD_NUMBER",
    "EMAIL",
    "INTERNATIONAL_BANK_ACCOUNT_NUMBER",
    "PASSWORD",
    "PHONE",
    "PIN",
    "US_BANK_ACCOUNT_NUMBER",
    "US_PASSPORT_NUMBER",
    "US_SOCIAL_SECURITY_NUMBER",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PinnedGuardrail:
    """One version of a guardrail, which no later change of the guardrail alters."""

    id: pulumi.Output[str]
    arn: pulumi.Output[str]
    version: pulumi.Output[str]

    def apply_statement(self) -> iam.Statement:
        """The permission to use the guardrail with a model call."""
        return iam.allow(["bedrock:ApplyGuardrail"], [self.arn])


def create_guardrail(
    name: str,
    parent: pulumi.Resource,
    refusal: str,
    tags: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None,
) -> PinnedGuardrail:
    """Declare the guardrail and the version that is used; whatever it blocks is answered with `refusal`."""
    rules = _rules(refusal)
    guardrail = aws.bedrock.Guardrail(
        f"{name}-guardrail", **rules, tags=tags, opts=pulumi.ResourceOptions(parent=parent)
    )
    version = aws.bedrock.GuardrailVersion(
        f"{name}-guardrail-version",
        guardrail_arn=guardrail.guardrail_arn,
        # A version is a copy: its text changes with the rules, so that changed rules make a new copy.
        description=f"Rules {_digest(rules)}",
        opts=pulumi.ResourceOptions(parent=parent),
    )
    return PinnedGuardrail(id=guardrail.guardrail_id, arn=guardrail.guardrail_arn, version=version.version)


def _rules(refusal: str) -> dict[str, Any]:
    filters = [{"type": kind, "input_strength": "MEDIUM", "output_strength": "MEDIUM"} for kind in _FILTERS]
    # Answers cannot attack the prompt: the service takes no other strength for them.
    filters.append({"type": "PROMPT_ATTACK", "input_strength": "HIGH", "output_strength": "NONE"})
    return {
        "description": "Keeps the Virtual Stylist's talk civil and free of payment and account data.",
        "blocked_input_messaging": refusal,
        "blocked_outputs_messaging": refusal,
        "content_policy_config": {"filters_configs": filters},
        "sensitive_information_policy_config": {
            "pii_entities_configs": [{"type": kind, "action": "ANONYMIZE"} for kind in _MASKED]
        },
    }


def _digest(rules: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(rules, sort_keys=True).encode()).hexdigest()[:16]
