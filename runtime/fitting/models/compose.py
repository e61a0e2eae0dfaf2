"""Composition on active Bedrock models: Stability's remove-background cuts out, its inpaint blends the seam.

Requests and answers (to be confirmed with one real call each):
https://docs.aws.amazon.com/bedrock/latest/userguide/stable-image-services.html
"""

import hashlib
import io
import random
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from runtime.fitting.composer import Fill, compose
from runtime.fitting.models.calls import FILTERED, encode, invoke_bedrock, read_picture
from runtime.fitting.port import (
    Rendered,
    RenderRequest,
    TryOnError,
    TryOnGarbage,
    TryOnRefused,
    TryOnUnavailable,
)
from runtime.fitting.settings import ComposeSettings

_NEGATIVE = "blurry, extra limbs, text, watermark"
_GROW = 2
_REMEMBERED = 8
_PAUSES_S = (1, 2, 4, 8)

T = TypeVar("T")


class ComposeModel:
    """Two cut-outs and one filled seam a garment; a cut-out of the same picture is not paid for twice."""

    def __init__(
        self, client: Any, settings: ComposeSettings, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._client = client
        self._sleep = sleep
        self._settings = settings
        self.model_id = settings.inpaint_model
        self._cutouts: OrderedDict[str, NDArray[np.uint8]] = OrderedDict()
        self._lock = threading.Lock()

    def render(self, request: RenderRequest) -> Rendered:
        """The picture, not yet checked. Raises a TryOnError of any kind."""
        spent = 0.0

        def cut_out(picture: bytes) -> NDArray[np.uint8]:
            nonlocal spent
            alpha, paid = self._insist(spent, lambda: self._cut_out(picture))
            spent += paid
            return alpha

        def fill_in(fill: Fill) -> bytes:
            nonlocal spent
            filled = self._insist(spent, lambda: self._fill_in(fill))
            spent += self._settings.inpaint_price_usd
            return filled

        try:
            image, mask = compose(request, cut_out, fill_in)
        except TryOnError as error:
            error.cost_usd += spent
            raise
        return Rendered(image, mask, self.model_id, request.seed, round(spent, 6))

    def _insist(self, spent: float, call: Callable[[], T]) -> T:
        """Once something is spent, a busy model is asked again from here: to begin anew would pay again."""
        for seconds in _PAUSES_S if spent else ():
            try:
                return call()
            except TryOnUnavailable as error:
                if error.cost_usd:
                    raise
            self._sleep(random.uniform(seconds / 2, seconds))
        return call()

    def _cut_out(self, picture: bytes) -> tuple[NDArray[np.uint8], float]:
        key = hashlib.sha256(picture).hexdigest()
        with self._lock:
            if key in self._cutouts:
                self._cutouts.move_to_end(key)
                return self._cutouts[key], 0.0
        price = self._settings.cutout_price_usd
        request = {"image": encode(picture), "output_format": "png"}
        data = self._first_picture(self._settings.cutout_model, request, price)
        alpha = _read_alpha(self._settings.cutout_model, data, picture, price)
        with self._lock:
            self._cutouts[key] = alpha
            while len(self._cutouts) > _REMEMBERED:
                self._cutouts.popitem(last=False)
        return alpha, price

    def _fill_in(self, fill: Fill) -> bytes:
        request = {
            "image": encode(fill.image),
            "mask": encode(fill.mask),
            "prompt": fill.prompt,
            "negative_prompt": _NEGATIVE,
            "grow_mask": _GROW,
            "seed": fill.seed,
            "output_format": "png",
        }
        price = self._settings.inpaint_price_usd
        data = self._first_picture(self._settings.inpaint_model, request, price)
        if _size(data) != _size(fill.image):
            raise TryOnGarbage(f"{self._settings.inpaint_model} changed the picture's size", cost_usd=price)
        return data

    def _first_picture(self, model_id: str, request: dict[str, Any], price: float) -> bytes:
        answer = invoke_bedrock(self._client, model_id, request, price)
        reason = _first(answer.get("finish_reasons"))
        if reason:
            paid = price if "output" in str(reason).lower() else 0.0
            if "filter" in str(reason).lower():
                raise TryOnRefused(FILTERED, cost_usd=paid)
            raise TryOnGarbage(f"{model_id}: finished with {str(reason)[:100]}", cost_usd=price)
        return read_picture(model_id, _first(answer.get("images")), price)


def _read_alpha(model_id: str, data: bytes, picture: bytes, price: float) -> NDArray[np.uint8]:
    with Image.open(io.BytesIO(data)) as opened:
        if "A" not in opened.getbands() and "transparency" not in opened.info:
            raise TryOnGarbage(
                f"{model_id} answered with a picture that is nowhere transparent", cost_usd=price
            )
        layer = opened.convert("RGBA")
    size = _size(picture)
    if abs(layer.width / layer.height - size[0] / size[1]) > 0.02 * size[0] / size[1]:
        raise TryOnGarbage(f"{model_id} changed the picture's shape", cost_usd=price)
    alpha = layer.getchannel("A")
    return np.asarray(alpha if alpha.size == size else alpha.resize(size, Image.Resampling.BILINEAR))


def _size(data: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(data)) as opened:
        return opened.size


def _first(values: Any) -> Any:
    return values[0] if isinstance(values, list) and values else None
