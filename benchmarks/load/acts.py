"""What shoppers do, and how often: each act asks, looks at the answer, and notes what was promised."""

import asyncio
import base64
import json
import random
import secrets
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from time import time
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect

from benchmarks.load.ledger import Ledger
from benchmarks.load.stack import Shopper, Stack
from runtime.closet.item import LIMITS, Kind
from runtime.shared.products import product_id_for_key
from tests.e2e.fitting import draw_shopper
from tests.support.pictures import encode, garment

COLOURS = ("red", "blue", "black", "white", "green", "grey", "brown", "pink", "navy", "beige")
GARMENTS = ("dress", "shirt", "jacket", "shoes", "skirt", "jeans", "hat", "coat")
MESSAGES = (
    "I am a woman and need an outfit for a party, up to 300 euros",
    "I am a man and look for something for the office in autumn",
    "what goes with a navy skirt? I am a woman",
    "an outfit for a wedding in Lisbon in June, I am 34, a woman, budget 250 euros",
)
FOLLOW_UPS = ("something cheaper", "show me more", "something less formal", "and shoes to go with it")
PATIENCE = 4
"""How often a shopper's client does as `Retry-After` says before it gives up, as the site does."""
_PICTURES = 12
_LONGEST_S = 120


class Failed(Exception):
    """An answer that no shopper should get."""


