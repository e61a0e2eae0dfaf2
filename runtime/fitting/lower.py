"""Laying skirts, trousers and shorts over hips and legs."""

import numpy as np

from runtime.fitting.body import Body
from runtime.fitting.cloth import Cloth, Trunk, find_legs, measure_trunk
from runtime.fitting.garments import GarmentClass
from runtime.fitting.laying import Draped, by_share, grid, hang, put, round_shade, soften
from runtime.fitting.pixels import Array

_OVER = 0.06  # heads by which a waistband reaches over what is worn above it


def drape_skirt(draped: Draped, cloth: Cloth, body: Body) -> None:
    trunk = measure_trunk(cloth, flares=True, bare_top=True)
    waist = body.waistband - _OVER * body.head
    h = body.size[1]
    ease = 0.03 * body.head
    at_waist = body.right[int(waist)] - body.left[int(waist)] + 2 * ease
    at_hip = body.right[min(int(body.hip), h - 1)] - body.left[min(int(body.hip), h - 1)] + 2 * ease
    length = cloth.height / max(trunk.width, 1) * (0.5 * at_waist + 0.5 * at_hip)
    legs = body.floor - body.crotch
    hem = float(np.clip(waist + length, body.crotch + 0.12 * legs, body.crotch + 0.85 * legs))
    rows = np.arange(h, dtype=np.float32)
    places = np.clip((rows - waist) / max(hem - waist, 1), 0, 1)
    source = np.interp(places, np.linspace(0, 1, cloth.height), trunk.right - trunk.left)
    flare = hang(source / max(trunk.width, 1), places)
    middle = (body.left + body.right) / 2
    legs_left, legs_right = body.legs[0], body.legs[3]
    below = rows > body.crotch
    half = np.where(below, (legs_right - legs_left) / 2, (body.right - body.left) / 2) + ease
    middle = np.where(below, (legs_left + legs_right) / 2, middle)
    middle = soften(middle, max(2, round(0.25 * body.head)))
    wide = np.maximum(half, 0.5 * at_waist * np.clip(flare, 0.8, 1.9))
    wide = np.where(rows > body.hip, np.maximum(wide, 0.5 * at_hip * np.clip(flare, 0.85, 1.0)), wide)
    wide = soften(wide, max(2, round(0.12 * body.head)))
    left, right = (middle - wide).astype(np.float32), (middle + wide).astype(np.float32)
    _lay_band(draped, cloth, trunk, body, left, right, waist, hem)


def _lay_band(
    draped: Draped, cloth: Cloth, trunk: Trunk, body: Body, left: Array, right: Array, top: float, hem: float
) -> None:
    """Cloth from a straight upper edge down to a slightly rounded hem."""
    y, x = grid(body)
    u = (x - left[:, None]) / np.maximum(right - left, 1)[:, None]
    shares = np.clip(u, 0, 1)
    curve = np.clip(1 - (2 * shares - 1) ** 2, 0, 1) * body.head
    v = (y - top - 0.02 * curve) / np.maximum(hem + 0.07 * curve - top - 0.02 * curve, 1)
    top_source, hem_source = by_share(trunk.top, shares), by_share(trunk.hem, shares)
    source_y = top_source + 2 + np.clip(v, 0, 1) * (hem_source - top_source - 4)
    rows = np.arange(cloth.height, dtype=np.float32)
    source_left, source_right = np.interp(source_y, rows, trunk.left), np.interp(source_y, rows, trunk.right)
    source_x = source_left + (0.03 + 0.94 * shares) * (source_right - source_left)
    inside = (u >= 0) & (u <= 1) & (v >= 0) & (v <= 1)
    put(draped, cloth, source_x, source_y, inside, round_shade(u))


