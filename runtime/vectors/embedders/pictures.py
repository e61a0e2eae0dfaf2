"""Making a picture fit a model's limits without touching one that already does."""

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtime.vectors.errors import EmbeddingRefused

if TYPE_CHECKING:
    from PIL import Image

SHRUNK_SIDE = 768
"""Longest side of a re-encoded picture, in pixels: models look at far fewer, and requests stay small."""
JPEG_QUALITY = 90


@dataclass(frozen=True, slots=True)
class PictureLimits:
    """What a model accepts: formats in Pillow's names, longest side in pixels, size in bytes."""

    formats: frozenset[str]
    longest_side: int
    most_bytes: int


def fit_picture(picture: bytes, limits: PictureLimits) -> tuple[bytes, str]:
    """The picture as the model takes it, and its format in lower case (`jpeg`, `png`, `webp`).

    One within the limits comes back unchanged, byte for byte, so that equal pictures have equal embeddings;
    any other is shrunk to a longest side of 768 pixels and stored as JPEG. Raises EmbeddingRefused for bytes
    that are no picture.
    """
    # Pillow is imported here because a search by words does not need it.
    from PIL import Image

    try:
        with Image.open(io.BytesIO(picture)) as image:
            if _fits(image, len(picture), limits):
                return picture, str(image.format).lower()
            return _encode(image), "jpeg"
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise EmbeddingRefused(f"the picture cannot be read: {error}") from error


def _fits(image: "Image.Image", size: int, limits: PictureLimits) -> bool:
    return (
        image.format in limits.formats
        and max(image.size) <= limits.longest_side
        and size <= limits.most_bytes
    )


def _encode(image: "Image.Image") -> bytes:
    from PIL import Image, ImageOps

    # `draft` lets a large JPEG be decoded at a fraction of its size.
    image.draft("RGB", (2 * SHRUNK_SIDE, 2 * SHRUNK_SIDE))
    plain = _on_white(ImageOps.exif_transpose(image))
    plain.thumbnail((SHRUNK_SIDE, SHRUNK_SIDE), Image.Resampling.LANCZOS)
    output = io.BytesIO()
    plain.save(output, "JPEG", quality=JPEG_QUALITY)
    return output.getvalue()


def _on_white(image: "Image.Image") -> "Image.Image":
    from PIL import Image

    if not image.has_transparency_data:
        return image.convert("RGB")
    layer = image.convert("RGBA")
    canvas = Image.new("RGBA", layer.size, "white")
    canvas.alpha_composite(layer)
    return canvas.convert("RGB")
