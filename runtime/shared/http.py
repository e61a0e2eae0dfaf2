"""A REST API of a few routes: requests in, JSON or problem answers out.

A route's handler takes a `Request` and returns what to answer as JSON, or raises: a Problem, or any
exception for which the `Api` was given an answer. Everything else is a 500 that tells nothing.
"""

import base64
import binascii
import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn, TypeVar

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from pydantic import BaseModel, ValidationError

from runtime.shared.auth import Caller, require_user
from runtime.shared.observability import describe_error, emit_metrics, get_logger
from runtime.shared.problems import CONTENT_TYPE, FieldError, Problem, refuse_fields, refuse_missing

MAX_BODY_BYTES = 6_000_000
"""Lambda takes requests of 6 MB: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""
_MOST_ERRORS = 20
_LONGEST_FIELD = 100
_HEADERS = {
    # Any origin: a call is authorised by the token it carries, never by a cookie.
    "access-control-allow-origin": "*",
    "access-control-expose-headers": "x-request-id, retry-after",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
}

Model = TypeVar("Model", bound=BaseModel)
Answers = Mapping[type[Exception], Callable[[Any], Problem]]


@dataclass(frozen=True, slots=True)
class Request:
    """One call of the API. Header names are in lower case; the path holds the route's parameters."""

    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    query: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    path: Mapping[str, str] = field(default_factory=dict[str, str])
    body: bytes = b""
    caller: Caller | None = None
    counts: dict[str, float] = field(default_factory=dict[str, float])
    """Figures for the log and the metrics, filled by the handler; numbers only, never content."""
    milliseconds: dict[str, float] = field(default_factory=dict[str, float])


@dataclass(frozen=True, slots=True)
class Route:
    """A method and a path such as `/products/<product_id>`; a public route takes callers without a token.

    `status` is that of a good answer.
    """

    method: str
    path: str
    handle: Callable[[Request], Any]
    public: bool = False
    status: int = 200

    def matches(self, path: str) -> bool:
        pattern = re.sub(r"<\w+>", "[^/]+", self.path)
        return re.fullmatch(pattern + "/*", path) is not None


class Api:
    """A Lambda handler for API Gateway events. `answers` turns further kinds of exception into problems."""

    def __init__(self, routes: Sequence[Route], answers: Answers | None = None) -> None:
        self._routes = routes
        self._answers = dict(answers or {})
        self._resolver = APIGatewayRestResolver(debug=False)
        for route in routes:
            self._resolver.route(route.path, route.method)(self._bind(route))
        self._resolver.not_found(self._answer_elsewhere)

    def __call__(self, event: Mapping[str, Any], context: Any) -> dict[str, Any]:
        return self._resolver.resolve(event, context)

    def _bind(self, route: Route) -> Callable[..., Response[str]]:
        # Exceptions end here: the resolver would log their texts, which may quote the request.
        def run(**path: str) -> Response[str]:
            return self._run(f"{route.method} {route.path}", route, path)

        return run

    def _answer_elsewhere(self, _: Exception) -> Response[str]:
        event = self._resolver.current_event.raw_event
        path = event.get("path") or "/"
        allowed = sorted({route.method for route in self._routes if route.matches(path)})

        def refuse(_: Request) -> NoReturn:
            if allowed:
                raise Problem(405, "Method not allowed", f"Use {' or '.join(allowed)} here.", allow=allowed)
            raise refuse_missing("route")

        return self._run("other", Route("", "", refuse, public=True), {})

    def _run(self, name: str, route: Route, path: Mapping[str, str]) -> Response[str]:
        started = time.perf_counter()
        event = self._resolver.current_event.raw_event
        request_id = _read_request_id(event, self._resolver.lambda_context)
        logger = get_logger()
        logger.set_correlation_id(request_id)
        request = Request()
        details: dict[str, Any] = {}
        try:
            request = _read_request(event, path, None if route.public else require_user(event))
            answer = _answer(route.status, route.handle(request), request_id, "application/json")
        except Exception as error:
            problem = explain_error(error, self._answers, request_id)
            details = {"problem": problem.title, "fields": len(problem.errors)}
            if problem.status >= 500:
                details |= describe_error(error)
            answer = _answer(problem.status, problem.render(), request_id, CONTENT_TYPE, problem.headers())
        took = (time.perf_counter() - started) * 1000
        _report(name, answer.status_code, took, request, details)
        return answer