def drape_trousers(draped: Draped, cloth: Cloth, body: Body, kind: GarmentClass) -> None:
    crotch_source, edges = find_legs(cloth)
    waist = body.waistband - _OVER * body.head
    h = body.size[1]
    rise_source = max(crotch_source - 2, 8)
    hip_source = float(np.median((edges[3] - edges[0])[: crotch_source + 1]))
    hip = float(body.right[min(int(body.hip), h - 1)] - body.left[min(int(body.hip), h - 1)])
    inseam = (cloth.height - crotch_source) / max(hip_source, 1) * hip * 0.92
    legs = body.floor - body.crotch
    low, high = (0.22, 0.52) if kind is GarmentClass.SHORT_PANTS else (0.84, 0.94)
    if kind is GarmentClass.LOWER_BODY:
        low, high = 0.1, 0.93
    hem = float(np.clip(body.crotch + inseam, body.crotch + low * legs, body.crotch + high * legs))
    y, x = grid(body)
    ease = 0.03 * body.head
    rows = np.arange(h, dtype=np.float32)
    down = np.clip((rows - body.crotch) / max(hem - body.crotch, 1), 0, 1)
    source_rows = crotch_source + down * (cloth.height - 1 - crotch_source)
    places = np.arange(cloth.height)
    # Hips: across the whole body, from the waist to the crotch.
    left, right = body.left - ease, body.right + ease
    left, right = _to_legs(body, left, body.legs[0] - ease), _to_legs(body, right, body.legs[3] + ease)
    u = (x - left[:, None]) / np.maximum(right - left, 1)[:, None]
    curve = 0.04 * body.head * (1 - (2 * np.clip(u, 0, 1) - 1) ** 2)
    v = (y - waist - curve) / max(body.crotch - waist, 1)
    source_y = 3 + np.clip(v, 0, 1) * (rise_source - 3)
    lo, hi = np.interp(source_y, places, edges[0]), np.interp(source_y, places, edges[3])
    source_x = lo + (0.04 + 0.92 * np.clip(u, 0, 1)) * (hi - lo)
    inside = (u >= 0) & (u <= 1) & (v >= 0) & (y <= body.crotch)
    put(draped, cloth, source_x, source_y, inside, round_shade(u))
    for leg in (0, 1):
        a, b = _even_leg(body, leg)
        wide_source = np.interp(source_rows, places, edges[2 * leg + 1] - edges[2 * leg])
        wide = np.maximum(b - a + 2 * ease, 0.86 * hip * wide_source / max(hip_source, 1))
        wide = np.minimum(wide, (b - a) + 0.55 * body.head)
        start = np.clip((rows - body.crotch) / (0.3 * body.head), 0, 1)
        wide = soften((1 - start) * (b - a + ease) + start * wide, 5)
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
        shade = round_shade(s, 0.40)
        # From one cloth over the hips to two round legs, without an edge where they part.
        blend = np.clip((y - body.crotch) / (0.5 * body.head), 0, 1)
        put(
            draped,
            cloth,
            leg_x,
            leg_y,
            inside,
            (round_shade(u) * (1 - blend) + shade * blend).astype(np.float32),
        )


def _even_leg(body: Body, leg: int) -> tuple[Array, Array]:
    """A leg's edges without the steps that hems of other clothes make in the silhouette."""
    start = int(body.crotch)
    radius = max(2, round(0.3 * body.head))
    edges: list[Array] = []
    for edge in body.legs[2 * leg : 2 * leg + 2]:
        even = edge.copy()
        even[start:] = soften(edge[start:], radius)
        edges.append(even)
    outer = 0 if leg == 0 else 1
    edges[outer] = _to_legs(body, body.left if leg == 0 else body.right, edges[outer])
    return edges[0], edges[1]


def _to_legs(body: Body, torso: Array, leg: Array) -> Array:
    """One outline: the torso's down to the hips, then straight to the leg's some way below the crotch."""
    last = body.size[1] - 1
    hip, thigh = min(int(body.hip), last), min(int(body.crotch + 0.4 * body.head), last)
    rows = np.arange(last + 1)
    between = np.interp(rows, (hip, max(thigh, hip + 1)), (torso[hip], leg[thigh]))
    return np.where(rows <= hip, torso, np.where(rows < thigh, between, leg)).astype(np.float32)
