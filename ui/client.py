"""Typed client of the stylist's REST API: what the pages ask for, and what goes wrong in words for people."""

import logging
import random
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import quote

import httpx
from pydantic import BaseModel, ConfigDict, ValidationError

_LOG = logging.getLogger(__name__)
_ATTEMPTS = 3
_RETRIED = frozenset({429, 502, 503, 504})
_FIRST_DELAY_SECONDS = 0.2
_LONGEST_DELAY_SECONDS = 4.0
_TIMEOUT = httpx.Timeout(15.0, connect=3.0)
_LIMITS = httpx.Limits(max_connections=50, max_keepalive_connections=20)

_Answer = TypeVar("_Answer", bound=BaseModel)


class Product(BaseModel):
    """A product as the API tells it; everything but its id may be unknown. Prices are in `currency`."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    product_id: str
    name: str | None = None
    category: str | None = None
    description: str | None = None
    price: float | None = None
    currency: str | None = None
    color: str | None = None
    sizes: tuple[str, ...] = ()
    stock: int | None = None
    image_url: str | None = None
    purchase_url: str | None = None
    brand: str | None = None
    gender: str | None = None
    season: str | None = None
    occasion: str | None = None
    pattern: str | None = None

    @property
    def title(self) -> str:
        """The name, or the best words there are instead of one."""
        return self.name or (self.category or "").replace("-", " ").capitalize() or "Unnamed piece"


class Hit(Product):
    """A product found by a search; `relevance` is 0..1, 1 for the same picture."""

    score: float | None = None
    relevance: float | None = None
    affinity: float | None = None
    cluster: int | None = None
    why: tuple[str, ...] = ()


class SearchAnswer(BaseModel):
    """Results of a search, best first."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    results: tuple[Hit, ...] = ()
    took_ms: float | None = None
    backend: str | None = None
    exact: bool | None = None


class ProductPage(BaseModel):
    """One page of the catalogue; `cursor` asks for the next one, None at the end."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    products: tuple[Product, ...] = ()
    cursor: str | None = None


class Capabilities(BaseModel):
    """What this stack can do; `notice` is a sentence to show to shoppers, where there is one."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    features: tuple[str, ...] = ()
    vector_backend: str | None = None
    embedder: str | None = None
    notice: str | None = None


class Health(BaseModel):
    """Whether the API is well."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    status: str = "unknown"


class FieldProblem(BaseModel):
    """What is wrong with one field of a request."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    field: str = ""
    detail: str = ""


class SearchFilters(BaseModel):
    """Restrictions on a search; empty means no restriction. Prices are inclusive."""

    model_config = ConfigDict(frozen=True)

    category: tuple[str, ...] = ()
    color: tuple[str, ...] = ()
    size: tuple[str, ...] = ()
    min_price: float | None = None
    max_price: float | None = None
    in_stock: bool = False

    @property
    def active(self) -> dict[str, Any]:
        """The restrictions that are set, in the form of `POST /search`."""
        return {
            name: value
            for name, value in self.model_dump(mode="json").items()
            if value not in (None, [], False)
        }


class _ProblemAnswer(BaseModel):
    """application/problem+json, RFC 9457."""

    model_config = ConfigDict(extra="ignore")

    title: str | None = None
    detail: str | None = None
    errors: tuple[FieldProblem, ...] = ()


_TEXTS: Mapping[int, str] = {
    0: "The shop is not answering at the moment. Please try again in a little while.",
    401: "Your session has ended. Please sign in again.",
    403: "Your account does not have access to this.",
    404: "We could not find what you were looking for.",
    413: "That photo is too large. Please choose one of less than 5 MB.",
    415: "We cannot read that kind of file. Please choose a JPEG, PNG or WebP photo.",
    429: "A lot of people are searching right now. Please wait a few seconds and try again.",
}
_REFUSED_TEXT = "We could not search for that."
_FAILED_TEXT = "Something went wrong on our side. Please try again in a moment."


