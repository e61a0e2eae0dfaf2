"""Stability AI's text-to-image models: Stable Image Core, Stable Image Ultra, Stable Diffusion 3.5 Large.

Request and answer (the fields and their ranges are to be confirmed with one real call per model):
https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-stability-diffusion.html
"""

from typing import Any

from runtime.images.models.bedrock import invoke, read_picture
from runtime.images.port import ImageFailed, ImageFiltered, Words
from runtime.images.request import AspectRatio

PROMPT_LIMIT = 10_000
MOST_SEED = 4_294_967_294


class StabilityModel:
    """One picture a call. The three models take the same fields for a picture made from words alone."""

    prompt_limit = PROMPT_LIMIT
    most_seed = MOST_SEED

    def __init__(self, client: Any, model_id: str) -> None:
        self._client = client
        self.model_id = model_id
        # Core and Ultra make nothing else from words alone, so only SD3.5 is told the mode.
        self._mode = {"mode": "text-to-image"} if ".sd3-" in model_id else {}

    def make(self, words: Words, aspect_ratio: AspectRatio, seed: int) -> bytes:
        """A PNG file of about a megapixel. Raises an ImageError."""
        request: dict[str, Any] = {
            **self._mode,
            "prompt": words.prompt,
            "aspect_ratio": aspect_ratio.value,
            "seed": seed,
            "output_format": "png",
        }
        if words.negative:
            request["negative_prompt"] = words.negative
        answer = invoke(self._client, self.model_id, request)
        _check_reasons(self.model_id, answer.get("finish_reasons"))
        return read_picture(self.model_id, _first(answer.get("images")))


def _check_reasons(model_id: str, reasons: Any) -> None:
    """A null stands for success, a text for the filter that struck (the pictures may then be missing)."""
    reason = _first(reasons)
    if not reason:
        return
    text = str(reason)
    if "filter" in text.lower():
        raise ImageFiltered(f"{model_id}: {text}", billed="output" in text.lower())
    raise ImageFailed(f"{model_id}: finished with {text[:100]}", billed=True)


def _first(values: Any) -> Any:
    return values[0] if isinstance(values, list) and values else None
