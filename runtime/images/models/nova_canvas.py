"""The wire format of Amazon Nova Canvas, for whatever still speaks it: the model itself ended on 2026-09-30.

Request and answer: https://docs.aws.amazon.com/nova/latest/userguide/image-gen-req-resp-structure.html
"""

import math
from typing import Any

from runtime.images.models.bedrock import invoke, read_picture
from runtime.images.port import ImageFailed, ImageFiltered, Words
from runtime.images.request import AspectRatio

PROMPT_LIMIT = 1_024
MOST_SEED = 2_147_483_646
_PIXELS = 1_024 * 1_024
_STEP = 16
_FILTER_WORDS = ("content filter", "conflict", "responsible", "polic", "blocked", "filtered")


class NovaCanvasModel:
    """Task TEXT_IMAGE, one picture a call."""

    prompt_limit = PROMPT_LIMIT
    most_seed = MOST_SEED

    def __init__(self, client: Any, model_id: str) -> None:
        self._client = client
        self.model_id = model_id

    def make(self, words: Words, aspect_ratio: AspectRatio, seed: int) -> bytes:
        """A PNG file of about a megapixel. Raises an ImageError."""
        width, height = fit_sides(aspect_ratio)
        shown: dict[str, Any] = {"text": words.prompt}
        if words.negative:
            shown["negativeText"] = words.negative[:PROMPT_LIMIT]
        request = {
            "taskType": "TEXT_IMAGE",
            "textToImageParams": shown,
            "imageGenerationConfig": {
                "width": width,
                "height": height,
                "quality": "standard",
                "cfgScale": 6.5,
                "seed": seed,
                "numberOfImages": 1,
            },
        }
        answer = invoke(self._client, self.model_id, request)
        images = answer.get("images")
        if error := answer.get("error"):
            raise _explain(self.model_id, str(error))
        return read_picture(self.model_id, images[0] if isinstance(images, list) and images else None)


def fit_sides(aspect_ratio: AspectRatio) -> tuple[int, int]:
    """Width and height in pixels: about a megapixel, multiples of 16, within 320..4096."""
    across, down = aspect_ratio.sides
    unit = math.sqrt(_PIXELS / (across * down))
    return _round(across * unit), _round(down * unit)


def _round(pixels: float) -> int:
    return max(320, round(pixels / _STEP) * _STEP)


def _explain(model_id: str, error: str) -> ImageFiltered | ImageFailed:
    text = f"{model_id}: {error}"
    if any(words in error.lower() for words in _FILTER_WORDS):
        return ImageFiltered(text, billed=True)
    return ImageFailed(text, billed=True)
