"""Reading what Nova Canvas and the self-hosted endpoint answer: a picture, and a mask with black edited."""

from typing import Any

import numpy as np
from PIL import Image

from runtime.fitting.masks import invert
from runtime.fitting.models.calls import FILTER_WORDS, FILTERED, NOT_POSSIBLE, read_picture
from runtime.fitting.pixels import as_image, blur, encode_png, grow, open_photo, read_mask
from runtime.fitting.port import Rendered, RenderRequest, TryOnGarbage, TryOnRefused

_CHANGED = 0.06  # difference of a pixel, 0..1, above which it counts as made anew
_POLICY_WORDS = (*FILTER_WORDS, "conflict", "polic", "responsible")


def read_answer(name: str, answer: dict[str, Any], request: RenderRequest, price_usd: float) -> Rendered:
    """The picture of an answer `{"images", "maskImage"?, "error"?}`, with the photo's own pixels put back
    outside of the mask. Raises TryOnRefused or TryOnGarbage."""
    images = answer.get("images")
    encoded = images[0] if isinstance(images, list) and images else None
    error = answer.get("error")
    if encoded is None and error:
        filtered = any(words in str(error).lower() for words in _POLICY_WORDS)
        raise TryOnRefused(FILTERED if filtered else NOT_POSSIBLE, cost_usd=price_usd)
    photo = open_photo(request.person)
    made = open_photo(read_picture(name, encoded, price_usd))
    if abs(made.width / made.height - photo.width / photo.height) > 0.03 * photo.width / photo.height:
        raise TryOnGarbage(f"{name} changed the photo's shape", cost_usd=price_usd)
    made = made.resize(photo.size, Image.Resampling.LANCZOS) if made.size != photo.size else made
    mask = _read_mask(name, answer, photo, made, price_usd)
    if request.keep is not None:
        mask = np.where(read_mask(request.keep, photo.size) > 127, 0, mask).astype(np.uint8)
    restored = photo.copy()
    restored.paste(made, (0, 0), Image.fromarray(mask))
    return Rendered(encode_png(restored), encode_png(Image.fromarray(mask)), name, request.seed, price_usd)


def _read_mask(
    name: str, answer: dict[str, Any], photo: Image.Image, made: Image.Image, price_usd: float
) -> np.ndarray:
    """White is new. Without a mask in the answer: wherever the picture differs from the photo."""
    encoded = answer.get("maskImage")
    if encoded is not None:
        mask = read_mask(invert(read_picture(name, encoded, price_usd)), photo.size)
        return np.where(mask > 127, 255, 0).astype(np.uint8)
    before = np.asarray(photo, dtype=np.float32) / 255
    after = np.asarray(made, dtype=np.float32) / 255
    changed = blur(np.abs(before - after).max(axis=-1), 2) > _CHANGED
    return np.asarray(as_image(grow(changed, 3).astype(np.float32)))
