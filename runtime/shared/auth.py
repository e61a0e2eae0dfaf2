"""Who is calling: the claims that the API's Cognito authorizer has verified.

The authorizer checks signature, expiry, pool and scope. What is checked here again costs nothing and
stops a route that was wired without its authorizer, or with one that lets ID tokens in.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from runtime.shared.observability import pseudonym
from runtime.shared.problems import Problem, refuse_missing


@dataclass(frozen=True, slots=True)
class Caller:
    """A signed-in shopper. `log_id` is the only form in which they may be logged."""

    subject: str
    groups: frozenset[str]
    scopes: frozenset[str]
    log_id: str


def require_user(event: Mapping[str, Any]) -> Caller:
    """The caller of an API Gateway event. Raises a 401 Problem when there is no usable access token."""
    authorizer = (event.get("requestContext") or {}).get("authorizer") or {}
    claims = authorizer.get("claims") or {}
    subject, issuer = claims.get("sub"), claims.get("iss")
    if not subject or not issuer or not claims.get("client_id"):
        raise _unauthorized("Sign in and send the access token as `Authorization: Bearer <token>`.")
    if claims.get("token_use") != "access":
        raise _unauthorized("Send the access token, not the ID token.")
    return Caller(
        subject=str(subject),
        groups=_split(claims.get("cognito:groups")),
        scopes=_split(claims.get("scope")),
        log_id=pseudonym(str(subject), str(issuer)),
    )


def require_group(caller: Caller, group: str) -> None:
    """Raise a 403 Problem unless the caller is a member of `group`."""
    if group not in caller.groups:
        raise Problem(403, "Forbidden", f"Only members of the group {group} may do this.")


def require_owner(caller: Caller, owner: str, what: str) -> None:
    """Raise a 404 Problem unless `what` belongs to the caller: that it exists is nobody else's business."""
    if caller.subject != owner:
        raise refuse_missing(what)


def _unauthorized(detail: str) -> Problem:
    return Problem(401, "Unauthorized", detail)


def _split(claim: Any) -> frozenset[str]:
    """A set-valued claim: a list, or API Gateway's renderings `a,b`, `a b` and `[a, b]` of one."""
    if isinstance(claim, (list, tuple)):
        return frozenset(str(each) for each in claim)
    return frozenset(str(claim or "").strip("[]").replace(",", " ").split())