@dataclass
class Visits:
    """Shoppers at work: picks one for every wish."""

    stack: Stack
    shoppers: Sequence[Shopper]
    ledger: Ledger
    client: httpx.AsyncClient
    rng: random.Random
    products: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    photos: list[bytes] = field(default_factory=list[bytes])
    told_to_wait: int = 0
    _goodbyes: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])

    async def prepare(self) -> None:
        """Look around once: the products that are there, and photos to search with."""
        found = await self._ask(self.shoppers[0], "GET", "/products?limit=100")
        self.products = found["products"]
        drawn = [garment(COLOURS[n % len(COLOURS)], seed=n) for n in range(_PICTURES)]
        self.photos = [encode(picture) for picture in drawn]

    async def act(self, kind: str) -> None:
        """Fulfil one wish. Raises Failed when a shopper would have been left without."""
        acts: dict[str, Callable[[Shopper], Awaitable[None]]] = {
            "search by words": self._search,
            "search by photo": self._search_photo,
            "browse": self._browse,
            "product page": self._look_at,
            "similar": self._similar,
            "outfit": self._outfit,
            "interactions": self._interact,
            "something saved": self._save,
            "chat": self._chat,
            "chat by socket": self._chat_by_socket,
            "picture of an outfit": self._draw,
            "photo upload": self._upload_photo,
            "try-on": self._try_on,
            "catalogue upload": self._extend_catalogue,
        }
        await acts[kind](self.rng.choice(self.shoppers))

    async def leave(self) -> None:
        """Wait until the last connection is closed."""
        await asyncio.gather(*self._goodbyes)

    async def _ask(self, shopper: Shopper, method: str, path: str, **arguments: Any) -> dict[str, Any]:
        url, patience = self.stack.api_url + path, PATIENCE
        answer = await self.client.request(method, url, headers=shopper.headers, **arguments)
        while answer.status_code in (429, 503) and (patience := patience - 1):
            await self._wait(float(answer.headers.get("retry-after", 1)))
            answer = await self.client.request(method, url, headers=shopper.headers, **arguments)
        if answer.status_code >= 300:
            raise Failed(f"{method} {path.partition('?')[0]}: {answer.status_code} {answer.text[:200]}")
        return answer.json()

    async def _wait(self, seconds: float) -> None:
        self.told_to_wait += 1
        await asyncio.sleep(seconds)

    async def _search(self, shopper: Shopper) -> None:
        words = f"{self.rng.choice(COLOURS)} {self.rng.choice(GARMENTS)}"
        found = await self._ask(shopper, "GET", f"/search?query={words}&limit=12")
        _require(len(found["results"]) > 0, "a search found nothing")

    async def _search_photo(self, shopper: Shopper) -> None:
        photo = base64.b64encode(self.rng.choice(self.photos)).decode()
        found = await self._ask(shopper, "POST", "/search", json={"image": photo, "limit": 12})
        _require(len(found["results"]) > 0, "a photo found nothing")

    async def _browse(self, shopper: Shopper) -> None:
        found = await self._ask(shopper, "GET", "/products?limit=24")
        _require(len(found["products"]) > 0, "the shop was empty")

    async def _look_at(self, shopper: Shopper) -> None:
        product = await self._ask(shopper, "GET", f"/products/{self._any_product()}")
        picture = await self.client.get(product["image_url"])
        _require(picture.status_code == 200, f"a product's picture: {picture.status_code}")

    async def _similar(self, shopper: Shopper) -> None:
        found = await self._ask(shopper, "GET", f"/products/{self._any_product()}/similar?limit=6")
        _require(len(found["results"]) > 0, "nothing was similar")

    async def _outfit(self, shopper: Shopper) -> None:
        look = await self._ask(shopper, "GET", f"/products/{self._any_product()}/outfit")
        _require(bool(look["outfit"] or look["notes"]), "an outfit without a piece or a word")

    async def _interact(self, shopper: Shopper) -> None:
        kinds = self.rng.choices(("view", "favorite", "cart", "purchase"), (6, 2, 1, 1), k=2)
        events = [
            {"product_id": self._any_product(), "event_type": kind, "session_id": self.ledger.run}
            for kind in kinds
        ]
        told = await self._ask(shopper, "POST", "/interactions", json={"events": events})
        _require(told["accepted"] + told["ignored"] == len(events), f"of {len(events)} events: {told}")
        self.ledger.interactions += told["accepted"]

    async def _save(self, shopper: Shopper) -> None:
        """As many looks as there is room for, and then the same ones anew."""
        number, product_id = self.rng.randrange(LIMITS[Kind.LOOK]), self._any_product()
        body = {"product_ids": [product_id], "name": f"Look {number}"}
        kept = await self._ask(shopper, "PUT", f"/me/closet/look/load-{number}", json=body)
        _require(kept["product_ids"] == [product_id], f"of {product_id} was saved: {kept}")
        self.ledger.looks[shopper.email, kept["item_id"]] = shopper

    async def _chat(self, shopper: Shopper) -> None:
        message, session, turns = self._next_message(shopper)
        said = await self._ask(shopper, "POST", "/text", json={"message": message} | session)
        self._take_turn(shopper, said, turns)

    async def _chat_by_socket(self, shopper: Shopper) -> None:
        message, session, turns = self._next_message(shopper)
        async with self._connected(shopper) as connection:
            frame, patience = await _say(connection, message, session), PATIENCE
            while (wait := frame.get("problem", {}).get("retry_after")) and (patience := patience - 1):
                await self._wait(wait)
                frame = await _say(connection, message, session)
        _require(frame["type"] == "chat.done", f"a turn ended as {frame}")
        self._take_turn(shopper, frame, turns)

    def _next_message(self, shopper: Shopper) -> tuple[str, dict[str, str], int]:
        """Words for a conversation that nobody waits in, or for a new one."""
        if shopper.idle_sessions and self.rng.random() < 0.6:
            session_id, turns = shopper.idle_sessions.pop()
            return self.rng.choice(FOLLOW_UPS), {"session_id": session_id}, turns
        return self.rng.choice(MESSAGES), {}, 0

    def _take_turn(self, shopper: Shopper, said: dict[str, Any], turns: int) -> None:
        _require(bool(said["reply"]), "an empty reply")
        _require(said["turn"] == turns + 1, f"turn {said['turn']} after {turns}: one was lost or mixed up")
        self.ledger.turns += 1
        shopper.idle_sessions.append((said["session_id"], said["turn"]))

    async def _draw(self, shopper: Shopper) -> None:
        words = f"a {self.rng.choice(COLOURS)} {self.rng.choice(GARMENTS)} for a walk"
        body = {"prompt": words, "request_id": uuid.uuid4().hex}
        [image] = (await self._ask(shopper, "POST", "/image", json=body))["images"]
        self.ledger.images.append((shopper, image["image_id"]))
        picture = await self.client.get(image["url"])
        _require(picture.status_code == 200, f"a drawn picture: {picture.status_code}")

    async def _upload_photo(self, shopper: Shopper) -> None:
        photo = draw_shopper((480, 720 + self.rng.randrange(40)))
        asked = {"kind": "model", "content_type": "image/jpeg", "bytes": len(photo)}
        form = await self._ask(shopper, "POST", "/uploads", json=asked)
        files = {"file": ("photo", photo, "image/jpeg")}
        sent = await self.client.post(form["url"], data=form["fields"], files=files)
        _require(sent.status_code < 300, f"the upload of a photo: {sent.status_code}")
        self.ledger.photos.append((shopper, form["model_id"]))

    async def _try_on(self, shopper: Shopper) -> None:
        """Order over the socket, and look on until the picture is there."""
        dresses = [each["product_id"] for each in self.products if each["category"] in ("dress", "shirt")]
        body = {"model_id": shopper.model_id, "product_ids": [self.rng.choice(dresses)]}
        frame: dict[str, Any] = {}
        async with self._connected(shopper) as connection:
            await connection.send(json.dumps({"action": "tryon", "request_id": uuid.uuid4().hex} | body))
            while frame.get("status") not in ("completed", "error"):
                frame = json.loads(await asyncio.wait_for(connection.recv(), _LONGEST_S))
                _require(frame["type"] == "tryon.status", f"instead of a status: {frame}")
                self.ledger.jobs.setdefault(frame["job_id"], shopper)
        _require(frame["status"] == "completed", f"a try-on ended as {frame.get('error_message')}")

    async def _extend_catalogue(self, _shopper: Shopper) -> None:
        key = f"{self.ledger.catalogue_prefix}{secrets.token_hex(8)}.jpg"
        picture = encode(garment(self.rng.choice(COLOURS), seed=self.rng.randrange(5_000)))
        bucket = self.stack.outputs["catalog_bucket"]
        await asyncio.to_thread(self.stack.aws("s3").put_object, Bucket=bucket, Key=key, Body=picture)
        self.ledger.uploads[product_id_for_key(key)] = time()

    def _any_product(self) -> str:
        return self.rng.choice(self.products)["product_id"]

    @asynccontextmanager
    async def _connected(self, shopper: Shopper) -> AsyncGenerator[ClientConnection]:
        """A connection that nobody waits for when it is closed, as in a browser."""
        connection = await connect(shopper.socket_url, open_timeout=_LONGEST_S)
        try:
            yield connection
        finally:
            goodbye = asyncio.create_task(connection.close())
            self._goodbyes.add(goodbye)
            goodbye.add_done_callback(self._goodbyes.discard)


async def _say(connection: ClientConnection, message: str, session: dict[str, str]) -> dict[str, Any]:
    """The frame that ends a turn."""
    await connection.send(json.dumps({"action": "chat", "message": message} | session))
    frame: dict[str, Any] = {"type": "chat.delta"}
    while frame["type"] == "chat.delta":
        frame = json.loads(await asyncio.wait_for(connection.recv(), _LONGEST_S))
    return frame


def _require(holds: bool, complaint: str) -> None:
    if not holds:
        raise Failed(complaint)
