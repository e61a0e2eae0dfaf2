"""Access tokens: what is let in, what is refused and why, and how keys follow their rotation."""

import base64
import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from runtime.realtime import authorizer
from runtime.realtime.tokens import (
    KEEP_SECONDS,
    PAUSE_SECONDS,
    AuthorizerSettings,
    KeysUnavailable,
    SigningKeys,
    TokenChecker,
    TokenRefused,
    fetch_json,
)
from tests.unit.shop import ENVIRONMENT, read_logs, start_logs

ISSUER = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_pool"
METADATA = f"{ISSUER}/.well-known/openid-configuration"
JWKS = f"{ISSUER}/.well-known/jwks.json"
NOW = 1_900_000_000
METHOD = "arn:aws:execute-api:us-east-1:123456789012:socket/v1/$connect"
PAIRS = {
    name: rsa.generate_private_key(public_exponent=65537, key_size=2048) for name in ("old", "new", "foreign")
}
CLAIMS: Mapping[str, Any] = {
    "sub": "5f3c9d1e-0000-4000-8000-1234567890ab",
    "iss": ISSUER,
    "client_id": "client",
    "token_use": "access",
    "scope": "openid stylist/shop",
    "iat": 1_000_000_000,
    "exp": 4_000_000_000,
    "cognito:groups": ["shopper", "merchandiser"],
}
SETTINGS = AuthorizerSettings(metadata_url=METADATA, client_id="client", scope="stylist/shop")


@dataclass
class FakePool:
    """The pool's web addresses, and how often they were asked."""

    names: tuple[str, ...] = ("old",)
    down: bool = False
    asked: list[str] = field(default_factory=list)

    def fetch(self, url: str) -> Mapping[str, Any]:
        self.asked.append(url)
        if self.down:
            raise KeysUnavailable("down")
        if url == METADATA:
            return {"issuer": ISSUER, "jwks_uri": JWKS}
        assert url == JWKS
        return {"keys": [public_key(name) for name in self.names]}

    def reads(self) -> int:
        return self.asked.count(JWKS)


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


def public_key(name: str) -> dict[str, Any]:
    key = json.loads(RSAAlgorithm.to_jwk(PAIRS[name].public_key()))
    return {**key, "kid": name, "alg": "RS256", "use": "sig"}


def sign(name: str = "old", kid: str | None = None, drop: str = "", **changes: Any) -> str:
    claims = {key: value for key, value in {**CLAIMS, **changes}.items() if key != drop}
    return jwt.encode(claims, PAIRS[name], algorithm="RS256", headers={"kid": kid or name})


@pytest.fixture
def pool() -> FakePool:
    return FakePool()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def checker(pool: FakePool, clock: Clock) -> TokenChecker:
    return TokenChecker(SETTINGS, SigningKeys(METADATA, pool.fetch, clock))


def test_a_valid_access_token_is_let_in(checker: TokenChecker) -> None:
    assert checker.check(sign())["sub"] == CLAIMS["sub"]


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        (sign(exp=1_000_000_100), "ExpiredSignatureError"),
        (sign(iat=4_000_000_000), "ImmatureSignatureError"),
        (sign(iss="https://cognito-idp.us-east-1.amazonaws.com/us-east-1_other"), "InvalidIssuerError"),
        (sign(token_use="id"), "not an access token"),
        (sign(client_id="other"), "of another client"),
        (sign(scope="openid stylist/shopping"), "without the scope"),
        (sign(drop="scope"), "without the scope"),
        (sign(drop="exp"), "MissingRequiredClaimError"),
        (sign(drop="client_id"), "MissingRequiredClaimError"),
        (sign(drop="token_use"), "MissingRequiredClaimError"),
        (sign("foreign", kid="old"), "InvalidSignatureError"),
        (sign("foreign"), "signed with an unknown key"),
        (
            jwt.encode(dict(CLAIMS), "x" * 32, algorithm="HS256", headers={"kid": "old"}),
            "InvalidAlgorithmError",
        ),
        (jwt.encode(dict(CLAIMS), None, algorithm="none", headers={"kid": "old"}), "InvalidAlgorithmError"),
        (jwt.encode(dict(CLAIMS), PAIRS["old"], algorithm="RS256"), "signed with an unknown key"),
        ("", "DecodeError"),
        ("a.b.c", "DecodeError"),
        ("x" * 9000, "too long"),
    ],
)
def test_any_other_token_is_refused_with_the_reason(checker: TokenChecker, token: str, reason: str) -> None:
    with pytest.raises(TokenRefused, match=reason):
        checker.check(token)


def test_a_public_key_does_not_pass_for_a_secret(checker: TokenChecker) -> None:
    """The classic confusion: an HMAC whose secret is the public key that everyone may read."""
    head, body = (
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()
        for part in ({"alg": "HS256", "kid": "old"}, dict(CLAIMS))
    )
    with pytest.raises(TokenRefused):
        checker.check(f"{head}.{body}.{head}")


def test_keys_are_read_once(checker: TokenChecker, pool: FakePool, clock: Clock) -> None:
    for _ in range(20):
        checker.check(sign())
        clock.now += 60
    assert (pool.asked.count(METADATA), pool.reads()) == (1, 1)


def test_a_new_key_is_found_as_soon_as_it_signs(checker: TokenChecker, pool: FakePool, clock: Clock) -> None:
    checker.check(sign())
    pool.names = ("old", "new")
    clock.now = PAUSE_SECONDS
    checker.check(sign("new"))
    checker.check(sign("old"))
    assert pool.reads() == 2


