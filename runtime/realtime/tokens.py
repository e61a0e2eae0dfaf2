"""Deciding whether an access token of the user pool is genuine, valid and meant for this API.

Claims: https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html
"""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jwt

from runtime.shared.settings import SettingsModel

KEEP_SECONDS = 6 * 3600
"""How long the pool's keys are used before they are read again."""
PAUSE_SECONDS = 60
"""How long nothing is read again, so that tokens with made-up key ids cost no requests."""
_LEEWAY_SECONDS = 5
_LONGEST_TOKEN = 8192
_FETCH_TIMEOUT = 3
_REQUIRED = ("exp", "iat", "iss", "sub", "client_id", "token_use")

Fetch = Callable[[str], Mapping[str, Any]]


class AuthorizerSettings(SettingsModel):
    """Variable AUTHORIZER: the pool's discovery document, the client and the scope that are let in."""

    metadata_url: str
    client_id: str
    scope: str


class TokenRefused(Exception):
    """The token is not accepted; the text is the reason, fit for logs."""


class KeysUnavailable(Exception):
    """The pool's keys could not be read, so nothing can be said of any token."""


@dataclass(frozen=True, slots=True)
class Pool:
    """The user pool as its discovery document describes it."""

    issuer: str
    jwks_uri: str


class SigningKeys:
    """The pool's public keys by id. Keys change seldom; a new one shows as an id that is not known yet."""

    def __init__(self, metadata_url: str, fetch: Fetch, clock: Callable[[], float] = time.monotonic) -> None:
        self._metadata_url = metadata_url
        self._fetch = fetch
        self._clock = clock
        self._pool: Pool | None = None
        self._keys: dict[str, jwt.PyJWK] = {}
        self._read_at = float("-inf")
        self._tried_at = float("-inf")

    def describe_pool(self) -> Pool:
        """Issuer and address of the keys, read once. Raises KeysUnavailable."""
        if self._pool is None:
            found = self._fetch(self._metadata_url)
            try:
                self._pool = Pool(str(found["issuer"]), str(found["jwks_uri"]))
            except KeyError as error:
                raise KeysUnavailable("the discovery document lacks issuer or jwks_uri") from error
        return self._pool

    def find(self, key_id: str) -> jwt.PyJWK | None:
        """The key of that id; None when the pool has none. Raises KeysUnavailable."""
        now = self._clock()
        stale = now - self._read_at >= KEEP_SECONDS
        if (stale or key_id not in self._keys) and now - self._tried_at >= PAUSE_SECONDS:
            self._tried_at = now
            self._read_again(now)
        if not self._keys:
            raise KeysUnavailable("the pool's keys have not been read yet")
        return self._keys.get(key_id)

    def _read_again(self, now: float) -> None:
        try:
            found = self._fetch(self.describe_pool().jwks_uri)
            keys = {str(each["kid"]): jwt.PyJWK(each, "RS256") for each in found["keys"]}
        except (KeysUnavailable, KeyError, jwt.PyJWTError) as error:
            if self._keys:  # what was good an hour ago is better than refusing everyone
                return
            self._tried_at = float("-inf")
            raise KeysUnavailable("the pool's keys could not be read") from error
        self._keys = keys
        self._read_at = now


class TokenChecker:
    """Checks access tokens of one pool, one client and one scope."""

    def __init__(self, settings: AuthorizerSettings, keys: SigningKeys) -> None:
        self._settings = settings
        self._keys = keys

    def check(self, token: str) -> Mapping[str, Any]:
        """The claims of a token. Raises TokenRefused or KeysUnavailable."""
        claims = self._decode(token)
        if claims["token_use"] != "access":  # noqa: S105 - a claim, not a password
            raise TokenRefused("not an access token")
        if claims["client_id"] != self._settings.client_id:
            raise TokenRefused("of another client")
        if self._settings.scope not in str(claims.get("scope", "")).split():
            raise TokenRefused("without the scope")
        return claims

    def _decode(self, token: str) -> Mapping[str, Any]:
        if len(token) > _LONGEST_TOKEN:
            raise TokenRefused("too long")
        try:
            key_id = jwt.get_unverified_header(token).get("kid")
            key = self._keys.find(key_id) if isinstance(key_id, str) else None
            if key is None:
                raise TokenRefused("signed with an unknown key")
            return jwt.decode(
                token,
                key,
                algorithms=["RS256"],
                issuer=self._keys.describe_pool().issuer,
                leeway=_LEEWAY_SECONDS,
                # Cognito's access tokens name their client instead of an audience.
                options={"require": list(_REQUIRED), "verify_aud": False},
            )
        except jwt.PyJWTError as error:
            raise TokenRefused(type(error).__name__) from error


def fetch_json(url: str) -> Mapping[str, Any]:
    """The JSON object at an address of the user pool. Raises KeysUnavailable."""
    try:
        with urllib.request.urlopen(url, timeout=_FETCH_TIMEOUT) as answer:  # noqa: S310 - from settings
            found = json.load(answer)
    except (OSError, ValueError, urllib.error.URLError) as error:
        raise KeysUnavailable("the user pool did not answer") from error
    if not isinstance(found, dict):
        raise KeysUnavailable("the user pool answered something else than a JSON object")
    return found
