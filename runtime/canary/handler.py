"""A visit to the shop on a schedule: health, sign-in, search. An alarm looks at what it measures."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from runtime.canary.probes import (
    ProbeFailed,
    Shop,
    ask_health,
    browse,
    fetch_machine_token,
    search_words,
)
from runtime.shared.aws import Clients
from runtime.shared.observability import emit_metrics, get_logger
from runtime.shared.settings import SettingsModel, read_setting

_SPARE_S = 600
"""A token this close to its end is not used again."""


class CanarySettings(SettingsModel):
    """Variable CANARY: where the shop is, and the client by which its visitor signs in."""

    api_url: str
    token_url: str
    client_id: str
    scope: str
    secret_arn: str
    """Secret with `{"client_secret", "api_key"}`."""
    searches: bool
    """Whether it searches, or only looks at a product: a search keeps a vector store awake."""


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """The function that a schedule calls: `{"passed": bool, "failed": name of the step or null}`."""
    return _open_canary().visit()


@cache
def _open_canary() -> "Canary":
    settings: CanarySettings = read_setting("CANARY", CanarySettings)
    secrets = Clients().get("secretsmanager")
    return Canary(settings, lambda: _read_secret(secrets, settings.secret_arn), time.time)


def _read_secret(client: Any, arn: str) -> Mapping[str, str]:
    return json.loads(client.get_secret_value(SecretId=arn)["SecretString"])


@dataclass(frozen=True, slots=True)
class Token:
    """An access token and the end of its life, in seconds since 1970."""

    text: str
    ends_at: float


class Canary:
    """One visitor, who comes again and again and keeps its token: each one costs money."""

    def __init__(
        self,
        settings: CanarySettings,
        read_secret: Callable[[], Mapping[str, str]],
        clock: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._read_secret = read_secret
        self._clock = clock
        self._token: Token | None = None

    def visit(self) -> dict[str, Any]:
        """Go through the shop until something fails. Raises client errors of the secret."""
        began = time.perf_counter()
        step = "health"
        try:
            ask_health(Shop(self._settings.api_url))
            step = "sign-in"
            secret = self._read_secret()
            token = self._sign_in(secret["client_secret"])
            shop = Shop(self._settings.api_url, secret["api_key"], token)
            step, look = ("search", search_words) if self._settings.searches else ("browse", browse)
            look(shop)
            failed = None
        except ProbeFailed as reason:
            self._token = None  # it may have been the token
            failed = step
            get_logger().error("visit failed", step=step, reason=str(reason))
        took = 1000 * (time.perf_counter() - began)
        emit_metrics({}, {"Passed": float(failed is None)}, {"Visit": took})
        return {"passed": failed is None, "failed": failed}

    def _sign_in(self, client_secret: str) -> str:
        if self._token is None or self._token.ends_at - _SPARE_S < self._clock():
            settings = self._settings
            text, life_s = fetch_machine_token(
                settings.token_url, settings.client_id, client_secret, settings.scope
            )
            self._token = Token(text, self._clock() + life_s)
        return self._token.text
