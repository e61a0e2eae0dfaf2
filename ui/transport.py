"""Requests to the stylist's REST API: keys, patience, and what went wrong as an ApiProblem."""

import logging
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from ui.problems import QUICK, ApiProblem, Patience, backoff, read_problem, retry_delay, seconds_of

_LOG = logging.getLogger(__name__)
_CONNECT_SECONDS = 3.0
_LIMITS = httpx.Limits(max_connections=50, max_keepalive_connections=20)

OnWait = Callable[[float], object]
"""Told before each wait how many seconds it takes until a request is sent again."""

_Answer = TypeVar("_Answer", bound=BaseModel)


def open_http(api_url: str, api_key: str, transport: httpx.BaseTransport | None = None) -> httpx.Client:
    """A pool of connections to the API; safe to share between shoppers, it holds no one's token."""
    return httpx.Client(
        base_url=api_url,
        headers={"x-api-key": api_key, "accept": "application/json, application/problem+json"},
        limits=_LIMITS,
        transport=transport,
    )


class Transport:
    """Sends requests on behalf of one shopper."""

    def __init__(
        self, http: httpx.Client, access_token: str | None, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._http = http
        self._headers = {"authorization": f"Bearer {access_token}"} if access_token else {}
        self._sleep = sleep

    def ask(
        self,
        model: type[_Answer],
        method: str,
        path: str,
        *,
        params: Mapping[str, str | None] | None = None,
        json: Mapping[str, Any] | None = None,
        patience: Patience = QUICK,
        on_wait: OnWait | None = None,
    ) -> _Answer:
        """The answer in the form of `model`; `on_wait` is told of each wait. Raises ApiProblem."""
        known = {name: value for name, value in (params or {}).items() if value is not None}
        timeout = httpx.Timeout(patience.timeout_seconds, connect=_CONNECT_SECONDS)
        request = self._http.build_request(
            method, path, params=known or None, json=json, headers=self._headers, timeout=timeout
        )
        response = self._send(request, patience, on_wait)
        if response.is_error:
            problem = read_problem(response.status_code, response.content, response.reason_phrase)
            _LOG.warning("%s %s: %s", request.method, request.url.path, problem)
            raise problem
        try:
            return model.model_validate_json(response.content)
        except ValidationError as error:
            fields = ", ".join(str(part["loc"]) for part in error.errors())
            _LOG.error("%s %s: the answer does not fit: %s", method, path, fields)
            raise ApiProblem(HTTPStatus.BAD_GATEWAY, "Unexpected answer") from None

    def _send(self, request: httpx.Request, patience: Patience, on_wait: OnWait | None) -> httpx.Response:
        for attempt in range(1, patience.attempts + 1):
            try:
                response = self._http.send(request)
            except httpx.ConnectError as error:
                if attempt == patience.attempts:
                    raise _no_answer(request, error) from error
                self._sleep(backoff(attempt))
                continue
            except httpx.HTTPError as error:
                raise _no_answer(request, error) from error
            asked = seconds_of(response.headers.get("retry-after", ""))
            delay = retry_delay(response.status_code, asked, attempt, patience)
            if delay is None:
                return response
            if on_wait:
                on_wait(delay)
            self._sleep(delay)
        raise AssertionError("unreachable: the last attempt returns or raises")


def _no_answer(request: httpx.Request, error: httpx.HTTPError) -> ApiProblem:
    _LOG.warning("%s %s: %s", request.method, request.url.path, type(error).__name__)
    return ApiProblem(0, "No answer")
