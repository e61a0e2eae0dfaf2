"""A garment cut out of its photo, and where its body, sleeves, legs and hem are.

Positions are pixels of the cut-out; tables are by row (index y) or by `u`, the share of the way across.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from runtime.fitting.pixels import Array, Mask, as_floats, erode, label_parts, largest_part

LONGEST = 420
_ANGLES = tuple(range(-24, 25, 4))
_BETTER = 0.03  # share of overlap that turning must gain
COLUMNS = 64
"""Places across at which contours are kept."""


@dataclass(frozen=True)
class Cloth:
    """The cut-out: colours run on beyond its edge, so that the surroundings never show."""

    rgb: Array
    mask: Mask

    @property
    def height(self) -> int:
        return self.mask.shape[0]


@dataclass(frozen=True)
class Trunk:
    """What covers the torso or the hips: everything between its two edges."""

    left: Array
    right: Array
    top: Array
    """By `u`: the first row of cloth."""
    hem: Array
    """By `u`: the last row of cloth."""
    width: float
    """Usual distance of the edges."""
    collar: float
    """How far the middle of the top rises above the shoulders, in widths."""


@dataclass(frozen=True)
class Sleeve:
    """A sleeve along its own axis: table of centre points, direction across and half widths."""

    centers: NDArray[np.float32]
    across: NDArray[np.float32]
    halves: Array
    length: float


class NoGarment(Exception):
    """The cut-out shows nothing that could be worn."""


def read_cloth(photo: Image.Image, alpha: NDArray[np.uint8], *, straighten: bool, single: bool) -> Cloth:
    """The garment in an RGB photo that `alpha` (h, w) shows; `single` keeps its largest part only.

    Raises NoGarment.
    """
    layer = photo.convert("RGBA")
    layer.putalpha(Image.fromarray(alpha))
    layer = _crop(layer)
    scale = LONGEST / max(layer.size)
    if scale < 1:
        layer = layer.resize((max(8, round(layer.width * scale)), max(8, round(layer.height * scale))))
    if straighten:
        layer = _straighten(layer)
    mask = np.asarray(layer.getchannel("A")) > 127
    mask = largest_part(mask) if single else _without_crumbs(mask)
    if mask.sum() < 200 or min(mask.shape) < 12:
        raise NoGarment("no garment can be told apart from its background")
    rgb = as_floats(layer.convert("RGB"))
    return Cloth(_bleed(rgb, erode(mask, 2)), mask)


def _crop(layer: Image.Image) -> Image.Image:
    solid = Image.fromarray((np.asarray(layer.getchannel("A")) > 127).astype(np.uint8))
    box = solid.getbbox()
    if box is None:
        raise NoGarment("no garment can be told apart from its background")
    edge = 3
    canvas = Image.new("RGBA", (box[2] - box[0] + 2 * edge, box[3] - box[1] + 2 * edge))
    canvas.paste(layer.crop(box), (edge, edge))
    return canvas


def _straighten(layer: Image.Image) -> Image.Image:
    """Turned to where its left half mirrors its right one best."""
    small = layer.getchannel("A").copy()
    small.thumbnail((72, 72))
    side = 104
    square = Image.new("L", (side, side))
    square.paste(small, ((side - small.width) // 2, (side - small.height) // 2))
    scores = {angle: _symmetry(np.asarray(square.rotate(angle)) > 127) for angle in _ANGLES}
    best = max(scores, key=lambda angle: scores[angle] - 0.001 * abs(angle))
    if scores[best] < scores[0] + _BETTER:
        return layer
    return _crop(layer.rotate(best, Image.Resampling.BICUBIC, expand=True))


def _symmetry(mask: Mask) -> float:
    ys, xs = np.nonzero(mask)
    if not len(xs):
        return 0.0
    best = 0.0
    for middle in np.linspace(np.quantile(xs, 0.4), np.quantile(xs, 0.6), 5):
        mirrored = np.rint(2 * middle - xs).astype(int)
        inside = (mirrored >= 0) & (mirrored < mask.shape[1])
        best = max(best, float(mask[ys[inside], mirrored[inside]].sum()) / len(xs))
    return best


def _without_crumbs(mask: Mask) -> Mask:
    labels, sizes = label_parts(mask)
    if len(sizes) < 2:
        return mask
    sizes[0] = 0
    return np.isin(labels, np.flatnonzero(sizes > 0.15 * sizes.max()))


def _bleed(rgb: Array, mask: Mask) -> Array:
    """Cloth carried on outwards: each row mirrored at its edges, so that patterns go on; a row without any is
    the nearest one with cloth."""
    h, w = mask.shape
    full = np.flatnonzero(mask.any(axis=1))
    if not len(full):
        return rgb
    x = np.broadcast_to(np.arange(w), (h, w))
    before = np.maximum.accumulate(np.where(mask, x, -w), axis=1)
    after = np.minimum.accumulate(np.where(mask, x, 2 * w)[:, ::-1], axis=1)[:, ::-1]
    edge = np.where(x - before <= after - x, before, after)
    mirrored = np.clip(2 * edge - x, 0, w - 1)
    y = np.broadcast_to(np.arange(h)[:, None], (h, w))
    source = np.where(mask[y, mirrored], mirrored, np.clip(edge, 0, w - 1))
    nearest = full[np.abs(np.arange(h)[:, None] - full[None]).argmin(axis=1)]
    return rgb[y, source][nearest].astype(np.float32)


def measure_trunk(cloth: Cloth, *, flares: bool, bare_top: bool = False) -> Trunk:
    """The part between the sleeves. With `flares` its lower part may be as wide as it is (dresses, skirts);
    `bare_top` says that nothing hangs beside its top (skirts, trousers)."""
    mask = cloth.mask
    h, w = mask.shape
    runs = _runs_of_middle(mask)
    widths = runs[1] - runs[0]
    band = slice(int(0.03 * h), int(0.3 * h)) if bare_top else slice(int(0.5 * h), int(0.9 * h))
    if flares and not bare_top:
        band = slice(int(0.24 * h), int(0.46 * h))
    usual = float(np.quantile(widths[band], 0.35 if flares else 0.5))
    if not bare_top:
        # Sleeves that lie against the body widen it from the shoulders down: those tell its real width.
        shoulders = float(np.median(widths[int(0.17 * h) : int(0.27 * h)]))
        usual = min(usual, 1.02 * h, max(shoulders, 0.55 * usual))
    middle = float(np.median(((runs[0] + runs[1]) / 2)[band]))
    rows = np.arange(h) / h
    limit = np.full(h, 0.53 * usual)
    if flares:
        limit = (
            np.interp(rows, (0.0, 0.30, 0.55), (0.53 * usual, 0.56 * usual, w)) if not bare_top else limit * 9
        )
    left = np.maximum(runs[0], middle - limit)
    right = np.minimum(runs[1], middle + limit)
    if not bare_top:
        # Above the armpits the cloth narrows to the collar and sleeves cross the edge: the edge goes on.
        start = int(0.34 * h)
        least = 0.46 * usual
        left[:start] = np.minimum(left[:start], middle - least)
        right[:start] = np.maximum(right[:start], middle + least)
    left, right = _steady(left, h), _steady(right, h)
    top, hem = _contours(mask, left, right)
    shoulders = float(np.median(np.concatenate([top[8:16], top[-16:-8]])))
    collar = (shoulders - float(np.median(top[COLUMNS // 2 - 5 : COLUMNS // 2 + 5]))) / max(usual, 1)
    return Trunk(left, right, top, hem, usual, collar)


def _runs_of_middle(mask: Mask) -> tuple[Array, Array]:
    """By row, the ends of the run of cloth that covers the middle (or lies nearest to it)."""
    h, w = mask.shape
    middle = float(np.median(np.nonzero(mask[int(0.35 * h) :])[1])) if mask[int(0.35 * h) :].any() else w / 2
    ends = np.full((2, h), np.nan, dtype=np.float32)
    for y in range(h):
        change = np.diff(np.concatenate([[0], mask[y].astype(np.int8), [0]]))
        starts, stops = np.flatnonzero(change == 1), np.flatnonzero(change == -1) - 1
        if len(starts):
            # A gap between trouser legs lies in the middle and parts nothing.
            reach = 0.16 * w
            near = np.flatnonzero((starts <= middle + reach) & (stops >= middle - reach))
            if len(near):
                ends[:, y] = starts[near[0]], stops[near[-1]]
    for edge in ends:
        known = np.flatnonzero(~np.isnan(edge))
        if not len(known):
            raise NoGarment("no garment can be told apart from its background")
        edge[:] = np.interp(np.arange(h), known, edge[known])
    return ends[0], ends[1]


def _steady(values: Array, height: int) -> Array:
    radius = max(2, height // 24)
    padded = np.pad(values, radius, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * radius + 1)
    padded = np.pad(np.median(windows, axis=1), radius, mode="edge")
    return np.lib.stride_tricks.sliding_window_view(padded, 2 * radius + 1).mean(axis=1).astype(np.float32)


def _contours(mask: Mask, left: Array, right: Array) -> tuple[Array, Array]:
    """First and last row of cloth by share across."""
    h = mask.shape[0]
    shares = (np.arange(COLUMNS) + 0.5) / COLUMNS
    xs = left[:, None] + (right - left)[:, None] * shares
    inside = mask[np.arange(h)[:, None], np.clip(np.rint(xs), 0, mask.shape[1] - 1).astype(int)]
    any_cloth = inside.any(axis=0)
    top = np.where(any_cloth, inside.argmax(axis=0), np.nan)
    hem = np.where(any_cloth, h - 1 - inside[::-1].argmax(axis=0), np.nan)
    known = np.flatnonzero(any_cloth)
    places = np.arange(COLUMNS)
    top, hem = np.interp(places, known, top[known]), np.interp(places, known, hem[known])
    return _steady(top.astype(np.float32), 96), _steady(hem.astype(np.float32), 144)


def measure_sleeves(cloth: Cloth, trunk: Trunk) -> tuple[Sleeve | None, Sleeve | None]:
    """The sleeve on the left and on the right of the picture; None where there is none to speak of."""
    h, w = cloth.mask.shape
    columns = np.arange(w)
    beside = (columns < trunk.left[:, None] - 1, columns > trunk.right[:, None] + 1)
    high = np.arange(h)[:, None] < 0.97 * h
    area = float(trunk.width) * h
    found: list[Sleeve | None] = []
    for index, where in enumerate(beside):
        part = cloth.mask & where & high
        part = largest_part(part)
        edge = trunk.left if index == 0 else trunk.right
        found.append(_measure_sleeve(part, edge, area))
    return found[0], found[1]


def _measure_sleeve(part: Mask, edge: Array, area: float) -> Sleeve | None:
    ys, xs = np.nonzero(part)
    if len(xs) < 0.025 * area:
        return None
    near = np.abs(xs - edge[ys]) < 5
    start = np.array([xs[near].mean(), ys[near].mean()]) if near.any() else np.array([xs.mean(), ys.min()])
    points = np.stack([xs, ys], axis=1).astype(np.float32)
    distance = np.linalg.norm(points - start, axis=1)
    far = distance >= np.quantile(distance, 0.88)
    end = points[far].mean(axis=0)
    length = float(np.linalg.norm(end - start))
    if length < 8:
        return None
    along = (end - start) / length
    across = np.array([-along[1], along[0]])
    t = (points - start) @ along / length
    s = (points - start) @ across
    bins = np.linspace(0.02, 1.0, 13)
    low, high = np.full(12, np.nan), np.full(12, np.nan)
    for number in range(12):
        chosen = s[(t >= bins[number]) & (t < bins[number + 1])]
        if len(chosen) > 6:
            low[number], high[number] = np.quantile(chosen, (0.04, 0.96))
    known = np.flatnonzero(~np.isnan(low))
    if len(known) < 5:
        return None
    places = np.arange(12)
    low, high = np.interp(places, known, low[known]), np.interp(places, known, high[known])
    halves = np.maximum((high - low) / 2 * 0.9, 2)
    middles = (low + high) / 2
    centers = start + along * length * bins[:-1, None] + across * middles[:, None]
    return Sleeve(centers.astype(np.float32), across.astype(np.float32), halves.astype(np.float32), length)


def find_legs(cloth: Cloth) -> tuple[int, NDArray[np.float32]]:
    """The row of the crotch, and (4, height): left and right edge of the left leg, then of the right one."""
    h = cloth.mask.shape[0]
    left, right = _runs_of_middle(cloth.mask)
    left, right = _steady(left, h), _steady(right, h)
    gaps = np.zeros((2, h), dtype=np.float32)
    parted = np.zeros(h, dtype=np.bool_)
    for y in range(h):
        lo, hi = left[y] + 0.2 * (right[y] - left[y]), right[y] - 0.2 * (right[y] - left[y])
        free = np.flatnonzero(~cloth.mask[y, int(lo) : int(hi) + 1]) + int(lo)
        middle = (left[y] + right[y]) / 2
        gaps[:, y] = middle
        if len(free) > 1:
            parted[y] = True
            gaps[:, y] = free[0], free[-1]
    window = max(3, h // 20)
    crotch = int(0.42 * h)
    for y in range(int(0.15 * h), h - window):
        if parted[y : y + window].mean() > 0.8:
            crotch = y
            break
    crotch = int(np.clip(crotch, 0.16 * h, 0.82 * h))
    edges = np.stack([left, _steady(gaps[0], h), _steady(gaps[1], h), right])
    return crotch, edges.astype(np.float32)


def split_pair(cloth: Cloth) -> tuple[tuple[int, int], tuple[int, int]] | None:
    """Where the left and the right one of a pair of shoes lie: columns from..to; None for a single one."""
    counts = cloth.mask.sum(axis=0).astype(np.float32)
    w = len(counts)
    middle = slice(int(0.3 * w), int(0.7 * w))
    cut = int(0.3 * w) + int(counts[middle].argmin())
    peak = min(counts[: cut + 1].max(), counts[cut:].max())
    if w < 0.55 * cloth.mask.shape[0] or counts[cut] > 0.72 * peak:
        return None
    return (0, cut), (cut, w)
