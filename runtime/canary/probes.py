"""What can be asked of a running shop, with nothing but the standard library."""

import base64
import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

TIMEOUT_S = 35
"""The gateway gives up after 29 seconds, so whatever comes later is not the shop's."""
WORDS = "dress"


class ProbeFailed(Exception):
    """The shop did not do what it should; the text says what came instead."""


class NothingThere(ProbeFailed):
    """The shop works and has nothing to sell."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request was answered with."""

    status: int
    body: bytes
    request_id: str

    def json(self) -> Any:
        """The body read as JSON. Raises ProbeFailed."""
        try:
            return json.loads(self.body)
        except ValueError:
            raise ProbeFailed(f"the answer ({self.status}) is no JSON: {self.body[:80]!r}") from None

    def explain(self) -> str:
        """Status, problem and request id in one line."""
        try:
            problem = json.loads(self.body)
        except ValueError:
            problem = {}
        known = problem if isinstance(problem, dict) else {}
        said = known.get("detail") or known.get("message") or known.get("title") or "no reason was given"
        return f"{self.status}: {said} (request {self.request_id})"


@dataclass(frozen=True, slots=True)
class Shop:
    """The REST API and what it takes to use it; without a token only its public routes answer."""

    url: str
    api_key: str = ""
    token: str = ""

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Answer:
        """The answer to a request, whatever its status. Raises ProbeFailed when there is none."""
        headers = {"content-type": "application/json"}
        if self.api_key:
            headers["x-api-key"] = self.api_key
        if self.token:
            headers["authorization"] = f"Bearer {self.token}"
        data = None if body is None else json.dumps(body).encode()
        return send(urllib.request.Request(self.url + path, data, headers, method=method))  # noqa: S310 - from settings


def send(request: urllib.request.Request) -> Answer:
    """The answer to a request, whatever its status. Raises ProbeFailed when there is none."""
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310 - from settings
            return Answer(answer.status, answer.read(), answer.headers.get("x-request-id") or "unknown")
    except urllib.error.HTTPError as error:
        with error:
            headers = error.headers
            return Answer(error.code, error.read(), headers.get("x-request-id") or "unknown")
    except (OSError, urllib.error.URLError) as error:
        place = urllib.parse.urlsplit(request.full_url).netloc
        raise ProbeFailed(f"{place} does not answer: {getattr(error, 'reason', error)}") from error


def expect(answer: Answer, status: int) -> Answer:
    """The answer, if it has that status. Raises ProbeFailed otherwise."""
    if answer.status != status:
        raise ProbeFailed(answer.explain())
    return answer


def ask_health(shop: Shop) -> None:
    """The path that needs neither key nor token. Raises ProbeFailed."""
    said = expect(Shop(shop.url).call("GET", "/health"), 200).json()
    if said != {"status": "ok"}:
        raise ProbeFailed(f"it says {said!r}")


def search_words(shop: Shop) -> dict[str, Any]:
    """The answer to a search that any shop of clothes has an answer to. Raises ProbeFailed."""
    query = urllib.parse.urlencode({"query": WORDS, "personalize": "0"})
    found = expect(shop.call("GET", f"/search?{query}"), 200).json()
    if "unavailable" in found["backend"]:
        raise ProbeFailed(f"it was answered by {found['backend']}")
    if not found["results"]:
        raise NothingThere(f"nothing was found for {WORDS!r}: the catalogue is empty")
    return found


def browse(shop: Shop) -> None:
    """Look at the first product, which takes key and token and asks no vector store. Raises ProbeFailed."""
    if not expect(shop.call("GET", "/products?limit=1"), 200).json()["products"]:
        raise NothingThere("the catalogue is empty")


def fetch_machine_token(token_url: str, client_id: str, client_secret: str, scope: str) -> tuple[str, int]:
    """An access token of a client that is no person (RFC 6749 section 4.4), and its seconds of life.

    Raises ProbeFailed.
    """
    credentials = base64.b64encode(f"{client_id}:{client_secret}".encode()).decode()
    headers = {
        "authorization": f"Basic {credentials}",
        "content-type": "application/x-www-form-urlencoded",
    }
    form = urllib.parse.urlencode({"grant_type": "client_credentials", "scope": scope}).encode()
    answer = send(urllib.request.Request(token_url, form, headers, method="POST"))  # noqa: S310 - from settings
    if answer.status != 200:
        raise ProbeFailed(f"no token: {answer.explain()}")
    token = answer.json()
    return str(token["access_token"]), int(token.get("expires_in", 0))
