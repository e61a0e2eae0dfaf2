"""A look at a shopper's photo before any money is spent on it: arithmetic on a small copy, no model.

It never says no to a doubtful photo, only to a hopeless one: too small, blank, or dark to the last pixel.
Everything else is advice.
"""

from dataclasses import dataclass

import numpy as np

from runtime.fitting.faces import Face, find_face, find_faces
from runtime.fitting.pixels import Array, open_photo, shrink
from runtime.shared.images import check_picture

MOST_BYTES = 25_000_000
SHORTEST_SIDE = 256
"""Pixels; below it a garment has no details."""
_GOOD_SIDE = 480
_SIDE = 512
_SHARP = 2.2e-4  # variance of the Laplacian of luma 0..1 on the small copy; photos out of focus have less
_BLANK = 0.012  # standard deviation of luma 0..1
_DARK, _BRIGHT = 0.16, 0.90  # mean luma
_BUSY = 0.085  # mean gradient along the upper edges

LARGER = "Use a larger photo: at least 256 pixels on its shorter side."
BLANK = "Nothing can be seen in this photo. Take another one in good light."
NO_FACE = "Face the camera: we could not make out your face."
UPPER_BODY = "Show your whole upper body: step back until your hips are in the photo."
FULL_BODY = "For trousers, skirts, dresses and shoes, show your whole body, feet included."
HIGHER = "Leave some room above your head."
SEVERAL = "Be alone in the photo: it seems to show more than one person."
SHARPER = "Hold the camera still or clean the lens: the photo is blurred."
LIGHTER = "Take the photo in brighter light."
DARKER = "Take the photo in softer light: it is very bright."
PLAIN = "Stand in front of a plain wall."
MORE_PIXELS = "A larger photo would show the garment in more detail."


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
    if min(found.width, found.height) < SHORTEST_SIDE:
        return PersonReport(False, (LARGER,))
    photo = shrink(open_photo(picture), _SIDE)
    luma = np.asarray(photo.convert("L"), dtype=np.float32) / np.float32(255)
    if float(luma.std()) < _BLANK:
        return PersonReport(False, (BLANK,))
    face = find_face(photo)
    advice = [NO_FACE] if face is None else _judge_place(face, photo.width, photo.height)
    others = find_faces(photo)
    if face is not None and any(_is_other(face, other) for other in others):
        advice.append(SEVERAL)
    advice += _judge_light(luma)
    if _is_busy(luma):
        advice.append(PLAIN)
    if min(found.width, found.height) < _GOOD_SIDE:
        advice.append(MORE_PIXELS)
    return PersonReport(True, tuple(advice), face is not None and _shows_feet(face, photo.height))


def _judge_place(face: Face, width: int, height: int) -> list[str]:
    advice: list[str] = []
    head = 2.2 * face.half_height
    if face.chin + 1.7 * head > height:
        advice.append(UPPER_BODY)
    elif not _shows_feet(face, height):
        advice.append(FULL_BODY)
    if face.y - 1.15 * face.half_height < 0:
        advice.append(HIGHER)
    return advice


def _shows_feet(face: Face, height: int) -> bool:
    """A body is some six and a half heads long below the chin."""
    return face.chin + 5.6 * 2.2 * face.half_height <= height


def _is_other(face: Face, other: Face) -> bool:
    """Another face of about the same size, beside the first one."""
    apart = abs(other.x - face.x) > 3 * face.half_width and abs(other.y - face.y) < 2 * face.half_height
    return apart and 0.7 < other.half_width / face.half_width < 1.4


def _judge_light(luma: Array) -> list[str]:
    advice: list[str] = []
    around = luma[:-2, 1:-1] + luma[2:, 1:-1] + luma[1:-1, :-2] + luma[1:-1, 2:]
    if float((around - 4 * luma[1:-1, 1:-1]).var()) < _SHARP:
        advice.append(SHARPER)
    mean = float(luma.mean())
    if mean < _DARK:
        advice.append(LIGHTER)
    if mean > _BRIGHT:
        advice.append(DARKER)
    return advice


def _is_busy(luma: Array) -> bool:
    """Whether much goes on along the left and right edge, where there should be wall."""
    w = luma.shape[1]
    strips = (luma[:, : w // 6], luma[:, -w // 6 :])
    steps = [np.abs(np.diff(strip, axis=axis)).mean() for strip in strips for axis in (0, 1)]
    return float(np.mean(steps)) > _BUSY
