"""The authorizer of $connect: lets in who brings a valid access token in the query parameter `token`.

Input and output of a REQUEST authorizer:
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-lambda-auth.html
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

from runtime.realtime.tokens import (
    AuthorizerSettings,
    KeysUnavailable,
    SigningKeys,
    TokenChecker,
    TokenRefused,
    fetch_json,
)
from runtime.shared.observability import describe_error, get_logger, pseudonym
from runtime.shared.settings import read_setting


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda entry point: a connect request in, a policy for it out."""
    return authorize(event, _open_checker())


@cache
def _open_checker() -> TokenChecker:
    settings: AuthorizerSettings = read_setting("AUTHORIZER", AuthorizerSettings)
    return TokenChecker(settings, SigningKeys(settings.metadata_url, fetch_json))


def authorize(event: Mapping[str, Any], checker: TokenChecker) -> dict[str, Any]:
    """The policy for a connect request; a refusal is a policy too, as an error would look like a fault.

    Raises KeysUnavailable, upon which the gateway answers 500: nobody is refused for the pool's sake.
    """
    token = (event.get("queryStringParameters") or {}).get("token") or ""
    try:
        claims = checker.check(token)
    except TokenRefused as refused:
        get_logger().info("connect refused", reason=str(refused))
        return _policy("nobody", "Deny", event["methodArn"], {})
    except KeysUnavailable as error:
        get_logger().error("connect not decided", **describe_error(error))
        raise
    get_logger().info("connect allowed", user=pseudonym(str(claims["sub"]), str(claims["iss"])))
    return _policy(str(claims["sub"]), "Allow", event["methodArn"], _context(claims))


def _context(claims: Mapping[str, Any]) -> dict[str, str]:
    """What every later event of the connection tells of the caller; the gateway takes texts only."""
    known = {name: str(claims[name]) for name in ("sub", "iss", "client_id", "token_use", "exp")}
    groups = " ".join(str(group) for group in claims.get("cognito:groups") or ())
    return {**known, "scope": str(claims.get("scope", "")), "groups": groups}


def _policy(principal: str, effect: str, resource: str, context: Mapping[str, str]) -> dict[str, Any]:
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": resource}
    return {
        "principalId": principal,
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "context": dict(context),
    }