def test_a_withdrawn_key_is_forgotten(checker: TokenChecker, pool: FakePool, clock: Clock) -> None:
    checker.check(sign())
    pool.names = ("new",)
    clock.now = KEEP_SECONDS
    with pytest.raises(TokenRefused, match="unknown key"):
        checker.check(sign())
    checker.check(sign("new"))


def test_made_up_key_ids_cost_one_request_a_minute(
    checker: TokenChecker, pool: FakePool, clock: Clock
) -> None:
    checker.check(sign())
    clock.now = PAUSE_SECONDS
    for number in range(50):
        with pytest.raises(TokenRefused):
            checker.check(sign("foreign", kid=f"made-up-{number}"))
    assert pool.reads() == 2


def test_known_keys_outlast_an_outage_of_the_pool(
    checker: TokenChecker, pool: FakePool, clock: Clock
) -> None:
    checker.check(sign())
    pool.down = True
    clock.now = 2 * KEEP_SECONDS
    checker.check(sign())
    pool.down, pool.names = False, ("old", "new")
    clock.now += PAUSE_SECONDS
    checker.check(sign("new"))


def test_without_keys_nothing_is_decided_and_the_next_attempt_reads_again(
    checker: TokenChecker, pool: FakePool
) -> None:
    pool.down = True
    for _ in range(2):
        with pytest.raises(KeysUnavailable):
            checker.check(sign())
    pool.down = False
    assert checker.check(sign())


def test_a_discovery_document_of_something_else_is_told() -> None:
    keys = SigningKeys(METADATA, lambda url: {"error": "no"})
    with pytest.raises(KeysUnavailable):
        keys.find("old")


def connect(token: str | None) -> dict[str, Any]:
    parameters = None if token is None else {"token": token}
    return {"type": "REQUEST", "methodArn": METHOD, "queryStringParameters": parameters}


def test_the_policy_allows_exactly_this_connect_and_tells_who_it_is(checker: TokenChecker) -> None:
    answer = authorizer.authorize(connect(sign()), checker)
    assert answer["principalId"] == CLAIMS["sub"]
    (statement,) = answer["policyDocument"]["Statement"]
    assert statement == {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": METHOD}
    assert answer["context"] == {
        "sub": CLAIMS["sub"],
        "iss": ISSUER,
        "client_id": "client",
        "token_use": "access",
        "exp": "4000000000",
        "scope": "openid stylist/shop",
        "groups": "shopper merchandiser",
    }
    assert all(isinstance(value, str) for value in answer["context"].values()), "the gateway takes texts only"


@pytest.mark.parametrize("token", [None, "", "a.b.c", sign(token_use="id")])
def test_a_refusal_is_a_policy_that_tells_nothing(checker: TokenChecker, token: str | None) -> None:
    answer = authorizer.authorize(connect(token), checker)
    assert answer["policyDocument"]["Statement"][0]["Effect"] == "Deny"
    assert (answer["principalId"], answer["context"]) == ("nobody", {})


def test_neither_the_token_nor_the_shopper_gets_into_the_log(
    checker: TokenChecker, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    start_logs(monkeypatch)
    good, bad = sign(), sign(scope="openid")
    authorizer.authorize(connect(good), checker)
    authorizer.authorize(connect(bad), checker)
    text = capsys.readouterr().out
    (refused,) = read_logs(text, "connect refused")
    assert refused["reason"] == "without the scope"
    assert len(read_logs(text, "connect allowed")) == 1
    for secret in (good, bad, good.split(".")[1], CLAIMS["sub"]):
        assert secret not in text


def test_an_outage_is_an_error_not_a_refusal(checker: TokenChecker, pool: FakePool) -> None:
    pool.down = True
    with pytest.raises(KeysUnavailable):
        authorizer.authorize(connect(sign()), checker)


@pytest.fixture
def web() -> Iterator[str]:
    """A user pool on this machine."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            base = f"http://127.0.0.1:{server.server_port}"
            pages: dict[str, Any] = {
                "/metadata": {"issuer": ISSUER, "jwks_uri": f"{base}/keys"},
                "/keys": {"keys": [public_key("old")]},
                "/list": [],
            }
            body = json.dumps(pages[self.path]).encode() if self.path in pages else b"<html>"
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing is logged."""

    server = HTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_the_handler_reads_its_settings_and_the_pools_addresses(
    web: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    setting = {"metadata_url": f"{web}/metadata", "client_id": "client", "scope": "stylist/shop"}
    for name, value in {**ENVIRONMENT, "AUTHORIZER": json.dumps(setting)}.items():
        monkeypatch.setenv(name, value)
    authorizer._open_checker.cache_clear()
    try:
        answer = authorizer.handler(connect(sign()), None)
    finally:
        authorizer._open_checker.cache_clear()
    assert answer["policyDocument"]["Statement"][0]["Effect"] == "Allow"


@pytest.mark.parametrize("path", ["/list", "/page"])
def test_an_answer_that_is_no_json_object_is_told(web: str, path: str) -> None:
    with pytest.raises(KeysUnavailable):
        fetch_json(web + path)


def test_an_address_that_does_not_answer_is_told() -> None:
    with pytest.raises(KeysUnavailable):
        fetch_json("http://127.0.0.1:9/metadata")
