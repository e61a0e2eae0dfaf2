"""Laying a cut-out garment over a body: for every pixel of the photo, which point of the cloth is there.

Each part of the garment (trunk, sleeve, leg, shoe, hat) has its place on the body, with the same coordinates:
how far across, and how far down. The colours come from the cloth at these coordinates, so that the outline
is the body's and never that of an unlucky cut-out.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from runtime.fitting import body as anatomy
from runtime.fitting.body import Body
from runtime.fitting.cloth import (
    COLUMNS,
    Cloth,
    Sleeve,
    Trunk,
    find_legs,
    measure_sleeves,
    measure_trunk,
    split_pair,
)
from runtime.fitting.garments import BodyPart, GarmentClass
from runtime.fitting.parameters import GarmentStyling, LongSleeveStyle, OuterLayerStyle, TuckingStyle
from runtime.fitting.pixels import Array, Mask, blur, sample

_EASE = 0.045  # heads between body and cloth
_OUTER_EASE = 0.10
_ROUND = 0.34  # how much darker cloth is where it turns away at the sides


@dataclass
class Draped:
    """Cloth on the photo's pixels."""

    rgb: Array
    cover: Array
    """How much each pixel is covered, 0..1."""
    shade: Array
    """Factor of brightness from the shape beneath."""
    neckline: Array
    """By column, the row above which neck and head show; the photo's height where nothing is said."""
    holes: Mask
    """What the garment leaves open inside of its outline, such as the front of an open jacket."""
    sleeves: Mask
    """Where the cloth is a sleeve."""


def drape(cloth: Cloth, body: Body, kind: GarmentClass, styling: GarmentStyling) -> Draped:
    """The garment laid over the body. Raises NoGarment."""
    draped = _nothing(body)
    part = kind.part
    if part is BodyPart.UPPER:
        _drape_top(draped, cloth, body, kind, styling)
    elif part is BodyPart.FULL:
        _drape_dress(draped, cloth, body, kind)
    elif part is BodyPart.LOWER:
        if kind is GarmentClass.OTHER_LOWER_BODY:
            _drape_skirt(draped, cloth, body)
        else:
            _drape_trousers(draped, cloth, body, kind)
    elif part is BodyPart.FEET:
        _drape_shoes(draped, cloth, body, kind)
    elif part is BodyPart.HEAD:
        _drape_hat(draped, cloth, body)
    else:
        _drape_bag(draped, cloth, body)
    return draped


def _nothing(body: Body) -> Draped:
    w, h = body.size
    return Draped(
        np.zeros((h, w, 3), dtype=np.float32),
        np.zeros((h, w), dtype=np.float32),
        np.ones((h, w), dtype=np.float32),
        np.full(w, h, dtype=np.float32),
        np.zeros((h, w), dtype=np.bool_),
        np.zeros((h, w), dtype=np.bool_),
    )


def _grid(body: Body) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    w, h = body.size
    y, x = np.mgrid[0:h, 0:w].astype(np.float32)
    return y, x


# --- tops and dresses ---------------------------------------------------------------------------------------


def _drape_top(draped: Draped, cloth: Cloth, body: Body, kind: GarmentClass, styling: GarmentStyling) -> None:
    outer = kind is GarmentClass.OTHER_UPPER_BODY
    trunk = measure_trunk(cloth, flares=False)
    tucked = styling.tuckingStyle is TuckingStyle.TUCKED and not outer
    hem = _top_hem(cloth, trunk, body, tucked)
    ease = (_OUTER_EASE if outer else _EASE) * body.head
    left, right = _torso_edges(body, cloth, trunk, hem, ease, most=1.0 if tucked else 1.18)
    open_front = styling.outerLayerStyle is OuterLayerStyle.OPEN
    _lay_trunk(draped, cloth, trunk, body, left, right, hem, _neck_depth(kind), open_front=open_front)
    _lay_sleeves(draped, cloth, trunk, body, left, right, _sleeve_length(kind, styling), ease, outer=outer)


