"""What can be said of a photo for the fitting room before it is sent anywhere."""

import io

from PIL import Image, ImageFilter, ImageStat

from ui.photos import Photo, PhotoProblem, prepare_photo

LONGEST_SIDE = 1536
_SHORTEST_SIDE = 320
_GOOD_SIDE = 512
_DARK, _BRIGHT = 60, 215
_SHARP = 6.0
"""Standard deviation of the edges at 512 pixels; below it lies what nobody would call sharp."""

_SIZE = "It is small: a photo of at least 512 × 680 pixels gives a better picture."
_SHAPE = "It is wider than tall: hold the phone upright, so that your whole upper body is in the picture."
_DARK_TEXT = "It is dark: stand facing a window or a lamp."
_BRIGHT_TEXT = "It is very bright: step out of direct light."
_BLUR = "It looks blurred: hold still, or lean the phone against something."


def prepare_person(data: bytes) -> tuple[Photo, tuple[str, ...]]:
    """A photo of a person, upright and without metadata, and what would make a better one.

    Raises PhotoProblem when it cannot be used at all.
    """
    photo = prepare_photo(data, LONGEST_SIDE)
    with Image.open(io.BytesIO(photo.data)) as image:
        if min(image.size) < _SHORTEST_SIDE:
            raise PhotoProblem(
                f"That photo is too small: it needs at least {_SHORTEST_SIDE} pixels on each side."
            )
        return photo, advise(image)


def advise(image: Image.Image) -> tuple[str, ...]:
    """What would make a better photo; empty when it looks fine."""
    grey = image.convert("L")
    brightness = ImageStat.Stat(grey).mean[0]
    grey.thumbnail((_GOOD_SIDE, _GOOD_SIDE))
    inner = grey.filter(ImageFilter.FIND_EDGES).crop((1, 1, grey.width - 1, grey.height - 1))
    found = {
        _SIZE: min(image.size) < _GOOD_SIDE,
        _SHAPE: image.width > image.height,
        _DARK_TEXT: brightness < _DARK,
        _BRIGHT_TEXT: brightness > _BRIGHT,
        _BLUR: ImageStat.Stat(inner).stddev[0] < _SHARP,
    }
    return tuple(text for text, holds in found.items() if holds)
