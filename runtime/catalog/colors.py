"""The dominant colour of a garment in a product photo, by name.

The background is what the border of the picture shows; what differs from it is the garment. Each of its
pixels votes for the nearest of a few named colours in CIELAB, and so does its middle more than its rim.
"""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

MULTICOLOUR = "multicolour"

# Several shades each, as a garment is lit: sRGB.
_SHADES: tuple[tuple[str, tuple[int, int, int]], ...] = (
    ("black", (15, 15, 17)),
    ("black", (42, 42, 45)),
    ("white", (250, 250, 250)),
    ("white", (226, 226, 228)),
    ("grey", (95, 95, 98)),
    ("grey", (130, 130, 133)),
    ("grey", (170, 170, 173)),
    ("red", (200, 25, 35)),
    ("red", (150, 20, 35)),
    ("red", (225, 70, 70)),
    ("red", (105, 28, 36)),
    ("pink", (245, 175, 195)),
    ("pink", (235, 105, 160)),
    ("pink", (215, 150, 160)),
    ("orange", (240, 125, 30)),
    ("orange", (220, 90, 30)),
    ("yellow", (245, 215, 60)),
    ("yellow", (240, 230, 140)),
    ("yellow", (205, 165, 40)),
    ("green", (60, 140, 70)),
    ("green", (30, 80, 50)),
    ("green", (120, 130, 80)),
    ("green", (150, 200, 150)),
    ("green", (75, 95, 80)),
    ("blue", (45, 100, 190)),
    ("blue", (110, 160, 215)),
    ("blue", (95, 120, 155)),
    ("blue", (60, 170, 190)),
    ("blue", (70, 85, 110)),
    ("blue", (150, 175, 200)),
    ("navy", (25, 35, 75)),
    ("navy", (40, 50, 85)),
    ("navy", (20, 28, 50)),
    ("navy", (34, 44, 64)),
    ("purple", (110, 55, 140)),
    ("purple", (160, 120, 190)),
    ("purple", (85, 35, 75)),
    ("brown", (100, 65, 40)),
    ("brown", (65, 42, 32)),
    ("brown", (140, 95, 60)),
    ("beige", (215, 195, 165)),
    ("beige", (190, 165, 135)),
    ("beige", (235, 222, 200)),
)
PALETTE = (*dict.fromkeys(name for name, _ in _SHADES), MULTICOLOUR)

_SIDE = 64
_BORDER = 3
_LEAST_DISTANCE, _MOST_DISTANCE = 12.0, 30.0  # in CIELAB; about 2 is the least an eye sees
_LEAST_GARMENT = 0.06
_WHITE_LEVEL, _MOST_GAIN = 248.0, 1.4
_MIDDLE_WIDTH = 0.55
_SINGLE_SHARE = 0.34
_NOTABLE_SHARE = 0.09
_MOST_NOTABLE = 4


def name_color(picture: bytes) -> str:
    """The garment's colour, one of `PALETTE`. `picture` has passed `check_picture`."""
    pixels = _to_lab(_read_small(picture))
    weights = _weigh_garment(pixels)
    shades = _to_lab(np.array([rgb for _, rgb in _SHADES], np.float32))
    shares = np.bincount(_find_nearest(pixels, shades).ravel(), weights.ravel(), len(_SHADES))
    votes: dict[str, float] = dict.fromkeys(PALETTE, 0.0)
    for (name, _), share in zip(_SHADES, shares, strict=True):
        votes[name] += float(share)
    total = float(weights.sum())
    best = max(votes, key=lambda name: votes[name])
    notable = sum(share >= _NOTABLE_SHARE * total for share in votes.values())
    return MULTICOLOUR if votes[best] < _SINGLE_SHARE * total or notable > _MOST_NOTABLE else best


def _read_small(picture: bytes) -> NDArray[np.float32]:
    """The picture on white, shrunk to at most 64 pixels a side: shape (h, w, 3), 0..255."""
    with Image.open(io.BytesIO(picture)) as image:
        image.draft("RGB", (2 * _SIDE, 2 * _SIDE))
        small = image.convert("RGBA") if image.has_transparency_data else image.convert("RGB")
        small.thumbnail((_SIDE, _SIDE), Image.Resampling.BOX)
        canvas = Image.new("RGB", small.size, "white")
        canvas.paste(small, mask=small.getchannel("A") if small.mode == "RGBA" else None)
        return _brighten(np.asarray(canvas, np.float32))


def _brighten(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    """Make up for a dim photo: the brightest parts of nearly every picture are meant to be white."""
    brightest = float(np.quantile(pixels.max(axis=-1), 0.98))
    gain = np.clip(_WHITE_LEVEL / max(brightest, 1.0), 1.0, _MOST_GAIN)
    return np.minimum(pixels * np.float32(gain), 255.0)


def _to_lab(rgb: NDArray[np.float32]) -> NDArray[np.float32]:
    """sRGB 0..255 to CIELAB under D65 (IEC 61966-2-1, CIE 15), along the last axis."""
    c = rgb / 255.0
    linear = np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
    xyz = linear @ _RGB_TO_XYZ.T / _WHITE
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    x, y, z = f[..., 0], f[..., 1], f[..., 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1).astype(np.float32)


_RGB_TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]],
    np.float32,
)
_WHITE = np.array([0.95047, 1.0, 1.08883], np.float32)
_CHANNEL_WEIGHTS = np.array([0.7, 1.0, 1.0], np.float32)  # folds change a garment's lightness, not its colour


def _distance(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.sqrt((((a - b) * _CHANNEL_WEIGHTS) ** 2).sum(axis=-1))


def _find_nearest(pixels: NDArray[np.float32], shades: NDArray[np.float32]) -> NDArray[np.intp]:
    """Index of the shade nearest to each pixel: |p - s|^2 without |p|^2, which is the same for all shades."""
    p, s = pixels * _CHANNEL_WEIGHTS, shades * _CHANNEL_WEIGHTS
    return ((s**2).sum(axis=-1) - 2 * p @ s.T).argmin(axis=-1)


def _weigh_garment(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    """How much each pixel counts: nothing in the background, more in the middle; shape (h, w)."""
    height, width, _ = pixels.shape
    inner = np.zeros((height, width), bool)
    inner[_BORDER:-_BORDER, _BORDER:-_BORDER] = True
    border = pixels[~inner]
    background = np.median(border, axis=0)
    spread = float(np.quantile(_distance(border, background), 0.7))
    limit = float(np.clip(1.5 * spread, _LEAST_DISTANCE, _MOST_DISTANCE))
    garment = (_distance(pixels, background) > limit) & inner
    y, x = np.linspace(-1, 1, height)[:, None], np.linspace(-1, 1, width)[None, :]
    middle = np.exp(-(x**2 + y**2) / (2 * _MIDDLE_WIDTH**2)).astype(np.float32)
    return middle * garment if garment.mean() >= _LEAST_GARMENT else middle
