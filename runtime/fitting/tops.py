"""Laying tops, jackets and dresses over the torso, and their sleeves over the arms."""

import numpy as np
from numpy.typing import NDArray

from runtime.fitting import body as anatomy
from runtime.fitting.body import Body
from runtime.fitting.cloth import Cloth, Sleeve, Trunk, measure_sleeves, measure_trunk
from runtime.fitting.garments import GarmentClass
from runtime.fitting.laying import Draped, by_share, grid, hang, put, round_shade, soften
from runtime.fitting.parameters import GarmentStyling, LongSleeveStyle, OuterLayerStyle, TuckingStyle
from runtime.fitting.pixels import Array

_EASE = 0.045  # heads between body and cloth
_OUTER_EASE = 0.10
_TOP_FLARE = 1.10  # how much wider than the chest a top may be
_LEAST_SLEEVE = 0.095  # half the width of a sleeve that shows, in widths of the trunk
_TUCK = 0.08  # of a sleeve's width, which goes on beneath the trunk
_HAND, _LONGEST_ARM = 0.78, 3.9  # heads; what seems longer goes on in a leg


def drape_top(draped: Draped, cloth: Cloth, body: Body, kind: GarmentClass, styling: GarmentStyling) -> None:
    outer = kind is GarmentClass.OTHER_UPPER_BODY
    trunk = measure_trunk(cloth, flares=False)
    tucked = styling.tuckingStyle is TuckingStyle.TUCKED and not outer
    hem = _top_hem(cloth, trunk, body, tucked)
    ease = (_OUTER_EASE if outer else _EASE) * body.head
    left, right = _torso_edges(body, cloth, trunk, hem, ease, most=1.0 if tucked else _TOP_FLARE)
    open_front = styling.outerLayerStyle is OuterLayerStyle.OPEN
    _lay_trunk(draped, cloth, trunk, body, left, right, hem, _neck_depth(kind), open_front=open_front)
    _lay_sleeves(draped, cloth, trunk, body, left, right, _sleeve_length(kind, styling), ease, outer=outer)


def drape_dress(draped: Draped, cloth: Cloth, body: Body, kind: GarmentClass) -> None:
    trunk = measure_trunk(cloth, flares=True)
    length = float(np.median(trunk.hem)) - float(np.quantile(trunk.top, 0.2))
    span = abs(body.tips[1][0] - body.tips[0][0])
    start = body.below(0.3)
    bounds = {
        GarmentClass.LONG_DRESS: (0.62, 0.93),
        GarmentClass.SHORT_DRESS: (0.22, 0.62),
    }.get(kind, (0.22, 0.90))
    low, high = (body.crotch + share * (body.floor - body.crotch) for share in bounds)
    hem = float(np.clip(start + length / max(trunk.width, 1) * 0.86 * span, low, high))
    ease = _EASE * body.head
    left, right = _torso_edges(body, cloth, trunk, hem, ease, most=1.9)
    _lay_trunk(draped, cloth, trunk, body, left, right, hem, _neck_depth(kind))
    _lay_sleeves(draped, cloth, trunk, body, left, right, None, ease)


def _top_hem(cloth: Cloth, trunk: Trunk, body: Body, tucked: bool) -> float:
    if tucked:
        return body.waistband + 0.03 * body.head
    length = float(np.median(trunk.hem)) - float(np.quantile(trunk.top, 0.2))
    span = abs(body.tips[1][0] - body.tips[0][0])
    natural = body.below(0.3) + length / max(trunk.width, 1) * 0.92 * span
    cropped = length < 0.8 * trunk.width
    least = body.waist + 0.1 * body.head if cropped else body.hip + 0.1 * body.head
    return float(np.clip(natural, least, body.crotch + 0.25 * body.head))


def _neck_depth(kind: GarmentClass) -> float:
    """How far the neckline dips below the sides of the neck, in heads."""
    if kind is GarmentClass.OTHER_UPPER_BODY:
        return 0.10
    return 0.16 if kind in (GarmentClass.NO_SLEEVE_SHIRT, GarmentClass.SHORT_SLEEVE_SHIRT) else 0.14


