"""Demo users, and tokens for scripts through the same sign-in pages that the site uses."""

import base64
import json
import re
import secrets
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx

from local.config import LocalConfig
from local.resources.base import emulator_client

DEMO_USERS = (
    {"email": "demo@stylist.example", "password": "Stylist-Demo-1", "group": "shopper"},
    {"email": "merchandiser@stylist.example", "password": "Stylist-Demo-2", "group": "merchandiser"},
)


class SignInFailed(Exception):
    """The hosted sign-in did not end with a token."""


def create_demo_users(config: LocalConfig, outputs: dict[str, Any]) -> list[dict[str, str]]:
    """Make the demo users where they are missing; their addresses and passwords."""
    cognito = emulator_client(config.emulator_url, outputs["region"], "cognito-idp")
    for user in DEMO_USERS:
        create_user(cognito, outputs["user_pool_id"], user["email"], user["password"], user["group"])
    return [{"email": user["email"], "password": user["password"]} for user in DEMO_USERS]


def create_user(cognito: Any, pool: str, email: str, password: str, group: str) -> None:
    """Make a confirmed user with a permanent password, in `group` if one is named, unless there is one."""
    try:
        cognito.admin_create_user(
            UserPoolId=pool,
            Username=email,
            MessageAction="SUPPRESS",
            UserAttributes=[
                {"Name": "email", "Value": email},
                {"Name": "email_verified", "Value": "true"},
            ],
        )
    except cognito.exceptions.UsernameExistsException:
        return
    cognito.admin_set_user_password(UserPoolId=pool, Username=email, Password=password, Permanent=True)
    if group:
        cognito.admin_add_user_to_group(UserPoolId=pool, Username=email, GroupName=group)


def access_token(description: dict[str, Any], email: str, password: str) -> str:
    """An access token by the authorization-code flow (RFC 6749 section 4.1), as `stack.json` describes it.

    Raises SignInFailed.
    """
    outputs = description["outputs"]
    site = _site_secret(description["emulator_url"], outputs)
    redirect_uri = f"{site['site_url']}/oauth2callback"
    with httpx.Client(timeout=30, follow_redirects=False) as browser:
        metadata = browser.get(site["metadata_url"]).json()
        page = browser.get(
            metadata["authorization_endpoint"],
            params={
                "client_id": site["client_id"],
                "response_type": "code",
                "scope": f"openid email profile {outputs['scope']}",
                "redirect_uri": redirect_uri,
                "state": secrets.token_urlsafe(16),
            },
        )
        form = _Form.parse(page.text)
        fields = form.fields | {"username": email, "password": password}
        answer = browser.post(urljoin(str(page.url), form.action), data=fields)
        code = parse_qs(urlsplit(answer.headers.get("location", "")).query).get("code")
        if not code:
            raise SignInFailed(f"sign-in of {email} was refused: {_text(answer.text)}")
        credentials = base64.b64encode(f"{site['client_id']}:{site['client_secret']}".encode()).decode()
        tokens = browser.post(
            metadata["token_endpoint"],
            data={"grant_type": "authorization_code", "code": code[0], "redirect_uri": redirect_uri},
            headers={"authorization": f"Basic {credentials}"},
        ).json()
    if "access_token" not in tokens:
        raise SignInFailed(f"no token for {email}: {tokens.get('error')}")
    return tokens["access_token"]


def _site_secret(emulator_url: str, outputs: dict[str, Any]) -> dict[str, Any]:
    """What the site itself reads."""
    secrets_manager = emulator_client(emulator_url, outputs["region"], "secretsmanager")
    return json.loads(secrets_manager.get_secret_value(SecretId=outputs["site_secret_arn"])["SecretString"])


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
