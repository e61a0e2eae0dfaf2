"""A look at a shopper's photo before any money is spent on it."""

from dataclasses import dataclass

from runtime.shared.images import check_picture

MOST_BYTES = 25_000_000
SHORTEST_SIDE = 256
_LARGER = "Use a larger photo: at least 256 pixels on its shorter side."


@dataclass(frozen=True, slots=True)
class PersonReport:
    """What the photo shows, as far as it can be told without a model."""

    usable: bool
    """False only where nothing good can come of it; in doubt there is advice instead."""
    advice: tuple[str, ...]
    """Sentences for the shopper, the most useful one first."""
    full_body: bool = False
    """Whether legs and feet seem to show."""


def inspect_person(picture: bytes) -> PersonReport:
    """Judge a photo (JPEG, PNG or WebP). Raises PictureRefused for what is no picture."""
    found = check_picture(picture, max_bytes=MOST_BYTES)
    small = min(found.width, found.height) < SHORTEST_SIDE
    return PersonReport(not small, (_LARGER,) if small else ())
