"""Deciding whether some bytes are a picture that can be used, whatever their name or sender says.

Only JPEG, PNG and WebP are opened. Size limits are checked in the header, before anything is decoded;
then the whole picture is decoded, which finds damage. Pillow is imported when the first picture comes:
most searches are words.
"""

import base64
import binascii
import io
import warnings
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

MEGABYTE = 1024 * 1024
FORMATS = ("JPEG", "PNG", "WEBP")
MIN_SIDE = 32
MAX_PIXELS = 40_000_000
"""As many as a 40-megapixel camera makes; decoded they take 120 MB."""

_SIGNATURES = ((b"\xff\xd8\xff", 0), (b"\x89PNG\r\n\x1a\n", 0), (b"WEBP", 8))
_MODES = frozenset({"1", "L", "LA", "P", "PA", "RGB", "RGBA"})
_SMALL = (256, 256)


class Refusal(StrEnum):
    """Why a picture was refused."""

    NOT_BASE64 = "not-base64"
    NOT_A_PICTURE = "not-a-picture"
    TOO_MANY_BYTES = "too-many-bytes"
    TOO_MANY_PIXELS = "too-many-pixels"
    TOO_SMALL = "too-small"
    DAMAGED = "damaged"
    CMYK = "cmyk"
    DEEP_COLOUR = "deep-colour"
    ANIMATED = "animated"


class PictureRefused(Exception):
    """The bytes cannot be used, now or later; the text says what is wrong and what to do."""

    def __init__(self, code: Refusal, advice: str) -> None:
        super().__init__(f"{code.value}: {advice}")
        self.code = code
        self.advice = advice


@dataclass(frozen=True, slots=True)
class Picture:
    """A usable picture: its format in Pillow's name (JPEG, PNG or WEBP), its width and height in pixels."""

    format: str
    width: int
    height: int

    @property
    def content_type(self) -> str:
        return f"image/{self.format.lower()}"


def check_picture(data: bytes, *, max_bytes: int = 5 * MEGABYTE, max_pixels: int = MAX_PIXELS) -> Picture:
    """Look at a picture's header, then decode all of it. Raises PictureRefused."""
    if len(data) > max_bytes:
        raise refuse_size(max_bytes)
    if not any(data[start : start + len(mark)] == mark for mark, start in _SIGNATURES):
        raise PictureRefused(Refusal.NOT_A_PICTURE, "Send a JPEG, PNG or WebP picture.")
    from PIL import Image, UnidentifiedImageError

    _make_warnings_errors()
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            picture = _check_header(image, data, max_pixels)
            _decode(image)
            return picture
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _refuse_pixels(max_pixels) from None
    except UnidentifiedImageError:
        raise PictureRefused(Refusal.NOT_A_PICTURE, "Send a JPEG, PNG or WebP picture.") from None
    except (OSError, ValueError, SyntaxError, EOFError, IndexError, Warning):
        advice = "The picture is cut short or damaged; save it again and send the new file."
        raise PictureRefused(Refusal.DAMAGED, advice) from None


def decode_base64(text: str, *, max_bytes: int) -> bytes:
    """The bytes of a base64 text or of a `data:` URL with one. Raises PictureRefused."""
    if text.startswith("data:"):
        head, _, text = text.partition(",")
        if not head.endswith(";base64"):
            raise PictureRefused(Refusal.NOT_BASE64, "A data: URL must be base64 encoded.")
    if len(text) > (max_bytes + 2) // 3 * 4:
        raise refuse_size(max_bytes)
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise PictureRefused(Refusal.NOT_BASE64, "The picture is not valid base64.") from None
    if not data:
        raise PictureRefused(Refusal.NOT_A_PICTURE, "The picture is empty.")
    return data


def refuse_size(max_bytes: int) -> PictureRefused:
    """The refusal of a picture of more than `max_bytes`."""
    return PictureRefused(
        Refusal.TOO_MANY_BYTES, f"The picture may have {max_bytes / MEGABYTE:g} MB; make it smaller."
    )


@cache
def _make_warnings_errors() -> None:
    """For good rather than around each call: `catch_warnings` is not safe with threads."""
    warnings.filterwarnings("error", module=r"PIL\.")


def _check_header(image: "ImageFile", data: bytes, max_pixels: int) -> Picture:
    width, height = image.size
    if width * height > max_pixels:
        raise _refuse_pixels(max_pixels)
    if min(width, height) < MIN_SIDE:
        raise PictureRefused(
            Refusal.TOO_SMALL, f"The picture must be at least {MIN_SIDE} pixels on each side."
        )
    if image.mode in ("CMYK", "LAB"):
        raise PictureRefused(Refusal.CMYK, "The picture is made for print (CMYK); convert it to sRGB.")
    if image.mode not in _MODES or _is_deep_png(data):
        raise PictureRefused(Refusal.DEEP_COLOUR, "The picture has 16 bits per colour; convert it to 8 bits.")
    # A phone's multi-picture JPEG (MPO) is one photo with extras behind it, and reads as that photo.
    kind = "JPEG" if image.format == "MPO" else str(image.format)
    if getattr(image, "is_animated", False) and kind != "JPEG":
        raise PictureRefused(Refusal.ANIMATED, "The picture is animated; send one still frame of it.")
    return Picture(kind, width, height)


def _is_deep_png(data: bytes) -> bool:
    """Pillow opens a 16-bit colour PNG as an 8-bit one; byte 24 is the bit depth (PNG, 11.2.2)."""
    return data.startswith(b"\x89PNG") and data[24:25] == b"\x10"


def _decode(image: "ImageFile") -> None:
    # A JPEG is read to its last byte at an eighth of the size too, in a fraction of the time and memory.
    image.draft("RGB", _SMALL)
    image.load()


def _refuse_pixels(max_pixels: int) -> PictureRefused:
    return PictureRefused(
        Refusal.TOO_MANY_PIXELS,
        f"The picture may have {max_pixels // 1_000_000} megapixels; make it smaller.",
    )
