"""Pictures as base64 within the size of an answer."""

import base64
import io
from collections.abc import Sequence

from runtime.shared.problems import Problem

MAX_ANSWER = 5_800_000
"""Characters. Lambda's answers have 6 MB: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""
_QUALITIES = (92, 82, 70)


def pack(pictures: Sequence[tuple[bytes, str]], most: int = MAX_ANSWER) -> list[dict[str, str]]:
    """Files with their content types as `{"base64", "content_type"}`; as JPEG when they are too large.

    Raises a 422 Problem when they are still too large then.
    """
    packed = list(pictures)
    for quality in (None, *_QUALITIES):
        if quality is not None:
            packed = [(_shrink(data, quality), "image/jpeg") for data, _ in pictures]
        if sum(_encoded_size(data) for data, _ in packed) <= most:
            return [
                {"base64": base64.b64encode(data).decode(), "content_type": kind} for data, kind in packed
            ]
    raise Problem(422, "Too large", 'The pictures do not fit into an answer; use "response_format": "url".')


def _encoded_size(data: bytes) -> int:
    return (len(data) + 2) // 3 * 4 + 64


def _shrink(data: bytes, quality: int) -> bytes:
    from PIL import Image

    output = io.BytesIO()
    with Image.open(io.BytesIO(data)) as image:
        image.convert("RGB").save(output, "JPEG", quality=quality)
    return output.getvalue()
