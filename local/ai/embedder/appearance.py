"""What is seen of a garment: category, pattern, colours, shape, and a fine signature of the picture."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from local.ai.embedder.features import average, feature_maps
from local.ai.embedder.lexicon import CATEGORIES
from local.ai.embedder.network import Network
from local.ai.embedder.palette import assign_anchors
from local.ai.embedder.pixels import Array, to_lab
from local.ai.embedder.segment import cut_out
from local.ai.embedder.views import Frame, cut_view, frame_garment

_SLEEVED = np.array([name in ("dress", "longsleeve", "outwear", "shirt", "t-shirt") for name in CATEGORIES])
_MOST_PIXELS = 900
_MOST_GAIN = 1.7
_SURE = 180  # of 255: mask values that are surely garment
_THUMBNAIL = 8
_BACKDROP = np.array([75, 0, 0], dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Appearance:
    """A garment as numbers."""

    categories: Array  # (10,) probabilities
    patterns: Array  # (6,) probabilities
    anchors: Array  # (ANCHORS,) shares of the palette's anchors
    length: float  # -1 short .. 1 long for its category
    sleeves: float  # -1 short .. 1 long; 0 where there are none
    features: Array  # (64,) main directions of the network's last features
    thumbnail: Array  # (192,) cosine coefficients of the colours, coarse ones first
    slopes: Array  # (288,) slopes of lightness on a 6 x 6 grid
    layer: Image.Image  # the photo, at most 160 pixels long, with the garment's mask as alpha


class Observer:
    """Looks at photos with the trained network."""

    def __init__(self, weights: Mapping[str, Array]) -> None:
        self._network = Network(weights)
        self._mean, self._axes = weights["signature_mean"], weights["signature_axes"]
        self._heights = weights["heights"]

    def observe(self, image: Image.Image) -> Appearance:
        """Everything that is seen of the garment in the photo."""
        layer = cut_out(image)
        alpha = np.asarray(layer.getchannel("A"))
        frame = frame_garment(alpha.astype(np.float32) / 255)
        lab, mask = cut_view(layer, frame)
        maps = feature_maps(lab, mask)
        mirrored = feature_maps(lab[:, ::-1], mask[:, ::-1])
        reading = self._network.read(np.stack([maps, mirrored]))
        categories = reading.categories.mean(axis=0)
        return Appearance(
            categories=categories,
            patterns=reading.patterns.mean(axis=0),
            anchors=_anchor_shares(np.asarray(layer)),
            length=self._length(frame, categories),
            sleeves=_sleeve_length(mask) * float(categories[_SLEEVED].sum()),
            features=(reading.signature.mean(axis=0) - self._mean) @ self._axes,
            thumbnail=_thumbnail(lab, mask),
            slopes=average(maps[..., :8], 4).ravel() - maps[..., :8].mean(),
            layer=layer,
        )

    def _length(self, frame: Frame, categories: Array) -> float:
        usual, spread = self._heights[:, 0], self._heights[:, 1]
        above = (np.log(frame.aspect) - usual) / spread
        return float(np.tanh(categories @ above))


def _anchor_shares(pixels: NDArray[np.uint8]) -> Array:
    """Shares of the palette's anchors in the garment's pixels, of RGBA (h, w, 4)."""
    flat = pixels.reshape(-1, 4)
    inside = np.flatnonzero(flat[:, 3] >= min(_SURE, int(flat[:, 3].max())))
    step = max(1, len(inside) // _MOST_PIXELS)
    lab = to_lab(flat[inside[::step], :3], gain=_exposure(flat[:, :3]))
    return assign_anchors(lab).mean(axis=0)


def _exposure(rgb: NDArray[np.uint8]) -> float:
    """Factor of light that makes the brightest parts of a dim photo as bright as white cloth."""
    brightest = np.percentile(rgb[::7, 1], 98) / 255
    return float(np.clip((0.93 / max(brightest, 0.1)) ** 2.2, 1, _MOST_GAIN))


def _sleeve_length(mask: Array) -> float:
    """How far down the outermost parts of a top reach: -1 to the chest at most .. 1 to the hem."""
    solid = mask > 0.5
    columns, rows = np.flatnonzero(solid.any(axis=0)), np.flatnonzero(solid.any(axis=1))
    if len(columns) < 8:
        return 0.0
    left, right, top, bottom = columns[0], columns[-1], rows[0], rows[-1]
    edge = max(2, round(0.035 * (right - left)))
    sides = [solid[:, left : left + edge], solid[:, right - edge + 1 : right + 1]]
    reach = np.mean([np.flatnonzero(side.any(axis=1))[-1] for side in sides])
    return float(np.tanh(5 * ((reach - top) / max(bottom - top, 1) - 0.57)))


def _thumbnail(lab: Array, mask: Array) -> Array:
    """Cosine transform of the view's colours before a grey backdrop, ordered from coarse to fine."""
    shown = lab * mask[..., None] + _BACKDROP * (1 - mask[..., None])
    small = average(shown - np.array([60, 0, 0], dtype=np.float32), lab.shape[0] // _THUMBNAIL)
    cosines = _cosines()
    spectrum = np.einsum("ij,jkc->ikc", cosines, np.einsum("kl,jlc->jkc", cosines, small))
    return spectrum.reshape(-1, 3)[_coarse_first()].ravel()


@lru_cache(maxsize=1)
def _cosines() -> Array:
    """Orthonormal DCT-II matrix."""
    k = np.arange(_THUMBNAIL)
    matrix = np.cos(np.pi / _THUMBNAIL * (k[None, :] + 0.5) * k[:, None]) * np.sqrt(2 / _THUMBNAIL)
    matrix[0] /= np.sqrt(2)
    return matrix.astype(np.float32)


@lru_cache(maxsize=1)
def _coarse_first() -> np.ndarray:
    y, x = np.divmod(np.arange(_THUMBNAIL**2), _THUMBNAIL)
    return np.argsort(x + y, kind="stable")
