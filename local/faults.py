"""Faults on demand: makes a share of the calls to a service fail, so that recovery can be watched.

Only the standard library is used, because this wraps the emulator and the AI stand-ins alike.
"""

import asyncio
import base64
import json
import random
import re
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

CONTROL_PATH = "/_local/faults"
_CREDENTIAL = re.compile(r"Credential=(?P<key>[^/]+)/\d+/[^/]+/(?P<service>[^/]+)/")


@dataclass(slots=True)
class Fault:
    """A share `rate` of the calls whose service and operation match answer `status` with error `code`.

    `delay_s` waits first; `limit` ends the fault after that many calls (0: never). `operation` is a regular
    expression over the `x-amz-target` header or, without one, over "METHOD path". With status 200 the call
    goes on, late, unless `content` (base64, of `media_type`) is answered in place of what the service says.
    """

    service: str
    operation: str = ""
    rate: float = 1.0
    status: int = 500
    code: str = "InternalServerError"
    delay_s: float = 0.0
    limit: int = 0
    content: str = ""
    media_type: str = "application/json"
    hits: int = field(default=0)

    def strikes(self, service: str, operation: str, draw: float) -> bool:
        spent = bool(self.limit) and self.hits >= self.limit
        return (
            not spent
            and service == self.service
            and bool(re.search(self.operation, operation))
            and draw < self.rate
        )


class FaultInjector:
    """ASGI middleware: PUT faults to CONTROL_PATH to set them, GET it to read them with their hits."""

    def __init__(self, app: App, *, exempt_key: str) -> None:
        self._app = app
        self._exempt_key = exempt_key
        self._faults: list[Fault] = []
        self._random = random.Random(0)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif scope["path"] == CONTROL_PATH:
            await self._control(scope, receive, send)
        elif fault := self._find(scope):
            fault.hits += 1
            await asyncio.sleep(fault.delay_s)
            if fault.content:
                await _answer(send, fault.status, base64.b64decode(fault.content), fault.media_type)
            elif fault.status == 200:
                await self._app(scope, receive, send)
            else:
                await answer_json(
                    send, fault.status, {"__type": fault.code, "message": "injected fault"}, error=fault.code
                )
        else:
            await self._app(scope, receive, send)

    def _find(self, scope: Scope) -> Fault | None:
        if not self._faults:
            return None
        headers = {key.decode("latin-1"): value.decode("latin-1") for key, value in scope["headers"]}
        credential = _CREDENTIAL.search(headers.get("authorization", ""))
        if credential is None or credential["key"] == self._exempt_key:
            return None
        operation = headers.get("x-amz-target") or f"{scope['method']} {scope['path']}"
        draw = self._random.random()
        return next((f for f in self._faults if f.strikes(credential["service"], operation, draw)), None)

    async def _control(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "PUT":
            self._faults = [Fault(**fault) for fault in json.loads(await read_body(receive))]
        await answer_json(
            send,
            200,
            [{"service": f.service, "operation": f.operation, "hits": f.hits} for f in self._faults],
        )


async def read_body(receive: Receive) -> bytes:
    """The whole body of an HTTP request."""
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            return body


async def answer_json(send: Send, status: int, body: Any, *, error: str = "") -> None:
    """Send a whole JSON answer, with AWS's error header where `error` names one."""
    await _answer(send, status, json.dumps(body).encode(), "application/json", error)


async def _answer(send: Send, status: int, body: bytes, media_type: str, error: str = "") -> None:
    headers = [(b"content-type", media_type.encode())]
    if error:
        headers.append((b"x-amzn-errortype", error.encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