def _torso_edges(
    body: Body, cloth: Cloth, trunk: Trunk, hem: float, ease: float, most: float
) -> tuple[Array, Array]:
    """Where cloth ends beside the torso by row: at the body, or further out as the garment itself widens."""
    h = body.size[1]
    rows = np.arange(h, dtype=np.float32)
    start, armpit = body.below(0.3), body.below(anatomy.ARMPIT)
    places = np.clip((rows - start) / max(hem - start, 1), 0, 1)
    source = np.interp(places, np.linspace(0, 1, cloth.height), trunk.right - trunk.left)
    chest = float(np.interp(min((armpit - start) / max(hem - start, 1), 1), (0, 1), (0.0, 1.0)))
    chest_width = float(np.interp(chest, np.linspace(0, 1, cloth.height), trunk.right - trunk.left))
    flare = np.clip(hang(source / max(chest_width, 1), places), 0.7, most)
    if most > _TOP_FLARE:
        flare = soften(flare, max(2, round(0.4 * body.head)))  # a skirt widens evenly
    edges: list[Array] = []
    for index, (edge, side) in enumerate(((body.left, -1), (body.right, 1))):
        tip = body.tips[index]
        half = (edge - body.x) * side
        at_armpit = half[min(int(armpit), h - 1)] + ease
        wide = np.maximum(half + ease, at_armpit * np.where(rows > armpit, flare, 1))
        wide = np.minimum(wide, np.where(rows > armpit, half + ease + at_armpit * (most - 1) * 1.2, wide))
        seam = np.interp(rows, (tip[1] - 0.1 * body.head, tip[1], armpit), (0.98, 0.94, 1.0))
        reach = np.interp(rows, (tip[1], armpit), (abs(tip[0] - body.x), at_armpit))
        wide = np.where(rows < armpit, reach * seam, wide)
        edges.append((body.x + side * soften(wide, max(1, round(0.05 * body.head)))).astype(np.float32))
    return edges[0], edges[1]


def _lay_trunk(
    draped: Draped,
    cloth: Cloth,
    trunk: Trunk,
    body: Body,
    left: Array,
    right: Array,
    hem: float,
    depth: float,
    *,
    open_front: bool = False,
) -> None:
    y, x = grid(body)
    head = body.head
    u = (x - left[:, None]) / np.maximum(right - left, 1)[:, None]
    # Shoulder line: from the side of the neck down to each tip.
    side_y = body.below(0.27)
    neck = 1.25 * body.neck
    columns = np.arange(body.size[0], dtype=np.float32)
    line = np.interp(
        columns,
        (body.tips[0][0], body.x - neck, body.x + neck, body.tips[1][0]),
        (body.tips[0][1], side_y, side_y, body.tips[1][1]),
    )
    high_collar = bool(trunk.collar > 0.15)
    if high_collar:
        rise = min(trunk.collar * abs(body.tips[1][0] - body.tips[0][0]), side_y - body.below(0.02))
        line = np.where(np.abs(columns - body.x) < 1.05 * body.neck, side_y - rise, line)
        shoulders = _follow_shoulder(body, np.maximum(line, side_y), neck)
        line = np.where(np.abs(columns - body.x) < 1.05 * body.neck, line, shoulders)
    if not high_collar:
        line = _follow_shoulder(body, line, neck)
    line = line.astype(np.float32)
    bend = (
        0.05 * head * (1 - ((columns - body.x) / max(right[int(body.waist)] - left[int(body.waist)], 1)) ** 2)
    )
    bottom = (hem + np.clip(bend, 0, None)).astype(np.float32)
    shares = np.clip(u, 0, 1)
    top_source = by_share(trunk.top, shares)
    hem_source = by_share(trunk.hem, shares)
    v = (y - line[None, :]) / np.maximum(bottom - line, 1)[None, :]
    source_y = top_source + 2 + np.clip(v, 0, 1) * (hem_source - top_source - 4)
    rows = np.arange(cloth.height, dtype=np.float32)
    source_left = np.interp(source_y, rows, trunk.left)
    source_right = np.interp(source_y, rows, trunk.right)
    source_x = source_left + (0.02 + 0.96 * shares) * (source_right - source_left)
    inside = (u >= 0) & (u <= 1) & (v >= 0) & (v <= 1)
    if not high_collar:
        across = np.clip(np.abs(columns - body.x) / neck, 0, 1)
        dip = side_y + depth * head * np.sqrt(np.clip(1 - across**2, 0, 1))
        draped.neckline = np.where(across < 1, dip, line).astype(np.float32)
        inside &= y >= np.where(across < 1, dip, 0)[None, :]
    else:
        draped.neckline = line
    if open_front:
        gap = 0.05 + 0.17 * np.clip(v, 0, 1)
        opening = (np.abs(u - 0.5) < gap) & inside
        draped.holes |= opening
        inside &= ~opening
    shade = round_shade(u)
    put(draped, cloth, source_x, source_y, inside, shade)