def _drape_dress(draped: Draped, cloth: Cloth, body: Body, kind: GarmentClass) -> None:
    trunk = measure_trunk(cloth, flares=True)
    length = float(np.median(trunk.hem)) - float(np.quantile(trunk.top, 0.2))
    span = abs(body.tips[1][0] - body.tips[0][0])
    start = body.below(0.3)
    bounds = {
        GarmentClass.LONG_DRESS: (0.62, 0.93),
        GarmentClass.SHORT_DRESS: (0.22, 0.62),
    }.get(kind, (0.22, 0.90))
    low, high = (body.crotch + share * (_floor(body) - body.crotch) for share in bounds)
    hem = float(np.clip(start + length / max(trunk.width, 1) * 0.86 * span, low, high))
    ease = _EASE * body.head
    left, right = _torso_edges(body, cloth, trunk, hem, ease, most=2.6)
    _lay_trunk(draped, cloth, trunk, body, left, right, hem, _neck_depth(kind))
    _lay_sleeves(draped, cloth, trunk, body, left, right, None, ease)


def _floor(body: Body) -> float:
    """Where the soles are, or would be."""
    return body.ground if body.full else body.below(6.6)


def _top_hem(cloth: Cloth, trunk: Trunk, body: Body, tucked: bool) -> float:
    if tucked:
        return body.waist + 0.06 * body.head
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
    flare = np.clip(source / max(chest_width, 1), 0.7, most)
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
        edges.append((body.x + side * _soften(wide, max(1, round(0.05 * body.head)))).astype(np.float32))
    return edges[0], edges[1]


def _soften(values: NDArray[np.floating], radius: int) -> Array:
    padded = np.pad(values, radius, mode="edge")
    return np.lib.stride_tricks.sliding_window_view(padded, 2 * radius + 1).mean(axis=1).astype(np.float32)


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
    y, x = _grid(body)
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
        line = np.where(np.abs(columns - body.x) < 1.05 * body.neck, line, np.maximum(line, side_y))
    line = np.where(
        (np.abs(columns - body.x) > neck) & (not high_collar), _follow_shoulder(body, line), line
    ).astype(np.float32)
    bend = (
        0.05 * head * (1 - ((columns - body.x) / max(right[int(body.waist)] - left[int(body.waist)], 1)) ** 2)
    )
    bottom = (hem + np.clip(bend, 0, None)).astype(np.float32)
    shares = np.clip(u, 0, 1)
    top_source = _by_share(trunk.top, shares)
    hem_source = _by_share(trunk.hem, shares)
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
    shade = _round_shade(u)
    _put(draped, cloth, source_x, source_y, inside, shade)


def _follow_shoulder(body: Body, line: NDArray[np.floating]) -> NDArray[np.floating]:
    """The line moved to the silhouette's own shoulder, where that is near."""
    columns = np.arange(body.size[0])
    reach = 0.13 * body.head * np.clip((np.abs(columns - body.x) - body.neck) / (0.4 * body.head), 0.05, 1)
    rows = np.arange(body.size[1])[:, None]
    near = body.mask & (rows > (line - reach)[None, :])
    top = np.where(near.any(axis=0), near.argmax(axis=0), line)
    return np.clip(top - 1, line - 0.9 * reach, line + 0.25 * reach)


def _by_share(table: Array, shares: NDArray[np.floating]) -> Array:
    return np.interp(shares * COLUMNS - 0.5, np.arange(COLUMNS), table).astype(np.float32)


def _round_shade(u: NDArray[np.floating], strength: float = _ROUND) -> Array:
    """Darker towards both sides, as on a cylinder lit from the front and a little from the left."""
    side = np.clip(np.abs(u - 0.47) * 2, 0, 1)
    return (1.03 - strength * np.clip(side - 0.35, 0, None) ** 2 / 0.42).astype(np.float32)


def _put(
    draped: Draped,
    cloth: Cloth,
    source_x: NDArray[np.floating],
    source_y: NDArray[np.floating],
    inside: Mask,
    shade: Array,
) -> None:
    """Lay cloth over what is there already."""
    ys, xs = np.nonzero(inside)
    if not len(ys):
        return
    colors = sample(cloth.rgb, source_x[ys, xs], source_y[ys, xs])
    draped.rgb[ys, xs] = colors
    draped.cover[ys, xs] = 1
    draped.shade[ys, xs] = shade[ys, xs]