def explain_error(error: Exception, answers: Answers, request_id: str) -> Problem:
    """What a caller is told of an exception; its text stays here, unless it is a Problem's."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, ValidationError):
        return _explain_validation(error)
    for kind, explain in answers.items():
        if isinstance(error, kind):
            return explain(error)
    detail = f"Something went wrong on our side. Quote request {request_id} when you ask about it."
    return Problem(500, "Something went wrong", detail)


def subject_of(request: Request) -> str:
    """The id of the shopper who calls. Raises a 401 Problem on a route that takes callers without a token."""
    if request.caller is None:
        raise Problem(401, "Unauthorized", "Sign in first.")
    return request.caller.subject


def read_body(request: Request, model: type[Model]) -> Model:
    """The JSON body as `model`. Raises a 415 or 413 Problem, or pydantic's ValidationError."""
    content_type = request.headers.get("content-type") or "application/json"
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise Problem(415, "Unsupported media type", "Send the body as application/json.")
    if len(request.body) > MAX_BODY_BYTES:
        raise Problem(413, "Request too large", f"A body may have {MAX_BODY_BYTES:,} bytes.")
    return model.model_validate_json(request.body, strict=True)


def read_query(request: Request, model: type[Model], lists: Sequence[str] = ()) -> Model:
    """The query parameters as `model`; only those in `lists` may be repeated.

    Raises a 400 Problem, or pydantic's ValidationError.
    """
    repeated = [name for name, values in request.query.items() if len(values) > 1 and name not in lists]
    if repeated:
        raise refuse_fields(*((name[:_LONGEST_FIELD], "given more than once") for name in repeated))
    values = {name: list(given) if name in lists else given[0] for name, given in request.query.items()}
    return model.model_validate_strings(values)


def _read_request(event: Mapping[str, Any], path: Mapping[str, str], caller: Caller | None) -> Request:
    headers = {str(name).lower(): str(value) for name, value in (event.get("headers") or {}).items()}
    query: dict[str, Sequence[str]] = {
        name: (value,) for name, value in (event.get("queryStringParameters") or {}).items()
    }
    query.update(event.get("multiValueQueryStringParameters") or {})
    return Request(headers=headers, query=query, path=path, body=_read_body_bytes(event), caller=caller)


def _read_body_bytes(event: Mapping[str, Any]) -> bytes:
    text = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        return text.encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Problem(400, "Malformed body", "The body is not valid base64.") from None


def _read_request_id(event: Mapping[str, Any], context: Any) -> str:
    gateway = (event.get("requestContext") or {}).get("requestId")
    return str(gateway or getattr(context, "aws_request_id", "unknown"))


def _answer(
    status: int, body: Any, request_id: str, content_type: str, headers: Mapping[str, str] | None = None
) -> Response[str]:
    return Response(
        status_code=status,
        content_type=content_type,
        body=json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False),
        headers={**_HEADERS, "x-request-id": request_id, **(headers or {})},
    )


def _explain_validation(error: ValidationError) -> Problem:
    found = error.errors(include_url=False, include_context=False, include_input=False)
    if any(item["type"] == "json_invalid" for item in found):
        return Problem(400, "Malformed JSON", "The body is not valid JSON.")
    errors = [FieldError(_name_field(item["loc"]), item["msg"]) for item in found[:_MOST_ERRORS]]
    detail = "; ".join(f"{each.field}: {each.detail}" for each in errors)
    return Problem(400, "Invalid request", detail, errors)


def _name_field(place: Sequence[str | int]) -> str:
    return ".".join(str(part) for part in place)[:_LONGEST_FIELD] or "body"


def _report(route: str, status: int, took: float, request: Request, details: Mapping[str, Any]) -> None:
    figures = {**request.counts, **{name: round(ms, 2) for name, ms in request.milliseconds.items()}}
    log = get_logger().error if status >= 500 else get_logger().info
    user = request.caller.log_id if request.caller else None
    log("answered", route=route, status=status, took_ms=round(took, 2), user=user, figures=figures, **details)
    counts = {"Requests": 1.0, "Refusals": float(400 <= status < 500), "Faults": float(status >= 500)}
    emit_metrics({"route": route}, {**counts, **request.counts}, {"Latency": took, **request.milliseconds})