def _follow_shoulder(body: Body, line: NDArray[np.floating], neck: float) -> NDArray[np.floating]:
    """The line moved to the silhouette's own shoulders, where they are near, and evened out."""
    columns = np.arange(body.size[0])
    away = np.abs(columns - body.x)
    reach = 0.13 * body.head * np.clip((away - body.neck) / (0.4 * body.head), 0.05, 1)
    rows = np.arange(body.size[1])[:, None]
    near = body.mask & (rows > (line - reach - 2)[None, :])
    top = np.where(near.any(axis=0), near.argmax(axis=0), line)
    # What rises higher is no shoulder: a wide collar, a hood, a bag's strap.
    followed = np.where(top < line - reach, line, np.clip(top - 1, None, line + 0.9 * reach))
    followed = np.where(away > neck, followed, line)
    radius = max(2, round(0.1 * body.head))
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(followed, radius, mode="edge"), 2 * radius + 1)
    even = soften(np.median(windows, axis=1), radius) - 0.02 * body.head
    return np.where(away > neck, even, line)


def _sleeve_length(kind: GarmentClass, styling: GarmentStyling) -> float | None:
    """In heads along the arm; 0 for none, None where the garment itself decides."""
    if kind is GarmentClass.NO_SLEEVE_SHIRT:
        return 0.0
    if kind is GarmentClass.SHORT_SLEEVE_SHIRT:
        return anatomy.SHORT_SLEEVE
    long = anatomy.ELBOW if styling.longSleeveStyle is LongSleeveStyle.SLEEVE_UP else anatomy.WRIST
    if kind is GarmentClass.LONG_SLEEVE_SHIRT:
        return long
    return None


def _lay_sleeves(
    draped: Draped,
    cloth: Cloth,
    trunk: Trunk,
    body: Body,
    left: Array,
    right: Array,
    length: float | None,
    ease: float,
    *,
    outer: bool = False,
) -> None:
    if length == 0.0:
        return
    sleeves = measure_sleeves(cloth, trunk)
    if length is None:
        longest = max((sleeve.length for sleeve in sleeves if sleeve), default=0.0) / max(trunk.width, 1)
        if longest < 0.12:
            return
        length = anatomy.SHORT_SLEEVE if longest < (0.3 if outer else 0.62) else anatomy.WRIST
    for index, sleeve in enumerate(sleeves):
        if sleeve is not None and np.median(sleeve.halves) < _LEAST_SLEEVE * trunk.width:
            sleeve = None  # it lies against the body, and its rim alone would be stretched over the arm
        _lay_sleeve(draped, cloth, trunk, body, (left, right)[index], index, sleeve, length, ease)


def _lay_sleeve(
    draped: Draped,
    cloth: Cloth,
    trunk: Trunk,
    body: Body,
    seam: Array,
    index: int,
    sleeve: Sleeve | None,
    length: float,
    ease: float,
) -> None:
    side = -1 if index == 0 else 1
    arm = follow_arm(body, seam, index)
    if arm is None:
        return
    rows, inner, outer, along = arm
    whole = along[-1] / body.head
    if length == anatomy.WRIST and whole < _LONGEST_ARM and rows[-1] < body.size[1] - 2:
        # An arm that shows to its end tells where the wrist is.
        length = max(length, float(whole) - _HAND)
    reach = along <= length * body.head
    if reach.sum() < 4:
        return
    rows, inner, outer, along = rows[reach], inner[reach], outer[reach], along[reach]
    outer = outer + ease * 0.7 * np.clip(along / (0.15 * body.head), 0, 1)
    y0, y1 = int(rows[0]), int(rows[-1]) + 1
    h, w = draped.cover.shape
    x = np.arange(w, dtype=np.float32)[None, :]
    y = np.arange(y0, y1)
    inner_x = (body.x + side * inner)[:, None]
    outer_x = (body.x + side * outer)[:, None]
    s = (x - inner_x) / np.where(np.abs(outer_x - inner_x) < 1, side, outer_x - inner_x)
    inside = np.zeros((h, w), dtype=np.bool_)
    inside[y] = (s >= -_TUCK) & (s <= 1)  # the trunk lies over it
    inside &= draped.cover < 0.5
    s = np.clip(s, 0, 1)
    t = np.clip(along / max(float(along[-1]), 1), 0, 1)[:, None]
    source_x, source_y = _sleeve_source(cloth, trunk, sleeve, side, s, t, length)
    full_x, full_y = np.zeros((h, w), dtype=np.float32), np.zeros((h, w), dtype=np.float32)
    shade = np.ones((h, w), dtype=np.float32)
    full_x[y], full_y[y] = source_x, source_y
    crease = 1 - 0.22 * np.exp(-((s / 0.12) ** 2))
    shade[y] = round_shade(s, 0.42) * crease
    put(draped, cloth, full_x, full_y, inside, shade)
    draped.sleeves |= inside


