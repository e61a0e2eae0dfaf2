"""What was worn before where the new garment leaves it in sight: limbs become bare, the rest goes.

Old clothes are told by their colours, taken where only they can be: in the middle of the torso, on the legs.
Limbs are drawn with the widths of figure drawing, no wider than what covered them, in the skin's own tone.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from runtime.fitting.body import Body
from runtime.fitting.garments import BodyPart, GarmentClass
from runtime.fitting.laying import Draped, grid, round_shade, soften
from runtime.fitting.pixels import Array, Mask, blur, grow, label_parts, sample, to_lab
from runtime.fitting.tops import follow_arm

_SAME_CLOTH = 17.0
"""Distance in L*a*b* (lightness counts by half, because of folds) up to which cloth is the same."""
_KINDS_OF_CLOTH = 3
_SHOE = 0.28  # heads above the ankle to which a shoe reaches
_MOSTLY = 0.7  # share of an arm's clothes that must be known as its sleeve
_BADGE = 0.12  # heads of something else on a sleeve that goes with it
_TONES_OF_WALL = 9
_SAME_WALL = 16.0  # distance in L*a*b* of the surroundings left and right that are one wall
_LEG = ((0.0, 0.40), (0.45, 0.235), (0.62, 0.245), (1.0, 0.14))
_ARM = ((0.0, 0.21), (0.5, 0.165), (1.0, 0.115))
"""Half widths in heads by share of the limb's length."""


@dataclass(frozen=True)
class Cleared:
    """The photo with bare limbs where old clothes were."""

    rgb: Array
    bare: Mask
    """Where skin was drawn."""
    gone: Mask
    """Old clothes beside body and garment, to be filled from the surroundings."""


def clear_old(
    rgb: Array,
    photo: Array,
    draped: Draped,
    body: Body,
    kind: GarmentClass,
    kept: Mask,
    skin: Mask,
    tone: Array,
) -> Cleared:
    """Take away what the garment would have replaced. `kept` is face, hair and hands, `skin` what is bare,
    `tone` the skin's colour."""
    result = Cleared(rgb, np.zeros_like(kept), np.zeros_like(kept))
    covered = np.flatnonzero((draped.cover > 0.5).any(axis=1))
    if not len(covered):
        return result
    if kind.part in (BodyPart.LOWER, BodyPart.FULL):
        result = _clear_legs(result, photo, draped, body, kept, skin, tone, int(covered[0]))
    if kind.part in (BodyPart.UPPER, BodyPart.FULL):
        result = _clear_arms(result, photo, draped, body, kept, skin, tone)
    return result


def _clear_legs(
    so_far: Cleared, photo: Array, draped: Draped, body: Body, kept: Mask, skin: Mask, tone: Array, top: int
) -> Cleared:
    y, x = grid(body)
    h, w = body.mask.shape
    ankle = body.floor - 0.12 * body.head if body.full else h
    middle = (body.left + body.right) / 2
    within = np.abs(x - middle[:, None]) < 0.45 * (body.right - body.left)[:, None]
    low = body.mask & (y > body.hip) & (y < min(ankle, body.floor - 0.45 * body.head))
    core = (low & (y < body.crotch) & within) | (low & _on_legs(body, x) & (y > body.crotch))
    # Legs are bare or not: on bare ones, only their edges look like something else than skin.
    clothed = (core & ~skin).sum(axis=1) > 0.5 * np.maximum(core.sum(axis=1), 1)
    clothed = np.where(
        np.arange(h) >= body.floor - 0.45 * body.head,
        clothed[int(min(body.floor - 0.5 * body.head, h - 1))],
        clothed,
    )
    cloth = core & ~kept & ~skin & clothed[:, None]
    if cloth.sum() < 0.05 * body.head**2:
        return so_far
    start = max(top, body.waistband)
    old = _alike(photo, cloth) & ~skin & body.mask & ~kept & (y > start) & (y < ankle)
    hand = body.crotch + 0.5 * body.head
    old |= body.mask & ~kept & ~skin & (y > hand) & (y < ankle - 0.25 * body.head)
    old |= (
        _on_legs(body, x)
        & body.mask
        & ~kept
        & ~skin
        & (y > max(start, hand))
        & (y < ankle - _SHOE * body.head)
    )
    old = _tidy(old & clothed[:, None], body) & (draped.cover < 0.5) & ~kept
    # Below the hem is what lies under the lowest cloth of its column, or of the leg beside it.
    hem = np.where((draped.cover > 0.5).any(axis=0), h - 1 - (draped.cover > 0.5)[::-1].argmax(axis=0), -1)
    lowest = float(np.quantile(hem[hem >= 0], 0.5))
    below = old & (y > np.minimum(np.where(hem >= 0, hem, lowest), lowest)[None, :])
    if not below.any():
        return Cleared(so_far.rgb, so_far.bare, so_far.gone | old)
    rows = np.arange(h, dtype=np.float32)
    share = (rows - body.crotch) / max(ankle - body.crotch, 1)
    wide = 2 * _widths(share, _LEG) * body.head
    limb, shade = np.zeros((h, w), dtype=np.bool_), np.ones((h, w), dtype=np.float32)
    for leg in (0, 1):
        a, b = (soften(edge, max(2, round(0.12 * body.head))) for edge in body.legs[2 * leg : 2 * leg + 2])
        # The inner side stays where it is: between the legs, little shows from which more could be made.
        a, b = (np.maximum(a, b - wide), b) if leg == 0 else (a, np.minimum(b, a + wide))
        limb, shade = _add_limb(limb, shade, x, (a + b) / 2, (b - a) / 2, rows >= 0)
    bare = below & limb
    return _paint(so_far, bare, old & ~bare, tone, shade)


