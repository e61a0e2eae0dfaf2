"""Typed client of the stylist's REST API."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Literal, TypeVar
from urllib.parse import quote

import httpx
from pydantic import BaseModel, ValidationError

from ui.answers import Capabilities, Health, Product, ProductPage, SearchAnswer, SearchFilters
from ui.problems import LONG, QUICK, ApiProblem, Patience, backoff, read_problem, retry_delay, seconds_of
from ui.stylist_answers import (
    Accepted,
    AlbumPage,
    ChatAnswer,
    Deleted,
    ImageAnswer,
    ImageRequest,
    Question,
    Rating,
)

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


class StylistClient:
    """The API on behalf of one shopper. Every method raises ApiProblem."""

    def __init__(
        self, http: httpx.Client, access_token: str | None, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._http = http
        self._headers = {"authorization": f"Bearer {access_token}"} if access_token else {}
        self._sleep = sleep

    def search(
        self,
        *,
        query: str | None = None,
        image: str | None = None,
        like: Sequence[str] = (),
        filters: SearchFilters | None = None,
        limit: int = 24,
    ) -> SearchAnswer:
        """What fits the words, the picture (base64) and the liked products best."""
        body: dict[str, Any] = {"limit": limit}
        if query:
            body["query"] = query
        if image:
            body["image"] = image
        if like:
            body["like"] = list(like)
        if filters and filters.active:
            body["filters"] = filters.active
        # A search changes nothing, so that repeating it is as safe as repeating a GET.
        return self._ask(SearchAnswer, "POST", "/search", json=body)

    def products(
        self, *, category: str | None = None, cursor: str | None = None, limit: int = 24
    ) -> ProductPage:
        """A page of the catalogue, of one category if given."""
        params = {"category": category, "cursor": cursor, "limit": str(limit)}
        return self._ask(ProductPage, "GET", "/products", params=params)

    def product(self, product_id: str) -> Product:
        """One product."""
        return self._ask(Product, "GET", f"/products/{quote(product_id, safe='')}")

    def similar(self, product_id: str, *, limit: int = 8) -> SearchAnswer:
        """Products that look like this one."""
        path = f"/products/{quote(product_id, safe='')}/similar"
        return self._ask(SearchAnswer, "GET", path, params={"limit": str(limit)})

    def capabilities(self) -> Capabilities:
        """What the stack can do; needs no sign-in."""
        return self._ask(Capabilities, "GET", "/capabilities")

    def health(self) -> Health:
        """Whether the API is well; needs no sign-in."""
        return self._ask(Health, "GET", "/health")

    def text(self, question: Question, on_wait: OnWait | None = None) -> ChatAnswer:
        """The stylist's answer, as a whole. Its request id makes repeating it safe."""
        return self._ask(ChatAnswer, "POST", "/text", json=question.body, patience=LONG, on_wait=on_wait)

    def feedback(self, session_id: str, turn: int, rating: Rating) -> Accepted:
        """Keeps what the shopper thinks of a turn; the latest word counts, so that repeating it is safe."""
        body = {"session_id": session_id, "turn": turn, "rating": rating}
        return self._ask(Accepted, "POST", "/feedback", json=body)

    def image(self, request: ImageRequest, response_format: Literal["url", "base64"] = "url") -> ImageAnswer:
        """Pictures; the same request id has the same pictures again, with addresses that work now."""
        body = {**request.body, "response_format": response_format}
        return self._ask(ImageAnswer, "POST", "/image", json=body, patience=LONG)

    def images(self, *, cursor: str | None = None, limit: int = 12) -> AlbumPage:
        """A page of the shopper's own pictures, newest first."""
        return self._ask(AlbumPage, "GET", "/images", params={"cursor": cursor, "limit": str(limit)})

    def delete_image(self, image_id: str) -> Deleted:
        """Deletes a picture for good."""
        return self._ask(Deleted, "DELETE", f"/images/{quote(image_id, safe='')}")

    def _ask(
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
