"""Signing in by program through the pages that people sign in on."""

import base64
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx

_CROSS_SITE_COOKIE = "XSRF-TOKEN"
_CROSS_SITE_FIELD = "_csrf"


class SignInFailed(Exception):
    """The hosted sign-in did not end with a token."""


@dataclass(frozen=True, slots=True)
class Client:
    """The site as the user pool knows it."""

    metadata_url: str
    client_id: str
    client_secret: str
    site_url: str
    scope: str

    @classmethod
    def of(cls, site: Mapping[str, str], scope: str) -> "Client":
        """From what the site's own secret says."""
        return cls(site["metadata_url"], site["client_id"], site["client_secret"], site["site_url"], scope)

    @property
    def redirect_uri(self) -> str:
        return f"{self.site_url}/oauth2callback"


def read_metadata(browser: httpx.Client, client: Client) -> dict[str, str]:
    """The pool's discovery document. Raises SignInFailed."""
    answer = browser.get(client.metadata_url)
    if answer.status_code != 200:
        raise SignInFailed(f"the user pool's discovery document is answered with {answer.status_code}")
    return answer.json()


def open_page(browser: httpx.Client, client: Client) -> httpx.Response:
    """The sign-in page for the site. Raises SignInFailed where Cognito shows something else."""
    page = browser.get(
        read_metadata(browser, client)["authorization_endpoint"],
        params={
            "client_id": client.client_id,
            "response_type": "code",
            "scope": f"openid email profile {client.scope}",
            "redirect_uri": client.redirect_uri,
            "state": secrets.token_urlsafe(16),
        },
        follow_redirects=True,
    )
    refusal = parse_qs(page.url.query.decode()).get("error")
    if page.status_code != 200 or refusal:
        raise SignInFailed(
            f"there is no sign-in page for {client.redirect_uri}: "
            + (refusal[0] if refusal else f"{page.status_code} {_text(page.text)}")
        )
    return page


def sign_in(client: Client, email: str, password: str) -> str:
    """An access token by the authorization-code flow (RFC 6749 section 4.1). Raises SignInFailed.

    What the page sends is documented with Cognito's login endpoint:
    https://docs.aws.amazon.com/cognito/latest/developerguide/login-endpoint.html
    """
    with httpx.Client(timeout=30) as browser:
        page = open_page(browser, client)
        form = _Form.parse(page.text)
        fields = form.fields | {"username": email, "password": password}
        if _CROSS_SITE_COOKIE in browser.cookies:
            fields.setdefault(_CROSS_SITE_FIELD, browser.cookies[_CROSS_SITE_COOKIE])
        answer = browser.post(urljoin(str(page.url), form.action), data=fields)
        code = parse_qs(urlsplit(answer.headers.get("location", "")).query).get("code")
        if not code:
            raise SignInFailed(f"sign-in of {email} was refused: {_text(answer.text)}")
        return _exchange(browser, client, code[0])


def _exchange(browser: httpx.Client, client: Client, code: str) -> str:
    credentials = base64.b64encode(f"{client.client_id}:{client.client_secret}".encode()).decode()
    tokens = browser.post(
        read_metadata(browser, client)["token_endpoint"],
        data={"grant_type": "authorization_code", "code": code, "redirect_uri": client.redirect_uri},
        headers={"authorization": f"Basic {credentials}"},
    ).json()
    if "access_token" not in tokens:
        raise SignInFailed(f"no token for the sign-in: {tokens.get('error')}")
    return tokens["access_token"]


class _Form(HTMLParser):
    """The first form of a page: where it goes and its filled-in fields."""

    def __init__(self) -> None:
        super().__init__()
        self.action = ""
        self.fields: dict[str, str] = {}

    @classmethod
    def parse(cls, page: str) -> "_Form":
        form = cls()
        form.feed(page)
        return form

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "form" and not self.action:
            self.action = values.get("action") or ""
        elif tag == "input" and values.get("name"):
            self.fields[str(values["name"])] = values.get("value") or ""


def _text(page: str) -> str:
    return " ".join(re.sub(r"<style.*?</style>|<[^>]+>", " ", page, flags=re.DOTALL).split())[:200]