# --- sleeves ------------------------------------------------------------------------------------------------


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
    inside[y] = (s >= 0) & (s <= 1)
    inside &= draped.cover < 0.5
    s = np.clip(s, 0, 1)
    t = np.clip(along / max(float(along[-1]), 1), 0, 1)[:, None]
    source_x, source_y = _sleeve_source(cloth, trunk, sleeve, side, s, t, length)
    full_x, full_y = np.zeros((h, w), dtype=np.float32), np.zeros((h, w), dtype=np.float32)
    shade = np.ones((h, w), dtype=np.float32)
    full_x[y], full_y[y] = source_x, source_y
    crease = 1 - 0.22 * np.exp(-((s / 0.12) ** 2))
    shade[y] = _round_shade(s, 0.42) * crease
    _put(draped, cloth, full_x, full_y, inside, shade)
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
        reach = distance[there]
        far = min(float(reach.max()), abs(tip[0] - body.x) + 0.2 * body.head + 0.6 * max(y - tip[1], 0))
        near = float(reach.min())
        gap = np.flatnonzero(np.diff(np.sort(reach)) > 2)
        if len(gap):
            near = float(np.sort(reach)[int(gap[-1]) + 1])
        if bool(far - near < 0.04 * body.head) and y > tip[1] + 0.5 * body.head:
            break
        fused = near <= edge + 2
        rows.append(y)
        inner.append(float(edge) if fused else near - 0.03 * body.head)
        outer.append(far)
    if len(rows) < 6:
        return None
    a, b = _soften(np.array(inner), 3), _soften(np.array(outer), 3)
    middle = (a + b) / 2
    step = np.hypot(np.diff(middle, prepend=middle[0]), 1.0)
    return np.array(rows), a, b, np.cumsum(step).astype(np.float32)


def _sleeve_source(
    cloth: Cloth, trunk: Trunk, sleeve: Sleeve | None, side: int, s: Array, t: Array, length: float
) -> tuple[Array, Array]:
    """Points of the cloth for a sleeve: its own sleeve, or a strip of its body where it has none that shows."""
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


# --- skirts and trousers ------------------------------------------------------------------------------------


def _drape_skirt(draped: Draped, cloth: Cloth, body: Body) -> None:
    trunk = measure_trunk(cloth, flares=True, bare_top=True)
    waist = body.waist + 0.06 * body.head
    h = body.size[1]
    ease = 0.03 * body.head
    at_waist = body.right[int(waist)] - body.left[int(waist)] + 2 * ease
    at_hip = body.right[min(int(body.hip), h - 1)] - body.left[min(int(body.hip), h - 1)] + 2 * ease
    length = cloth.height / max(trunk.width, 1) * (0.5 * at_waist + 0.5 * at_hip)
    legs = _floor(body) - body.crotch
    hem = float(np.clip(waist + length, body.crotch + 0.12 * legs, body.crotch + 0.85 * legs))
    rows = np.arange(h, dtype=np.float32)
    places = np.clip((rows - waist) / max(hem - waist, 1), 0, 1)
    source = np.interp(places, np.linspace(0, 1, cloth.height), trunk.right - trunk.left)
    flare = source / max(trunk.width, 1)
    middle = (body.left + body.right) / 2
    legs_left, legs_right = body.legs[0], body.legs[3]
    below = rows > body.crotch
    half = np.where(below, (legs_right - legs_left) / 2, (body.right - body.left) / 2) + ease
    middle = np.where(below, (legs_left + legs_right) / 2, middle)
    middle = _soften(middle, max(2, round(0.25 * body.head)))
    wide = np.maximum(half, 0.5 * at_waist * np.clip(flare, 0.8, 2.4))
    wide = np.where(rows > body.hip, np.maximum(wide, 0.5 * at_hip * np.clip(flare, 0.85, 1.0)), wide)
    wide = _soften(wide, max(2, round(0.12 * body.head)))
    left, right = (middle - wide).astype(np.float32), (middle + wide).astype(np.float32)
    _lay_band(draped, cloth, trunk, body, left, right, waist, hem)


def _lay_band(
    draped: Draped, cloth: Cloth, trunk: Trunk, body: Body, left: Array, right: Array, top: float, hem: float
) -> None:
    """Cloth from a straight upper edge down to a slightly rounded hem."""
    y, x = _grid(body)
    u = (x - left[:, None]) / np.maximum(right - left, 1)[:, None]
    shares = np.clip(u, 0, 1)
    curve = np.clip(1 - (2 * shares - 1) ** 2, 0, 1) * body.head
    v = (y - top - 0.02 * curve) / np.maximum(hem + 0.07 * curve - top - 0.02 * curve, 1)
    top_source, hem_source = _by_share(trunk.top, shares), _by_share(trunk.hem, shares)
    source_y = top_source + 2 + np.clip(v, 0, 1) * (hem_source - top_source - 4)
    rows = np.arange(cloth.height, dtype=np.float32)
    source_left, source_right = np.interp(source_y, rows, trunk.left), np.interp(source_y, rows, trunk.right)
    source_x = source_left + (0.03 + 0.94 * shares) * (source_right - source_left)
    inside = (u >= 0) & (u <= 1) & (v >= 0) & (v <= 1)
    _put(draped, cloth, source_x, source_y, inside, _round_shade(u))


