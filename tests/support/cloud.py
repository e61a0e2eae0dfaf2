"""A running local cloud, as the end-to-end and browser tests use it."""

import base64
import os
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx
import jwt
from rich.console import Console

from local.config import LocalConfig
from local.faults import CONTROL_PATH, Fault
from local.resources.base import emulator_client
from local.up import LocalCloud
from local.users import DEMO_USERS, access_token
from runtime.shared.products import product_id_for_key

T = TypeVar("T")
SHOPPER = DEMO_USERS[0]


@dataclass
class RunningCloud:
    """One local cloud with what a test needs to talk to it."""

    config: LocalConfig
    description: dict[str, Any]
    _token: str = field(default="")

    @property
    def outputs(self) -> dict[str, Any]:
        return self.description["outputs"]

    @property
    def token(self) -> str:
        if not self._token:
            self._token = access_token(self.description, SHOPPER["email"], SHOPPER["password"])
        return self._token

    @property
    def subject(self) -> str:
        """Who the shopper is to the functions."""
        return subject_of(self.token)

    @property
    def headers(self) -> dict[str, str]:
        return {"x-api-key": self.description["api_key"], "authorization": f"Bearer {self.token}"}

    def call(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        """A request to the API, signed in unless `headers` says otherwise."""
        arguments.setdefault("headers", self.headers)
        return httpx.request(method, self.description["api_url"] + path, timeout=60, **arguments)

    def say(self, message: str, session_id: str | None = None, **body: Any) -> dict[str, Any]:
        """One turn of a conversation with the stylist."""
        named = {"session_id": session_id} if session_id else {}
        answer = self.call("POST", "/text", json={"message": message} | named | body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def kept_turns(self, session_id: str) -> int:
        """How many turns of a conversation are in the session table."""
        tables = self.aws("dynamodb").list_tables()["TableNames"]
        name = next(each for each in tables if each.startswith("chat-sessions-"))
        pages = self.aws("dynamodb").get_paginator("scan").paginate(TableName=name)
        rows = (row for page in pages for row in page["Items"])
        return next(int(row["turn"]["N"]) for row in rows if row["session_id"]["S"] == session_id)

    def search(self, **body: Any) -> list[dict[str, Any]]:
        answer = self.call("POST", "/search", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()["results"]

    def search_photo(self, picture: bytes, **body: Any) -> list[dict[str, Any]]:
        return self.search(image=base64.b64encode(picture).decode(), **body)

    def aws(self, service: str) -> Any:
        return emulator_client(self.config.emulator_url, self.outputs["region"], service)

    def ai(self, service: str) -> Any:
        """A client of a service that a stand-in serves."""
        return emulator_client(self.config.ai_url, self.outputs["region"], service)

    def upload(self, key: str, content: bytes) -> str:
        """Put a picture into the catalogue's bucket; its product id."""
        self.aws("s3").put_object(Bucket=self.outputs["catalog_bucket"], Key=key, Body=content)
        return product_id_for_key(key)

    def remove(self, key: str) -> None:
        self.aws("s3").delete_object(Bucket=self.outputs["catalog_bucket"], Key=key)

    def product_row(self, product_id: str) -> dict[str, Any] | None:
        table = self.outputs["products_table"]
        return (
            self.aws("dynamodb").get_item(TableName=table, Key={"product_id": {"S": product_id}}).get("Item")
        )

    def dead_letters(self) -> list[dict[str, Any]]:
        """All dead letters, taken out of the queue."""
        sqs, url = self.aws("sqs"), self.outputs["dead_letter_url"]
        letters: list[dict[str, Any]] = []
        while batch := sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"], WaitTimeSeconds=0
        ).get("Messages"):
            letters += batch
            for letter in batch:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=letter["ReceiptHandle"])
        return letters

    @contextmanager
    def faults(self, *faults: Fault) -> Iterator[None]:
        """Make the AI stand-ins and the emulator fail as described."""
        self._set_faults(faults)
        try:
            yield
        finally:
            self._set_faults([])

    def count_strikes(self) -> int:
        """How many calls the faults that are set have met so far."""
        urls = (self.config.emulator_url, self.config.ai_url)
        told = [httpx.get(url + CONTROL_PATH).raise_for_status().json() for url in urls]
        return sum(fault["hits"] for faults in told for fault in faults)

    def _set_faults(self, faults: Sequence[Fault]) -> None:
        body = [{k: v for k, v in asdict(fault).items() if k != "hits"} for fault in faults]
        for url in (self.config.emulator_url, self.config.ai_url):
            httpx.put(url + CONTROL_PATH, json=body).raise_for_status()


def subject_of(token: str) -> str:
    """The subject of a token, which is taken as it is."""
    return jwt.decode(token, options={"verify_signature": False})["sub"]


def eventually(check: Callable[[], T], *, within_s: float = 20.0, every_s: float = 0.1) -> T:
    """The first true answer of `check`. Raises AssertionError when time is up."""
    deadline = time.monotonic() + within_s
    while True:
        answer = check()
        if answer or time.monotonic() > deadline:
            assert answer, f"not within {within_s} s"
            return answer
        time.sleep(every_s)


@contextmanager
def running_cloud(
    folder: Path, catalog: Path | None, settings: Mapping[str, str] | None = None
) -> Iterator[RunningCloud]:
    """Start a local cloud with its state in `folder`, and stop it; `settings` differ from the stack's."""
    config = LocalConfig("dev", _free_ports(), folder, catalog, "local", settings or {})
    cloud = LocalCloud.create(config, Console(quiet=True))
    try:
        yield RunningCloud(config, cloud.start())
    finally:
        cloud.stop()


def _free_ports() -> int:
    """The first of four neighbouring ports that nothing listens on, from a place of this process's own."""
    for first in range(18600 + 30 * (os.getpid() % 300), 28600, 4):
        if all(_is_free(port) for port in range(first, first + 4)):
            return first
    raise AssertionError("no four neighbouring ports are free")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0