def follow_arm(body: Body, seam: Array, index: int) -> tuple[NDArray[np.intp], Array, Array, Array] | None:
    """An arm by row: its rows, inner and outer edge as distances from the middle, and length along it."""
    side = -1 if index == 0 else 1
    h, w = body.mask.shape
    tip = body.tips[index]
    columns = np.arange(w)
    start = int(max(tip[1] - 0.12 * body.head, body.below(0.28)))
    rows: list[int] = []
    inner: list[float] = []
    outer: list[float] = []
    for y in range(start, h):
        edge = (seam[y] - body.x) * side
        distance = (columns - body.x) * side
        there = np.flatnonzero(body.mask[y] & (distance >= edge) & (distance < 2.3 * body.head))
        if not len(there):
            if y > tip[1] + 0.3 * body.head:
                break
            continue
        reach: Array = distance[there].astype(np.float32)
        far = min(float(reach.max()), abs(tip[0] - body.x) + 0.2 * body.head + 0.6 * max(y - tip[1], 0))
        near = float(reach.min())
        parts = np.split(np.sort(reach), np.flatnonzero(np.diff(np.sort(reach)) > 2) + 1)
        if len(parts) > 1:
            arm = max(parts, key=len)
            near, far = float(arm[0]), min(far, float(arm[-1]))
        if bool(far - near < 0.04 * body.head) and y > tip[1] + 0.5 * body.head:
            break
        fused = near <= edge + 2
        rows.append(y)
        inner.append(float(edge) if fused else near - 0.03 * body.head)
        outer.append(far)
    if len(rows) < 6:
        return None
    a, b = soften(np.array(inner), 3), soften(np.array(outer), 3)
    middle = (a + b) / 2
    step = np.hypot(np.diff(middle, prepend=middle[0]), 1.0)
    return np.array(rows), a, b, np.cumsum(step).astype(np.float32)


def _sleeve_source(
    cloth: Cloth, trunk: Trunk, sleeve: Sleeve | None, side: int, s: Array, t: Array, length: float
) -> tuple[Array, Array]:
    """Points of the cloth for a sleeve: its own, or a strip of the body where none of its own shows."""
    if sleeve is not None:
        places = np.linspace(0, 1, len(sleeve.halves))
        at = np.clip(t[:, 0], 0, 1)
        center_x = np.interp(at, places, sleeve.centers[:, 0])[:, None]
        center_y = np.interp(at, places, sleeve.centers[:, 1])[:, None]
        half = np.interp(at, places, sleeve.halves)[:, None]
        # The upper edge of a sleeve laid out is the outer one of the arm.
        up = -1.0 if sleeve.across[1] > 0 else 1.0
        offset = (2 * s - 1) * half * up
        return center_x + offset * sleeve.across[0], center_y + offset * sleeve.across[1]
    h = cloth.height
    y = (0.2 + 0.65 * np.clip(t * min(length / 2.2, 1), 0, 1)) * h
    rows = np.arange(h)
    left, right = np.interp(y, rows, trunk.left), np.interp(y, rows, trunk.right)
    share = 0.04 + 0.3 * (1 - s)
    share = share if side < 0 else 1 - share
    return (left + share * (right - left)).astype(np.float32), np.broadcast_to(y, s.shape).astype(np.float32)