def _drape_trousers(draped: Draped, cloth: Cloth, body: Body, kind: GarmentClass) -> None:
    crotch_source, edges = find_legs(cloth)
    waist = body.waist + 0.05 * body.head
    h = body.size[1]
    rise_source = max(crotch_source - 2, 8)
    hip_source = float(np.median((edges[3] - edges[0])[: crotch_source + 1]))
    hip = float(body.right[min(int(body.hip), h - 1)] - body.left[min(int(body.hip), h - 1)])
    inseam = (cloth.height - crotch_source) / max(hip_source, 1) * hip * 0.92
    legs = _floor(body) - body.crotch
    low, high = (0.10, 0.50) if kind is GarmentClass.SHORT_PANTS else (0.84, 0.94)
    if kind is GarmentClass.LOWER_BODY:
        low, high = 0.1, 0.93
    hem = float(np.clip(body.crotch + inseam, body.crotch + low * legs, body.crotch + high * legs))
    y, x = _grid(body)
    ease = 0.03 * body.head
    rows = np.arange(h, dtype=np.float32)
    down = np.clip((rows - body.crotch) / max(hem - body.crotch, 1), 0, 1)
    source_rows = crotch_source + down * (cloth.height - 1 - crotch_source)
    places = np.arange(cloth.height)
    # Hips: across the whole body, from the waist to the crotch.
    left, right = body.left - ease, body.right + ease
    left = np.where(rows > body.hip, np.minimum(left, body.legs[0] - ease), left)
    right = np.where(rows > body.hip, np.maximum(right, body.legs[3] + ease), right)
    u = (x - left[:, None]) / np.maximum(right - left, 1)[:, None]
    curve = 0.04 * body.head * (1 - (2 * np.clip(u, 0, 1) - 1) ** 2)
    v = (y - waist - curve) / max(body.crotch - waist, 1)
    source_y = 3 + np.clip(v, 0, 1) * (rise_source - 3)
    lo, hi = np.interp(source_y, places, edges[0]), np.interp(source_y, places, edges[3])
    source_x = lo + (0.04 + 0.92 * np.clip(u, 0, 1)) * (hi - lo)
    inside = (u >= 0) & (u <= 1) & (v >= 0) & (y <= body.crotch)
    _put(draped, cloth, source_x, source_y, inside, _round_shade(u))
    for leg in (0, 1):
        a, b = _even_leg(body, leg)
        wide_source = np.interp(source_rows, places, edges[2 * leg + 1] - edges[2 * leg])
        wide = np.maximum(b - a + 2 * ease, 0.86 * hip * wide_source / max(hip_source, 1))
        wide = np.minimum(wide, (b - a) + 0.55 * body.head)
        start = np.clip((rows - body.crotch) / (0.3 * body.head), 0, 1)
        wide = _soften((1 - start) * (b - a + ease) + start * wide, 5)
        extra = wide - (b - a)
        # Wide legs widen outwards more than inwards, where the other one is.
        outward, inward = (0.6, 0.4)
        edge_a = a - extra * (outward if leg == 0 else inward)
        edge_b = b + extra * (inward if leg == 0 else outward)
        gap = (body.legs[1] + body.legs[2]) / 2
        edge_b = np.minimum(edge_b, gap) if leg == 0 else edge_b
        edge_a = np.maximum(edge_a, gap) if leg == 1 else edge_a
        s = (x - edge_a[:, None]) / np.maximum(edge_b - edge_a, 1)[:, None]
        row_x = np.clip(s, 0, 1)
        lo = np.interp(source_rows, places, edges[2 * leg])[:, None]
        hi = np.interp(source_rows, places, edges[2 * leg + 1])[:, None]
        leg_x = lo + (0.06 + 0.88 * row_x) * (hi - lo)
        leg_y = np.broadcast_to(np.minimum(source_rows, cloth.height - 5)[:, None], s.shape)
        bend = 0.025 * body.head * (1 - (2 * row_x - 1) ** 2)
        inside = (s >= 0) & (s <= 1) & (y > body.crotch - 1) & (y <= hem + bend)
        shade = _round_shade(s, 0.40)
        # From one cloth over the hips to two round legs, without an edge where they part.
        blend = np.clip((y - body.crotch) / (0.5 * body.head), 0, 1)
        _put(
            draped,
            cloth,
            leg_x,
            leg_y,
            inside,
            (_round_shade(u) * (1 - blend) + shade * blend).astype(np.float32),
        )


