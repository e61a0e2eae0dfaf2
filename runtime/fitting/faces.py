"""Finding the face in a photo with nothing but arithmetic: an upright oval of skin, other things around it.

Skin is told by its chroma, which differs little between light and deep skin (Chai and Ngan 1999); only how
bright it is does, so brightness does not count.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from runtime.fitting.pixels import Array, shrink

_SIDE = 128
_ASPECT = 1.36
"""Height of a face to its width, from the brow's hairline to the chin."""
_SIZES = tuple(float(size) for size in np.geomspace(0.024, 0.21, 12))
"""Half widths of faces looked for, as shares of the photo's longer side."""
_LEAST_SCORE = 0.38
_MOST_FACES = 3
_EYES = 0.9  # weight of dark eyes
_LARGER = 0.16  # for each e-fold of size
_CENTRE = 0.3  # weight of being high and in the middle


@dataclass(frozen=True, slots=True)
class Face:
    """An oval: its middle and half axes in pixels; how sure it is, about 0..1."""

    x: float
    y: float
    half_width: float
    half_height: float
    score: float

    @property
    def chin(self) -> float:
        return self.y + self.half_height


def skin_likelihood(rgb: Array) -> Array:
    """How much each pixel (h, w, 3, 0..1) has the chroma of skin: (h, w) of 0..1."""
    r, g, b = (rgb[..., channel] * 255 for channel in range(3))
    luma = 0.299 * r + 0.587 * g + 0.114 * b
    # Chroma shrinks in the dark, so that it is judged in relation to the brightness.
    gain = 128 / np.maximum(luma, 24)
    cr, cb = (r - luma) * 0.713 * gain, (b - luma) * 0.564 * gain
    hue = _ramp(cr, 4.5, 9) * (1 - _ramp(cr, 62, 78)) * (1 - _ramp(cb, -4, 2)) * _ramp(cb, -62, -50)
    warm = _ramp(r - g, 2, 8) * _ramp(g - b, -14, -4)
    return (hue * warm * _ramp(luma, 22, 34)).astype(np.float32)


def find_face(photo: Image.Image, alpha: NDArray[np.uint8] | None = None) -> Face | None:
    """The most face-like place of an RGB photo; `alpha` (h, w) tells where the person is, if known."""
    return max(find_faces(photo, alpha), key=lambda face: face.score, default=None)


def find_faces(photo: Image.Image, alpha: NDArray[np.uint8] | None = None) -> list[Face]:
    """All face-like places of an RGB photo that do not overlap, the surest first."""
    small = shrink(photo, _SIDE)
    scale = photo.width / small.width
    rgb = np.asarray(small, dtype=np.float32) / 255
    skin = skin_likelihood(rgb)
    if alpha is not None:
        inside = np.asarray(Image.fromarray(alpha).resize(small.size, Image.Resampling.BOX)) / np.float32(255)
        skin = skin * inside
    luma = rgb @ np.array([0.299, 0.587, 0.114], dtype=np.float32)
    found: list[Face] = []
    for size in _SIZES:
        half = size * max(small.size)
        if half < 3 or 2 * half > small.width or 2 * _ASPECT * half > small.height:
            continue
        score = _score(skin, luma, half)
        for _ in range(_MOST_FACES):
            y, x = np.unravel_index(int(score.argmax()), score.shape)
            value = float(score[y, x])
            if value < _LEAST_SCORE:
                break
            place = ((float(x) + 0.5) * scale, (float(y) + 0.5) * scale)
            found.append(Face(*place, half * scale, _ASPECT * half * scale, value))
            reach = int(2 * half)
            score[max(y - reach, 0) : y + reach + 1, max(x - reach, 0) : x + reach + 1] = -1
    found.sort(key=lambda face: -face.score)
    kept: list[Face] = []
    for face in found:
        if all(_are_apart(face, other) for other in kept):
            kept.append(face)
    return kept


def _are_apart(face: Face, other: Face) -> bool:
    reach = face.half_width + other.half_width
    return abs(face.x - other.x) > reach or abs(face.y - other.y) > _ASPECT * reach


def _score(skin: Array, luma: Array, half: float) -> Array:
    """For each place, how much a face of this half width would fit there."""
    h, w = skin.shape
    high = _ASPECT * half
    reach = int(np.ceil(high * 1.5))
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1].astype(np.float32)
    distance = np.hypot(x / half, y / high)
    face = (distance <= 0.95).astype(np.float32)
    # The neck below is skin as well, so the ring is looked at beside and above only.
    ring = ((distance > 1.12) & (distance < 1.5) & (y < 0.45 * high)).astype(np.float32)
    eyes = ((np.abs(y + 0.12 * high) < 0.13 * high) & (np.abs(np.abs(x) - 0.42 * half) < 0.24 * half)).astype(
        np.float32
    )
    cheeks = (
        (np.abs(y - 0.25 * high) < 0.15 * high) & (np.abs(np.abs(x) - 0.42 * half) < 0.24 * half)
    ).astype(np.float32)
    spectrum = _Spectrum((h, w), reach)
    inside, around = spectrum.mean(skin, face), spectrum.mean(skin, ring)
    darker = spectrum.mean(luma, cheeks) - spectrum.mean(luma, eyes)
    places_y, places_x = np.mgrid[0:h, 0:w].astype(np.float32)
    middle = 1 - np.abs(places_x / w - 0.5) * 1.2 - np.maximum(places_y / h - 0.3, 0) * 2.5
    fits = (places_x > 0.8 * half) & (places_x < w - 0.8 * half) & (places_y > 0.8 * high)
    # The middle of a face is an oval of skin too: of two that fit, the larger one is the face.
    score = (
        _LARGER * np.log(half)
        + (inside - around)
        + _EYES * np.clip(darker, 0, 0.18)
        + _CENTRE * middle
        - _CENTRE
        - _LARGER * np.log(5)
    )
    return np.where(fits & (inside > 0.55), score, -1).astype(np.float32)


class _Spectrum:
    """Means under a stencil at all places at once, by Fourier transforms; beyond the edge is nothing."""

    def __init__(self, shape: tuple[int, int], reach: int) -> None:
        self._shape = shape
        self._reach = reach
        self._padded = (shape[0] + 2 * reach, shape[1] + 2 * reach)

    def mean(self, values: Array, stencil: Array) -> Array:
        field = np.fft.rfft2(values, self._padded)
        kernel = np.fft.rfft2(stencil[::-1, ::-1] / stencil.sum(), self._padded)
        full = np.fft.irfft2(field * kernel, self._padded)
        r, (h, w) = self._reach, self._shape
        return full[r : r + h, r : r + w].astype(np.float32)


def _ramp(values: Array, low: float, high: float) -> Array:
    return np.clip((values - low) / (high - low), 0, 1).astype(np.float32)