def _clear_arms(
    so_far: Cleared, photo: Array, draped: Draped, body: Body, kept: Mask, skin: Mask, tone: Array
) -> Cleared:
    y, x = grid(body)
    h, w = body.mask.shape
    rows = np.arange(h, dtype=np.float32)
    middle = np.abs(x - body.x) < 0.5 * np.minimum(body.right - body.x, body.x - body.left)[:, None]
    core = body.mask & middle & (y > body.below(0.7)) & (y < body.waist) & ~kept & ~skin
    if core.sum() < 0.05 * body.head**2:
        return so_far
    cloth = _alike(photo, core) & ~skin & body.mask & ~kept
    bare, gone = np.zeros((h, w), dtype=np.bool_), np.zeros((h, w), dtype=np.bool_)
    limb, shade = np.zeros((h, w), dtype=np.bool_), np.ones((h, w), dtype=np.float32)
    for index, (side, seam) in enumerate(((-1, body.left), (1, body.right))):
        arm = follow_arm(body, seam, index)
        if arm is None:
            continue
        where, inner, outer, along = arm
        on_arm = np.zeros((h, w), dtype=np.bool_)
        distance = (x[where] - body.x) * side
        on_arm[where] = (distance >= inner[:, None] - 1) & (distance <= outer[:, None] + 2)
        on_arm &= y < body.crotch  # what goes on further down is a leg
        old = _tidy(on_arm & cloth, body) & (draped.cover < 0.5) & ~kept
        seen = on_arm & body.mask & (draped.cover < 0.5) & ~kept & ~skin
        if (old & seen).sum() < _MOSTLY * seen.sum():
            continue  # more than a sleeve: what it is cannot be told
        old |= seen & grow(old, max(2, round(_BADGE * body.head)))
        share = along / (2.15 * body.head)
        half = np.full(h, 0.0)
        half[where] = np.minimum(_widths(share, _ARM) * body.head, (outer - inner) / 2)
        center = np.full(h, body.x)
        center[where] = body.x + side * (inner + outer) / 2
        center = soften(center, 3)
        limb, shade = _add_limb(limb, shade, x, center, half, (rows >= where[0]) & (rows <= where[-1]))
        bare |= old & limb
        gone |= old & ~limb & ~_near_trunk(x, side, body)
    return _paint(so_far, bare, gone, tone, shade)


def _near_trunk(x: NDArray[np.float32], side: int, body: Body) -> Mask:
    """The side of the torso itself, which an arm lies against."""
    edge = body.left if side < 0 else body.right
    return ((x - edge[:, None]) * side) < 0.03 * body.head


def _on_legs(body: Body, x: NDArray[np.float32]) -> Mask:
    a, b, c, d = (edge[:, None] for edge in body.legs)
    return ((x > a) & (x < b)) | ((x > c) & (x < d))


