"""Checks the caller's role before an AI stand-in answers, as the real service would."""

import re
import time
from typing import Any

import httpx

_CREDENTIAL = re.compile(r"Credential=(?P<key>[^/]+)/\d+/")
_ROLE = re.compile(r"arn:aws:sts::(?P<account>\d+):assumed-role/(?P<role>[^/]+)/")
_REMEMBER_S = 0.25  # enough for a burst, too short to hide that a permission was taken away


class AccessDenied(Exception):
    """The caller's role does not allow the action."""


class Gate:
    """Asks the emulator's IAM whether the role behind a request may do `action` on `resource`."""

    def __init__(self, emulator_url: str, iam: Any, administrator: str) -> None:
        self._emulator_url = emulator_url
        self._iam = iam
        self._administrator = administrator
        self._roles: dict[str, str | None] = {}
        self._decisions: dict[tuple[str, str, str], tuple[bool, float]] = {}

    def check(self, authorization: str, action: str, resource: str) -> None:
        """Raise AccessDenied unless the signer of the request may do `action` on `resource`."""
        credential = _CREDENTIAL.search(authorization)
        if credential is None:
            raise AccessDenied("the request is not signed")
        key = credential["key"]
        if key == self._administrator:
            return
        role = self._role(key)
        if role is None or not self._allowed(role, action, resource):
            raise AccessDenied(
                f"{role or key} is not authorized to perform: {action} on resource: {resource}"
            )

    def role_of(self, authorization: str) -> str | None:
        """ARN of the role behind a request; None for the administrator. Raises AccessDenied for others."""
        credential = _CREDENTIAL.search(authorization)
        if credential is None:
            raise AccessDenied("the request is not signed")
        key = credential["key"]
        if key == self._administrator:
            return None
        role = self._role(key)
        if role is None:
            raise AccessDenied(f"{key} is nobody's key")
        return role

    def _role(self, key: str) -> str | None:
        if self._roles.get(key) is None:
            answer = httpx.get(f"{self._emulator_url}/_local/caller", params={"key": key}).json()
            match = _ROLE.match(answer["arn"] or "")
            self._roles[key] = f"arn:aws:iam::{match['account']}:role/{match['role']}" if match else None
        return self._roles[key]

    def _allowed(self, role: str, action: str, resource: str) -> bool:
        question = (role, action, resource)
        decision, until = self._decisions.get(question, (False, 0.0))
        if time.monotonic() < until:
            return decision
        answer = self._iam.simulate_principal_policy(
            PolicySourceArn=role, ActionNames=[action], ResourceArns=[resource]
        )
        allowed = answer["EvaluationResults"][0]["EvalDecision"] == "allowed"
        self._decisions[question] = (allowed, time.monotonic() + _REMEMBER_S)
        return allowed
