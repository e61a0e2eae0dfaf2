"""Trying on in a running cloud, as a shopper's client does it."""

import io
import json
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from PIL import Image, ImageDraw

from tests.support.cloud import RunningCloud, eventually

ENDS = ("completed", "error")


def draw_shopper(size: tuple[int, int] = (480, 720), **options: Any) -> bytes:
    """A standing figure before a wall: head, hair, trunk, arms, legs, shoes."""
    image = Image.new("RGB", size, (206, 214, 220))
    pencil, (width, height) = ImageDraw.Draw(image), size

    def at(*shares: float) -> tuple[float, ...]:
        return tuple(share * (width, height)[place % 2] for place, share in enumerate(shares))

    skin, shirt, trousers = (214, 168, 138), (120, 124, 130), (70, 74, 90)
    pencil.rectangle(at(0.46, 0.17, 0.54, 0.24), fill=skin)
    pencil.ellipse(at(0.41, 0.05, 0.59, 0.20), fill=skin)
    pencil.chord(at(0.405, 0.04, 0.595, 0.17), 180, 360, fill=(70, 48, 36))
    for x in (0.46, 0.54):
        pencil.ellipse(at(x - 0.012, 0.115, x + 0.012, 0.127), fill=(40, 40, 40))
    pencil.rounded_rectangle(at(0.33, 0.23, 0.67, 0.54), 18, fill=shirt)
    for left in (0.25, 0.67):
        pencil.rounded_rectangle(at(left, 0.24, left + 0.08, 0.50), 12, fill=shirt)
        pencil.ellipse(at(left, 0.49, left + 0.08, 0.55), fill=skin)
    for left in (0.35, 0.51):
        pencil.rectangle(at(left, 0.52, left + 0.14, 0.92), fill=trousers)
        pencil.rounded_rectangle(at(left - 0.02, 0.91, left + 0.15, 0.96), 6, fill=(30, 30, 30))
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=92, **options)
    return buffer.getvalue()


@dataclass
class Shopper:
    """One signed-in shopper of a cloud."""

    cloud: RunningCloud
    headers: dict[str, str]

    def call(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        return self.cloud.call(method, path, headers=self.headers, **arguments)

    def upload(self, data: bytes, content_type: str = "image/jpeg") -> tuple[str, httpx.Response]:
        """Announce and upload a photo: its id, and S3's answer."""
        asked = {"kind": "model", "content_type": content_type, "bytes": min(len(data), 10_000_000)}
        answer = self.call("POST", "/uploads", json=asked)
        assert answer.status_code == 200, answer.text
        form = answer.json()
        sent = httpx.post(
            form["url"], data=form["fields"], files={"file": ("photo", data, content_type)}, timeout=60
        )
        return form["model_id"], sent

    def photo(self, data: bytes | None = None) -> str:
        """Upload a photo that is going to be used; its id once it is ready."""
        model_id, sent = self.upload(draw_shopper() if data is None else data)
        assert sent.status_code in (200, 201, 204), sent.text
        shown = eventually(lambda: self._checked(model_id), within_s=40)
        assert shown["status"] == "ready", shown
        return model_id

    def wait_for_photo(self, model_id: str) -> dict[str, Any]:
        return eventually(lambda: self._checked(model_id), within_s=40)

    def order(self, model_id: str, *product_ids: str, **more: Any) -> str:
        body = {"model_id": model_id, "product_ids": list(product_ids), **more}
        answer = self.call("POST", "/try-on", json=body)
        assert answer.status_code == 202, answer.text
        return answer.json()["job_id"]

    def job(self, job_id: str) -> dict[str, Any]:
        answer = self.call("GET", f"/try-on/{job_id}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def wait(self, job_id: str, within_s: float = 90) -> dict[str, Any]:
        """The job once it is over."""

        def over() -> dict[str, Any] | None:
            job = self.job(job_id)
            return job if job["status"] in ENDS else None

        ended = eventually(over, within_s=within_s, every_s=0.2)
        assert ended is not None
        return ended

    def _checked(self, model_id: str) -> dict[str, Any]:
        shown = self.call("GET", f"/models/{model_id}").json()
        return {} if shown["status"] == "waiting" else shown


@contextmanager
def impatient_worker(cloud: RunningCloud, *, timeout_s: float, lease_s: int) -> Generator[None]:
    """Let the worker wait this long for a model, and take over from a dead one after so many seconds."""
    functions = cloud.aws("lambda")
    names = [each["FunctionName"] for each in functions.list_functions()["Functions"]]
    [worker] = [name for name in names if name.startswith("try-on-worker-function-")]
    before = functions.get_function_configuration(FunctionName=worker)["Environment"]["Variables"]
    changed = before | {
        name: json.dumps(json.loads(before[name]) | other)
        for name, other in (("TRYON_MODEL", {"timeout_s": timeout_s}), ("TRYON_QUEUE", {"lease_s": lease_s}))
    }
    functions.update_function_configuration(FunctionName=worker, Environment={"Variables": changed})
    try:
        yield
    finally:
        functions.update_function_configuration(FunctionName=worker, Environment={"Variables": before})


def listen(connection: Any, within_s: float = 60) -> list[dict[str, Any]]:
    """Frames of one job until it is over."""
    frames: list[dict[str, Any]] = []
    while not frames or frames[-1].get("status") not in ENDS:
        frames.append(json.loads(connection.recv(timeout=within_s)))
        assert frames[-1]["type"] == "tryon.status", frames[-1]
    return frames
