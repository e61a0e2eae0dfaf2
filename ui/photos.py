"""A shopper's photo, made ready to be sent: upright, small, and without the metadata that cameras add."""

import base64
import io
from dataclasses import dataclass

from PIL import Image, ImageOps, UnidentifiedImageError

_FORMATS = ("JPEG", "PNG", "WEBP")
_LONGEST_SIDE = 1024
_MOST_PIXELS = 60_000_000
_KEPT_BYTES = 1_500_000


class PhotoProblem(ValueError):
    """A photo that cannot be used; the text says so to the shopper."""


@dataclass(frozen=True, slots=True)
class Photo:
    """Picture bytes in a format that browsers show, with their MIME type."""

    data: bytes
    content_type: str

    @property
    def base64(self) -> str:
        """The bytes as the API takes them."""
        return base64.b64encode(self.data).decode("ascii")


def prepare_photo(data: bytes, longest_side: int = _LONGEST_SIDE) -> Photo:
    """The photo with its longest side at most `longest_side` pixels; a small and plain one is left as it is.

    Raises PhotoProblem when it is no JPEG, PNG or WebP picture, is damaged, or has over 60 million pixels.
    """
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            if image.width * image.height > _MOST_PIXELS:
                raise PhotoProblem("That photo has too many pixels. Please choose a smaller one.")
            if _is_plain(image, len(data), longest_side):
                image.load()
                return Photo(data, "image/jpeg")
            return _redraw(image, longest_side)
    except UnidentifiedImageError:
        raise PhotoProblem("We cannot read that file. Please choose a JPEG, PNG or WebP photo.") from None
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        if isinstance(error, PhotoProblem):
            raise
        raise PhotoProblem("That photo seems to be damaged. Please try another one.") from None


def _is_plain(image: Image.Image, size: int, longest_side: int) -> bool:
    """Whether nothing has to change, so that the very bytes of a catalogue picture find that picture."""
    return (
        image.format == "JPEG"
        and image.mode == "RGB"
        and max(image.size) <= longest_side
        and size <= _KEPT_BYTES
        and not image.getexif()
    )


def _redraw(image: Image.Image, longest_side: int) -> Photo:
    image.draft("RGB", (longest_side * 2, longest_side * 2))
    upright = ImageOps.exif_transpose(image)
    upright.thumbnail((longest_side, longest_side))
    buffer = io.BytesIO()
    _on_white(upright).save(buffer, "JPEG", quality=92)
    return Photo(buffer.getvalue(), "image/jpeg")


def _on_white(image: Image.Image) -> Image.Image:
    if not image.has_transparency_data:
        return image.convert("RGB")
    layer = image.convert("RGBA")
    sheet = Image.new("RGBA", layer.size, "white")
    return Image.alpha_composite(sheet, layer).convert("RGB")
