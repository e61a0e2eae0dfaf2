"""The stack under load, known by its description, and the shoppers who come to it."""

import secrets
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import boto3
import httpx

from local.resources.base import emulator_client
from local.users import access_token, create_user
from tests.e2e.fitting import draw_shopper
from tests.support.cloud import eventually


@dataclass(frozen=True, slots=True)
class Stack:
    """A running product: what `stack.json` says of a local cloud, or a file of the same form of another.

    `emulator_url` is missing where the product runs on AWS; the caller's own credentials are taken there.
    """

    description: dict[str, Any]

    @property
    def outputs(self) -> dict[str, Any]:
        return self.description["outputs"]

    @property
    def api_url(self) -> str:
        return self.description["api_url"]

    def aws(self, service: str) -> Any:
        region = self.outputs["region"]
        if url := self.description.get("emulator_url"):
            return emulator_client(url, region, service)
        return boto3.client(service, region_name=region)

    def headers(self, token: str) -> dict[str, str]:
        return {"x-api-key": self.description["api_key"], "authorization": f"Bearer {token}"}


@dataclass
class Shopper:
    """One signed-in visitor, with a photo to try things on with and the conversations begun so far."""

    stack: Stack
    email: str
    token: str
    model_id: str = ""
    idle_sessions: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])
    """Conversations nobody waits for an answer in: session id, turns so far."""

    @property
    def headers(self) -> dict[str, str]:
        return self.stack.headers(self.token)

    @property
    def socket_url(self) -> str:
        return f"{self.stack.description['websocket_url']}?token={self.token}"

    def call(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        url = self.stack.api_url + path
        return httpx.request(method, url, headers=self.headers, timeout=60, **arguments)


@contextmanager
def invite(stack: Stack, count: int, *, with_photo: bool = True) -> Generator[list[Shopper]]:
    """Shoppers made for this run; what is kept of them, and they themselves, are deleted afterwards.

    Where the description has `tokens`, these are the shoppers, and nobody is made or deleted.
    """
    run = secrets.token_hex(4)
    if tokens := stack.description.get("tokens"):
        guests = [Shopper(stack, "", token) for token in tokens]
    else:
        with ThreadPoolExecutor(4) as pool:
            guests = list(pool.map(lambda number: _sign_up(stack, f"load-{run}-{number}"), range(count)))
    try:
        if with_photo:
            with ThreadPoolExecutor(2) as pool:
                list(pool.map(_bring_photo, guests))
        yield guests
    finally:
        for guest in guests:
            guest.call("DELETE", "/me")
            if guest.email:
                pool_id = stack.outputs["user_pool_id"]
                stack.aws("cognito-idp").admin_delete_user(UserPoolId=pool_id, Username=guest.email)


def _sign_up(stack: Stack, name: str) -> Shopper:
    email, password = f"{name}@stylist.example", f"Aa1-{secrets.token_urlsafe(12)}"
    create_user(stack.aws("cognito-idp"), stack.outputs["user_pool_id"], email, password, "shopper")
    return Shopper(stack, email, access_token(stack.description, email, password))


def _bring_photo(shopper: Shopper) -> None:
    photo = draw_shopper()
    asked = {"kind": "model", "content_type": "image/jpeg", "bytes": len(photo)}
    form = shopper.call("POST", "/uploads", json=asked).raise_for_status().json()
    files = {"file": ("photo", photo, "image/jpeg")}
    httpx.post(form["url"], data=form["fields"], files=files, timeout=60).raise_for_status()

    def ready() -> bool:
        return shopper.call("GET", f"/models/{form['model_id']}").json().get("status") == "ready"

    eventually(ready, within_s=60, every_s=0.3)
    shopper.model_id = form["model_id"]
