"""What the stand-ins of AWS services share: requests as operations see them, and answers on the wire."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Match, Route
from starlette.types import Scope

from local.ai.gate import AccessDenied

Json = dict[str, Any]
Check = Callable[[str, str, str], None]
"""Given the header `authorization`, an IAM action and a resource's ARN; raises AccessDenied."""


class TargetRoute(Route):
    """Answers the operations of one service whose names stand in the header `x-amz-target`.

    Such services share the address `/`; `prefix` is the service's name there, with the dot.
    """

    def __init__(self, prefix: str, answer: Callable[[Request], Awaitable[Response]]) -> None:
        super().__init__("/", answer, methods=["POST"])
        self._prefix = prefix

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """As any route, but only where the header says so."""
        if scope["type"] != "http" or not Headers(scope=scope).get("x-amz-target", "").startswith(
            self._prefix
        ):
            return Match.NONE, {}
        return super().matches(scope)


class ServiceError(Exception):
    """An answer other than success: the service's name for it, the HTTP status, and a message."""

    def __init__(self, name: str, status: int, message: str) -> None:
        super().__init__(message)
        self.name = name
        self.status = status


def invalid(message: str) -> ServiceError:
    return ServiceError("ValidationException", 400, message)


def not_found(message: str) -> ServiceError:
    return ServiceError("ResourceNotFoundException", 404, message)


def conflict(message: str) -> ServiceError:
    return ServiceError("ConflictException", 409, message)


@dataclass(frozen=True, slots=True)
class Call:
    """One request: the names in its path, its query, its JSON body and its signature."""

    path: Mapping[str, str]
    query: Mapping[str, str]
    body: Json
    authorization: str

    def need(self, name: str) -> str:
        """A string of the body that must be there. Raises ServiceError without it."""
        value = self.body.get(name)
        if not isinstance(value, str) or not value:
            raise invalid(f"{name} is missing.")
        return value


async def read_call(request: Request) -> Call:
    """The request as operations see it. Raises ServiceError for a body that is no JSON object."""
    try:
        body = json.loads(await request.body() or b"{}")
    except ValueError as error:
        raise ServiceError("SerializationException", 400, f"The body is not JSON: {error}") from error
    if not isinstance(body, dict):
        raise ServiceError("SerializationException", 400, "The body is not a JSON object.")
    return Call(request.path_params, request.query_params, body, request.headers.get("authorization", ""))


def endpoint(operation: Callable[[Call], Json], status: int = 200) -> Callable[[Request], Any]:
    """The Starlette endpoint of an operation; it runs in a thread, as operations may wait."""

    async def answer(request: Request) -> Response:
        try:
            return JSONResponse(await run_in_threadpool(operation, await read_call(request)), status)
        except (ServiceError, AccessDenied) as error:
            return error_response(error)

    return answer


def error_response(error: ServiceError | AccessDenied) -> Response:
    """The error as botocore reads it from a REST-JSON service."""
    name, status = ("AccessDeniedException", 403)
    if isinstance(error, ServiceError):
        name, status = error.name, error.status
    return JSONResponse({"message": str(error)}, status, headers={"x-amzn-errortype": name})


def timestamp(seconds: float) -> str:
    """A time in seconds since 1970 as ISO 8601 in UTC."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
