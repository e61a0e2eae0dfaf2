"""Telling a photo of a person from one of a product, and where the person will be."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from local.ai.embedder.pixels import to_lab
from runtime.fitting.faces import Face, find_face

_LEAST_SCORE = 0.76
_ALIKE = 13.0  # distance of colours in L*a*b* that counts as the same
_MOST_ALIKE = 0.22  # share of the photo that may look like the face without being one

# Half widths of a person by height, in heads from the chin down, arms and a wide skirt included; the first
# number of each row is the height. What lies beyond is surroundings.
_REACH = (
    (-1.35, 0.70),
    (-0.2, 0.80),
    (0.15, 1.15),
    (0.5, 1.22),
    (1.0, 1.55),
    (1.6, 1.80),
    (2.6, 1.85),
    (3.4, 1.55),
    (5.0, 1.30),
    (7.4, 1.15),
)


def expect_person(pixels: NDArray[np.uint8], subject: NDArray[np.float32]) -> NDArray[np.float32] | None:
    """Probability of each pixel (h, w, 3) to be of a person; None where the photo shows none.

    `subject` (h, w) tells what differs from the surroundings.
    """
    face = find_face(Image.fromarray(pixels))
    if face is None or _goes_on_above(subject, face) or not _is_person(pixels, face):
        return None
    h, w = pixels.shape[:2]
    y, x = np.mgrid[0:h, 0:w].astype(np.float32)
    head = 2.25 * face.half_height
    down = (y - face.chin) / head
    across = np.abs(x - face.x) / head
    table = np.array(_REACH, dtype=np.float32)
    reach = np.interp(down, table[:, 0], table[:, 1], left=0.0, right=0.0)
    core = np.interp(down, (-0.8, -0.7, -0.1, 0.1, 0.45, 2.4, 2.6), (0.0, 0.24, 0.2, 0.14, 0.5, 0.4, 0.0))
    likely = 0.7 - 0.25 * across / np.maximum(reach, 0.01)
    guess = np.where(across < reach, np.maximum(likely * (0.45 + subject), 0.26), 0.0)
    return np.where(across < core, 1.0, np.minimum(guess, 0.99)).astype(np.float32)


def _goes_on_above(subject: NDArray[np.float32], face: Face) -> bool:
    """Whether there is more of the subject above the hair: then the oval is a print on a garment."""
    crown = max(int(face.y - 1.75 * face.half_height), 0)
    left, right = int(max(face.x - 1.5 * face.half_width, 0)), int(face.x + 1.5 * face.half_width) + 1
    above = subject[:crown, left:right]
    return bool(above.size and (above > 0.5).mean() > 0.3) or crown > 0.26 * len(subject)


def _is_person(pixels: NDArray[np.uint8], face: Face) -> bool:
    """A face is high up and near the middle, and little else in the photo has its colour."""
    h, w = pixels.shape[:2]
    if (
        face.score < _LEAST_SCORE
        or face.chin + 2 * face.half_height > h
        or face.y > 0.45 * h
        or abs(face.x - 0.5 * w) > 0.28 * w
    ):
        return False
    lab = to_lab(pixels)
    y, x = np.mgrid[0:h, 0:w].astype(np.float32)
    oval = np.hypot((x - face.x) / face.half_width, (y - face.y) / face.half_height)
    tone = np.median(lab[oval < 0.6], axis=0)
    alike = np.linalg.norm((lab - tone) * (0.6, 1.3, 1.3), axis=-1) < _ALIKE
    elsewhere = alike[oval > 1.6].mean()
    edge = np.concatenate([alike[:3].ravel(), alike[:, :3].ravel(), alike[:, -3:].ravel()]).mean()
    beside = alike[(oval > 1.25) & (oval < 1.7) & (y < face.y)].mean()
    return bool(elsewhere < _MOST_ALIKE and edge < 0.12 and beside < 0.45)