def _even_leg(body: Body, leg: int) -> tuple[Array, Array]:
    """A leg's edges without the steps that hems of other clothes make in the silhouette."""
    start = int(body.crotch)
    radius = max(2, round(0.3 * body.head))
    edges: list[Array] = []
    for edge in body.legs[2 * leg : 2 * leg + 2]:
        even = edge.copy()
        even[start:] = _soften(edge[start:], radius)
        edges.append(even)
    return edges[0], edges[1]


# --- shoes, hats, bags -------------------------------------------------------------------------------------


def _drape_shoes(draped: Draped, cloth: Cloth, body: Body, kind: GarmentClass) -> None:
    pair = split_pair(cloth)
    h = body.size[1]
    for leg in (0, 1):
        columns = pair[leg] if pair else (0, cloth.mask.shape[1])
        part = cloth.mask[:, columns[0] : columns[1]]
        ys, xs = np.nonzero(part)
        if not len(ys):
            continue
        box = (xs.min() + columns[0], ys.min(), xs.max() + columns[0], ys.max())
        bottom = _foot_bottom(body, leg)
        ankle = min(int(bottom - 0.42 * body.head), h - 1)
        middle = float(body.legs[2 * leg][ankle] + body.legs[2 * leg + 1][ankle]) / 2
        wide = 0.40 * body.head
        high = wide * (box[3] - box[1]) / max(box[2] - box[0], 1)
        tallest = 1.05 if kind is GarmentClass.BOOTS else 0.62
        high = float(np.clip(high, 0.36 * body.head, tallest * body.head))
        _paste(draped, cloth, body, box, (middle - wide / 2, bottom - high, middle + wide / 2, bottom))


def _foot_bottom(body: Body, leg: int) -> float:
    """The lowest row of silhouette under a leg."""
    a, b = body.legs[2 * leg][-1] - 0.15 * body.head, body.legs[2 * leg + 1][-1] + 0.15 * body.head
    rows = np.flatnonzero(body.mask[:, int(max(a, 0)) : int(b) + 1].any(axis=1))
    return float(rows[-1]) + 0.03 * body.head if len(rows) else body.ground


def _drape_hat(draped: Draped, cloth: Cloth, body: Body) -> None:
    ys, xs = np.nonzero(cloth.mask)
    box = (xs.min(), ys.min(), xs.max(), ys.max())
    rows = slice(int(body.crown + 0.12 * body.head), int(body.crown + 0.45 * body.head))
    columns = np.arange(body.size[0])
    near = body.mask & (np.abs(columns - body.x) < 0.62 * body.head)[None, :]
    wide = float(np.median(near[rows].sum(axis=1))) * 1.12
    # A brim is wider than the head: what is below the middle of the hat tells how much.
    high = wide * (box[3] - box[1]) / max(box[2] - box[0], 1)
    high = float(np.clip(high, 0.42 * body.head, 0.95 * body.head))
    bottom = body.crown + 0.36 * body.head
    xs_head = np.nonzero(near[rows].any(axis=0))[0]
    middle = float(xs_head.mean()) if len(xs_head) else body.x
    _paste(draped, cloth, body, box, (middle - wide / 2, bottom - high, middle + wide / 2, bottom))


def _drape_bag(draped: Draped, cloth: Cloth, body: Body) -> None:
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
    y, x = _grid(body)
    u = (x - place[0]) / max(place[2] - place[0], 1)
    v = (y - place[1]) / max(place[3] - place[1], 1)
    source_x = box[0] + np.clip(u, 0, 1) * (box[2] - box[0])
    source_y = box[1] + np.clip(v, 0, 1) * (box[3] - box[1])
    solid = sample(blur(cloth.mask.astype(np.float32), 1), source_x, source_y) > 0.55
    inside = (u >= 0) & (u <= 1) & (v >= 0) & (v <= 1) & solid
    _put(draped, cloth, source_x, source_y, inside, _round_shade(u, 0.2))
