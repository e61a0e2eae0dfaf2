"""Putting shoes on feet, hats on heads and bags into hands: as they are, in the right size and place."""

import numpy as np

from runtime.fitting.body import Body
from runtime.fitting.cloth import Cloth, split_pair
from runtime.fitting.garments import GarmentClass
from runtime.fitting.laying import Draped, grid, put, round_shade
from runtime.fitting.pixels import blur, sample
from runtime.fitting.tops import follow_arm

_ROUND_CROWN = 0.87  # of a disc, half of the rows are wider than this share of it
_LEAST_SQUEEZED = 0.6
_MOST_BRIM = 1.7  # widths of the head


def drape_shoes(draped: Draped, cloth: Cloth, body: Body, kind: GarmentClass) -> None:
    if not body.full:
        return
    pair = split_pair(cloth)
    h = body.size[1]
    for leg in (0, 1):
        columns = pair[leg] if pair else (0, cloth.mask.shape[1])
        part = cloth.mask[:, columns[0] : columns[1]]
        ys, xs = np.nonzero(part)
        if not len(ys):
            continue
        box = (xs.min() + columns[0], ys.min(), xs.max() + columns[0], ys.max())
        # Light shoes on a light floor are easily lost: nobody stands with one foot this much higher.
        bottom = max(_foot_bottom(body, leg), body.ground - 0.12 * body.head)
        ankle = min(int(bottom - 0.42 * body.head), h - 1)
        middle = float(body.legs[2 * leg][ankle] + body.legs[2 * leg + 1][ankle]) / 2
        wide = 0.40 * body.head
        high = wide * (box[3] - box[1]) / max(box[2] - box[0], 1)
        tallest = 1.05 if kind is GarmentClass.BOOTS else 0.62
        high = float(np.clip(high, 0.36 * body.head, tallest * body.head))
        _paste(draped, cloth, body, box, (middle - wide / 2, bottom - high, middle + wide / 2, bottom))


def _foot_bottom(body: Body, leg: int) -> float:
    """The lowest row of silhouette under a leg."""
    ankle = int(body.ground - 0.45 * body.head)
    a, b = body.legs[2 * leg][ankle] - 0.15 * body.head, body.legs[2 * leg + 1][ankle] + 0.15 * body.head
    rows = np.flatnonzero(body.mask[:, int(max(a, 0)) : int(b) + 1].any(axis=1))
    return float(rows[-1]) + 0.03 * body.head if len(rows) else body.ground


def drape_hat(draped: Draped, cloth: Cloth, body: Body) -> None:
    ys, xs = np.nonzero(cloth.mask)
    box = (xs.min(), ys.min(), xs.max(), ys.max())
    rows = slice(int(body.crown + 0.12 * body.head), int(body.crown + 0.45 * body.head))
    columns = np.arange(body.size[0])
    near = body.mask & (np.abs(columns - body.x) < 0.62 * body.head)[None, :]
    wide = float(np.quantile(near[rows].sum(axis=1), 0.8)) * 1.16
    # Flaps and brims stand out beside the head: what fits around it is the crown of the hat.
    crown = float(np.median(cloth.mask[box[1] : box[3] + 1].sum(axis=1)))
    wide *= float(np.clip(_ROUND_CROWN * (box[2] - box[0]) / max(crown, 1), 1, _MOST_BRIM))
    high = wide * (box[3] - box[1]) / max(box[2] - box[0], 1)
    bottom = body.crown + 0.44 * body.head
    # Where the photo ends just above the hair, the hat is pulled down rather than cut off.
    natural = high
    high = float(np.clip(high, 0.54 * body.head, max(min(0.70 * body.head, bottom), 0.4 * body.head)))
    high = max(high, _LEAST_SQUEEZED * natural)  # but rather cut off than squeezed flat
    xs_head = np.nonzero(near[rows].any(axis=0))[0]
    middle = float(xs_head.mean()) if len(xs_head) else body.x
    _paste(draped, cloth, body, box, (middle - wide / 2, bottom - high, middle + wide / 2, bottom))


def drape_bag(draped: Draped, cloth: Cloth, body: Body) -> None:
    ys, xs = np.nonzero(cloth.mask)
    box = (xs.min(), ys.min(), xs.max(), ys.max())
    arm = follow_arm(body, body.right, 1)
    if arm is None:
        x, y = body.right[int(body.waist)] + 0.2 * body.head, body.hip
    else:
        rows, inner, outer, _ = arm
        x, y = body.x + float(inner[-1] + outer[-1]) / 2, float(rows[-1]) - 0.1 * body.head
    wide = 1.05 * body.head
    high = wide * (box[3] - box[1]) / max(box[2] - box[0], 1)
    high = float(np.clip(high, 0.6 * body.head, 1.5 * body.head))
    _paste(draped, cloth, body, box, (x - wide / 2, y, x + wide / 2, y + high))


def _paste(
    draped: Draped,
    cloth: Cloth,
    body: Body,
    box: tuple[int, int, int, int],
    place: tuple[float, float, float, float],
) -> None:
    """The part `box` of the cloth, as it is, onto a rectangle of the photo."""
    y, x = grid(body)
    u = (x - place[0]) / max(place[2] - place[0], 1)
    v = (y - place[1]) / max(place[3] - place[1], 1)
    source_x = box[0] + np.clip(u, 0, 1) * (box[2] - box[0])
    source_y = box[1] + np.clip(v, 0, 1) * (box[3] - box[1])
    solid = sample(blur(cloth.mask.astype(np.float32), 1), source_x, source_y) > 0.55
    inside = (u >= 0) & (u <= 1) & (v >= 0) & (v <= 1) & solid
    put(draped, cloth, source_x, source_y, inside, round_shade(u, 0.2))