class ApiProblem(Exception):
    """A request that was not answered as hoped; `status` is the HTTP status, 0 when there was no answer."""

    def __init__(
        self, status: int, title: str, detail: str | None = None, errors: Sequence[FieldProblem] = ()
    ) -> None:
        super().__init__(f"{status} {title}")
        self.status = status
        self.title = title
        self.detail = detail
        self.errors = tuple(errors)

    @property
    def text(self) -> str:
        """What to tell a shopper."""
        if self.status in _TEXTS:
            return _TEXTS[self.status]
        if 400 <= self.status < 500:
            reasons = [error.detail for error in self.errors if error.detail] or [self.detail or ""]
            return " ".join([_REFUSED_TEXT, *reasons]).strip()
        return _FAILED_TEXT

    @property
    def session_ended(self) -> bool:
        """Whether signing in again is the cure."""
        return self.status == HTTPStatus.UNAUTHORIZED


def open_http(api_url: str, api_key: str, transport: httpx.BaseTransport | None = None) -> httpx.Client:
    """A pool of connections to the API; safe to share between shoppers, it holds no one's token."""
    return httpx.Client(
        base_url=api_url,
        headers={"x-api-key": api_key, "accept": "application/json, application/problem+json"},
        timeout=_TIMEOUT,
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

    def _ask(
        self,
        model: type[_Answer],
        method: str,
        path: str,
        *,
        params: Mapping[str, str | None] | None = None,
        json: Mapping[str, Any] | None = None,
    ) -> _Answer:
        known = {name: value for name, value in (params or {}).items() if value is not None}
        request = self._http.build_request(
            method, path, params=known or None, json=json, headers=self._headers
        )
        response = self._send(request)
        if response.is_error:
            raise _problem_of(response)
        try:
            return model.model_validate_json(response.content)
        except ValidationError as error:
            fields = ", ".join(str(part["loc"]) for part in error.errors())
            _LOG.error("%s %s: the answer does not fit: %s", method, path, fields)
            raise ApiProblem(HTTPStatus.BAD_GATEWAY, "Unexpected answer") from None

    def _send(self, request: httpx.Request) -> httpx.Response:
        for attempt in range(1, _ATTEMPTS + 1):
            last = attempt == _ATTEMPTS
            try:
                response = self._http.send(request)
            except httpx.ConnectError as error:
                if last:
                    raise _no_answer(request, error) from error
                self._sleep(_backoff(attempt))
                continue
            except httpx.HTTPError as error:
                raise _no_answer(request, error) from error
            delay = _retry_delay(response, attempt)
            if last or delay is None:
                return response
            self._sleep(delay)
        raise AssertionError("unreachable: the last attempt returns or raises")


def _no_answer(request: httpx.Request, error: httpx.HTTPError) -> ApiProblem:
    _LOG.warning("%s %s: %s", request.method, request.url.path, type(error).__name__)
    return ApiProblem(0, "No answer")


def _backoff(attempt: int) -> float:
    """Seconds to wait after attempt 1, 2, ..: doubling, with jitter to keep clients out of step."""
    return _FIRST_DELAY_SECONDS * 2 ** (attempt - 1) * random.uniform(0.5, 1.5)


def _retry_delay(response: httpx.Response, attempt: int) -> float | None:
    """Seconds until the request may be repeated; None when that is senseless or longer than people wait."""
    if response.status_code not in _RETRIED:
        return None
    asked = _seconds_of(response.headers.get("retry-after", ""))
    delay = max(asked, _backoff(attempt))
    return delay if delay <= _LONGEST_DELAY_SECONDS else None


def _seconds_of(retry_after: str) -> float:
    """Retry-After (RFC 9110, 10.2.3) as seconds from now; 0 when there is none to be read."""
    if retry_after.strip().isdigit():
        return float(retry_after)
    try:
        moment = parsedate_to_datetime(retry_after)
    except ValueError:
        return 0.0
    return max(0.0, (moment.astimezone(UTC) - datetime.now(UTC)).total_seconds())


def _problem_of(response: httpx.Response) -> ApiProblem:
    try:
        answer = _ProblemAnswer.model_validate_json(response.content)
    except ValidationError:
        answer = _ProblemAnswer()
    title = answer.title or response.reason_phrase or "Request failed"
    _LOG.warning(
        "%s %s: %d %s", response.request.method, response.request.url.path, response.status_code, title
    )
    return ApiProblem(response.status_code, title, answer.detail, answer.errors)
