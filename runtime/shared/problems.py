"""Problem answers: what an API says when it cannot do what was asked (RFC 9457)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

CONTENT_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field of a request; `field` is a dotted path such as `filters.max_price`."""

    field: str
    detail: str


class Problem(Exception):
    """Ends a request with a problem answer of this HTTP status.

    `title` names the kind of problem and stays the same, `detail` says what to do about this one.
    Neither may repeat what the caller sent: both are logged.
    """

    def __init__(
        self,
        status: int,
        title: str,
        detail: str,
        errors: Sequence[FieldError] = (),
        *,
        retry_after: int | None = None,
        allow: Sequence[str] = (),
    ) -> None:
        super().__init__(f"{status} {title}")
        self.status = status
        self.title = title
        self.detail = detail
        self.errors = tuple(errors)
        self.retry_after = retry_after
        """Seconds after which another attempt may work."""
        self.allow = tuple(allow)
        """The methods that a path takes, for a 405."""

    def headers(self) -> dict[str, str]:
        """The headers that go with this answer."""
        retry_after = {} if self.retry_after is None else {"retry-after": str(self.retry_after)}
        return {**retry_after, **({"allow": ", ".join(self.allow)} if self.allow else {})}

    def render(self) -> dict[str, Any]:
        """The members of the JSON answer; `type` is about:blank: `title` tells the kind (RFC 9457, 4.2.1)."""
        body: dict[str, Any] = {
            "type": "about:blank",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
        }
        if self.errors:
            body["errors"] = [{"field": error.field, "detail": error.detail} for error in self.errors]
        return body


def refuse_fields(*errors: tuple[str, str]) -> Problem:
    """A 400 answer naming each wrong field."""
    listed = [FieldError(field, detail) for field, detail in errors]
    detail = "; ".join(f"{error.field}: {error.detail}" for error in listed)
    return Problem(400, "Invalid request", detail, listed)


def refuse_missing(what: str) -> Problem:
    """A 404 answer for something that is not there (any more)."""
    return Problem(404, "Not found", f"There is no such {what}.")


def refuse_catalogue(_: Exception) -> Problem:
    """A 503: the products are out of reach just now."""
    return refuse_for_now("The catalogue is not available; try again.", retry_after=5)


def refuse_for_now(detail: str, *, retry_after: int) -> Problem:
    """A 503 answer that says in how many seconds to come back."""
    return Problem(503, "Temporarily unavailable", detail, retry_after=retry_after)