def _alike(photo: Array, cloth: Mask) -> Mask:
    """Where the photo has one of the main colours of what is worn there."""
    weights = np.array([0.5, 1.0, 1.0], dtype=np.float32)
    lab = to_lab(photo) * weights
    known = lab[cloth]
    known = known[:: max(1, len(known) // 3_000)]
    order = np.argsort(known[:, 0])
    tones = known[order[np.linspace(0, len(order) - 1, 2 * _KINDS_OF_CLOTH + 1).astype(int)[1::2]]].copy()
    for _ in range(5):
        nearest = np.linalg.norm(known[:, None] - tones[None], axis=-1).argmin(axis=1)
        for number in range(_KINDS_OF_CLOTH):
            if (nearest == number).any():
                tones[number] = np.median(known[nearest == number], axis=0)
    return np.min([np.linalg.norm(lab - tone, axis=-1) for tone in tones], axis=0) < _SAME_CLOTH


def _tidy(old: Mask, body: Body) -> Mask:
    """Without crumbs, and with the soft edge that cloth has in a photo."""
    labels, sizes = label_parts(old)
    sizes[0] = 0
    large = np.isin(labels, np.flatnonzero(sizes > 0.012 * body.head**2))
    return grow(large, max(1, round(0.02 * body.head))) & (body.mask | grow(large, 2))


def _add_limb(
    limb: Mask, shade: Array, x: NDArray[np.float32], center: Array, half: Array, rows: Mask
) -> tuple[Mask, Array]:
    s = (x - center[:, None]) / np.maximum(2 * half, 1)[:, None] + 0.5
    inside = (s >= 0) & (s <= 1) & rows[:, None]
    return limb | inside, np.where(inside, round_shade(s, 0.34), shade).astype(np.float32)


def _paint(so_far: Cleared, bare: Mask, gone: Mask, tone: Array, shade: Array) -> Cleared:
    soft = blur(bare.astype(np.float32), 0.8)[..., None]
    rgb = so_far.rgb * (1 - soft) + tone * shade[..., None] * 0.98 * soft
    return Cleared(rgb.astype(np.float32), so_far.bare | (soft[..., 0] > 0.02), so_far.gone | (gone & ~bare))


def fill_wall(rgb: Array, photo: Array, gone: Mask, body: Body) -> tuple[Array, Mask]:
    """What is gone drawn as wall where two of the surroundings left, right and above are one; and where.

    A plain wall needs no model; anything else behind a person does.
    """
    outside = ~grow(body.mask, max(2, round(0.05 * body.head)))
    ys, xs = np.nonzero(gone)
    walled = np.zeros(gone.shape, dtype=np.bool_)
    if not len(ys) or not outside.any():
        return rgb, walled
    lab = to_lab(photo)
    tones = [_beside(lab, outside, ys, xs, side) for side in ("left", "right", "above")]
    agreed: list[Array] = []
    for a, b in ((0, 1), (0, 2), (1, 2)):
        one = np.linalg.norm(tones[a] - tones[b], axis=-1) < _SAME_WALL
        walled[ys[one], xs[one]] = True
        agreed.append((tones[a][one] + tones[b][one]) / 2)
    if not walled.any():
        return rgb, walled
    wall = _spread(photo, outside & _near_any(lab, np.concatenate(agreed)))
    weight = blur(walled.astype(np.float32), 0.8)[..., None] * walled[..., None]
    return (rgb * (1 - weight) + wall * weight).astype(np.float32), walled


def _near_any(lab: Array, tones: Array) -> Mask:
    """Where the photo has one of these colours: what stands before the wall is no part of it."""
    ordered = tones[np.argsort(tones[:, 0])]
    some = ordered[np.linspace(0, len(ordered) - 1, _TONES_OF_WALL).astype(int)]
    return np.min([np.linalg.norm(lab - tone, axis=-1) for tone in some], axis=0) < _SAME_WALL


def _beside(lab: Array, outside: Mask, ys: NDArray[np.intp], xs: NDArray[np.intp], side: str) -> Array:
    """The colour of the nearest surroundings on one side of each place; NaN where there are none."""
    h, w = outside.shape
    if side == "above":
        place = np.maximum.accumulate(np.where(outside, np.arange(h)[:, None], -1), axis=0)[ys, xs]
        known, tones = place >= 0, lab[np.maximum(place, 0), xs]
    elif side == "left":
        place = np.maximum.accumulate(np.where(outside, np.arange(w), -1), axis=1)[ys, xs]
        known, tones = place >= 0, lab[ys, np.maximum(place, 0)]
    else:
        after = np.where(outside, np.arange(w), w)[:, ::-1]
        place = np.minimum.accumulate(after, axis=1)[:, ::-1][ys, xs]
        known, tones = place < w, lab[ys, np.minimum(place, w - 1)]
    return np.where(known[:, None], tones, np.nan)


def _spread(photo: Array, known: Mask) -> Array:
    """The known part of a photo, carried on smoothly into the rest: halved until nothing is missing."""
    if known.all() or min(known.shape) < 4:
        share = known[..., None].astype(np.float32)
        usual = (photo * share).sum(axis=(0, 1)) / max(float(share.sum()), 1.0)
        return np.where(known[..., None], photo, usual).astype(np.float32)
    h, w = known.shape
    tall, wide = -(-h // 2), -(-w // 2)
    padded = ((0, 2 * tall - h), (0, 2 * wide - w))
    share = np.pad(known.astype(np.float32), padded).reshape(tall, 2, wide, 2).sum(axis=(1, 3))
    total = np.pad(photo * known[..., None], (*padded, (0, 0))).reshape(tall, 2, wide, 2, 3).sum(axis=(1, 3))
    small = _spread((total / np.maximum(share, 1)[..., None]).astype(np.float32), share > 0)
    y, x = np.mgrid[0:h, 0:w].astype(np.float32)
    smooth = sample(small, np.clip(x / 2 - 0.25, 0, wide - 1), np.clip(y / 2 - 0.25, 0, tall - 1))
    return np.where(known[..., None], photo, smooth).astype(np.float32)


def _widths(share: Array, limb: Sequence[tuple[float, float]]) -> Array:
    """Half widths of a limb, in heads, at shares of its length."""
    places, halves = [place for place, _ in limb], [half for _, half in limb]
    return np.interp(share, places, halves)
